package pebblekv

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/loxodb/loxodb/storage/kv"
)

// spill moves the write buffer into the store as a provisional chunk and gives
// up the locks that the chunk's versions now stand for. Afterwards the
// transaction needs no memory for these writes.
func (t *txn) spill() error {
	depth := t.buf.depth()
	if depth == 0 {
		t.renewBuffer()
		return nil
	}
	if t.large == nil {
		t.large = &largeTxn{owner: &t.owner}
		t.e.spilled.Add(1)
	}
	c := &chunk{id: t.e.clock.reserve(depth), span: uint64(depth)}
	c.first, c.last = t.buf.ends()
	c.cut.Store(noCut)
	c.txn.Store(t.large)
	// Readers must be able to judge a version from the moment they can meet it.
	t.e.chunks.add(c)
	t.large.chunks = append(t.large.chunks, c)
	if err := t.writeChunk(c); err != nil {
		return fmt.Errorf("pebblekv: spill: %w", err)
	}
	t.epoch = t.e.pipe.epoch.Add(1)
	t.e.iters.put(&t.it)
	t.e.stats.spills.Add(1)
	t.dropLocks()
	t.renewBuffer()
	return nil
}

// spillBatch is how much of a chunk goes to the log at once: other commits wait
// while it does.
const spillBatch = mib

// writeChunk writes the record of a chunk and all writes of the buffer that a
// rollback could still bring to light. The writes of one key take consecutive
// timestamps, oldest first. Nothing is synced: the commit record will be, and
// the log keeps the order.
func (t *txn) writeChunk(c *chunk) error {
	b := t.e.db.NewBatchWithSize(min(spillBatch+spillBatch/8, t.buf.bytes))
	defer b.Close()
	_ = b.Set(chunkKey(c.id), c.record(pendingTS), nil)
	for n := t.buf.first(); n != none; n = t.buf.after(n) {
		c.count += appendProvisional(b, t.buf, n, c.id)
		if b.Len() >= spillBatch {
			if err := t.e.db.Apply(b, pebble.NoSync); err != nil {
				return err
			}
			b.Reset()
		}
	}
	return t.e.db.Apply(b, pebble.NoSync)
}

// appendProvisional adds the writes of one key and returns how many.
func appendProvisional(b *pebble.Batch, buf *writeBuffer, n int32, id kv.TS) (count uint64) {
	var head [maxHeader]byte
	nd := &buf.nodes[n]
	ts := id + kv.TS(buf.chain(n)) - 1
	for i := nd.op; i != none; i = buf.older(i) {
		o := &buf.ops[i]
		flags := byte(0)
		if o.val == nil {
			flags = flagTombstone
		}
		h := appendHeader(head[:0], flags, id, uint64(o.pos))
		d := b.SetDeferred(len(nd.key)+2+suffixLen, len(h)+len(o.val))
		appendVersion(d.Key[:0], nd.key, ts)
		copy(d.Value[copy(d.Value, h):], o.val)
		_ = d.Finish()
		count++
		ts--
	}
	return count
}

// dropLocks gives up the locks of keys whose spilled version does their work: a
// write with no mark between it and its lock, so that no rollback removes the
// write and keeps the lock.
func (t *txn) dropLocks() {
	guess := t.buf.first() // locks are mostly taken in key order
	t.owner.Drop(func(key string, pos int) bool {
		n := guess
		if n == none || string(t.buf.nodes[n].key) != key {
			n = t.buf.seekGE([]byte(key), nil)
		}
		if n == none || string(t.buf.nodes[n].key) != key {
			return false
		}
		guess = t.buf.after(n)
		for i := t.buf.nodes[n].op; i != none; i = t.buf.ops[i].prev {
			if o := &t.buf.ops[i]; o.mark <= pos && pos < o.pos {
				return true
			}
		}
		return false
	})
}

func (t *txn) renewBuffer() {
	if t.scans > 0 {
		t.buf = newWriteBuffer() // a scan may stand on the old one
		return
	}
	t.buf.reset()
}

// rollback undoes the spilled writes at positions >= pos.
func (l *largeTxn) rollback(pos uint64) {
	for _, c := range l.chunks {
		if pos < c.cut.Load() {
			c.cut.Store(pos)
		}
	}
	l.notify(false)
}

// endLarge settles the chunks of a finished transaction, wakes those that wait
// for it, and leaves what was rolled back to the collector.
func (t *txn) endLarge(committed bool) {
	for _, c := range t.large.chunks {
		if !committed {
			c.outcome.Store(abortedTS)
		}
		t.e.gc.decided(c)
	}
	t.large.notify(true)
	for _, c := range t.large.chunks {
		c.txn.Store(nil)
	}
	t.e.spilled.Add(-1)
}
