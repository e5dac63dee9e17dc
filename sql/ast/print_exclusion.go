package ast

// exclusion writes an exclusion constraint.
func (p *printer) exclusion(c Constraint) {
	p.s("EXCLUDE")
	if c.Method != "" {
		p.s(" USING ")
		p.ident(c.Method)
	}
	p.s(" (")
	for i, el := range c.Elems {
		if i > 0 {
			p.s(", ")
		}
		p.indexElem(el)
		p.s(" WITH ")
		if op := c.Operators[i]; op.Schema != "" {
			p.s("OPERATOR(", QuoteIdent(op.Schema), ".", op.Name, ")")
		} else {
			p.s(op.Name)
		}
	}
	p.s(")")
	if len(c.Including) > 0 {
		p.s(" INCLUDE")
		p.parenIdents(c.Including)
	}
	p.with(c.With)
	if c.Where != nil {
		p.s(" WHERE (")
		p.bare(c.Where)
		p.s(")")
	}
}
