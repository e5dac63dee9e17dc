package plpgsql

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

func (p *parser) execute(s *Execute) {
	p.advance()
	s.Query = p.sql("into", "using", ";")
	for {
		switch {
		case s.Into == nil && p.accept("into"):
			s.Strict = p.accept("strict")
			s.Into = p.targets()
		case s.Using == nil && p.accept("using"):
			s.Using = p.list("into", ";")
		default:
			p.expect(";")
			return
		}
	}
}

func (p *parser) diagnostics(s *Diagnostics) {
	at := p.tok.start
	p.advance()
	if s.Stacked = p.accept("stacked"); !s.Stacked {
		p.accept("current")
	}
	p.expect("diagnostics")
	for {
		s.Items = append(s.Items, DiagnosticItem{Target: p.target()})
		d := &s.Items[len(s.Items)-1]
		if !p.accept("=") {
			p.expect(":=")
		}
		d.Pos = p.tok.start
		d.Item = p.name()
		here := slices.Contains([]string{"row_count", "pg_context"}, d.Item)
		stacked := slices.Contains([]string{"returned_sqlstate", "column_name", "constraint_name", "pg_datatype_name", "message_text",
			"table_name", "schema_name", "pg_exception_detail", "pg_exception_hint", "pg_exception_context"}, d.Item)
		switch {
		case !here && !stacked:
			panic(fail(d.Pos, "unrecognized GET DIAGNOSTICS item at or near \"%s\"", d.Item))
		case s.Stacked && !stacked:
			panic(fail(at, "diagnostics item %s is not allowed in GET STACKED DIAGNOSTICS", strings.ToUpper(d.Item)))
		case !s.Stacked && !here:
			panic(fail(at, "diagnostics item %s is not allowed in GET CURRENT DIAGNOSTICS", strings.ToUpper(d.Item)))
		}
		if !p.accept(",") {
			break
		}
	}
	p.expect(";")
}

func (p *parser) open(s *Open) {
	p.advance()
	c := p.bound()
	s.Cursor = p.target()
	if c != nil {
		s.Args = p.cursorArgs(c, ";")
		p.advance()
		return
	}
	if p.tok.is("no") && p.peek(1).is("scroll") {
		p.advance()
		p.advance()
		s.Scroll = 'n'
	} else if p.accept("scroll") {
		s.Scroll = 's'
	}
	if !p.accept("for") {
		panic(fail(p.tok.start, "syntax error at or near \"%s\", expected \"FOR\"", p.lex.src[p.tok.start:p.tok.end]))
	}
	if p.accept("execute") {
		s.Dynamic = p.sql(";", "using")
		if p.accept("using") {
			s.Using = p.list(";")
		}
	} else {
		s.Query = p.sql(";")
	}
	p.expect(";")
}

func (p *parser) fetch(s *Fetch) {
	s.Move, s.Direction, s.Count = p.tok.is("move"), "forward", Text{SQL: "1"}
	at, many := p.tok.start, false
	p.advance()
	direction := func() bool { return p.peek(1).is("from") || p.peek(1).is("in") }
	switch {
	case p.tok.is("next"), p.tok.is("prior"), p.tok.is("first"), p.tok.is("last"), p.tok.is("all"):
		if d := p.tok.val; direction() || !p.peek(1).is("into") && !p.peek(1).is(";") {
			p.advance()
			s.Direction, many = d, d == "all"
		}
	case p.tok.is("absolute"), p.tok.is("relative"):
		s.Direction = p.name()
		s.Count = p.sql("from", "in")
	case p.tok.is("forward"), p.tok.is("backward"):
		s.Direction = p.name()
		if !p.tok.is("from") && !p.tok.is("in") {
			many = true
			if p.accept("all") {
				s.Count = Text{SQL: "all"}
			} else {
				s.Count = p.sql("from", "in")
			}
		}
	case p.tok.kind == number || !p.tok.is("from") && !p.tok.is("in") && p.peek(1).kind != symbol && !p.peek(1).is("into"):
		s.Count, many = p.sql("from", "in"), true
	}
	if !p.accept("from") {
		p.accept("in")
	}
	s.Cursor = p.target()
	if !s.Move {
		p.expect("into")
		s.Targets = p.targets()
	}
	p.expect(";")
	if many && !s.Move { // whatever the number is
		panic(pgerr.New(pgerrcode.FeatureNotSupported, "FETCH statement cannot return multiple rows").At(at))
	}
}

func (p *parser) transaction(s *Transaction) {
	s.Rollback = p.tok.is("rollback")
	p.advance()
	if p.accept("and") {
		if p.accept("no") {
			p.expect("chain")
		} else {
			p.expect("chain")
			s.Chain = true
		}
	}
	p.expect(";")
}

// sqlStmt reads any other statement; INTO with its targets is taken out of it, but for
// INSERT INTO and MERGE INTO, and blanks put in its place.
func (p *parser) sqlStmt(s *SQL) {
	s.Text.Pos = p.tok.start
	first, depth := p.tok.val, 0
	src := []byte(p.lex.src[p.tok.start:])
	base := p.tok.start
	finish := p.tok.start
	for {
		if p.tok.kind == end {
			panic(fail(p.tok.start, "unexpected end of function definition at end of input"))
		}
		if p.tok.is(";") && depth == 0 {
			break
		}
		switch {
		case p.tok.is("("):
			depth++
		case p.tok.is(")"):
			depth--
		}
		if p.tok.is("into") && depth == 0 && !p.last.is("insert") && !p.last.is("merge") && first != "create" && first != "import" {
			if s.Into != nil {
				panic(fail(p.tok.start, "INTO specified more than once"))
			}
			start := p.tok.start
			p.advance()
			s.Strict = p.accept("strict")
			s.Into = p.targets()
			for i := start; i < p.tok.start; i++ {
				if src[i-base] != '\n' {
					src[i-base] = ' '
				}
			}
			finish = p.last.end
			continue
		}
		finish = p.tok.end
		p.advance()
	}
	p.expect(";")
	s.Text.SQL = strings.TrimRight(string(src[:finish-base]), " \t\n")
}
