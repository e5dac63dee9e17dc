package executor

import (
	"context"
	"math"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
)

// modify is what INSERT, UPDATE and DELETE share: they run to completion on the
// first pull, keep what RETURNING asks for, and then hand it out.
type modify struct {
	input    Operator
	writer   *tableWriter
	family   *familyWriter // nil for a table without children
	run      func(ctx context.Context, b *batch.Batch, i int) error
	plain    bool // each row of the input is one that is written, and no other
	affected int64
	counts   bool          // see physical.Update
	stored   types.Datum   // see upsert.storedRow
	kept     int64         // of the affected rows: those that keep all their values
	rows     int64         // of the input that were gone through
	most     *expr.Program // how many may be affected, nil = all
	done     bool
	warned   int // rows that were passed over

	returning []*expr.Program
	retTypes  []types.T // of the row that RETURNING is over
	retRow    *batch.Batch
	result    *Buffer
	gather    *Buffer // the input, when it must be read before anything is written
	scratch   expr.Scratch
	env       *Env
	row       []types.Datum
	in        []types.Datum
	events    []statementEvent // for statement triggers
}

// init prepares to write; readsOwn tells that the input reads the table.
func (m *modify) init(input physical.Node, readsOwn bool, def *physical.TableWrite, returning []expr.Expr, extra []types.T) (err error) {
	if m.input, err = build(input); err != nil {
		return err
	}
	if m.writer, err = newTableWriter(def); err != nil {
		return err
	}
	if err = m.inFamily(); err != nil {
		return err
	}
	if readsOwn {
		m.gather = newRowBuffer(input.Info().Cols)
	}
	if returning == nil {
		return nil
	}
	if m.returning, err = programs(returning); err != nil {
		return err
	}
	for i := range def.Table.Columns {
		m.retTypes = append(m.retTypes, def.Table.Columns[i].Type)
	}
	m.retTypes = append(m.retTypes, extra...)
	m.retRow = batch.New(m.retTypes, 1)
	var ts []types.T
	for _, e := range returning {
		ts = append(ts, e.Type())
	}
	m.result = newRowBuffer(ts)
	return nil
}

func (m *modify) Open(ctx context.Context, env *Env) error {
	m.env, m.done, m.affected, m.kept, m.rows = env, false, 0, 0, 0
	m.scratch.Reset()
	if m.result != nil {
		m.result.reset(env)
	}
	if err := m.writer.open(ctx, env); err != nil {
		return err
	}
	if m.family != nil {
		m.family.open()
	}
	return m.input.Open(ctx, env)
}

// Affected is the count of the command tag.
func (m *modify) Affected() int64 { return m.affected }

// Processed is how many rows of the input were gone through without an error.
func (m *modify) Processed() int64 { return m.rows }

func (m *modify) Next(ctx context.Context) (*batch.Batch, error) {
	if !m.done {
		m.done = true
		if err := m.all(ctx); err != nil {
			return nil, err
		}
	}
	if m.result == nil {
		return nil, nil
	}
	return m.result.Next()
}

// all reads the input and applies it. An input that reads the table that is
// written is read to its end first, so that it never meets what the statement
// itself has written.
func (m *modify) all(ctx context.Context) error {
	next := m.input.Next
	if m.gather != nil {
		if err := m.collect(ctx); err != nil {
			return err
		}
		next = func(context.Context) (*batch.Batch, error) { return m.gather.Next() }
	}
	if err := m.beforeEvents(ctx); err != nil {
		return err
	}
	gathers := m.gathers()
	if gathers {
		m.writer.w.Gather()
	}
	run := m.run
	if m.writer.def.Ignore {
		run = m.passOver
	}
	unflushed := 0
	left, err := rowCount(m.most, m.env, &m.scratch, math.MaxInt64, pgerrcode.InvalidRowCountInLimitClause, "LIMIT must not be negative")
	if err != nil {
		return err
	}
	for m.affected < left {
		b, err := next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, i := range b.Sel {
			if err := run(ctx, b, int(i)); err != nil {
				return err
			}
			if m.rows++; m.affected >= left {
				break
			}
		}
		if unflushed += len(b.Sel); gathers && unflushed >= batch.MaxRows {
			if err := m.writer.w.Flush(); err != nil {
				return err
			}
			unflushed = 0
		}
	}
	if gathers {
		if err := m.writer.w.Flush(); err != nil {
			return err
		}
	}
	m.numberAll()
	q := m.env.query
	if m.counts {
		q.counted = append(q.counted, m)
	}
	if !q.Parts {
		return m.afterEvents()
	}
	if !slices.Contains(q.ending, m) {
		q.ending = append(q.ending, m)
	}
	return nil
}

// gathers reports that nothing looks at the table between the rows of a batch, so that
// entries of inverted indexes can be written together.
func (m *modify) gathers() bool {
	w := m.writer
	return m.plain && m.family == nil && m.returning == nil && w.triggers == nil && w.inserted.def == nil && w.updated.def == nil &&
		w.views.def == nil && !w.def.Ignore && w.w != nil && !m.env.query.Plan.Calls &&
		slices.ContainsFunc(w.def.Table.Indexes, (*catalog.Index).IsInverted)
}

// afterEvents queues the statement triggers after what the statement does.
func (m *modify) afterEvents() error {
	for _, e := range slices.Backward(m.events) {
		if err := m.writer.triggers.after(e.kind, e.set); err != nil {
			return err
		}
	}
	return nil
}

// beforeEvents fires the statement triggers before it.
func (m *modify) beforeEvents(ctx context.Context) error {
	for _, e := range m.events {
		if err := m.writer.triggers.before(ctx, e.kind, e.set); err != nil {
			return err
		}
	}
	return nil
}

// statementEvent is what a statement does to its table, and the columns that it assigns.
type statementEvent struct {
	kind catalog.TriggerKind
	set  []bool
}

// does notes an event of the statement, in the order in which triggers before it fire.
func (m *modify) does(kind catalog.TriggerKind, set ...int16) {
	if len(m.writer.def.Triggers) == 0 {
		return
	}
	e := statementEvent{kind: kind}
	if kind == catalog.TriggerUpdate {
		e.set = make([]bool, len(m.writer.def.Table.Columns))
		for _, a := range set {
			e.set[a-1] = true
		}
		e.set = m.writer.triggers.assigned(e.set)
	}
	m.events = append(m.events, e)
}

// collect reads the whole input.
func (m *modify) collect(ctx context.Context) error {
	m.gather.reset(m.env)
	for {
		b, err := m.input.Next(ctx)
		if err != nil || b == nil {
			return err
		}
		if err := m.gather.Append(b); err != nil {
			return err
		}
	}
}

// keep computes RETURNING for one row (table row, then extra columns).
func (m *modify) keep(row, extra []types.Datum) error {
	if m.returning == nil {
		return nil
	}
	for k, d := range row {
		m.retRow.Cols[k].Set(0, d)
	}
	for k, d := range extra {
		m.retRow.Cols[len(row)+k].Set(0, d)
	}
	m.retRow.Sel = batch.Identity(1)
	out := make([]types.Datum, 0, len(m.returning))
	for _, p := range m.returning {
		c, err := p.Eval(&m.env.Env, &m.scratch, m.retRow, m.retRow.Sel)
		if err != nil {
			return err
		}
		out = append(out, c.Datum(0))
	}
	return m.result.appendRow(out)
}

func (m *modify) Close() error {
	if m.result != nil {
		m.result.reset(&Env{})
	}
	if m.gather != nil {
		m.gather.reset(&Env{})
	}
	return m.input.Close()
}

// newUpdate: see physical.Update for the layout of the input.
func newUpdate(n *physical.Update) (Operator, error) {
	cols := len(n.Write.Table.Columns)
	u := &modify{counts: n.Counts}
	at := 1 + cols + len(n.Set)
	extra := n.Input.Info().Cols[at:]
	if n.Write.Family != nil {
		extra = slices.Concat(systemTypes, extra[1:])
	}
	if err := u.init(n.Input, true, n.Write, n.Returning, extra); err != nil {
		return nil, err
	}
	u.alternate(n.Input, n.Returning)
	var err error
	if u.writer.updated, err = newRowChecks(n.Checks); err != nil {
		return nil, err
	}
	if u.writer.views, err = newRowChecks(n.Views); err != nil {
		return nil, err
	}
	u.does(catalog.TriggerUpdate, n.Set...)
	if u.family != nil {
		seen := map[rowOf]bool{}
		u.run = updateFamily(n, u, seen)
		return &updateOp{modify: u, forget: func() { clear(seen) }}, nil
	}
	var seen rowMarks
	assigned := make([]bool, cols)
	u.run = func(ctx context.Context, b *batch.Batch, i int) error {
		u.in = rowAt(b, i, u.in[:0])
		id, old := uint64(u.in[0].Int()), u.in[1:1+cols]
		if u.env.query.changedBefore(n.Write.Table.Storage, id) || !seen.mark(id) {
			return nil // joined to several source rows, or changed by another part: the first one counts
		}
		if err := u.env.Txn.LockRow(ctx, n.Write.Table.Storage, id, kv.Exclusive, kv.WaitBlock); err != nil {
			return err
		}
		clear(assigned)
		u.row = append(u.row[:0], old...)
		for k, a := range n.Set {
			u.row[a-1], assigned[a-1] = u.in[1+cols+k], true
		}
		ok, err := u.writer.update(ctx, id, old, u.row, assigned)
		if err != nil || !ok {
			return err
		}
		u.affected++
		if u.counts && sameValues(n, old, u.row) {
			u.kept++
		}
		return u.keep(u.row, u.in[at:])
	}
	u.plain = true
	if isInstead(n.Write) {
		u.insteadUpdate(n)
	}
	return &updateOp{modify: u, forget: seen.clear}, nil
}

// sameValues reports that an update gives each column the value that it has, if that was
// fetched.
func sameValues(n *physical.Update, old, row []types.Datum) bool {
	for _, a := range n.Set {
		if !n.Fetched[a-1] || !sameValue(&n.Write.Table.Columns[a-1], old[a-1], row[a-1]) {
			return false
		}
	}
	return true
}

func sameValue(c *catalog.Column, a, b types.Datum) bool {
	return a.IsNull() && b.IsNull() || !a.IsNull() && !b.IsNull() && types.Equal(c.Type, a, b)
}

// updateOp forgets, at each start, which rows it has changed.
type updateOp struct {
	*modify
	forget func()
}

func (u *updateOp) Open(ctx context.Context, env *Env) error {
	u.forget()
	return u.modify.Open(ctx, env)
}

// newDelete: see physical.Delete for the layout of the input.
func newDelete(n *physical.Delete) (Operator, error) {
	cols := len(n.Write.Table.Columns)
	d := &modify{counts: n.Counts}
	extra := n.Input.Info().Cols[1+cols:]
	if n.Write.Family != nil {
		extra = extra[1:]
	}
	if err := d.init(n.Input, true, n.Write, n.Returning, extra); err != nil {
		return nil, err
	}
	d.does(catalog.TriggerDelete)
	var err error
	if d.most, err = program(n.Most); err != nil {
		return nil, err
	}
	if d.family != nil {
		d.run = deleteFamily(n, d)
		return d, nil
	}
	d.run = func(ctx context.Context, b *batch.Batch, i int) error {
		d.in = rowAt(b, i, d.in[:0])
		id, old := uint64(d.in[0].Int()), d.in[1:1+cols]
		if d.env.query.changedBefore(n.Write.Table.Storage, id) {
			return nil // by another part of the statement
		}
		if err := d.env.Txn.LockRow(ctx, n.Write.Table.Storage, id, kv.Exclusive, kv.WaitBlock); err != nil {
			return err
		}
		ok, err := d.writer.delete(ctx, id, old)
		if err != nil || !ok {
			return err // joined to several source rows: it is gone already
		}
		d.affected++
		return d.keep(old, d.in[1+cols:])
	}
	d.plain = true
	if isInstead(n.Write) {
		d.insteadDelete(n)
	}
	return d, nil
}
