package logical

import (
	"slices"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// orToIn makes x = a OR x = b the list x IN (a, b), which an index can look up.
func orToIn(e expr.Expr) expr.Expr {
	o, ok := e.(*expr.Or)
	if !ok {
		return e
	}
	var left expr.Expr
	var list []expr.Expr
	for _, a := range o.Args {
		l, vals := equalities(a)
		if l == nil || IsVolatile(l) || left != nil && !Same(left, l) {
			return e
		}
		left = l
		for _, v := range vals {
			if v = sameType(v, l.Type()); v == nil {
				return e
			}
			list = append(list, v)
		}
	}
	t := left.Type().OID
	op := builtin.ExactOperator("=", t, t)
	if op == nil || op.Strategy != 3 {
		return e
	}
	return &expr.InList{L: left, List: list, Op: op}
}

// sameType is the value in the type of the column, nil when it is of another and
// not an integer constant that fits.
func sameType(v expr.Expr, t types.T) expr.Expr {
	if v.Type().OID == t.OID {
		return v
	}
	c, ok := v.(*expr.Const)
	if !ok || c.D.IsNull() {
		return nil
	}
	bits := map[types.OID]uint{types.Int2OID: 16, types.Int4OID: 32, types.Int8OID: 64}
	to, from := bits[t.OID], bits[c.T.OID]
	if to == 0 || from == 0 || c.D.Int()<<(64-to)>>(64-to) != c.D.Int() {
		return nil
	}
	return &expr.Const{T: types.Of(t.OID), D: c.D}
}

// equalities reads column = value or column IN (values) with values that are the
// same for all rows.
func equalities(e expr.Expr) (expr.Expr, []expr.Expr) {
	fixed := func(e expr.Expr) bool {
		switch e.(type) {
		case *expr.Const, *expr.Param:
			return true
		}
		return false
	}
	switch x := e.(type) {
	case *expr.InList:
		for _, v := range x.List {
			if !fixed(v) {
				return nil, nil
			}
		}
		if !x.Not {
			return x.L, x.List
		}
	case *expr.Call:
		if x.Op != nil && x.Op.Strategy == 3 && len(x.Args) == 2 && fixed(x.Args[1]) && !fixed(x.Args[0]) {
			return x.Args[0], x.Args[1:2]
		}
	}
	return nil, nil
}

// Transitive adds what equalities imply: from a = b and a = 5 follows b = 5. It
// returns only the new conditions.
func Transitive(conds []expr.Expr) []expr.Expr {
	type fact struct {
		col   *expr.Column
		value expr.Expr
	}
	var facts []fact
	for _, c := range conds {
		x, ok := c.(*expr.Call)
		if !ok || x.Op == nil || x.Op.Strategy != 3 || len(x.Args) != 2 {
			continue
		}
		col, ok := x.Args[0].(*expr.Column)
		if !ok {
			continue
		}
		switch x.Args[1].(type) {
		case *expr.Const, *expr.Param:
			if x.Args[1].Type().OID == col.T.OID {
				facts = append(facts, fact{col, x.Args[1]})
			}
		}
	}
	var out []expr.Expr
	for _, c := range conds {
		x, ok := c.(*expr.Call)
		if !ok || x.Op == nil || x.Op.Strategy != 3 || len(x.Args) != 2 {
			continue
		}
		a, okA := x.Args[0].(*expr.Column)
		b, okB := x.Args[1].(*expr.Column)
		if !okA || !okB || a.T.OID != b.T.OID {
			continue
		}
		for _, f := range facts {
			other := b
			if f.col.Index != a.Index {
				if other = a; f.col.Index != b.Index {
					continue
				}
			}
			n := &expr.Call{Fn: x.Fn, Op: x.Op, T: x.T, Pos: -1, Args: []expr.Expr{other, f.value}}
			known := false
			for _, k := range append(conds, out...) {
				known = known || Same(k, n)
			}
			if !known {
				out = append(out, n)
			}
		}
	}
	return out
}

// minMax answers min and max of whole tables, or of the rows with given values in
// the columns before in an index, from the ends of that index: each becomes
// (SELECT x FROM t WHERE … AND x IS NOT NULL ORDER BY x LIMIT 1).
func (r *normalizer) minMax(a *Agg) (Node, bool) {
	if len(a.Groups) > 0 || a.Sets != nil || len(a.Aggs) == 0 {
		return nil, false
	}
	s, conds, chain, ok := ScanChain(a.Input)
	if !ok || slices.ContainsFunc(conds, HasSubquery) || slices.ContainsFunc(conds, IsVolatile) {
		return nil, false
	}
	given := equated(conds, Produced(s))
	if len(given) != len(conds) {
		return nil, false
	}
	p := &Project{Input: &Values{Rows: [][]expr.Expr{{}}}, Out: a.AggOut}
	for i := range a.Aggs {
		g := &a.Aggs[i]
		if g.Fn.Schema != "pg_catalog" || g.Fn.Name != "min" && g.Fn.Name != "max" || g.Filter != nil || len(g.Args) != 1 {
			return nil, false
		}
		e := g.Args[0]
		for _, pr := range chain {
			e = Substitute(e, pr)
		}
		col, ok := e.(*expr.Column)
		if !ok || !leadsIndex(s, given, col.Index) || col.T.OID != g.T.OID {
			return nil, false
		}
		tree := &Limit{Limit: &expr.Const{T: types.Of(types.Int8OID), D: types.Int(1)}, Input: &Sort{Keys: []SortKey{{Expr: col, Desc: g.Fn.Name == "max", NullsFirst: g.Fn.Name == "max"}},
			Input: &Filter{Input: s, Conds: append(slices.Clone(conds), &expr.IsNull{X: col, Not: true})}}}
		p.Exprs = append(p.Exprs, &Subquery{Kind: expr.ScalarSub, Tree: tree, Out: []ColID{col.Index}, T: g.T})
	}
	return p, true
}

// leadsIndex reports an ordered index that begins with the given columns, in any
// order, and goes on with column c.
func leadsIndex(s *Scan, given []pair, c ColID) bool {
	attr := func(id ColID) int16 {
		for i, o := range s.Out {
			if o == id {
				return s.Attrs[i]
			}
		}
		return 0
	}
	last := attr(c)
	if last == 0 || !s.Table.IsStored() {
		return false
	}
	if len(given) == 0 && s.Table.PrimaryAttr == last {
		return true
	}
	for _, x := range s.Table.Indexes {
		n := len(given)
		if !x.Usable() || x.Method != "btree" || x.Where != "" || len(x.Keys) <= n || x.Keys[n].Attr != last || x.Keys[n].Order != "" {
			continue
		}
		covered := true
		for _, k := range x.Keys[:n] {
			covered = covered && k.Attr != 0 && slices.ContainsFunc(given, func(p pair) bool { return attr(p.col.Index) == k.Attr })
		}
		if covered {
			return true
		}
	}
	return false
}
