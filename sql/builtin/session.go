package builtin

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// sessionFuncs registers functions that act: advisory locks (chapter 9.27.10),
// signals, notifications, transaction numbers.
func sessionFuncs(r *registrar) {
	for _, width := range []string{"int8", "int4"} {
		for _, shared := range []bool{false, true} {
			for _, xact := range []bool{false, true} {
				name := "advisory"
				if xact {
					name += "_xact"
				}
				name += "_lock"
				if shared {
					name += "_shared"
				}
				name += "_" + width
				r.eval("pg_"+name, advisoryLock(shared, xact, true))
				r.eval("pg_try_"+name, advisoryLock(shared, xact, false))
			}
			name := "pg_advisory_unlock"
			if shared {
				name += "_shared"
			}
			r.eval(name+"_"+width, withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
				return types.Bool(s.AdvisoryUnlock(advisoryKey(a), shared)), nil
			}))
		}
	}
	r.eval("pg_advisory_unlock_all", withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		s.AdvisoryUnlockAll()
		return void()
	}))
	signal := func(terminate bool) Eval {
		return withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
			pid := int32(a[0].Int())
			if x, ok := s.(interface{ MaySignal(int32, bool) error }); ok {
				if err := x.MaySignal(pid, terminate); err != nil {
					return types.Datum{}, err
				}
			}
			return types.Bool(s.SignalBackend(pid, terminate)), nil
		})
	}
	r.eval("pg_blocking_pids", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		var b types.ArrayBuilder
		b.Reset(types.Int4OID)
		if x, ok := s.(interface{ BlockingPIDs(int32) []int32 }); ok {
			for _, pid := range x.BlockingPIDs(int32(a[0].Int())) {
				b.Append(types.Int(int64(pid)))
			}
		}
		return b.Array(), nil
	}))
	r.eval("pg_cancel_backend", signal(false))
	r.eval("pg_terminate_backend", signal(true))
	r.eval("pg_notify", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() || len(a[0].Bytes()) == 0 {
			return types.Datum{}, badParam("channel name cannot be empty")
		}
		if len(a[0].Bytes()) >= 64 {
			return types.Datum{}, badParam("channel name too long")
		}
		payload := ""
		if !a[1].IsNull() {
			payload = a[1].Text()
		}
		if len(payload) >= 8000 {
			return types.Datum{}, badParam("payload string too long")
		}
		if err := s.Notify(a[0].Text(), payload); err != nil {
			return types.Datum{}, err
		}
		return void()
	}))
}

// advisoryKey is the lock of one 8-byte or two 4-byte keys, which are separate
// spaces: the second number is −1<<63 for the former.
func advisoryKey(a []types.Datum) [2]int64 {
	if len(a) == 1 {
		return [2]int64{a[0].Int(), -1 << 63}
	}
	return [2]int64{a[0].Int(), a[1].Int()}
}

func advisoryLock(shared, xact, wait bool) Eval {
	return withSession(func(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		ok, err := s.AdvisoryLock(c.Context, advisoryKey(a), shared, xact, wait)
		if err != nil {
			return types.Datum{}, err
		}
		if wait {
			return void()
		}
		return types.Bool(ok), nil
	})
}

// sequenceFuncs registers chapter 9.17.
func sequenceFuncs(r *registrar) {
	r.eval("nextval_oid", withSession(func(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		q, err := sequence(s, a[0])
		if err != nil {
			return types.Datum{}, err
		}
		v, err := s.Nextval(c.Context, q.ID)
		return types.Int(v), err
	}))
	r.eval("currval_oid", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		q, err := sequence(s, a[0])
		if err != nil {
			return types.Datum{}, err
		}
		v, err := s.Currval(q.ID)
		return types.Int(v), err
	}))
	r.eval("lastval", withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		v, err := s.Lastval()
		return types.Int(v), err
	}))
	r.evals(withSession(setval), "setval_oid", "setval3_oid")
	r.eval("pg_get_serial_sequence", withSession(serialSequence))
	r.eval("pg_sequence_parameters", withSession(sequenceParameters))
	r.eval("pg_sequence_last_value", withSession(func(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		q, err := sequence(s, a[0])
		if err != nil {
			return types.Datum{}, err
		}
		v, err := s.Engine("sequence_last_value", q.Name, s.Catalog().SchemaName(q.Schema))
		if err != nil || v == "" {
			return types.Null, err
		}
		return types.ParseText(types.Of(types.Int8OID), v, c.Format)
	}))
}

// sequence finds the sequence that a regclass argument names.
func sequence(s Session, d types.Datum) (*catalog.Sequence, error) {
	id := uint32(d.Int())
	q, ok := s.Catalog().SequenceByID(id)
	if ok {
		return q, nil
	}
	if t, ok := s.Catalog().TableByID(id); ok {
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "\"%s\" is not a sequence", t.Name)
	}
	if x, ok := s.Catalog().IndexByID(id); ok {
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "\"%s\" is not a sequence", x.Name)
	}
	return nil, pgerr.Newf(pgerrcode.UndefinedTable, "could not open relation with OID %d", id)
}

func setval(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
	q, err := sequence(s, a[0])
	if err != nil {
		return types.Datum{}, err
	}
	if err := s.Setval(c.Context, q.ID, a[1].Int(), len(a) < 3 || a[2].Bool()); err != nil {
		return types.Datum{}, err
	}
	return a[1], nil
}

// serialSequence is pg_get_serial_sequence(table, column): the table as it would
// be written in SQL, the column taken literally.
func serialSequence(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
	if c.Format.Names == nil {
		return null()
	}
	id, err := c.Format.Names.RegIn(types.RegclassOID, a[0].Text())
	if err != nil {
		return types.Datum{}, err
	}
	t, ok := s.Catalog().TableByID(id)
	if q, other := s.Catalog().SequenceByID(id); !ok && other {
		if slices.Contains([]string{"last_value", "log_cnt", "is_called"}, a[1].Text()) {
			return null()
		}
		return types.Datum{}, pgerr.Newf(pgerrcode.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist",
			a[1].Text(), q.Name)
	}
	if !ok {
		return null()
	}
	col := t.ColumnByName(a[1].Text())
	if col == nil {
		return types.Datum{}, pgerr.Newf(pgerrcode.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist",
			a[1].Text(), t.Name)
	}
	q, ok := s.Catalog().SequenceByID(col.SequenceID)
	if !ok {
		for _, x := range s.Catalog().Sequences() {
			if x.OwnerTable == t.ID && x.OwnerAttr == col.Num {
				q, ok = x, true
			}
		}
	}
	if !ok {
		return null()
	}
	return types.String(QuoteIdent(s.Catalog().NameForTemp(q.Schema)) + "." + QuoteIdent(q.Name)), nil
}

func sequenceParameters(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
	q, err := sequence(s, a[0])
	if e, ok := pgerr.As(err); ok && e.Code == pgerrcode.UndefinedTable {
		return types.Datum{}, pgerr.Newf(pgerrcode.UndefinedTable, "relation with OID %d does not exist", a[0].Int())
	}
	if err != nil {
		return types.Datum{}, err
	}
	i8 := types.Of(types.Int8OID)
	return types.MakeRecord(
		[]types.T{i8, i8, i8, i8, types.Of(types.BoolOID), i8, types.Of(types.OidOID)},
		[]types.Datum{types.Int(q.Start), types.Int(q.Min), types.Int(q.Max), types.Int(q.Increment), types.Bool(q.Cycle),
			types.Int(q.Cache), types.Int(int64(q.Type))},
	), nil
}
