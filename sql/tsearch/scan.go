package tsearch

import (
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// scanner reads lexemes as they are written in vectors and queries: words with
// backslashes, or in apostrophes.
type scanner struct {
	s       string
	i       int
	query   bool // operators end words, places are not read
	web     bool // of a search engine's query: only quotation marks are special
	whole   string
	problem string // what a syntax error is in
}

func (s *scanner) bad() error {
	return pgerr.Newf(pgerrcode.SyntaxError, "syntax error in %s: \"%s\"", s.problem, s.whole)
}

func (s *scanner) next() byte {
	if s.i >= len(s.s) {
		return 0
	}
	return s.s[s.i]
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// operator reports a character that ends a word in a query.
func (s *scanner) operator() bool {
	switch s.next() {
	case '!', '&', '|', '(', ')':
		return true
	case '<': // of a phrase
		return true
	}
	return false
}

// lexeme reads the next word; ok is false at the end.
func (s *scanner) lexeme() (word []byte, ok bool, err error) {
	for isSpace(s.next()) {
		s.i++
	}
	if s.i >= len(s.s) {
		return nil, false, nil
	}
	if s.next() == '\'' && !s.web {
		s.i++
		word, err = s.quoted()
		return word, err == nil, err
	}
	if s.query && s.operator() && !s.web {
		return nil, false, s.bad()
	}
	for {
		c := s.next()
		switch {
		case c == '\\' && !s.web && s.i < len(s.s):
			if word, err = s.escaped(word); err != nil {
				return nil, false, err
			}
			continue
		case s.i >= len(s.s), isSpace(c), s.query && s.operator(), s.web && c == '"':
			if len(word) == 0 {
				return nil, false, s.bad()
			}
			return word, true, nil
		case c == ':' && len(word) > 0: // as the first character it is like any other
			return word, true, nil
		}
		word = s.character(word)
	}
}

// character takes one character over.
func (s *scanner) character(word []byte) []byte {
	_, n := utf8.DecodeRuneInString(s.s[s.i:])
	word = append(word, s.s[s.i:s.i+n]...)
	s.i += n
	return word
}

func (s *scanner) escaped(word []byte) ([]byte, error) {
	s.i++
	if s.i >= len(s.s) {
		return nil, pgerr.Newf(pgerrcode.SyntaxError, "there is no escaped character: \"%s\"", s.whole)
	}
	return s.character(word), nil
}

// quoted reads up to the closing apostrophe.
func (s *scanner) quoted() (word []byte, err error) {
	for {
		switch c := s.next(); {
		case s.i >= len(s.s):
			return nil, s.bad()
		case c == '\\':
			if word, err = s.escaped(word); err != nil {
				return nil, err
			}
		case c == '\'':
			s.i++
			if s.next() != '\'' {
				if len(word) == 0 {
					return nil, s.bad()
				}
				return word, nil
			}
			word = append(word, '\'')
			s.i++
		default:
			word = s.character(word)
		}
	}
}

// places reads :1,2A ….
func (s *scanner) places() (list []Pos, err error) {
	if s.next() != ':' {
		return nil, nil
	}
	s.i++
	for {
		if s.next() < '0' || s.next() > '9' {
			return nil, s.bad()
		}
		n := 0
		for s.next() >= '0' && s.next() <= '9' {
			n = min(n*10+int(s.next()-'0'), maxPos+1)
			s.i++
		}
		if n == 0 {
			return nil, pgerr.Newf(pgerrcode.SyntaxError, "wrong position info in tsvector: \"%s\"", s.whole)
		}
		weight, err := s.weight()
		if err != nil {
			return nil, err
		}
		list = append(list, MakePos(n, weight))
		switch c := s.next(); {
		case c == ',':
			s.i++
		case s.i >= len(s.s), isSpace(c):
			return list, nil
		default:
			return nil, s.bad()
		}
	}
}

// weight reads letters, of which all but the last must be D.
func (s *scanner) weight() (weight byte, err error) {
	for {
		w, ok := Weight(s.next())
		if s.next() == '*' {
			w, ok = 3, true
		}
		switch {
		case !ok:
			return weight, nil
		case weight != 0:
			return 0, s.bad()
		}
		weight = w
		s.i++
	}
}

// ParseVector reads the text form.
func ParseVector(text string) (Vector, error) {
	s := scanner{s: text, whole: text, problem: "tsvector"}
	var v Vector
	for {
		word, ok, err := s.lexeme()
		if err != nil {
			return nil, err
		}
		if !ok {
			return v.normal(), nil
		}
		if len(word) > maxWord {
			return nil, pgerr.Newf(pgerrcode.ProgramLimitExceeded, "word is too long (%d bytes, max %d bytes)", len(word), maxWord)
		}
		l := Lexeme{Word: word}
		if l.Pos, err = s.places(); err != nil {
			return nil, err
		}
		v = append(v, l)
	}
}
