package regex

// constraint reads an element that matches a place; nil if the next is none.
func (p *parser) constraint() *expr {
	conds := map[kind]cond{
		tokTextStart: condTextStart, tokTextEnd: condTextEnd, tokWordStart: condWordStart, tokWordEnd: condWordEnd,
		tokWordEdge: condWordEdge, tokNoWordEdge: condNoWordEdge, tokCaret: condTextStart, tokDollar: condTextEnd,
	}
	if p.tok == tokLook {
		kind := look(p.val)
		p.next()
		inner := p.parse(tokClose, true)
		p.next()
		return &expr{op: opLook, look: kind, kids: []*expr{inner.x}}
	}
	c, ok := conds[p.tok]
	if !ok {
		return nil
	}
	if p.flags.LineAnchors {
		switch p.tok {
		case tokCaret:
			c = condLineStart
		case tokDollar:
			c = condLineEnd
		}
	}
	p.next()
	return &expr{op: opCond, cond: c}
}

// atom reads what a quantifier may follow.
func (p *parser) atom(inLook bool) *node {
	switch p.tok {
	case tokStar, tokPlus, tokQuestion, tokBrace:
		p.fail(errOperand)
	case tokClose:
		if !p.flags.Extended {
			p.fail(errParen)
			return nil
		}
		return p.char()
	case tokPlain:
		return p.char()
	case tokShort, tokNotShort:
		return &node{x: &expr{op: opSet, set: newSet(p.shortClass())}}
	case tokBracket:
		set := p.bracket(p.val == 0)
		p.next()
		return &node{x: &expr{op: opSet, set: set}}
	case tokDot:
		set := anyChar
		if p.flags.DotStops {
			set = notNewline
		}
		p.next()
		return &node{x: &expr{op: opSet, set: set}}
	case tokOpen:
		return p.groupOf(inLook)
	case tokBackref:
		return p.backref(inLook)
	default:
		p.fail(errArgument) // no token begins so
	}
	return nil
}

func (p *parser) char() *node {
	set := newSet(p.cases([]span{single(p.val)}))
	p.next()
	return &node{x: &expr{op: opSet, set: set}}
}

// groupOf reads (…) and (?:…).
func (p *parser) groupOf(inLook bool) *node {
	number := 0
	if p.val == 1 && !inLook {
		p.groups++
		number = p.groups
		p.subs = append(p.subs, nil)
	}
	p.next()
	a := p.parse(tokClose, inLook)
	p.next()
	if number == 0 || p.err != nil {
		return a
	}
	if a.group == 0 {
		a.flags |= captures
	} else {
		a = &node{op: nodeGroup, flags: a.flags | captures, kids: []*node{a}, x: a.x}
	}
	a.group = number
	p.subs[number] = a
	return a
}

func (p *parser) backref(inLook bool) *node {
	n := int(p.val)
	if inLook || n >= len(p.subs) || p.subs[n] == nil {
		p.fail(errBackref)
		return nil
	}
	if p.copied += p.subs[n].x.size(maxSize); p.copied > maxSize {
		p.fail(errTooBig)
		return nil
	}
	p.hasBack = true
	a := &node{op: nodeBack, flags: refers, back: n, min: 1, max: 1, x: unconstrained(p.subs[n].x)}
	p.next()
	return a
}

// quantifier is {min,max} and what it prefers.
type quantifier struct {
	min, max int
	pref     prefs
	back     bool // of a back reference, which counts for itself
}

// maxCount is the largest number in a bound.
const maxCount = 255

func (p *parser) quantifier() quantifier {
	q := quantifier{min: 1, max: 1}
	switch p.tok {
	case tokStar:
		q.min, q.max = 0, endless
	case tokPlus:
		q.max = endless
	case tokQuestion:
		q.min = 0
	case tokBrace:
		return p.bound()
	default:
		return q
	}
	q.pref = preference(p.val)
	p.next()
	return q
}

func preference(greedy rune) prefs {
	if greedy != 0 {
		return longer
	}
	return shorter
}

// bound reads {m}, {m,} or {m,n}; the first prefers what its operand prefers.
func (p *parser) bound() quantifier {
	var q quantifier
	p.next()
	q.min = p.count()
	q.max = q.min
	both := p.tok == tokComma
	if both {
		p.next()
		q.max = endless
		if p.tok == tokDigit {
			q.max = p.count()
			if q.min > q.max {
				p.fail(errCount)
			}
		}
	}
	if p.tok != tokBraceEnd {
		p.fail(errCount)
		return q
	}
	if both {
		q.pref = preference(p.val)
	}
	p.next()
	return q
}

func (p *parser) count() int {
	n := 0
	for p.tok == tokDigit && n < maxCount {
		n = n*10 + int(p.val)
		p.next()
	}
	if p.tok == tokDigit || n > maxCount {
		p.fail(errCount)
	}
	return n
}
