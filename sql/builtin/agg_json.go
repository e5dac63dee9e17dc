package builtin

import (
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// jsonAggs registers json_agg, json_object_agg and their jsonb forms.
func jsonAggs(r *registrar) {
	r.agg("json_agg(anyelement)", func(args []types.T) Agg { return &jsonAgg{t: args} })
	r.agg("jsonb_agg(anyelement)", func(args []types.T) Agg { return &jsonAgg{t: args, jsonb: true} })
	r.agg("json_object_agg(any,any)", func(args []types.T) Agg { return &jsonAgg{t: args, object: true} })
	r.agg("jsonb_object_agg(any,any)", func(args []types.T) Agg { return &jsonAgg{t: args, object: true, jsonb: true} })
}

// jsonAgg writes the text of an array or object as its members arrive.
type jsonAgg struct {
	t             []types.T
	object, jsonb bool
	buf           [][]byte
	size          int64
}

func (a *jsonAgg) Grow(n int) { a.buf = grow(a.buf, n) }

func (a *jsonAgg) Step(c *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	for _, i := range sel {
		g := groups[i]
		before, room := len(a.buf[g]), cap(a.buf[g])
		out, err := a.add(c, a.buf[g], args, int(i))
		if err != nil {
			return err
		}
		if err := types.Grow(before, len(out)-before); err != nil {
			return err
		}
		a.size += int64(cap(out) - room)
		a.buf[g] = out
	}
	return nil
}

func (a *jsonAgg) add(c *Ctx, out []byte, args []*batch.Col, i int) ([]byte, error) {
	v := typed{a.t[0], args[0].Datum(i)}
	if !a.object {
		switch {
		case out == nil:
			out = []byte{'['}
		default:
			out = append(out, ", "...)
			if v.t.IsArray() || v.t.OID == types.RecordOID || types.IsComposite(v.t.OID) {
				out = append(out, "\n "...)
			}
		}
		return appendJSON(out, c, v, false)
	}
	if out == nil {
		out = []byte("{ ")
	} else {
		out = append(out, ", "...)
	}
	if v.d.IsNull() {
		return nil, badParam("field name must not be null")
	}
	out, err := appendJSONKey(out, c, v, 1)
	if err != nil {
		return nil, err
	}
	out = append(out, " : "...)
	return appendJSON(out, c, typed{a.t[1], args[1].Datum(i)}, false)
}

func (a *jsonAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	if a.buf[g] == nil {
		return types.Null, nil
	}
	end := "]"
	if a.object {
		end = " }"
	}
	out := append(append([]byte{}, a.buf[g]...), end...)
	if a.jsonb {
		return asJSONB(out, nil)
	}
	return types.Bytes(out), nil
}

func (a *jsonAgg) Bytes() int64 { return int64(24*cap(a.buf)) + a.size }
