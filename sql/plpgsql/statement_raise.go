package plpgsql

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

var raiseLevels = []string{"exception", "warning", "notice", "info", "log", "debug"}

func (p *parser) raise(s *Raise) {
	s.Level, s.Pos = "exception", p.tok.start
	p.advance()
	if p.accept(";") {
		s.Again = true
		return
	}
	if p.tok.kind == word && !p.tok.quoted && slices.Contains(raiseLevels, p.tok.val) {
		s.Level = p.name()
	}
	switch {
	case p.tok.kind == text:
		s.HasFormat, s.Format, s.Pos = true, p.tok.val, p.tok.start
		p.advance()
		if !p.tok.is(",") && !p.tok.is(";") && !p.tok.is("using") {
			p.unexpected()
		}
		for p.accept(",") {
			s.Params = append(s.Params, p.sql(",", ";", "using"))
		}
		p.countParams(s)
	case p.tok.is("using"), p.tok.is(";"):
	default:
		c := p.condition()
		s.Condition, s.State, s.Pos = c.Name, c.State, c.Pos
		if c.State == "" && Conditions(c.Name) == nil {
			panic(pgerr.Newf(pgerrcode.UndefinedObject, "unrecognized exception condition \"%s\"", c.Name))
		}
	}
	if p.accept("using") {
		for {
			if p.tok.kind == end {
				p.unexpected()
			}
			o := RaiseOption{Name: p.tok.val}
			if p.tok.kind != word || !slices.Contains([]string{"message", "detail", "hint", "errcode", "column", "constraint", "datatype", "table", "schema"}, o.Name) {
				panic(fail(p.tok.start, "unrecognized RAISE statement option at or near \"%s\"", p.lex.src[p.tok.start:p.tok.end]))
			}
			p.advance()
			if !p.accept("=") && !p.accept(":=") {
				if p.tok.kind == end {
					p.unexpected()
				}
				panic(fail(p.tok.start, "syntax error, expected \"=\" at or near \"%s\"", p.lex.src[p.tok.start:p.tok.end]))
			}
			o.Value = p.sql(",", ";")
			s.Options = append(s.Options, o)
			if !p.accept(",") {
				break
			}
		}
	}
	p.expect(";")
}

// countParams holds the parameters of RAISE against the places in its format.
func (p *parser) countParams(s *Raise) {
	n := 0
	for i := 0; i < len(s.Format); i++ {
		if s.Format[i] == '%' {
			if i+1 < len(s.Format) && s.Format[i+1] == '%' {
				i++
				continue
			}
			n++
		}
	}
	switch {
	case n < len(s.Params):
		panic(fail(-1, "too many parameters specified for RAISE"))
	case n > len(s.Params):
		panic(fail(-1, "too few parameters specified for RAISE"))
	}
}
