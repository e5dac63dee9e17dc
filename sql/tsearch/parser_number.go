package tsearch

import "strings"

// number takes 5, -5, 1.5, 1e5, 1.2.3 where no letter follows.
func (p *parser) number() bool {
	n := 0
	signed := p.at(0) == '-' || p.at(0) == '+'
	if signed {
		n = 1
	}
	digits := func() bool {
		from := n
		for isDigit(p.at(n)) {
			n++
		}
		return n > from
	}
	if !digits() {
		return false
	}
	kind := UInt
	if signed {
		kind = Int
	}
	dots := 0
	for p.at(n) == '.' && isDigit(p.at(n+1)) {
		n++
		digits()
		dots++
	}
	switch {
	case dots == 1:
		kind = Float
	case dots > 1 && signed:
		return false // a version after a hyphen
	case dots > 1:
		kind = Version
	}
	if c := p.at(n); (c == 'e' || c == 'E') && dots < 2 {
		at := n
		if n++; p.at(n) == '-' || p.at(n) == '+' {
			n++
		}
		if digits() {
			kind = SFloat
		} else {
			n = at
		}
	}
	if m, letters, _, _ := run(p.s[p.i+n:]); m > 0 && letters && !signed && kind == UInt {
		return false // a word with digits
	}
	if p.at(n) == '/' && isAlnum(p.at(n+1)) && kind == UInt {
		return false // a file
	}
	p.take(kind, n)
	return true
}

// markup takes tags, comments and entities.
func (p *parser) markup() bool {
	switch p.at(0) {
	case '<':
		return p.tag()
	case '&':
		return p.entity()
	}
	return false
}

func (p *parser) tag() bool {
	rest := p.s[p.i:]
	if strings.HasPrefix(rest, "<!--") {
		end := strings.Index(rest, "-->")
		if end < 0 {
			return false
		}
		p.take(Tag, end+3)
		return true
	}
	n := 1
	if c := p.at(1); c == '/' || c == '!' || c == '?' {
		n = 2
	}
	if !isLetter(p.at(n)) {
		return false
	}
	for c := p.at(n); isAlnum(c) || c == ':' || c == '_' || c == '-' || c == '.'; c = p.at(n) {
		n++
	}
	if c := p.at(n); !isSpace(c) && c != '>' && c != '/' {
		return false
	}
	quote := byte(0)
	for ; p.i+n < len(p.s); n++ {
		switch c := p.at(n); {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			p.take(Tag, n+1)
			return true
		case c == '<':
			return false
		}
	}
	return false
}

func (p *parser) entity() bool {
	n := 1
	member := func(c byte) bool { return isAlnum(c) || c == '_' || c == ':' || c == '.' || c == '-' }
	if p.at(1) == '#' {
		n, member = 2, isDigit
		if p.at(2)|0x20 == 'x' {
			n, member = 3, func(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
		}
	} else if !isLetter(p.at(1)) && p.at(1) != '_' && p.at(1) != ':' {
		return false
	}
	from := n
	for member(p.at(n)) {
		n++
	}
	if n == from || p.at(n) != ';' {
		return false
	}
	p.take(Entity, n+1)
	return true
}
