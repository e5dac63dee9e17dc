package optimize

import (
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

// merge plans MERGE over the join of its source with its target.
func (p *planner) merge(x *logical.Merge) (*rel, error) {
	used := &logical.ColSet{}
	var all []expr.Expr
	for i := range x.Whens {
		w := &x.Whens[i]
		all = append(all, w.Values...)
		if w.Cond != nil {
			all = append(all, w.Cond)
		}
	}
	for i := range x.Whens {
		for _, c := range x.Whens[i].Using {
			all = append(all, c.Cond)
		}
		for _, c := range x.Whens[i].Checks {
			logical.Free(c.Cond, func(id logical.ColID) {
				if k := slices.Index(x.Row, id); k >= 0 && x.Old[k] != 0 {
					used.Add(x.Old[k])
				}
			})
		}
	}
	for _, e := range all {
		used.AddExpr(e)
	}
	t := x.Write.Table
	fetched := make([]bool, len(x.Old))
	for i := range x.Whens { // what any of the actions needs of the old row
		if !x.Whens[i].Matched {
			continue
		}
		event := catalog.TriggerUpdate
		if x.Whens[i].Action == physical.MergeDelete {
			event = catalog.TriggerDelete
		}
		for k, f := range p.fetched(x.Write, event, x.Old, x.Whens[i].Set, used) {
			fetched[k] = fetched[k] || f
		}
	}
	more := extras(all, x.Input, x.Old)
	exprs, ids := p.oldRow(x.RowID, x.Old, fetched, t)
	for _, c := range append(ofFamily(x.TableOID), more...) {
		exprs, ids = append(exprs, p.meta.Column(c)), append(ids, c)
	}
	in, err := p.exactly(&logical.Project{Input: x.Input, Exprs: exprs, Out: ids}, ids)
	if err != nil {
		return nil, err
	}
	p.changes(x.Write)
	n := &physical.Merge{Base: p.base(nil), Write: x.Write, Alias: x.Alias, Input: in.node}
	at := layout(ids)
	for _, w := range x.Whens {
		n.Whens = append(n.Whens, physical.MergeWhen{Matched: w.Matched, Action: w.Action, Cond: p.remap(w.Cond, at),
			Set: w.Set, Values: p.remapAll(w.Values, at),
			Using: p.rowChecks(w.Using, at), Checks: p.rowChecks(w.Checks, x.Row)})
	}
	p.inherit(&n.Base, in, p.m.Fetch)
	p.plan.ReadOnly = false
	p.writes(t)
	return &rel{n, nil}, nil
}
