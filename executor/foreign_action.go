package executor

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
)

// act does what the foreign key says about rows that refer to an ended key.
func (w *tableWriter) act(ctx context.Context, k *keyChange) error {
	action := k.con.OnDelete
	if k.new != nil {
		action = k.con.OnUpdate
	}
	if (action == 'a' || action == 0) && !k.replaced {
		// NO ACTION is content when the key is there again at the end of the statement.
		x := w.def.Table.Index(k.con.Index)
		parent, vals := w.def.Table, byKeys(x, k.con, k.old)
		if up, ok := w.env.Catalog.TableByID(k.con.RefTable); ok && up.ID != parent.ID {
			for x.Table != up.ID { // it may be in another partition by now
				x, _ = w.env.Catalog.IndexByID(x.Parent)
			}
			parent = up
		}
		if ok, err := findKey(ctx, w.env, w.env.Txn.Unrecorded(), parent, x, vals); err != nil || ok {
			return err
		}
	}
	acts := action == 'c' || action == 'n' || action == 'd'
	rows, err := w.referringRows(ctx, k, acts)
	if err != nil || rows.n == 0 && !(acts && len(topKey(w.env.Catalog, k).child.Triggers) > 0) {
		return err
	}
	if acts {
		return w.cascade(ctx, k, rows, action)
	}
	if action != 'r' && w.env.deferred(k.con) {
		return w.env.putOff(referenced, k.child, w.def.Table, k.con, k.old)
	}
	return w.stillReferenced(k)
}

// stillReferenced is the error of a key that ended while rows refer to it.
func (w *tableWriter) stillReferenced(k *keyChange) error {
	k = topKey(w.env.Catalog, k)
	name, table := k.con.Name, w.def.Table.Name
	if up, ok := w.env.Catalog.TableByID(k.con.RefTable); ok && k.moved && up != w.def.Table {
		table = up.Name // where the row stays
	} else if p := k.con.PartOn(w.def.Table.ID); p != nil { // the key to the partition
		name = p.Name
	}
	return pgerr.Newf(pgerrcode.ForeignKeyViolation,
		"update or delete on table %q violates foreign key constraint %q on table %q", table, name, k.child.Name).
		WithDetail("Key (%s)=(%s) is still referenced from table %q.", columnNames(w.def.Table, k.con.RefColumns),
			keyText(w.env, w.def.Table, k.con, k.old), k.child.Name).
		OnTable(w.env.Catalog.SchemaName(k.child.Schema), k.child.Name).OnConstraint(name)
}

// referringRows are the child rows with the old key: RowID, then the row in
// attribute order. The newest committed rows count, since the key's lock has been
// waited for: at READ COMMITTED the view moves, at REPEATABLE READ it is compared
// with the newest one.
func (w *tableWriter) referringRows(ctx context.Context, k *keyChange, acts bool) (*rowStore, error) {
	if w.env.Refresh != nil {
		if err := w.env.Refresh(ctx); err != nil {
			return nil, err
		}
		return w.scanReferring(ctx, k, w.env.Txn)
	}
	rows, err := w.scanReferring(ctx, k, w.env.Txn.Unrecorded())
	if err != nil {
		return nil, err
	}
	latest, err := w.env.Txn.Latest(ctx)
	if err != nil {
		return nil, err
	}
	defer latest.Close()
	if latest.At() == w.env.Txn.At() {
		return rows, nil
	}
	late, err := w.scanReferring(ctx, k, latest)
	if err != nil {
		return nil, err
	}
	return w.reconcile(ctx, k, rows, late, acts)
}

// reconcile corrects the rows of the view by the latest committed ones. What
// others have removed refers to nothing any more. What others have added is a
// violation where nothing is done about it; where the key's action would have to
// change it (acts), it is newer than the view: kv.ErrConflict.
func (w *tableWriter) reconcile(ctx context.Context, k *keyChange, rows, late *rowStore, acts bool) (*rowStore, error) {
	known := make(map[uint64]bool, rows.n)
	buf := make([]types.Datum, 0, len(rows.cols))
	for i := range rows.n {
		known[uint64(rows.row(i, buf[:0])[0].Int())] = false
	}
	for i := range late.n {
		id := uint64(late.row(i, buf[:0])[0].Int())
		if _, ok := known[id]; ok {
			known[id] = true
			continue
		}
		switch other, err := w.changedByOthers(ctx, k, id); {
		case err != nil:
			return nil, err
		case other && acts:
			return nil, kv.ErrConflict
		case other:
			w.env.Txn.Doom() // the error tells of a commit after the view
			return late, nil
		}
	}
	out := newRowStore(rows.types)
	out.reset(w.env.Budget)
	for i := range rows.n {
		row := rows.row(i, buf[:0])
		if id := uint64(row[0].Int()); !known[id] {
			other, err := w.changedByOthers(ctx, k, id)
			if err != nil {
				return nil, err
			}
			if other && w.env.Txn.Serializable() {
				return nil, kv.ErrConflict // it cannot have run before them, nor after
			}
			if other {
				continue
			}
		}
		if err := out.appendRow(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// changedByOthers tells a child row that another transaction committed after the
// view from one that this transaction itself has written.
func (w *tableWriter) changedByOthers(ctx context.Context, k *keyChange, id uint64) (bool, error) {
	err := w.env.Txn.LockRow(ctx, k.child.Storage, id, kv.Shared, kv.WaitBlock)
	if errors.Is(err, kv.ErrConflict) {
		return true, nil
	}
	return false, err
}

func (w *tableWriter) scanReferring(ctx context.Context, k *keyChange, from kv.Reader) (*rowStore, error) {
	n, err := childScan(w.def.Table, k)
	if err != nil {
		return nil, err
	}
	s, err := newScan(n)
	if err != nil {
		return nil, err
	}
	env := *w.env
	env.Read = from
	if err := s.Open(ctx, &env); err != nil {
		return nil, err
	}
	rows := newRowStore(n.Cols)
	rows.reset(w.env.Budget)
	for {
		b, err := s.Next(ctx)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		if b == nil {
			return rows, s.Close()
		}
		if err := rows.append(b); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
}

// childScan plans the look-up of referring rows: by an index whose first key
// columns are the foreign key's, or over the whole table.
func childScan(parent *catalog.Table, k *keyChange) (*physical.Scan, error) {
	n := &physical.Scan{Table: k.child, Attrs: []int16{catalog.RowIDAttr}}
	n.ID = noCounter
	n.Cols = append(n.Cols, types.Of(types.Int8OID))
	for i := range k.child.Columns {
		n.Attrs = append(n.Attrs, int16(i+1))
		n.Cols = append(n.Cols, k.child.Columns[i].Type)
	}
	consts := map[int16]expr.Expr{}
	var conds []expr.Expr
	for i, c := range k.con.Columns {
		child, from := k.child.Columns[c-1].Type, parent.Columns[k.con.RefColumns[i]-1].Type
		d := k.old[i]
		if child.OID != from.OID {
			var err error
			d, err = types.Cast(from, types.Of(child.OID), d, types.DefaultFormat, false)
			if pgerr.Code(err) == pgerrcode.NumericValueOutOfRange {
				n.Filter = &expr.Const{T: types.Of(types.BoolOID), D: types.Bool(false)} // nobody refers to what it cannot hold
				return n, nil
			}
			if err != nil {
				return nil, err
			}
		}
		v := &expr.Const{T: types.Of(child.OID), D: d}
		consts[c] = v
		conds = append(conds, refersTo(&expr.Column{Index: int(c), T: child}, v, orderOf(parent, k.con, i)))
	}
	n.Filter = &expr.And{Args: conds}
	if len(conds) == 1 {
		n.Filter = conds[0]
	}
	if pk := k.child.PrimaryAttr; pk != 0 && len(consts) == 1 && consts[pk] != nil {
		n.Bounds.Prefix = []physical.Match{{X: consts[pk]}}
		return n, nil
	}
	for _, x := range k.child.Indexes {
		if x.Valid && !x.IsVector() && !x.IsInverted() && x.Where == "" && covers(x, consts) && finds(x, parent, k.con) {
			n.Index = x
			for i := range len(consts) {
				key, v := &x.Keys[i], consts[x.Keys[i].Attr]
				if c, ok := v.(*expr.Const); ok && key.Order != "" {
					v = &expr.Const{T: types.Of(types.ByteaOID), D: types.Bytes(builtin.TextKey(key.Order, key.Type, c.D.Bytes()))}
				}
				n.Bounds.Prefix = append(n.Bounds.Prefix, physical.Match{X: v})
			}
			break
		}
	}
	return n, nil
}

// orderOf is the order of a nondeterministic collation of the referenced key's column n,
// "" = its values are compared as they are.
func orderOf(parent *catalog.Table, con *catalog.Constraint, n int) string {
	if x := parent.Index(con.Index); x != nil {
		for i := range x.Keys {
			if o := x.Keys[i].Order; x.Keys[i].Attr == con.RefColumns[n] && !collate.Deterministic(o) {
				return o
			}
		}
	}
	return ""
}

// refersTo compares a referring column with a referenced value, by the referenced key's collation.
func refersTo(col *expr.Column, v *expr.Const, order string) expr.Expr {
	var l, r expr.Expr = col, v
	if order != "" {
		name := &expr.Const{T: types.Of(types.TextOID), D: types.String(order)}
		bytea := types.Of(types.ByteaOID)
		l = &expr.Call{Fn: builtin.CollationKey, Args: []expr.Expr{col, name, name}, T: bytea, Pos: -1}
		r = &expr.Const{T: bytea, D: types.Bytes(builtin.TextKey(order, col.T, v.D.Bytes()))}
	}
	return &expr.Not{X: &expr.IsDistinct{L: l, R: r}}
}

// finds reports that an index of the referring columns has all rows that refer to a key
// together: it is in the order of the key's collation, or that is deterministic.
func finds(x *catalog.Index, parent *catalog.Table, con *catalog.Constraint) bool {
	for i := range len(con.Columns) {
		n := slices.Index(con.Columns, x.Keys[i].Attr)
		if n < 0 {
			return false
		}
		if o := orderOf(parent, con, n); o != "" && x.Keys[i].Order != o {
			return false
		}
	}
	return true
}

// covers reports whether the index's first keys are exactly the columns.
func covers(x *catalog.Index, cols map[int16]expr.Expr) bool {
	if len(x.Keys) < len(cols) {
		return false
	}
	for i := range len(cols) {
		if cols[x.Keys[i].Attr] == nil {
			return false
		}
	}
	return true
}

// cascade deletes or updates the referring rows.
func (w *tableWriter) cascade(ctx context.Context, k *keyChange, rows *rowStore, action byte) error {
	if c := w.env.Changes; c != nil {
		c.Depth++
		defer func() { c.Depth-- }()
	}
	if top := topKey(w.env.Catalog, k); top.child.ID != k.child.ID {
		return w.cascadePart(ctx, k, top, rows, action)
	}
	def := w.def
	if k.child.ID != w.def.Table.ID {
		var err error
		if def, err = w.env.TableWrite(k.child); err != nil {
			return err
		}
	}
	child, err := w.env.query.cascade(ctx, def)
	if err != nil {
		return err
	}
	if child != w {
		child.acts = true
	}
	event, set := w.childEvent(k, action)
	if err := child.triggers.before(ctx, event, set); err != nil {
		return err
	}
	err = w.lockEach(ctx, k, rows, func(id uint64, old []types.Datum) error {
		if k.new == nil && action == 'c' {
			_, err := child.delete(ctx, id, old)
			return err
		}
		return child.reassign(ctx, k, id, old, action)
	})
	if err != nil {
		return err
	}
	if err := w.doubtKept(ctx, k, child, event); err != nil {
		return err
	}
	if err := child.triggers.after(event, set); err != nil || action != 'd' {
		return err
	}
	// A default that is the ended key itself changed nothing, and so nothing was checked.
	return w.noneRefers(ctx, k)
}

// lockEach locks the referring rows one by one and gives each to do.
func (w *tableWriter) lockEach(ctx context.Context, k *keyChange, rows *rowStore, do func(id uint64, old []types.Datum) error) error {
	all := make([]types.Datum, 0, len(rows.cols))
	for i := range rows.n {
		all = rows.row(i, all[:0])
		id := uint64(all[0].Int())
		if err := w.env.Txn.LockRow(ctx, k.child.Storage, id, kv.Exclusive, kv.WaitBlock); err != nil {
			return err
		}
		if err := do(id, all[1:]); err != nil {
			return err
		}
	}
	return nil
}

// assigned are the referring columns that an action sets.
func (k *keyChange) assigned(action byte) []int16 {
	if action != 'c' && k.new == nil && len(k.con.OnDeleteCols) > 0 {
		return k.con.OnDeleteCols
	}
	return k.con.Columns
}

// childEvent is what a foreign key's action is for the referring table, and the columns
// that it assigns.
func (w *tableWriter) childEvent(k *keyChange, action byte) (catalog.TriggerKind, []bool) {
	if k.new == nil && action == 'c' {
		return catalog.TriggerDelete, nil
	}
	set := make([]bool, len(k.child.Columns))
	for _, c := range k.assigned(action) {
		set[c-1] = true
	}
	return catalog.TriggerUpdate, set
}

// noneRefers is the error of a key that ended and that rows refer to all the same.
func (w *tableWriter) noneRefers(ctx context.Context, k *keyChange) error {
	if refers, err := w.refersToNothing(ctx, k); err != nil || !refers {
		return err
	}
	return w.stillReferenced(k)
}

// reassign sets the referring columns to the new key, NULL, or their defaults.
func (w *tableWriter) reassign(ctx context.Context, k *keyChange, id uint64, old []types.Datum, action byte) error {
	row := append([]types.Datum(nil), old...)
	set := make([]bool, len(row))
	for _, c := range k.assigned(action) {
		set[c-1] = true
	}
	if err := w.assign(k, row, action); err != nil {
		return err
	}
	_, err := w.update(ctx, id, old, row, set)
	return err
}

// assign sets the referring columns of a row.
func (w *tableWriter) assign(k *keyChange, row []types.Datum, action byte) error {
	for i, c := range k.assigned(action) {
		switch action {
		case 'c':
			d, err := w.asReferring(k, i)
			if err != nil {
				return err
			}
			row[c-1] = d
		case 'n':
			row[c-1] = types.Null
		default:
			d, err := w.env.Default(w.def.Table, c)
			if err != nil {
				return err
			}
			row[c-1] = d
		}
	}
	return nil
}

// asReferring is value i of the new key as its referring column takes it.
func (w *tableWriter) asReferring(k *keyChange, i int) (types.Datum, error) {
	from, to := k.parent.Columns[k.con.RefColumns[i]-1].Type, w.def.Table.Columns[k.con.Columns[i]-1].Type
	if from == to || k.new[i].IsNull() {
		return k.new[i], nil
	}
	return types.Cast(from, to, k.new[i], w.env.Format, false)
}

// noCounter is the node ID of scans that EXPLAIN does not show.
const noCounter = 1 << 30
