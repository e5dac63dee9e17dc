package regex

// bracket reads the members of […] up to its end.
func (p *parser) bracket(complemented bool) *charSet {
	var spans []span
	p.next()
	for p.tok != tokBracketEnd && p.tok != tokEOS {
		spans = append(spans, p.member()...)
	}
	if !complemented {
		return newSet(spans)
	}
	if p.flags.DotStops {
		spans = append(spans, single('\n'))
	}
	return newSet(complement(spans))
}

// member reads a character, a range, or a class.
func (p *parser) member() []span {
	switch p.tok {
	case tokClass:
		name := p.name(errClass)
		if p.err != nil {
			return nil
		}
		s, ok := class(name, p.flags.Fold)
		if !ok {
			p.fail(errClass)
		}
		return s
	case tokEquiv:
		if c, ok := p.collating(); ok {
			return p.cases([]span{single(c)})
		}
		return nil
	case tokShort, tokNotShort:
		return p.shortClass()
	}
	lo, ok := p.end(false)
	if !ok {
		return nil
	}
	hi := lo
	if p.tok == tokRange {
		p.next()
		if hi, ok = p.end(true); !ok {
			return nil
		}
	}
	if lo > hi {
		p.fail(errRange)
		return nil
	}
	return p.cases([]span{{lo, hi}})
}

// shortClass reads \d and the like.
func (p *parser) shortClass() []span {
	s, _ := class(shortClasses[p.val], p.flags.Fold)
	if p.tok == tokNotShort {
		s = complement(s)
	}
	p.next()
	return s
}

// end reads one end of a range; the second may be a hyphen.
func (p *parser) end(second bool) (rune, bool) {
	switch {
	case p.tok == tokPlain, second && p.tok == tokRange:
		c := p.val
		p.next()
		return c, true
	case p.tok == tokCollate:
		return p.collating()
	}
	p.fail(errRange)
	return 0, false
}

// collating reads the rest of [.x.] or [=x=].
func (p *parser) collating() (rune, bool) {
	name := p.name(errCollate)
	if p.err != nil {
		return 0, false
	}
	c, ok := element(name)
	if !ok {
		p.fail(errCollate)
	}
	return c, ok
}

// name reads up to the end of a named member; none is what fails without a name.
func (p *parser) name(none Error) string {
	start, end := p.at, p.at
	for p.next(); p.tok == tokPlain && p.err == nil; p.next() {
		end = p.at
	}
	name := p.p[start:end]
	p.next() // the end
	if name == "" {
		p.fail(none)
	}
	return name
}

func (p *parser) cases(s []span) []span {
	if p.flags.Fold {
		return withCases(s)
	}
	return s
}
