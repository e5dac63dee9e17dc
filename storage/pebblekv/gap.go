package pebblekv

import "bytes"

// gap is a stretch of keys that have no version in the store. Whoever inserts
// in the order of the keys need not ask for each of them: one step of the
// iterator says how far the emptiness goes.
type gap struct {
	epoch    uint64 // of the iterator that found it, 0 = there is none
	from, to []byte // from itself is missing, to is not
	endless  bool   // there is no to

	last     []byte // the key that was missing last
	streak   int    // keys missed in ascending order
	patience int    // the streak that is worth another look
	served   int    // questions the present gap has answered
}

// A look costs about as much as the reads it saves, more where the store has
// many deletions to step over: the fewer questions the last gap answered, the
// longer the next look has to wait.
const (
	leastPatience = 8
	mostPatience  = 1 << 14
	worthIt       = 64
)

// covers reports whether key had no version when an iterator of epoch or later looked.
func (g *gap) covers(key []byte, epoch uint64) bool {
	if g == nil || g.epoch == 0 || g.epoch < epoch || bytes.Compare(key, g.from) < 0 ||
		!g.endless && bytes.Compare(key, g.to) >= 0 {
		return false
	}
	g.served++
	return true
}

// missed notes that it found no version of key. After a number of keys in
// ascending order it looks how far the gap goes, which moves it.
func (g *gap) missed(it *iterator, key []byte) error {
	if g == nil {
		return nil
	}
	switch bytes.Compare(key, g.last) {
	case -1:
		g.streak = 0
	case 0:
		return nil // asked again
	}
	g.last = append(g.last[:0], key...)
	if g.streak++; g.streak < max(g.patience, leastPatience) {
		return nil
	}
	g.patience = min(2*max(g.patience, leastPatience), mostPatience)
	if g.served >= worthIt {
		g.patience = leastPatience
	}
	g.epoch, g.streak, g.served = 0, 0, 0
	g.from = append(g.from[:0], key...)
	if g.endless = !it.SeekGE(appendPrefix(nil, tagData, key)); !g.endless {
		g.to = append(g.to[:0], bare(it.Key())[1:]...)
	} else if err := it.Error(); err != nil {
		return err
	}
	g.epoch = it.epoch
	return nil
}
