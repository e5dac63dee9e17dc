package builtin

import (
	"github.com/loxodb/loxodb/sql/types"
)

// snapshotFuncs registers transaction numbers and snapshots of them (chapter 9.27.8),
// those with the old names and bigint for numbers included.
func snapshotFuncs(r *registrar) {
	r.evals(currentTxn(true), "pg_current_xact_id")
	r.evals(currentTxn(false), "pg_current_xact_id_if_assigned")
	r.eval("pg_current_snapshot", withSession(func(c *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		x, err := s.Snapshot(c.Context)
		if err != nil {
			return types.Datum{}, err
		}
		return x.Datum(), nil
	}))
	r.eval("pg_xact_status", withSession(func(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		status, err := s.TxnStatus(c.Context, txnNumber(c, a[0]))
		if err != nil || status == "" {
			return types.Null, err
		}
		return types.String(status), nil
	}))
	r.eval("pg_snapshot_xmin", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return shownNumber(c, types.SnapshotOf(a[0]).Xmin), nil
	})
	r.eval("pg_snapshot_xmax", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return shownNumber(c, types.SnapshotOf(a[0]).Xmax), nil
	})
	running := func(show func(uint64) types.Datum) Rows {
		return func(_ *Ctx, a []types.Datum) (RowIter, error) {
			l := &listRows{}
			for _, n := range types.SnapshotOf(a[0]).Xip {
				l.list = append(l.list, show(n))
			}
			return l, nil
		}
	}
	r.rows("pg_snapshot_xip", running(types.MakeUint64))
	r.rows("txid_snapshot_xip", running(func(n uint64) types.Datum { return types.Int(int64(n)) }))
	r.eval("pg_visible_in_snapshot", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		s := types.SnapshotOf(a[1])
		return types.Bool(s.Shows(txnNumber(c, a[0]))), nil
	})
}

// currentTxn is the number of the transaction, null while it has none unless it gets one.
func currentTxn(assign bool) Eval {
	return withSession(func(c *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		n, err := s.TxnID(c.Context, assign)
		if err != nil || n == 0 {
			return types.Null, err
		}
		return shownNumber(c, n), nil
	})
}

// shownNumber is a transaction's number as the function's result: an xid8, or a bigint of
// the functions with the old names.
func shownNumber(c *Ctx, n uint64) types.Datum {
	if c.retT().OID == types.Xid8OID {
		return types.MakeUint64(n)
	}
	return types.Int(int64(n))
}

// txnNumber reads the first argument, likewise.
func txnNumber(c *Ctx, d types.Datum) uint64 {
	if c.argT(0).OID == types.Xid8OID {
		return types.Uint64Of(d)
	}
	return uint64(d.Int())
}
