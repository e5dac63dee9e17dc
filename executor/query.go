package executor

import (
	"context"
	"errors"
	"slices"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// Query is a plan made ready to run: operators and compiled expressions. It is
// reused from one execution to the next, by one session.
type Query struct {
	Plan *physical.Plan
	root Operator
	subs []*subPlan
	ctes []cte
	exec []types.Datum
	env  *Env
	open bool
	runs uint64 // how many executions there have been

	// Parts: the statement is run over its input in parts, each an execution, and Finish
	// ends it. begun: one has been run.
	Parts, begun bool
	ending       []*modify
	counted      []*modify // whose rows count together

	// wrote: all parts that write have run.
	wrote   bool
	writers []*tableWriter // of the parts, in the order in which they ran
	late    *lateQueue     // nil: no table with triggers is written
	seq     int64          // how many rows have been written, for the order of what is late
	// cascaded are the writers of tables that foreign keys change, by OID.
	cascaded map[catalog.ID]*tableWriter
	// changed are the rows that parts have changed, by storage, where several write.
	changed map[catalog.ID]map[uint64]bool
}

type subPlan struct {
	op   Operator
	row  []types.Datum
	busy bool

	ahead lookahead
	env   *Env
}

// At implements expr.Ahead.
func (s *subPlan) At(ctx context.Context, i, runs int, set func(i int) bool) error {
	return s.ahead.at(ctx, s.env, i, runs, set)
}

// New builds the operators of a plan.
func New(p *physical.Plan) (*Query, error) {
	q := &Query{Plan: p, exec: make([]types.Datum, p.ExecSlots)}
	var err error
	if q.root, err = build(p.Root); err != nil {
		return nil, err
	}
	for _, n := range p.SubPlans {
		op, err := build(n)
		if err != nil {
			return nil, err
		}
		q.subs = append(q.subs, &subPlan{op: op, ahead: lookahead{search: looksAhead(op)}})
	}
	for _, n := range p.CTEs {
		op, err := build(n)
		if err != nil {
			return nil, err
		}
		q.ctes = append(q.ctes, cte{op: op, rows: newRowStore(n.Info().Cols)})
	}
	return q, nil
}

// Open starts an execution. env stays in use until Close.
func (q *Query) Open(ctx context.Context, env *Env) error {
	env.query = q
	env.Exec = q.exec
	env.SubPlans = q
	q.env, q.open = env, true
	q.runs++
	for _, s := range q.subs {
		s.env = env
		s.ahead.reset()
	}
	for i := range q.ctes {
		q.ctes[i].reset(env)
	}
	if q.wrote = q.Plan.ReadOnly; !q.begun {
		q.changed, q.cascaded, q.seq, q.writers, q.counted = nil, nil, 0, q.writers[:0], q.counted[:0]
		q.dropLate()
	}
	if len(q.Plan.WriteCTEs) > 0 {
		q.changed = map[catalog.ID]map[uint64]bool{}
	}
	for _, i := range q.Plan.RunCTEs {
		if err := q.ctes[i].fill(ctx, env); err != nil {
			return err
		}
	}
	return q.root.Open(ctx, env)
}

// Next returns the next rows of the result, nil at the end.
func (q *Query) Next(ctx context.Context) (*batch.Batch, error) {
	b, err := q.root.Next(ctx)
	if err != nil || q.wrote || b != nil && !writes(q.Plan.Root) {
		return b, err
	}
	q.wrote = true
	if q.begun = q.Parts; q.begun {
		return b, nil
	}
	return b, q.finishWrites(ctx)
}

// Finish ends a statement that was run in parts.
func (q *Query) Finish(ctx context.Context) error {
	if !q.begun {
		return nil
	}
	for _, m := range q.ending {
		if err := m.afterEvents(); err != nil {
			return err
		}
	}
	err := q.finishWrites(ctx)
	q.Forget()
	return err
}

// Forget frees what a statement keeps from one part to the next.
func (q *Query) Forget() {
	q.begun, q.ending = false, nil
	q.dropLate()
	if q.env != nil && q.env.Changes != nil {
		q.env.Changes.end(q)
	}
}

// writes reports a root that has written everything when it returns its first rows.
func writes(n physical.Node) bool {
	switch n.(type) {
	case *physical.Insert, *physical.Update, *physical.Delete, *physical.Merge:
		return true
	}
	return false
}

// finishWrites runs the data-modifying WITH queries that nobody has read, the last one
// first as PostgreSQL does, and then what is put off to the end of the statement.
func (q *Query) finishWrites(ctx context.Context) error {
	for _, i := range slices.Backward(q.Plan.WriteCTEs) {
		if err := q.ctes[i].fill(ctx, q.env); err != nil {
			return err
		}
	}
	return q.endRow(ctx)
}

// endRow does what is put off behind the rows written so far.
func (q *Query) endRow(ctx context.Context) error {
	for _, w := range q.writers {
		if err := w.lookForTwice(ctx); err != nil {
			return err
		}
	}
	return q.runLate(ctx)
}

// number adds a writer to those that have something to do at the end of the statement,
// and says which it is.
func (q *Query) number(w *tableWriter) int {
	i := slices.Index(q.writers, w)
	if i < 0 {
		i = len(q.writers)
		q.writers = append(q.writers, w)
	}
	return i
}

// queue makes the queue of triggers that fire late.
func (q *Query) queue() {
	if q.late == nil {
		q.late = &lateQueue{q: q, log: &eventLog{env: q.env}}
	}
}

// dropLate frees what is queued.
func (q *Query) dropLate() {
	if q.late != nil {
		q.late.reset()
		q.late = nil
	}
}

// cascade is the writer of a table that foreign keys change.
func (q *Query) cascade(ctx context.Context, def *physical.TableWrite) (*tableWriter, error) {
	if w := q.cascaded[def.Table.ID]; w != nil {
		return w, nil
	}
	w, err := newTableWriter(def)
	if err != nil {
		return nil, err
	}
	if err := w.open(ctx, q.env); err != nil {
		return nil, err
	}
	if q.cascaded == nil {
		q.cascaded = map[catalog.ID]*tableWriter{}
	}
	q.cascaded[def.Table.ID] = w
	q.number(w)
	return w, nil
}

// changedBefore notes a row that a part of the statement changes, and reports whether
// some part has changed it already: a row is changed once.
func (q *Query) changedBefore(storage catalog.ID, id uint64) bool {
	if q.changed == nil {
		return false
	}
	rows := q.changed[storage]
	if rows == nil {
		rows = map[uint64]bool{}
		q.changed[storage] = rows
	}
	before := rows[id]
	rows[id] = true
	return before
}

// Affected is the number of rows that the statement's root inserted, updated or
// deleted, or of those of all tables where they count; −1 when the root is a query.
func (q *Query) Affected() int64 {
	if len(q.counted) > 1 {
		n := int64(0)
		for _, m := range q.counted {
			n += m.affected
		}
		return n
	}
	if w, ok := q.writer(); ok {
		return w.Affected()
	}
	return -1
}

// Changed is Affected without the rows that an UPDATE of MySQL's dialect left as they were.
func (q *Query) Changed() int64 {
	n := q.Affected()
	for _, m := range q.counted {
		n -= m.kept
	}
	return n
}

// Processed is how many rows of its input the statement's root has dealt with.
func (q *Query) Processed() int64 {
	if w, ok := q.writer(); ok {
		return w.Processed()
	}
	return 0
}

func (q *Query) writer() (w interface {
	Affected() int64
	Processed() int64
}, ok bool) {
	op := q.root
	if c, ok := op.(*counted); ok {
		op = c.Operator
	}
	w, ok = op.(interface {
		Affected() int64
		Processed() int64
	})
	return w, ok
}

// Close ends the execution and frees what it holds; idempotent.
func (q *Query) Close() error {
	if !q.open {
		return nil
	}
	q.open = false
	if !q.begun {
		q.Forget()
	}
	err := q.root.Close()
	for i := range q.ctes {
		err = errors.Join(err, q.ctes[i].close())
	}
	for _, s := range q.subs {
		s.ahead.reset()
		err = errors.Join(err, s.op.Close())
	}
	return err
}

// Rows runs subquery n with the present Exec slots; see expr.SubPlans.
func (q *Query) Rows(ctx context.Context, n int, each func([]types.Datum) (bool, error)) error {
	s := q.subs[n]
	if s.busy {
		return errRecursiveSubPlan
	}
	s.busy = true
	defer func() { s.busy = false }()
	if err := s.op.Open(ctx, q.env); err != nil {
		return err
	}
	for {
		b, err := s.op.Next(ctx)
		if err != nil || b == nil {
			return err
		}
		for _, i := range b.Sel {
			s.row = rowAt(b, int(i), s.row[:0])
			more, err := each(s.row)
			if err != nil || !more {
				return err
			}
		}
	}
}

// Ahead implements expr.SubPlans.
func (q *Query) Ahead(n int) expr.Ahead {
	if s := q.subs[n]; s.ahead.search != nil && !s.busy {
		return s
	}
	return nil
}

var errRecursiveSubPlan = errors.New("executor: a subquery runs inside itself")

// cte is a materialised WITH query: run on first use, kept until the statement ends.
// So is its failure: an expression that reads it is evaluated again to find the row that
// fails, and must not find what was there before the failure.
type cte struct {
	op     Operator
	rows   *rowStore
	filled bool
	failed error
}

func (c *cte) reset(env *Env) {
	c.rows.reset(env.Budget)
	c.filled, c.failed = false, nil
}

func (c *cte) fill(ctx context.Context, env *Env) error {
	if !c.filled {
		c.filled = true
		c.failed = c.run(ctx, env)
	}
	return c.failed
}

func (c *cte) run(ctx context.Context, env *Env) error {
	if err := c.op.Open(ctx, env); err != nil {
		return err
	}
	for {
		b, err := c.op.Next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			return c.op.Close()
		}
		if err := c.rows.append(b); err != nil {
			return err
		}
	}
}

func (c *cte) close() error {
	c.rows.reset(nil)
	return c.op.Close()
}

// cteScan reads a materialised WITH query.
type cteScan struct {
	node *physical.CTEScan
	rows replay
}

func (s *cteScan) Open(ctx context.Context, env *Env) error {
	c := &env.query.ctes[s.node.CTE]
	s.rows = replay{store: c.rows}
	return c.fill(ctx, env)
}

func (s *cteScan) Next(context.Context) (*batch.Batch, error) { return s.rows.next(), nil }
func (s *cteScan) Close() error                               { return nil }
