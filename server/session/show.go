package session

import (
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/syscat"
)

// shower writes stored SQL as pg_get_expr and pg_get_viewdef show it to the
// session: relations by the names that its search path finds.
type shower struct {
	s      *Session
	pretty bool
}

// printer shows definitions as the session sees them.
func (s *Session) printer(pretty bool) *syscat.Printer {
	x := shower{s, pretty}
	return &syscat.Printer{Catalog: s.Catalog(), Visible: s.visible, Pretty: pretty, Expr: x.expr, Query: x.query}
}

// ShowExpr implements builtin.Session.
func (s *Session) ShowExpr(text string, pretty bool) string { return shower{s, pretty}.expr(text) }

func (x shower) style() ast.Style { return ast.Style{Bare: x.pretty, Relation: x.relation} }

// relation leaves the schema out of a name that is visible without.
func (x shower) relation(q ast.QName) ast.QName {
	if sc, ok := x.s.Catalog().Schema(q.Schema); ok {
		if q.Schema = x.s.Catalog().NameForTemp(sc.ID); x.s.visible(sc.ID, q.Name) {
			q.Schema = ""
		}
	}
	return q
}

func (x shower) read(text string) *ast.Select {
	list, err := x.s.db.cfg.Parser.Parse(text)
	if err != nil || len(list) != 1 {
		return nil
	}
	q, _ := list[0].Stmt.(*ast.Select)
	return q
}

// expr shows an expression. The stored text is what is shown, but for the names
// of relations, superfluous parentheses, and what has lines of its own.
func (x shower) expr(text string) string {
	if !x.pretty && !strings.Contains(text, "::regclass") && !strings.Contains(text, "CASE ") {
		return text
	}
	q := x.read("SELECT " + text)
	if q == nil || len(q.Targets) != 1 {
		return text
	}
	return ast.PrintIn(q.Targets[0].Expr, x.style())
}

// query shows the query of a view whose columns have the names.
func (x shower) query(text string, columns []string) string {
	q := x.read(text)
	if q == nil {
		return text
	}
	return ast.PrintIn(ast.Named(q, columns), x.style())
}
