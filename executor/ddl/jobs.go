// Package ddl does the work on rows that schema changes need: it fills indexes,
// checks constraints and writes tables anew, in the transaction of the change.
// It must not know syntax or sessions.
package ddl

import (
	"context"
	"slices"
	"time"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/storage/feed"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// Jobs runs the work of one statement.
type Jobs struct {
	Vectors *feed.Manager
	// Env makes the environment in which rows are read and written.
	Env func(snap *catalog.Snapshot) *executor.Env
	// TableWrite binds a table's expressions against the given catalog.
	TableWrite func(snap *catalog.Snapshot, t *catalog.Table) (*physical.TableWrite, error)
	// Progress is told of index builds; a nil report ends one.
	Progress func(t *catalog.Table, x *catalog.Index, r *Report)
	// Workers builds vector indexes; 0 = all processors.
	Workers int
}

// Report is how far an index build is.
type Report struct {
	Phase       string
	Done, Total int64
}

// Build fills a new index from the rows that the transaction sees. The caller
// holds the table's lock exclusively.
func (j *Jobs) Build(ctx context.Context, txn *table.Txn, snap *catalog.Snapshot, t *catalog.Table, x *catalog.Index) error {
	if x.Primary && t.PrimaryAttr != 0 {
		return nil // the rows themselves are the index
	}
	def, err := j.TableWrite(snap, t)
	if err != nil {
		return err
	}
	env := j.env(txn, snap)
	at := place(t, x)
	defer j.Progress(t, x, nil)
	total := int64(0)
	if st := snap.Stats(t.ID); st != nil {
		total = int64(st.Rows)
	}
	if !x.IsVector() {
		j.Progress(t, x, &Report{Phase: "building index: scanning table", Total: total})
		return executor.BuildIndex(ctx, env, def, at, func(rows int64) {
			j.Progress(t, x, &Report{Phase: "building index: scanning table", Done: rows, Total: max(total, rows)})
		})
	}
	keep, err := filter(env, def, at)
	if err != nil {
		return err
	}
	return j.Vectors.Build(ctx, txn, t, x, keep, sidecar.BuildOptions{
		Workers: j.Workers, Total: total, Progress: j.vectorProgress(t, x),
	})
}

func (j *Jobs) env(txn *table.Txn, snap *catalog.Snapshot) *executor.Env {
	env := j.Env(snap)
	env.Txn, env.Read = txn, txn
	return env
}

// place is the index's position in the table's list.
func place(t *catalog.Table, x *catalog.Index) int {
	return slices.IndexFunc(t.Indexes, func(y *catalog.Index) bool { return y.ID == x.ID })
}

// Filter is what decides which rows belong to a vector index; nil for all.
func (j *Jobs) Filter(_ context.Context, txn *table.Txn, snap *catalog.Snapshot, t *catalog.Table, x *catalog.Index) (feed.RowFilter, error) {
	def, err := j.TableWrite(snap, t)
	if err != nil {
		return nil, err
	}
	return filter(j.env(txn, snap), def, place(t, x))
}

func filter(env *executor.Env, def *physical.TableWrite, at int) (feed.RowFilter, error) {
	p, err := executor.NewPartial(env, def, at)
	if p == nil || err != nil {
		return nil, err // not a nil *Partial in an interface
	}
	return p, nil
}

// phases names a vector build's phases as pg_stat_progress_create_index does.
var phases = map[string]string{
	"load":  "building index: loading tuples",
	"link":  "building index: linking graph",
	"write": "building index: writing segment",
}

func (j *Jobs) vectorProgress(t *catalog.Table, x *catalog.Index) func(string, int64, int64) {
	var last time.Time
	return func(phase string, done, total int64) {
		if now := time.Now(); done == total || now.Sub(last) > 50*time.Millisecond {
			last = now
			j.Progress(t, x, &Report{Phase: phases[phase], Done: done, Total: total})
		}
	}
}

// Validate checks a constraint against all rows.
func (j *Jobs) Validate(ctx context.Context, txn *table.Txn, snap *catalog.Snapshot, t *catalog.Table, c *catalog.Constraint) error {
	if c.Kind != catalog.CheckConstraint && c.Kind != catalog.ForeignConstraint {
		return nil
	}
	def, err := j.TableWrite(snap, t)
	if err != nil {
		return err
	}
	env := j.env(txn, snap)
	return executor.Validate(ctx, env, def, c)
}

// CheckNotNull looks for NULLs in a column.
func (j *Jobs) CheckNotNull(ctx context.Context, txn *table.Txn, snap *catalog.Snapshot, t *catalog.Table, attr int16) error {
	env := j.env(txn, snap)
	return executor.CheckNotNull(ctx, env, t, attr)
}

// Rewrite copies the rows of old into t, whose storage and indexes are new.
func (j *Jobs) Rewrite(ctx context.Context, txn *table.Txn, snap *catalog.Snapshot, old, t *catalog.Table, values map[int16]expr.Expr) error {
	def, err := j.TableWrite(snap, t)
	if err != nil {
		return err
	}
	for _, x := range t.Indexes {
		if x.IsVector() {
			if err := j.Build(ctx, txn, snap, t, x); err != nil { // empty: the copied rows follow as changes
				return err
			}
		}
	}
	env := j.env(txn, snap)
	return executor.Rewrite(ctx, env, old, def, values)
}
