package table

import (
	"bytes"
	"context"
	"encoding/binary"
	"sync/atomic"

	"github.com/loxodb/loxodb/storage/keys"
)

// Checks that a transaction puts off to its end are kept among its own writes:
// what is rolled back takes its checks along, and a long list leaves memory as
// other writes do. Nobody else sees them, since none outlives the transaction.

// putOffs numbers the transactions of the process that put checks off.
var putOffs atomic.Uint64

// putOffBatch is how many checks are read at once.
const putOffBatch = 512

// PutOff keeps a note, not empty, until EachPutOff is done with it.
func (t *Txn) PutOff(note []byte) error {
	if t.putOff.id == 0 {
		t.putOff.id = putOffs.Add(1)
	}
	t.putOff.next++
	return t.Put(binary.BigEndian.AppendUint64(t.putOffPrefix(), t.putOff.next), note)
}

// HasPutOff reports whether there may be notes.
func (t *Txn) HasPutOff() bool { return t.putOff.id != 0 }

func (t *Txn) putOffPrefix() []byte {
	return binary.BigEndian.AppendUint64([]byte{keys.PutOff}, t.putOff.id)
}

// EachPutOff calls each for the notes in the order they were made, and forgets
// those it is done with. The note is each's own.
func (t *Txn) EachPutOff(ctx context.Context, each func(note []byte) (done bool, err error)) error {
	if t.putOff.id == 0 {
		return nil
	}
	type pair struct{ key, note []byte }
	for r := keys.Prefix(t.putOffPrefix()); ; {
		it, err := t.Scan(ctx, r)
		if err != nil {
			return err
		}
		var some []pair
		for len(some) < putOffBatch && it.Next() {
			some = append(some, pair{bytes.Clone(it.Key()), bytes.Clone(it.Value())})
		}
		if err := it.Err(); err != nil {
			_ = it.Close()
			return err
		}
		if err := it.Close(); err != nil {
			return err
		}
		for _, p := range some {
			done, err := each(p.note)
			if err != nil {
				return err
			}
			if done {
				if err := t.Delete(p.key); err != nil {
					return err
				}
			}
		}
		if len(some) < putOffBatch {
			return nil
		}
		r.Start = append(some[len(some)-1].key, 0)
	}
}
