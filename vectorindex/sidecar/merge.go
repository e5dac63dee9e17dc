package sidecar

import (
	"cmp"
	"context"
	"slices"

	"github.com/loxodb/loxodb/vectorindex"
)

// maxMerged and maxMergedSparse bound a merged segment: its entries and, where
// vectors have places (see dist.ErrFull), its bytes.
const (
	maxMerged       = 1 << 26
	maxMergedSparse = 1 << 34
)

// runMerges merges until Close, on threads that yield.
func (ix *Index) runMerges() {
	defer ix.done.Done()
	apart(func() {
		if err := ix.calibrateMissing(ix.ctx); err != nil && ix.ctx.Err() == nil {
			ix.cfg.Report(err)
		}
	})
	for {
		select {
		case <-ix.tidy:
			apart(ix.merges)
		case <-ix.ctx.Done():
			return
		}
	}
}

// merges does all merges that are due.
func (ix *Index) merges() {
	for ix.ctx.Err() == nil {
		merged, err := ix.mergeOnce(ix.ctx, ix.horizon.Load(), ix.pick)
		if err != nil {
			if ix.ctx.Err() == nil {
				ix.cfg.Report(err)
				ix.pause()
			}
			continue
		}
		if !merged {
			break
		}
	}
	ix.settleMore()
}

// Compact merges all sealed segments into one, or into as few as the bound on memory
// allows, and forgets every entry that died at or before the horizon.
func (ix *Index) Compact(ctx context.Context) error {
	return ix.mergeAll(ctx, ix.pickAny)
}

// mergeAll merges what pick chooses until it chooses nothing. The horizon is that of
// the call, so that what dies meanwhile does not prolong it.
func (ix *Index) mergeAll(ctx context.Context, pick picker) error {
	horizon := ix.horizon.Load()
	for {
		if merged, err := ix.mergeOnce(ctx, horizon, pick); err != nil || !merged {
			return err
		}
	}
}

// picker chooses the segments of the next merge; none when no merge is due.
type picker func(segs []*part, horizon uint64) []*part

// mergeOnce does one merge; false when none is due.
func (ix *Index) mergeOnce(ctx context.Context, horizon uint64, pick picker) (bool, error) {
	if err := ix.merging.acquire(ctx); err != nil {
		return false, err
	}
	defer ix.merging.release()
	set, err := ix.acquire()
	if err != nil {
		return false, err
	}
	defer set.release()
	in := pick(set.segs, horizon)
	if len(in) == 0 {
		return false, nil
	}
	g, err := ix.mergeGrant(ctx, in, horizon)
	if g == nil || err != nil {
		return false, err
	}
	defer g.release()
	return true, ix.merge(ctx, in, horizon, g)
}

// mergeGrant is what a merge may hold; nil when it has to wait until there is room. One
// segment is rewritten in any case, if need be as several: what is dead in it has to go.
func (ix *Index) mergeGrant(ctx context.Context, in []*part, horizon uint64) (*grant, error) {
	b := ix.cfg.Budget
	switch {
	case b == nil:
		return &grant{bytes: ix.cfg.memory()}, nil
	case len(in) == 1:
		return b.grant(ctx, ix.mergeBytes(in, horizon))
	}
	return b.tryGrant(ix.mergeBytes(in, horizon), in), nil
}

// pick chooses what to merge: FanIn segments of one size tier (a tier spans a
// factor of FanIn, so an entry is rewritten once per tier), the lowest first, or
// else one segment of which much can be forgotten.
func (ix *Index) pick(segs []*part, horizon uint64) []*part {
	tiers := map[int][]*part{}
	lowest := -1
	for _, p := range segs {
		t := ix.tier(int(p.n.Load()) - p.purgeable(horizon, purgeShare))
		tiers[t] = append(tiers[t], p)
		if len(tiers[t]) >= ix.cfg.FanIn && (lowest < 0 || t < lowest) {
			lowest = t
		}
	}
	if lowest >= 0 {
		if in := ix.together(tiers[lowest], horizon); len(in) > 1 {
			return in
		}
	}
	return ix.pickDead(purgeShare)(segs, horizon)
}

// pickAny chooses what Compact merges next: the smallest segments, as many as may be
// together, or one of which anything can be forgotten.
func (ix *Index) pickAny(segs []*part, horizon uint64) []*part {
	if in := ix.together(segs, horizon); len(in) > 1 {
		return in
	}
	for _, p := range segs {
		if p.forgettable(horizon) > 0 {
			return []*part{p}
		}
	}
	return nil
}

// together returns those of segs that one merged segment can hold within the bound on
// memory, smallest first. A file is about as long as its entries are in memory.
func (ix *Index) together(segs []*part, horizon uint64) []*part {
	live := func(p *part) int64 {
		n := int64(p.n.Load())
		return int64(float64(p.meta.Bytes) * float64(n-int64(p.purgeable(horizon, purgeShare))) / float64(max(n, 1)))
	}
	segs = slices.Clone(segs)
	slices.SortStableFunc(segs, func(a, b *part) int { return cmp.Compare(live(a), live(b)) })
	limit, most := ix.bound(ix.cfg.memory())
	total, bytes := 0, int64(0)
	for i, p := range segs {
		bytes += live(p)
		if total += int(p.n.Load()) - p.purgeable(horizon, purgeShare); total > min(most, maxMerged) {
			return segs[:i]
		}
		if b := ix.cfg.Budget; b == nil && bytes > limit || b != nil && !ix.fits(segs[:i+1], horizon) {
			return segs[:i]
		}
	}
	return segs
}

// mergeBytes is what a merge of segments holds that has to give one: their entries in a part
// that grows, its vectors in a file, with what bound leaves free.
func (ix *Index) mergeBytes(in []*part, horizon uint64) int64 {
	each := growBytes(&ix.cfg.Spec)
	total := int64(0)
	for _, p := range in {
		n := int64(p.n.Load())
		// With what they carry, which the specification does not tell.
		of := max(each, p.meta.Bytes/max(n, 1)-int64(ix.cfg.Spec.Space().Size()))
		total += of * (n - int64(p.purgeable(horizon, purgeShare)))
	}
	share, _ := ix.bound(1 << 30)
	total = int64(1.05*float64(total)) + chunkSlack
	return max(int64(float64(total)*(1<<30)/float64(share)), leastMemory)
}

// fits says that a merge of segments into one has room.
func (ix *Index) fits(in []*part, horizon uint64) bool {
	want := ix.mergeBytes(in, horizon)
	return want <= ix.cfg.memory() && ix.cfg.Budget.fits(want, in)
}

// chunkSlack is what is allocated ahead of a part that grows.
const chunkSlack = 4 << 20

func (ix *Index) tier(entries int) int {
	t := 0
	for size := max(ix.cfg.GraphMin, 1); entries > size; size *= ix.cfg.FanIn {
		t++
	}
	return t
}

// merge writes the entries of in that are still needed as one segment, or as more than
// one where they do not fit into memory together.
func (ix *Index) merge(ctx context.Context, in []*part, horizon uint64, g *grant) error {
	ix.applyMu.Lock()
	pin := ix.log.end()
	ix.log.pins[&pin] = struct{}{}
	ix.applyMu.Unlock()
	defer ix.unpin(&pin)

	c := change{from: pin, drop: in}
	asOf := uint64(0)
	for _, p := range in {
		asOf = max(asOf, p.meta.AsOf)
	}
	o := ix.backgroundOptions("merging segments of a vector index", in, horizon)
	o.Memory = g.bytes
	err := ix.rewrite(ctx, asOf, horizon, &c, o, func(each func(*part, uint32) error) error { return inRowOrder(in, each) })
	if err != nil {
		return err
	}
	g.release() // for the copy of the new segment
	return ix.sealChange(ctx, c)
}

// backgroundOptions are those of work on parts that nobody waits for.
func (ix *Index) backgroundOptions(what string, in []*part, horizon uint64) *BuildOptions {
	o := &BuildOptions{Progress: ix.cfg.Watch(what), background: true}
	for _, p := range in {
		o.Total += int64(p.n.Load()) - int64(p.purgeable(horizon, purgeShare))
	}
	o.ensureDefaults(&ix.cfg)
	return o
}

// rewrite writes those entries of all that are still needed as segments that c adds.
func (ix *Index) rewrite(ctx context.Context, asOf, horizon uint64, c *change, o *BuildOptions, all func(each func(p *part, ord uint32) error) error) error {
	b := ix.newBulk(ctx, asOf, o)
	err := all(func(p *part, ord uint32) error {
		died := p.dead.get(ord)
		if died != 0 && died <= horizon {
			c.validFrom = max(c.validFrom, died) // the first snapshot that misses nothing
			return nil
		}
		if p.file != nil {
			p.budget.touched(int64(len(p.vector(ord))))
		}
		d := Delta{Row: vectorindex.RowID(p.cols.row(ord)), Epoch: p.cols.epoch(ord), Vec: p.vector(ord), Payload: p.cols.payload(ord)}
		return b.add(&d, p.cols.addedAt(ord), died)
	})
	if err == nil {
		c.add, err = b.finish()
	}
	if err != nil {
		b.discard()
	}
	return err
}
