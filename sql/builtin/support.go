package builtin

import (
	"bytes"
	"cmp"
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// supportFuncs registers what pg_type and pg_amproc name and what is the same code
// for every type: input, output and send functions, and btree comparisons between
// two types.
func supportFuncs(r *registrar) {
	ioFuncs(r)
	for _, k := range []string{
		"btint24cmp", "btint42cmp", "btint28cmp", "btint82cmp", "btint48cmp", "btint84cmp",
	} {
		r.eval(k, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.Int(int64(cmp.Compare(a[0].Int(), a[1].Int()))), nil
		})
	}
	for _, k := range []string{"btfloat48cmp", "btfloat84cmp"} {
		r.eval(k, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.Int(int64(types.CompareFloats(a[0].Float(), a[1].Float()))), nil
		})
	}
	always := func(*Ctx, []types.Datum) (types.Datum, error) { return types.Bool(true), nil }
	r.eval("btequalimage", always) // every collation is deterministic
	for rel, suffix := range relationSuffix {
		r.kernel("record_image_"+suffix, compareImages(relation(rel)))
	}
	r.eval("btrecordimagecmp", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		c, err := recordImages(a[0], a[1])
		return types.Int(int64(c)), err
	})
}

// ioFuncs registers the input, output and send functions of every type that
// computes them by its OID alone; polymorphic input functions cannot be called.
func ioFuncs(r *registrar) {
	in := func(c *Ctx, a []types.Datum) (types.Datum, error) {
		t := types.Of(c.retT().OID)
		if len(a) == 3 {
			t.Mod = int32(a[2].Int())
		}
		return types.ParseText(t, a[0].Text(), c.Format)
	}
	out := func(c *Ctx, a []types.Datum) (d types.Datum, err error) {
		defer types.CatchStop(&err)
		return types.Bytes(types.AppendText(nil, c.argT(0), a[0], c.Format)), nil
	}
	send := func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bytes(types.AppendBinary(nil, c.argT(0), a[0])), nil
	}
	done := map[string]bool{"": true, "-": true}
	once := func(key string, f Eval) {
		if !done[key] {
			done[key] = true
			r.eval(key, f)
		}
	}
	for _, t := range types.All() {
		if t.Namespace != pgCatalog || t.Type == 'p' && t.OID != types.RecordOID {
			continue
		}
		if !t.IsArray && t.Type == 'b' {
			once(t.In, in)
		}
		once(t.Out, out)
		once(t.Send, send)
	}
	r.evals(send, "anyarray_send", "anycompatiblearray_send")
	r.evals(out, "anyarray_out", "anycompatiblearray_out", "anyrange_out", "anymultirange_out", "anycompatiblerange_out",
		"anycompatiblemultirange_out")
	for _, t := range []string{"any", "anyelement", "anynonarray", "anycompatible", "anycompatiblenonarray"} {
		r.eval(t+"_out", func(*Ctx, []types.Datum) (types.Datum, error) {
			return types.Datum{}, pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot display a value of type %s", t)
		})
	}
}

// pgCatalog is the OID of the schema pg_catalog.
const pgCatalog = 11

// compareImages is *= and the like: records compared by what is stored, which tells
// 1.0 from 1.00.
func compareImages(rel relation) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		for _, i := range sel {
			c, err := recordImages(args[0].Datum(int(i)), args[1].Datum(int(i)))
			if err != nil {
				return err
			}
			out.I[i] = bit(rel.holds(c))
		}
		return nil
	}
}

func recordImages(x, y types.Datum) (int, error) {
	ix, iy := types.NewRecordIter(x), types.NewRecordIter(y)
	for n := 1; ; n++ {
		tx, vx, ok := ix.Next()
		ty, vy, too := iy.Next()
		if ok != too {
			return 0, pgerr.New(pgerrcode.DatatypeMismatch, "cannot compare record types with different numbers of columns")
		}
		if !ok {
			return 0, nil
		}
		if tx.OID != ty.OID {
			return 0, pgerr.Newf(pgerrcode.DatatypeMismatch, "cannot compare dissimilar column types %s and %s at record column %d",
				TypeName(tx.OID), TypeName(ty.OID), n)
		}
		if c := compareImage(tx, vx, vy); c != 0 {
			return c, nil
		}
	}
}

// compareImage compares stored values, NULL last: numbers as unsigned words.
func compareImage(t types.T, x, y types.Datum) int {
	if x.IsNull() || y.IsNull() {
		return cmp.Compare(bit(x.IsNull()), bit(y.IsNull()))
	}
	switch t.Rep() {
	case types.RepInt:
		return cmp.Compare(uint64(x.Int()), uint64(y.Int()))
	case types.RepFloat:
		if t.OID == types.Float4OID {
			return cmp.Compare(math.Float32bits(float32(x.Float())), math.Float32bits(float32(y.Float())))
		}
		return cmp.Compare(math.Float64bits(x.Float()), math.Float64bits(y.Float()))
	}
	return bytes.Compare(x.Bytes(), y.Bytes())
}
