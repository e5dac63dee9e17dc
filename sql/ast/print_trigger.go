package ast

func (p *printer) createTrigger(v *CreateTrigger) {
	p.s("CREATE ", []string{"", "OR REPLACE "}[b2i(v.Replace)], []string{"", "CONSTRAINT "}[b2i(v.Constraint)], "TRIGGER ")
	p.ident(v.Name)
	p.s(" ", v.Timing, " ")
	for i, e := range v.Events {
		p.s([]string{"", " OR "}[b2i(i > 0)], e)
		if e == "UPDATE" && len(v.Columns) > 0 {
			p.s(" OF ")
			for k, c := range v.Columns {
				p.sep(k)
				p.ident(c)
			}
		}
	}
	p.s(" ON ")
	p.qname(v.Table)
	if v.From != nil {
		p.s(" FROM ")
		p.qname(*v.From)
	}
	switch {
	case v.InitiallyDeferred:
		p.s(" DEFERRABLE INITIALLY DEFERRED")
	case v.Deferrable:
		p.s(" DEFERRABLE")
	}
	for i, t := range v.Transitions {
		p.s([]string{" REFERENCING ", " "}[b2i(i > 0)], []string{"OLD ", "NEW "}[b2i(t.New)], []string{"ROW ", "TABLE "}[b2i(t.IsTable)])
		p.ident(t.Name)
	}
	p.s(" FOR EACH ", []string{"STATEMENT", "ROW"}[b2i(v.Row)])
	if v.When != nil {
		p.s(" WHEN (")
		p.expr(v.When)
		p.s(")")
	}
	p.s(" EXECUTE FUNCTION ")
	p.qname(v.Function)
	p.s("(")
	for i, a := range v.Args {
		p.sep(i)
		p.s(QuoteLiteral(a))
	}
	p.s(")")
}
