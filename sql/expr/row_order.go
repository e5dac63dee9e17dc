package expr

import (
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/types"
)

// RowOrder is (L…) op (R…) by columns from the left, op being one of those that order: the
// first two columns that differ decide, and NULL in one of them leaves it NULL. Columns
// behind that are not evaluated, and none is evaluated twice.
type RowOrder struct {
	Name string // op, as it was written
	L, R []Expr // of the same length, two at least
	// Ops compares a pair: the strict form of op, and op itself for the last. Eq says
	// which pairs, the last one apart, leave it to the next.
	Ops, Eq []*builtin.Operator
	Pos     int
}

// Type is boolean.
func (e *RowOrder) Type() types.T { return boolT }

// Parts are the columns of both sides, pair by pair.
func (e *RowOrder) Parts() []Expr {
	l := make([]Expr, 0, 2*len(e.L))
	for i := range e.L {
		l = append(l, e.L[i], e.R[i])
	}
	return l
}

// With is a copy over other Parts.
func (e *RowOrder) With(l []Expr) *RowOrder {
	c := *e
	c.L, c.R = make([]Expr, len(e.L)), make([]Expr, len(e.R))
	for i := range c.L {
		c.L[i], c.R[i] = l[2*i], l[2*i+1]
	}
	return &c
}

// Pair is the comparison of one pair of columns.
func (e *RowOrder) Pair(i int) *Call {
	return &Call{Fn: e.Ops[i].Func, Op: e.Ops[i], Args: []Expr{e.L[i], e.R[i]}, T: boolT, Pos: e.Pos}
}

// volatility is that of the least stable comparison.
func (e *RowOrder) volatility() byte {
	v := builtin.Immutable
	for _, op := range e.Ops {
		if at := op.Func.Volatility; at == builtin.Volatile || at == builtin.Stable && v == builtin.Immutable {
			v = at
		}
	}
	return v
}

// rowOrder compiles a comparison of rows. Its node's arguments are, for each pair, its two
// columns, the call that orders them, and the one that says whether they are equal; the last
// pair has no such. The calls are given the columns that are there.
func (c *compiler) rowOrder(e *RowOrder) (int, error) {
	n := node{op: opRowOrder, t: boolT, stable: e.volatility() != builtin.Volatile}
	for i := range e.L {
		pair, err := c.list(e.L[i], e.R[i])
		if err != nil {
			return 0, err
		}
		stable := c.p.nodes[pair[0]].stable && c.p.nodes[pair[1]].stable
		n.stable = n.stable && stable
		n.args = append(n.args, pair[0], pair[1], c.emit(node{op: opCall, t: boolT, fn: e.Ops[i].Func, args: pair, stable: stable}))
		if i < len(e.Eq) {
			n.args = append(n.args, c.emit(node{op: opCall, t: boolT, fn: e.Eq[i].Func, args: pair, stable: stable}))
		}
	}
	return c.emit(n), nil
}

// rowOrder compares pair by pair the rows that the pairs before have left open.
func (st *state) rowOrder(id int, sel []uint16) (*batch.Col, error) {
	n, ns := &st.p.nodes[id], &st.nodes[id]
	out := st.out(id, sel)
	open := sel
	for k := 0; k < len(n.args) && len(open) > 0; k += 4 {
		var pair [2]*batch.Col
		for i := range pair {
			c, err := st.eval(n.args[k+i], open)
			if err != nil {
				return nil, err
			}
			pair[i] = c
		}
		decided, rest := open, open[:0:0]
		if k+3 < len(n.args) {
			eq := n.args[k+3]
			c, err := st.apply(eq, st.out(eq, open), open, pair[:])
			if err != nil {
				return nil, err
			}
			// open may be ns.rest itself: writing behind the reading position is fine
			decided, rest = room(&ns.sel, len(sel)), room(&ns.rest, len(sel))
			for _, i := range open {
				if !c.Null[i] && c.I[i] != 0 {
					rest = append(rest, i)
				} else {
					decided = append(decided, i)
				}
			}
			ns.sel, ns.rest = decided, rest
		}
		op := n.args[k+2]
		c, err := st.apply(op, st.out(op, decided), decided, pair[:])
		if err != nil {
			return nil, err
		}
		copyRows(out, c, decided)
		open = rest
	}
	return out, nil
}
