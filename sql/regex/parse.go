package regex

// prefs says how long a match a part prefers, and what lies within.
type prefs byte

const (
	longer prefs = 1 << iota
	shorter
	mixed    // parts of it prefer otherwise than it or each other
	captures // groups
	refers   // back references
)

// up is what of f counts for the part around.
func up(f prefs) prefs {
	g := f &^ (longer | shorter)
	if f&longer != 0 && f&shorter != 0 {
		g |= mixed
	}
	return g
}

// combine gives the flags of a sequence: the first part with a preference rules.
func combine(f, g prefs) prefs {
	p := f & (longer | shorter)
	if p == 0 {
		p = g & (longer | shorter)
	}
	return up(f|g) | p
}

func messy(f prefs) bool { return f&(mixed|captures|refers) != 0 }

// nodeOp is how a part of the tree is taken apart.
type nodeOp byte

const (
	nodePlain  nodeOp = iota // not at all
	nodeCat                  // two parts, one after the other
	nodeAlt                  // one of the parts
	nodeRepeat               // a part again and again
	nodeGroup                // a part whose match is a second group's, too
	nodeBack                 // a back reference
)

// node is a part of an expression: its language, and how a text of it is divided.
type node struct {
	op       nodeOp
	flags    prefs
	group    int // the group that its match is; 0 = none
	kids     []*node
	min, max int // of nodeRepeat and nodeBack
	back     int // the group that nodeBack repeats
	x        *expr
	auto     automaton
}

// parser reads an expression into a tree.
type parser struct {
	lexer
	tree    *node
	subs    []*node // by number of the group; nil while one is open
	hasBack bool
	copied  int // size of the languages that back references took over
	depth   int
	atoms   int
}

// maxDepth bounds nesting, maxSize the automaton, about as PostgreSQL does; maxPrograms
// bounds the automata of all parts together, of some 80 bytes an instruction.
const (
	maxDepth    = 8000
	maxSize     = 40_000
	maxPrograms = 1_000_000
)

func parse(pattern string, flags Flags) (*parser, error) {
	p := &parser{lexer: lexer{p: pattern, flags: flags}, subs: []*node{nil}}
	var err error
	if p.at, err = p.flags.directors(pattern); err != nil {
		return nil, err
	}
	switch {
	case p.flags.Literal:
		p.mode = inLiteral
	case p.flags.Basic:
		p.mode = inBRE
	}
	p.next()
	p.tree = p.parse(tokEOS, false)
	if p.err != nil {
		return nil, p.err
	}
	return p, nil
}

// fits reports an expression whose automaton would be too large.
func (p *parser) fits() error {
	if p.tree.x.size(maxSize) > maxSize || p.tree.programs(maxPrograms) > maxPrograms {
		return errTooBig
	}
	return nil
}

// parse reads alternatives up to the token stop. In a look-around nothing captures.
func (p *parser) parse(stop kind, inLook bool) *node {
	if p.depth++; p.depth > maxDepth {
		p.fail(errTooBig)
	}
	defer func() { p.depth-- }()
	all := &node{op: nodeAlt, flags: longer}
	for {
		b := p.branch(stop, inLook)
		all.kids = append(all.kids, b)
		all.flags |= up(all.flags | b.flags)
		if p.tok != tokBar {
			break
		}
		p.next()
	}
	if p.tok != stop {
		p.fail(errParen)
	}
	if len(all.kids) == 1 {
		return all.kids[0]
	}
	all.x = &expr{op: opAlt}
	for _, k := range all.kids {
		all.x.kids = append(all.x.kids, k.x)
	}
	if !messy(all.flags) {
		all.op, all.kids = nodePlain, nil
	}
	return all
}

// branch reads what follows one another. As soon as a part is reached that has to
// be taken apart, what was before it, it and the rest become nodes.
func (p *parser) branch(stop kind, inLook bool) *node {
	top := &node{x: empty}
	var before []*expr
	for p.tok != tokBar && p.tok != stop && p.tok != tokEOS {
		if x := p.constraint(); x != nil {
			before = append(before, x)
			continue
		}
		back := p.tok == tokBackref
		a := p.atom(inLook)
		if p.atoms++; p.atoms > maxSize { // before all of a long text has been read
			p.fail(errTooBig)
		}
		if p.err != nil {
			return top
		}
		q := p.quantifier()
		q.back = back
		if p.err != nil {
			return top
		}
		if q.min == 0 && q.max == 0 { // its groups may still be referred to
			continue
		}
		f := top.flags | q.pref | a.flags
		if a.group == 0 && a.op != nodeBack && !messy(up(f)) {
			before = append(before, repeat(a.x, q.min, q.max))
			top.flags = f
			continue
		}
		return p.divide(top.flags, cat(before...), a, q, stop, inLook)
	}
	top.x = cat(before...)
	return top
}

// divide builds the nodes of a branch: what is before, the atom a with its
// quantifier, and the rest, which is still to be read.
func (p *parser) divide(before prefs, x *expr, a *node, q quantifier, stop kind, inLook bool) *node {
	pref := combine(q.pref, a.flags)
	part := quantified(a, q)
	if p.tok != tokBar && p.tok != stop && p.tok != tokEOS {
		rest := p.branch(stop, inLook)
		part = &node{op: nodeCat, flags: pref, kids: []*node{part, rest}, x: cat(part.x, rest.x)}
		part.flags |= combine(part.flags, rest.flags)
		pref = part.flags
	}
	if x.op == opEmpty {
		return part
	}
	head := &node{flags: before, x: x}
	all := &node{op: nodeCat, flags: before, kids: []*node{head, part}, x: cat(x, part.x)}
	all.flags |= combine(before, pref)
	return all
}

// quantified is the node of an atom under a quantifier.
func quantified(a *node, q quantifier) *node {
	f := combine(q.pref, a.flags)
	own := a.flags & (longer | shorter | mixed)
	switch {
	case q.back:
		a.min, a.max = q.min, q.max
		a.flags |= f
		a.x = repeat(a.x, q.min, q.max)
		return a
	case q.min == 1 && q.max == 1 && (q.pref == 0 || own == 0 || q.pref == own):
		return a
	case a.flags&(captures|refers) == 0:
		return &node{flags: f, x: repeat(a.x, q.min, q.max)}
	case q.min > 0 && a.flags&refers == 0:
		// only the last time counts for what is captured
		less := q.max
		if less != endless {
			less--
		}
		first := &node{flags: f & (longer | shorter), x: repeat(a.x, q.min-1, less)}
		return &node{op: nodeCat, flags: f, kids: []*node{first, a}, x: cat(first.x, a.x)}
	}
	return &node{op: nodeRepeat, flags: f, kids: []*node{a}, min: q.min, max: q.max, x: repeat(a.x, q.min, q.max)}
}
