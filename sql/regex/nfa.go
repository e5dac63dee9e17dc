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
	first *charSet // of a whole expression: what a match can begin with; nil = anything, or nothing
	inner bool     // within a look-around: it runs while another one does
}

// automaton makes a node's program when it is first needed.
type automaton struct {
	once sync.Once
	prog *program
}

func (n *node) program() *program {
	n.auto.once.Do(func() {
		if n.op == nodeCat {
			n.auto.prog = n.kids[1].program().behind(n.kids[0].x)
		} else {
			n.auto.prog = compileExpr(n.x)
		}
	})
	return n.auto.prog
}

func compileExpr(x *expr) *program {
	p := &program{insts: []inst{{op: instMatch}}}
	p.start = p.add(x, 0)
	return p
}

// behind is x and then rest, which shares its instructions: all the programs of a sequence
// take no more than that of the whole. Only one program may continue rest so.
func (rest *program) behind(x *expr) *program {
	p := &program{insts: rest.insts}
	p.start = p.add(x, rest.start)
	return p
}

// programs is how many instructions the programs of n and of its parts take; beyond limit
// it is not counted exactly.
func (n *node) programs(limit int) int {
	total := 0
	if n.op != nodeCat {
		total = n.x.size(limit)
	}
	for _, k := range n.kids {
		if total > limit {
			break
		}
		total += k.programs(limit - total)
	}
	return total
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
		inner := compileExpr(x.kids[0])
		inner.inner = true
		return p.emit(inst{op: instLook, look: x.look, inner: inner, next: next})
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
