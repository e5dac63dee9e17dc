package ast

// How PrintIn writes what PostgreSQL keeps as something simpler.

// part is a keyword inside an expression: behind a blank, or on its own line.
func (p *printer) part(keyword string, before int) {
	if !p.lines {
		p.s(" ")
	}
	p.line(keyword, before, 0, 0)
}

// distinct writes IS [NOT] DISTINCT FROM.
func (p *printer) distinct(v *Distinct) {
	if v.Not && p.lines {
		c := *v
		c.Not = false
		p.expr(&BoolOp{At: v.At, Kind: Not, Args: []Expr{&c}})
		return
	}
	p.infix(v, v.Left, "IS "+notWord(v.Not)+"DISTINCT FROM", v.Right)
}

// inAnalysed writes IN of a query, or of constants as an array of them.
func (p *printer) inAnalysed(v *In) {
	if v.Sub != nil {
		if v.Not {
			c := *v
			c.Not = false
			p.expr(&BoolOp{At: v.At, Kind: Not, Args: []Expr{&c}})
			return
		}
		p.s("(")
		p.expr(v.Left)
		p.s(" IN (")
		p.subquery(v.Sub)
		p.s("))")
		return
	}
	op := []string{"=", "<>"}[b2i(v.Not)]
	if len(v.List) == 1 {
		p.expr(&Op{At: v.At, Name: op, Left: v.Left, Right: v.List[0]})
		return
	}
	for _, x := range v.List {
		if c, ok := x.(*Cast); ok {
			x = c.X
		}
		if _, ok := x.(*Lit); !ok {
			p.inCompared(v, op)
			return
		}
	}
	p.expr(&Quantified{At: v.At, All: v.Not, Op: op, Left: v.Left, Right: &Array{At: v.At, Elems: v.List}})
}

// inCompared writes IN of a list that is not of constants as comparisons.
func (p *printer) inCompared(v *In, op string) {
	all := &BoolOp{At: v.At, Kind: Or}
	if v.Not {
		all.Kind = And
	}
	for _, x := range v.List {
		all.Args = append(all.Args, &Op{At: v.At, Name: op, Left: v.Left, Right: x})
	}
	p.expr(all)
}

// likeAnalysed writes LIKE and ILIKE as operators.
func (p *printer) likeAnalysed(v *Like) bool {
	if v.Similar || v.Escape != nil {
		return false
	}
	name := []string{"~~", "!~~"}[b2i(v.Not)] + []string{"", "*"}[b2i(v.CaseFold)]
	p.expr(&Op{At: v.At, Name: name, Left: v.Left, Right: v.Pattern})
	return true
}

// betweenAnalysed is BETWEEN as two comparisons.
func betweenAnalysed(v *Between) Expr {
	kind, lo, hi := And, ">=", "<="
	if v.Not {
		kind, lo, hi = Or, "<", ">"
	}
	return &BoolOp{At: v.At, Kind: kind, Args: []Expr{
		&Op{At: v.At, Name: lo, Left: v.X, Right: v.Lo}, &Op{At: v.At, Name: hi, Left: v.X, Right: v.Hi}}}
}

// relationLit is the literal of 'name'::regclass as the style names relations.
func (p *printer) relationLit(l *Lit, to *TypeName) *Lit {
	if p.style.Relation == nil || l.Kind != LitString || to.Name.Name != "regclass" || len(to.ArrayDims) > 0 {
		return l
	}
	q, ok := SplitName(l.Text)
	if !ok {
		return l
	}
	c := *l
	c.Text = Print(p.style.Relation(q))
	return &c
}

// SplitName reads a relation's name as quoted in text: a, a.b, "A"."b".
func SplitName(text string) (q QName, ok bool) {
	var parts []string
	for i := 0; ; i++ {
		part := ""
		if i < len(text) && text[i] == '"' {
			for i++; i < len(text); i++ {
				if text[i] == '"' {
					if i+1 == len(text) || text[i+1] != '"' {
						break
					}
					i++
				}
				part += text[i : i+1]
			}
			i++
		} else {
			for i < len(text) && text[i] != '.' {
				part += text[i : i+1]
				i++
			}
		}
		if parts = append(parts, part); part == "" {
			return q, false
		}
		if i >= len(text) {
			break
		}
		if text[i] != '.' {
			return q, false
		}
	}
	switch len(parts) {
	case 1:
		return QName{Name: parts[0]}, true
	case 2:
		return QName{Schema: parts[0], Name: parts[1]}, true
	}
	return q, false
}
