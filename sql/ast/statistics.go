package ast

import "strconv"

// CreateStatistics is CREATE STATISTICS, AlterStatistics is ALTER STATISTICS … SET
// STATISTICS.
type (
	CreateStatistics struct {
		At
		Name        QName
		IfNotExists bool
		Kinds       []string // nil: all that are
		Elems       []StatElem
		From        []TableExpr
	}
	// StatElem is a column, or an expression.
	StatElem struct {
		Column string
		Expr   Expr
	}
	AlterStatistics struct {
		At
		Name     QName
		IfExists bool
		Target   int64
	}
)

func (*CreateStatistics) stmt() {}
func (*AlterStatistics) stmt()  {}

func (p *printer) createStatistics(v *CreateStatistics) {
	p.s("CREATE STATISTICS ", []string{"", "IF NOT EXISTS "}[b2i(v.IfNotExists)])
	p.qname(v.Name)
	for i, k := range v.Kinds {
		p.s([]string{", ", " ("}[b2i(i == 0)])
		p.ident(k)
	}
	p.s([]string{"", ")"}[b2i(len(v.Kinds) > 0)], " ON ")
	for i, x := range v.Elems {
		if p.sep(i); x.Expr == nil {
			p.ident(x.Column)
			continue
		}
		p.s("(")
		p.expr(x.Expr)
		p.s(")")
	}
	p.s(" FROM ")
	for i, t := range v.From {
		p.sep(i)
		p.table(t)
	}
}

func (p *printer) alterStatistics(v *AlterStatistics) {
	p.s("ALTER STATISTICS ", []string{"", "IF EXISTS "}[b2i(v.IfExists)])
	p.qname(v.Name)
	p.s(" SET STATISTICS ", strconv.FormatInt(v.Target, 10))
}
