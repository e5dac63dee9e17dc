package tidb

import (
	"slices"
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/charset"

	"github.com/loxodb/loxodb/sql/ast"
)

// Variables that would change answers, and that nothing here goes by, can be set to what is
// true of them and to nothing else. What clients set for speed or memory, and the times after
// which another server gives up, is kept and has no effect.

// onOrOff are the values of a switch.
const onOrOff = "0,1,on,off,true,false"

// trueValues are the values that are true, those that mean the same after commas.
var trueValues = map[string]string{
	"sql_select_limit": "18446744073709551615", "sql_safe_updates": onOrOff, "div_precision_increment": "4",
	"auto_increment_increment": "1", "auto_increment_offset": "1", "sql_auto_is_null": "0,off,false", "tidb_snapshot": "",
	"lc_time_names": "en_US", "default_week_format": "0", "sql_require_primary_key": "0,off,false",
	"explicit_defaults_for_timestamp": "1,on,true", "max_execution_time": "0", "foreign_key_checks": onOrOff, "unique_checks": onOrOff,
	"character_set_server":   "utf8mb4,utf8,utf8mb3",
	"character_set_database": "utf8mb4,utf8,utf8mb3", "collation_server": "utf8mb4_bin", "collation_database": "utf8mb4_bin",
}

// readOnlyVariables are facts about the server.
var readOnlyVariables = setOf("character_set_system hostname port version version_comment license protocol_version have_ssl have_openssl system_time_zone")

// trueValue is the value that a variable is set to; one that is not true is refused, with its
// place if it is written there.
func (c *conv) trueValue(v *tast.VariableAssignment, name string, value ast.Expr) ast.Expr {
	if readOnlyVariables[name] {
		c.wrong(v.Value, "Variable '%s' is a read only variable", name)
	}
	list, ok := trueValues[name]
	if !ok || value == nil {
		return value
	}
	l, ok := value.(*ast.Lit)
	if !ok {
		return call(c.here(), "true_value", text(c.here(), name), textual(value), text(c.here(), list))
	}
	given := literalText(l)
	if name == "max_execution_time" && l.Kind == ast.LitInt && l.Int >= 0 && l.Int <= 1<<32-1 { // milliseconds
		return value
	}
	if strings.HasPrefix(name, "character_set_") || strings.HasPrefix(name, "collation_") {
		c.knownName(v, name, given)
	}
	for s := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(s, given) {
			return value
		}
	}
	if switches[name] && !slices.Contains(strings.Split(onOrOff, ","), fold(given)) {
		c.wrong(v.Value, "Variable '%s' can't be set to the value of '%s'", name, given)
	}
	c.fail(v.Value, "SET %s = %s is not supported", name, given)
	return nil
}

// knownName refuses what names no character set or collation anywhere.
func (c *conv) knownName(v *tast.VariableAssignment, name, given string) {
	if strings.HasPrefix(name, "collation_") {
		c.knownCollation(v.Value, given)
		return
	}
	if _, err := charset.GetCharsetInfo(given); err != nil {
		c.wrong(v.Value, "Unknown character set: '%s'", given)
	}
}

// literalText is a literal as SET takes it.
func literalText(l *ast.Lit) string {
	switch l.Kind {
	case ast.LitInt:
		return formatInt(l.Int)
	case ast.LitBool:
		if l.Bool {
			return "true"
		}
		return "false"
	case ast.LitNull:
		return "NULL"
	}
	return l.Text
}
