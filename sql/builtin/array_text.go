package builtin

import (
	"bytes"
	"unicode/utf8"

	"github.com/loxodb/loxodb/sql/types"
)

// arrayTextFuncs registers string_to_array, string_to_table and array_to_string.
func arrayTextFuncs(r *registrar) {
	r.evals(func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() {
			return null()
		}
		return collect(c, types.TextOID, splitText(a))
	}, "text_to_array", "text_to_array_null")
	r.swells(8, "text_to_array", "text_to_array_null")
	table := func(_ *Ctx, a []types.Datum) (RowIter, error) {
		return &partRows{splitText(a)}, nil
	}
	r.rows("text_to_table", table)
	r.rows("text_to_table_null", table)
	r.evals(arrayToText, "array_to_text", "array_to_text_null")
}

// splitText gives the parts of a[0] at the delimiter a[1]: NULL cuts between characters, the
// empty one nowhere. Parts equal to a[2] become NULL.
func splitText(a []types.Datum) parts {
	rest, by := a[0].Bytes(), a[1].Bytes()
	done := a[0].IsNull() || len(rest) == 0
	return func() (types.Datum, bool, error) {
		if done {
			return types.Null, false, nil
		}
		end, next := len(rest), -1
		switch {
		case a[1].IsNull():
			if _, end = utf8.DecodeRune(rest); end < len(rest) {
				next = end
			}
		case len(by) > 0:
			if at := bytes.Index(rest, by); at >= 0 {
				end, next = at, at+len(by)
			}
		}
		p := rest[:end:end]
		if done = next < 0; !done {
			rest = rest[next:]
		}
		if len(a) > 2 && !a[2].IsNull() && bytes.Equal(a[2].Bytes(), p) {
			return types.Null, true, nil
		}
		return types.Bytes(p), true, nil
	}
}

func arrayToText(c *Ctx, a []types.Datum) (_ types.Datum, err error) {
	defer types.CatchStop(&err)
	if a[0].IsNull() || a[1].IsNull() {
		return null()
	}
	t := types.Of(elemOID(c, 0, a[0]))
	out := []byte{}
	first := true
	it, done := types.NewArrayIter(a[0]), progress{c: c}
	for d, ok := it.Next(); ok; d, ok = it.Next() {
		if err := done.add(1); err != nil {
			return types.Datum{}, err
		}
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
		if err := types.Grow(was, len(out)-was); err != nil {
			return types.Datum{}, err
		}
	}
	return types.Bytes(out), nil
}
