package sidecar

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/segfile"
)

// leastMemory is what any bound on memory allows at least: below it, where memory is taken by the chunk, segments would be
// of few entries, and there would be too many of them.
const leastMemory = 16 << 20

// boundEvery is how many entries come between two looks at the memory they take.
const boundEvery = 64

// returnAfter is how many entries make garbage that goes back to the system at once.
const returnAfter = 50_000

// bulk writes entries as sealed segments, one after the other, each of as many as the
// bound on memory lets a part hold while it is linked and written. It is what builds
// and merges write through. Segments that are done stay open but take no memory of
// their own (see part.settle). Used by one goroutine; ended by finish or discard.
type bulk struct {
	ix    *Index
	ctx   context.Context
	o     *BuildOptions
	asOf  uint64
	limit int64 // of held
	most  int   // entries of a part

	// sealed takes a segment over when it is done; nil: they are kept in segs.
	sealed func(seg *part, last uint64) error

	p      *part // being filled; nil before the next entry
	l      *linker
	segs   []*part // done, in the order in which they were filled
	before int64   // entries in segs
	meter  *meter
	peak   int64 // the most that was held
}

func (ix *Index) newBulk(ctx context.Context, asOf uint64, o *BuildOptions) *bulk {
	b := &bulk{ix: ix, ctx: ctx, asOf: asOf, o: o, meter: newMeter(ix.cfg.Spec.Kind, o)}
	b.limit, b.most = ix.bound(o.Memory)
	return b
}

// bound is what the entries of a part may take of a bound on memory, and how many may
// be in it. The rest is for the sample that lists are found from, for reading the rows, and
// for checking the file when it is written, while the part is still there; less of it where
// a budget has vectors kept in files, which are most of a part.
func (ix *Index) bound(memory int64) (bytes int64, entries int) {
	bytes = max(memory, leastMemory) / 2
	if ix.cfg.Budget != nil && ix.cfg.Spec.Kind != vectorindex.IVF {
		bytes += bytes / 2
	}
	if ix.cfg.Spec.Element == dist.Sparse {
		bytes = min(bytes, maxMergedSparse)
	}
	return bytes, ix.cfg.SegmentEntries
}

// held is the memory that the entries of the part in work take now, with what writing
// it will add.
func (b *bulk) held() int64 {
	if b.p == nil {
		return 0
	}
	return b.p.bytes() + int64(b.p.n.Load())*writtenBytes(&b.ix.cfg.Spec)
}

// add appends an entry; died is 0 while it is alive.
func (b *bulk) add(d *Delta, added, died uint64) error {
	if b.p == nil {
		if err := b.begin(); err != nil {
			return err
		}
	}
	if err := b.p.append(d, added); err != nil {
		return err
	}
	n := b.p.n.Load()
	if died != 0 {
		b.p.kill(n-1, died)
	}
	if int(n) < b.most && n%boundEvery != 0 {
		return nil
	}
	held := b.held()
	b.peak = max(b.peak, held)
	if int(n) >= b.most || held >= b.limit {
		return b.seal()
	}
	if n%loadBatch == 0 {
		b.l.more.Signal()
		b.reportLoad()
		return b.ctx.Err()
	}
	return nil
}

// reportLoad tells how many rows were read and, beside that, linked.
func (b *bulk) reportLoad() {
	n := int64(b.p.n.Load())
	b.l.mu.Lock()
	linked := b.l.linked
	b.l.mu.Unlock()
	b.meter.note(PhaseLink, linked)
	b.meter.set(PhaseLoad, n, n)
}

// begin starts the next part. The memory of the one before goes back to the system
// first: the collector would wait until as much again is in use.
func (b *bulk) begin() (err error) {
	if b.before > 0 {
		returnMemory()
	}
	scratch, err := b.ix.newScratch()
	if err != nil {
		return err
	}
	if b.p, err = newHead(&b.ix.cfg.Spec, 0, scratch); err == nil {
		b.p.budget = b.ix.cfg.Budget
		b.l = startLinker(b.ctx, b.p, b.ix.cfg.GraphMin, b.o, b.meter)
	}
	return err
}

// newScratch is where the vectors of the next part are; nil, and so memory, where memory is
// not bounded. They are most of a part and are read little while it is linked.
func (ix *Index) newScratch() (*segfile.Scratch, error) {
	b := ix.cfg.Budget
	if b == nil {
		return nil, nil
	}
	name := fmt.Sprintf("%012d.part%s", ix.nextNumber.Add(1)-1, segfile.TmpSuffix)
	s, err := segfile.NewScratch(ix.cfg.FS, ix.dir, name)
	if err == nil {
		b.keep(s)
	}
	return s, err
}

// seal links what is not linked yet and writes the part.
func (b *bulk) seal() error {
	p, l := b.p, b.l
	b.p, b.l = nil, nil
	defer p.closeScratch()
	if err := l.finish(false); err != nil {
		return err
	}
	seg, err := b.ix.writePart(b.ctx, p, b.asOf, b.o, b.meter)
	if err != nil {
		return err
	}
	b.before += int64(p.n.Load())
	b.meter.next(int64(p.n.Load()))
	if b.sealed != nil {
		return b.sealed(seg, p.cols.row(p.n.Load()-1))
	}
	b.segs = append(b.segs, seg)
	return nil
}

// finish writes the last part and returns the segments.
func (b *bulk) finish() ([]*part, error) {
	if b.p != nil {
		b.meter.known(int64(b.p.n.Load()))
		b.reportLoad()
		if err := b.seal(); err != nil {
			return nil, err
		}
	}
	if b.before > returnAfter {
		returnMemory()
	}
	return b.segs, nil
}

// returnMemory gives what was freed back to the system. Two collections: the first one
// empties the pools of a graph, which the runtime has listed and so keeps until then.
func returnMemory() {
	runtime.GC()
	debug.FreeOSMemory()
}

// discard ends the work without a result.
func (b *bulk) discard() {
	if b.l != nil {
		_ = b.l.finish(true)
		b.p.closeScratch()
	}
	discard(b.segs)
	b.p, b.l, b.segs = nil, nil, nil
}

// discard removes segments that are in no set.
func discard(segs []*part) {
	for _, p := range segs {
		p.obsolete.Store(true)
		p.release()
	}
}

// unique checks what a build's reader promised: no row comes twice.
func unique(segs []*part) error {
	last, first := uint64(0), true
	return inRowOrder(segs, func(p *part, ord uint32) error {
		row := p.cols.row(ord)
		if !first && row == last {
			return fmt.Errorf("sidecar: build was given row %d twice", row)
		}
		last, first = row, false
		return nil
	})
}

// inRowOrder calls each with every entry of sealed segments by row, those of one row
// in the order in which they were added.
func inRowOrder(segs []*part, each func(p *part, ord uint32) error) error {
	at := make([]int, len(segs))
	for {
		best, row, added := -1, uint64(0), uint64(0)
		for i, p := range segs {
			if at[i] == len(p.sorted.rows) {
				continue
			}
			r, a := p.sorted.rows[at[i]], p.cols.addedAt(p.sorted.ord(at[i]))
			if best < 0 || r < row || r == row && a < added {
				best, row, added = i, r, a
			}
		}
		if best < 0 {
			return nil
		}
		if err := each(segs[best], segs[best].sorted.ord(at[best])); err != nil {
			return err
		}
		at[best]++
	}
}
