package executor

import (
	"container/heap"
	"context"
	"errors"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// A sort whose rows take much of the statement's memory writes them, sorted, to
// temporary files, and merges these when the input has ended. A run holds the sort
// keys beside the rows: they are not computed again.

// sortRuns are the runs of one sort, in the order of the input.
type sortRuns struct {
	order *order
	types []types.T // of the rows, then of the keys
	width int       // of a row
	list  []spillRun
	merge *mergeRuns
	out   batch.Batch
	arena batch.Arena
	taken int64 // rows handed out
	held  int64 // of the budget
}

// fanIn is how many runs are merged at once: each reads a block at a time.
const fanIn = 64

// crowded reports that what a sort holds is better written out.
func (b *Budget) crowded(held int64) bool {
	if b == nil || b.limit <= 0 || held == 0 {
		return false
	}
	return held > b.limit/4 || held > b.limit/32 && b.used.Load() > b.limit/2
}

// spill writes the rows that the sort holds as a run.
func (s *sortOp) spill() error {
	if s.rows.n == 0 {
		return nil
	}
	if err := s.sort(); err != nil {
		return err
	}
	if s.runs == nil {
		s.runs = &sortRuns{order: s.order, width: len(s.rows.types)}
		s.runs.types = append(append(s.runs.types, s.rows.types...), s.keys.types...)
	}
	cols := append(append([]batch.Col(nil), s.rows.cols...), s.keys.cols...)
	err := s.runs.write(s.env, func(w *runWriter) error {
		for _, i := range s.perm {
			if err := w.add(cols, int(i)); err != nil {
				return err
			}
		}
		return nil
	})
	s.perm, s.sorted = s.perm[:0], false
	s.rows.reset(s.env.Budget)
	s.keys.reset(s.env.Budget)
	if err == nil && s.env.Counters != nil {
		s.env.Counters[s.id].Spilled += s.runs.list[len(s.runs.list)-1].bytes
	}
	return err
}

// write makes one more run.
func (r *sortRuns) write(env *Env, rows func(*runWriter) error) error {
	f, err := env.Spill()
	if err != nil {
		return err
	}
	w := newRunWriter(f, r.types, env.Budget.blockSize())
	err = rows(w)
	if err == nil {
		var done spillRun
		if done, err = w.end(); err == nil {
			r.list = append(r.list, done)
			return nil
		}
	}
	return errors.Join(err, f.Close())
}

// start merges until one merge is left, which next makes.
func (r *sortRuns) start(ctx context.Context, env *Env) (err error) {
	held := min(fanIn, int64(len(r.list))) * env.Budget.blockSize()
	if err := env.Budget.Grow(held); err != nil {
		return err
	}
	r.held = held
	for len(r.list) > fanIn {
		if err := r.pass(ctx, env); err != nil {
			return err
		}
	}
	r.merge, err = newMergeRuns(r.order, r.types, r.width, r.list)
	return err
}

// pass merges every fanIn runs into one: neighbours, so that runs stay in the order of
// the input.
func (r *sortRuns) pass(ctx context.Context, env *Env) error {
	old := r.list
	r.list = nil
	for len(old) > 0 {
		n := min(fanIn, len(old))
		if err := r.mergeSome(ctx, env, old[:n]); err != nil {
			r.list = append(r.list, old...) // close removes them
			return err
		}
		var err error
		for _, x := range old[:n] {
			err = errors.Join(err, x.file.Close())
		}
		if old = old[n:]; err != nil {
			r.list = append(r.list, old...)
			return err
		}
	}
	return nil
}

func (r *sortRuns) mergeSome(ctx context.Context, env *Env, some []spillRun) error {
	m, err := newMergeRuns(r.order, r.types, r.width, some)
	if err != nil {
		return err
	}
	return r.write(env, func(w *runWriter) error {
		for n := 0; ; n++ {
			if n%batch.MaxRows == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			cols, i, ok := m.head()
			if !ok {
				return nil
			}
			if err := w.add(cols, i); err != nil {
				return err
			}
			if err := m.advance(); err != nil {
				return err
			}
		}
	})
}

// next is the next batch of at most limit rows altogether; limit −1 = all.
func (r *sortRuns) next(limit int64) (*batch.Batch, error) {
	n := batch.MaxRows
	if limit >= 0 {
		n = int(min(int64(n), limit-r.taken))
	}
	if r.out.Cols == nil {
		r.out.Cols = make([]batch.Col, r.width)
	}
	r.arena.Reset()
	for k := range r.out.Cols {
		r.out.Cols[k].Init(r.types[k], max(n, 0))
	}
	rows := 0
	for rows < n && !r.arena.Full() {
		cols, i, ok := r.merge.head()
		if !ok {
			break
		}
		for k := range r.out.Cols {
			d := cols[k].Datum(i)
			if cols[k].B != nil && !cols[k].Null[i] {
				d = types.Bytes(r.arena.Copy(d.Bytes()))
			}
			r.out.Cols[k].Set(rows, d)
		}
		rows++
		if err := r.merge.advance(); err != nil {
			return nil, err
		}
	}
	if rows == 0 {
		return nil, nil
	}
	r.taken += int64(rows)
	r.out.Sel = batch.Identity(rows)
	return &r.out, nil
}

// close removes the files.
func (r *sortRuns) close(b *Budget) (err error) {
	_ = b.Grow(-r.held)
	for _, x := range r.list {
		err = errors.Join(err, x.file.Close())
	}
	return err
}

// mergeRuns walks several runs in their common order; of equal rows those of the
// earlier run come first. It is a heap of the runs that have rows.
type mergeRuns struct {
	order *order
	width int
	heads []mergeHead
}

type mergeHead struct {
	reader *runReader
	at     int // in its block
	place  int // of the run
}

func newMergeRuns(o *order, ts []types.T, width int, runs []spillRun) (*mergeRuns, error) {
	m := &mergeRuns{order: o, width: width}
	for i, x := range runs {
		r := newRunReader(x, ts)
		ok, err := r.next()
		if err != nil {
			return nil, err
		}
		if ok {
			m.heads = append(m.heads, mergeHead{reader: r, place: i})
		}
	}
	heap.Init(m)
	return m, o.failure()
}

// head is the first row, in columns of the reader's.
func (m *mergeRuns) head() (cols []batch.Col, i int, ok bool) {
	if len(m.heads) == 0 {
		return nil, 0, false
	}
	return m.heads[0].reader.cols, m.heads[0].at, true
}

// advance goes on to the row after head.
func (m *mergeRuns) advance() error {
	h := &m.heads[0]
	if h.at++; h.at == h.reader.n {
		h.at = 0
		ok, err := h.reader.next()
		if err != nil {
			return err
		}
		if !ok {
			heap.Pop(m)
			return m.order.failure()
		}
	}
	heap.Fix(m, 0)
	return m.order.failure()
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (m *mergeRuns) Len() int { return len(m.heads) }
func (m *mergeRuns) Less(i, j int) bool {
	a, b := &m.heads[i], &m.heads[j]
	if c := m.order.compare(a.reader.cols[m.width:], a.at, b.reader.cols[m.width:], b.at); c != 0 {
		return c < 0
	}
	return a.place < b.place
}
func (m *mergeRuns) Swap(i, j int) { m.heads[i], m.heads[j] = m.heads[j], m.heads[i] }
func (m *mergeRuns) Push(x any)    { m.heads = append(m.heads, x.(mergeHead)) }
func (m *mergeRuns) Pop() any {
	last := m.heads[len(m.heads)-1]
	m.heads = m.heads[:len(m.heads)-1]
	return last
}
