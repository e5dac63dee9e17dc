package executor

import (
	"context"
	"sync/atomic"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
)

// siftRows is how many rows a sort that keeps few gathers, at least, before it drops all
// but the best, while goroutines read for it.
const siftRows = 256

// bar is the last row that is among the best so far: the keys of a row that goroutines
// compare theirs with. nil before there are as many rows as are kept.
type bar struct{ keys atomic.Pointer[rowStore] }

// raise makes row i of the keys the bar.
func (b *bar) raise(keys *rowStore, i int) {
	if b == nil {
		return
	}
	row := newRowStore(keys.types)
	row.appendFrom(keys.cols, i)
	b.keys.Store(row)
}

func concurrentKeys(keys []physical.SortKey) bool {
	for _, k := range keys {
		if !concurrent(k.Expr) {
			return false
		}
	}
	return true
}

// siftAhead lets goroutines read the rest of the scan below, if there are any, and
// leave out what does not come before the bar. All that was compared to make the bar
// stands before their rows in the table, so that of equal rows the first are kept.
func (s *sortOp) siftAhead(ctx context.Context, bound int) error {
	if bound == 0 || s.runs != nil { // whatever comes is kept
		s.source.asks = false
		return nil
	}
	s.worst = &bar{}
	if s.rows.n >= bound {
		if err := s.compact(bound); err != nil {
			return err
		}
	}
	err := s.source.readAhead(ctx, &aheadWork{batches: stretchFolded, reader: func(env *Env, size int) stretchReader {
		return &sifter{gatherer: gatherer{newWorker(s.input, env, size)}, order: s.order, bar: s.worst, cols: make([]*batch.Col, len(s.order.keys))}
	}})
	s.ahead = s.source.ahead
	return err
}

// sifter sends the rows of its stretches that come before the bar.
type sifter struct {
	gatherer
	order   *order
	bar     *bar
	cols    []*batch.Col
	sel     []uint16
	scratch expr.Scratch
}

// read implements stretchReader.
func (r *sifter) read(ctx context.Context, x *stretch) error { return r.gather(ctx, x, r.sift) }

// sift narrows a batch.
func (r *sifter) sift(b *batch.Batch) error {
	worst := r.bar.keys.Load()
	if worst == nil {
		return nil
	}
	if err := evalAll(r.order.progs, r.env, &r.scratch, b, r.cols); err != nil {
		return err
	}
	r.sel = r.sel[:0]
	for _, i := range b.Sel {
		if r.order.before(r.cols, int(i), worst.cols) {
			r.sel = append(r.sel, i)
		}
	}
	b.Sel = r.sel
	return nil
}

// before reports that row i of a comes before the first of b.
func (o *order) before(a []*batch.Col, i int, b []batch.Col) bool {
	for k := range o.keys {
		if c := compareKey(&o.keys[k], o.types[k], a[k], i, &b[k], 0); c != 0 {
			return c < 0
		}
	}
	return false
}
