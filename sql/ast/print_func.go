package ast

// fn writes a call with everything an aggregate or window call may carry.
func (p *printer) fn(v *Func) {
	if v.Explicit && p.sqlSyntax(v) {
		return
	}
	name := v.Name
	if p.lines && v.Explicit && name.Schema == "pg_catalog" {
		name.Schema = ""
	}
	p.callable(name)
	p.s("(")
	if v.Star {
		p.s("*")
	}
	if v.Distinct {
		p.s("DISTINCT ")
	}
	for i, a := range v.Args {
		p.sep(i)
		if v.Variadic && i == len(v.Args)-1 {
			p.s("VARIADIC ")
		}
		if v.ArgNames != nil && v.ArgNames[i] != "" {
			p.ident(v.ArgNames[i])
			p.s(" => ")
		}
		p.expr(a)
	}
	if len(v.OrderBy) > 0 && !v.WithinGroup {
		p.s(" ")
		p.orderBy(v.OrderBy)
	}
	p.s(")")
	if v.WithinGroup {
		p.s(" WITHIN GROUP (")
		p.orderBy(v.OrderBy)
		p.s(")")
	}
	if v.Filter != nil {
		p.s(" FILTER (WHERE ")
		p.expr(v.Filter)
		p.s(")")
	}
	if v.Over != nil {
		p.s(" OVER ")
		if v.Over.NameOnly {
			p.ident(v.Over.Ref)
		} else {
			p.window(*v.Over)
		}
	}
}

// sqlSyntax writes the SQL constructs that PostgreSQL parses to functions;
// false for a name it does not know.
func (p *printer) sqlSyntax(v *Func) bool {
	a := v.Args
	switch {
	case v.Name.Name == "extract" && len(a) == 2:
		p.s("EXTRACT(", p.extractField(a[0]), " FROM ")
		p.expr(a[1])
	case v.Name.Name == "unnest" && p.lines:
		p.call("UNNEST", a)
		return true
	case v.Name.Name == "position" && len(a) == 2:
		p.s("POSITION(", []string{"", "("}[b2i(p.lines)])
		p.expr(a[1])
		p.s([]string{" IN ", ") IN ("}[b2i(p.lines)])
		p.expr(a[0])
		p.s([]string{"", ")"}[b2i(p.lines)])
	case v.Name.Name == "overlaps" && len(a) == 4:
		p.s("((")
		p.exprs(a[:2])
		p.s(") OVERLAPS (")
		p.exprs(a[2:])
		p.s(")")
	case v.Name.Name == "substring" && p.lines && len(a) == 2 && (v.Pattern || isText(a[1])):
		return false
	case v.Name.Name == "substring" && p.lines && len(a) == 3 && (v.Pattern || isText(a[1]) && isText(a[2])):
		p.keyworded("SUBSTRING", a, "SIMILAR", "ESCAPE")
	case v.Name.Name == "substring" && (len(a) == 2 || len(a) == 3):
		p.keyworded("SUBSTRING", a, "FROM", "FOR")
	case v.Name.Name == "overlay" && (len(a) == 3 || len(a) == 4):
		p.keyworded("OVERLAY", a, "PLACING", "FROM", "FOR")
	case v.Name.Name == "btrim":
		return p.trim("BOTH", a)
	case v.Name.Name == "ltrim":
		return p.trim("LEADING", a)
	case v.Name.Name == "rtrim":
		return p.trim("TRAILING", a)
	case v.Name.Name == "normalize" && len(a) <= 2:
		p.s("NORMALIZE(")
		p.expr(a[0])
		if len(a) == 2 {
			p.s(", ", word(a[1]))
		}
	case v.Name.Name == "is_normalized" && len(a) <= 2:
		p.s("(")
		p.operand(a[0], v)
		p.s(" IS ")
		if len(a) == 2 {
			p.s(word(a[1]), " ")
		}
		p.s("NORMALIZED")
	case v.Name.Name == "pg_collation_for" && len(a) == 1:
		p.s("COLLATION FOR (")
		p.expr(a[0])
	default:
		return false
	}
	p.s(")")
	return true
}

// SQLSyntax reports a call that is written by a syntax of its own.
func (f *Func) SQLSyntax() bool {
	p := printer{lines: true}
	return f.Explicit && f.Name.Name != "unnest" && p.sqlSyntax(f)
}

// keyworded writes NAME(a KW1 b KW2 c).
func (p *printer) keyworded(name string, args []Expr, kws ...string) {
	p.s(name, "(")
	for i, a := range args {
		if i > 0 {
			p.s(" ", kws[i-1], " ")
		}
		p.expr(a)
	}
}

// trim writes TRIM(BOTH chars FROM x); the arguments are x, chars.
func (p *printer) trim(side string, a []Expr) bool {
	p.s("TRIM(", side, " ")
	if len(a) == 2 {
		p.expr(a[1])
		p.s(" FROM ")
		p.expr(a[0])
	} else {
		p.s("FROM ")
		p.exprs(a)
	}
	p.s(")")
	return true
}

// word is the text of a string literal that the grammar made of a keyword.
func word(e Expr) string {
	if l, ok := e.(*Lit); ok {
		return l.Text
	}
	return ""
}

// extractField writes EXTRACT's field bare where the grammar takes it so.
func (p *printer) extractField(e Expr) string {
	l, ok := e.(*Lit)
	if !ok {
		return ""
	}
	switch {
	case isPlainIdent(l.Text) && extractFields[l.Text] && !p.style.Quoted:
		return l.Text
	default:
		return p.quoted(l.Text)
	}
}

// extractFields are the fields PostgreSQL knows (datetime.c).
var extractFields = words(`century day decade dow doy epoch hour isodow isoyear julian microseconds millennium
milliseconds minute month quarter second timezone timezone_hour timezone_minute week year`)
