package expr

import (
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// What short values can become long by: an operator that computes such expressions must not
// do so for a whole batch of rows at once, as a thousand long values may be more than there
// is memory.

// Amplifies reports an expression with a call, or a query, whose value may be much longer than
// its arguments.
func Amplifies(es ...Expr) (found bool) {
	for _, e := range es {
		Walk(e, func(x Expr) bool {
			switch x := x.(type) {
			case *Call:
				found = found || x.amplifies()
			case *SubPlan:
				found = found || x.amplifies()
			}
			return !found
		})
	}
	return found
}

// amplifies goes by what the function was registered with.
func (c *Call) amplifies() bool {
	return c.Fn.User == nil && c.Fn.MayBeLonger(c.constant)
}

// amplifies is so of every correlated query whose value may have any length: nothing is known
// of its plan here.
func (p *SubPlan) amplifies() bool {
	switch p.Kind {
	case ScalarSub, ArraySub, ArraysSub:
		return len(p.Args) > 0 && p.T.Rep() == types.RepBytes
	}
	return false
}

// constant is the value of an argument that is one and not NULL.
func (c *Call) constant(arg int) (types.T, types.Datum, bool) {
	if arg >= len(c.Args) {
		return types.T{}, types.Datum{}, false
	}
	k, ok := c.Args[arg].(*Const)
	if !ok || k.D.IsNull() {
		return types.T{}, types.Datum{}, false
	}
	return k.Type(), k.D, true
}

// Amplified is how many bytes the values of calls that amplify, and of those over them, have
// taken since it was asked before. They are let go: results handed out before are invalid.
func (s *Scratch) Amplified() (n int64) {
	for _, st := range s.all {
		n += st.letGo()
	}
	return n
}

// letGo is Amplified of one program.
func (st *state) letGo() int64 {
	n := st.amplified
	st.amplified = 0
	for i := range st.nodes {
		if st.p.nodes[i].long && !st.p.nodes[i].stable {
			clear(st.nodes[i].col.B)
		}
	}
	return n
}

// length is how many bytes the values of the rows are.
func length(c *batch.Col, sel []uint16) (n int64) {
	if c.B == nil {
		return 0
	}
	for _, i := range sel {
		n += int64(len(c.B[i]))
	}
	return n
}

// PieceBytes is about how many bytes of long values are there at once.
const PieceBytes = 4 << 20

// NextPiece is how many rows to compute next, where n made so many bytes.
func NextPiece(n int, bytes int64) int {
	if bytes > PieceBytes {
		return max(1, int(int64(n)*PieceBytes/bytes))
	}
	return min(2*n, batch.MaxRows)
}

// inPieces hands f the rows in pieces of which the long values have room, and lets these go after
// each.
func (st *state) inPieces(sel []uint16, f func(piece []uint16) error) error {
	st.letGo()
	for n := 1; len(sel) > 0; {
		n = min(n, len(sel))
		if err := f(sel[:n]); err != nil {
			return err
		}
		sel = sel[n:]
		n = NextPiece(n, st.letGo())
		st.arena.Reset()
	}
	return nil
}

// filterInPieces is filter of what makes long values.
func (st *state) filterInPieces(id int, sel []uint16) ([]uint16, error) {
	out := room(&st.kept, len(sel))
	err := st.inPieces(sel, func(piece []uint16) error {
		kept, err := st.filter(id, piece)
		out = append(out, kept...)
		return err
	})
	st.kept = out
	return out, err
}

// evalInPieces is the program's value, which is short, of what makes long ones.
func (st *state) evalInPieces(sel []uint16) (*batch.Col, error) {
	out := &st.whole
	out.Init(st.p.t, rows(sel))
	return out, st.inPieces(sel, func(piece []uint16) error {
		c, err := st.eval(st.p.root, piece)
		if err == nil {
			copyRows(out, c, piece)
		}
		return err
	})
}
