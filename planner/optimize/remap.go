package optimize

import (
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// frame is an operator that runs something once per row of its own: a nested
// loop's right side or a subquery of an expression. Columns that the inner tree
// misses become Exec slots that the frame sets.
type frame struct {
	at     layout // the row's layout
	slots  []int
	args   []expr.Expr
	byCol  map[logical.ColID]int
	sub    bool // a SubPlan: slots of frames further out are passed on, see below
	passed map[int]bool
	// sealed: nothing inside may look out (a materialised WITH query).
	sealed bool
}

func (p *planner) push(f *frame) { p.frames = append(p.frames, f) }
func (p *planner) pop()          { p.frames = p.frames[:len(p.frames)-1] }

// outer resolves a column through the frames, innermost first. A SubPlan without
// arguments runs once and keeps its result, so one that depends on a slot set
// further out names that slot as an argument.
func (p *planner) outer(c logical.ColID, t types.T) (expr.Expr, bool) {
	for i := len(p.frames) - 1; i >= 0; i-- {
		f := p.frames[i]
		pos, ok := f.at.at(c)
		if !ok {
			if f.sealed {
				return nil, false
			}
			continue
		}
		slot, ok := f.byCol[c]
		if !ok {
			slot = p.slot()
			if f.byCol == nil {
				f.byCol = map[logical.ColID]int{}
			}
			f.byCol[c] = slot
			f.slots = append(f.slots, slot)
			f.args = append(f.args, &expr.Column{Index: pos, T: t, Name: p.name(c)})
		}
		for _, g := range p.frames[i+1:] {
			if g.sub && !g.passed[slot] {
				if g.passed == nil {
					g.passed = map[int]bool{}
				}
				g.passed[slot] = true
				g.slots = append(g.slots, slot)
				g.args = append(g.args, &expr.Exec{N: slot, T: t, Name: p.name(c)})
			}
		}
		return &expr.Exec{N: slot, T: t, Name: p.name(c)}, true
	}
	return nil, false
}

func (p *planner) slot() int {
	p.plan.ExecSlots++
	return p.plan.ExecSlots - 1
}

func (p *planner) remapCol(c logical.ColID, t types.T, at layout) expr.Expr {
	if i, ok := at.at(c); ok {
		return &expr.Column{Index: i, T: t, Name: p.name(c)}
	}
	if e, ok := p.outer(c, t); ok {
		return e
	}
	if p.err == nil {
		p.err = pgerr.NotSupported(-1, "a reference to column \"%s\" from here is not supported", p.meta.Cols[c].Name)
	}
	return &expr.Const{T: t, D: types.Null}
}

// remap turns a logical expression into a physical one over a row layout.
func (p *planner) remap(e expr.Expr, at layout) expr.Expr {
	switch x := e.(type) {
	case nil:
		return nil
	case *expr.Column:
		return p.remapCol(x.Index, x.T, at)
	case *logical.Subquery:
		return p.subPlan(x, at)
	}
	return logical.Map(e, func(c expr.Expr) expr.Expr { return p.remap(c, at) })
}

func (p *planner) remapAll(l []expr.Expr, at layout) []expr.Expr {
	out := make([]expr.Expr, len(l))
	for i, e := range l {
		if e != nil {
			out[i] = p.remap(e, at)
		}
	}
	return out
}

func (p *planner) remapCond(conds []expr.Expr, at layout) expr.Expr {
	if len(conds) == 0 {
		return nil
	}
	return logical.Conjoin(p.remapAll(inOrderOfCost(conds), at))
}

func (p *planner) remapKeys(keys []logical.SortKey, at layout) []physical.SortKey {
	out := make([]physical.SortKey, len(keys))
	for i, k := range keys {
		out[i] = physical.SortKey{Expr: p.remap(k.Expr, at), Desc: k.Desc, NullsFirst: k.NullsFirst}
	}
	return out
}

// subPlan plans a subquery of an expression over rows with the layout.
func (p *planner) subPlan(x *logical.Subquery, at layout) expr.Expr {
	out := &expr.SubPlan{Kind: x.Kind, T: x.T, Left: p.remapAll(x.Left, at), Memo: !logical.IsVolatile(x)}
	f := &frame{at: at, sub: true}
	p.push(f)
	need := &logical.ColSet{}
	for _, c := range x.Out {
		need.Add(c)
	}
	tree := x.Tree
	if x.Kind == expr.ExistsSub {
		need = &logical.ColSet{}
		tree = logical.StripForExists(tree)
	}
	r, err := p.build(tree, need)
	if err == nil && x.Kind != expr.ExistsSub {
		r = p.exact(r, x.Out)
	}
	p.pop()
	if err != nil {
		if p.err == nil {
			p.err = err
		}
		return &expr.Const{T: x.T, D: types.Null}
	}
	out.Plan = len(p.plan.SubPlans)
	p.plan.SubPlans = append(p.plan.SubPlans, r.node)
	out.Slots, out.Args = f.slots, f.args
	if x.Test != nil {
		pair := layout(slices.Concat(x.LeftCols, x.Out))
		out.Test = p.remap(x.Test, pair)
	}
	return out
}

func quoteIdent(s string) string {
	plain := s != ""
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c == '_' || i > 0 && (c >= '0' && c <= '9' || c == '$') || c >= 0x80) {
			plain = false
		}
	}
	if plain || s == "" {
		return s
	}
	b := []byte{'"'}
	for i := 0; i < len(s); i++ {
		if s[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, s[i])
	}
	return string(append(b, '"'))
}
