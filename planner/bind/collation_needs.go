package bind

import (
	"strings"

	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// needs says what in a call needs a collation, as errors name it; "" for calls that do not.
func needs(c *expr.Call) string {
	src := c.Fn.Src
	if c.Op != nil && c.Op.Strategy != 0 && c.Fn.Args[0] == types.RecordOID {
		return "string comparison"
	}
	if typeCollation(c.Args[0].Type()) == 0 {
		return ""
	}
	if what := unordered[src]; what != "" {
		return what
	}
	switch src {
	case "lower", "upper", "initcap":
		if c.Args[0].Type().OID == types.TextOID {
			return src + "() function"
		}
		return ""
	case "texticlike", "texticnlike", "nameiclike", "nameicnlike":
		return "ILIKE"
	case "text_larger", "text_smaller", "bpchar_larger", "bpchar_smaller", "bttextcmp", "bpcharcmp", "btarraycmp", "array_larger", "array_smaller":
		return "string comparison"
	}
	switch {
	case strings.Contains(src, "regex"):
		return "regular expression"
	case c.Op != nil && strings.Trim(c.Op.Name, "<>=") == "" && len(c.Args) == 2 && c.Op.Ret == types.BoolOID:
		return "string comparison"
	case c.Op == nil && len(c.Args) == 2 && comparisons[src] != "":
		return "string comparison"
	}
	return ""
}

// comparisons are the functions behind the operators, by the operator's name.
var comparisons = map[string]string{"text_lt": "<", "text_le": "<=", "text_gt": ">", "text_ge": ">=", "texteq": "=", "textne": "<>",
	"bpcharlt": "<", "bpcharle": "<=", "bpchargt": ">", "bpcharge": ">=", "bpchareq": "=", "bpcharne": "<>",
	"array_lt": "<", "array_le": "<=", "array_gt": ">", "array_ge": ">=", "array_eq": "=", "array_ne": "<>"}
