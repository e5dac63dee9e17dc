package ast

import (
	"bytes"
	"strconv"
	"strings"
)

// Print writes a node as PostgreSQL SQL that parses to the same tree, positions
// aside. Operators are always parenthesised, as PostgreSQL's own ruleutils do.
// Any Stmt, Expr or TableExpr may be given, and the parts TypeName, QName,
// Target, SortBy, IndexElem, ColumnDef and Constraint; *Other has no text and
// prints as its name.
func Print(n Node) string {
	var p printer
	switch v := n.(type) {
	case nil:
	case Stmt:
		p.stmt(v)
	case Expr:
		p.expr(v)
	case TableExpr:
		p.table(v)
	case TypeName:
		p.typeName(v)
	case *TypeName:
		p.typeName(*v)
	case QName:
		p.qname(v)
	case *QName:
		p.qname(*v)
	case Target:
		p.target(v)
	case SortBy:
		p.sortBy(v)
	case IndexElem:
		p.indexElem(v)
	case *IndexElem:
		p.indexElem(*v)
	case ColumnDef:
		p.columnDef(v)
	case *ColumnDef:
		p.columnDef(*v)
	case Constraint:
		p.constraint(v)
	case *Constraint:
		p.constraint(*v)
	}
	return p.b.String()
}

// printer collects the text.
type printer struct {
	b bytes.Buffer

	// Of PrintIn: clauses on lines of their own, with the indentation that has been
	// reached, and whether the output columns of the present query are seen.
	lines  bool
	indent int
	hidden bool
	inner  bool                 // the query that is written is inside another one
	beside map[string]TableExpr // what its FROM has, by name
	around []string             // the names of WITH queries around
	scoped bool                 // there are relations, here or around
	style  Style
}

func (p *printer) s(parts ...string) {
	for _, x := range parts {
		p.b.WriteString(x)
	}
}

func (p *printer) ident(name string) { p.s(p.quoted(name)) }

func (p *printer) quoted(name string) string {
	if p.style.Quoted {
		return QuoteAll(name)
	}
	return QuoteIdent(name)
}

// idents writes a comma-separated list of names.
func (p *printer) idents(names []string) {
	for i, n := range names {
		p.sep(i)
		p.ident(n)
	}
}

// parenIdents writes " (a, b)", or nothing for an empty list.
func (p *printer) parenIdents(names []string) {
	if len(names) > 0 {
		p.s(" (")
		p.idents(names)
		p.s(")")
	}
}

// sep writes the comma before item i of a list.
func (p *printer) sep(i int) {
	if i > 0 {
		p.s(", ")
	}
}

func (p *printer) int(v int64) { p.s(strconv.FormatInt(v, 10)) }

func (p *printer) qname(q QName) {
	if q.Catalog != "" {
		p.ident(q.Catalog)
		p.s(".")
	}
	if q.Schema != "" {
		p.ident(q.Schema)
		p.s(".")
	}
	p.ident(q.Name)
}

func (p *printer) qnames(list []QName) {
	for i, q := range list {
		p.sep(i)
		p.qname(q)
	}
}

// callable writes the name of a function or a type.
func (p *printer) callable(q QName) {
	if p.style.Callable != nil {
		q = p.style.Callable(q)
	}
	if q.Schema == "" {
		if p.style.Quoted || !laterWords[q.Name] {
			p.ident(q.Name)
		} else {
			p.s(QuoteAll(q.Name))
		}
		return
	}
	p.qname(q)
}

// sqlTypes are the grammar's own words for types of pg_catalog: text before
// and after the modifiers.
var sqlTypes = map[string]struct {
	before, after string
	bare, mods    bool // which forms the grammar gives back unchanged
}{
	"bool":        {"boolean", "", true, false},
	"int2":        {"smallint", "", true, false},
	"int4":        {"integer", "", true, false},
	"int8":        {"bigint", "", true, false},
	"float4":      {"real", "", true, false},
	"float8":      {"double precision", "", true, false},
	"numeric":     {"numeric", "", true, true},
	"varchar":     {"character varying", "", true, true},
	"bpchar":      {"character", "", false, true},
	"bit":         {"bit", "", false, true},
	"varbit":      {"bit varying", "", true, true},
	"time":        {"time", " without time zone", true, true},
	"timetz":      {"time", " with time zone", true, true},
	"timestamp":   {"timestamp", " without time zone", true, true},
	"timestamptz": {"timestamp", " with time zone", true, true},
}

func (p *printer) typeName(t TypeName) {
	if t.SetOf {
		p.s("SETOF ")
	}
	p.baseType(t)
	if t.PctType {
		p.s("%TYPE")
	}
	for i, d := range t.ArrayDims {
		if p.lines { // a type has no number of dimensions
			p.s([]string{"[]", ""}[b2i(i > 0)])
			continue
		}
		p.s("[")
		if d >= 0 {
			p.int(int64(d))
		}
		p.s("]")
	}
}

func (p *printer) baseType(t TypeName) {
	if p.lines && t.Name.Schema == "" && !t.PctType {
		if _, own := sqlTypes[t.Name.Name]; own { // nothing hides what pg_catalog has
			t.Name.Schema = "pg_catalog"
		}
	}
	if t.Name.Schema == "pg_catalog" && t.Name.Catalog == "" && !t.PctType {
		if t.Name.Name == "interval" {
			p.interval(t)
			return
		}
		if p.lines && t.Name.Name == "numeric" && len(t.Mods) == 1 { // the scale shows always
			t.Mods = []Expr{t.Mods[0], &Lit{Kind: LitInt}}
		}
		w, ok := sqlTypes[t.Name.Name]
		if ok && (len(t.Mods) == 0 && w.bare || len(t.Mods) > 0 && w.mods) {
			p.s(w.before)
			p.typeMods(t.Mods)
			p.s(w.after)
			return
		}
		if p.lines {
			p.ident(t.Name.Name)
			p.typeMods(t.Mods)
			return
		}
	}
	p.callable(t.Name)
	p.typeMods(t.Mods)
}

func (p *printer) typeMods(mods []Expr) {
	if len(mods) > 0 {
		p.s("(")
		for i, m := range mods {
			if i > 0 && p.lines {
				p.s(",")
			} else {
				p.sep(i)
			}
			if l, ok := m.(*Lit); ok && p.lines {
				p.lit(l)
			} else {
				p.expr(m)
			}
		}
		p.s(")")
	}
}

// Bits of an interval's field mask (utils/timestamp.h: 1 << the DTK number).
const (
	intervalMonth  = 1 << 1
	intervalYear   = 1 << 2
	intervalDay    = 1 << 3
	intervalHour   = 1 << 10
	intervalMinute = 1 << 11
	intervalSecond = 1 << 12
)

// IntervalFields writes an interval field mask as the grammar does: DAY TO SECOND.
func IntervalFields(mask int32) string {
	names := []struct {
		bit  int32
		name string
	}{{intervalYear, "YEAR"}, {intervalMonth, "MONTH"}, {intervalDay, "DAY"},
		{intervalHour, "HOUR"}, {intervalMinute, "MINUTE"}, {intervalSecond, "SECOND"}}
	first, last := "", ""
	for _, n := range names {
		if mask&n.bit != 0 {
			if first == "" {
				first = n.name
			}
			last = n.name
		}
	}
	if first == last {
		return first
	}
	return first + " TO " + last
}

func (p *printer) interval(t TypeName) {
	p.s("interval")
	if t.Interval != 0 {
		fields := IntervalFields(t.Interval)
		if p.lines {
			fields = strings.ToLower(fields)
		}
		p.s(" ", fields)
	}
	p.typeMods(t.Mods)
}

// lit writes a constant; negative numbers are not parenthesised.
func (p *printer) lit(l *Lit) {
	switch l.Kind {
	case LitNull:
		p.s("NULL")
	case LitInt:
		p.int(l.Int)
	case LitNumeric:
		p.s(l.Text)
	case LitString:
		if p.lines {
			p.s(plainLiteral(l.Text))
		} else {
			p.s(QuoteLiteral(l.Text))
		}
	case LitBool:
		p.s(strconv.FormatBool(l.Bool))
	case LitBit:
		p.s(l.Text[:1], "'", l.Text[1:], "'")
	}
}

// negative reports a literal that starts with a minus sign.
func (l *Lit) negative() bool {
	return l.Kind == LitInt && l.Int < 0 || l.Kind == LitNumeric && strings.HasPrefix(l.Text, "-")
}

// options writes (name value, …) with the given word between name and value.
func (p *printer) options(list []Option, eq string) {
	p.s("(")
	for i, o := range list {
		p.sep(i)
		p.option(o, eq)
	}
	p.s(")")
}

// with writes " WITH (a = b)", or nothing.
func (p *printer) with(list []Option) {
	if len(list) > 0 {
		p.s(" WITH ")
		p.options(list, " = ")
	}
}

func (p *printer) option(o Option, eq string) {
	if o.Namespace != "" {
		p.ident(o.Namespace)
		p.s(".")
	}
	p.ident(o.Name)
	switch {
	case o.Star:
		p.s(eq, "*")
	case o.List != nil:
		p.s(eq, "(")
		p.idents(o.List)
		p.s(")")
	case o.Value != nil:
		p.s(eq)
		p.optionValue(o.Value)
	}
}

// optionValue writes a value of an option: words stay strings.
func (p *printer) optionValue(e Expr) {
	if l, ok := e.(*Lit); ok {
		p.lit(l)
		return
	}
	p.expr(e)
}
