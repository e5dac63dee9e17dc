package sidecar

import (
	"cmp"
	"context"
	"slices"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

// A segment is rewritten alone when more than this share of its entries can be
// forgotten.
const purgeShare = 0.25

// maxMerged and maxMergedSparse bound a merged segment: its entries and, where
// vectors have places (see dist.ErrFull), its bytes.
const (
	maxMerged       = 1 << 26
	maxMergedSparse = 1 << 34
)

// runMerges merges until Close.
func (ix *Index) runMerges() {
	defer ix.done.Done()
	if err := ix.calibrateMissing(ix.ctx); err != nil && ix.ctx.Err() == nil {
		ix.cfg.Report(err)
	}
	for {
		select {
		case <-ix.tidy:
		case <-ix.ctx.Done():
			return
		}
		for ix.ctx.Err() == nil {
			merged, err := ix.mergeOnce(ix.ctx, false)
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
	}
}

// Compact merges all sealed segments into one and forgets every entry that died
// at or before the horizon.
func (ix *Index) Compact(ctx context.Context) error {
	_, err := ix.mergeOnce(ctx, true)
	return err
}

// mergeOnce does one merge; false when none is due.
func (ix *Index) mergeOnce(ctx context.Context, all bool) (bool, error) {
	if err := ix.merging.acquire(ctx); err != nil {
		return false, err
	}
	defer ix.merging.release()
	set, err := ix.acquire()
	if err != nil {
		return false, err
	}
	defer set.release()
	horizon := ix.horizon.Load()
	in := set.segs
	if !all {
		in = ix.pick(set.segs, horizon)
	} else if len(in) == 1 && in[0].dead.dead.Load() == 0 {
		in = nil
	}
	if len(in) == 0 {
		return false, nil
	}
	return true, ix.merge(ctx, in, horizon)
}

// pick chooses what to merge: FanIn segments of one size tier (a tier spans a
// factor of FanIn, so an entry is rewritten once per tier), the lowest first, or
// else one segment of which much can be forgotten.
func (ix *Index) pick(segs []*part, horizon uint64) []*part {
	tiers := map[int][]*part{}
	lowest := -1
	for _, p := range segs {
		t := ix.tier(int(p.n.Load()) - p.purgeable(horizon))
		tiers[t] = append(tiers[t], p)
		if len(tiers[t]) >= ix.cfg.FanIn && (lowest < 0 || t < lowest) {
			lowest = t
		}
	}
	if lowest >= 0 {
		in, total, bytes := tiers[lowest], 0, int64(0)
		for i, p := range in {
			if ix.cfg.Spec.Element == dist.Sparse {
				bytes += p.meta.Bytes
			}
			if total += int(p.n.Load()); total > maxMerged || bytes > maxMergedSparse {
				in = in[:i]
				break
			}
		}
		if len(in) > 1 {
			return in
		}
	}
	for _, p := range segs {
		if float64(p.purgeable(horizon)) > purgeShare*float64(p.n.Load()) {
			return []*part{p}
		}
	}
	return nil
}

func (ix *Index) tier(entries int) int {
	t := 0
	for size := max(ix.cfg.GraphMin, 1); entries > size; size *= ix.cfg.FanIn {
		t++
	}
	return t
}

// purgeable counts the entries that no snapshot from the horizon on can see; 0
// when they are surely too few to matter.
func (p *part) purgeable(horizon uint64) int {
	if float64(p.dead.dead.Load()) <= purgeShare*float64(p.n.Load()) {
		return 0
	}
	n := 0
	p.dead.each(func(_ uint32, ts uint64) {
		if ts <= horizon {
			n++
		}
	})
	return n
}

// source names an entry of a merge's input.
type source struct {
	row, added uint64
	p          *part
	ord        uint32
}

// merge writes the entries of in that are still needed as one segment.
func (ix *Index) merge(ctx context.Context, in []*part, horizon uint64) error {
	ix.applyMu.Lock()
	pin := ix.log.end()
	ix.log.pins[&pin] = struct{}{}
	ix.applyMu.Unlock()
	defer ix.unpin(&pin)

	out, validFrom, asOf, err := ix.gather(ctx, in, horizon)
	if err != nil {
		return err
	}
	add, err := ix.writePart(ctx, out, asOf, &BuildOptions{Progress: func(string, int64, int64) {}})
	if err != nil {
		return err
	}
	return ix.sealChange(ctx, change{add: add, from: pin, drop: in, validFrom: validFrom})
}

// gather copies what is still needed into a private part, in row order, and
// links it. validFrom is the first snapshot that misses nothing that was left out.
func (ix *Index) gather(ctx context.Context, in []*part, horizon uint64) (out *part, validFrom, asOf uint64, err error) {
	var from []source
	for _, p := range in {
		asOf = max(asOf, p.meta.AsOf)
		for ord := range p.n.Load() {
			died := p.dead.get(ord)
			if died != 0 && died <= horizon {
				validFrom = max(validFrom, died)
				continue
			}
			from = append(from, source{p.cols.row(ord), p.cols.addedAt(ord), p, ord})
		}
	}
	slices.SortFunc(from, func(a, b source) int {
		return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.added, b.added))
	})
	if out, err = newHead(&ix.cfg.Spec, 0); err != nil {
		return nil, 0, 0, err
	}
	l := startLinker(ctx, out, ix.cfg.Workers, ix.cfg.GraphMin)
	for i := range from {
		s := &from[i]
		d := Delta{Row: vectorindex.RowID(s.row), Epoch: s.p.cols.epoch(s.ord), Vec: s.p.vector(s.ord)}
		if err = out.append(&d, s.added); err != nil {
			break
		}
		if died := s.p.dead.get(s.ord); died != 0 {
			out.kill(uint32(i), died)
		}
		if i%loadBatch == 0 {
			l.more.Signal()
			if err = ctx.Err(); err != nil {
				break
			}
		}
	}
	if e := l.finish(err != nil, nil); err == nil {
		err = e
	}
	return out, validFrom, asOf, err
}
