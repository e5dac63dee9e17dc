// Package executor runs physical plans: one pull-based operator for each plan
// node, working on typed columnar batches. It must not know syntax, how plans
// are found, the wire, or which engine keeps the rows.
package executor

import (
	"context"
	"time"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/partition"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex"
)

// Operator produces batches when pulled. One goroutine. Open starts, or starts
// again from the beginning with the environment's present values; Close frees
// what Open took and may be followed by another Open.
type Operator interface {
	Open(ctx context.Context, env *Env) error
	// Next returns a batch of at least one selected row, or nil at the end. The batch
	// belongs to the operator and lives until its next call; the consumer may
	// narrow Sel but not write to columns.
	Next(ctx context.Context) (*batch.Batch, error)
	Close() error
}

// Env is what a running statement may use. It belongs to one statement.
type Env struct {
	expr.Env
	// Read is the statement's view; Txn is set when the statement may write or lock,
	// and then is the same view.
	Read    kv.Reader
	Txn     *table.Txn
	Catalog *catalog.Snapshot
	Numbers table.Numbers
	Rows    *table.RowCache // of committed rows; nil = none
	Columns *table.ColumnCache
	System  syscat.Env
	// Index finds a live vector index; ok is false while it is not loaded.
	Index func(catalog.ID) (vectorindex.Index, bool)
	// Effort, Probes and Recall are hnsw.ef_search, ivfflat.probes and
	// loxodb.target_recall as set by the user; 0 = not set. See SearchEffort.
	Effort, Probes int
	Recall         float64
	// Stepwise: rows are asked for one by one as a cursor does, over several statements. A row
	// that fails, or that does something, must not do so before it is asked for.
	Stepwise bool
	// Source is what physical.Source yields, once.
	Source *batch.Batch
	Budget *Budget
	// Fork opens another view at a time of the statement's, for a goroutine that has a
	// place of Helpers; nil without an error when that is not possible any more.
	Fork func(ctx context.Context, at kv.TS) (kv.Snapshot, error)
	// Helpers are the places of goroutines beside the statement's own.
	Helpers *Helpers
	// Workers is how many goroutines beside the statement's own an operator may have.
	Workers int
	// Spill makes a temporary file; nil: nothing leaves memory.
	Spill func() (SpillFile, error)
	// Refresh moves the transaction's view to now where the isolation level allows it; nil otherwise.
	Refresh func(context.Context) error
	// TableWrite and Default bind what a foreign key's action needs of another table.
	TableWrite func(*catalog.Table) (*physical.TableWrite, error)
	Default    func(t *catalog.Table, attr int16) (types.Datum, error)
	// Deferred tells whether a deferrable constraint is checked at the end of the
	// transaction; nil: none is.
	Deferred func(*catalog.Constraint) bool
	// Trigger calls a trigger's function; nil: triggers cannot fire. Replica tells that
	// session_replication_role is replica; nil: it is not.
	Trigger CallTrigger
	Replica func() bool
	// Unchecked tells that foreign keys are left alone; nil: they are not. Doubt is told of a
	// foreign key of the table that a row was written past.
	Unchecked func() bool
	Doubt     func(ctx context.Context, child *catalog.Table, con *catalog.Constraint) error
	// Changes is where statements inside others tell which rows they change; nil: there
	// are none.
	Changes *Changes
	// MayUse refuses what the current user may not use; nil: he may use everything.
	MayUse func([]physical.Use) error
	// CursorRow is the row of the table that a cursor stands on; ok is false where it
	// stands on none of the table's.
	CursorRow func(cursor string, t *catalog.Table) (row uint64, ok bool, err error)
	// Uses counts what scans do, until the transaction ends; nil: nobody counts.
	Uses     *table.Uses
	Counters []Counter // by plan node ID; nil unless EXPLAIN ANALYZE counts

	query   *Query
	doubted []catalog.ID                  // the foreign keys that Doubt was told of
	sets    map[catalog.ID]*partition.Set // see partitions
	work    []*rowStore                   // working tables of recursive queries
}

// Counter is what EXPLAIN ANALYZE shows of one node.
type Counter struct {
	Loops    int64
	Rows     int64
	Removed  int64 // rows that a filter rejected
	Skipped  int64 // entries of an index that were rejected before their rows were read
	Spilled  int64 // bytes written to temporary files, but for merges of merges
	Startup  time.Duration
	Total    time.Duration
	Work     vectorindex.Work
	Ahead    int64    // runs of a vector search that the index had begun before
	Workers  int      // goroutines that were had at once, beside the statement's own
	Notes    []string // why a strategy was taken
	Strategy string   // of a vector search
	Target   float64  // the recall that it was to reach; 0 = the user named the effort
	started  bool
}

// programs compiles a list of expressions.
func programs(es []expr.Expr) ([]*expr.Program, error) {
	ps := make([]*expr.Program, len(es))
	for i, e := range es {
		p, err := expr.Compile(e)
		if err != nil {
			return nil, err
		}
		ps[i] = p
	}
	return ps, nil
}

// program compiles an expression; nil stays nil.
func program(e expr.Expr) (*expr.Program, error) {
	if e == nil {
		return nil, nil
	}
	return expr.Compile(e)
}

// evalAll evaluates programs on the batch's selected rows into cols.
func evalAll(ps []*expr.Program, env *Env, s *expr.Scratch, b *batch.Batch, cols []*batch.Col) error {
	for i, p := range ps {
		c, err := p.Eval(&env.Env, s, b, b.Sel)
		if err != nil {
			return err
		}
		cols[i] = c
	}
	return nil
}

// rowAt copies the datums of one row (borrowed) into dst.
func rowAt(b *batch.Batch, i int, dst []types.Datum) []types.Datum {
	for k := range b.Cols {
		dst = append(dst, b.Cols[k].Datum(i))
	}
	return dst
}

// counted wraps an operator to fill its node's Counter.
type counted struct {
	Operator
	id  int
	env *Env
}

func (c *counted) Open(ctx context.Context, env *Env) error {
	c.env = env
	start := time.Now()
	err := c.Operator.Open(ctx, env)
	if n := c.counter(); n != nil {
		n.Loops++
		n.Total += time.Since(start)
		n.started = false
	}
	return err
}

// bound implements bounded for what is counted.
func (c *counted) bound(rows int64) {
	if in, ok := c.Operator.(bounded); ok {
		in.bound(rows)
	}
}

// skip implements skipper for what is counted: its rows are, too.
func (c *counted) skip(ctx context.Context, n int64) (int64, error) {
	in, ok := c.Operator.(skipper)
	if !ok {
		return 0, nil
	}
	start := time.Now()
	skipped, err := in.skip(ctx, n)
	if k := c.counter(); k != nil {
		k.Rows += skipped
		k.Total += time.Since(start)
		if !k.started {
			k.started, k.Startup = true, k.Total
		}
	}
	return skipped, err
}

func (c *counted) counter() *Counter {
	if c.env == nil || c.id >= len(c.env.Counters) {
		return nil
	}
	return &c.env.Counters[c.id]
}

func (c *counted) Next(ctx context.Context) (*batch.Batch, error) {
	n := c.counter()
	if n == nil {
		return c.Operator.Next(ctx)
	}
	start := time.Now()
	b, err := c.Operator.Next(ctx)
	n.Total += time.Since(start)
	if b != nil {
		n.Rows += int64(b.Len())
	}
	if !n.started {
		n.started, n.Startup = true, n.Total
	}
	return b, err
}

// rowCache is the cache that reads at the statement's view may use.
func (e *Env) rowCache() *table.RowCache {
	if e.Txn != nil && (e.Txn.Dirty() || e.Txn.Serializable()) {
		return nil
	}
	return e.Rows
}

// columns is the cache that scans at the statement's view may use. A transaction's own
// view is none: a walk over the store that begins late would meet what the statement
// has written meanwhile.
func (e *Env) columns() *table.ColumnCache {
	if e.Txn != nil {
		return nil
	}
	return e.Columns
}

// noteRead tells a serializable transaction of reads that do not go through it.
func (e *Env) noteRead(r kv.Range) {
	if e.Txn != nil && e.Txn.Serializable() && e.Read == kv.Reader(e.Txn) {
		e.Txn.NoteRead(r)
	}
}

// noteSearch notes what the answer of a vector index depends on: the entries, which
// are those of the column's values, or may change with any change of a row.
func (e *Env) noteSearch(t *catalog.Table, x *catalog.Index) {
	family := keys.Scalars
	if attr := x.VersionAttr(); attr != 0 && !x.Computed() && x.Where == "" {
		family = uint16(attr)
	}
	e.noteRead(keys.Prefix(keys.AppendRowPrefix(nil, t.Storage, family)))
}
