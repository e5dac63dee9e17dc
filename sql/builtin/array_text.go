package builtin

import (
	"strings"
	"unicode/utf8"

	"github.com/loxodb/loxodb/sql/types"
)

// arrayTextFuncs registers string_to_array, string_to_table and array_to_string.
func arrayTextFuncs(r *registrar) {
	r.evals(func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		parts, ok := splitText(a)
		if !ok {
			return null()
		}
		var b types.ArrayBuilder
		b.Reset(types.TextOID)
		for _, p := range parts {
			b.Append(p)
		}
		return b.Array(), nil
	}, "text_to_array", "text_to_array_null")
	table := func(_ *Ctx, a []types.Datum) (RowIter, error) {
		parts, _ := splitText(a)
		return &listRows{list: parts}, nil
	}
	r.rows("text_to_table", table)
	r.rows("text_to_table_null", table)
	r.evals(arrayToText, "array_to_text", "array_to_text_null")
}

// splitText cuts a[0] at the delimiter a[1]: NULL cuts between characters, the
// empty one nowhere. Parts equal to a[2] become NULL.
func splitText(a []types.Datum) (parts []types.Datum, ok bool) {
	if a[0].IsNull() {
		return nil, false
	}
	s := a[0].Text()
	add := func(p string) {
		d := types.String(p)
		if len(a) > 2 && !a[2].IsNull() && a[2].Text() == p {
			d = types.Null
		}
		parts = append(parts, d)
	}
	switch {
	case s == "":
	case a[1].IsNull():
		for s != "" {
			_, n := utf8.DecodeRuneInString(s)
			add(s[:n])
			s = s[n:]
		}
	case len(a[1].Bytes()) == 0:
		add(s)
	default:
		for p := range strings.SplitSeq(s, a[1].Text()) {
			add(p)
		}
	}
	return parts, true
}

func arrayToText(c *Ctx, a []types.Datum) (_ types.Datum, err error) {
	defer types.CatchOverlong(&err)
	if a[0].IsNull() || a[1].IsNull() {
		return null()
	}
	t := types.Of(elemOID(c, 0, a[0]))
	out := []byte{}
	first := true
	it := types.NewArrayIter(a[0])
	for d, ok := it.Next(); ok; d, ok = it.Next() {
		if d.IsNull() && (len(a) < 3 || a[2].IsNull()) {
			continue
		}
		if !first {
			out = append(out, a[1].Bytes()...)
		}
		first = false
		was := len(out)
		if d.IsNull() {
			out = append(out, a[2].Bytes()...)
		} else {
			out = types.AppendText(out, t, d, c.Format)
		}
		if len(out) > maxText {
			return types.Datum{}, types.TextTooLong(was, len(out)-was)
		}
	}
	return types.Bytes(out), nil
}
