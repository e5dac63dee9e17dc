package bind

import (
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// A constant is kept as its value and not as it was written: '1e3'::numeric is 1000, and what
// 'now' stands for stays. Stored SQL has it in a form that all settings read alike, and a
// definition as the settings of whoever looks write it.

// traceText notes the value that a string has in its context.
func (b *binder) traceText(x *unknownLit, c *expr.Const) {
	t := b.trace()
	if t == nil || x.src == nil {
		return
	}
	t.constants[x.src] = c
	if textKept(c.T.OID) && (c.T.OID != types.RegtypeOID || types.OID(c.D.Int()) >= types.FirstTypeOID) { // users' types go by the path
		return
	}
	t.texts[x.src] = string(types.AppendText(nil, types.Of(c.T.OID), c.D, storedFormat(b.o.Format)))
}

// storedFormat is the format of constants in stored SQL: independent of the session's settings.
func storedFormat(of *types.Format) *types.Format {
	f := *types.DefaultFormat
	f.Names, f.Types = of.Names, of.Types
	return &f
}

// textKept reports a type whose constants stay as they were written: texts, json, and what is
// found by its name, which goes by the search path.
func textKept(t types.OID) bool {
	info := types.Lookup(t)
	if info == nil {
		return true
	}
	if info.IsArray {
		return textKept(info.Elem)
	}
	if types.Extension(t) != "" {
		return false
	}
	switch t {
	case types.JSONOID, types.CharOID, types.NameOID:
		return true
	}
	return info.Type != 'b' && info.Type != 'r' && info.Type != 'm' || info.Category == 'S' || strings.HasPrefix(info.Name, "reg")
}

// showConstants writes the strings of a definition as the format does.
func (t *Trace) showConstants(format *types.Format) {
	for x, c := range t.constants {
		if c.T.OID != types.JSONOID && types.Lookup(c.T.OID) != nil && types.Lookup(c.T.OID).Category != 'S' {
			x.Text = string(types.AppendText(nil, types.Of(c.T.OID), c.D, format))
			asConstant(x, c.T.OID)
		}
	}
}

// asConstant writes a literal as what its type's constants look like (get_const_expr).
func asConstant(x *ast.Lit, t types.OID) {
	switch {
	case t == types.BoolOID:
		x.Kind, x.Bool, x.As = ast.LitBool, x.Text == "t", ""
	case t == types.NumericOID && bareNumeric(x.Text):
		x.Kind, x.As = ast.LitNumeric, ""
	}
}

// bareNumeric reports the text of a numeric that is read as one without being told: one with a
// point, and no sign.
func bareNumeric(text string) bool {
	return text != "" && text[0] >= '0' && text[0] <= '9' && strings.ContainsRune(text, '.')
}
