package table

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/loxodb/loxodb/storage/keys"
)

// Entries of inverted indexes come in the order of rows and go to many places of a
// transaction's writes. Those of many rows are gathered and written in the order of their
// keys, each near the one before: a third of the time goes into finding the places
// otherwise.

// later are entries that wait.
type later struct {
	arena   []byte
	entries []laterEntry
}

// laterEntry is a key at[0]:at[1] of the arena, of index i. What comes first compares in
// place of the whole key where that tells.
type laterEntry struct {
	first uint64
	at    [2]uint32
	index int32
	gone  bool
}

// maxLater bounds the bytes that wait.
const maxLater = 4 << 20

// Gather lets entries of inverted indexes wait until Flush: nobody may look for rows by such
// an index before.
func (w *Writer) Gather() {
	if w.later == nil {
		w.later = &later{}
	}
}

// entry writes or removes an entry, or lets that wait.
func (w *Writer) entry(i int, part []byte, id uint64, gone bool) error {
	l := w.later
	if l == nil {
		if gone {
			return w.txn.Delete(w.partKey(i, part, id))
		}
		return w.txn.Put(w.partKey(i, part, id), w.val)
	}
	e := laterEntry{index: int32(i), gone: gone}
	e.at[0] = uint32(len(l.arena))
	l.arena = append(keys.AppendIndexPrefix(l.arena, w.Table.Indexes[i].Storage), part...)
	l.arena = binary.BigEndian.AppendUint64(l.arena, id)
	e.at[1] = uint32(len(l.arena))
	var head [8]byte
	copy(head[:], part)
	e.first = binary.BigEndian.Uint64(head[:])
	l.entries = append(l.entries, e)
	if len(l.arena) >= maxLater {
		return w.Flush()
	}
	return nil
}

// Flush writes the entries that wait.
func (w *Writer) Flush() error {
	l := w.later
	if l == nil || len(l.entries) == 0 {
		return nil
	}
	key := func(e *laterEntry) []byte { return l.arena[e.at[0]:e.at[1]] }
	slices.SortFunc(l.entries, func(a, b laterEntry) int {
		if c := cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(a.first, b.first)); c != 0 {
			return c
		}
		return cmp.Or(bytes.Compare(key(&a), key(&b)), cmp.Compare(a.at[0], b.at[0])) // of equal keys the last one counts
	})
	w.val = entryValue(w.val[:0], false, 0)
	for i := range l.entries {
		e := &l.entries[i]
		var err error
		if e.gone {
			err = w.txn.Delete(key(e))
		} else {
			err = w.txn.Put(key(e), w.val)
		}
		if err != nil {
			return err
		}
	}
	l.arena, l.entries = l.arena[:0], l.entries[:0]
	return nil
}
