package tidb

import (
	"strings"

	"github.com/jackc/pgerrcode"
	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// Variables of the user (@x) and those of MySQL's that mean nothing here (@@x) are
// settings with a prefix; the others are the settings of the same purpose.

func userVariable(name string) string   { return "uservar." + name }
func systemVariable(name string) string { return "mysql." + name }

// variables are MySQL's variables that clients read or set, with their values
// until they are set.
var variables = map[string]string{
	"auto_increment_increment": "1", "auto_increment_offset": "1", "character_set_client": "utf8mb4",
	"character_set_connection": "utf8mb4", "character_set_database": "utf8mb4", "character_set_results": "utf8mb4",
	"character_set_server": "utf8mb4", "collation_connection": "utf8mb4_bin", "collation_database": "utf8mb4_bin",
	"collation_server": "utf8mb4_bin", "default_storage_engine": "InnoDB", "div_precision_increment": "4",
	"explicit_defaults_for_timestamp": "1", "foreign_key_checks": "1", "group_concat_max_len": "18446744073709551615",
	"have_ssl": "YES", "init_connect": "", "innodb_lock_wait_timeout": "50", "innodb_strict_mode": "1", "interactive_timeout": "28800",
	"license": "Apache License 2.0", "lower_case_table_names": "2", "max_allowed_packet": "67108864", "max_execution_time": "0",
	"net_buffer_length": "16384", "net_read_timeout": "30", "net_write_timeout": "60", "performance_schema": "0", "pseudo_thread_id": "0",
	"query_cache_size": "0", "query_cache_type": "OFF", "sql_auto_is_null": "0", "sql_log_bin": "1", "sql_mode": defaultMode,
	"sql_notes": "1", "sql_quote_show_create": "1", "sql_require_primary_key": "0", "sql_safe_updates": "0",
	"sql_select_limit": "18446744073709551615", "sql_warnings": "0", "storage_engine": "InnoDB", "system_time_zone": "UTC",
	"unique_checks": "1", "version_comment": "LoxoDB", "wait_timeout": "28800", "gtid_purged": "", "session_track_gtids": "OFF",
	"tidb_current_ts": "0", "tidb_constraint_check_in_place": "0", "tidb_txn_mode": "pessimistic", "tidb_isolation_read_engines": "tikv,tiflash,tidb",
	"tidb_enable_noop_functions": "0", "tidb_allow_mpp": "1", "tidb_enforce_mpp": "0", "tidb_snapshot": "", "tidb_skip_utf8_check": "0",
	"character_set_system": "utf8mb3", "default_week_format": "0", "have_openssl": "YES", "port": "4000", "max_connections": "0",
	"innodb_buffer_pool_size": "134217728", "lc_time_names": "en_US", "myisam_sort_buffer_size": "8388608", "protocol_version": "10",
	"resultset_metadata": "FULL", "information_schema_stats_expiry": "86400", "show_create_table_verbosity": "0", "hostname": "",
	"cte_max_recursion_depth": "1000", "default_collation_for_utf8mb4": "utf8mb4_bin",
}

// switches are the variables that SHOW shows as ON and OFF.
var switches = setOf(`explicit_defaults_for_timestamp foreign_key_checks innodb_strict_mode performance_schema sql_auto_is_null
sql_log_bin sql_notes sql_quote_show_create sql_require_primary_key sql_safe_updates sql_warnings unique_checks
tidb_constraint_check_in_place tidb_enable_noop_functions tidb_allow_mpp tidb_enforce_mpp tidb_skip_utf8_check`)

const defaultMode = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"

// fixedVariables are those whose value is a fact of the session.
var fixedVariables = map[string]func(*conv, ast.At) ast.Expr{
	"autocommit":               fact("autocommit"),
	"warning_count":            fact("warning_count"),
	"error_count":              fact("error_count"),
	"version":                  fact("version"),
	"transaction_isolation":    func(c *conv, at ast.At) ast.Expr { return isolation(at) },
	"tx_isolation":             func(c *conv, at ast.At) ast.Expr { return isolation(at) },
	"transaction_read_only":    func(_ *conv, at ast.At) ast.Expr { return readOnly(at) },
	"tx_read_only":             func(_ *conv, at ast.At) ast.Expr { return readOnly(at) },
	"time_zone":                func(_ *conv, at ast.At) ast.Expr { return setting(at, "timezone") },
	"collation_database":       fact("database_collation"),
	"character_set_database":   func(_ *conv, at ast.At) ast.Expr { return call(at, "charset_of", call(at, "database_collation")) },
	"collation_connection":     fact("connection_collation"),
	"character_set_connection": func(_ *conv, at ast.At) ast.Expr { return call(at, "charset_of", call(at, "connection_collation")) },
	"character_set_client":     clientCharset("character_set_client"),
	"character_set_results":    clientCharset("character_set_results"),
	"last_insert_id":           fact("last_insert_id"),
	"identity":                 fact("last_insert_id"),
}

// fact is a function of the schema mysql without arguments.
func fact(name string) func(*conv, ast.At) ast.Expr {
	return func(_ *conv, at ast.At) ast.Expr { return call(at, name) }
}

// clientCharset is the character set of what the client sends, or of what it gets.
func clientCharset(name string) func(*conv, ast.At) ast.Expr {
	return func(_ *conv, at ast.At) ast.Expr { return call(at, "client_charset", text(at, name)) }
}

func setting(at ast.At, name string) ast.Expr {
	return syscall(at, "current_setting", text(at, name))
}

func isolation(at ast.At) ast.Expr {
	return syscall(at, "upper", syscall(at, "replace", setting(at, "default_transaction_isolation"), text(at, " "), text(at, "-")))
}

func readOnly(at ast.At) ast.Expr {
	return number(&ast.Op{At: at, Name: "=", Left: setting(at, "default_transaction_read_only"), Right: text(at, "on")})
}

// variable converts @x and @@x.
func (c *conv) variable(v *tast.VariableExpr) ast.Expr {
	at := c.at(v)
	name := fold(v.Name)
	if v.Value != nil {
		if !c.once {
			c.fail(v, "assignment to @%s in this place is not supported", v.Name)
		}
		c.assigns = true
		return assign(at, name, textual(c.expr(v.Value)))
	}
	if !v.IsSystem {
		return c.keptVariable(at, userVariable(name))
	}
	if f, ok := fixedVariables[name]; ok {
		return f(c, at)
	}
	std, ok := variables[name]
	if !ok {
		if strings.HasPrefix(name, "tidb_") || !plainSetting(name) {
			panic(bail{pgerr.Newf(pgerrcode.UndefinedObject, "Unknown system variable '%s'", v.Name).At(int(at.Pos))})
		}
		return setting(at, name)
	}
	value := ast.Expr(&ast.Coalesce{At: at, Args: []ast.Expr{c.keptVariable(at, systemVariable(name)), text(at, std)}})
	if isDigits(std) { // MySQL's are numbers
		return cast(value, typed(at, "numeric"))
	}
	return value
}

// keptVariable is the value of a variable: one for the whole statement, unless something in
// its text assigns one.
func (c *conv) keptVariable(at ast.At, name string) ast.Expr {
	if strings.Contains(c.src, ":=") {
		return call(at, "variable", text(at, name))
	}
	return call(at, "held_variable", text(at, name))
}

// isVariable reports the value of a variable of the user or of a system variable.
func isVariable(e ast.Expr) bool {
	f, ok := e.(*ast.Func)
	return ok && f.Name.Schema == own && (f.Name.Name == "variable" || f.Name.Name == "held_variable")
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// plainSetting reports a name that may be one of LoxoDB's own settings.
func plainSetting(name string) bool {
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_.") == ""
}
