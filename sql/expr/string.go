package expr

import (
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/types"
)

// String prints an expression as EXPLAIN and pg_get_expr do (ruleutils.c), fully
// parenthesised: ((x)::text ~~ 'a%'::text). names are the input columns' names;
// where one is missing or empty the column's own is used.
func String(e Expr, names []string) string { return StringIn(e, names, types.DefaultFormat) }

// Definition prints an expression as it is kept in the catalog: what EXPLAIN
// shows folded, the array of an IN list, is written out.
func Definition(e Expr, names []string) string {
	p := printer{names: names, format: types.DefaultFormat, written: true}
	p.expr(e)
	return p.b.String()
}

// StringIn is String with constants printed by a session's settings, which
// matters for the names behind regclass and its kin.
func StringIn(e Expr, names []string, f *types.Format) string {
	p := printer{names: names, format: f}
	p.expr(e)
	return p.b.String()
}

type printer struct {
	b      strings.Builder
	names  []string
	format *types.Format
	// written: IN lists are arrays written out
	written bool
}

// operand prints an operand or argument: implicit casts show there, and only there.
func (p *printer) operand(e Expr) {
	switch c := e.(type) {
	case *Cast:
		if c.Implicit {
			p.cast(c.X, c.To)
			return
		}
	case *Relabel:
		if p.written && c.unseen() {
			p.cast(c.X, c.T)
			return
		}
	}
	p.expr(e)
}

func (p *printer) operands(es []Expr) {
	for i, e := range es {
		if i > 0 {
			p.write(", ")
		}
		p.operand(e)
	}
}

func (p *printer) write(s ...string) {
	for _, x := range s {
		p.b.WriteString(x)
	}
}

func (p *printer) list(es []Expr, sep string) {
	for i, e := range es {
		if i > 0 {
			p.write(sep)
		}
		p.expr(e)
	}
}

func (p *printer) expr(e Expr) {
	switch e := e.(type) {
	case *Const:
		if e.Shown != "" {
			p.write(e.Shown)
			return
		}
		p.write(ConstString(e.T, e.D, p.format))
	case *Column:
		if e.Index < len(p.names) && p.names[e.Index] != "" {
			p.write(p.names[e.Index])
		} else {
			p.write(e.Name)
		}
	case *Param:
		p.write("$", strconv.Itoa(e.N+1))
	case *Exec:
		if e.Name != "" {
			p.write(e.Name)
		} else {
			p.write("$", strconv.Itoa(e.N))
		}
	case *Call:
		if e.Phrase != "" {
			p.write(e.Phrase)
			return
		}
		if collation := builtin.ShownCollation(e.Fn); collation > 0 && len(e.Args) > collation {
			p.collated(e, collation)
			return
		}
		p.call(e)
	case *And:
		p.write("(")
		p.terms(e.Args, " AND ")
		p.write(")")
	case *Or:
		p.write("(")
		p.terms(e.Args, " OR ")
		p.write(")")
	case *Not:
		p.write("(NOT ")
		p.expr(e.X)
		p.write(")")
	case *IsNull:
		p.write("(")
		if e.Unknown {
			p.expr(e.X)
		} else {
			p.operand(e.X)
		}
		p.write(word(e.Not, " IS NOT ", " IS "), word(e.Unknown, "UNKNOWN)", "NULL)"))
	case *IsBool:
		p.write("(")
		p.expr(e.X)
		p.write(word(e.Not, " IS NOT ", " IS "), word(e.Want, "TRUE)", "FALSE)"))
	case *IsDistinct:
		if e.Not {
			p.write("(NOT ")
		}
		p.write("(")
		p.operand(e.L)
		p.write(" IS DISTINCT FROM ")
		p.operand(e.R)
		p.write(word(e.Not, "))", ")"))
	default:
		p.rest(e)
	}
}

// terms writes what AND or OR joins. One that begins with its like is kept apart from it by a cast,
// which nobody sees: without, the two are read as one.
func (p *printer) terms(es []Expr, sep string) {
	alike := false
	switch es[0].(type) {
	case *And:
		alike = sep == " AND "
	case *Or:
		alike = sep == " OR "
	}
	if !alike || !p.written {
		p.list(es, sep)
		return
	}
	p.cast(es[0], types.Of(types.BoolOID))
	p.write(sep)
	p.list(es[1:], sep)
}

// collated writes a text that stands for its key, or is taken out of one.
func (p *printer) collated(e *Call, name int) {
	p.operand(e.Args[0])
	if c, ok := e.Args[name].(*Const); ok {
		p.write(" COLLATE ", string(c.D.Bytes()))
	}
}

func word(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}

func (p *printer) rest(e Expr) {
	switch e := e.(type) {
	case *Case:
		p.cases(e)
	case *Coalesce:
		p.write("COALESCE(")
		p.operands(e.Args)
		p.write(")")
	case *MinMax:
		p.write(word(e.Least, "LEAST(", "GREATEST("))
		p.operands(e.Args)
		p.write(")")
	case *Cast:
		switch {
		case e.Phrase != "":
			p.write(e.Phrase)
			return
		case e.Implicit:
			p.expr(e.X)
			return
		}
		p.cast(e.X, e.To)
	case *Relabel:
		if e.Collation != nil && !e.Collation.Implicit {
			p.write("(")
			p.operand(e.X)
			p.write(" COLLATE ", e.Collation.Name, ")")
			return
		}
		if p.written && e.unseen() {
			p.expr(e.X)
			return
		}
		if c, ok := e.X.(*Const); ok && !p.written {
			p.write(ConstString(types.Of(e.T.OID), c.D, p.format))
			return
		}
		p.cast(e.X, e.T)
	case *ToDomain:
		if e.Parts {
			p.expr(e.X)
			return
		}
		x := e.X
		for d, ok := x.(*ToDomain); ok && d.Domain == e.Domain; d, ok = x.(*ToDomain) {
			x = d.X
		}
		p.write("(")
		p.expr(x)
		p.write(")::", e.Domain.Shown)
	case *ArrayOf:
		p.write("ARRAY[")
		p.operands(e.Elems)
		p.write("]")
		if len(e.Elems) == 0 {
			p.write("::", types.FormatType(e.T))
		}
	case *RowOf:
		p.write("ROW(")
		p.operands(e.Args)
		p.write(")")
		if e.Cast {
			p.write("::", types.FormatType(e.T))
		}
	case *RowOrder:
		p.write("(ROW(")
		p.list(e.L, ", ")
		p.write(") ", p.operator(e.Ops[0], e.Name), " ROW(")
		p.list(e.R, ", ")
		p.write("))")
	case *AnyAll:
		p.write("(")
		p.operand(e.L)
		p.write(" ", p.operator(e.Op, e.Op.Name), word(e.All, " ALL (", " ANY ("))
		p.operand(e.R)
		p.write("))")
	case *InList:
		p.inList(e)
	case *Subscript:
		p.subscript(e)
	case *Assign:
		p.expr(e.V)
	case *Field:
		open, end := "(", ")"
		switch e.X.(type) {
		case *Field, *Subscript:
			open, end = "", ""
		}
		p.write(open)
		p.expr(e.X)
		if e.Name != "" {
			p.write(end, ".", builtin.QuoteIdent(e.Name))
		} else {
			p.write(end, ".f", strconv.Itoa(e.N+1))
		}
	case *SubPlan:
		p.subPlan(e)
	}
}

func (p *printer) cast(x Expr, to types.T) {
	if c, ok := x.(*Const); ok && c.Shown == "" && c.T.OID == to.OID && c.T.Mod < 0 { // made to fit, no more
		text, _ := constText(c.T, c.D, p.format)
		p.write(text, "::", types.FormatType(to))
		return
	}
	if r, ok := x.(*Relabel); ok && r.Implicit && r.T.OID == to.OID { // of the same cast
		x = r.X
	}
	p.write("(")
	p.expr(x)
	p.write(")::", types.FormatType(to))
}

// negated writes a constant behind the operator -, with its type: a bare number there is read as
// a negative one.
func (p *printer) negated(c *Const) {
	text, label := constText(c.T, c.D, p.format)
	if label == "" {
		text, label = quoted(text), "::"+types.FormatType(c.T)
	}
	p.write(text, label)
}

func (p *printer) call(e *Call) {
	if e.Op != nil {
		p.write("(")
		if len(e.Args) == 2 {
			p.operand(e.Args[0])
			p.write(" ")
		}
		p.write(p.operator(e.Op, e.Op.Name), " ")
		if c, ok := e.Args[len(e.Args)-1].(*Const); ok && p.written && len(e.Args) == 1 && e.Op.Name == "-" {
			p.negated(c)
		} else {
			p.operand(e.Args[len(e.Args)-1])
		}
		p.write(")")
		return
	}
	if e.Syntax && e.Fn.Name == "timezone" && len(e.Args) == 2 {
		p.write("(")
		p.hidden(e.Args[1])
		p.write(" AT TIME ZONE ")
		p.hidden(e.Args[0])
		p.write(")")
		return
	}
	if strings.HasPrefix(e.Fn.Src, "extract_") {
		p.write("EXTRACT(")
		if c, ok := e.Args[0].(*Const); ok && !c.D.IsNull() {
			p.write(builtin.QuoteIdent(c.D.Text()))
		} else {
			p.operand(e.Args[0])
		}
		p.write(" FROM ")
		p.hidden(e.Args[1])
		p.write(")")
		return
	}
	if e.Syntax && p.syntax(e) {
		return
	}
	if e.Fn.Schema == builtin.MySQLSchema { // no search path leads there
		p.write(e.Fn.Schema, ".")
	}
	if e.Fn.User != nil && p.written {
		p.write(builtin.QuoteIdent(e.Fn.Schema), ".")
	}
	p.write(builtin.QuoteIdent(e.Fn.Name), "(")
	if e.Written != nil && p.written {
		p.arguments(e)
		return
	}
	for i, a := range e.Args {
		if i > 0 {
			p.write(", ")
		}
		if e.Variadic && i == len(e.Args)-1 {
			p.write("VARIADIC ")
		}
		p.operand(a)
	}
	p.write(")")
}

// arguments writes those of a call that names some.
func (p *printer) arguments(e *Call) {
	for i, a := range e.Written {
		if i > 0 {
			p.write(", ")
		}
		if a.Name != "" {
			p.write(builtin.QuoteIdent(a.Name), " => ")
		}
		p.operand(e.Args[a.At])
	}
	p.write(")")
}

// operator is an operator's name; kept, one of an extension has the schema that stands for
// wherever that will be (ast.ExtensionSchema).
func (p *printer) operator(o *builtin.Operator, name string) string {
	if p.written && o != nil && o.Extension != "" {
		return "OPERATOR(\"@" + o.Extension + "\"." + name + ")"
	}
	return name
}

// inList prints IN as PostgreSQL does: = ANY of an array of constants, else
// comparisons joined by OR.
func (p *printer) inList(e *InList) {
	var elems []types.Datum
	for _, x := range e.List {
		c, ok := x.(*Const)
		if !ok {
			elems = nil
			break
		}
		elems = append(elems, c.D)
	}
	t := e.List[0].Type()
	at := types.Of(t.OID).ArrayOf()
	if at.OID != 0 && p.written {
		p.write("(")
		p.operand(e.L)
		p.write(" ", p.operator(e.Op, word(e.Not, "<>", "=")), word(e.Not, " ALL (", " ANY ("))
		p.arrayOf(e, at)
		p.write("))")
		return
	}
	if elems != nil && at.OID != 0 {
		var b types.ArrayBuilder
		b.Reset(t.OID)
		for _, d := range elems {
			b.Append(d)
		}
		p.write("(")
		p.operand(e.L)
		p.write(word(e.Not, " <> ALL (", " = ANY ("), ConstString(at, b.Array(), p.format), "))")
		return
	}
	p.write("(")
	for i, x := range e.List {
		if i > 0 {
			p.write(word(e.Not, " AND ", " OR "))
		}
		p.write("(")
		p.operand(e.L)
		p.write(" ", p.operator(e.Op, word(e.Not, "<>", "=")), " ")
		p.operand(x)
		p.write(")")
	}
	p.write(")")
}

// arrayOf writes the values of an IN list as an array: of the column's own type where that is
// character varying, which is compared as text, or of the domain that all are of.
func (p *printer) arrayOf(e *InList, at types.T) {
	t := types.Of(e.List[0].Type().OID)
	var from types.OID
	switch l := e.L.(type) {
	case *Cast:
		from = l.X.Type().OID
	case *Relabel:
		from = l.X.Type().OID
	}
	varchar := t.OID == types.TextOID && from == types.VarcharOID
	if varchar {
		t = types.Of(from)
	}
	domain := inDomain(e)
	if varchar || domain {
		p.write("(")
	}
	p.write("ARRAY[")
	for i, x := range e.List {
		if i > 0 {
			p.write(", ")
		}
		if domain {
			x = x.(*Relabel).X
		}
		p.element(x, t)
	}
	p.write("]")
	if varchar || domain {
		p.write(")::", types.FormatType(at))
	}
}

// inDomain reports that what is compared and all values are of one domain.
func inDomain(e *InList) bool {
	of := func(x Expr) types.OID {
		if r, ok := x.(*Relabel); ok {
			if d, ok := r.X.(*ToDomain); ok && !d.Parts {
				return d.Domain.ID
			}
		}
		return 0
	}
	domain := of(e.L)
	for _, x := range e.List {
		if of(x) != domain {
			return false
		}
	}
	return domain != 0
}

// element writes a value of an IN list, constants as ones of t.
func (p *printer) element(x Expr, t types.T) {
	c, constant := x.(*Const)
	r, relabelled := x.(*Relabel)
	switch {
	case constant && c.T.OID == t.OID:
		p.expr(c)
	case constant:
		p.write(ConstString(t, c.D, p.format))
	case relabelled && r.unseen() && r.X.Type().OID == t.OID: // the array is
		p.expr(r.X)
	default:
		p.operand(x)
	}
}

// unseen reports a conversion that shows only where the type of a value matters.
func (r *Relabel) unseen() bool { return r.Implicit && r.Collation == nil && r.Domain == 0 }

func (p *printer) subscript(e *Subscript) {
	if _, ok := e.X.(*Column); ok {
		p.expr(e.X)
	} else {
		p.write("(")
		p.expr(e.X)
		p.write(")")
	}
	for i := range e.Index {
		p.write("[")
		p.expr(e.Index[i])
		p.write("]")
	}
	for i := range e.Lo {
		p.write("[")
		if e.Lo[i] != nil {
			p.expr(e.Lo[i])
		}
		p.write(":")
		if e.Hi[i] != nil {
			p.expr(e.Hi[i])
		}
		p.write("]")
	}
}

func (p *printer) subPlan(e *SubPlan) {
	name := "SubPlan " + strconv.Itoa(e.Plan+1)
	switch {
	case e.Kind == AnySub && len(e.Args) == 0:
		p.write("(hashed ", name, ")")
	case len(e.Args) == 0 && e.Kind == ScalarSub:
		p.write("$", strconv.Itoa(e.Plan))
	default:
		p.write("(", name, ")")
	}
}
