package ast

import (
	"slices"
	"strings"
)

// How PrintIn writes what PostgreSQL keeps as something simpler.

// part is a keyword inside an expression: behind a blank, or on its own line.
func (p *printer) part(keyword string, before int) {
	if !p.lines || p.style.Flat {
		p.s(" ")
	}
	p.line(keyword, before, 0, 0)
}

// distinct writes IS [NOT] DISTINCT FROM.
func (p *printer) distinct(v *Distinct) {
	if p.lines && v.Schema == "" {
		if e := distinctAnalysed(v); e != Expr(v) {
			p.expr(e)
			return
		}
	}
	p.infix(v, v.Left, "IS "+notWord(v.Not)+"DISTINCT FROM", v.Right)
}

// analysed is an expression as the analysis of a query leaves it, where that is another one.
func analysed(e Expr) Expr {
	switch v := e.(type) {
	case *In:
		if v.Sub == nil && v.Schema == "" {
			return listAnalysed(v)
		}
		if v.Not && v.Schema == "" {
			c := *v
			c.Not = false
			return &BoolOp{At: v.At, Kind: Not, Args: []Expr{&c}}
		}
	case *Between:
		if v.Schema == "" {
			return betweenAnalysed(v)
		}
	case *Like:
		if !v.Mixed {
			return likeAnalysed(v)
		}
	case *Distinct:
		if v.Schema == "" {
			return distinctAnalysed(v)
		}
	case *Op:
		if all := rowsAnalysed(v); all != nil {
			return all
		}
	}
	return e
}

// distinctAnalysed is IS NOT DISTINCT FROM as what it denies, and IS DISTINCT FROM of two rows as
// one of their columns being so (make_row_distinct_op).
func distinctAnalysed(v *Distinct) Expr {
	if v.Not {
		c := *v
		c.Not = false
		return &BoolOp{At: v.At, Kind: Not, Args: []Expr{&c}}
	}
	l, left := v.Left.(*Row)
	r, right := v.Right.(*Row)
	if !left || !right || len(l.Args) != len(r.Args) || len(l.Args) == 0 {
		return v
	}
	var some Expr
	for i := range l.Args {
		one := &Distinct{At: v.At, Left: l.Args[i], Right: r.Args[i]}
		if some == nil {
			some = one
		} else {
			some = &BoolOp{At: v.At, Kind: Or, Args: []Expr{some, one}}
		}
	}
	return some
}

// inAnalysed writes IN of a query, or of constants as an array of them.
func (p *printer) inAnalysed(v *In) {
	if v.Sub != nil {
		if v.Not {
			c := *v
			c.Not = false
			p.expr(&BoolOp{At: v.At, Kind: Not, Args: []Expr{&c}})
			return
		}
		p.s("(")
		p.tested(v.Left, v)
		p.s(" IN (")
		p.nested(v.Sub, true)
		p.s("))")
		return
	}
	p.expr(listAnalysed(v))
}

// listAnalysed is IN of a list: what has no columns as an array of them, if there are several,
// then one comparison after the other (transformAExprIn).
func listAnalysed(v *In) Expr { return AsArray(v, nil) }

// AsArray is listAnalysed with the array converted to a type, nil for none.
func AsArray(v *In, array *TypeName) (all Expr) {
	op, kind := "=", Or
	if v.Not {
		op, kind = "<>", And
	}
	fixed, each := FixedItems(v)
	if _, row := v.Left.(*Row); row || len(fixed) < 2 {
		each = v.List
	} else {
		var right Expr = &Array{At: v.At, Elems: fixed}
		if array != nil {
			right = &Cast{At: v.At, X: right, To: *array}
		}
		all = &Quantified{At: v.At, All: v.Not, Op: op, Left: v.Left, Right: right}
	}
	for _, x := range each {
		one := &Op{At: v.At, Name: op, Left: v.Left, Right: x}
		if all == nil {
			all = one
		} else {
			all = &BoolOp{At: v.At, Kind: kind, Args: []Expr{all, one}, Apart: true}
		}
	}
	return all
}

// FixedItems divides the list of IN into what reads no columns and what does.
func FixedItems(v *In) (fixed, each []Expr) {
	for _, x := range v.List {
		if hasColumn(x) {
			each = append(each, x)
		} else {
			fixed = append(fixed, x)
		}
	}
	return fixed, each
}

// hasColumn reports an expression that reads a column.
func hasColumn(e Expr) (found bool) {
	Walk(e, func(n Node) bool {
		_, column := n.(*ColumnRef)
		found = found || column
		return !found
	})
	return found
}

// likeAnalysed is LIKE, ILIKE or SIMILAR TO as an operator.
func likeAnalysed(v *Like) *Op {
	name, pattern := []string{"~~", "!~~"}[b2i(v.Not)]+[]string{"", "*"}[b2i(v.CaseFold)], v.Pattern
	fn := &Func{At: v.At, Name: QName{Name: "like_escape"}, Args: []Expr{v.Pattern}}
	if v.Similar {
		name, pattern, fn.Name.Name = []string{"~", "!~"}[b2i(v.Not)], fn, "similar_to_escape"
	}
	if v.Escape != nil {
		fn.Args, pattern = append(fn.Args, v.Escape), fn
	}
	return &Op{At: v.At, Name: name, Left: v.Left, Right: pattern}
}

// betweenAnalysed is BETWEEN as two comparisons.
func betweenAnalysed(v *Between) Expr {
	kind, lo, hi := And, ">=", "<="
	if v.Not {
		kind, lo, hi = Or, "<", ">"
	}
	within := func(a, b Expr) Expr {
		return &BoolOp{At: v.At, Kind: kind, Args: []Expr{
			&Op{At: v.At, Name: lo, Left: v.X, Right: a}, &Op{At: v.At, Name: hi, Left: v.X, Right: b}}}
	}
	if !v.Symmetric {
		return within(v.Lo, v.Hi)
	}
	other := []BoolKind{And: Or, Or: And}[kind]
	return &BoolOp{At: v.At, Kind: other, Args: []Expr{within(v.Lo, v.Hi), within(v.Hi, v.Lo)}}
}

// relationLit is the literal of 'name'::regclass as the style names relations.
func (p *printer) relationLit(l *Lit, to *TypeName) *Lit {
	if name := to.Name.Name; p.style.Constant != nil && l.Kind == LitString && name != "regclass" && strings.HasPrefix(name, "reg") && len(to.ArrayDims) == 0 {
		c := *l
		c.Text = p.style.Constant(name, l.Text)
		return &c
	}
	if p.style.Relation == nil || l.Kind != LitString || to.Name.Name != "regclass" || len(to.ArrayDims) > 0 {
		return l
	}
	q, ok := SplitName(l.Text)
	if !ok {
		return l
	}
	c := *l
	c.Text = p.apart(func() { p.qname(p.style.Relation(q)) })
	return &c
}

// SplitName reads a relation's name as quoted in text: a, a.b, "A"."b".
func SplitName(text string) (q QName, ok bool) {
	var parts []string
	for i := 0; ; i++ {
		part := ""
		if i < len(text) && text[i] == '"' {
			for i++; i < len(text); i++ {
				if text[i] == '"' {
					if i+1 == len(text) || text[i+1] != '"' {
						break
					}
					i++
				}
				part += text[i : i+1]
			}
			i++
		} else {
			for i < len(text) && text[i] != '.' {
				part += text[i : i+1]
				i++
			}
		}
		if parts = append(parts, part); part == "" {
			return q, false
		}
		if i >= len(text) {
			break
		}
		if text[i] != '.' {
			return q, false
		}
	}
	switch len(parts) {
	case 1:
		return QName{Name: parts[0]}, true
	case 2:
		return QName{Schema: parts[0], Name: parts[1]}, true
	}
	return q, false
}

// rowsAnalysed is the equality of rows as that of their columns, nil for all else.
func rowsAnalysed(v *Op) Expr {
	l, left := v.Left.(*Row)
	r, right := v.Right.(*Row)
	if !left || !right || len(l.Args) != len(r.Args) || len(l.Args) == 0 {
		return nil
	}
	all := &BoolOp{At: v.At, Kind: And}
	switch v.Name {
	case "=":
	case "<>":
		all.Kind = Or
	case "<", "<=", ">", ">=":
		if len(l.Args) > 1 {
			return nil
		}
	default:
		return nil
	}
	if all.Args = columnsCompared(v, l, r); len(all.Args) == 1 {
		return all.Args[0]
	}
	return all
}

// ordersRows reports the order of two rows, which stands in parentheses always.
func ordersRows(v *Op) bool {
	l, left := v.Left.(*Row)
	r, right := v.Right.(*Row)
	return left && right && len(l.Args) == len(r.Args) && len(l.Args) > 1 && slices.Contains([]string{"<", "<=", ">", ">="}, v.Name)
}

// columnsCompared are the comparisons of the columns of two rows.
func columnsCompared(v *Op, l, r *Row) (out []Expr) {
	for i := range l.Args {
		out = append(out, &Op{At: v.At, Schema: v.Schema, Name: v.Name, Left: l.Args[i], Right: r.Args[i]})
	}
	return out
}

// tested writes what is looked for among the rows of a query.
func (p *printer) tested(e, parent Expr) {
	if r, ok := e.(*Row); ok {
		p.call("", r.Args)
		return
	}
	p.operand(e, parent)
}

// rowOfQuery writes the comparison of a row with the one that a query gives, and reports whether
// it is one.
func (p *printer) rowOfQuery(v *Op) bool {
	q, query := v.Right.(*Subquery)
	if l, ok := v.Left.(*Row); !ok || !query || len(l.Args) < 2 || q.Kind != ScalarSub {
		return false
	}
	p.s("(")
	p.tested(v.Left, v)
	p.s(" ", p.operatorName(v.Schema, v.Name), " (")
	p.nested(q.Query, true)
	p.s("))")
	return true
}

// quantifiedAnalysed writes ANY and ALL of a query: = ANY is IN.
func (p *printer) quantifiedAnalysed(v *Quantified) {
	name := p.operatorName(v.Schema, v.Op)
	if name == "=" && !v.All {
		p.inAnalysed(&In{At: v.At, Left: v.Left, Sub: v.Sub})
		return
	}
	p.s("(")
	p.tested(v.Left, v)
	p.s(" ", name, []string{" ANY (", " ALL ("}[b2i(v.All)])
	p.nested(v.Sub, true)
	p.s("))")
}

// functionAnalysed is a function in FROM as it is kept: LATERAL where it reads what stands
// beside it, several unnests as one.
func (p *printer) functionAnalysed(f *FuncRef) *FuncRef {
	c := *f
	for i := range f.Funcs {
		Walk(f.Funcs[i].Call, func(n Node) bool {
			if ref, ok := n.(*ColumnRef); ok && len(ref.Parts) > 1 && p.beside[ref.Parts[0]] != nil {
				c.Lateral = true
			}
			return true
		})
	}
	if len(f.Funcs) == 1 && len(f.Funcs[0].ColDefs) == 0 {
		c.RowsFrom = false
	}
	var arrays []Expr
	for i := range f.Funcs {
		call, ok := f.Funcs[i].Call.(*Func)
		if !ok || call.Name.Name != "unnest" || len(f.Funcs[i].ColDefs) > 0 || len(call.Args) != 1 && len(f.Funcs) > 1 {
			return &c
		}
		arrays = append(arrays, call.Args...)
	}
	if len(arrays) > 1 {
		c.RowsFrom = false
		c.Funcs = []FuncItem{{Call: &Func{At: f.At, Name: QName{Name: "unnest"}, Args: arrays, Explicit: true}}}
	}
	return &c
}

// names adds the items of FROM by their names.
func names(set map[string]TableExpr, list []TableExpr) map[string]TableExpr {
	if set == nil {
		set = map[string]TableExpr{}
	}
	for _, t := range list {
		switch v := t.(type) {
		case *Join:
			names(set, []TableExpr{v.Left, v.Right})
			if v.Alias != nil {
				set[v.Alias.Name] = v
			}
		default:
			set[itemName(t)] = t
		}
	}
	return set
}

// itemName is what an item of FROM is called.
func itemName(t TableExpr) string {
	var a *Alias
	switch v := t.(type) {
	case *TableRef:
		if a = v.Alias; a == nil {
			return v.Name.Name
		}
	case *SubqueryRef:
		a = v.Alias
	case *FuncRef:
		a = v.Alias
	case *Sample:
		return itemName(v.Table)
	}
	if a == nil {
		return ""
	}
	return a.Name
}

// locksAnalysed are the locks of a query, one a relation.
func locksAnalysed(q *Select) (out []Locking) {
	add := func(name string, l Locking) {
		for i := range out {
			if o := &out[i]; o.Of[0].Name == name {
				o.Strength, o.NoWait = max(o.Strength, l.Strength), o.NoWait || l.NoWait
				o.Skip = !o.NoWait && (o.Skip || l.Skip)
				return
			}
		}
		l.Of = []QName{{Name: name}}
		out = append(out, l)
	}
	var all func(list []TableExpr, l Locking)
	all = func(list []TableExpr, l Locking) {
		for _, t := range list {
			switch v := t.(type) {
			case *Join:
				all([]TableExpr{v.Left, v.Right}, l)
			case *Sample:
				all([]TableExpr{v.Table}, l)
			case *TableRef:
				if v.Name.Schema != "" { // else it is of WITH
					add(itemName(t), l)
				}
			case *SubqueryRef:
				add(itemName(t), l)
			}
		}
	}
	for _, l := range q.Locking {
		if len(l.Of) == 0 {
			all(q.From, l)
		}
		for _, of := range l.Of {
			add(of.Name, l)
		}
	}
	return out
}

// usual is an order without the operators that ASC and DESC stand for.
func usual(o SortBy) SortBy {
	switch o.Using {
	case ">":
		o.Using, o.Desc = "", true
	case "<":
		o.Using = ""
	case "":
	default: // PostgreSQL is exact then
		if o.Nulls == NullsDefault && strings.HasPrefix(strings.TrimLeft(o.Using, "~*"), ">") {
			o.Nulls = NullsFirst
		} else if o.Nulls == NullsDefault {
			o.Nulls = NullsLast
		}
	}
	return o
}
