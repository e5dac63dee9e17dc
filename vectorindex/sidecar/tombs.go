package sidecar

import "sync/atomic"

// tombs holds when each entry of a part died, 0 = alive. Memory is taken by the
// thousand entries at the first death among them. One writer at a time (the
// index's apply lock); any number of readers.
type tombs struct {
	chunks []atomic.Pointer[tombChunk]
	dead   atomic.Int64
}

const tombShift = 10

type tombChunk [1 << tombShift]atomic.Uint64

func newTombs(capacity int) tombs {
	return tombs{chunks: make([]atomic.Pointer[tombChunk], (capacity+1<<tombShift-1)>>tombShift)}
}

// grow makes room for capacity entries; nobody may read meanwhile.
func (t *tombs) grow(capacity int) {
	for len(t.chunks) < (capacity+1<<tombShift-1)>>tombShift {
		t.chunks = append(t.chunks, atomic.Pointer[tombChunk]{})
	}
}

func (t *tombs) get(ord uint32) uint64 {
	c := t.chunks[ord>>tombShift].Load()
	if c == nil {
		return 0
	}
	return c[ord&(1<<tombShift-1)].Load()
}

// set records a death; the first one of an entry stays.
func (t *tombs) set(ord uint32, ts uint64) {
	slot := &t.chunks[ord>>tombShift]
	c := slot.Load()
	if c == nil {
		c = new(tombChunk)
		c[ord&(1<<tombShift-1)].Store(ts)
		slot.Store(c)
		t.dead.Add(1)
		return
	}
	if c[ord&(1<<tombShift-1)].Load() == 0 {
		c[ord&(1<<tombShift-1)].Store(ts)
		t.dead.Add(1)
	}
}

// each calls f with the dead entries in ascending order.
func (t *tombs) each(f func(ord uint32, ts uint64)) {
	for i := range t.chunks {
		c := t.chunks[i].Load()
		if c == nil {
			continue
		}
		for j := range c {
			if ts := c[j].Load(); ts != 0 {
				f(uint32(i<<tombShift|j), ts)
			}
		}
	}
}

func (t *tombs) bytes() int64 {
	n := int64(len(t.chunks)) * 8
	for i := range t.chunks {
		if t.chunks[i].Load() != nil {
			n += 8 << tombShift
		}
	}
	return n
}
