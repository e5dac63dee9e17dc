package sidecar

import (
	"context"
	"errors"
)

// Deletions and updates leave dead entries behind. Once no snapshot sees them, a part of
// which they are a large share is written anew without them, in the background: what
// that costs grows with what was deleted, and memory and disk stay within a factor of
// what a fresh index takes. Vacuum does not wait for the share.

// A segment, or a full head, is rewritten when more than this share of its entries can
// be forgotten.
const purgeShare = 0.25

// A head that is not full is rewritten when more than headPurgeShare can be forgotten:
// it is small, and each entry that is linked anew is paid for by one that goes. So few
// dead entries, in so few bytes, are left for later: a segment for every handful of
// changes would only have to be merged.
const (
	headPurgeShare = 0.5
	fewDeadBytes   = leastMemory / 2
)

// purgeable counts the entries that no snapshot from the horizon on can see; 0
// when they are surely not more than a share of the part.
func (p *part) purgeable(horizon uint64, share float64) int {
	if float64(p.dead.dead.Load()) <= share*float64(p.n.Load()) {
		return 0
	}
	return p.forgettable(horizon)
}

// forgettable is purgeable, exactly.
func (p *part) forgettable(horizon uint64) int {
	n := 0
	p.dead.each(func(_ uint32, ts uint64) {
		if ts <= horizon {
			n++
		}
	})
	return n
}

// isDead says that more than a share of the part can be forgotten.
func (p *part) isDead(horizon uint64, share float64) bool {
	return float64(p.purgeable(horizon, share)) > share*float64(p.n.Load())
}

// pickDead chooses one segment that is dead by a share.
func (ix *Index) pickDead(share float64) picker {
	return func(segs []*part, horizon uint64) []*part {
		for _, p := range segs {
			if p.isDead(horizon, share) {
				return []*part{p}
			}
		}
		return nil
	}
}

// stale says that a head is to be written without its dead before it is full.
func (ix *Index) stale(head *part, horizon uint64) bool {
	n := int64(head.n.Load())
	dead := int64(head.purgeable(horizon, headPurgeShare))
	few := dead < int64(ix.cfg.GraphMin) && dead*head.bytes() < n*fewDeadBytes
	return float64(dead) > headPurgeShare*float64(n) && !few
}

// freeze has the head sealed now, unless another one has taken its place.
func (ix *Index) freeze(head *part) error {
	ix.applyMu.Lock()
	defer ix.applyMu.Unlock()
	set, err := ix.acquire()
	if err != nil {
		return err
	}
	defer func() { set.release() }()
	if set.head == head {
		set, err = ix.rotate(set)
	}
	return err
}

// Vacuum forgets at once what died at or before the horizon, in every part of which
// that is more than a share. It returns when files and memory are given back but for
// what searches still read.
func (ix *Index) Vacuum(ctx context.Context, share float64) error {
	set, err := ix.acquire()
	if err != nil {
		return err
	}
	horizon, heads := ix.horizon.Load(), false
	set.each(func(p *part) bool {
		heads = heads || p.file == nil && p.isDead(horizon, share)
		return true
	})
	set.release()
	if heads {
		if err := ix.flush(ctx, share); err != nil {
			return err
		}
	}
	return ix.mergeAll(ctx, ix.pickDead(share))
}

// Rewrite is Vacuum of everything into as few segments as may be.
func (ix *Index) Rewrite(ctx context.Context) error {
	return errors.Join(ix.flush(ctx, 0), ix.Compact(ctx))
}

// sealWithout replaces a full head, of which much is dead, by segments of what is alive.
func (ix *Index) sealWithout(ctx context.Context, p *part, horizon, asOf uint64, c change) error {
	o := ix.backgroundOptions("sealing a part of a vector index", []*part{p}, horizon)
	g, err := ix.cfg.Budget.grant(ctx, o.Memory)
	if err != nil {
		return err
	}
	defer g.release()
	o.Memory = g.bytes
	err = ix.rewrite(ctx, asOf, horizon, &c, o, func(each func(*part, uint32) error) error {
		for ord := range p.n.Load() {
			if err := each(p, ord); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.renumbered = true
	return ix.sealChange(ctx, c)
}
