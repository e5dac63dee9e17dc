package logical

import (
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// A nearest-neighbour order over a join can search the vector index only if the
// LIMIT may be taken before the join. It may when every row of the vector's table
// that has passed its conditions gives exactly one row of the join: the other
// tables are looked up by a unique key, and where the join is inner the row is
// first tested to have its partner (key IN (SELECT …)). Then
//
//	Limit k (Sort dist (L ⋈ R)) = Limit k (Sort dist (Limit k (Sort dist (σ L)) ⋈ R))
//
// and the inner Limit over Sort is a plain nearest-neighbour query under a filter.

// star is a join around the table that holds the vector.
type star struct {
	center Node // Scan or Filter over Scan
	scan   *Scan
	others []Node
	conds  []expr.Expr
	outer  []*Join // left joins with the optional side on the right
}

// limitBelowJoin rewrites l in place where the rule holds.
func (r *normalizer) limitBelowJoin(l *Limit) {
	if l.Limit == nil || l.WithTies != nil {
		return
	}
	s := sortOf(l.Input)
	if s == nil || len(s.Keys) != 1 || s.Keys[0].Desc || s.Keys[0].NullsFirst {
		return
	}
	key, n := s.Keys[0].Expr, s.Input
	for {
		p, ok := n.(*Project)
		if !ok {
			break
		}
		key, n = Substitute(key, p), p.Input
	}
	j, ok := n.(*Join)
	if !ok {
		return
	}
	st := &star{}
	call, ok := key.(*expr.Call)
	if !ok || call.Op == nil || len(call.Args) != 2 || OpClass(call.Op.Name) == "" || !st.collect(j) || !st.findCenter(call) {
		return
	}
	in, ok := r.oneRowEach(st)
	if !ok {
		return
	}
	conds := append([]expr.Expr(nil), in...)
	near := &Limit{Limit: sum(l.Limit, l.Offset), Input: &Sort{Keys: []SortKey{{Expr: key}}, Input: withConds(st.center, conds)}}
	replace(j, st.center, near)
}

func sortOf(n Node) *Sort {
	for {
		switch x := n.(type) {
		case *Sort:
			return x
		case *Project:
			n = x.Input
		default:
			return nil
		}
	}
}

// withConds adds conditions to a leaf without changing it: it is read elsewhere too.
func withConds(n Node, conds []expr.Expr) Node {
	if f, ok := n.(*Filter); ok {
		return &Filter{Input: f.Input, Conds: append(append([]expr.Expr(nil), f.Conds...), conds...)}
	}
	if len(conds) == 0 {
		return n
	}
	return &Filter{Input: n, Conds: conds}
}

// collect flattens inner joins, and left joins of a table on the right.
func (s *star) collect(n Node) bool {
	j, ok := n.(*Join)
	if !ok {
		if leafScan(n) == nil {
			return false
		}
		s.others = append(s.others, n)
		return true
	}
	switch j.Kind {
	case Inner:
		s.conds = append(s.conds, j.On...)
		return s.collect(j.Left) && s.collect(j.Right)
	case Left:
		if leafScan(j.Right) == nil {
			return false
		}
		s.outer = append(s.outer, j)
		return s.collect(j.Left)
	}
	return false
}

// leafScan is the table under at most one filter.
func leafScan(n Node) *Scan {
	if f, ok := n.(*Filter); ok {
		n = f.Input
	}
	s, _ := n.(*Scan)
	return s
}

// findCenter picks the leaf with the vector; the query vector must not depend on the join.
func (s *star) findCenter(call *expr.Call) bool {
	all := map[ColID]bool{}
	for _, n := range s.others {
		for c := range Produced(n) {
			all[c] = true
		}
	}
	for _, j := range s.outer {
		for c := range Produced(j.Right) {
			all[c] = true
		}
	}
	for i, n := range s.others {
		scan, own := leafScan(n), Produced(n)
		for side := range 2 {
			col, ok := call.Args[side].(*expr.Column)
			if !ok || !own[col.Index] || Uses(call.Args[1-side], func(c ColID) bool { return all[c] }) || IsVolatile(call) {
				continue
			}
			if !hasVectorIndex(scan, col.Index, OpClass(call.Op.Name)) {
				return false
			}
			s.center, s.scan = n, scan
			s.others = append(append([]Node(nil), s.others[:i]...), s.others[i+1:]...)
			return true
		}
	}
	return false
}

func hasVectorIndex(s *Scan, c ColID, class string) bool {
	for i, id := range s.Out {
		if id != c {
			continue
		}
		for _, x := range s.Table.Indexes {
			if x.IsVector() && x.Valid && len(x.Keys) == 1 && x.Keys[0].Attr == s.Attrs[i] && x.Keys[0].OpClass == class {
				return true
			}
		}
	}
	return false
}

// oneRowEach checks that each other table gives one row for a row of the center,
// and returns the tests that inner-joined partners exist.
func (r *normalizer) oneRowEach(s *star) ([]expr.Expr, bool) {
	own := Produced(s.center)
	var tests []expr.Expr
	placed := 0
	for _, n := range s.others {
		cols := Produced(n)
		var conds []expr.Expr
		for _, c := range s.conds {
			if !Uses(c, func(id ColID) bool { return cols[id] }) {
				continue
			}
			if Uses(c, func(id ColID) bool { return !cols[id] && !own[id] }) {
				return nil, false
			}
			conds = append(conds, c)
		}
		sub, ok := r.partner(leafScan(n), n, conds, cols)
		if !ok {
			return nil, false
		}
		placed += len(conds)
		tests = append(tests, sub)
	}
	for _, j := range s.outer {
		if !uniqueBy(leafScan(j.Right), equated(j.On, Produced(j.Right))) {
			return nil, false
		}
	}
	return tests, placed == len(s.conds)
}

// pair is an equality of a table's column with a value from outside.
type pair struct {
	col   *expr.Column
	value expr.Expr
	call  *expr.Call
}

// equated lists the equalities between the table's columns and other values.
func equated(conds []expr.Expr, cols map[ColID]bool) []pair {
	var out []pair
	for _, c := range conds {
		e, ok := c.(*expr.Call)
		if !ok || e.Op == nil || e.Op.Strategy != 3 || len(e.Args) != 2 {
			continue
		}
		for side := range 2 {
			col, ok := e.Args[side].(*expr.Column)
			v := e.Args[1-side]
			if ok && cols[col.Index] && !Uses(v, func(id ColID) bool { return cols[id] }) {
				out = append(out, pair{col, v, e})
				break
			}
		}
	}
	return out
}

// uniqueBy reports a unique key of the table among the equated columns.
func uniqueBy(s *Scan, pairs []pair) bool {
	has := func(attr int16) bool {
		for i, a := range s.Attrs {
			if a != attr {
				continue
			}
			for _, p := range pairs {
				if p.col.Index == s.Out[i] {
					return true
				}
			}
		}
		return false
	}
	if s.Table.PrimaryAttr != 0 && has(s.Table.PrimaryAttr) {
		return true
	}
	for _, x := range s.Table.Indexes {
		ok := x.Unique && x.Valid && x.Where == "" && s.Table.Kind == catalog.KindTable
		for _, k := range x.Keys {
			ok = ok && k.Attr != 0 && has(k.Attr)
		}
		if ok {
			return true
		}
	}
	return false
}

// partner is the test value IN (SELECT key FROM table WHERE its conditions); only
// a single equality and no other condition between the tables can be one.
func (r *normalizer) partner(s *Scan, n Node, conds []expr.Expr, cols map[ColID]bool) (expr.Expr, bool) {
	pairs := equated(conds, cols)
	if len(pairs) != 1 || len(conds) != 1 || !uniqueBy(s, pairs) || HasSubquery(conds[0]) {
		return nil, false
	}
	p := pairs[0]
	left := r.m.Add(ColInfo{T: p.value.Type()})
	test := *p.call
	test.Args = append([]expr.Expr(nil), p.call.Args...)
	for i, a := range test.Args {
		if a == p.value {
			test.Args[i] = r.m.Column(left)
		}
	}
	return &Subquery{Kind: expr.AnySub, Tree: n, Out: []ColID{p.col.Index}, Left: []expr.Expr{p.value}, LeftCols: []ColID{left},
		Test: &test, T: types.Of(types.BoolOID)}, true
}

// sum is LIMIT + OFFSET.
func sum(a, b expr.Expr) expr.Expr {
	if b == nil {
		return a
	}
	op, err := builtin.ResolveOp("pg_catalog", "+", types.Int8OID, types.Int8OID)
	if err != nil {
		return nil
	}
	return expr.Fold(&expr.Call{Fn: op.Op.Func, Op: op.Op, Args: []expr.Expr{a, b}, T: types.Of(types.Int8OID), Pos: -1})
}

// replace puts by in the place of what, somewhere below n.
func replace(n, what, by Node) {
	MapInputs(n, func(c Node) Node {
		if c == what {
			return by
		}
		if j, ok := c.(*Join); ok {
			replace(j, what, by)
		}
		return c
	})
}
