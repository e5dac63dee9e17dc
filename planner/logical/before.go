package logical

import (
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

// ReadBefore makes the parts of a normalised statement whose WITH writes see
// every table as it was before the statement: a transaction's reads see its own
// writes, so what such a statement reads of a table that one of its WITH queries
// writes becomes a WITH query of its own, which is listed in Meta.ReadFirst and
// read before the first write. The binder has refused statements that change
// rows of such a table.
func ReadBefore(n Node, m *Meta) Node {
	written := map[catalog.ID]bool{}
	for i := 0; i < len(m.CTEs); i++ {
		c := m.CTEs[i]
		if c.Inline && c.Refs == 1 {
			continue
		}
		if c.Write {
			c.Tree = m.readBefore(c.Tree, written)
			written[WrittenTable(c.Tree)] = true
		}
	}
	if len(written) == 0 {
		return n
	}
	for _, c := range m.CTEs {
		if !c.Write && !c.first && !(c.Inline && c.Refs == 1) {
			c.Tree = m.readBefore(c.Tree, written)
		}
	}
	return m.readBefore(n, written)
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

func (m *Meta) readBefore(n Node, written map[catalog.ID]bool) Node {
	switch x := n.(type) {
	case *Scan:
		if written[x.Table.ID] {
			return m.readFirst(x, nil)
		}
		return x
	case *Filter:
		if s, ok := x.Input.(*Scan); ok && written[s.Table.ID] {
			own := Produced(s)
			now, later := split(x.Conds, func(c expr.Expr) bool {
				local := !HasSubquery(c) && !IsVolatile(c)
				Free(c, func(id ColID) { local = local && own.Has(id) })
				return local
			})
			n = over(m.readFirst(s, now), later)
			if len(later) == 0 {
				return n
			}
		}
	}
	MapExprs(n, func(e expr.Expr) expr.Expr {
		Walk(e, func(e expr.Expr) bool {
			if s, ok := e.(*Subquery); ok {
				s.Tree = m.readBefore(s.Tree, written)
			}
			return true
		})
		return e
	})
	MapInputs(n, func(in Node) Node { return m.readBefore(in, written) })
	return n
}

// readFirst puts a table read into a WITH query.
func (m *Meta) readFirst(s *Scan, conds []expr.Expr) Node {
	c := &CTE{Name: s.Alias, Tree: over(s, conds), Out: s.Out, Refs: 1, Index: len(m.CTEs), first: true}
	m.CTEs = append(m.CTEs, c)
	m.ReadFirst = append(m.ReadFirst, c)
	return &CTERef{CTE: c, Out: s.Out}
}
