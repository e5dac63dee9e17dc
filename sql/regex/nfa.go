package regex

import "sync"

// instOp is what an instruction does.
type instOp byte

const (
	instChar  instOp = iota // takes a character of set
	instSplit               // goes on at next and at alt
	instCond                // goes on at next where the constraint holds
	instLook
	instMatch
)

// inst is a state of the automaton.
type inst struct {
	op        instOp
	cond      cond
	look      look
	set       *charSet
	inner     *program // of instLook
	next, alt int32
}

// program is the automaton of a language.
type program struct {
	insts []inst
	start int32
	first *charSet // what a match can begin with; nil = anything, or nothing
}

// automaton makes a node's program when it is first needed.
type automaton struct {
	once sync.Once
	prog *program
}

func (n *node) program() *program {
	n.auto.once.Do(func() { n.auto.prog = compileExpr(n.x) })
	return n.auto.prog
}

func compileExpr(x *expr) *program {
	p := &program{insts: []inst{{op: instMatch}}}
	p.start = p.add(x, 0)
	p.first = p.begins()
	return p
}

// emit appends an instruction and gives its place.
func (p *program) emit(i inst) int32 {
	p.insts = append(p.insts, i)
	return int32(len(p.insts) - 1)
}

// add appends x before the instruction next and gives where it begins.
func (p *program) add(x *expr, next int32) int32 {
	switch x.op {
	case opSet:
		return p.emit(inst{op: instChar, set: x.set, next: next})
	case opCat:
		for i := len(x.kids) - 1; i >= 0; i-- {
			next = p.add(x.kids[i], next)
		}
		return next
	case opAlt:
		at := p.add(x.kids[len(x.kids)-1], next)
		for i := len(x.kids) - 2; i >= 0; i-- {
			at = p.emit(inst{op: instSplit, next: p.add(x.kids[i], next), alt: at})
		}
		return at
	case opRepeat:
		return p.addRepeat(x, next)
	case opCond:
		return p.emit(inst{op: instCond, cond: x.cond, next: next})
	case opLook:
		return p.emit(inst{op: instLook, look: x.look, inner: compileExpr(x.kids[0]), next: next})
	}
	return next
}

func (p *program) addRepeat(x *expr, next int32) int32 {
	body := x.kids[0]
	if x.max == endless {
		loop := p.emit(inst{op: instSplit, alt: next})
		p.insts[loop].next = p.add(body, loop)
		next = loop
		if x.min > 0 { // the loop's body serves as the last required one
			next = p.insts[loop].next
		}
		for range x.min - 1 {
			next = p.add(body, next)
		}
		return next
	}
	end := next
	for range x.max - x.min {
		next = p.emit(inst{op: instSplit, next: p.add(body, next), alt: end})
	}
	for range x.min {
		next = p.add(body, next)
	}
	return next
}

// begins is the set of characters that every match begins with one of; nil if a
// match can be empty.
func (p *program) begins() *charSet {
	var spans []span
	seen := make([]bool, len(p.insts))
	stack := []int32{p.start}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[at] {
			continue
		}
		seen[at] = true
		switch i := &p.insts[at]; i.op {
		case instMatch:
			return nil
		case instChar:
			spans = append(spans, i.set.spans...)
		case instSplit:
			stack = append(stack, i.next, i.alt)
		default:
			stack = append(stack, i.next)
		}
	}
	return newSet(spans)
}
