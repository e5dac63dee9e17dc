package plpgsql

import (
	"slices"
	"strconv"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// statement reads one statement; nil for a mere semicolon's worth of nothing.
func (p *parser) statement() Stmt {
	if p.depth++; p.depth > maxDepth {
		panic(pgerr.TooDeep())
	}
	defer func() { p.depth-- }()
	label := p.label()
	line := Line(p.tok.line)
	if p.tok.is("declare") || p.tok.is("begin") {
		b := p.block(label)
		p.expect(";")
		return &Nested{line, b}
	}
	if p.tok.is("loop") || p.tok.is("while") || p.tok.is("for") || p.tok.is("foreach") {
		return p.loop(label, line)
	}
	if label != "" {
		p.unexpected()
	}
	if p.assignment() {
		t := p.target()
		if !p.accept(":=") {
			p.expect("=")
		}
		v := p.sql(";")
		p.expect(";")
		return &Assign{line, t, v}
	}
	if p.tok.kind == word && !p.tok.quoted {
		switch p.tok.val {
		case "if":
			return p.ifStmt(line)
		case "case":
			return p.caseStmt(line)
		case "exit", "continue":
			return p.exit(line)
		case "return":
			return p.returns(line)
		case "raise":
			return p.raise(line)
		case "assert":
			p.advance()
			s := &Assert{Line: line, Cond: p.sql(";", ",")}
			if p.accept(",") {
				s.Message = p.sql(";")
			}
			p.expect(";")
			return s
		case "execute":
			return p.execute(line)
		case "perform":
			p.advance()
			t := p.sql(";")
			p.expect(";")
			return &Perform{line, Text{SQL: "SELECT " + t.SQL, Pos: max(t.Pos-len("SELECT "), 0)}}
		case "get":
			return p.diagnostics(line)
		case "open":
			return p.open(line)
		case "fetch", "move":
			return p.fetch(line)
		case "close":
			p.advance()
			s := &Close{line, p.target()}
			p.expect(";")
			return s
		case "null":
			p.advance()
			p.expect(";")
			return &Null{line}
		case "commit", "rollback":
			return p.transaction(line)
		case "call", "do":
			t := p.sql(";")
			p.expect(";")
			return &Call{line, t}
		}
	}
	if p.tok.kind != word && p.tok.kind != symbol || p.tok.is(";") || p.tok.kind == word && !p.tok.quoted && unreserved[p.tok.val] {
		p.unexpected()
	}
	return p.sqlStmt(line)
}

// assignment reports name[…].name := at the present token.
func (p *parser) assignment() bool {
	if p.tok.kind == param {
		return p.peek(1).is(":=") || p.peek(1).is("=")
	}
	if p.tok.kind != word {
		return false
	}
	for i := 1; ; {
		switch t := p.peek(i); {
		case t.is(":=") || t.is("="):
			return true
		case t.is("."):
			if p.peek(i+1).kind != word {
				return false
			}
			i += 2
		case t.is("["):
			depth := 0
			for ; ; i++ {
				t := p.peek(i)
				if t.is("[") {
					depth++
				} else if t.is("]") {
					if depth--; depth == 0 {
						break
					}
				} else if t.kind == end || t.is(";") {
					return false
				}
			}
			i++
		default:
			return false
		}
	}
}

func (p *parser) ifStmt(line Line) Stmt {
	s := &If{Line: line}
	for {
		b := Branch{Line: p.tok.line}
		p.advance() // IF, ELSIF, ELSEIF
		b.Cond = p.sql("then")
		p.expect("then")
		b.Body = p.statements("elsif", "elseif", "else", "end")
		s.Branches = append(s.Branches, b)
		if !p.tok.is("elsif") && !p.tok.is("elseif") {
			break
		}
	}
	if p.accept("else") {
		s.Branches = append(s.Branches, Branch{Body: p.statements("end")})
	}
	p.expect("end")
	p.expect("if")
	p.expect(";")
	return s
}

func (p *parser) caseStmt(line Line) Stmt {
	p.advance()
	s := &Case{Line: line}
	if !p.tok.is("when") {
		s.Value = p.sql("when")
	}
	for p.tok.is("when") {
		b := Branch{Line: p.tok.line}
		p.advance()
		b.Cond = p.sql("then")
		p.expect("then")
		b.Body = p.statements("when", "else", "end")
		s.Branches = append(s.Branches, b)
	}
	if len(s.Branches) == 0 {
		p.unexpected()
	}
	if p.accept("else") {
		s.HasElse = true
		s.Branches = append(s.Branches, Branch{Body: p.statements("end")})
	}
	p.expect("end")
	p.expect("case")
	p.expect(";")
	return s
}

// body reads the statements of a loop to its end.
func (p *parser) body(label string) []Stmt {
	p.expect("loop")
	list := p.statements("end")
	p.expect("end")
	p.expect("loop")
	p.endLabel(label)
	p.expect(";")
	return list
}

func (p *parser) loop(label string, line Line) Stmt {
	switch {
	case p.tok.is("loop"):
		return &Loop{Line: line, Label: label, Body: p.body(label)}
	case p.accept("while"):
		s := &Loop{Line: line, Label: label, While: p.sql("loop")}
		s.Body = p.body(label)
		return s
	case p.accept("foreach"):
		s := &ForEach{Line: line, Label: label, Targets: p.targets()}
		if p.accept("slice") {
			n, err := strconv.Atoi(p.tok.val)
			if err != nil {
				p.unexpected()
			}
			s.Slice = n
			p.advance()
		}
		p.expect("in")
		p.expect("array")
		s.Array = p.sql("loop")
		s.Body = p.body(label)
		return s
	}
	return p.forLoop(label, line)
}

func (p *parser) forLoop(label string, line Line) Stmt {
	p.advance()
	targets := p.targets()
	p.expect("in")
	if p.accept("execute") {
		s := &ForQuery{Line: line, Label: label, Targets: targets, Dynamic: p.sql("using", "loop")}
		if p.accept("using") {
			s.Using = p.list("loop")
		}
		s.Body = p.body(label)
		return s
	}
	if c := p.bound(); c != nil {
		if len(targets) != 1 {
			panic(fail(p.tok.start, "cursor FOR loop must have only one target variable"))
		}
		s := &ForQuery{Line: line, Label: label, Targets: targets, Cursor: p.name()}
		s.Args = p.cursorArgs(c, "loop")
		s.Body = p.body(label)
		return s
	}
	reverse := p.accept("reverse")
	from := p.sql("loop", "..")
	if !p.accept("..") {
		if reverse {
			panic(fail(p.last.start, "cannot specify REVERSE in query FOR loop"))
		}
		s := &ForQuery{Line: line, Label: label, Targets: targets, Query: from}
		s.Body = p.body(label)
		return s
	}
	if len(targets) != 1 || len(targets[0].Parts) != 1 {
		panic(fail(targets[0].Pos, "integer FOR loop must have only one target variable"))
	}
	s := &ForInt{Line: line, Label: label, Var: targets[0].Parts[0], Reverse: reverse, From: from, To: p.sql("loop", "by")}
	if p.accept("by") {
		s.By = p.sql("loop")
	}
	s.Body = p.body(label)
	return s
}

// cursorArgs reads the arguments of a bound cursor, by place or by name, up to the token
// that ends them; they come in the order of its parameters.
func (p *parser) cursorArgs(c *Decl, stop string) []Text {
	switch n := len(c.Args); {
	case n == 0 && p.tok.is("("):
		panic(fail(p.tok.start, "cursor \"%s\" has no arguments", c.Name))
	case n == 0:
		if !p.tok.is(stop) {
			p.unexpected()
		}
		return nil
	case !p.tok.is("("):
		panic(fail(p.tok.start, "cursor \"%s\" has arguments", c.Name))
	}
	p.advance()
	args := make([]Text, len(c.Args))
	for i := range args {
		at, start := i, p.tok.start
		if p.tok.kind == word && p.peek(1).is(":=") {
			at = slices.IndexFunc(c.Args, func(a Decl) bool { return a.Name == p.tok.val })
			if at < 0 {
				panic(fail(start, "cursor \"%s\" has no argument named \"%s\"", c.Name, p.tok.val))
			}
			p.advance()
			p.advance()
		}
		if args[at].Given() {
			panic(fail(start, "value for parameter \"%s\" of cursor \"%s\" specified more than once", c.Args[at].Name, c.Name))
		}
		args[at] = p.sql(",", ")")
		switch last := i == len(args)-1; {
		case p.tok.is(")") && !last:
			panic(fail(p.tok.start, "not enough arguments for cursor \"%s\"", c.Name))
		case p.tok.is(",") && last:
			panic(fail(p.tok.start, "too many arguments for cursor \"%s\"", c.Name))
		}
		p.advance()
	}
	if !p.tok.is(stop) {
		p.unexpected()
	}
	return args
}

// list reads expressions with commas between them.
func (p *parser) list(stops ...string) (out []Text) {
	for {
		out = append(out, p.sql(append([]string{","}, stops...)...))
		if !p.accept(",") {
			return out
		}
	}
}

func (p *parser) exit(line Line) Stmt {
	s := &Exit{Line: line, Continue: p.tok.is("continue"), Pos: p.tok.start}
	p.advance()
	if p.tok.kind == word && !p.tok.is("when") {
		s.Pos = p.tok.start
		s.Label = p.name()
	}
	if p.accept("when") {
		s.When = p.sql(";")
	}
	p.expect(";")
	return s
}

func (p *parser) returns(line Line) Stmt {
	at := p.tok.start
	p.advance()
	switch {
	case p.accept("next"):
		s := &ReturnNext{Line: line, Start: at, Pos: p.tok.start}
		s.Value = p.until(";")
		p.expect(";")
		return s
	case p.accept("query"):
		s := &ReturnQuery{Line: line, Pos: at}
		if p.accept("execute") {
			s.Dynamic = p.sql(";", "using")
			if p.accept("using") {
				s.Using = p.list(";")
			}
		} else {
			s.Query = p.sql(";")
		}
		p.expect(";")
		return s
	}
	s := &Return{Line: line, Pos: p.tok.start}
	s.Value = p.until(";")
	p.expect(";")
	return s
}
