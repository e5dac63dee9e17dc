package expr

import (
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

// ConstString prints a constant with the label PostgreSQL gives it: 1, 1.5, true,
// '1'::bigint, 'a'::text, NULL::integer.
func ConstString(t types.T, d types.Datum, f *types.Format) string {
	text, label := constText(t, d, f)
	return text + label
}

// constText is a constant and the label behind it, "" if it needs none.
func constText(t types.T, d types.Datum, f *types.Format) (text, label string) {
	label = "::" + types.FormatType(t)
	if d.IsNull() {
		return "NULL", label
	}
	text = string(types.AppendText(nil, types.Of(t.OID), d, f))
	switch t.OID {
	case types.BoolOID:
		return word(d.Bool(), "true", "false"), ""
	case types.Int4OID:
		if d.Int() >= 0 {
			return text, ""
		}
	case types.NumericOID:
		if text[0] >= '0' && text[0] <= '9' && strings.ContainsAny(text, ".eE") && t.Mod < 0 {
			return text, ""
		}
	case types.UnknownOID:
		label = ""
	case types.BitOID:
		if t.Mod < 0 { // without quotes it would be bit(1)
			label = `::"bit"`
		}
	}
	return quoted(text), label
}

// quoted is a literal in whose text backslashes are what they are, as definitions have them.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
