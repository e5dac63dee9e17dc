package logical

import (
	"github.com/loxodb/loxodb/planner/physical"
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
		for _, t := range WrittenTables(n) {
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
	own := WrittenTables(n)
	if own == nil {
		return m.readBefore(n, all)
	}
	m.exprsBefore(n, all)
	for _, t := range own {
		if writers[t] == 1 {
			delete(all, t)
		}
	}
	MapInputs(n, func(in Node) Node { return m.readBefore(in, all) })
	return n
}

// WrittenTables are the tables that a tree writes, nil for a query.
func WrittenTables(n Node) []catalog.ID {
	var w *physical.TableWrite
	switch x := n.(type) {
	case *Insert:
		w = x.Write
	case *Update:
		w = x.Write
	case *Delete:
		w = x.Write
	case *Merge:
		w = x.Write
	default:
		return nil
	}
	list := []catalog.ID{w.Table.ID}
	if w.Family != nil {
		for i := range w.Family.Members {
			if id := w.Family.Members[i].Write.Table.ID; id != w.Table.ID {
				list = append(list, id)
			}
		}
	}
	return list
}

// reads reports that a scan reads one of the tables.
func (s *Scan) reads(tables map[catalog.ID]bool) bool {
	for _, t := range s.Family {
		if tables[t.ID] {
			return true
		}
	}
	return tables[s.Table.ID]
}

// ReadsTable reports whether a tree reads a table that is written, in subqueries and
// WITH queries, too.
func ReadsTable(n Node, tables ...catalog.ID) bool {
	set := map[catalog.ID]bool{}
	for _, t := range tables {
		set[t] = true
	}
	return readsTables(n, set)
}

func readsTables(n Node, tables map[catalog.ID]bool) bool {
	found := false
	Visit(n, func(n Node) {
		switch x := n.(type) {
		case *Scan:
			found = found || x.reads(tables)
		case *CTERef:
			found = found || readsTables(x.CTE.Tree, tables)
		}
	})
	VisitExprs(n, func(e expr.Expr) {
		Walk(e, func(e expr.Expr) bool {
			if q, ok := e.(*Subquery); ok && !found {
				found = readsTables(q.Tree, tables)
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
		if x.reads(written) {
			return m.readFirst(x, nil)
		}
		m.exprsBefore(x, written)
		return x
	case *Filter:
		if s, ok := x.Input.(*Scan); ok && s.reads(written) {
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

// RunFirst makes a WITH query be read to its end before anything else, after those of which
// that was said before.
func (m *Meta) RunFirst(c *CTE) {
	c.first = true
	m.ReadFirst = append(m.ReadFirst, c)
}

// readFirst puts a table read into a WITH query.
func (m *Meta) readFirst(s *Scan, conds []expr.Expr) Node {
	c := &CTE{Name: s.Alias, Tree: over(s, conds), Out: s.Out, Refs: 1, Index: len(m.CTEs)}
	m.CTEs = append(m.CTEs, c)
	m.RunFirst(c)
	return &CTERef{CTE: c, Out: s.Out}
}
