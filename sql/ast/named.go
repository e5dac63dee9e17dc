package ast

import "strconv"

// Named is a query whose output columns have the names, as a view gives them: all queries of a
// set operation have them (get_target_list).
func Named(q *Select, names []string) *Select {
	if q.SetOp != SetNone {
		c := *q
		c.OrderBy = append([]SortBy(nil), q.OrderBy...)
		for i := range c.OrderBy {
			c.OrderBy[i].Expr = numbered(q, c.OrderBy[i].Expr)
		}
		c.Left, c.Right = Named(q.Left, names), Named(q.Right, names)
		return &c
	}
	if q.Values != nil {
		return namedValues(q, names)
	}
	c := resolved(q)
	c.Targets = append([]Target(nil), q.Targets...)
	for i := range c.Targets {
		if i < len(names) {
			c.Targets[i].Name = names[i]
		}
	}
	return c
}

// namedValues is VALUES, as a query over it where its columns have other names than its own.
func namedValues(q *Select, names []string) *Select {
	plain := true
	outer := &Select{At: q.At, From: []TableExpr{&SubqueryRef{At: q.At, Listed: true, Query: q, Alias: &Alias{Name: "*VALUES*"}}}}
	for i, n := range names {
		column := "column" + strconv.Itoa(i+1)
		plain = plain && n == column
		outer.Targets = append(outer.Targets, Target{At: q.At, Name: n, Expr: &ColumnRef{At: q.At, Parts: []string{"*VALUES*", column}}})
	}
	if plain {
		return q
	}
	return outer
}

// resolved is a query whose keys are the expressions that they stand for, whatever its columns
// will be called.
func resolved(q *Select) *Select {
	c := *q
	c.OrderBy = append([]SortBy(nil), q.OrderBy...)
	for i := range c.OrderBy {
		c.OrderBy[i].Expr = settled(q, c.OrderBy[i].Expr)
	}
	c.DistinctOn = append([]Expr(nil), q.DistinctOn...)
	for i := range c.DistinctOn {
		c.DistinctOn[i] = settled(q, c.DistinctOn[i])
	}
	if q.DistinctOn == nil {
		c.DistinctOn = nil
	}
	c.GroupBy = settledItems(q, q.GroupBy)
	return &c
}

func settledItems(q *Select, list []GroupItem) []GroupItem {
	out := append([]GroupItem(nil), list...)
	for i := range out {
		if out[i].Expr != nil {
			out[i].Expr = settled(q, out[i].Expr)
		}
		out[i].Items = settledItems(q, out[i].Items)
	}
	return out
}

// settled is what a key stands for, no longer as the number of a column.
func settled(q *Select, e Expr) Expr {
	e = meant(q, e)
	if l, ok := e.(*Lit); ok && l.Kind == LitInt {
		c := *l
		c.Value = true
		return &c
	}
	return e
}

// numbered is a key of a set operation as the number of a column.
func numbered(q *Select, e Expr) Expr {
	if _, column := e.(*ColumnRef); !column {
		return e
	}
	if n, err := strconv.Atoi(outputNumber(q, e)); err == nil {
		return &Lit{At: At{Pos: NoPos}, Kind: LitInt, Int: int64(n)}
	}
	return e
}
