package executor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// readAhead reads the rest of a table with several goroutines, ahead of the consumer:
// the range of row numbers is cut into stretches, each is read, decoded and filtered
// by one goroutine over a view of its own, and their batches are handed out in the
// table's order. So a scan gives the same rows in the same order as without it, and
// what a stretch fails with shows only when its turn has come.
type readAhead struct {
	scan  *scan
	turn  []*stretch // a ring, in the table's order from first on
	first int
	jobs  chan *stretch
	stop  context.CancelFunc
	done  sync.WaitGroup

	next, hi uint64 // row numbers that nobody has been given
	all      bool   // none are left
	width    uint64 // row numbers of a stretch
	size     int    // rows of a batch
	shown    *readBatch
}

const (
	// A scan reads ahead after so many batches, if at least so many more are to come:
	// a consumer that wants few rows starts nothing.
	aheadAfter = 16
	aheadFrom  = 16
	// batches that a stretch may hold at a time
	stretchBatches = 4
	// bytes that a batch should have at most, of rows like those seen
	aheadBatchBytes = 256 << 10
)

// stretch is a range of row numbers that one goroutine reads.
type stretch struct {
	lo, hi uint64
	out    chan *readBatch // closed at the end
	free   chan *readBatch // that can be filled
	made   int             // batches
	idle   bool            // nothing is left for it

	// What came of it, to be looked at when out is closed.
	rows    int
	removed int64
	err     error
}

// readBatch is a batch with all that filling it takes.
type readBatch struct {
	of      *stretch
	reader  *table.Reader
	scratch expr.Scratch
	arena   batch.Arena
	batch   batch.Batch
}

// startAhead begins to read rows lo..hi with as many goroutines as can be had; nil
// when that is none.
func startAhead(ctx context.Context, s *scan, lo, hi uint64, density float64, rowBytes int) *readAhead {
	a := &readAhead{scan: s, next: lo, hi: hi}
	a.size = min(batch.MaxRows, max(16, aheadBatchBytes/max(1, rowBytes)))
	a.width = uint64(max(1, float64(stretchBatches*a.size)/density))
	// A portal is asked again and again, each time with a context of its own.
	ctx, a.stop = context.WithCancel(context.WithoutCancel(ctx))
	var views []kv.Snapshot
	for range s.env.Workers {
		if !s.env.Helpers.Take(0) {
			break
		}
		view, err := s.env.Fork(ctx, s.at)
		if err != nil || view == nil {
			s.env.Helpers.Give()
			break // the scan goes on alone
		}
		views = append(views, view)
	}
	if len(views) == 0 {
		a.stop()
		return nil
	}
	a.turn = make([]*stretch, len(views)+2)
	a.jobs = make(chan *stretch, len(a.turn))
	for i := range a.turn {
		a.turn[i] = &stretch{free: make(chan *readBatch, stretchBatches)}
		a.give(a.turn[i])
	}
	for _, view := range views {
		env := *s.env // now: the consumer changes its own
		env.Read, env.Txn, env.Counters, env.Context = view, nil, nil, ctx
		env.Exec = slices.Clone(env.Exec)
		a.done.Add(1)
		go a.work(ctx, view, &env)
	}
	if s.node.ID < len(s.env.Counters) {
		c := &s.env.Counters[s.node.ID]
		c.Workers = max(c.Workers, len(views))
	}
	return a
}

// give makes x the next stretch.
func (a *readAhead) give(x *stretch) {
	if x.idle = a.all; x.idle {
		return
	}
	x.lo, x.hi, x.rows, x.removed, x.err = a.next, a.hi, 0, 0, nil
	if a.width <= a.hi-a.next {
		x.hi = a.next + a.width - 1
	}
	x.out = make(chan *readBatch, stretchBatches)
	a.next, a.all = x.hi+1, x.hi == a.hi
	a.jobs <- x // there is room for all stretches
}

// nextBatch is the next batch of the table; nil at the end.
func (a *readAhead) nextBatch(ctx context.Context) (*batch.Batch, error) {
	a.release()
	for {
		x := a.turn[a.first]
		if x.idle {
			return nil, nil
		}
		select {
		case b, ok := <-x.out:
			if ok {
				a.shown = b
				return &b.batch, nil
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if x.err != nil {
			var p *workerPanic
			if errors.As(x.err, &p) {
				panic(p) // as it would have been without goroutines
			}
			return nil, x.err
		}
		if id := a.scan.node.ID; id < len(a.scan.env.Counters) {
			a.scan.env.Counters[id].Removed += x.removed
		}
		a.adapt(x)
		a.give(x)
		a.first = (a.first + 1) % len(a.turn)
	}
}

// adapt brings stretches nearer to the size that they should have: rows may lie
// closer together here than where the scan began, or be gone.
func (a *readAhead) adapt(x *stretch) {
	switch want := stretchBatches * a.size; {
	case x.rows < want/2 && a.width < math.MaxUint64/4:
		a.width *= 2
	case x.rows > 2*want:
		a.width = max(1, a.width/2)
	}
}

// release gives back the batch that the consumer had.
func (a *readAhead) release() {
	if a.shown != nil {
		a.shown.of.free <- a.shown
		a.shown = nil
	}
}

// close ends the goroutines and waits for them: their views must go before the
// statement's.
func (a *readAhead) close() {
	a.stop()
	close(a.jobs)
	a.done.Wait()
}

// work reads stretches until there are no more.
func (a *readAhead) work(ctx context.Context, view kv.Snapshot, env *Env) {
	defer a.done.Done()
	defer env.Helpers.Give()
	defer view.Close()
	for x := range a.jobs {
		x.err = a.read(ctx, x, env)
		close(x.out)
	}
}

// read reads a stretch. A panic becomes an error, which the consumer turns back.
func (a *readAhead) read(ctx context.Context, x *stretch, env *Env) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &workerPanic{fmt.Sprintf("%v\n%s", p, debug.Stack())}
		}
	}()
	b, err := a.take(ctx, x)
	if err != nil {
		return err
	}
	rows, err := b.reader.Scan(ctx, env.Read, x.lo, x.hi, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for {
		rows.Use(b.reader)
		if err := rows.Next(&b.batch, a.size); err != nil {
			return err
		}
		n := b.batch.Len()
		if n == 0 {
			x.free <- b
			return nil
		}
		b.arena.Reset()
		env.Arena = &b.arena
		f := a.scan.filter
		if err := f.finish(ctx, env, &b.scratch, b.reader, &b.batch, a.scan.node.ID); err != nil {
			return err
		}
		x.rows += n
		x.removed += int64(n - b.batch.Len())
		if b.batch.Len() == 0 {
			continue
		}
		x.out <- b // there is room for all batches of a stretch
		if b, err = a.take(ctx, x); err != nil {
			return err
		}
	}
}

// take waits for a batch that the consumer does not need any more.
func (a *readAhead) take(ctx context.Context, x *stretch) (*readBatch, error) {
	if x.made < stretchBatches && len(x.free) == 0 {
		x.made++
		b := &readBatch{of: x, reader: table.NewReader(a.scan.node.Table, a.scan.node.Attrs)}
		b.batch.Cols = make([]batch.Col, len(a.scan.node.Attrs))
		return b, nil
	}
	select {
	case b := <-x.free:
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// workerPanic carries a panic, with the place of it, from one goroutine to another.
type workerPanic struct{ what string }

func (p *workerPanic) Error() string { return p.what }
