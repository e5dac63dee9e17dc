package executor

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
)

// familyWriter writes the rows of a table with children: see physical.Family. Rows come
// and go as those of the table; each member has a writer of its own, opened when it is
// first written.
type familyWriter struct {
	def     *physical.Family
	root    *tableWriter
	route   *router
	members []*memberWriter
	byTable map[catalog.ID]int
	watches map[catalog.ID]*watch // by storage: of rows that triggers change meanwhile
	// merges: of MERGE, for whose transition tables rows that move are deleted and inserted.
	merges bool
}

// memberWriter writes one table of a family.
type memberWriter struct {
	*tableWriter
	def      *physical.Member
	existing *existingRow
	row      []types.Datum // scratch, in its own order
	shared   []types.Datum // and one as the family's table has it
	opened   bool
}

func newFamilyWriter(root *tableWriter) (*familyWriter, error) {
	f := &familyWriter{def: root.def.Family, root: root, byTable: map[catalog.ID]int{}}
	f.members = make([]*memberWriter, len(f.def.Members))
	for i := range f.def.Members {
		f.byTable[f.def.Members[i].Write.Table.ID] = i
	}
	var err error
	if f.def.Route != nil {
		f.route, err = newRouter(f.def.Route)
	}
	return f, err
}

// open starts a statement: the root's writer has been opened.
func (f *familyWriter) open() {
	for _, m := range f.members {
		if m != nil {
			m.opened = false
		}
	}
	f.watchRows()
}

// watchRows has the rows of all members watched where triggers before a change could
// change those of any.
func (f *familyWriter) watchRows() {
	f.watches = nil
	env := f.root.env
	changes := func(w *physical.TableWrite) bool {
		return slices.ContainsFunc(w.Triggers, func(t physical.Trigger) bool {
			return t.Is(catalog.TriggerBefore) && t.Kind&(catalog.TriggerUpdate|catalog.TriggerDelete) != 0
		})
	}
	if env.Changes == nil || env.query == nil || !env.query.Plan.Calls &&
		!changes(f.root.def) && !slices.ContainsFunc(f.def.Members, func(m physical.Member) bool { return changes(m.Write) }) {
		return
	}
	f.watches = map[catalog.ID]*watch{}
	for i := range f.def.Members {
		s := f.def.Members[i].Write.Table.Storage
		f.watches[s] = env.Changes.begin(s, env.query)
	}
}

// member is the writer of member i.
func (f *familyWriter) member(ctx context.Context, i int) (*memberWriter, error) {
	m, d := f.members[i], &f.def.Members[i]
	if m == nil {
		w, err := newTableWriter(d.Write)
		if err != nil {
			return nil, err
		}
		m = &memberWriter{tableWriter: w, def: d}
		w.family = &memberOf{m, f.root, f}
		w.routed = f.route != nil
		if !d.Same {
			w.shown = f.root.def.Table
			w.shownAttrs = d.Attrs
		}
		if m.existing, err = newExistingRow(d.Write.Table); err != nil {
			return nil, err
		}
		f.members[i] = m
	}
	if m.opened {
		return m, nil
	}
	m.opened = true
	err := m.open(ctx, f.root.env)
	m.watch = f.watches[d.Write.Table.Storage]
	return m, err
}

// of is the writer of the table with the OID.
func (f *familyWriter) of(ctx context.Context, table catalog.ID) (*memberWriter, error) {
	i, ok := f.byTable[table]
	if !ok {
		return nil, pgerr.Newf(pgerrcode.InternalError, "table %d is not in the family of %q", table, f.root.def.Table.Name)
	}
	return f.member(ctx, i)
}

// number notes the writers that have something to do at the end of the statement.
func (f *familyWriter) number(q *Query) {
	for _, m := range f.members {
		if m != nil && m.opened {
			q.number(m.tableWriter)
		}
	}
}

// own is a row of the family's table as one of the member's, valid until the next call.
func (m *memberWriter) own(row []types.Datum) []types.Datum {
	if m.def.Same {
		return row
	}
	n := len(m.def.Write.Table.Columns)
	if cap(m.row) < n {
		m.row = make([]types.Datum, n)
	}
	m.row = m.row[:n]
	for i := range m.row {
		m.row[i] = types.Null
	}
	for i, a := range m.def.Attrs {
		if a > 0 {
			m.row[a-1] = row[i]
		}
	}
	return m.row
}

// memberOf is what the writer of a member needs of its family.
type memberOf struct {
	m    *memberWriter
	root *tableWriter
	of   *familyWriter
}

// common is a row of the member as one of the family's table, valid until the next call.
func (f *memberOf) common(row []types.Datum) []types.Datum {
	if f.m.def.Same {
		return row
	}
	f.m.shared = f.m.common(row, f.m.shared[:0])
	return f.m.shared
}

// common is a row of the member as one of the family's table.
func (m *memberWriter) common(row, dst []types.Datum) []types.Datum {
	if m.def.Same {
		return append(dst, row...)
	}
	for _, a := range m.def.Attrs {
		if a > 0 {
			dst = append(dst, row[a-1])
		} else {
			dst = append(dst, types.Null)
		}
	}
	return dst
}

// find is the member that a row of the family's table belongs to.
func (f *familyWriter) find(ctx context.Context, row []types.Datum) (*memberWriter, error) {
	if f.route == nil {
		return f.of(ctx, f.root.def.Table.ID)
	}
	if err := f.root.checkWithin(row, nil); err != nil {
		return nil, err
	}
	i, err := f.route.find(f.root, row)
	if err != nil {
		return nil, err
	}
	if f.def.Members[i].Closed {
		t := f.root.def.Table
		return nil, pgerr.New(pgerrcode.CheckViolation, "Found a row not matching the given partition set").
			OnTable(f.root.env.Catalog.SchemaName(t.Schema), t.Name)
	}
	return f.member(ctx, i)
}

// insert puts a row where it belongs; what the member computes is put into row. ok is
// false when a trigger wants none.
func (f *familyWriter) insert(ctx context.Context, row []types.Datum) (m *memberWriter, id uint64, ok bool, err error) {
	if m, err = f.find(ctx, row); err != nil {
		return nil, 0, false, err
	}
	own := m.own(row)
	if id, ok, err = m.insert(ctx, own); err != nil || !ok {
		return nil, 0, false, err
	}
	m.copyBack(own, row)
	return m, id, true, f.root.checkViews(row, nil)
}

// copyBack puts a row of the member into one of the family's table.
func (m *memberWriter) copyBack(own, row []types.Datum) {
	for i, a := range m.def.Attrs {
		if a > 0 {
			row[i] = own[a-1]
		}
	}
}

// read locks a row of a member and reads all of it; nil: it is gone.
func (m *memberWriter) read(ctx context.Context, id uint64) ([]types.Datum, error) {
	if err := m.env.Txn.LockRow(ctx, m.def.Write.Table.Storage, id, kv.Exclusive, kv.WaitBlock); err != nil {
		return nil, err
	}
	return m.existing.read(ctx, m.env, id)
}

// update gives the assigned columns of a row of member m their values in row, which is
// one of the family's table, and becomes the new row. A row that belongs to another
// partition then moves there. ok is false when it is gone, or a trigger wants it so.
func (f *familyWriter) update(ctx context.Context, m *memberWriter, id uint64, row []types.Datum, assigned []bool) (to *memberWriter, at uint64, ok bool, err error) {
	old, err := m.read(ctx, id)
	if err != nil || old == nil {
		return nil, 0, false, err
	}
	own, set := append([]types.Datum(nil), old...), make([]bool, len(old))
	for i, a := range m.def.Attrs {
		if a > 0 && assigned[i] {
			own[a-1], set[a-1] = row[i], true
		}
	}
	of, ok, err := m.beforeUpdate(ctx, id, old, own, set)
	if err != nil || !ok {
		return nil, 0, false, err
	}
	m.copyBack(own, row)
	to = m
	var nowhere error
	if f.route != nil {
		if to, nowhere = f.find(ctx, row); nowhere != nil && pgerr.Code(nowhere) != pgerrcode.CheckViolation {
			return nil, 0, false, nowhere
		}
	}
	if to != m {
		if err = m.generate(own); err != nil {
			return nil, 0, false, err
		}
		m.copyBack(own, row)
		return f.move(ctx, m, to, id, old, row, nowhere)
	}
	if ok, err = m.storeUpdate(ctx, id, old, own, set, of); err != nil || !ok {
		return nil, 0, ok, err
	}
	m.copyBack(own, row)
	return m, id, true, f.root.checkViews(row, nil)
}

// move takes a row of m away and puts it, as row, into another partition: for triggers it
// is deleted and inserted, for transition tables and foreign keys to what both are parts of
// it changes. ok is false when a trigger has left it, or has none inserted. nowhere is the
// error of a row that belongs to no partition.
func (f *familyWriter) move(ctx context.Context, m, to *memberWriter, id uint64, old, row []types.Datum, nowhere error) (_ *memberWriter, at uint64, ok bool, err error) {
	if ok, err = m.beforeDelete(ctx, id, old); err != nil || !ok {
		return nil, 0, false, err
	}
	if ok, err = m.w.Delete(ctx, id, old); err != nil || !ok {
		return nil, 0, false, err
	}
	m.env.Txn.Deleted(m.tableWriter.def.Table)
	m.changed(id)
	if nowhere != nil {
		return nil, 0, false, nowhere
	}
	kept := catalog.TriggerUpdate
	if f.merges {
		kept = catalog.TriggerDelete
	}
	if err = m.keepRows(kept, old, nil); err != nil {
		return nil, 0, false, err
	}
	if err = m.queueRow(catalog.TriggerDelete, old, nil, nil); err != nil {
		return nil, 0, false, err
	}
	own := to.own(row)
	to.moved = true
	at, ok, err = to.insert(ctx, own)
	to.moved = false
	if err != nil {
		return nil, 0, false, err
	}
	if !ok {
		return nil, 0, false, m.beforeKeyChange(ctx, old, nil)
	}
	to.copyBack(own, row)
	if err = m.beforeMove(ctx, f.root.def.Table, old, m.own(row)); err != nil {
		return nil, 0, false, err
	}
	return to, at, true, f.root.checkViews(row, nil)
}
