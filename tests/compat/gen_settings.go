package main

import (
	"context"
	"strings"
)

// machine are settings whose values are the installation's. (Those of transactions
// would change what becomes of the statements that follow.)
var machine = map[string]bool{
	"server_version": true, "data_directory": true, "config_file": true, "hba_file": true, "ident_file": true, "external_pid_file": true,
	"port": true, "listen_addresses": true, "unix_socket_directories": true, "shared_memory_size": true, "shared_memory_size_in_huge_pages": true,
	"log_timezone": true, "fsync": true, "dynamic_shared_memory_type": true, "data_directory_mode": true, "dynamic_library_path": true,
	"shared_buffers": true, "max_connections": true, "lc_messages": true, "ssl": true, "debug_assertions": true, "unix_socket_permissions": true,
	"in_hot_standby": true, "data_checksums": true, "jit": true, "max_parallel_workers_per_gather": true, "server_version_num": true,
	"lc_collate": true, "max_wal_size": true, "wal_buffers": true, "max_stack_depth": true, "tcp_keepalives_count": true,
	"tcp_keepalives_idle": true, "tcp_keepalives_interval": true, "tcp_user_timeout": true, "standard_conforming_strings": true, "cluster_name": true, "event_source": true, "jit_provider": true, "session_authorization": true, "is_superuser": true,
}

// settings shows every setting and sets those that a session may set, to their own
// value, to their bounds and beyond.
func (g *generator) settings(ctx context.Context) ([]*script, error) {
	rows, err := g.rows(ctx, `SELECT name, vartype, coalesce(unit, ''), coalesce(min_val, ''), coalesce(max_val, ''), context, coalesce(array_to_string(enumvals, ','), '')
		FROM pg_settings WHERE name !~ '\.' ORDER BY name COLLATE "C"`)
	if err != nil {
		return nil, err
	}
	s := &script{area: "settings", name: "generated", independent: true}
	say := func(parts ...string) {
		s.statements = append(s.statements, statement{sql: strings.Join(parts, "")})
	}
	for _, r := range rows {
		name, typ, unit, least, most, context, enum := r[0], r[1], r[2], r[3], r[4], r[5], r[6]
		if machine[name] || strings.Contains(name, "transaction_") {
			continue
		}
		say("SHOW ", name)
		say("SELECT name, unit, vartype, enumvals, min_val, max_val, context FROM pg_settings WHERE name = '", name, "'")
		if context != "user" && context != "superuser" {
			say("SET ", name, " = DEFAULT")
			continue
		}
		if strings.HasPrefix(name, "log_") || strings.HasPrefix(name, "debug_") || name == "client_min_messages" || name == "client_encoding" || strings.HasPrefix(name, "zero_damaged") || strings.HasPrefix(name, "ignore_") {
			continue
		}
		var values []string
		switch typ {
		case "bool":
			values = []string{"on", "off", "maybe", "1"}
		case "integer", "real":
			values = []string{least, most, "'x'", "-1000000000000", "'1.5'"}
			if unit != "" {
				values = append(values, "'10"+unitOf(unit)+"'", "'1 parsec'")
			}
			if strings.HasSuffix(name, "_timeout") {
				values = values[2:] // of a statement or an idle session: it would end the next one
				values[2] = "'90000.6'"
			}
		case "enum":
			values = append(strings.Split(enum, ","), "nonsense")
		default:
			values = []string{"'nonsense'", "''"}
		}
		for _, v := range values {
			if typ == "enum" {
				v = quote(v)
			}
			say("SET ", name, " = ", v)
			say("SELECT current_setting('", name, "'), ", quote(v), "::text")
		}
		say("RESET ", name)
	}
	return []*script{s}, nil
}

// unitOf is a larger unit than a setting's own.
func unitOf(unit string) string {
	switch unit {
	case "ms", "s", "min":
		return "min"
	}
	return "MB"
}
