package executor

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// newInsert: see physical.Insert for the layout of the input.
func newInsert(n *physical.Insert) (Operator, error) {
	m := &modify{}
	extra := systemTypes
	if n.Write.Family == nil {
		extra = extra[:2]
	}
	if err := m.init(n.Input, n.ReadsOwn, n.Write, n.Returning, extra); err != nil {
		return nil, err
	}
	var err error
	if m.writer.inserted, err = newRowChecks(n.Checks); err != nil {
		return nil, err
	}
	if m.writer.updated, err = newRowChecks(n.UpdateChecks); err != nil {
		return nil, err
	}
	if m.writer.views, err = newRowChecks(n.Views); err != nil {
		return nil, err
	}
	m.does(catalog.TriggerInsert)
	m.alternate(n.Input, n.Returning)
	m.drawOneByOne(n.Input)
	if n.Write.HasTrigger(catalog.TriggerBefore | catalog.TriggerRow | catalog.TriggerInsert) {
		m.input = stepwise(m.input)
	}
	if n.OnConflict != nil && !isInstead(n.Write) {
		return newUpsert(n, m)
	}
	if m.family != nil {
		m.run = func(ctx context.Context, b *batch.Batch, i int) error {
			m.row = rowAt(b, i, m.row[:0])
			w, id, ok, err := m.family.insert(ctx, m.row)
			if err != nil || !ok {
				return err
			}
			m.affected++
			return m.keepMember(w, m.row, id, 0, nil)
		}
		return m, nil
	}
	m.plain = true
	m.run = func(ctx context.Context, b *batch.Batch, i int) error {
		m.row = rowAt(b, i, m.row[:0])
		id, ok, err := m.writer.insert(ctx, m.row)
		if err != nil || !ok {
			return err
		}
		m.affected++
		return m.keepInserted(m.row, id, 0)
	}
	if isInstead(n.Write) {
		m.insteadInsert()
	}
	return m, nil
}

// keepInserted computes RETURNING of INSERT; xmax is 0 of a new row, and the
// transaction's number of one that was updated instead, as in PostgreSQL, where the
// update has locked it first.
func (m *modify) keepInserted(row []types.Datum, id, xmax uint64) error {
	if m.returning == nil {
		return nil
	}
	return m.keep(row, []types.Datum{types.CtidDatum(id), types.Int(int64(uint32(xmax)))})
}

// upsert is INSERT … ON CONFLICT.
type upsert struct {
	*modify
	on      *physical.OnConflict
	values  []*expr.Program
	where   *expr.Program
	pair    *batch.Batch  // existing row, proposed row, source
	auto    int16         // the AUTO_INCREMENT column, 0 = none
	source  []types.Datum // what the query gave beside the proposed row
	changed map[rowOf]bool
	own     *upsertTable // of a table without children
	members map[*memberWriter]*upsertTable
	using   rowChecks // of the existing row
}

// upsertTable is the table that a proposed row goes to, which is a partition perhaps.
type upsertTable struct {
	w        *tableWriter
	member   *memberWriter // nil: the table of the statement itself
	arbiters []*catalog.Index
	existing *existingRow
}

func newUpsert(n *physical.Insert, m *modify) (Operator, error) {
	u := &upsert{modify: m, on: n.OnConflict, changed: map[rowOf]bool{}, members: map[*memberWriter]*upsertTable{}}
	var err error
	if u.values, err = programs(n.OnConflict.Values); err != nil {
		return nil, err
	}
	if u.where, err = program(n.OnConflict.Where); err != nil {
		return nil, err
	}
	var ts []types.T
	for i := range n.Write.Table.Columns {
		if c := &n.Write.Table.Columns[i]; c.AutoIncrement && !c.Dropped {
			u.auto = c.Num
		}
		ts = append(ts, n.Write.Table.Columns[i].Type)
	}
	u.pair = batch.New(slices.Concat(ts, ts, n.Input.Info().Cols[len(ts):]), 1)
	u.own = &upsertTable{w: m.writer, arbiters: n.OnConflict.Arbiters}
	if u.own.existing, err = newExistingRow(n.Write.Table); err != nil {
		return nil, err
	}
	if u.using, err = newRowChecks(n.Using); err != nil {
		return nil, err
	}
	m.run = u.one
	if n.OnConflict.DoUpdate {
		m.does(catalog.TriggerUpdate, n.OnConflict.Set...)
	}
	return u, nil
}

func (u *upsert) Open(ctx context.Context, env *Env) error {
	clear(u.changed)
	if u.auto > 0 && env.Session != nil {
		u.stored = types.Null
		env.Session.BeginStoring()
	}
	return u.modify.Open(ctx, env)
}

// table finds where the proposed row belongs, and makes it a row of that table.
func (u *upsert) table(ctx context.Context) (*upsertTable, error) {
	if u.family == nil {
		return u.own, nil
	}
	m, err := u.family.find(ctx, u.row)
	if err != nil {
		return nil, err
	}
	u.row = append([]types.Datum(nil), m.own(u.row)...)
	t := u.members[m]
	if t == nil {
		t = &upsertTable{w: m.tableWriter, member: m, existing: m.existing}
		for _, x := range u.on.Arbiters {
			y := m.def.Indexes[x.ID]
			if y == nil { // of an index that not all partitions have a part of
				return nil, pgerr.New(pgerrcode.InternalError, "invalid arbiter index list")
			}
			t.arbiters = append(t.arbiters, y)
		}
		u.members[m] = t
	}
	return t, nil
}

// conflict finds a row that the proposed one conflicts with. The indexes are asked in
// their order, and a unique constraint whose conflicts may only be known later cannot
// be: it is an error to come to one.
func (u *upsert) conflict(ctx context.Context, to *upsertTable) (*table.Conflict, error) {
	t := to.w.def.Table
	arbiters := to.arbiters
	if len(arbiters) == 0 {
		arbiters = t.Indexes
	}
	late := slices.IndexFunc(arbiters, func(x *catalog.Index) bool { return x.Deferrable })
	if late < 0 {
		return to.w.w.FindConflict(ctx, u.row, to.arbiters)
	}
	if late > 0 {
		if c, err := to.w.w.FindConflict(ctx, u.row, arbiters[:late]); c != nil || err != nil {
			return c, err
		}
	}
	return nil, pgerr.New(pgerrcode.ObjectNotInPrerequisiteState, "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters").
		OnTable(to.w.schema(), t.Name).OnConstraint(arbiters[late].Name)
}

func (u *upsert) one(ctx context.Context, b *batch.Batch, i int) error {
	row := rowAt(b, i, u.row[:0])
	width := len(u.writer.def.Table.Columns)
	u.row, u.source = row[:width:width], row[width:]
	value := types.Null
	if u.auto > 0 {
		value = row[u.auto-1]
	}
	to, err := u.table(ctx)
	if err != nil {
		return err
	}
	w := to.w
	if ok, err := w.beforeInsert(ctx, u.row); !ok || err != nil {
		return err
	}
	if err := w.complete(u.row, nil); err != nil {
		return err
	}
	c, err := u.conflict(ctx, to)
	for ; u.on.Replace && err == nil && c != nil; c, err = w.w.FindConflict(ctx, u.row, nil) {
		if err := u.remove(ctx, to, c); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if c == nil {
		id, err := w.store(ctx, u.row)
		if err != nil {
			return err
		}
		u.changed[rowOf{w.def.Table.Storage, id}] = true
		u.affected++
		if u.auto > 0 {
			u.storedRow(value)
		}
		return u.keepUpsert(to, u.row, id, 0)
	}
	if !u.on.DoUpdate {
		if u.writer.def.Warns {
			u.warn(pgerr.Newf(pgerrcode.UniqueViolation, "duplicate key value violates unique constraint %q", c.Index.Name))
		}
		return nil
	}
	other := u.env.query.changedBefore(w.def.Table.Storage, c.Row)
	if (u.changed[rowOf{w.def.Table.Storage, c.Row}] || other) && !u.on.AnyKey {
		return pgerr.New(pgerrcode.CardinalityViolation, "ON CONFLICT DO UPDATE command cannot affect row a second time").
			WithHint("Ensure that no rows proposed for insertion within the same command have duplicate constrained values.")
	}
	return u.update(ctx, to, c.Row)
}

// keepUpsert computes RETURNING for a row of the table it went to.
func (u *upsert) keepUpsert(to *upsertTable, row []types.Datum, id, xmax uint64) error {
	if to.member == nil {
		return u.keepInserted(row, id, xmax)
	}
	common := to.member.common(row, nil)
	if err := u.writer.checkViews(common, nil); err != nil {
		return err
	}
	return u.keepMember(to.member, common, id, xmax, nil)
}

// remove deletes a row for which the proposed one is put in.
func (u *upsert) remove(ctx context.Context, to *upsertTable, c *table.Conflict) error {
	id := c.Row
	if err := u.env.Txn.LockRow(ctx, to.w.def.Table.Storage, id, kv.Exclusive, kv.WaitBlock); err != nil {
		return err
	}
	old, err := to.existing.read(ctx, u.env, id)
	if err != nil || old == nil {
		return err
	}
	if u.removes(to.w.def.Table, c.Index) || u.weight(to.w.def.Table, old, u.row) > 0 {
		u.affected++
	}
	to.w.replacing = true
	_, err = to.w.delete(ctx, id, old)
	to.w.replacing = false
	return err
}

// removes reports that MySQL counts a row that is replaced by an equal one: it changes the row where
// it is if no foreign key refers to the table and no unique key comes after the one in conflict.
func (u *upsert) removes(t *catalog.Table, in *catalog.Index) bool {
	at := slices.Index(t.Indexes, in)
	return len(u.env.Catalog.Referrers(t.ID)) > 0 || slices.ContainsFunc(t.Indexes[at+1:], func(x *catalog.Index) bool { return x.Unique })
}

// weight is what an updated row counts: one, but in MySQL two, and none if it is as it was.
func (u *upsert) weight(t *catalog.Table, old, row []types.Datum) int64 {
	if !u.on.AnyKey {
		return 1
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; !c.Dropped && !sameValue(c, old[i], row[i]) {
			return 2
		}
	}
	return 0
}

// update changes the existing row that the proposed one, in u.row, conflicts with.
func (u *upsert) update(ctx context.Context, to *upsertTable, id uint64) error {
	t := to.w.def.Table
	if err := u.env.Txn.LockRow(ctx, t.Storage, id, kv.Exclusive, kv.WaitBlock); err != nil {
		return err
	}
	old, err := to.existing.read(ctx, u.env, id)
	if err != nil || old == nil {
		return err
	}
	had, proposed := old, u.row
	if to.member != nil {
		had, proposed = to.member.common(old, nil), to.member.common(u.row, nil)
	}
	for k := range had {
		u.pair.Cols[k].Set(0, had[k])
		u.pair.Cols[len(had)+k].Set(0, proposed[k])
	}
	for k := range u.source {
		u.pair.Cols[2*len(had)+k].Set(0, u.source[k])
	}
	u.pair.Sel = batch.Identity(1)
	if u.where != nil {
		c, err := u.where.Eval(&u.env.Env, &u.scratch, u.pair, u.pair.Sel)
		if err != nil {
			return err
		}
		if d := c.Datum(0); d.IsNull() || !d.Bool() {
			return nil
		}
	}
	if u.using.def != nil {
		err := u.using.refused(t.Name, func(p *expr.Program) (types.Datum, error) {
			c, err := p.Eval(&u.env.Env, &u.scratch, u.pair, u.pair.Sel)
			if err != nil {
				return types.Null, err
			}
			return c.Datum(0), nil
		})
		if err != nil {
			return err
		}
	}
	row, set := append([]types.Datum(nil), old...), make([]bool, len(old))
	for k, p := range u.values {
		c, err := p.Eval(&u.env.Env, &u.scratch, u.pair, u.pair.Sel)
		if err != nil {
			return err
		}
		at := u.on.Set[k] - 1
		if to.member != nil {
			at = to.member.def.Attrs[at] - 1
		}
		row[at], set[at] = c.Datum(0), true
	}
	assigned, ok, err := to.w.beforeUpdate(ctx, id, old, row, set)
	if err != nil || !ok {
		return err
	}
	if moved, err := u.moves(ctx, to, id, old, row); moved || err != nil {
		return err
	}
	if ok, err = to.w.storeUpdate(ctx, id, old, row, set, assigned); err != nil || !ok {
		return err
	}
	u.changed[rowOf{t.Storage, id}] = true
	u.affected += u.weight(t, old, row)
	number, err := u.env.Txn.Number(ctx)
	if err != nil {
		return err
	}
	return u.keepUpsert(to, row, id, number)
}

// moves is an update by which a row belongs to another partition: MySQL's puts it there, and
// PostgreSQL's is refused. It is false for rows that stay.
func (u *upsert) moves(ctx context.Context, from *upsertTable, id uint64, old, row []types.Datum) (bool, error) {
	if from.member == nil {
		return false, nil
	}
	m, nowhere := u.family.find(ctx, from.member.common(row, nil))
	switch {
	case m == from.member:
		return false, nil
	case nowhere != nil && (!u.on.AnyKey || pgerr.Code(nowhere) != pgerrcode.CheckViolation):
		return false, nowhere
	case !u.on.AnyKey:
		return false, pgerr.New(pgerrcode.FeatureNotSupported, "invalid ON UPDATE specification").
			WithDetail("The result tuple would appear in a different partition than the original tuple.")
	}
	if err := from.w.generate(row); err != nil {
		return false, err
	}
	common := from.member.common(row, nil)
	m, at, ok, err := u.family.move(ctx, from.member, m, id, old, common, nowhere)
	if err != nil || !ok {
		return true, err
	}
	u.changed[rowOf{m.def.Write.Table.Storage, at}] = true
	u.affected += u.weight(from.w.def.Table, old, row)
	number, err := u.env.Txn.Number(ctx)
	if err != nil {
		return true, err
	}
	return true, u.keepMember(m, common, at, number, nil)
}

// existingRow reads one whole row.
type existingRow struct {
	scan *scan
	ids  []uint64
}

func newExistingRow(t *catalog.Table) (*existingRow, error) {
	n := &physical.Scan{Table: t}
	n.ID = noCounter
	for i := range t.Columns {
		n.Attrs = append(n.Attrs, int16(i+1))
	}
	s, err := newScan(n)
	return &existingRow{scan: s}, err
}

// read returns the row in attribute order, borrowed until the next call; nil if gone.
func (e *existingRow) read(ctx context.Context, env *Env, id uint64) ([]types.Datum, error) {
	e.ids = append(e.ids[:0], id)
	b := &e.scan.out
	if err := e.scan.reader.Fetch(ctx, env.Txn, e.ids, b); err != nil || b.Len() == 0 {
		return nil, err
	}
	if err := e.scan.reader.LoadVectors(ctx, env.Txn, b); err != nil {
		return nil, err
	}
	return rowAt(b, 0, nil), nil
}
