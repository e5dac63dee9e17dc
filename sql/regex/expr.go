package regex

// op is the kind of an expr.
type op byte

const (
	opEmpty op = iota
	opSet
	opCat
	opAlt
	opRepeat
	opCond
	opLook
)

// cond is a constraint on a place in the text.
type cond byte

const (
	condTextStart cond = iota
	condTextEnd
	condLineStart
	condLineEnd
	condWordStart
	condWordEnd
	condWordEdge
	condNoWordEdge
)

// look is a kind of look-around.
type look byte

const (
	lookAhead look = iota
	lookNotAhead
	lookBehind
	lookNotBehind
)

// endless is the upper bound of x* and x{m,}.
const endless = -1

// expr is a language, without preferences and captures. A back reference has the
// language of what it refers to.
type expr struct {
	op       op
	set      *charSet
	kids     []*expr
	min, max int
	cond     cond
	look     look
}

var empty = &expr{op: opEmpty}

// flatCat is the longest sequence that cat takes apart to have all parts side by side. Each
// part of a tree has the language of all that follows; those of a long expression would
// otherwise take memory by the square of its length.
const flatCat = 64

func cat(list ...*expr) *expr {
	var kids []*expr
	for _, x := range list {
		switch {
		case x.op == opEmpty:
		case x.op == opCat && len(x.kids) <= flatCat:
			kids = append(kids, x.kids...)
		default:
			kids = append(kids, x)
		}
	}
	switch len(kids) {
	case 0:
		return empty
	case 1:
		return kids[0]
	}
	return &expr{op: opCat, kids: kids}
}

func repeat(x *expr, low, high int) *expr {
	switch {
	case low == 1 && high == 1:
		return x
	case high == 0, x.op == opEmpty:
		return empty
	}
	return &expr{op: opRepeat, kids: []*expr{x}, min: low, max: high}
}

// unconstrained is x without its constraints.
func unconstrained(x *expr) *expr {
	if x.op == opCond || x.op == opLook {
		return empty
	}
	if len(x.kids) == 0 {
		return x
	}
	y := *x
	y.kids = make([]*expr, len(x.kids))
	for i, k := range x.kids {
		y.kids[i] = unconstrained(k)
	}
	return &y
}

// size is how many instructions x takes; beyond limit it is not counted exactly.
func (x *expr) size(limit int) int {
	n := 1
	for _, k := range x.kids {
		if n += k.size(limit); n > limit {
			return n
		}
	}
	switch {
	case x.op == opRepeat && x.max == endless:
		return (n-1)*max(x.min, 1) + 1
	case x.op == opRepeat:
		return (n-1)*x.max + x.max - x.min
	case x.op == opCat:
		return n - 1
	}
	return n
}
