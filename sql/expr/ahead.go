package expr

import (
	"context"

	"github.com/loxodb/loxodb/sql/batch"
)

// Ahead is told the later runs of a subquery, before it is run for one row after the other.
type Ahead interface {
	// At is called before run i of runs. set puts the values of a run into their Exec
	// slots, or says that the run will not be needed.
	At(ctx context.Context, i, runs int, set func(i int) bool) error
}

// lookAhead tells the subquery of node nd about the runs after row sel[k]; args are its
// arguments, n of them, and the left side.
func (st *state) lookAhead(next Ahead, nd *node, x *subState, args []*batch.Col, n int, sel []uint16, k int) error {
	x.saved = x.saved[:0]
	for _, slot := range nd.sub.Slots {
		x.saved = append(x.saved, st.env.Exec[slot])
	}
	err := next.At(st.env.Context, k, len(sel), func(j int) bool {
		if nd.sub.Memo {
			if _, known := x.memo.look(args, x.types, int(sel[j])); known {
				return false
			}
		}
		for a, slot := range nd.sub.Slots[:n] {
			st.env.Exec[slot] = args[a].Datum(int(sel[j]))
		}
		return true
	})
	for a, slot := range nd.sub.Slots {
		st.env.Exec[slot] = x.saved[a]
	}
	return err
}
