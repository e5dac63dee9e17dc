package expr

import "github.com/loxodb/loxodb/sql/types"

// cases prints CASE and NULLIF as they were written.
func (p *printer) cases(e *Case) {
	x := e.compared()
	if x != nil && e.Form == CaseNullIf {
		p.write("NULLIF(")
		p.operands(e.Whens[0].Cond.(*Call).Args)
		p.write(")")
		return
	}
	p.write("CASE")
	if x != nil {
		p.write(" ")
		p.hidden(x)
	}
	for _, w := range e.Whens {
		p.write(" WHEN ")
		if x != nil {
			p.hidden(w.Cond.(*Call).Args[1])
		} else {
			p.expr(w.Cond)
		}
		p.write(" THEN ")
		p.operand(w.Result)
	}
	p.write(" ELSE ")
	if e.Else == nil {
		p.write("NULL::", types.FormatType(e.T))
	} else {
		p.operand(e.Else)
	}
	p.write(" END")
}

// compared is what CASE and NULLIF compare, nil for other forms and where what is left of the
// conditions are no comparisons.
func (e *Case) compared() (x Expr) {
	if e.Form == CaseWhen {
		return nil
	}
	for _, w := range e.Whens {
		eq, ok := w.Cond.(*Call)
		if !ok || eq.Op == nil || len(eq.Args) != 2 {
			return nil
		}
		x = eq.Args[0]
	}
	return x
}

// syntax prints a call as the SQL construct that it was written as (ruleutils.c,
// get_func_sql_syntax); false for one that has none, or not over these arguments. EXTRACT and
// AT TIME ZONE, which nothing else is called for, are written by call.
func (p *printer) syntax(e *Call) bool {
	a := e.Args
	switch e.Fn.Name {
	case "btrim":
		p.trim("BOTH", a)
	case "ltrim":
		p.trim("LEADING", a)
	case "rtrim":
		p.trim("TRAILING", a)
	case "position":
		if len(a) != 2 {
			return false
		}
		p.write("POSITION((")
		p.hidden(a[1])
		p.write(") IN (")
		p.hidden(a[0])
		p.write("))")
	case "overlaps":
		if len(a) != 4 {
			return false
		}
		p.write("((")
		p.hiddenList(a[:2])
		p.write(") OVERLAPS (")
		p.hiddenList(a[2:])
		p.write("))")
	case "substring":
		switch {
		case len(a) == 2 && isInt(a[1]), len(a) == 3 && isInt(a[1]) && isInt(a[2]):
			p.keywords("SUBSTRING", a, " FROM ", " FOR ")
		case len(a) == 3:
			p.keywords("SUBSTRING", a, " SIMILAR ", " ESCAPE ")
		default: // by a regular expression, which reads back as SIMILAR does not
			return false
		}
	case "overlay":
		p.keywords("OVERLAY", a, " PLACING ", " FROM ", " FOR ")
	case "normalize":
		p.write("NORMALIZE(")
		p.hidden(a[0])
		if len(a) == 2 {
			p.write(", ", textOf(a[1]))
		}
		p.write(")")
	case "is_normalized":
		p.write("(")
		p.hidden(a[0])
		p.write(" IS ")
		if len(a) == 2 {
			p.write(textOf(a[1]), " ")
		}
		p.write("NORMALIZED)")
	case "pg_collation_for":
		p.write("COLLATION FOR (")
		p.hiddenList(a)
		p.write(")")
	default:
		return false
	}
	return true
}

// keywords prints NAME(a KEYWORD b KEYWORD c).
func (p *printer) keywords(name string, a []Expr, words ...string) {
	p.write(name, "(")
	for i, x := range a {
		if i > 0 {
			p.write(words[i-1])
		}
		p.hidden(x)
	}
	p.write(")")
}

// trim prints TRIM(side characters FROM text), whose arguments are text and characters.
func (p *printer) trim(side string, a []Expr) {
	p.write("TRIM(", side, " ")
	if len(a) == 2 {
		p.hidden(a[1])
		p.write(" ")
	}
	p.write("FROM ")
	p.hidden(a[0])
	p.write(")")
}

// hidden prints an argument of a construct, where implicit casts do not show.
func (p *printer) hidden(e Expr) {
	if r, ok := e.(*Relabel); ok && r.Implicit {
		e = r.X
	}
	p.expr(e)
}

func (p *printer) hiddenList(a []Expr) {
	for i, x := range a {
		if i > 0 {
			p.write(", ")
		}
		p.hidden(x)
	}
}

func isInt(e Expr) bool { return e.Type().OID == types.Int4OID }

// textOf is the word that a construct has as a constant.
func textOf(e Expr) string {
	if c, ok := e.(*Const); ok && !c.D.IsNull() {
		return c.D.Text()
	}
	return ""
}
