package ast

// key writes a sort or group key (get_rule_sortgroupclause): constants with their types,
// calls in parentheses, and with the style Bare everything but a column.
func (p *printer) key(e Expr) {
	if p.keyConstant(e) {
		return
	}
	if _, column := e.(*ColumnRef); column || !called(e) && !p.style.Bare {
		p.expr(e)
		return
	}
	p.s("(")
	p.expr(e)
	p.s(")")
}

// keys writes the sort or group keys that write does one after the other, each of them once:
// what a query is sorted or grouped by already changes nothing. id tells them apart, nil for
// their texts; rest writes what is not part of the key.
func (p *printer) keys(n int, id func(i int) string, write, rest func(i int)) {
	if id == nil {
		id = func(i int) string { return p.apart(func() { write(i) }) }
	}
	seen := map[string]bool{}
	for i := range n {
		key := id(i)
		if seen[key] {
			continue
		}
		p.sep(len(seen))
		seen[key] = true
		write(i)
		if rest != nil {
			rest(i)
		}
	}
}

// keyConstant writes a key that is a constant; alone it would be a column's number, or no key.
func (p *printer) keyConstant(e Expr) bool {
	switch v := e.(type) {
	case *Lit:
		p.expr(e)
		switch {
		case v.As != "":
		case v.Kind == LitInt && v.Int >= 0:
			p.s("::integer")
		case v.Kind == LitBool:
			p.s("::boolean")
		case v.Kind == LitNumeric && bareNumber(v.Text):
			p.s("::numeric")
		}
		return true
	case *Cast:
		l, ok := v.X.(*Lit)
		if !ok || v.Called || l.As != "" || l.Kind != LitString && l.Kind != LitNull {
			return false
		}
		p.expr(e)
		return true
	}
	return false
}

// called reports a call of a function, under whichever syntax.
func called(e Expr) bool {
	switch v := e.(type) {
	case *Func, *AtTimeZone:
		return true
	case *Cast:
		return v.Called
	}
	return false
}
