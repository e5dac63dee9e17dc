package optimize

import (
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

func (p *planner) insert(x *logical.Insert) (*rel, error) {
	source := x.Input
	if p, ok := source.(*logical.Project); ok { // of numbers that rows draw
		source = p.Input
	}
	_, values := source.(*logical.Values)
	readsOwn := logical.ReadsTable(x.Input, logical.WrittenTables(x)...) || x.Write.HasTrigger(0) && !values
	in, err := p.exactly(x.Input, x.InCols)
	if err != nil {
		return nil, err
	}
	p.changes(x.Write)
	n := &physical.Insert{Base: p.base(x.Out), Write: x.Write, Alias: x.Alias, Input: in.node, ReadsOwn: readsOwn}
	if c := x.OnConflict; c != nil {
		at := layout(slices.Concat(c.Existing, c.Excluded, c.Source))
		n.OnConflict = &physical.OnConflict{Arbiters: c.Arbiters, DoUpdate: c.DoUpdate,
			AnyKey: c.AnyKey, Replace: c.Replace, Set: c.Set,
			Values: p.remapAll(c.Values, at), Where: p.remap(c.Where, at)}
	}
	if x.Returning != nil {
		n.Returning = p.remapAll(x.Returning, slices.Concat(x.Row, x.System))
	}
	n.Checks, n.Views = p.rowChecks(x.Checks, x.Row), p.rowChecks(x.Views, x.Row)
	if c := x.OnConflict; c != nil {
		n.UpdateChecks, n.Using = p.rowChecks(c.Checks, x.Row), p.rowChecks(c.Using, c.Existing)
	}
	p.inherit(&n.Base, in, p.m.Fetch)
	p.plan.ReadOnly = false
	return &rel{n, x.Out}, nil
}

// need for a write: everything that generated columns, checks, indexes and
// RETURNING read, and every scalar column; vectors only when one of them does.
func (p *planner) fetched(w *physical.TableWrite, event catalog.TriggerKind, old []logical.ColID, set []int16, used *logical.ColSet) []bool {
	f := make([]bool, len(old))
	if w.Family != nil { // what a row needs depends on the table that it is of: that is read again
		for i, c := range old {
			f[i] = c != 0 && !w.Table.Columns[i].Type.IsVector() || used.Has(c)
		}
		return f
	}
	if w.Table.NeedsRows(event) {
		for i, c := range old {
			f[i] = c != 0
		}
		return f
	}
	changed := map[int16]bool{}
	for _, a := range set {
		changed[a] = true
	}
	for _, g := range w.Generated { // the writer computes them
		changed[g.Attr] = true
	}
	for i, c := range old {
		if c == 0 {
			continue
		}
		col := &w.Table.Columns[i]
		f[i] = !col.Type.IsVector() || used.Has(c)
	}
	read := func(e expr.Expr) {
		logical.Walk(e, func(n expr.Expr) bool {
			if c, ok := n.(*expr.Column); ok && c.Index < len(f) && old[c.Index] != 0 {
				f[c.Index] = true
			}
			return true
		})
	}
	for _, g := range w.Generated {
		read(g.Expr)
	}
	for _, c := range w.Checks {
		read(c.Cond)
	}
	touched := func(e expr.Expr) bool {
		return logical.Uses(e, func(c logical.ColID) bool { return changed[int16(c+1)] })
	}
	renewed := slices.ContainsFunc(w.Indexes, func(iw physical.IndexWrite) bool {
		return iw.Index.IsVector() && iw.Index.VersionAttr() == 0 &&
			slices.ContainsFunc(iw.Index.EntryAttrs(), func(a int16) bool { return changed[a] })
	})
	for _, iw := range w.Indexes {
		read(iw.Where)
		if !iw.Index.IsVector() {
			for _, e := range iw.Keys {
				read(e)
			}
			continue
		}
		// What the vector comes from is wanted when its row enters a partial index, or
		// gets a new epoch of its own; what is assigned itself need not be read.
		if touched(iw.Where) || renewed && iw.Index.VersionAttr() == 0 {
			for _, k := range expr.Columns(iw.Keys[0]) {
				f[k] = f[k] || old[k] != 0 && !changed[int16(k+1)]
			}
		}
	}
	return f
}

// oldRow is the input's head: the RowID and the old row, NULL where not fetched.
func (p *planner) oldRow(rowID logical.ColID, old []logical.ColID, fetched []bool, t *catalog.Table) ([]expr.Expr, []logical.ColID) {
	exprs := []expr.Expr{p.meta.Column(rowID)}
	ids := []logical.ColID{rowID}
	for i, c := range old {
		if c != 0 && fetched[i] {
			exprs, ids = append(exprs, p.meta.Column(c)), append(ids, c)
			continue
		}
		col := &t.Columns[i]
		exprs = append(exprs, &expr.Const{T: col.Type, D: types.Null})
		ids = append(ids, p.meta.Add(logical.ColInfo{Name: col.Name, T: col.Type}))
	}
	return exprs, ids
}

// extras are the FROM columns that RETURNING reads.
func extras(returning []expr.Expr, in logical.Node, except ...[]logical.ColID) []logical.ColID {
	skip := &logical.ColSet{}
	for _, l := range except {
		for _, c := range l {
			skip.Add(c)
		}
	}
	made := logical.Produced(in)
	var out []logical.ColID
	for _, e := range returning {
		logical.Free(e, func(c logical.ColID) {
			if made.Has(c) && !skip.Has(c) {
				skip.Add(c)
				out = append(out, c)
			}
		})
	}
	return out
}

// ofFamily is the column with the table of a row, none for a table without children.
func ofFamily(c logical.ColID) []logical.ColID {
	if c == 0 {
		return nil
	}
	return []logical.ColID{c}
}

func (p *planner) update(x *logical.Update) (*rel, error) {
	used := &logical.ColSet{}
	seen := slices.Clone(x.Returning)
	for _, c := range slices.Concat(x.Checks, x.Views) {
		seen = append(seen, c.Cond)
	}
	for _, e := range seen { // RETURNING reads the new row: unchanged columns come from the old one
		logical.Free(e, func(c logical.ColID) {
			for i, r := range x.Row {
				if r == c && x.Old[i] != 0 {
					used.Add(x.Old[i])
				}
			}
			used.Add(c)
		})
	}
	t := x.Write.Table
	fetched := p.fetched(x.Write, catalog.TriggerUpdate, x.Old, x.Set, used)
	more := extras(x.Returning, x.Input, x.Row, x.New)
	exprs, ids := p.oldRow(x.RowID, x.Old, fetched, t)
	for _, c := range slices.Concat(x.New, ofFamily(x.TableOID), more) {
		exprs, ids = append(exprs, p.meta.Column(c)), append(ids, c)
	}
	in, err := p.exactly(&logical.Project{Input: x.Input, Exprs: exprs, Out: ids}, ids)
	if err != nil {
		return nil, err
	}
	p.changes(x.Write)
	n := &physical.Update{Base: p.base(x.Out), Write: x.Write, Alias: x.Alias, Input: in.node, Set: x.Set, Fetched: fetched, Counts: x.Counts}
	if x.Returning != nil {
		at := layout(slices.Concat(x.Row, x.System, more))
		n.Returning = p.remapAll(x.Returning, at)
	}
	n.Checks, n.Views = p.rowChecks(x.Checks, x.Row), p.rowChecks(x.Views, x.Row)
	p.inherit(&n.Base, in, p.m.Fetch)
	p.plan.ReadOnly = false
	return &rel{n, x.Out}, nil
}

// rowChecks are checks over a row of the columns.
func (p *planner) rowChecks(l []physical.RowCheck, row []logical.ColID) []physical.RowCheck {
	if l == nil {
		return nil
	}
	out := slices.Clone(l)
	for i := range out {
		out[i].Cond = p.remap(out[i].Cond, row)
	}
	return out
}

func (p *planner) delete(x *logical.Delete) (*rel, error) {
	used := &logical.ColSet{}
	for _, e := range x.Returning {
		used.AddExpr(e)
	}
	t := x.Write.Table
	fetched := p.fetched(x.Write, catalog.TriggerDelete, x.Old, nil, used)
	more := extras(x.Returning, x.Input, x.Old)
	exprs, ids := p.oldRow(x.RowID, x.Old, fetched, t)
	for _, c := range slices.Concat(ofFamily(x.TableOID), more) {
		exprs, ids = append(exprs, p.meta.Column(c)), append(ids, c)
	}
	in, err := p.exactly(&logical.Project{Input: x.Input, Exprs: exprs, Out: ids}, ids)
	if err != nil {
		return nil, err
	}
	p.changes(x.Write)
	n := &physical.Delete{Base: p.base(x.Out), Write: x.Write, Alias: x.Alias, Input: in.node, Fetched: fetched, Counts: x.Counts, Most: p.remap(x.Most, nil)}
	if x.Returning != nil {
		at := layout(slices.Concat(x.Old, more))
		n.Returning = p.remapAll(x.Returning, at)
	}
	p.inherit(&n.Base, in, p.m.Fetch)
	p.plan.ReadOnly = false
	return &rel{n, x.Out}, nil
}
