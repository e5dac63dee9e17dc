package ast

import (
	"bytes"
	"strings"
)

// Style says how PrintIn writes definitions as PostgreSQL's catalog functions
// show them (ruleutils.c).
type Style struct {
	// Bare leaves out the parentheses that precedence makes superfluous.
	Bare bool
	// Hidden says that nobody sees the names of the query's own columns, so that none is
	// written that nobody gave.
	Hidden bool
	// Relation is how a relation is named where it stands; nil = as it is.
	Relation func(QName) QName
	// Constant is the text of a constant of a type like regproc; nil = as it is.
	Constant func(typ, text string) string
	// Callable is the same of a type or function, Operator of the schema of an operator: ""
	// where it is found without.
	Callable func(QName) QName
	Operator func(schema string) string
	// Width is how long lines get before an item of a select list or of FROM begins another
	// one; 0: each does.
	Width int
	// Indent is how far all lines are moved to the right.
	Indent int
	// Flat begins no lines.
	Flat bool
	// Quoted has all names in quotes, those that need none, too.
	Quoted bool
}

// ExtensionSchema stands before the operators of an extension in stored SQL: for the schema
// that the extension is in at the time.
func ExtensionSchema(extension string) string { return "@" + extension }

// ExtensionOf is the extension that a schema stands for in stored SQL, "" for real schemas.
func ExtensionOf(schema string) string {
	if name, ok := strings.CutPrefix(schema, "@"); ok {
		return name
	}
	return ""
}

// PrintIn writes a query, an INSERT, UPDATE or DELETE, or an expression with its clauses on lines of their
// own. Unlike Print's, the text is the analysed form: BETWEEN, LIKE and lists of
// constants behind IN are written as the operators that they stand for.
func PrintIn(n Node, s Style) string {
	p := printer{lines: true, hidden: s.Hidden, style: s, indent: s.Indent}
	switch v := n.(type) {
	case *Select:
		p.query(v)
	case Stmt:
		p.writeLines(v)
	case Expr:
		p.expr(v)
	}
	return p.b.String()
}

// Indentation of PostgreSQL's definitions.
const (
	indentClause = 8
	indentJoin   = 4
	indentItem   = 4
	indentLimit  = 40
)

// line writes a keyword that begins a line where lines are written. before and
// after move the indentation; plus is added for this line only.
func (p *printer) line(keyword string, before, after, plus int) {
	if !p.lines || p.style.Flat {
		p.s(keyword)
		return
	}
	p.indent += before
	p.trimRight()
	n := max(p.indent, 0)
	if n >= indentLimit {
		n = (indentLimit + (n-indentLimit)/(indentClause/2)) % indentLimit
	}
	p.s("\n", strings.Repeat(" ", n+plus), keyword)
	p.indent = max(p.indent+after, 0)
}

// begin is the blank before what begins an indented clause.
func (p *printer) begin() {
	if !p.style.Flat {
		p.s(" ")
	}
}

// gap begins a line, or keeps apart what stands on one.
func (p *printer) gap() {
	if p.style.Flat {
		p.s(" ")
	}
	p.line("", 0, 0, 0)
}

// trimRight takes the blanks off the end.
func (p *printer) trimRight() {
	p.b.Truncate(len(bytes.TrimRight(p.b.Bytes(), " ")))
}

// open and close write the parentheses of an expression that is an operand.
func (p *printer) open() {
	if !p.style.Bare {
		p.s("(")
	}
}

func (p *printer) close() {
	if !p.style.Bare {
		p.s(")")
	}
}

// operand writes a part of parent, in parentheses where it needs them and does
// not write them itself.
func (p *printer) operand(e, parent Expr) {
	if p.lines {
		e = analysed(e)
	}
	if p.style.Bare && !simple(e, parent) {
		p.s("(")
		p.expr(e)
		p.s(")")
		return
	}
	p.expr(e)
}

// simple reports whether e needs no parentheses inside parent (isSimpleNode).
func simple(e, parent Expr) bool {
	switch v := e.(type) {
	case *FieldSel:
		_, same := parent.(*FieldSel)
		return !same
	case *Cast:
		return v.Called || simple(v.X, v)
	case *Op:
		if ordersRows(v) {
			return false
		}
		if up, ok := parent.(*Op); ok {
			return tighter(v, up)
		}
		return separated(parent)
	case *Like, *Between, *IsTest, *Distinct, *Subquery:
		return separated(parent)
	case *BoolOp:
		if up, ok := parent.(*BoolOp); ok {
			return v.Kind == up.Kind && v.Kind != Not || v.Kind != Or && up.Kind != Not
		}
		return separated(parent)
	case *In:
		return v.Sub != nil && separated(parent)
	case *Quantified:
		return v.Sub != nil && separated(parent)
	case *Collate:
		return false
	}
	return true
}

// tighter reports whether an arithmetic operation binds tighter than the one
// that it is an operand of.
func tighter(e, parent *Op) bool {
	rank := func(o *Op) int {
		if o.Left == nil || o.Schema != "" {
			return 0
		}
		switch o.Name {
		case "+", "-":
			return 1
		case "*", "/", "%":
			return 2
		}
		return 0
	}
	a, b := rank(e), rank(parent)
	return a > 0 && b > 0 && (a > b || a == b && parent.Left == Expr(e))
}

// separated reports whether the parts of parent stand apart without help.
func separated(parent Expr) bool {
	switch v := parent.(type) {
	case *Func:
		return !v.Explicit // of constructs only those that ask do
	case *BoolOp, *Index, *Array, *Row, *Coalesce, *MinMax, *NullIf, *Grouping, *Case:
		return true
	}
	return false
}
