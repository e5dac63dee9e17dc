package sidecar

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/loxodb/loxodb/vectorindex"
)

// Rows streams the rows that a build covers: every row that has a vector at the
// build's timestamp, once, as the change that adds it. It is borrowed until each returns.
type Rows func(ctx context.Context, each func(d *Delta) error) error

// BuildOptions directs a bulk build.
type BuildOptions struct {
	Workers int   // goroutines that link; default Config.Workers
	Total   int64 // rows expected, for Progress; 0 = not known
	// Memory bounds what the build holds of the index, in bytes; default Config.Memory.
	// What does not fit becomes several segments instead of one.
	Memory int64
	// Progress gets what was done of each phase. Calls come from one goroutine at a
	// time, often.
	Progress func(Progress)

	background bool // nobody waits for it: goroutines yield
}

func (o *BuildOptions) ensureDefaults(cfg *Config) {
	if o.Workers == 0 {
		o.Workers = cfg.Workers
	}
	if o.Memory == 0 {
		o.Memory = cfg.memory()
	}
}

// Built are segments that are durable on disk but in no manifest yet. They must be
// published or discarded.
type Built struct {
	ix   *Index
	segs []*part // none: there were no rows
	asOf uint64
	pin  *uint64
	peak int64
}

// Meta describes the segments.
func (b *Built) Meta() []SegmentMeta {
	var out []SegmentMeta
	for _, p := range b.segs {
		out = append(out, p.meta)
	}
	return out
}

// Held is the most memory, in bytes, that entries took while they were not on disk.
func (b *Built) Held() int64 { return b.peak }

// Build writes segments of all rows at the snapshot asOf, while changes go on
// being applied: one, or as many as the bound on memory asks for. The index must get
// every change after asOf through Apply.
// CREATE INDEX: attach an empty index to the commit hook, wait until every
// transaction that does not know of it has ended, take asOf, Build, and Publish.
func (ix *Index) Build(ctx context.Context, asOf uint64, rows Rows, o BuildOptions) (*Built, error) {
	o.ensureDefaults(&ix.cfg)
	g, err := ix.cfg.Budget.grant(ctx, o.Memory)
	if err != nil {
		return nil, err
	}
	defer g.release()
	o.Memory = g.bytes
	pin, err := ix.pinFrom(asOf)
	if err != nil {
		return nil, err
	}
	b := ix.newBulk(ctx, asOf, &o)
	space := ix.cfg.Spec.Space()
	err = rows(ctx, func(d *Delta) error {
		if err := space.Check(d.Vec); err != nil {
			return fmt.Errorf("row %d: %w: %w", d.Row, vectorindex.ErrQuery, err)
		}
		return b.add(d, asOf, 0)
	})
	if err == nil {
		if _, err = b.finish(); err == nil {
			err = unique(b.segs)
		}
	}
	if err != nil {
		b.discard()
		ix.unpin(pin)
		return nil, err
	}
	return &Built{ix: ix, segs: b.segs, asOf: asOf, pin: pin, peak: b.peak}, nil
}

// pinFrom keeps every op that is later than asOf in the log.
func (ix *Index) pinFrom(asOf uint64) (*uint64, error) {
	ix.applyMu.Lock()
	defer ix.applyMu.Unlock()
	if ix.log.dropped > asOf {
		return nil, fmt.Errorf("%w: build at %d, but changes up to %d are sealed", vectorindex.ErrTooOld, asOf, ix.log.dropped)
	}
	pin := ix.log.base
	ix.log.pins[&pin] = struct{}{}
	return &pin, nil
}

func (ix *Index) unpin(pin *uint64) {
	ix.applyMu.Lock()
	defer ix.applyMu.Unlock()
	delete(ix.log.pins, pin)
}

// loadBatch is how many entries are handed to a linking goroutine at a time.
const loadBatch = 256

// linker links the entries of a private part while it grows.
type linker struct {
	p        *part
	min      uint32
	ctx      context.Context
	wg       sync.WaitGroup
	mu       sync.Mutex
	more     *sync.Cond
	next     uint32 // first entry that nobody has taken
	finished bool   // no more entries will come
	linked   int64
	err      error
	meter    *meter
}

func startLinker(ctx context.Context, p *part, minEntries int, o *BuildOptions, m *meter) *linker {
	l := &linker{p: p, min: uint32(minEntries), ctx: ctx, meter: m}
	l.more = sync.NewCond(&l.mu)
	if p.graph() == nil {
		return l
	}
	for range max(o.Workers, 1) {
		l.wg.Add(1)
		go func() {
			defer l.wg.Done()
			if o.background {
				yielding()
			}
			l.run()
		}()
	}
	return l
}

func (l *linker) run() {
	for {
		lo, hi, ok := l.take()
		if !ok {
			return
		}
		var err error
		for ord := lo; ord < hi && err == nil; ord++ {
			if err = l.ctx.Err(); err == nil {
				err = l.p.graph().Link(ord)
			}
		}
		l.mu.Lock()
		l.err = errors.Join(l.err, err)
		l.linked += int64(hi - lo)
		if l.finished { // else the reading of rows reports
			l.meter.set(PhaseLink, l.linked, int64(l.p.n.Load()))
		}
		l.mu.Unlock()
	}
}

// take returns the next entries to link; it waits for more until finish.
func (l *linker) take() (lo, hi uint32, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		n := l.p.n.Load()
		switch {
		case l.err != nil || l.finished && (l.next >= n || n < l.min):
			return 0, 0, false
		case n >= l.min && l.next < n && (l.finished || n-l.next >= loadBatch):
			if l.next == 0 {
				l.p.graph().CentreOn()
			}
			lo, hi = l.next, min(n, l.next+loadBatch)
			l.next = hi
			return lo, hi, true
		}
		l.more.Wait()
	}
}

// finish waits until every entry is linked, unless giveUp.
func (l *linker) finish(giveUp bool) error {
	l.mu.Lock()
	l.finished = true
	if giveUp {
		l.next = l.p.n.Load()
	}
	l.more.Broadcast()
	l.mu.Unlock()
	l.wg.Wait()
	if l.err == nil && !giveUp && l.p.graph() != nil && l.next == l.p.n.Load() {
		l.p.linked.Store(l.next)
	}
	return l.err
}

// writePart writes a part and opens the file; nil when it is empty.
func (ix *Index) writePart(ctx context.Context, p *part, asOf uint64, o *BuildOptions, m *meter) (*part, error) {
	n := int64(p.n.Load())
	if n == 0 {
		return nil, nil
	}
	made, err := ix.structuresOf(ctx, p, o, m)
	if err != nil {
		return nil, err
	}
	efforts, err := ix.calibrate(ctx, p, made, nil, max(o.Workers, ix.cfg.Workers), m)
	if err != nil {
		return nil, err
	}
	p.efforts.Store(efforts)
	number := ix.nextNumber.Add(1) - 1
	meta, err := ix.writeSegment(ctx, p, made, number, asOf, m)
	if err != nil {
		return nil, err
	}
	seg, err := ix.openSegment(ctx, meta)
	if err != nil {
		ix.removeFile(segmentName(number))
		return nil, err
	}
	seg.stored = seg.dead.dead.Load()
	m.set(PhaseWrite, n, n)
	return seg, nil
}

// Stage prepares the built segments for a commit that the caller makes himself,
// for instance as a part of a transaction that changes the catalog. It may be
// called once; the Built is used up even when it fails.
func (b *Built) Stage(ctx context.Context) (*Staged, error) {
	defer b.ix.unpin(b.pin)
	st, err := b.ix.stage(ctx, b.change())
	if err == nil {
		// Staged keeps the log from here on: it holds manifestMu, without which
		// nothing is trimmed.
		return st, nil
	}
	return nil, err
}

func (b *Built) change() change {
	return change{add: b.segs, from: *b.pin, bulk: true, validFrom: b.asOf}
}

// Publish stages the built segments, calls commit with the new manifest, and
// installs it. commit stores the manifest and must not delete outbox marks: what
// was applied to the head before or while the build ran stays there, with its
// marks, until the head is sealed. The Built is used up even when it fails.
func (ix *Index) Publish(ctx context.Context, b *Built, commit func(context.Context, Manifest) error) error {
	defer ix.unpin(b.pin)
	return ix.commit(ctx, b.change(), commit)
}

// Discard removes built segments that are not wanted any more.
func (b *Built) Discard() {
	b.ix.unpin(b.pin)
	discard(b.segs)
}
