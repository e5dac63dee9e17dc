package ast

// CreateAggregate is CREATE AGGREGATE. The old form names its input among the
// attributes and has no Params.
type CreateAggregate struct {
	At
	Replace bool
	Name    QName
	Params  []FuncParam
	// Direct is how many arguments stand before ORDER BY, −1 without that.
	Direct int
	Old    bool
	Defs   []Definition
}

func (*CreateAggregate) stmt() {}

func (p *printer) createAggregate(v *CreateAggregate) {
	p.s("CREATE ", []string{"", "OR REPLACE "}[b2i(v.Replace)], "AGGREGATE ")
	p.qname(v.Name)
	p.s(" ")
	if !v.Old {
		p.s("(")
		if len(v.Params) == 0 {
			p.s("*")
		}
		if v.Direct >= 0 {
			p.paramList(v.Params[:v.Direct])
			p.s([]string{"", " "}[b2i(v.Direct > 0)], "ORDER BY ")
			p.paramList(v.Params[v.Direct:])
		} else {
			p.paramList(v.Params)
		}
		p.s(") ")
	}
	p.definitions(v.Defs)
}
