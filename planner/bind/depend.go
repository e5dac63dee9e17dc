package bind

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// MySQL lets columns stand beside groups that are functions of the groups, by keys and by
// what the rows have in common: a unique key whose columns are known makes its whole row
// known, and so does an equality one side by the other. Such a column becomes a group, too,
// which makes no group another one.

// dependence is one such rule: whoever knows from knows to.
type dependence struct{ from, to []logical.ColID }

// follows reports that a column is a function of the groups in this way.
func (r *regroup) follows(c logical.ColID) bool {
	if !r.q.x.Dependents || len(r.q.groups) == 0 || r.agg.Sets != nil || !r.below[c] {
		return false
	}
	if r.known == nil {
		r.known = r.b.closure(r.b.dependences(nil, r.q.tree, false), r.agg)
	}
	if !r.known[c] {
		return false
	}
	r.agg.Groups, r.agg.GroupOut = append(r.agg.Groups, r.b.meta.Column(c)), append(r.agg.GroupOut, c)
	r.b.traceGroup(r.q, c)
	return true
}

// modeVariable is the setting that holds @@sql_mode.
const modeVariable = "mysql.sql_mode"

// anyValue is a value of some row of the group, where MySQL's mode lets a column stand beside
// groups that it is no function of; else nil. A query that is kept as text must say what it
// means in any mode.
func (r *regroup) anyValue(c *expr.Column) expr.Expr {
	if !r.q.x.Dependents || r.b.o.Trace != nil || r.b.o.Session == nil {
		return nil
	}
	mode, set := r.b.o.Session.Setting(modeVariable)
	if !set || strings.Contains(strings.ToLower(mode), "only_full_group_by") {
		return nil
	}
	id, ok := r.any[c.Index]
	if !ok {
		if r.any == nil {
			r.any = map[logical.ColID]logical.ColID{}
		}
		id = r.b.meta.Add(logical.ColInfo{Name: r.b.meta.Cols[c.Index].Name, T: c.T})
		r.any[c.Index] = id
		r.agg.Aggs = append(r.agg.Aggs, logical.AggCall{Fn: builtin.AnyValue, Args: []expr.Expr{c}, T: c.T})
		r.agg.AggOut = append(r.agg.AggOut, id)
	}
	return &expr.Column{Index: id, T: c.T, Name: c.Name}
}

// closure are the columns that the groups make known.
func (b *binder) closure(rules []dependence, agg *logical.Agg) map[logical.ColID]bool {
	known := map[logical.ColID]bool{}
	for _, g := range agg.Groups {
		if c, ok := g.(*expr.Column); ok && b.exact(c) {
			known[c.Index] = true
		}
	}
	unknown := func(c logical.ColID) bool { return !known[c] }
	for more := true; more; {
		more = false
		rules = slices.DeleteFunc(rules, func(d dependence) bool {
			if slices.ContainsFunc(d.from, unknown) {
				return false
			}
			for _, c := range d.to {
				known[c] = true
			}
			more = true
			return true
		})
	}
	return known
}

// dependences adds the rules that hold of the rows of n. Where they can be padded with
// NULLs, nothing is the same in all of them.
func (b *binder) dependences(rules []dependence, n logical.Node, padded bool) []dependence {
	switch x := n.(type) {
	case *logical.Scan:
		return append(rules, keyRules(x)...)
	case *logical.Filter:
		return b.equalities(b.dependences(rules, x.Input, padded), x.Conds, padded)
	case *logical.Sort:
		return b.dependences(rules, x.Input, padded)
	case *logical.Limit:
		return b.dependences(rules, x.Input, padded)
	case *logical.Project:
		rules = b.dependences(rules, x.Input, padded)
		for i, e := range x.Exprs {
			switch c, ok := e.(*expr.Column); {
			case ok:
				rules = append(rules, eachOther(c.Index, x.Out[i])...)
			case !logical.IsVolatile(e) && !logical.HasSubquery(e):
				rules = append(rules, dependence{from: columnsOf(e), to: x.Out[i : i+1]})
			}
		}
		return rules
	case *logical.CTERef:
		return b.cteRules(rules, x)
	case *logical.Agg:
		if x.Sets == nil {
			rules = append(rules, dependence{x.GroupOut, x.AggOut})
		}
	case *logical.Join:
		left, right := x.Kind == logical.Right || x.Kind == logical.Full, x.Kind == logical.Left || x.Kind == logical.Full
		rules = b.dependences(b.dependences(rules, x.Left, padded || left), x.Right, padded || right)
		switch x.Kind {
		case logical.Inner:
			return b.equalities(rules, x.On, padded)
		case logical.Left:
			return b.outerRules(rules, x.On, x.Right)
		case logical.Right:
			return b.outerRules(rules, x.On, x.Left)
		}
	}
	return rules
}

// cteRules adds the rules of a WITH query: each reference has columns of its own for all of it.
func (b *binder) cteRules(rules []dependence, x *logical.CTERef) []dependence {
	own := map[logical.ColID]logical.ColID{}
	renamed := func(list []logical.ColID) []logical.ColID {
		out := make([]logical.ColID, len(list))
		for i, c := range list {
			if own[c] == 0 {
				b.standIns--
				own[c] = b.standIns
			}
			out[i] = own[c]
		}
		return out
	}
	for _, d := range b.dependences(nil, x.CTE.Tree, false) {
		rules = append(rules, dependence{renamed(d.from), renamed(d.to)})
	}
	for i, c := range renamed(x.CTE.Out) {
		rules = append(rules, eachOther(c, x.Out[i])...)
	}
	return rules
}

// keyRules are those of a table's unique keys without NULLs.
func keyRules(s *logical.Scan) (rules []dependence) {
	if s.Family != nil {
		return nil
	}
	for _, x := range s.Table.Indexes {
		if !x.Distinct() || !x.Valid || x.Where != "" {
			continue
		}
		if from := keyColumns(s, x); from != nil {
			rules = append(rules, dependence{from, s.Out})
		}
	}
	if pk := s.Table.PrimaryKey(); pk != nil && !pk.Deferrable { // of the row's own number it has no index
		if from := scanned(s, pk.Columns); from != nil {
			rules = append(rules, dependence{from, s.Out})
		}
	}
	return rules
}

// keyColumns are the columns of a key; nil if one of them can be NULL or is none.
func keyColumns(s *logical.Scan, x *catalog.Index) []logical.ColID {
	var attrs []int16
	for i := range x.Keys {
		if c := s.Table.Column(x.Keys[i].Attr); c == nil || !c.NotNull || x.Keys[i].Order != "" {
			return nil // a key by an order takes values that differ for one
		}
		attrs = append(attrs, x.Keys[i].Attr)
	}
	return scanned(s, attrs)
}

// scanned are a scan's columns by their attributes; nil if it lacks one.
func scanned(s *logical.Scan, attrs []int16) (out []logical.ColID) {
	for _, a := range attrs {
		i := slices.Index(s.Attrs, a)
		if i < 0 {
			return nil
		}
		out = append(out, s.Out[i])
	}
	return out
}

// equalities adds the rules of the conditions that all rows fulfil.
func (b *binder) equalities(rules []dependence, conds []expr.Expr, padded bool) []dependence {
	for _, c := range conds {
		l, r := b.equality(c)
		lc, isLeft := l.(*expr.Column)
		rc, isRight := r.(*expr.Column)
		switch {
		case isLeft && isRight:
			rules = append(rules, eachOther(lc.Index, rc.Index)...)
		case isLeft && isFixed(r) && !padded:
			rules = append(rules, dependence{to: []logical.ColID{lc.Index}})
		case isRight && isFixed(l) && !padded:
			rules = append(rules, dependence{to: []logical.ColID{rc.Index}})
		}
	}
	return rules
}

// outerRules adds those of an outer join: what its condition reads of the other side says
// whether a row is padded, and else what its columns in equalities are.
func (b *binder) outerRules(rules []dependence, conds []expr.Expr, padded logical.Node) []dependence {
	own := logical.Produced(padded)
	var from []logical.ColID
	for _, c := range conds {
		if logical.IsVolatile(c) || logical.HasSubquery(c) {
			return rules
		}
		for _, id := range columnsOf(c) {
			if !own.Has(id) {
				from = append(from, id)
			}
		}
	}
	for _, c := range conds {
		l, r := b.equality(c)
		for _, sides := range [][2]expr.Expr{{l, r}, {r, l}} {
			col, ok := sides[0].(*expr.Column)
			if ok && own.Has(col.Index) && !logical.Uses(sides[1], own.Has) {
				rules = append(rules, dependence{from, []logical.ColID{col.Index}})
			}
		}
	}
	return rules
}

// equality are the sides of an equality of values that, being equal, are the same; nil of
// anything else.
func (b *binder) equality(e expr.Expr) (l, r expr.Expr) {
	c, ok := e.(*expr.Call)
	if !ok || c.Op == nil || c.Op.Name != "=" || c.Op.Strategy != 3 || len(c.Args) != 2 {
		return nil, nil
	}
	l, r = relabelled(c.Args[0]), relabelled(c.Args[1])
	lt, rt := l.Type().OID, r.Type().OID
	if lt == types.IntervalOID || lt != rt && !(isInteger(lt) && isInteger(rt)) && !(isString(lt) && isString(rt)) {
		return nil, nil
	}
	for _, e := range []expr.Expr{l, r} {
		if c, ok := e.(*expr.Column); ok && !b.exact(c) {
			return nil, nil
		}
	}
	return l, r
}

// exact reports a column whose values, being equal, are the same: no text that compares by
// anything but its bytes.
func (b *binder) exact(c *expr.Column) bool {
	if typeCollation(c.T) == 0 {
		return true
	}
	info := &b.meta.Cols[c.Index]
	if info.Table == nil {
		return false
	}
	col := info.Table.Column(info.Attr)
	return col != nil && (col.Collation == 0 || col.Collation == typeCollation(col.Type))
}

func isString(t types.OID) bool { return t == types.TextOID || t == types.VarcharOID }

func isInteger(t types.OID) bool {
	return t == types.Int2OID || t == types.Int4OID || t == types.Int8OID
}

func relabelled(e expr.Expr) expr.Expr {
	if r, ok := e.(*expr.Relabel); ok {
		return r.X
	}
	return e
}

// isFixed reports a value that is the same for all rows.
func isFixed(e expr.Expr) bool {
	switch e.(type) {
	case *expr.Const, *expr.Param:
		return true
	}
	return false
}

func eachOther(a, b logical.ColID) []dependence {
	l, r := []logical.ColID{a}, []logical.ColID{b}
	return []dependence{{l, r}, {r, l}}
}

func columnsOf(e expr.Expr) (out []logical.ColID) {
	logical.Walk(e, func(x expr.Expr) bool {
		if c, ok := x.(*expr.Column); ok {
			out = append(out, c.Index)
		}
		return true
	})
	return out
}

// traceGroup notes a group that is not written.
func (b *binder) traceGroup(q *selection, c logical.ColID) {
	t := b.trace()
	if t == nil {
		return
	}
	for _, it := range q.items {
		if it.rel == nil || it.name == "" {
			continue
		}
		for i := range it.cols {
			if col, ok := it.cols[i].e.(*expr.Column); ok && col.Index == c {
				ref := &ast.ColumnRef{At: ast.At{Pos: ast.NoPos}, Parts: []string{it.name, it.cols[i].name}}
				t.refs[ref] = it
				t.groups[q.x] = append(t.groups[q.x], ast.GroupItem{At: ref.At, Expr: ref})
				return
			}
		}
	}
}
