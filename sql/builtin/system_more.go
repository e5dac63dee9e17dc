package builtin

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// systemMore registers functions of the server that have nothing to do here, or to refuse.
func systemMore(r *registrar) {
	r.eval("pg_settings_get_flags", settingsGetFlags)
	r.eval("pg_reload_conf", func(*Ctx, []types.Datum) (types.Datum, error) { return types.Bool(true), nil })
	r.eval("pg_stat_force_next_flush", func(*Ctx, []types.Datum) (types.Datum, error) { return types.String(""), nil })
	r.eval("pg_extension_config_dump", func(*Ctx, []types.Datum) (types.Datum, error) {
		return types.Datum{}, pgerr.New(pgerrcode.FeatureNotSupported,
			"pg_extension_config_dump() can only be called from an SQL script executed by CREATE EXTENSION")
	})
	// Its collation is that of the call, and an oid has none.
	r.eval("btvarstrequalimage", func(*Ctx, []types.Datum) (types.Datum, error) {
		return types.Datum{}, pgerr.New(pgerrcode.IndeterminateCollation, "could not determine which collation to use for string comparison").
			WithHint("Use the COLLATE clause to set the collation explicitly.")
	})
	client := func(t types.OID, fact string) Eval {
		return func(c *Ctx, _ []types.Datum) (types.Datum, error) {
			v, err := c.Session.Engine(fact)
			if err != nil || v == "" {
				return types.Null, err
			}
			return types.ParseText(types.Of(t), v, c.Format)
		}
	}
	r.eval("inet_client_addr", client(types.InetOID, "client_addr"))
	r.eval("inet_client_port", client(types.Int4OID, "client_port"))
	r.eval("pg_xact_commit_timestamp", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return types.Null, noCommitTime(a[0]) })
	r.eval("pg_xact_commit_timestamp_origin", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.MakeRecord([]types.T{types.Of(types.TimestamptzOID), types.Of(types.OidOID)}, []types.Datum{types.Null, types.Null}), noCommitTime(a[0])
	})
	r.eval("interval_avg", intervalAverage)
}

// noCommitTime is the error of track_commit_timestamp = off; transactions 1 and 2 have no
// time, and 0 is none.
func noCommitTime(xid types.Datum) error {
	switch xid.Int() {
	case 0:
		return badParam("cannot retrieve commit timestamp for transaction %d", 0)
	case 1, 2:
		return nil
	}
	return pgerr.New(pgerrcode.ObjectNotInPrerequisiteState, "could not get commit timestamp data").
		WithHint("Make sure the configuration parameter \"%s\" is set.", "track_commit_timestamp")
}

// intervalAverage is the last step of avg(interval): a sum, and how many there were in the
// microseconds of another interval.
func intervalAverage(_ *Ctx, a []types.Datum) (types.Datum, error) {
	if types.ArrayHasNull(a[0]) {
		return types.Datum{}, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "null array element not allowed in this context")
	}
	if types.ArrayLen(a[0]) != 2 {
		return types.Datum{}, pgerr.New(pgerrcode.InternalError, "expected 2-element interval array")
	}
	it := types.NewArrayIter(a[0])
	sum, _ := it.Next()
	count, _ := it.Next()
	n := types.IntervalOf(count).Micros
	if n == 0 {
		return types.Null, nil
	}
	iv, err := types.IntervalDiv(types.IntervalOf(sum), float64(n))
	return types.MakeInterval(iv), err
}
