package executor

import (
	"context"
	"slices"
	"strings"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// tableWriter is what every writer of a table shares: generated columns, checks,
// index keys, foreign keys, and the storage writer. Expressions are evaluated on
// a one-row batch of the table row.
type tableWriter struct {
	def       *physical.TableWrite
	generated []*expr.Program
	domains   []*expr.Program
	triggers  *tableTriggers
	watch     *watch // of rows that triggers change meanwhile
	replacing bool   // a row that is deleted makes room for another: see upsert.remove
	checks    []*expr.Program
	indexes   []indexKeys
	inserted  rowChecks // of row security, for new rows
	updated   rowChecks // and for changed ones
	views     rowChecks // of views that are written through, for stored rows
	within    [][]*expr.Program
	// Of a member of a family: its rows have been found to belong here, and messages show
	// them as rows of shown.
	routed     bool
	family     *memberOf
	parts      *familyWriter // of a table that a foreign key acts on
	moved      bool          // the row that is inserted comes from another partition
	acts       bool          // for a foreign key, as the owner of the table
	shown      *catalog.Table
	shownAttrs []int16

	asked []bool // by RowCalls: the statement's user may call them

	env     *Env
	w       *table.Writer
	one     *batch.Batch
	scratch expr.Scratch
	arena   batch.Arena

	checksLater []pendingCheck
	missing     bool // one of them refers to no row of another table
	keysLater   []keyChange
	twiceNow    bool // keys that come twice are to be looked at when the statement ends
}

type indexKeys struct {
	keys  []*expr.Program // nil for a plain column
	where *expr.Program
	// exclude is computed over pair, of an exclusion constraint.
	exclude *expr.Program
	pair    *batch.Batch
}

func newTableWriter(def *physical.TableWrite) (*tableWriter, error) {
	w := &tableWriter{def: def}
	for _, g := range def.Generated {
		p, err := expr.Compile(g.Expr)
		if err != nil {
			return nil, err
		}
		w.generated = append(w.generated, p)
	}
	for _, d := range def.Domains {
		p, err := expr.Compile(d.Expr)
		if err != nil {
			return nil, err
		}
		w.domains = append(w.domains, p)
	}
	for _, c := range def.Checks {
		p, err := expr.Compile(c.Cond)
		if err != nil {
			return nil, err
		}
		w.checks = append(w.checks, p)
	}
	for i := range def.Within {
		p, err := programs(def.Within[i].Keys)
		if err != nil {
			return nil, err
		}
		w.within = append(w.within, p)
	}
	for i := range def.Indexes {
		k, err := newIndexKeys(&def.Indexes[i])
		if err != nil {
			return nil, err
		}
		w.indexes = append(w.indexes, k)
	}
	var ts []types.T
	for i := range def.Table.Columns {
		ts = append(ts, def.Table.Columns[i].Type)
	}
	w.one = batch.New(ts, 1)
	var err error
	w.triggers, err = newTableTriggers(w)
	return w, err
}

func newIndexKeys(x *physical.IndexWrite) (k indexKeys, err error) {
	if k.where, err = program(x.Where); err != nil {
		return k, err
	}
	if x.Exclude != nil {
		if k.exclude, err = expr.Compile(x.Exclude); err != nil {
			return k, err
		}
		var ts []types.T
		for i := range x.Index.Keys {
			ts = append(ts, x.Index.Keys[i].Type)
		}
		k.pair = batch.New(append(ts, ts...), 1)
	}
	plain := true
	for i := range x.Index.Keys {
		plain = plain && x.Index.Keys[i].Attr != 0 && x.Index.Keys[i].Order == ""
	}
	if !plain {
		k.keys, err = programs(x.Keys)
	}
	return k, err
}

// open starts writing in the statement's transaction: it takes the table lock.
func (w *tableWriter) open(ctx context.Context, env *Env) error {
	w.env = env
	if env.query != nil && env.query.begun && w.w != nil {
		return nil // it goes on with another part
	}
	w.scratch.Reset()
	clear(w.asked)
	w.checksLater, w.keysLater, w.twiceNow, w.missing, w.watch = nil, nil, false, false, nil
	if w.triggers != nil {
		w.openTriggers()
	}
	w.watchRows()
	if w.def.Table.Kind == catalog.KindView { // its INSTEAD OF triggers write
		return nil
	}
	if err := env.Txn.LockTable(ctx, w.def.Table.ID, kv.Shared); err != nil {
		return err
	}
	w.w = table.NewWriter(w.def.Table, env.Txn, env.Numbers, w)
	w.w.Twice, w.w.Excluded = w.twice, w.excludedRow
	return nil
}

// setRow makes row the input of expressions.
func (w *tableWriter) setRow(row []types.Datum) *batch.Batch {
	for i := range w.one.Cols {
		w.one.Cols[i].Set(0, row[i])
	}
	w.one.Sel = batch.Identity(1)
	return w.one
}

func (w *tableWriter) eval(p *expr.Program, b *batch.Batch) (types.Datum, error) {
	c, err := p.Eval(&w.env.Env, &w.scratch, b, b.Sel)
	if err != nil {
		return types.Null, err
	}
	return c.Datum(0), nil
}

// In implements table.Definitions.
func (w *tableWriter) In(i int, row []types.Datum) (bool, error) {
	where := w.indexes[i].where
	if where == nil {
		return true, nil
	}
	d, err := w.eval(where, w.setRow(row))
	return !d.IsNull() && d.Bool(), err
}

// Key implements table.Definitions.
func (w *tableWriter) Key(i int, row, dst []types.Datum) ([]types.Datum, error) {
	x, k := w.def.Table.Indexes[i], &w.indexes[i]
	if k.keys == nil {
		for j := range x.Keys {
			dst = append(dst, row[x.Keys[j].Attr-1])
		}
		return dst, nil
	}
	b := w.setRow(row)
	for _, p := range k.keys {
		d, err := w.eval(p, b)
		if err != nil {
			return dst, err
		}
		dst = append(dst, d)
	}
	return dst, nil
}

// Describe implements table.Definitions.
func (w *tableWriter) Describe(i int, row []types.Datum) string {
	key, err := w.Key(i, row, nil)
	if err != nil {
		return ""
	}
	if err := w.texts(i, row, key); err != nil {
		return ""
	}
	return describeKey(w.env, w.def.Table, w.def.Table.Indexes[i], key)
}

// Excludes implements table.Definitions.
func (w *tableWriter) Excludes(i int, a, b []types.Datum) (bool, error) {
	k := &w.indexes[i]
	for j := range a {
		k.pair.Cols[j].Set(0, a[j])
		k.pair.Cols[len(a)+j].Set(0, b[j])
	}
	k.pair.Sel = batch.Identity(1)
	d, err := w.eval(k.exclude, k.pair)
	return !d.IsNull() && d.Bool(), err
}

// texts puts the texts themselves in place of their keys.
func (w *tableWriter) texts(i int, row, key []types.Datum) error {
	x := w.def.Table.Indexes[i]
	for j := range x.Keys {
		if x.Keys[j].Order == "" {
			continue
		}
		if a := x.Keys[j].Attr; a != 0 {
			key[j] = row[a-1]
			continue
		}
		call, ok := w.def.Indexes[i].Keys[j].(*expr.Call)
		if !ok || call.Fn != builtin.CollationKey {
			continue
		}
		p, err := expr.Compile(call.Args[0])
		if err != nil {
			return err
		}
		if key[j], err = w.eval(p, w.setRow(row)); err != nil {
			return err
		}
	}
	return nil
}

// describeKey writes the key of an index as the details of errors do
// (BuildIndexValueDescription): the definitions of its columns and their values.
func describeKey(env *Env, t *catalog.Table, x *catalog.Index, key []types.Datum) string {
	vals := make([]string, len(key))
	for i, d := range key {
		if vals[i] = "null"; !d.IsNull() {
			vals[i] = string(types.AppendText(nil, x.Keys[i].Type, d, env.Format))
		}
	}
	p := &syscat.Printer{Catalog: env.Catalog, Pretty: true}
	if d, ok := env.System.(syscat.Definer); ok {
		p = d.Printer(true)
	}
	return "(" + p.KeyColumns(t, x) + ")=(" + strings.Join(vals, ", ") + ")"
}

// changedRow is a row that an UPDATE changes. Vectors that it neither assigns nor
// reads are NULL in the row that is written, and stay what is stored.
type changedRow struct {
	ctx context.Context
	id  uint64
	set []bool // the attributes that are assigned
}

// kept reports that column i stays as it is. c may be nil: nothing does.
func (c *changedRow) kept(i int) bool { return c != nil && !c.set[i] }

// complete computes generated columns and checks NOT NULL and CHECK constraints;
// c is nil for a new row.
func (w *tableWriter) complete(row []types.Datum, c *changedRow) error {
	if err := w.mayCall(c); err != nil {
		return err
	}
	if err := w.generate(row); err != nil {
		return err
	}
	if err := w.checkDomains(row, c); err != nil {
		return err
	}
	if c != nil && !w.routed { // an UPDATE could move the row, so this comes first
		if err := w.checkWithin(row, c); err != nil {
			return err
		}
	}
	if err := w.checkColumns(row, c); err != nil || c != nil ||
		w.routed && !w.triggers.has(catalog.TriggerBefore|catalog.TriggerRow|catalog.TriggerInsert) {
		return err
	}
	return w.checkWithin(row, nil)
}

// mayCall asks for the rights to call what is computed of a row, once in a statement. Those
// of a foreign key's action are the owner's.
func (w *tableWriter) mayCall(c *changedRow) error {
	if len(w.def.Calls) == 0 || w.env.MayUse == nil || w.acts {
		return nil
	}
	if w.asked == nil {
		w.asked = make([]bool, len(w.def.Calls))
	}
	for i := range w.def.Calls {
		x := &w.def.Calls[i]
		needed := c == nil || x.Always || w.triggers.has(catalog.TriggerBefore|catalog.TriggerRow|catalog.TriggerUpdate) ||
			slices.ContainsFunc(x.Reads, func(a int16) bool { return !c.kept(int(a) - 1) })
		if w.asked[i] || !needed {
			continue
		}
		if err := w.env.MayUse(x.Uses); err != nil {
			return err
		}
		w.asked[i] = true
	}
	return nil
}

// generate computes generated columns.
func (w *tableWriter) generate(row []types.Datum) error {
	w.arena.Reset()
	for i, g := range w.def.Generated {
		d, err := w.eval(w.generated[i], w.setRow(row))
		if err != nil {
			return err
		}
		if b := d.Bytes(); b != nil && !d.IsNull() {
			d = types.Bytes(w.arena.Copy(b))
		}
		row[g.Attr-1] = d
	}
	return nil
}

func (w *tableWriter) schema() string { return w.env.Catalog.SchemaName(w.def.Table.Schema) }

// insert completes, checks and stores a new row; ok is false when a trigger wants none.
func (w *tableWriter) insert(ctx context.Context, row []types.Datum) (id uint64, ok bool, err error) {
	if ok, err := w.beforeInsert(ctx, row); !ok || err != nil {
		return 0, false, err
	}
	if err := w.complete(row, nil); err != nil {
		return 0, false, err
	}
	id, err = w.store(ctx, row)
	return id, true, err
}

// store stores a new row that is complete.
func (w *tableWriter) store(ctx context.Context, row []types.Datum) (id uint64, err error) {
	if err := w.checkReferences(ctx, nil, row); err != nil {
		return 0, err
	}
	if id, err = w.w.Insert(ctx, row); err != nil {
		return 0, w.withSchema(err)
	}
	w.env.Txn.Inserted(w.def.Table)
	if w.env.query != nil {
		w.env.query.changedBefore(w.def.Table.Storage, id)
	}
	if err := w.checkViews(row, nil); err != nil {
		return id, err
	}
	if w.moved && !w.family.of.merges {
		if err := w.keepRows(catalog.TriggerUpdate, nil, row); err != nil {
			return id, err
		}
		return id, w.queueRow(catalog.TriggerInsert, nil, row, nil)
	}
	return id, w.afterRow(catalog.TriggerInsert, nil, row, nil)
}

// update stores a changed row; set tells which attributes were assigned.
func (w *tableWriter) update(ctx context.Context, id uint64, old, row []types.Datum, set []bool) (bool, error) {
	assigned, ok, err := w.beforeUpdate(ctx, id, old, row, set)
	if err != nil || !ok {
		return false, err
	}
	return w.storeUpdate(ctx, id, old, row, set, assigned)
}

// storeUpdate completes, checks and stores a changed row after the triggers before it.
func (w *tableWriter) storeUpdate(ctx context.Context, id uint64, old, row []types.Datum, set, assigned []bool) (ok bool, err error) {
	for _, g := range w.def.Generated {
		set[g.Attr-1] = true
	}
	if err := w.complete(row, &changedRow{ctx, id, set}); err != nil {
		return false, err
	}
	if err := w.checkReferences(ctx, old, row); err != nil {
		return false, err
	}
	if err := w.beforeKeyChange(ctx, old, row); err != nil {
		return false, err
	}
	if ok, err = w.w.Update(ctx, id, old, row, set); err != nil || !ok {
		return ok, w.withSchema(err)
	}
	w.env.Txn.Updated(w.def.Table, w.w.Light())
	w.changed(id)
	if err := w.checkViews(row, &changedRow{ctx, id, set}); err != nil {
		return true, err
	}
	return true, w.afterRow(catalog.TriggerUpdate, old, row, assigned)
}

// delete removes a row that is locked.
func (w *tableWriter) delete(ctx context.Context, id uint64, old []types.Datum) (bool, error) {
	if ok, err := w.beforeDelete(ctx, id, old); err != nil || !ok {
		return false, err
	}
	if err := w.beforeKeyChange(ctx, old, nil); err != nil {
		return false, err
	}
	ok, err := w.w.Delete(ctx, id, old)
	if err != nil || !ok {
		return ok, err
	}
	w.env.Txn.Deleted(w.def.Table)
	w.changed(id)
	return true, w.afterRow(catalog.TriggerDelete, old, nil, nil)
}

// withSchema adds the schema to a constraint error of storage.
func (w *tableWriter) withSchema(err error) error {
	if e, ok := pgerr.As(err); ok && e.Schema == "" && e.Table != "" {
		e.Schema = w.schema()
	}
	return err
}
