package builtin

import (
	"context"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// NextIdentity is nextval as identity columns call it: nobody can name it.
var NextIdentity = &Func{
	Schema: "pg_catalog", Name: "nextval", Args: []types.OID{types.RegclassOID}, Ret: types.Int8OID, Strict: true,
	Volatility: Volatile, Kind: 'f', Src: "nextval_identity",
	Eval: withSession(func(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		next := s.Nextval
		if x, ok := s.(interface {
			NextIdentity(context.Context, catalog.ID) (int64, error)
		}); ok {
			next = x.NextIdentity
		}
		v, err := next(c.Context, uint32(a[0].Int()))
		return types.Int(v), err
	}),
}
