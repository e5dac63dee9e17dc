package builtin

import (
	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/types"
)

// encodingFuncs registers conversions between encodings, and their names and numbers.
func encodingFuncs(r *registrar) {
	convert := func(b []byte, from, to string) (types.Datum, error) {
		src, dst := charset.Lookup(from), charset.Lookup(to)
		if src == nil {
			return types.Datum{}, badParam("invalid source encoding name \"%s\"", from)
		}
		if dst == nil {
			return types.Datum{}, badParam("invalid destination encoding name \"%s\"", to)
		}
		out, err := charset.Convert(b, src, dst)
		return types.Bytes(out), err
	}
	r.eval("pg_convert", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return convert(a[0].Bytes(), a[1].Text(), a[2].Text())
	})
	r.eval("pg_convert_from", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return convert(a[0].Bytes(), a[1].Text(), "UTF8") })
	r.eval("pg_convert_to", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return convert(a[0].Bytes(), "UTF8", a[1].Text()) })
	r.eval("length_in_encoding", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		e := charset.Lookup(a[1].Text())
		if e == nil {
			return types.Datum{}, badParam("invalid encoding name \"%s\"", a[1].Text())
		}
		n, err := e.Count(a[0].Bytes())
		return types.Int(int64(n)), err
	})
	r.eval("PG_encoding_to_char", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if e := charset.ByID(int(a[0].Int())); e != nil {
			return types.String(e.Name()), nil
		}
		return types.String(""), nil
	})
	r.eval("PG_char_to_encoding", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if e := charset.Lookup(a[0].Text()); e != nil {
			return types.Int(int64(e.ID())), nil
		}
		return types.Int(-1), nil
	})
	r.eval("pg_encoding_max_length_sql", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if e := charset.ByID(int(a[0].Int())); e != nil {
			return types.Int(int64(e.MaxBytes())), nil
		}
		return null()
	})
}
