package logical

import (
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

// ReadBefore makes all parts of a normalised statement that writes see every table as
// it was before the statement: a transaction's reads see its own writes, so what one
// part reads of a table that another one writes becomes a WITH query of its own, which
// is listed in Meta.ReadFirst and read before the first write. A part reads its own
// table to the end before it writes; what it computes while it writes, as RETURNING,
// reads first, too.
func ReadBefore(n Node, m *Meta) Node {
	writers := map[catalog.ID]int{}
	note := func(n Node) {
		if t := WrittenTable(n); t != 0 {
			writers[t]++
		}
	}
	note(n)
	for _, c := range m.CTEs {
		if c.Write {
			note(c.Tree)
		}
	}
	if len(writers) == 0 {
		return n
	}
	for i := 0; i < len(m.CTEs); i++ {
		if c := m.CTEs[i]; !c.first && !(c.Inline && c.Refs == 1) {
			c.Tree = m.partBefore(c.Tree, writers)
		}
	}
	return m.partBefore(n, writers)
}

// partBefore is ReadBefore for one part of a statement.
func (m *Meta) partBefore(n Node, writers map[catalog.ID]int) Node {
	all := map[catalog.ID]bool{}
	for t := range writers {
		all[t] = true
	}
	own := WrittenTable(n)
	if own == 0 {
		return m.readBefore(n, all)
	}
	m.exprsBefore(n, all)
	if writers[own] == 1 {
		delete(all, own)
	}
	MapInputs(n, func(in Node) Node { return m.readBefore(in, all) })
	return n
}

// WrittenTable is the table that a tree writes, 0 for a query.
func WrittenTable(n Node) catalog.ID {
	switch x := n.(type) {
	case *Insert:
		return x.Write.Table.ID
	case *Update:
		return x.Write.Table.ID
	case *Delete:
		return x.Write.Table.ID
	case *Merge:
		return x.Write.Table.ID
	}
	return 0
}

// ReadsTable reports whether a tree reads a table, in subqueries and WITH queries, too.
func ReadsTable(n Node, table catalog.ID) bool {
	found := false
	Visit(n, func(n Node) {
		switch x := n.(type) {
		case *Scan:
			found = found || x.Table.ID == table
		case *CTERef:
			found = found || ReadsTable(x.CTE.Tree, table)
		}
	})
	VisitExprs(n, func(e expr.Expr) {
		Walk(e, func(e expr.Expr) bool {
			if q, ok := e.(*Subquery); ok && !found {
				found = ReadsTable(q.Tree, table)
			}
			return !found
		})
	})
	return found
}

func (m *Meta) readBefore(n Node, written map[catalog.ID]bool) Node {
	if len(written) == 0 {
		return n
	}
	switch x := n.(type) {
	case *Scan:
		if written[x.Table.ID] {
			return m.readFirst(x, nil)
		}
		m.exprsBefore(x, written)
		return x
	case *Filter:
		if s, ok := x.Input.(*Scan); ok && written[s.Table.ID] {
			own := Produced(s)
			now, later := split(x.Conds, func(c expr.Expr) bool {
				local := !HasSubquery(c) && !IsVolatile(c)
				Free(c, func(id ColID) { local = local && own.Has(id) })
				return local
			})
			rest := over(m.readFirst(s, now), later)
			m.exprsBefore(rest, written)
			return rest
		}
	}
	m.exprsBefore(n, written)
	MapInputs(n, func(in Node) Node { return m.readBefore(in, written) })
	return n
}

// exprsBefore is readBefore for the subqueries in a node's expressions.
func (m *Meta) exprsBefore(n Node, written map[catalog.ID]bool) {
	MapExprs(n, func(e expr.Expr) expr.Expr {
		Walk(e, func(e expr.Expr) bool {
			if s, ok := e.(*Subquery); ok {
				s.Tree = m.readBefore(s.Tree, written)
			}
			return true
		})
		return e
	})
}

// readFirst puts a table read into a WITH query.
func (m *Meta) readFirst(s *Scan, conds []expr.Expr) Node {
	c := &CTE{Name: s.Alias, Tree: over(s, conds), Out: s.Out, Refs: 1, Index: len(m.CTEs), first: true}
	m.CTEs = append(m.CTEs, c)
	m.ReadFirst = append(m.ReadFirst, c)
	return &CTERef{CTE: c, Out: s.Out}
}
