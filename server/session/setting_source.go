package session

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// Origin says where a parameter's value comes from (pg_settings.source).
type Origin byte

const (
	FromDefault Origin = iota
	FromCommandLine
	FromGlobal       // ALTER ROLE ALL
	FromDatabase     // ALTER DATABASE
	FromUser         // ALTER ROLE
	FromDatabaseUser // ALTER ROLE … IN DATABASE
	FromClient       // a start-up parameter
	FromOverride     // what the server decides
	FromSession      // SET
)

func (o Origin) String() string {
	return [...]string{"default", "command line", "global", "database", "user", "database user", "client", "override", "session"}[o]
}

// Given is the value of a parameter that the server's start has decided.
type Given struct {
	Value string
	From  Origin
}

// booted are the values that PostgreSQL has before it reads any configuration
// (pg_settings.boot_val), where they are others than those that a server starts with.
var booted = map[string]string{
	"client_encoding": "SQL_ASCII", "default_text_search_config": "pg_catalog.simple", "jit": "on", "lc_ctype": "C", "lc_messages": "",
	"log_timezone": "GMT", "maintenance_work_mem": "65536", "max_stack_depth": "100", "port": "5432", "shared_buffers": "16384",
	"server_encoding": "SQL_ASCII", "timezone": "GMT", "data_checksums": "off",
}

// unbooted have no such value at all.
var unbooted = map[string]bool{"timezone_abbreviations": true, "config_file": true, "data_directory": true, "external_pid_file": true, "hba_file": true, "ident_file": true}

// unlisted are the parameters that SHOW ALL and pg_settings leave out.
var unlisted = map[string]bool{"default_with_oids": true, "is_superuser": true, "role": true, "seed": true, "session_authorization": true}

// confidential are the parameters that say something of the server's machine: only
// superusers and pg_read_all_settings may see them.
var confidential = map[string]bool{
	"config_file": true, "data_directory": true, "dynamic_library_path": true, "extension_destdir": true, "external_pid_file": true,
	"hba_file": true, "ident_file": true, "jit_provider": true, "krb_server_keyfile": true, "log_directory": true, "log_filename": true,
	"output_plugin_libraries": true, "primary_conninfo": true, "session_preload_libraries": true, "shared_preload_libraries": true,
	"ssl_ciphers": true, "ssl_dh_params_file": true, "ssl_ecdh_curve": true, "ssl_max_protocol_version": true,
	"ssl_min_protocol_version": true, "ssl_passphrase_command": true, "unix_socket_directories": true,
}

// MayShow implements builtin.Session.
func (s *Session) MayShow(name string) error {
	if name = lower(name); !confidential[name] || s.seesAllSettings() {
		return nil
	}
	return pgerr.Newf(pgerrcode.InsufficientPrivilege, "must be superuser or have privileges of pg_read_all_settings to examine %q", name)
}

func (s *Session) seesAllSettings() bool {
	return s.Catalog().HasPrivsOf(s.current().ID, catalog.ReadAllSettingsID)
}

// listed are the definitions that SHOW ALL and pg_settings have for the session.
func (s *Session) listed() []setting {
	all := s.seesAllSettings()
	return slices.DeleteFunc(slices.Clone(definitions), func(d setting) bool {
		name := lower(d.name)
		return unlisted[name] || confidential[name] && !all
	})
}
