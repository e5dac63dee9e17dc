package tsearch

import (
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// pusher makes what stands for one word as it was written.
type pusher func(word []byte, weights byte, prefix bool) (*Node, error)

// queryParser reads the text form of a query.
type queryParser struct {
	scanner
	push  pusher
	depth int
}

// ParseQuery reads a query whose words are lexemes.
func ParseQuery(text string) (*Node, error) {
	return parseQuery(text, func(word []byte, weights byte, prefix bool) (*Node, error) {
		if len(word) > maxWord {
			return nil, pgerr.Newf(pgerrcode.ProgramLimitExceeded, "word is too long in tsquery: \"%s\"", text)
		}
		return &Node{Word: word, Weights: weights, Prefix: prefix}, nil
	})
}

func parseQuery(text string, push pusher) (*Node, error) {
	p := queryParser{scanner: scanner{s: text, whole: text, query: true, problem: "tsquery"}, push: push}
	if p.skipBlanks(); p.i >= len(p.s) {
		return nil, nil
	}
	n, err := p.expression(0)
	if err == nil && p.i < len(p.s) {
		err = p.bad()
	}
	return n, err
}

func (p *queryParser) skipBlanks() {
	for isSpace(p.next()) {
		p.i++
	}
}

// expression reads operands with operators that bind at least as strongly as least.
func (p *queryParser) expression(least int) (*Node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, pgerr.TooDeep()
	}
	defer func() { p.depth-- }()
	left, err := p.operand()
	for err == nil {
		p.skipBlanks()
		at := p.i
		op, distance, oerr := p.binary()
		if oerr != nil {
			return nil, oerr
		}
		if op == Word || op.priority() < least {
			p.i = at
			break
		}
		var right *Node
		if right, err = p.expression(op.priority() + 1); err == nil {
			left = &Node{Op: op, Left: left, Right: right, Distance: distance}
		}
	}
	return left, err
}

// binary reads an operator between operands; Word stands for none.
func (p *queryParser) binary() (Op, int, error) {
	switch p.next() {
	case '&':
		p.i++
		return And, 0, nil
	case '|':
		p.i++
		return Or, 0, nil
	case '<':
		return p.phrase()
	}
	return Word, 0, nil
}

// phrase reads <-> or <5>.
func (p *queryParser) phrase() (Op, int, error) {
	rest := p.s[p.i+1:]
	end := strings.IndexByte(rest, '>')
	if end < 0 {
		return Word, 0, nil
	}
	if rest[:end] == "-" {
		p.i += end + 2
		return Phrase, 1, nil
	}
	digits := strings.TrimLeft(rest[:end], " \t\n\v\f\r")
	if strings.Trim(strings.TrimLeft(digits, "+-"), "0123456789") != "" || digits == "" {
		return Word, 0, nil
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || n > maxPos+1 {
		return Word, 0, pgerr.Newf(pgerrcode.InvalidParameterValue,
			"distance in phrase operator must be an integer value between zero and %d inclusive", maxPos+1)
	}
	p.i += end + 2
	return Phrase, n, nil
}

func (p *queryParser) operand() (*Node, error) {
	p.skipBlanks()
	switch p.next() {
	case '!':
		p.i++
		n, err := p.expression(Not.priority())
		return &Node{Op: Not, Right: n}, err
	case '(':
		p.i++
		n, err := p.expression(0)
		if err == nil && p.next() != ')' {
			err = p.bad()
		}
		p.i++
		return n, err
	case ':':
		return nil, p.bad()
	}
	word, ok, err := p.lexeme()
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, pgerr.Newf(pgerrcode.SyntaxError, "no operand in tsquery: \"%s\"", p.whole)
	}
	weights, prefix := p.weights()
	return p.push(word, weights, prefix)
}

// weights reads :*AB.
func (p *queryParser) weights() (w byte, prefix bool) {
	if p.next() != ':' {
		return 0, false
	}
	for p.i++; ; p.i++ {
		switch c := p.next(); {
		case c == '*':
			prefix = true
		case c|0x20 >= 'a' && c|0x20 <= 'd' && c > '@':
			w |= 8 >> (c | 0x20 - 'a')
		default:
			return w, prefix
		}
	}
}
