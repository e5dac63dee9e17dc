package executor

import (
	"bytes"
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Triggers (PostgreSQL chapter 39). Those before a row is written are called by its
// writer; those after it wait in the statement's queue: see trigger_after.go.

// TriggerCall is what the function of a trigger is told. Rows are in attribute order,
// without values for dropped columns, and nil where the event has none.
type TriggerCall struct {
	Trigger  *catalog.Trigger
	Table    *catalog.Table
	Event    catalog.TriggerKind // TriggerInsert, TriggerDelete, TriggerUpdate or TriggerTruncate
	Old, New []types.Datum
	Updated  []bool // of an UPDATE: the columns that the statement assigns
	// OldTable and NewTable are the transition tables of a trigger that names them.
	OldTable, NewTable *TransitionRows
}

// CallTrigger calls a trigger's function. What comes back is the row that it returned,
// which counts for row triggers before or instead of the event: nil = the row is to be
// left alone. It is borrowed until the next call. The rows of the call must not be changed.
type CallTrigger func(ctx context.Context, call *TriggerCall) (row []types.Datum, err error)

// tableTriggers are the triggers of a table as its writer fires them; nil when it has none.
type tableTriggers struct {
	w    *tableWriter
	list []trigger
	pair *batch.Batch // the old row and the new one, for conditions
	expr expr.Scratch
}

type trigger struct {
	*physical.Trigger
	cond *expr.Program
}

func newTableTriggers(w *tableWriter) (*tableTriggers, error) {
	if len(w.def.Triggers) == 0 {
		return nil, nil
	}
	g := &tableTriggers{w: w}
	for i := range w.def.Triggers {
		t := trigger{Trigger: &w.def.Triggers[i]}
		var err error
		if t.cond, err = program(t.Cond); err != nil {
			return nil, err
		}
		g.list = append(g.list, t)
	}
	ts := make([]types.T, 0, 2*len(w.def.Table.Columns))
	for range 2 {
		for i := range w.def.Table.Columns {
			ts = append(ts, w.def.Table.Columns[i].Type)
		}
	}
	g.pair = batch.New(ts, 1)
	return g, nil
}

// Timings of triggers, as bits of their kind.
const (
	timings = catalog.TriggerBefore | catalog.TriggerInstead
	forEach = catalog.TriggerRow
)

// has reports a trigger of the kind: event, timing and level.
func (g *tableTriggers) has(kind catalog.TriggerKind) bool {
	return g != nil && slices.ContainsFunc(g.list, func(t trigger) bool { return t.is(kind) })
}

// is reports that the trigger is for the event of kind, with its timing and level.
func (t *trigger) is(kind catalog.TriggerKind) bool {
	mask := timings | forEach
	return t.Kind&mask == kind&mask && t.Kind&kind&catalog.TriggerEvents != 0
}

// fires reports whether trigger t fires for the event: set are the assigned columns
// of an UPDATE, old and row what the condition is over.
func (g *tableTriggers) fires(t *trigger, kind catalog.TriggerKind, old, row []types.Datum, set []bool) (bool, error) {
	if !t.is(kind) || !t.Enabled().Fires(g.w.env.replica()) {
		return false, nil
	}
	if kind&catalog.TriggerUpdate != 0 && len(t.Columns) > 0 &&
		!slices.ContainsFunc(t.Columns, func(a int16) bool { return int(a) <= len(set) && set[a-1] }) {
		return false, nil
	}
	if t.cond == nil {
		return true, nil
	}
	n := len(g.w.def.Table.Columns)
	for i := range n {
		g.pair.Cols[i].Set(0, at(old, i))
		g.pair.Cols[n+i].Set(0, at(row, i))
	}
	g.pair.Sel = batch.Identity(1)
	c, err := t.cond.Eval(&g.w.env.Env, &g.expr, g.pair, g.pair.Sel)
	if err != nil {
		return false, err
	}
	d := c.Datum(0)
	return !d.IsNull() && d.Bool(), nil
}

func at(row []types.Datum, i int) types.Datum {
	if row == nil {
		return types.Null
	}
	return row[i]
}

// beforeRow fires the row triggers before an INSERT, UPDATE or DELETE. They may change
// row, and of an UPDATE set, in place; false: one of them wants the row left alone.
func (g *tableTriggers) beforeRow(ctx context.Context, event catalog.TriggerKind, old, row []types.Datum, set []bool) (bool, error) {
	return g.eachRow(ctx, event|catalog.TriggerBefore|catalog.TriggerRow, old, row, set, nil)
}

// eachRow is beforeRow for triggers of a kind; assigned are the columns that count for
// UPDATE OF.
func (g *tableTriggers) eachRow(ctx context.Context, kind catalog.TriggerKind, old, row []types.Datum, set, assigned []bool) (bool, error) {
	for i := range g.list {
		t := &g.list[i]
		fires, err := g.fires(t, kind, old, row, assigned)
		if err != nil {
			return false, err
		}
		if !fires {
			continue
		}
		out, err := g.call(ctx, t, kind, old, row, assigned)
		if err != nil || out == nil {
			return false, err
		}
		if kind&catalog.TriggerDelete != 0 {
			continue
		}
		if g.take(out, row, set) && t.Parent != 0 && kind&catalog.TriggerInsert != 0 {
			if err := g.stays(t, row); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// stays refuses what a trigger that a partition has of its parent has made of a new row,
// where that belongs into another partition.
func (g *tableTriggers) stays(t *trigger, row []types.Datum) error {
	if pgerr.Code(g.w.checkWithin(row, nil)) != pgerrcode.CheckViolation {
		return nil
	}
	return pgerr.New(pgerrcode.FeatureNotSupported, "moving row to another partition during a BEFORE FOR EACH ROW trigger is not supported").
		WithDetail("Before executing trigger \"%s\", the row was to be in partition \"%s.%s\".", t.Name, g.w.schema(), g.w.def.Table.Name)
}

// take replaces a row by the one that a trigger returned, and reports that they differ.
func (g *tableTriggers) take(out, row []types.Datum, set []bool) (differs bool) {
	for i := range row {
		if c := &g.w.def.Table.Columns[i]; c.Dropped || identical(c.Type, out[i], row[i]) {
			continue
		}
		row[i], differs = out[i].Clone(), true
		if set != nil {
			set[i] = true
		}
	}
	return differs
}

// identical compares two values bit by bit.
func identical(t types.T, a, b types.Datum) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() && b.IsNull()
	}
	if t.Rep() == types.RepBytes {
		return bytes.Equal(a.Bytes(), b.Bytes())
	}
	return a.Int() == b.Int() // of a float, its bits
}

func (g *tableTriggers) call(ctx context.Context, t *trigger, kind catalog.TriggerKind, old, row []types.Datum, set []bool) ([]types.Datum, error) {
	return g.w.env.callTrigger(ctx, &TriggerCall{Trigger: t.Trigger.Trigger, Table: g.w.def.Table,
		Event: kind & catalog.TriggerEvents, Old: old, New: row, Updated: set})
}

func (e *Env) callTrigger(ctx context.Context, c *TriggerCall) ([]types.Datum, error) {
	if e.Trigger == nil {
		return nil, pgerr.NotSupported(-1, "a trigger cannot be fired here")
	}
	return e.Trigger(ctx, c)
}

// before fires the statement triggers before an event; once for each statement, however
// many of its parts change the table.
func (g *tableTriggers) before(ctx context.Context, event catalog.TriggerKind, set []bool) error {
	if g == nil {
		return nil
	}
	kind := event | catalog.TriggerBefore
	if !g.has(kind) {
		return nil
	}
	s := g.w.env.query.late.state(g.w.def.Table.ID, event)
	if s.began {
		return nil
	}
	s.began = true
	return g.statement(ctx, kind, set)
}

// FireStatement fires a table's statement triggers before or after (kind) an event that
// is no statement with rows, such as TRUNCATE.
func FireStatement(ctx context.Context, env *Env, def *physical.TableWrite, kind catalog.TriggerKind) error {
	g, err := newTableTriggers(&tableWriter{def: def, env: env})
	if err != nil || g == nil {
		return err
	}
	return g.statement(ctx, kind, nil)
}

// statement fires the statement triggers of the kind.
func (g *tableTriggers) statement(ctx context.Context, kind catalog.TriggerKind, set []bool) error {
	for i := range g.list {
		t := &g.list[i]
		fires, err := g.fires(t, kind, nil, nil, set)
		if err != nil {
			return err
		}
		if !fires {
			continue
		}
		out, err := g.call(ctx, t, kind, nil, nil, set)
		if err != nil {
			return err
		}
		if out != nil && !t.After() {
			return pgerr.New(pgerrcode.TriggerProtocolViolated, "BEFORE STATEMENT trigger cannot return a value")
		}
	}
	return nil
}

// replica reports session_replication_role = replica.
func (e *Env) replica() bool { return e.Replica != nil && e.Replica() }

// Rows that triggers of a statement change while it runs: an UPDATE or DELETE that comes
// to such a row would act on what it was before.

// Changes are the rows that statements inside others have changed, as far as the outer
// ones want to know. It belongs to a session.
type Changes struct {
	// Depth is how many triggers run inside each other, foreign keys' included.
	Depth   int
	watches []*watch
}

type watch struct {
	storage catalog.ID
	query   *Query
	rows    map[uint64]bool
}

// note notes a row that a statement changes.
func (c *Changes) note(storage catalog.ID, id uint64, by *Query) {
	for _, w := range c.watches {
		if w.storage == storage && w.query != by {
			if w.rows == nil {
				w.rows = map[uint64]bool{}
			}
			w.rows[id] = true
		}
	}
}

func (c *Changes) begin(storage catalog.ID, q *Query) *watch {
	w := &watch{storage: storage, query: q}
	c.watches = append(c.watches, w)
	return w
}

func (c *Changes) end(q *Query) {
	c.watches = slices.DeleteFunc(c.watches, func(w *watch) bool { return w.query == q })
}

// unchanged refuses to act on a row that a trigger of the statement has changed.
func (w *tableWriter) unchanged(id uint64, doing string) error {
	if w.watch == nil || !w.watch.rows[id] {
		return nil
	}
	return pgerr.Newf(pgerrcode.TriggeredDataChangeViolation, "tuple to be %s was already modified by an operation triggered by the current command", doing).
		WithHint("Consider using an AFTER trigger instead of a BEFORE trigger to propagate changes to other rows.")
}
