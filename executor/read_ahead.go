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
// by one goroutine over a view of its own, and what comes of them is handed out in the
// table's order. So a scan gives the same rows in the same order as without it, and
// what a stretch fails with shows only when its turn has come.
type readAhead struct {
	scan  *scan
	took  func(*stretch) error // is told of each stretch in its turn, when it is done; or nil
	turn  []*stretch           // a ring, in the table's order from first on
	first int
	jobs  chan *stretch
	stop  context.CancelFunc
	done  sync.WaitGroup

	next, hi uint64 // row numbers that nobody has been given
	all      bool   // none are left
	width    uint64 // row numbers of a stretch
	within   uint64 // bits of a row number that are all set in the last one of a cell
	rows     int    // that a stretch should have
	shown    *readBatch
}

const (
	// A scan reads ahead after so many batches, if at least so many more are to come:
	// a consumer that wants few rows starts nothing.
	aheadAfter = 16
	aheadFrom  = 16
	// batches that a stretch may hold at a time, if they are handed out
	stretchBatches = 4
	// batches of a stretch of which only what they come to is handed out
	stretchFolded = 16
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
	rows   int
	counts []Counter // of the plan nodes that worked on it; nil unless they count
	part   *aggPart  // of a stretch that is folded
	err    error
}

// stretchReader is what one goroutine does with its stretches: it sends batches to out,
// as many as there is room for, or leaves a part.
type stretchReader interface {
	read(ctx context.Context, x *stretch) error
}

// aheadWork makes the reader of a goroutine, whose environment is env; batches is how
// many batches a stretch should have, size how many rows each.
type aheadWork struct {
	reader  func(env *Env, size int) stretchReader
	batches int
	took    func(*stretch) error // as of readAhead
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
func startAhead(ctx context.Context, s *scan, r *remainder, work *aheadWork) *readAhead {
	a := &readAhead{scan: s, took: work.took, next: r.lo, hi: r.hi}
	size := min(batch.MaxRows, max(16, aheadBatchBytes/max(1, r.rowBytes)))
	share := float64(r.hi-r.lo) * r.density / float64(4*s.env.Workers) // so that all have something to do to the end
	a.within = 1<<s.env.Columns.Shift(uint32(s.node.Table.Storage)) - 1
	a.rows = max(size, int(min(float64(work.batches*size), share)))
	a.width = uint64(max(1, float64(a.rows)/r.density))
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
		env.Read, env.Txn, env.Context = view, nil, ctx
		env.Exec, env.Uses = slices.Clone(env.Exec), nil
		if env.Counters != nil {
			env.Counters = make([]Counter, len(env.Counters))
		}
		a.done.Add(1)
		go a.work(ctx, view, &env, work.reader(&env, size))
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
	x.lo, x.hi, x.rows, x.err = a.next, a.hi, 0, nil
	if a.width <= a.hi-a.next {
		x.hi = min(a.hi, (a.next+a.width-1)|a.within)
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
		count(a.scan.env.Counters, x.counts)
		a.scan.saw(x.rows)
		if a.took != nil {
			if err := a.took(x); err != nil {
				return nil, err
			}
		}
		a.adapt(x)
		a.give(x)
		a.first = (a.first + 1) % len(a.turn)
	}
}

// adapt brings stretches nearer to the size that they should have: rows may lie
// closer together here than where the scan began, or be gone.
func (a *readAhead) adapt(x *stretch) {
	switch want := a.rows; {
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
func (a *readAhead) work(ctx context.Context, view kv.Snapshot, env *Env, r stretchReader) {
	defer a.done.Done()
	defer env.Helpers.Give()
	defer view.Close()
	for x := range a.jobs {
		x.err = readStretch(ctx, r, x)
		if env.Counters != nil {
			x.counts = append(x.counts[:0], env.Counters...)
			clear(env.Counters)
		}
		close(x.out)
	}
}

// readStretch reads a stretch. A panic becomes an error, which the consumer turns back.
func readStretch(ctx context.Context, r stretchReader, x *stretch) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &workerPanic{fmt.Sprintf("%v\n%s", p, debug.Stack())}
		}
	}()
	return r.read(ctx, x)
}

// count adds what goroutines counted for a stretch to the statement's counters. Times
// of goroutines side by side are not added up to one.
func count(to, from []Counter) {
	for i := range min(len(to), len(from)) {
		to[i].Rows += from[i].Rows
		to[i].Removed += from[i].Removed
	}
}

// scanStretches reads stretches of a scan and sends their batches as they were read.
type scanStretches struct {
	scan *scan
	env  *Env
	size int
}

// read implements stretchReader.
func (r *scanStretches) read(ctx context.Context, x *stretch) (err error) {
	b, err := r.take(ctx, x)
	if err != nil {
		return err
	}
	rows, err := b.reader.Scan(ctx, r.env.Read, x.lo, x.hi, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for {
		rows.Use(b.reader)
		if err := rows.Next(&b.batch, r.size); err != nil {
			return err
		}
		n := b.batch.Len()
		if n == 0 {
			x.free <- b
			return nil
		}
		b.arena.Reset()
		r.env.Arena = &b.arena
		f := r.scan.filter
		if err := f.finish(ctx, r.env, &b.scratch, b.reader, &b.batch, r.scan.node.ID); err != nil {
			return err
		}
		x.rows += n
		if b.batch.Len() == 0 {
			continue
		}
		x.out <- b // there is room for all batches of a stretch
		if b, err = r.take(ctx, x); err != nil {
			return err
		}
	}
}

// take is a batch with a reader of its own.
func (r *scanStretches) take(ctx context.Context, x *stretch) (*readBatch, error) {
	b, err := x.take(ctx)
	if err == nil && b.reader == nil {
		b.reader = table.NewReader(r.scan.node.Table, r.scan.node.Attrs)
		b.reader.UseColumns(r.env.columns())
		b.batch.Cols = make([]batch.Col, len(r.scan.node.Attrs))
	}
	return b, err
}

// take waits for a batch that the consumer does not need any more.
func (x *stretch) take(ctx context.Context) (*readBatch, error) {
	if x.made < stretchBatches && len(x.free) == 0 {
		x.made++
		return &readBatch{of: x}, nil
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
