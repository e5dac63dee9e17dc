package ast

// function writes the statements about functions; false for others.
func (p *printer) function(s Stmt) bool {
	switch v := s.(type) {
	case *CreateFunction:
		p.createFunction(v)
	case *AlterFunction:
		p.s("ALTER ", string(v.Kind), " ")
		p.routine(v.Name, v.Args)
		p.funcOptions(v.Options)
	case *Do:
		p.s("DO LANGUAGE ")
		p.ident(v.Language)
		if v.HasCode {
			p.s(" ", QuoteLiteral(v.Code))
		}
	case *Call:
		p.s("CALL ")
		p.expr(v.Func)
	default:
		return false
	}
	return true
}

// routine writes a function's name with the argument types that were written.
func (p *printer) routine(name QName, args []TypeName) {
	p.qname(name)
	p.argTypes([][]TypeName{args}, 0)
}

func (p *printer) createFunction(v *CreateFunction) {
	p.s("CREATE ", []string{"", "OR REPLACE "}[b2i(v.Replace)], []string{"FUNCTION ", "PROCEDURE "}[b2i(v.Procedure)])
	p.qname(v.Name)
	table := p.params(v.Params)
	if table {
		p.s(" RETURNS TABLE (")
		n := 0
		for _, x := range v.Params {
			if x.Mode == 't' {
				p.sep(n)
				n++
				p.ident(x.Name)
				p.s(" ")
				p.typeName(x.Type)
			}
		}
		p.s(")")
	} else if v.Returns != nil {
		p.s(" RETURNS ")
		p.typeName(*v.Returns)
	}
	p.funcOptions(v.Options)
	switch {
	case v.Return != nil:
		p.s(" RETURN ")
		p.expr(v.Return)
	case v.Atomic:
		p.s(" BEGIN ATOMIC ")
		for _, x := range v.Body {
			p.stmt(x)
			p.s("; ")
		}
		p.s("END")
	}
}

// params writes the parameters and reports columns of RETURNS TABLE among them.
func (p *printer) params(list []FuncParam) (table bool) {
	p.s("(")
	table = p.paramList(list)
	p.s(")")
	return table
}

func (p *printer) paramList(list []FuncParam) (table bool) {
	n := 0
	for _, x := range list {
		if x.Mode == 't' {
			table = true
			continue
		}
		p.sep(n)
		n++
		p.s(map[byte]string{'o': "OUT ", 'b': "INOUT ", 'v': "VARIADIC "}[x.Mode])
		if x.Name != "" {
			p.ident(x.Name)
			p.s(" ")
		}
		p.typeName(x.Type)
		if x.Default != nil {
			p.s(" DEFAULT ")
			p.expr(x.Default)
		}
	}
	return table
}

func (p *printer) funcOptions(list []FuncOption) {
	for i := range list {
		o := &list[i]
		p.s(" ")
		switch o.Name {
		case "as":
			p.s("AS ")
			for k, x := range o.Code {
				p.sep(k)
				p.s(QuoteLiteral(x))
			}
		case "language", "parallel", "support":
			p.s(map[string]string{"language": "LANGUAGE ", "parallel": "PARALLEL ", "support": "SUPPORT "}[o.Name])
			p.ident(o.Text)
		case "volatility":
			p.s(map[string]string{"immutable": "IMMUTABLE", "stable": "STABLE", "volatile": "VOLATILE"}[o.Text])
		case "strict":
			p.s([]string{"CALLED ON NULL INPUT", "STRICT"}[b2i(o.On)])
		case "security":
			p.s("SECURITY ", []string{"INVOKER", "DEFINER"}[b2i(o.On)])
		case "leakproof":
			p.s([]string{"NOT ", ""}[b2i(o.On)], "LEAKPROOF")
		case "window":
			p.s("WINDOW")
		case "cost", "rows":
			p.s(map[string]string{"cost": "COST ", "rows": "ROWS "}[o.Name], o.Num)
		case "set":
			p.set(o.Set)
		}
	}
}
