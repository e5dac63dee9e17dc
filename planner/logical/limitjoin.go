package logical

import (
	"slices"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/opclass"
	"github.com/loxodb/loxodb/sql/types"
)

// The LIMIT of an ordered join may be taken before the join when every row of one
// table, the center, gives exactly one row of the join and the order is the
// center's alone: the other tables are looked up by a unique key, and where the
// join is inner a row is first tested to have its partner (a foreign key says so,
// or EXISTS (SELECT …)). Then
//
//	Limit k (Sort o (C ⋈ R)) = Limit k (Sort o (Limit k (Sort o (σ C)) ⋈ R))
//
// and the inner Limit over Sort is a plain nearest-neighbour query under a filter,
// or the head of an index.

// star is a join around the center.
type star struct {
	center Node // Scan or Filter over Scan
	scan   *Scan
	others []Node
	conds  []expr.Expr
	outer  []*Join // left joins with the optional side on the right
}

// limitBelowJoin rewrites l in place where the rule holds and helps.
func (r *normalizer) limitBelowJoin(l *Limit) {
	if l.Limit == nil || l.WithTies != nil {
		return
	}
	s := sortOf(l.Input)
	if s == nil {
		return
	}
	keys, n := append([]SortKey(nil), s.Keys...), s.Input
	for {
		p, ok := n.(*Project)
		if !ok {
			break
		}
		for i := range keys {
			keys[i].Expr = Substitute(keys[i].Expr, p)
		}
		n = p.Input
	}
	j, ok := n.(*Join)
	if !ok {
		return
	}
	st := &star{}
	if !st.collect(j) || !st.findCenter(keys) {
		return
	}
	tests, ok := r.oneRowEach(st)
	if !ok || !st.helps(keys, len(tests)) {
		return
	}
	head := &Limit{Limit: sum(l.Limit, l.Offset), Input: &Sort{Keys: keys, Input: withConds(st.center, tests)}}
	if head.Limit != nil {
		replace(j, st.center, head)
	}
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
	if s != nil && len(s.Secure) > 0 { // it may lack rows
		return nil
	}
	return s
}

// findCenter picks the table whose columns, and no others, the order uses.
func (s *star) findCenter(keys []SortKey) bool {
	used := &ColSet{}
	for _, k := range keys {
		if IsVolatile(k.Expr) || hasCorrelated(k.Expr) {
			return false
		}
		Free(k.Expr, used.Add)
	}
	for i, n := range s.others {
		own, all := Produced(n), true
		any := false
		for c := range used.All() {
			any = any || own.Has(c)
			all = all && own.Has(c) || all && !s.produces(c)
		}
		if any && all {
			s.center, s.scan = n, leafScan(n)
			s.others = append(append([]Node(nil), s.others[:i]...), s.others[i+1:]...)
			return true
		}
	}
	return false
}

// hasCorrelated reports a subquery that depends on a row around it.
func hasCorrelated(e expr.Expr) bool {
	found := false
	Walk(e, func(n expr.Expr) bool {
		if _, ok := n.(*Subquery); ok {
			Free(n, func(ColID) { found = true })
		}
		return !found
	})
	return found
}

// produces reports a column of the join (not of a query around it).
func (s *star) produces(c ColID) bool {
	for _, n := range s.others {
		if Produced(n).Has(c) {
			return true
		}
	}
	for _, j := range s.outer {
		if Produced(j.Right).Has(c) {
			return true
		}
	}
	return false
}

// helps says whether the rows come in order cheaply: from a vector index, from an
// ordered one, or at least without a test of each row.
func (s *star) helps(keys []SortKey, tests int) bool {
	if tests == 0 {
		return true
	}
	switch k := keys[0].Expr.(type) {
	case *expr.Column:
		return leadsIndex(s.scan, nil, k.Index)
	case *expr.Call:
		if len(keys) != 1 || keys[0].Desc || keys[0].NullsFirst || k.Op == nil || len(k.Args) != 2 {
			return false
		}
		for _, a := range k.Args {
			if hasVectorIndex(s.scan, a, k) {
				return true
			}
		}
	}
	return false
}

// hasVectorIndex reports a vector index that may order by the distance of key, an
// operand of it: on the column that key is, or on an expression of its columns.
func hasVectorIndex(s *Scan, key expr.Expr, distance *expr.Call) bool {
	attrs := map[int16]bool{}
	for i, id := range s.Out {
		if Uses(key, func(c ColID) bool { return c == id }) {
			attrs[s.Attrs[i]] = true
		}
	}
	_, column := key.(*expr.Column)
	for _, x := range s.Table.Indexes {
		class, ok := opclass.Of(x)
		if !ok || !x.Usable() || !class.Orders(distance.Op.Name, distance.Op.Left) || column == x.OnExpression() {
			continue
		}
		if column && attrs[x.Keys[0].Attr] {
			return true
		}
		if !column && len(attrs) == len(x.Keys[0].Reads) && len(attrs) > 0 && attrs[x.Keys[0].Reads[0]] {
			return true
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
			if !Uses(c, func(id ColID) bool { return cols.Has(id) }) {
				continue
			}
			if Uses(c, func(id ColID) bool { return !cols.Has(id) && !own.Has(id) }) {
				return nil, false
			}
			conds = append(conds, c)
		}
		sub, ok := r.partner(s, n, conds, cols)
		if !ok {
			return nil, false
		}
		placed += len(conds)
		if sub != nil {
			tests = append(tests, sub)
		}
	}
	for _, j := range s.outer {
		cols := Produced(j.Right)
		if !uniqueBy(leafScan(j.Right), append(equated(j.On, cols), fixed(j.Right, cols)...)) {
			return nil, false
		}
	}
	return tests, placed == len(s.conds)
}

// pair is an equality of a table's column with a value from outside.
type pair struct {
	col   *expr.Column
	value expr.Expr
}

// equated lists the equalities between the table's columns and other values.
func equated(conds []expr.Expr, cols *ColSet) []pair {
	var out []pair
	for _, c := range conds {
		e, ok := c.(*expr.Call)
		if !ok || e.Op == nil || e.Op.Strategy != 3 || len(e.Args) != 2 {
			continue
		}
		for side := range 2 {
			col, ok := e.Args[side].(*expr.Column)
			v := e.Args[1-side]
			if ok && cols.Has(col.Index) && !Uses(v, func(id ColID) bool { return cols.Has(id) }) {
				out = append(out, pair{col, v})
				break
			}
		}
	}
	return out
}

// fixed lists the equalities of a leaf's own filter: columns that have one value.
func fixed(leaf Node, cols *ColSet) []pair {
	if f, ok := leaf.(*Filter); ok {
		return equated(f.Conds, cols)
	}
	return nil
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
	if s.Family != nil { // the keys of each of its tables are its own
		return false
	}
	if s.Table.PrimaryAttr != 0 && has(s.Table.PrimaryAttr) {
		return true
	}
	for _, x := range s.Table.Indexes {
		ok := x.Distinct() && x.Valid && x.Where == "" && s.Table.IsStored()
		for _, k := range x.Keys {
			ok = ok && k.Attr != 0 && has(k.Attr)
		}
		if ok {
			return true
		}
	}
	return false
}

// partner is the test EXISTS (SELECT FROM table WHERE its and the join's
// conditions), a probe of the unique key for each row of the center that is
// visited. nil: a foreign key makes the test unnecessary.
func (r *normalizer) partner(st *star, n Node, conds []expr.Expr, cols *ColSet) (expr.Expr, bool) {
	s, pairs := leafScan(n), equated(conds, cols)
	if !uniqueBy(s, append(pairs, fixed(n, cols)...)) || slices.ContainsFunc(conds, HasSubquery) {
		return nil, false
	}
	if _, bare := n.(*Scan); bare && len(conds) == 1 && !r.m.Midway && references(st.scan, pairs[0].value, s, pairs[0].col.Index) {
		return nil, true
	}
	return &Subquery{Kind: expr.ExistsSub, Tree: withConds(n, conds), T: types.Of(types.BoolOID)}, true
}

// references reports that a validated, immediate foreign key, past which no row was written,
// makes the NOT NULL column v of table from have its partner in column c of table to.
func references(from *Scan, v expr.Expr, to *Scan, c ColID) bool {
	col, ok := v.(*expr.Column)
	if !ok || from.Family != nil {
		return false
	}
	attr := func(s *Scan, id ColID) int16 {
		for i, o := range s.Out {
			if o == id {
				return s.Attrs[i]
			}
		}
		return 0
	}
	fa, ta := attr(from, col.Index), attr(to, c)
	def := from.Table.Column(fa)
	if def == nil || !def.NotNull {
		return false
	}
	for _, k := range from.Table.Constraints {
		if k.Kind == catalog.ForeignConstraint && k.Validated && !k.Unchecked && !k.Deferrable && k.RefTable == to.Table.ID &&
			len(k.Columns) == 1 && k.Columns[0] == fa && len(k.RefColumns) == 1 && k.RefColumns[0] == ta {
			return true
		}
	}
	return false
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
