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
	"github.com/loxodb/loxodb/sql/types"
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
	// As makes a table's owner the current user, whose functions compute its indexes, until
	// the function that it returns is called; nil: nobody cares.
	As func(owner catalog.ID) (back func())
	// Progress is told of index builds; a nil report ends one.
	Progress func(t *catalog.Table, x *catalog.Index, r *Report)
	// Rows estimates how many rows a table has; 0 = nobody knows.
	Rows func(t *catalog.Table) int64
	// Command is what Progress is told that the build is for.
	Command string
	// Workers builds vector indexes; 0 = all processors.
	Workers int
	// Memory bounds what a vector index build holds, in bytes; 0 = the index's own bound.
	Memory int64
}

// Report is how far an index build is.
type Report struct {
	Command     string // CREATE INDEX, REINDEX CONCURRENTLY, …
	Phase       string
	Done, Total int64   // rows of the phase
	Read, Rows  int64   // rows read of the table, and expected of it
	Share       float64 // of all work; below 0 when it is not known
}

// Build fills a new index from the rows that the transaction sees. The caller
// holds the table's lock exclusively.
func (j *Jobs) Build(ctx context.Context, txn *table.Txn, snap *catalog.Snapshot, t *catalog.Table, x *catalog.Index) error {
	if x.Primary && t.PrimaryAttr != 0 {
		return nil // the rows themselves are the index
	}
	if t.IsPartitioned() {
		return nil // it is in the indexes of the partitions
	}
	def, err := j.TableWrite(snap, t)
	if err != nil {
		return err
	}
	if j.As != nil {
		defer j.As(t.Owner)()
	}
	env := j.env(txn, snap)
	at := place(t, x)
	defer j.Progress(t, x, nil)
	total := j.Rows(t)
	if !x.IsVector() {
		report := func(rows int64) {
			r := &Report{Command: j.Command, Phase: "building index: scanning table", Done: rows, Total: max(total, rows), Read: rows, Rows: total, Share: -1}
			if total > 0 {
				r.Share = min(1, float64(rows)/float64(total))
			}
			j.Progress(t, x, r)
		}
		report(0)
		return executor.BuildIndex(ctx, env, def, at, report)
	}
	entries, err := executor.NewEntries(env, t, &def.Indexes[at])
	if err != nil {
		return err
	}
	return j.Vectors.Build(ctx, txn, t, x, entries, sidecar.BuildOptions{
		Workers: j.Workers, Memory: j.Memory, Total: total, Progress: j.vectorProgress(t, x),
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

// Entries says what a vector index holds of rows: see feed.Definer.
func (j *Jobs) Entries(snap *catalog.Snapshot, t *catalog.Table, x *catalog.Index) (table.Entries, error) {
	if x.Where == "" && !x.Computed() {
		return nil, nil
	}
	def, err := j.TableWrite(snap, t)
	if err != nil {
		return nil, err
	}
	return executor.NewEntries(j.Env(snap), t, &def.Indexes[place(t, x)])
}

// Attach makes a vector index that gets the changes of its table from the commit
// of the transaction on; see feed.Manager.
func (j *Jobs) Attach(ctx context.Context, txn *table.Txn, snap *catalog.Snapshot, t *catalog.Table, x *catalog.Index) error {
	e, err := j.Entries(snap, t, x)
	if err != nil {
		return err
	}
	return j.Vectors.Attach(ctx, txn, t, x, e)
}

// Fill builds an attached index while its table is written.
func (j *Jobs) Fill(ctx context.Context, snap *catalog.Snapshot, t *catalog.Table, x *catalog.Index) error {
	e, err := j.Entries(snap, t, x)
	if err != nil {
		return err
	}
	if j.As != nil {
		defer j.As(t.Owner)()
	}
	defer j.Progress(t, x, nil)
	total := j.Rows(t)
	return j.Vectors.Fill(ctx, t, x, e, sidecar.BuildOptions{
		Workers: j.Workers, Memory: j.Memory, Total: total, Progress: j.vectorProgress(t, x),
	})
}

// phases names a vector build's phases in pg_stat_progress_create_index: as pgvector
// does where it has them. An index of lists reads all rows of a segment before it finds
// centroids, which for pgvector is PostgreSQL's own phase.
var phases = map[sidecar.Phase]string{
	sidecar.PhaseLoad:    "building index: loading tuples",
	sidecar.PhaseLink:    "building index: linking graph",
	sidecar.PhaseTrain:   "building index: performing k-means",
	sidecar.PhaseAssign:  "building index: assigning tuples",
	sidecar.PhaseMeasure: "building index: measuring recall",
	sidecar.PhaseWrite:   "building index: writing segment",
}

func phaseName(x *catalog.Index, p sidecar.Phase) string {
	lists := x.Method == "ivf" || x.Method == "ivfflat"
	switch {
	case lists && p == sidecar.PhaseLoad:
		return "building index: scanning table"
	case lists && p == sidecar.PhaseWrite:
		return "building index: loading tuples"
	}
	return phases[p]
}

func (j *Jobs) vectorProgress(t *catalog.Table, x *catalog.Index) func(sidecar.Progress) {
	var last time.Time
	var phase sidecar.Phase
	var read, rows int64
	j.Progress(t, x, &Report{Command: j.Command, Phase: "initializing", Share: -1})
	return func(p sidecar.Progress) {
		if p.Phase == sidecar.PhaseLoad {
			read, rows = p.Done, p.Total
		}
		if now := time.Now(); p.Phase != phase || p.Done == p.Total || now.Sub(last) > 50*time.Millisecond {
			last, phase = now, p.Phase
			j.Progress(t, x, &Report{Command: j.Command, Phase: phaseName(x, p.Phase),
				Done: p.Done, Total: p.Total, Read: read, Rows: rows, Share: p.Share})
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

// CheckAll looks for a row for which a condition is false.
func (j *Jobs) CheckAll(ctx context.Context, txn *table.Txn, snap *catalog.Snapshot, t *catalog.Table, cond expr.Expr) error {
	return executor.CheckAll(ctx, j.env(txn, snap), t, cond)
}

// CheckNotNull looks for NULLs in a column.
func (j *Jobs) CheckNotNull(ctx context.Context, txn *table.Txn, snap *catalog.Snapshot, t *catalog.Table, attr int16) error {
	env := j.env(txn, snap)
	return executor.CheckNotNull(ctx, env, t, attr)
}

// EachValue gives every value of a column that is no vector.
func (j *Jobs) EachValue(ctx context.Context, txn *table.Txn, snap *catalog.Snapshot, t *catalog.Table, attr int16, each func(types.Datum)) error {
	return executor.EachValue(ctx, j.env(txn, snap), t, attr, each)
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

// Distribute copies the rows of tables into def's, or its partitions.
func (j *Jobs) Distribute(ctx context.Context, txn *table.Txn, snap *catalog.Snapshot, from []*catalog.Table, def *physical.TableWrite) error {
	return executor.Distribute(ctx, j.env(txn, snap), from, def)
}

// CheckWithin reports whether all rows of a partition belong into it.
func (j *Jobs) CheckWithin(ctx context.Context, txn *table.Txn, snap *catalog.Snapshot, t *catalog.Table) (bool, error) {
	def, err := j.TableWrite(snap, t)
	if err != nil {
		return false, err
	}
	return executor.CheckWithin(ctx, j.env(txn, snap), def)
}

// FireStatement fires the statement triggers of the kind, for an event without rows.
func (j *Jobs) FireStatement(ctx context.Context, txn *table.Txn, snap *catalog.Snapshot, t *catalog.Table, kind catalog.TriggerKind) error {
	def, err := j.TableWrite(snap, t)
	if err != nil {
		return err
	}
	return executor.FireStatement(ctx, j.env(txn, snap), def, kind)
}
