package executor

import (
	"math/bits"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// hashIndex finds row numbers by the hash of their keys. A slot holds the newest row of
// a chain and the upper half of its hash, so that looking a hash up touches one line of
// memory; who looks compares the keys of the chain's rows, few of which can have another
// hash.
type hashIndex struct {
	slots  []hashSlot // a power of two, at most half of them used
	next   []uint32   // by row: the next of its chain
	hashes []uint64   // by row
	chains int
}

// hashSlot is the start of a chain; empty when row is none.
type hashSlot struct{ tag, row uint32 }

func (x *hashIndex) reset() {
	x.next, x.hashes, x.chains = x.next[:0], x.hashes[:0], 0
	for i := range x.slots {
		x.slots[i].row = none
	}
}

// add appends the next row number with its hash.
func (x *hashIndex) add(h uint64) {
	id := uint32(len(x.next))
	x.hashes = append(x.hashes, h)
	x.next = append(x.next, none)
	if 2*(x.chains+1) > len(x.slots) {
		x.rehash()
		return
	}
	x.link(id)
}

// addAll adds rows in the order of their hashes.
func (x *hashIndex) addAll(hashes []uint64) {
	for _, h := range hashes {
		x.add(h)
	}
}

func (x *hashIndex) link(id uint32) {
	h := x.hashes[id]
	s := x.slot(h)
	if s.row == none {
		s.tag = uint32(h >> 32)
		x.chains++
	}
	x.next[id], s.row = s.row, id
}

// slot is where the chain of a hash starts, or would.
func (x *hashIndex) slot(h uint64) *hashSlot {
	mask, tag := uint32(len(x.slots)-1), uint32(h>>32)
	for at := uint32(h) & mask; ; at = (at + 1) & mask {
		if s := &x.slots[at]; s.row == none || s.tag == tag {
			return s
		}
	}
}

func (x *hashIndex) rehash() {
	size := max(64, 1<<bits.Len(uint(2*x.chains+1)))
	x.slots = make([]hashSlot, size)
	x.chains = 0
	for i := range x.slots {
		x.slots[i].row = none
	}
	for id := range x.next {
		x.link(uint32(id))
	}
}

// first is the newest row of the chain of a hash, none if there is none; following
// walks the chain.
func (x *hashIndex) first(h uint64) uint32 {
	if len(x.slots) == 0 {
		return none
	}
	return x.slot(h).row
}

func (x *hashIndex) following(id uint32) uint32 { return x.next[id] }

// firsts is first for many hashes: their slots are fetched side by side.
func (x *hashIndex) firsts(dst []uint32, hashes []uint64) {
	for i, h := range hashes {
		dst[i] = x.first(h)
	}
}

const hashSeed = uint64(0x9e3779b97f4a7c15)

// rowHash hashes the datums of a row of keys; NULLs hash alike.
func rowHash(ts []types.T, cols []*batch.Col, i int) uint64 {
	h := hashSeed
	for k, c := range cols {
		switch {
		case c.Null[i]:
			h = h*31 + 1
		case c.I != nil:
			h = types.HashInt(c.I[i], h)
		default:
			h = types.Hash(ts[k], c.Datum(i), h)
		}
	}
	return h
}

// rowHashes is rowHash for all rows of sel: dst[n] is that of row sel[n].
func rowHashes(dst []uint64, ts []types.T, cols []*batch.Col, sel []uint16) {
	for n := range dst {
		dst[n] = hashSeed
	}
	for k, c := range cols {
		switch {
		case c.I != nil:
			for n, i := range sel {
				if c.Null[i] {
					dst[n] = dst[n]*31 + 1
				} else {
					dst[n] = types.HashInt(c.I[i], dst[n])
				}
			}
		case c.B != nil && types.HashesBytes(ts[k]):
			for n, i := range sel {
				if c.Null[i] {
					dst[n] = dst[n]*31 + 1
				} else {
					dst[n] = types.HashBytes(c.B[i], dst[n])
				}
			}
		default:
			for n, i := range sel {
				if c.Null[i] {
					dst[n] = dst[n]*31 + 1
				} else {
					dst[n] = types.Hash(ts[k], c.Datum(int(i)), dst[n])
				}
			}
		}
	}
}
