package plpgsql

import (
	"slices"
	"strconv"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// put adds a statement that is still to be read to a list.
func put[S Stmt](list *[]Stmt, s S) S {
	*list = append(*list, s)
	return s
}

// statement reads one statement into a list.
func (p *parser) statement(list *[]Stmt) {
	if p.depth++; p.depth > maxDepth {
		panic(pgerr.TooDeep())
	}
	defer func() { p.depth-- }()
	label := p.label()
	line := Line(p.tok.line)
	if p.tok.is("declare") || p.tok.is("begin") {
		p.block(put(list, &Nested{line, &Block{Label: label}}).Block)
		p.expect(";")
		return
	}
	if p.tok.is("loop") || p.tok.is("while") || p.tok.is("for") || p.tok.is("foreach") {
		p.loop(list, label, line)
		return
	}
	if label != "" {
		p.unexpected()
	}
	if p.assignment() {
		s := put(list, &Assign{Line: line, Target: p.target()})
		if !p.accept(":=") {
			p.expect("=")
		}
		s.Value = p.sql(";")
		p.expect(";")
		return
	}
	if p.tok.kind == word && !p.tok.quoted && p.worded(list, line) {
		return
	}
	if p.tok.kind != word && p.tok.kind != symbol || p.tok.is(";") || p.tok.kind == word && !p.tok.quoted && unreserved[p.tok.val] {
		p.unexpected()
	}
	p.sqlStmt(put(list, &SQL{Line: line}))
}

// worded reads a statement that a word of PL/pgSQL begins, if one is here.
func (p *parser) worded(list *[]Stmt, line Line) bool {
	switch p.tok.val {
	case "if":
		p.ifStmt(put(list, &If{Line: line}))
	case "case":
		p.caseStmt(put(list, &Case{Line: line}))
	case "exit", "continue":
		p.exit(put(list, &Exit{Line: line}))
	case "return":
		p.returns(list, line)
	case "raise":
		p.raise(put(list, &Raise{Line: line}))
	case "assert":
		p.advance()
		s := put(list, &Assert{Line: line})
		s.Cond = p.sql(";", ",")
		if p.accept(",") {
			s.Message = p.sql(";")
		}
		p.expect(";")
	case "execute":
		p.execute(put(list, &Execute{Line: line}))
	case "perform":
		p.advance()
		t := p.sql(";")
		put(list, &Perform{line, Text{SQL: "SELECT " + t.SQL, Pos: t.Pos - len("SELECT ")}})
		p.expect(";")
	case "get":
		p.diagnostics(put(list, &Diagnostics{Line: line}))
	case "open":
		p.open(put(list, &Open{Line: line}))
	case "fetch", "move":
		p.fetch(put(list, &Fetch{Line: line}))
	case "close":
		p.advance()
		put(list, &Close{line, p.target()})
		p.expect(";")
	case "null":
		p.advance()
		p.expect(";")
		put(list, &Null{line})
	case "commit", "rollback":
		p.transaction(put(list, &Transaction{Line: line}))
	case "call", "do":
		put(list, &Call{line, p.sql(";")})
		p.expect(";")
	default:
		return false
	}
	return true
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

// branch adds a branch to a list and reads its statements.
func (p *parser) branch(list *[]Branch, b Branch, stops ...string) {
	*list = append(*list, b)
	p.statements(&(*list)[len(*list)-1].Body, stops...)
}

func (p *parser) ifStmt(s *If) {
	for {
		b := Branch{Line: p.tok.line}
		p.advance() // IF, ELSIF, ELSEIF
		b.Cond = p.sql("then")
		p.expect("then")
		p.branch(&s.Branches, b, "elsif", "elseif", "else", "end")
		if !p.tok.is("elsif") && !p.tok.is("elseif") {
			break
		}
	}
	if p.accept("else") {
		p.branch(&s.Branches, Branch{}, "end")
	}
	p.expect("end")
	p.expect("if")
	p.expect(";")
}

func (p *parser) caseStmt(s *Case) {
	p.advance()
	if !p.tok.is("when") {
		s.Value = p.sql("when")
	}
	for p.tok.is("when") {
		b := Branch{Line: p.tok.line}
		p.advance()
		b.Cond = p.sql("then")
		p.expect("then")
		p.branch(&s.Branches, b, "when", "else", "end")
	}
	if len(s.Branches) == 0 {
		p.unexpected()
	}
	if p.accept("else") {
		s.HasElse = true
		p.branch(&s.Branches, Branch{}, "end")
	}
	p.expect("end")
	p.expect("case")
	p.expect(";")
}

// body reads the statements of a loop to its end.
func (p *parser) body(list *[]Stmt, label string) {
	p.expect("loop")
	p.statements(list, "end")
	p.expect("end")
	p.expect("loop")
	p.endLabel(label)
	p.expect(";")
}

func (p *parser) loop(list *[]Stmt, label string, line Line) {
	switch {
	case p.tok.is("loop"):
		p.body(&put(list, &Loop{Line: line, Label: label}).Body, label)
	case p.accept("while"):
		p.body(&put(list, &Loop{Line: line, Label: label, While: p.sql("loop")}).Body, label)
	case p.accept("foreach"):
		s := put(list, &ForEach{Line: line, Label: label, Targets: p.targets()})
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
		p.body(&s.Body, label)
	default:
		p.forLoop(list, label, line)
	}
}

func (p *parser) forLoop(list *[]Stmt, label string, line Line) {
	p.advance()
	targets := p.targets()
	p.expect("in")
	if p.accept("execute") {
		s := &ForQuery{Line: line, Label: label, Targets: targets, Dynamic: p.sql("using", "loop")}
		if p.accept("using") {
			s.Using = p.list("loop")
		}
		p.body(&put(list, s).Body, label)
		return
	}
	if c := p.bound(); c != nil {
		if len(targets) != 1 {
			panic(fail(p.tok.start, "cursor FOR loop must have only one target variable"))
		}
		s := &ForQuery{Line: line, Label: label, Targets: targets, Cursor: p.name()}
		s.Args = p.cursorArgs(c, "loop")
		p.body(&put(list, s).Body, label)
		return
	}
	reverse := p.accept("reverse")
	from := p.sql("loop", "..")
	if !p.accept("..") {
		if reverse {
			panic(fail(p.last.start, "cannot specify REVERSE in query FOR loop"))
		}
		s := &ForQuery{Line: line, Label: label, Targets: targets, Query: from}
		p.body(&put(list, s).Body, label)
		return
	}
	if len(targets) != 1 || len(targets[0].Parts) != 1 {
		panic(fail(targets[0].Pos, "integer FOR loop must have only one target variable"))
	}
	s := &ForInt{Line: line, Label: label, Var: targets[0].Parts[0], Reverse: reverse, From: from, To: p.sql("loop", "by")}
	if p.accept("by") {
		s.By = p.sql("loop")
	}
	p.body(&put(list, s).Body, label)
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

func (p *parser) exit(s *Exit) {
	s.Continue, s.Pos = p.tok.is("continue"), p.tok.start
	p.advance()
	if p.tok.kind == word && !p.tok.is("when") {
		s.Pos = p.tok.start
		s.Label = p.name()
	}
	if p.accept("when") {
		s.When = p.sql(";")
	}
	p.expect(";")
}

func (p *parser) returns(list *[]Stmt, line Line) {
	at := p.tok.start
	p.advance()
	switch {
	case p.accept("next"):
		s := put(list, &ReturnNext{Line: line, Start: at, Pos: p.tok.start})
		s.Value = p.until(";")
		p.expect(";")
	case p.accept("query"):
		s := put(list, &ReturnQuery{Line: line, Pos: at})
		if p.accept("execute") {
			s.Dynamic = p.sql(";", "using")
			if p.accept("using") {
				s.Using = p.list(";")
			}
		} else {
			s.Query = p.sql(";")
		}
		p.expect(";")
	default:
		s := &Return{Line: line, Pos: p.tok.start}
		s.Value = p.until(";")
		put(list, s)
		p.expect(";")
	}
}
