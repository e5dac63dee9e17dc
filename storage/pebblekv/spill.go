package pebblekv

import (
	"errors"
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
	free, err := t.e.roomToWrite(t.buf.longest)
	if err != nil {
		return err
	}
	defer free()
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
// rollback could still bring to light: long runs as tables, the rest by the log,
// unsynced, since the commit record will be synced and the log keeps the order.
func (t *txn) writeChunk(c *chunk) error {
	b := t.e.db.NewBatchWithSize(min(spillBatch+spillBatch/8, t.buf.bytes))
	defer b.Close()
	_ = b.Set(chunkKey(c.id), c.record(pendingTS), nil)
	var tables []string
	for n := t.buf.first(); n != none; {
		r, size := t.e.runAt(t.buf, n)
		n = r.end
		var err error
		if size < t.e.opts.TableBytes {
			err = t.writeRun(b, c, r)
		} else {
			var path string
			if path, err = t.writeTable(c, r); err == nil {
				tables = append(tables, path)
			}
		}
		if err != nil {
			return errors.Join(err, t.discard(tables))
		}
	}
	sync := pebble.NoSync
	if len(tables) > 0 && !t.e.pipe.covers(c.id+kv.TS(c.span)) {
		// The tables are durable from now on: no restart may use their timestamps.
		sync = t.e.sync
	}
	if err := t.e.db.Apply(b, sync); err != nil {
		return errors.Join(err, t.discard(tables))
	}
	return t.takeOver(tables)
}

// writeRun appends a run to the batch, and applies it whenever it is full.
func (t *txn) writeRun(b *pebble.Batch, c *chunk, r run) error {
	set := func(key, val []byte) error { return b.Set(key, val, nil) }
	for n := r.first; n != r.end; n = t.buf.after(n) {
		count, err := t.provisional(n, c.id, set)
		if err != nil {
			return err
		}
		c.count += count
		if b.Len() >= spillBatch {
			if err := t.e.db.Apply(b, pebble.NoSync); err != nil {
				return err
			}
			b.Reset()
		}
	}
	return nil
}

// provisional hands set the writes of one key, newest first, as the store is to
// have them, and returns how many. They take consecutive timestamps, the oldest
// that of the chunk.
func (t *txn) provisional(n int32, id kv.TS, set func(key, val []byte) error) (count uint64, err error) {
	nd := &t.buf.nodes[n]
	ts := id + kv.TS(t.buf.chain(n)) - 1
	for i := nd.op; i != none; i = t.buf.older(i) {
		o := &t.buf.ops[i]
		flags := byte(0)
		if o.val == nil {
			flags = flagTombstone
		}
		t.seek = appendVersion(t.seek[:0], nd.key, ts)
		var head [headRoom]byte
		var val []byte
		val, t.spillVal = t.buf.behind(appendHeader(head[:0], flags, id, uint64(o.pos)), i, t.spillVal)
		if err := set(t.seek, val); err != nil {
			return count, err
		}
		count++
		ts--
	}
	return count, nil
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
