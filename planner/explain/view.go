package explain

import (
	"fmt"
	"strings"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

// viewer turns plan nodes into items.
type viewer struct {
	p        *physical.Plan
	o        Options
	counters func(int) *Counters
	ctes     map[int]bool // shown already
	subs     map[int]bool
}

func newViewer(p *physical.Plan, o Options, counters func(int) *Counters) *viewer {
	return &viewer{p: p, o: o, counters: counters, ctes: map[int]bool{}, subs: map[int]bool{}}
}

func (v *viewer) plan() *item {
	root := v.node(v.p.Root, "")
	var first []*item
	for i := range v.p.CTEs { // WITH queries hang below the top node, as PostgreSQL shows them
		name := fmt.Sprintf("%d", i)
		find(v.p, i, &name)
		k := v.node(v.p.CTEs[i], "InitPlan")
		k.label = "CTE " + name
		first = append(first, k)
	}
	root.kids = append(first, root.kids...)
	return root
}

// find gives the name of WITH query n from a node that reads it.
func find(p *physical.Plan, n int, name *string) {
	var walk func(x physical.Node)
	walk = func(x physical.Node) {
		if c, ok := x.(*physical.CTEScan); ok && c.CTE == n {
			*name = c.Name
		}
		for _, k := range physical.Inputs(x) {
			walk(k)
		}
	}
	walk(p.Root)
	for _, x := range append(append([]physical.Node(nil), p.CTEs...), p.SubPlans...) {
		walk(x)
	}
}

// node shows n. Projections are not operators in PostgreSQL: they disappear into
// the node below, unless they are the whole plan (Result).
func (v *viewer) node(n physical.Node, rel string) *item {
	if p, ok := n.(*physical.Project); ok {
		it := v.node(p.Input, rel)
		v.output(it, p.Exprs, names(p.Input))
		v.subplans(it, p.Exprs...)
		if it.base == p.Input.Info() {
			b := *p.Info()
			it.base = &b
		}
		return it
	}
	it := &item{base: n.Info(), rel: rel}
	if v.counters != nil {
		it.c = v.counters(n.Info().ID)
	}
	v.fill(it, n)
	if v.o.Verbose && !has(it, "Output") && len(n.Info().Names) > 0 {
		it.props = append([]prop{{key: "Output", val: names(n)}}, it.props...)
		sortEarly(it)
	}
	return it
}

// sortEarly moves the properties that JSON writes first to the front.
func sortEarly(it *item) {
	var a, b []prop
	for _, p := range it.props {
		if early[p.key] {
			a = append(a, p)
		} else {
			b = append(b, p)
		}
	}
	it.props = append(a, b...)
}

func has(it *item, key string) bool {
	for _, p := range it.props {
		if p.key == key {
			return true
		}
	}
	return false
}

func (v *viewer) output(it *item, exprs []expr.Expr, names []string) {
	if !v.o.Verbose {
		return
	}
	out := make([]string, len(exprs))
	for i, e := range exprs {
		out[i] = expr.String(e, names)
	}
	for i := range it.props {
		if it.props[i].key == "Output" {
			it.props[i].val = out
			return
		}
	}
	it.props = append([]prop{{key: "Output", val: out}}, it.props...)
	sortEarly(it)
}

// child shows an input.
func (v *viewer) child(it *item, n physical.Node, rel string) {
	it.kids = append(it.kids, v.node(n, rel))
}

// cond adds a condition and the subplans in it.
func (v *viewer) cond(it *item, key string, e expr.Expr, names []string) {
	if e == nil {
		return
	}
	it.add(key, expr.String(e, names))
	if (key == "Filter" || key == "Join Filter") && v.o.Analyze && it.c != nil && it.c.Loops > 0 {
		if n := it.c.Removed / it.c.Loops; n > 0 || !v.o.Costs {
			it.add("Rows Removed by "+key, n)
		}
	}
	v.subplans(it, e)
}

// subplans hangs the plans of subqueries in expressions below the node.
func (v *viewer) subplans(it *item, exprs ...expr.Expr) {
	for _, e := range exprs {
		expr.Walk(e, func(x expr.Expr) bool {
			s, ok := x.(*expr.SubPlan)
			if !ok || v.subs[s.Plan] {
				return true
			}
			v.subs[s.Plan] = true
			rel, label := "SubPlan", fmt.Sprintf("SubPlan %d", s.Plan+1)
			if len(s.Args) == 0 && (s.Kind == expr.ScalarSub || s.Kind == expr.ArraySub || s.Kind == expr.ArraysSub || s.Kind == expr.ExistsSub) {
				rel, label = "InitPlan", fmt.Sprintf("InitPlan %d (returns $%d)", s.Plan+1, s.Plan)
			}
			k := v.node(v.p.SubPlans[s.Plan], rel)
			k.label = label
			if len(s.Args) > 0 {
				ahead(k, v.p.SubPlans[s.Plan])
			}
			it.kids = append(it.kids, k)
			return true
		})
	}
}

// table is relation for a table of the catalog.
func (v *viewer) table(it *item, t *catalog.Table, alias, on string) {
	schema := ""
	if v.o.Schema != nil {
		schema = v.o.Schema(t.Schema)
	}
	v.relation(it, schema, t.Name, alias, on)
}

// relation adds the table, with VERBOSE its schema if that is known, and the name it goes by.
func (v *viewer) relation(it *item, schema, name, alias, on string) {
	it.title = it.nodeType + on
	verbose := v.o.Verbose && schema != ""
	if verbose {
		it.title += builtin.QuoteIdent(schema) + "."
	}
	it.title += builtin.QuoteIdent(name)
	if alias != "" && alias != name {
		it.title += " " + builtin.QuoteIdent(alias)
	}
	it.addJSON("Relation Name", name)
	if verbose {
		it.addJSON("Schema", schema)
	}
	if alias == "" {
		alias = name
	}
	it.addJSON("Alias", alias)
}

// sortKey prints a key as PostgreSQL does, for which the node below computes it: in
// parentheses of its own unless it is a column.
func sortKey(e expr.Expr, names []string) string {
	s := expr.String(e, names)
	if columnName(s) {
		return s
	}
	return "(" + s + ")"
}

// columnName reports that a printed expression is a name, as t.a and "A".
func columnName(s string) bool {
	quoted := false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case quoted, c == '.', c == '_', c >= 'a' && c <= 'z', c >= 0x80, i > 0 && (c >= '0' && c <= '9' || c == '$'):
		default:
			return false
		}
	}
	return s != ""
}

// sortKeys prints the keys of a node that sorts.
func sortKeys(keys []physical.SortKey, names []string) []string { return keyList(keys, names, sortKey) }

func keyList(keys []physical.SortKey, names []string, show func(expr.Expr, []string) string) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		s := show(k.Expr, names)
		if k.Desc {
			s += " DESC"
		}
		if k.NullsFirst != k.Desc {
			if k.NullsFirst {
				s += " NULLS FIRST"
			} else {
				s += " NULLS LAST"
			}
		}
		out[i] = s
	}
	return out
}

func exprList(l []expr.Expr, names []string) []string {
	out := make([]string, len(l))
	for i, e := range l {
		out[i] = expr.String(e, names)
	}
	return out
}

// bounds prints what an index scan looks up: ((a = 1) AND (b > 2)).
func bounds(b *physical.Bounds, key func(i int) string) string {
	var terms []string
	for i, m := range b.Prefix {
		k := key(i)
		switch {
		case m.Null:
			terms = append(terms, "("+k+" IS NULL)")
		case m.Any:
			terms = append(terms, "("+k+" = ANY ("+expr.String(m.X, nil)+"))")
		default:
			terms = append(terms, "("+k+" = "+expr.String(m.X, nil)+")")
		}
	}
	k := key(len(b.Prefix))
	if b.Lo != nil {
		terms = append(terms, "("+k+opText(" > ", " >= ", b.LoInc)+expr.String(b.Lo, nil)+")")
	}
	if b.Hi != nil {
		terms = append(terms, "("+k+opText(" < ", " <= ", b.HiInc)+expr.String(b.Hi, nil)+")")
	}
	switch len(terms) {
	case 0:
		return ""
	case 1:
		return terms[0]
	}
	return "(" + strings.Join(terms, " AND ") + ")"
}

func opText(open, closed string, inc bool) string {
	if inc {
		return closed
	}
	return open
}

// keyName is a key column of an index as text.
func keyName(t *catalog.Table, x *catalog.Index) func(i int) string {
	return func(i int) string {
		if x == nil {
			if c := t.Column(t.PrimaryAttr); c != nil {
				return c.Name
			}
			return "rowid"
		}
		if i >= len(x.Keys) {
			return "?"
		}
		if k := x.Keys[i]; k.Attr != 0 {
			return t.Columns[k.Attr-1].Name
		}
		return "(" + x.Keys[i].Expr + ")"
	}
}

// names are a node's output columns as text: what projections and aggregates
// compute is written out, as PostgreSQL does.
func names(n physical.Node) []string {
	switch x := n.(type) {
	case *physical.Project:
		return exprList(x.Exprs, names(x.Input))
	case *physical.ProjectSet:
		return exprList(x.Exprs, names(x.Input))
	case *physical.Agg:
		in := names(x.Input)
		out := exprList(x.Groups, in)
		for i := range x.Aggs {
			out = append(out, aggText(&x.Aggs[i], in))
		}
		return out
	case *physical.Window:
		in := names(x.Input)
		out := append([]string(nil), in...)
		for i := range x.Calls {
			c := &x.Calls[i]
			out = append(out, aggText(&physical.AggCall{Fn: c.Fn, Args: c.Args, Filter: c.Filter}, in)+" OVER (?)")
		}
		return out
	case *physical.HashJoin:
		return joinNames(x.Kind, x.Left, x.Right)
	case *physical.NestLoop:
		return joinNames(x.Kind, x.Left, x.Right)
	case *physical.VectorSearch:
		out := append([]string(nil), x.Names...)
		if x.DistCol {
			out[len(out)-1] = orderText(x)
		}
		return out
	case *physical.Filter:
		return names(x.Input)
	case *physical.Sort:
		return names(x.Input)
	case *physical.Limit:
		return names(x.Input)
	case *physical.Unique:
		return names(x.Input)
	case *physical.HashDistinct:
		return names(x.Input)
	case *physical.LockRows:
		return names(x.Input)
	}
	return n.Info().Names
}

func joinNames(kind physical.JoinKind, l, r physical.Node) []string {
	out := append([]string(nil), names(l)...)
	if kind != physical.Semi && kind != physical.Anti {
		out = append(out, names(r)...)
	}
	return out
}

func aggText(a *physical.AggCall, in []string) string {
	var b strings.Builder
	b.WriteString(a.Fn.Name + "(")
	if a.Distinct {
		b.WriteString("DISTINCT ")
	}
	if len(a.Args) == 0 && a.Fn.Kind == 'a' {
		b.WriteString("*")
	}
	if a.Fn.AggKind == 'o' || a.Fn.AggKind == 'h' {
		b.WriteString(strings.Join(exprList(a.Direct, in), ", ") + ") WITHIN GROUP (")
	} else {
		b.WriteString(strings.Join(exprList(a.Args, in), ", "))
		if len(a.OrderBy) > 0 {
			b.WriteString(" ")
		}
	}
	if len(a.OrderBy) > 0 {
		b.WriteString("ORDER BY " + strings.Join(keyList(a.OrderBy, in, expr.String), ", "))
	}
	b.WriteString(")")
	if a.Filter != nil {
		b.WriteString(" FILTER (WHERE " + expr.String(a.Filter, in) + ")")
	}
	return b.String()
}
