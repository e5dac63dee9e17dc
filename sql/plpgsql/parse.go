package plpgsql

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// parser reads tokens with two ahead. Errors end it by panic, which Parse catches: every
// production would else have to pass them on.
type parser struct {
	lex  lexer
	tok  token
	buf  []token
	last token // the token before tok
	// cursors are the variables that are in sight, bound cursors and what hides them.
	cursors []inSight
	depth   int
}

// inSight is a variable; cursor is its declaration if it is a bound cursor.
type inSight struct {
	name   string
	cursor *Decl
}

// bound is the bound cursor that the present token names, or nil.
func (p *parser) bound() *Decl {
	if p.tok.kind != word {
		return nil
	}
	for i := len(p.cursors) - 1; i >= 0; i-- {
		if p.cursors[i].name == p.tok.val {
			return p.cursors[i].cursor
		}
	}
	return nil
}

// maxDepth bounds nested statements, a block in one counting twice.
const maxDepth = 6000

// Parse reads a function's text. Errors carry byte positions in it. With an error comes what
// was read before it, the last declaration and statement of each level perhaps in part: who
// gives names their meaning may find an earlier mistake there. Its Block is nil if there is none.
func Parse(src string) (f *Function, err error) {
	f = &Function{}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*pgerr.Error)
			if !ok {
				panic(r)
			}
			err = e
		}
	}()
	p := &parser{lex: lexer{src: src, line: 1}}
	p.advance()
	for p.tok.is("#") {
		p.option(f)
	}
	f.Block = &Block{Label: p.label()}
	p.block(f.Block)
	p.accept(";")
	if p.tok.kind != end {
		p.unexpected()
	}
	return f, nil
}

func (p *parser) option(f *Function) {
	p.advance()
	name := p.name()
	value := p.tok.val
	p.advance()
	switch name {
	case "variable_conflict":
		if !slices.Contains([]string{"error", "use_variable", "use_column"}, value) {
			p.unexpected()
		}
		f.Conflict = value
	case "print_strict_params":
		if value != "on" && value != "off" {
			p.unexpected()
		}
		f.StrictParams = value
	case "option":
	default:
		panic(fail(p.last.start, "unrecognized compiler option \"%s\"", name))
	}
}

func (p *parser) scan() token {
	if len(p.buf) > 0 {
		t := p.buf[0]
		p.buf = p.buf[1:]
		return t
	}
	t, err := p.lex.next()
	if err != nil {
		e, _ := pgerr.As(err)
		panic(e)
	}
	return t
}

func (p *parser) advance() { p.last, p.tok = p.tok, p.scan() }

// peek is the token n after the present one.
func (p *parser) peek(n int) token {
	for len(p.buf) < n {
		b := p.buf
		p.buf = nil
		t := p.scan()
		p.buf = append(b, t)
	}
	return p.buf[n-1]
}

func (p *parser) unexpected() { panic(p.syntax(p.tok)) }

func (p *parser) syntax(t token) *pgerr.Error {
	if t.kind == end {
		return fail(t.start, "syntax error at end of input")
	}
	return fail(t.start, "syntax error at or near \"%s\"", p.lex.src[t.start:t.end])
}

func (p *parser) accept(s string) bool {
	if p.tok.is(s) {
		p.advance()
		return true
	}
	return false
}

func (p *parser) expect(s string) {
	if !p.accept(s) {
		p.unexpected()
	}
}

func (p *parser) name() string {
	if p.tok.kind != word {
		p.unexpected()
	}
	p.advance()
	return p.last.val
}

// label reads <<name>>.
func (p *parser) label() string {
	if !p.accept("<<") {
		return ""
	}
	l := p.name()
	p.expect(">>")
	return l
}

// endLabel reads the label that may follow END.
func (p *parser) endLabel(label string) {
	if p.tok.kind != word {
		return
	}
	if !p.tok.quoted && reserved[p.tok.val] {
		p.unexpected()
	}
	switch at := p.tok.start; {
	case label == "":
		panic(fail(at, "end label \"%s\" specified for unlabeled block", p.tok.val))
	case label != p.tok.val:
		panic(fail(at, "end label \"%s\" differs from block's label \"%s\"", p.tok.val, label))
	}
	p.advance()
}

// block reads a block behind its label.
func (p *parser) block(b *Block) {
	if p.depth++; p.depth > maxDepth {
		panic(pgerr.TooDeep())
	}
	defer func() { p.depth-- }()
	cursors := len(p.cursors)
	if p.accept("declare") {
		for !p.tok.is("begin") {
			if p.accept("declare") {
				continue
			}
			b.Decls = append(b.Decls, Decl{})
			d := &b.Decls[len(b.Decls)-1]
			p.decl(d)
			v := inSight{name: d.Name}
			if d.Cursor {
				c := *d // the list may move
				v.cursor = &c
			}
			p.cursors = append(p.cursors, v)
		}
	}
	b.Line = p.tok.line
	p.expect("begin")
	p.statements(&b.Body, "exception", "end")
	if p.accept("exception") {
		b.HasTrap = true
		for p.accept("when") {
			b.Handlers = append(b.Handlers, Handler{})
			h := &b.Handlers[len(b.Handlers)-1]
			for {
				h.Conditions = append(h.Conditions, p.condition())
				if !p.accept("or") {
					break
				}
			}
			p.expect("then")
			p.statements(&h.Body, "when", "end")
		}
		if len(b.Handlers) == 0 {
			p.unexpected()
		}
	}
	p.expect("end")
	p.endLabel(b.Label)
	p.cursors = p.cursors[:cursors]
}

func (p *parser) condition() Condition {
	c := Condition{Pos: p.tok.start}
	c.Name = p.name()
	if c.Name == "sqlstate" {
		if p.tok.kind != text {
			p.unexpected()
		}
		c.Name, c.State = "", p.tok.val
		if !validState(c.State) {
			panic(fail(p.tok.start, "invalid SQLSTATE code at or near \"%s\"", p.lex.src[p.tok.start:p.tok.end]))
		}
		p.advance()
	}
	return c
}

func validState(s string) bool {
	return len(s) == 5 && strings.Trim(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func (p *parser) decl(d *Decl) {
	d.Line, d.Pos = p.tok.line, p.tok.start
	d.Name = p.name()
	if p.accept("alias") {
		p.expect("for")
		d.AliasPos = p.tok.start
		if p.tok.kind == param {
			d.Alias = []string{p.tok.val}
			p.advance()
		} else {
			d.Alias = p.dotted().Parts
		}
		p.expect(";")
		return
	}
	if p.tok.is("no") && p.peek(1).is("scroll") {
		p.advance()
		p.advance()
		d.Scroll = 'n'
	} else if p.accept("scroll") {
		d.Scroll = 's'
	}
	if p.accept("cursor") {
		d.Cursor = true
		if p.accept("(") {
			for {
				a := Decl{Line: p.tok.line, Pos: p.tok.start}
				a.Name = p.name()
				a.Type = p.typeText(",", ")", "default", ":=", "=", "not", "collate")
				d.Args = append(d.Args, a)
				if !p.accept(",") {
					break
				}
			}
			p.expect(")")
		}
		if !p.accept("for") {
			p.expect("is")
		}
		d.Query = p.sql(";")
		p.expect(";")
		return
	}
	d.Constant = p.accept("constant")
	d.Type = p.typeText(";", ":=", "=", "default", "not", "collate")
	if p.accept("collate") {
		d.Collated = p.until(";", ":=", "=", "default", "not")
	}
	notNull := p.tok.start
	if p.accept("not") {
		p.expect("null")
		d.NotNull = true
	}
	if p.accept(":=") || p.accept("=") || p.accept("default") {
		d.Default = p.sql(";")
	} else if d.NotNull {
		panic(pgerr.Newf("22004", "variable \"%s\" must have a default value, since it's declared NOT NULL", d.Name).At(notNull))
	}
	p.expect(";")
}

func (p *parser) typeText(stops ...string) Text {
	t := p.until(stops...)
	if !t.Given() {
		if p.tok.kind == end {
			panic(fail(p.tok.start, "missing data type declaration at end of input"))
		}
		panic(fail(p.tok.start, "missing data type declaration at or near \"%s\"", p.lex.src[p.tok.start:p.tok.end]))
	}
	return t
}

// until is the text from here to one of the stops, outside of parentheses.
func (p *parser) until(stops ...string) Text {
	t := Text{Pos: p.tok.start}
	depth := 0
	finish := p.tok.start
	for p.tok.kind != end {
		if depth == 0 && slices.ContainsFunc(stops, p.tok.is) {
			break
		}
		switch {
		case p.tok.is("("), p.tok.is("["):
			depth++
		case p.tok.is(")"), p.tok.is("]"):
			if depth--; depth < 0 {
				panic(fail(p.tok.start, "mismatched parentheses at or near \"%s\"", p.tok.val))
			}
		case p.tok.is(";"):
			if depth > 0 {
				panic(fail(p.tok.start, "mismatched parentheses at or near \";\""))
			}
			p.stopped(stops)
		}
		finish = p.tok.end
		p.advance()
	}
	if p.tok.kind == end && len(stops) > 0 {
		if depth > 0 {
			panic(fail(p.tok.start, "mismatched parentheses at end of input"))
		}
		p.stopped(stops)
	}
	t.SQL = p.lex.src[t.Pos:finish]
	return t
}

// stopped is the error of SQL that ends before what must follow it.
func (p *parser) stopped(stops []string) {
	if slices.Contains(stops, ";") {
		if p.tok.kind == end {
			p.unexpected()
		}
		return
	}
	panic(fail(p.tok.start, "missing \"%s\" at end of SQL expression", strings.ToUpper(stops[0])))
}

// sql is until for SQL that must be there.
func (p *parser) sql(stops ...string) Text {
	t := p.until(stops...)
	if !t.Given() {
		if p.tok.kind == end {
			p.unexpected()
		}
		panic(fail(p.tok.start, "missing expression at or near \"%s\"", p.lex.src[p.tok.start:p.tok.end]))
	}
	return t
}

// dotted reads a.b.c.
func (p *parser) dotted() Target {
	t := Target{Pos: p.tok.start}
	if p.tok.kind == param {
		t.Parts = []string{p.tok.val}
		p.advance()
		return t
	}
	t.Parts = []string{p.name()}
	for p.tok.is(".") && p.peek(1).kind == word {
		p.advance()
		t.Parts = append(t.Parts, p.name())
	}
	return t
}

// targets reads the list behind INTO.
func (p *parser) targets() []Target {
	list := []Target{p.target()}
	for p.accept(",") {
		list = append(list, p.target())
	}
	return list
}

func (p *parser) target() Target {
	if p.tok.kind != word && p.tok.kind != param || p.tok.kind == word && !p.tok.quoted && reserved[p.tok.val] {
		p.unexpected()
	}
	t := p.dotted()
	if p.tok.is("[") {
		start := p.tok.start
		depth := 0
		for p.tok.kind != end {
			if p.tok.is("[") {
				depth++
			} else if p.tok.is("]") {
				depth--
			} else if depth == 0 {
				if !p.tok.is(".") {
					break
				}
			} else if p.tok.is(";") {
				break
			}
			dot := p.tok.is(".") && depth == 0
			p.advance()
			if dot {
				p.name()
			}
		}
		t.Index = Text{SQL: p.lex.src[start:p.last.end], Pos: start}
	}
	return t
}

// statements reads statements into a list, each of which is in it before what it holds is read.
func (p *parser) statements(list *[]Stmt, stops ...string) {
	for !slices.ContainsFunc(stops, p.tok.is) {
		if p.tok.kind == end {
			p.unexpected()
		}
		p.statement(list)
	}
}
