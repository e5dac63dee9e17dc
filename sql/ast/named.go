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

// ValuesName is what the rows of VALUES are called in definitions.
const ValuesName = "*VALUES*"

// namedValues is VALUES, as a query over it where its columns have other names than its own.
func namedValues(q *Select, names []string) *Select {
	for i, n := range names {
		if n != valuesColumn(i) {
			return OverValues(q, names)
		}
	}
	return q
}

// OverValues is a query over the rows of VALUES, for its clauses and with names for its columns,
// which have their own where there are fewer.
func OverValues(q *Select, names []string) *Select {
	rows := &Select{At: q.At, Values: q.Values}
	outer := *q
	outer.Values = nil
	outer.From = []TableExpr{&SubqueryRef{At: q.At, Listed: true, Query: rows, Alias: &Alias{Name: ValuesName}}}
	for i := range q.Values[0] {
		name := valuesColumn(i)
		t := Target{At: q.At, Name: name, Expr: &ColumnRef{At: q.At, Parts: []string{ValuesName, name}}}
		if i < len(names) {
			t.Name = names[i]
		}
		outer.Targets = append(outer.Targets, t)
	}
	return &outer
}

func valuesColumn(i int) string { return "column" + strconv.Itoa(i+1) }

// resolved is a query whose keys have the numbers of the columns that they are, whatever these
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

// settled is a key as the number of the column that it says it is.
func settled(q *Select, e Expr) Expr {
	if n := numberOf(q, e); n > 0 {
		return &Lit{At: At{Pos: NoPos}, Kind: LitInt, Int: int64(n)}
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
