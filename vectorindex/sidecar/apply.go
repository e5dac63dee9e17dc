package sidecar

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/loxodb/loxodb/vectorindex"
)

// op is one applied change: the row had this epoch (or no vector) from ts on. The
// log of them tells a seal which marks it covers, and a build that ran meanwhile
// which of its entries have died.
type op struct {
	row   uint64
	ts    uint64
	epoch uint32
	mark  uint32 // epoch of the outbox mark; the same unless recovered
	gone  bool
}

// opLog numbers ops from 0 and forgets a prefix that nobody needs. Apply lock.
type opLog struct {
	base uint64 // number of ops[0]
	ops  []op
	pins map[*uint64]struct{} // starts of running builds
	// dropped is the greatest timestamp of a forgotten op.
	dropped uint64
}

type opRange struct{ lo, hi uint64 } // hi is set when the head is full

func (l *opLog) end() uint64 { return l.base + uint64(len(l.ops)) }

func (l *opLog) since(n uint64) []op { return l.ops[n-l.base:] }

// trim forgets what is before keep and before every pin.
func (l *opLog) trim(keep uint64) {
	for p := range l.pins {
		keep = min(keep, *p)
	}
	if keep <= l.base {
		return
	}
	n := keep - l.base
	for i := range l.ops[:n] {
		l.dropped = max(l.dropped, l.ops[i].ts)
	}
	l.ops = append([]op(nil), l.ops[n:]...)
	l.base = keep
}

// Apply takes the changes of the transaction that commits at ts. It copies the
// vectors and returns; linking them into the graph happens in the background. A
// search that starts after Apply has returned sees the changes at snapshots from
// ts on; so Apply must run before the commit becomes readable, and after it can no
// longer fail: the death of a row's old vector is believed. Calls come in commit
// order, one at a time.
//
// An error names deltas that could not be taken (no vectors of the index);
// the others are applied. They are programming errors of the caller: types were
// checked when the row was written.
func (ix *Index) Apply(ts uint64, deltas []Delta) error {
	ix.applyMu.Lock()
	defer ix.applyMu.Unlock()
	set, err := ix.acquire()
	if err != nil {
		return err
	}
	defer func() { set.release() }()
	var errs []error
	for i := range deltas {
		set, err = ix.applyOne(set, ts, deltas[i].Epoch, &deltas[i])
		if err != nil {
			errs = append(errs, fmt.Errorf("row %d: %w", deltas[i].Row, err))
		}
	}
	ix.lastBatch.Store(int64(len(deltas)))
	if ts > ix.applied.Load() {
		ix.applied.Store(ts)
	}
	poke(ix.wake)
	return errors.Join(errs...)
}

// applyOne applies one change to the set, which it may replace when the head is
// full. The new entry is added before the old one dies, so that a search without
// a snapshot finds at least one of them.
func (ix *Index) applyOne(set *partSet, ts uint64, mark uint32, d *Delta) (*partSet, error) {
	if d.Vec != nil {
		if err := ix.cfg.Spec.Space().Check(d.Vec); err != nil {
			return set, fmt.Errorf("%w: %w", vectorindex.ErrQuery, err)
		}
	}
	old, ord := ix.findLive(set, uint64(d.Row))
	same := old != nil && d.Vec != nil && old.cols.epoch(ord) == d.Epoch &&
		bytes.Equal(old.vector(ord), d.Vec) && bytes.Equal(old.cols.payload(ord), d.Payload)
	if ix.full(set.head) {
		next, err := ix.rotate(set)
		if err != nil {
			return set, err
		}
		set = next
	}
	if d.Vec != nil && !same {
		if err := set.head.append(d, ts); err != nil {
			return set, err
		}
	}
	if old != nil && !same {
		old.kill(ord, ts)
	}
	ix.log.ops = append(ix.log.ops, op{row: uint64(d.Row), ts: ts, epoch: d.Epoch, mark: mark, gone: d.Vec == nil})
	return set, nil
}

// full says that a head is to be sealed: for its entries, its changes or its memory.
// Apply lock.
func (ix *Index) full(p *part) bool {
	n := int(p.n.Load())
	return n >= ix.cfg.HeadEntries || ix.log.end()-p.ops.lo >= 2*uint64(ix.cfg.HeadEntries) ||
		n > 0 && n%boundEvery == 0 && p.bytes() >= ix.headBytes()
}

// findLive returns the part and ordinal of the row's living entry; nil when none.
func (ix *Index) findLive(set *partSet, row uint64) (found *part, ord uint32) {
	set.each(func(p *part) bool {
		var ok bool
		if ord, ok, ix.scratch = p.live(row, ix.scratch); ok {
			found = p
			return false
		}
		return true
	})
	return found, ord
}

// rotate freezes the head and starts a new one. It takes over the caller's
// reference to set and returns the new set with one.
func (ix *Index) rotate(set *partSet) (*partSet, error) {
	head, err := newHead(&ix.cfg.Spec, ix.cfg.HeadEntries, nil)
	if err != nil {
		return set, err
	}
	defer head.release() // the set holds its own reference
	set.head.ops.hi = ix.log.end()
	head.ops.lo = ix.log.end()
	next := &partSet{head: head, segs: set.segs, validFrom: set.validFrom}
	next.frozen = append([]*part{set.head}, set.frozen...)
	if err := ix.install(next); err != nil {
		return set, err
	}
	next.refs.Add(1)
	set.release()
	return next, nil
}
