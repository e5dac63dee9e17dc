package sidecar

import (
	"context"
	"time"
)

// RestShare sets the share of the time of linking that writers pause while searches come,
// before anything is applied.
func (ix *Index) RestShare(share float64) { ix.pace.share = share }

// Pause is how long a writer would pause now.
func (ix *Index) Pause() time.Duration { return ix.pace.left(time.Now()) }

// GaveWay is how often linking let searches have its processor.
func (ix *Index) GaveWay() int64 { return ix.pace.ways.Load() }

// Settled is how many segments have a copy in memory of what searches touch, and how many
// can have one.
func (ix *Index) Settled() (n, of int) {
	set, err := ix.acquire()
	if err != nil {
		return 0, 0
	}
	defer set.release()
	for _, p := range set.segs {
		if p.file.Mapped() && p.copyBytes() > 0 {
			of++
		}
		if p.isSettled() {
			n++
		}
	}
	return n, of
}

// SettleMore is what background work does when memory becomes free.
func (ix *Index) SettleMore() { ix.settleMore() }

// Grant takes a share of the budget as a build or a merge does, and returns how many bytes
// it is and what gives it back.
func (b *Budget) Grant(ctx context.Context, want int64) (int64, func(), error) {
	g, err := b.grant(ctx, want)
	if err != nil {
		return 0, nil, err
	}
	return g.bytes, g.release, nil
}

// TryMerge asks for a share as a merge does that nobody waits for.
func (b *Budget) TryMerge(want int64) (release func()) {
	if g := b.tryGrant(want, nil); g != nil {
		return g.release
	}
	return nil
}

// Merges does the merges that background work would do.
func (ix *Index) Merges(ctx context.Context) error {
	for {
		if merged, err := ix.mergeOnce(ctx, ix.horizon.Load(), ix.pick); err != nil || !merged {
			return err
		}
	}
}
