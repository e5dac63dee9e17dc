package builtin

import "github.com/loxodb/loxodb/sql/types"

// Identity is what pg_identify_object and pg_identify_object_as_address say of an object.
type Identity struct {
	Kind string
	// Schema and Name are quoted where they must be; "" for none, and of names that
	// several objects can have.
	Schema, Name string
	// Identity is "" for an object that is not there. Names and Args find it again.
	Identity    string
	Names, Args []string
}

// identityFuncs registers what names objects by their numbers and finds the numbers of
// named ones (chapter 9.26.6).
func identityFuncs(r *registrar) {
	r.eval("pg_identify_object", withSession(func(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		x, err := s.Identify(c.Context, uint32(a[0].Int()), uint32(a[1].Int()), int32(a[2].Int()))
		return textRecord(x.Kind, x.Schema, x.Name, x.Identity), err
	}))
	r.eval("pg_identify_object_as_address", withSession(func(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		x, err := s.Identify(c.Context, uint32(a[0].Int()), uint32(a[1].Int()), int32(a[2].Int()))
		names, args := types.Null, types.Null
		if x.Identity != "" {
			names, args = textArray(x.Names), textArray(x.Args)
		}
		list := types.Of(types.TextOID).ArrayOf()
		return types.MakeRecord([]types.T{types.Of(types.TextOID), list, list}, []types.Datum{types.String(x.Kind), names, args}), err
	}))
	r.eval("pg_get_object_address", withSession(func(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		class, id, sub, err := s.ObjectAddress(c.Context, a[0].Text(), elements(a[1]), elements(a[2]))
		oid := types.Of(types.OidOID)
		return types.MakeRecord([]types.T{oid, oid, types.Of(types.Int4OID)},
			[]types.Datum{types.Int(int64(class)), types.Int(int64(id)), types.Int(int64(sub))}), err
	}))
}

// textRecord is a record of texts, NULL for empty ones.
func textRecord(texts ...string) types.Datum {
	ts, vals := make([]types.T, len(texts)), make([]types.Datum, len(texts))
	for i, s := range texts {
		ts[i] = types.Of(types.TextOID)
		if vals[i] = types.Null; s != "" {
			vals[i] = types.String(s)
		}
	}
	return types.MakeRecord(ts, vals)
}

func textArray(list []string) types.Datum {
	var b types.ArrayBuilder
	b.Reset(types.TextOID)
	for _, s := range list {
		b.Append(types.String(s))
	}
	return b.Array().Clone()
}
