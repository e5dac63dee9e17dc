package pebblekv

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/lockmgr"
	"github.com/loxodb/loxodb/storage/kv/serial"
)

// txn implements kv.Txn.
type txn struct {
	view
	opts  kv.TxnOptions
	owner lockmgr.Owner
	hooks []hook
	// pos is the position in the history of writes, locks and hooks. It only
	// grows, also over rollbacks: a position names one event for good.
	pos      int
	mark     int // position of the newest mark
	scanned  int // position of the newest scan
	shutDone bool
	spillVal []byte      // the value that a spill is writing
	serial   *serial.Txn // of a serializable transaction that may be refused
}

type hook struct {
	pos int
	fn  func(kv.TS)
}

func (t *txn) writable() error {
	if t.ended {
		return kv.ErrClosed
	}
	if t.opts.ReadOnly {
		return kv.ErrReadOnly
	}
	return nil
}

// Put implements kv.Txn.
func (t *txn) Put(key, val []byte) error {
	if len(val) == 0 {
		return errors.New("pebblekv: empty value")
	}
	if len(val) > kv.MaxValueBytes {
		return fmt.Errorf("%w: value of %d bytes, at most %d", kv.ErrTooLarge, len(val), kv.MaxValueBytes)
	}
	return t.write(key, val)
}

// Delete implements kv.Txn.
func (t *txn) Delete(key []byte) error { return t.write(key, nil) }

func (t *txn) write(key, val []byte) error {
	if err := t.writable(); err != nil {
		return err
	}
	if len(key) > kv.MaxKeyBytes {
		return fmt.Errorf("%w: key of %d bytes, at most %d", kv.ErrTooLarge, len(key), kv.MaxKeyBytes)
	}
	if t.buf == nil {
		t.buf = bufferPool.Get().(*writeBuffer)
	}
	edge := t.mark
	if t.scans > 0 {
		edge = max(edge, t.scanned)
	}
	free, err := t.e.roomToKeep(len(val))
	if err != nil {
		return err
	}
	t.buf.put(key, val, t.pos, edge, t.mark)
	free()
	t.serial.WroteKey(key)
	t.pos++
	if t.buf.bytes >= t.e.opts.SpillBytes {
		return t.spill()
	}
	return nil
}

// Mark implements kv.Txn.
func (t *txn) Mark() kv.Mark {
	t.mark = t.pos
	return kv.Mark(t.pos)
}

// RollbackTo implements kv.Txn.
func (t *txn) RollbackTo(m kv.Mark) error {
	if t.ended {
		return kv.ErrClosed
	}
	if m < 0 || int(m) > t.pos {
		return fmt.Errorf("pebblekv: no such mark: %d", m)
	}
	if t.buf != nil {
		t.buf.rollback(int(m))
	}
	if t.large != nil {
		t.large.rollback(uint64(m))
	}
	n := len(t.hooks)
	for n > 0 && t.hooks[n-1].pos >= int(m) {
		n--
	}
	clear(t.hooks[n:])
	t.hooks = t.hooks[:n]
	t.owner.RollbackTo(int(m))
	return nil
}

// Refresh implements kv.Txn.
func (t *txn) Refresh(context.Context) error {
	if t.ended {
		return kv.ErrClosed
	}
	if t.opts.Isolation != kv.ReadCommitted {
		return errors.New("pebblekv: Refresh needs ReadCommitted")
	}
	t.move()
	return nil
}

// OnCommit implements kv.Txn.
func (t *txn) OnCommit(fn func(kv.TS)) {
	t.hooks = append(t.hooks, hook{pos: t.pos, fn: fn})
	t.pos++
}

// Lock implements kv.Txn.
func (t *txn) Lock(ctx context.Context, key []byte, m kv.Mode, w kv.Wait) (changed bool, err error) {
	if t.ended {
		return false, kv.ErrClosed
	}
	if len(key) > kv.MaxKeyBytes {
		return false, fmt.Errorf("%w: key of %d bytes, at most %d", kv.ErrTooLarge, len(key), kv.MaxKeyBytes)
	}
	if t.gap == nil {
		t.gap = &gap{}
	}
	if t.large.mayHave(key) {
		// The lock of a spilled write was given up for the write itself. Whoever
		// holds the key's lock now is waiting for us: do not wait for him.
		if n, err := t.newest(key); err != nil || n.mine {
			return t.verdict(n.ts > t.at, err)
		}
	}
	pos := t.pos
	if _, err := t.e.locks.Acquire(ctx, &t.owner, key, m, w, pos); err != nil {
		return false, err
	}
	t.pos++
	changed, err = t.examine(ctx, key, w)
	if changed, err = t.verdict(changed, err); err != nil {
		t.owner.RollbackTo(pos)
	}
	return changed, err
}

// verdict is what Lock makes of a changed key: the first committer wins.
func (t *txn) verdict(changed bool, err error) (bool, error) {
	if err == nil && changed && t.opts.Isolation != kv.ReadCommitted {
		err = kv.ErrConflict
	}
	return changed && err == nil, err
}

// examine reports whether key changed since the view, and waits as long as its
// newest version belongs to a large transaction that is still running.
func (t *txn) examine(ctx context.Context, key []byte, w kv.Wait) (changed bool, err error) {
	for {
		// Whoever wrote the key gave up its lock only when the write was visible,
		// so a view that is up to date cannot have missed it, unless there are other
		// transactions whose spilled writes are their locks.
		others := t.e.spilled.Load()
		if t.large != nil {
			others--
		}
		if others == 0 && kv.TS(t.e.pipe.visible.Load()) == t.at {
			return false, nil
		}
		n, err := t.newest(key)
		if err != nil {
			return false, err
		}
		if n.busy == nil {
			if uint64(n.ts) > t.e.pipe.visible.Load() {
				// Committed, but not visible yet: only when it is can the caller's
				// Refresh find what changed.
				t.e.pipe.leave(t.e.pipe.enter(nil), false)
			}
			return n.ts > t.at, nil
		}
		if w == kv.WaitNever {
			return false, kv.ErrLocked
		}
		done := n.busy.watch()
		// Look again: the news may have come before we listened.
		if n, err = t.newest(key); err != nil {
			return false, err
		}
		if n.busy == nil {
			continue
		}
		if err := t.e.locks.WaitFor(ctx, &t.owner, n.busy.owner, done); err != nil {
			return false, err
		}
	}
}

// newestVersion is the state of a key regardless of any view.
type newestVersion struct {
	ts   kv.TS     // newest commit, 0 = none
	mine bool      // the transaction has a spilled write of the key
	busy *largeTxn // another transaction has, and is still running
}

func (t *txn) newest(key []byte) (n newestVersion, err error) {
	epoch := t.e.pipe.epoch.Load()
	if t.gap.covers(key, epoch) {
		return n, nil
	}
	if err := t.pin(epoch); err != nil {
		return n, err
	}
	t.seek = appendPrefix(t.seek[:0], tagData, key)
	it, found := t.it.Iterator, false
	for ok := it.SeekPrefixGE(t.seek); ok; ok = it.Next() {
		found = true
		val, err := it.ValueAndErr()
		if err != nil {
			return n, fmt.Errorf("pebblekv: lock: %w", err)
		}
		h, err := decodeHeader(val)
		if err != nil {
			return n, fmt.Errorf("%w: value of %x", err, key)
		}
		f, ts, c := t.e.chunks.judge(&h, keyTS(it.Key()))
		for f == pending {
			if n.busy = c.txn.Load(); n.busy != nil {
				break
			}
			f, ts = c.judge(h.pos) // decided between the two looks
		}
		switch {
		case f == pending && n.busy == t.large:
			n.mine, n.busy = true, nil
		case f == pending:
			return n, nil
		case f == settled:
			n.ts = ts
			return n, nil
		}
	}
	err = it.Error()
	if err == nil && !found {
		err = t.gap.missed(&t.it, key)
	}
	if err != nil {
		return n, fmt.Errorf("pebblekv: lock: %w", err)
	}
	return n, nil
}

// lastSpill is how much a transaction that has spilled before may write at its
// commit.
const lastSpill = 256 * kib

// Commit implements kv.Txn.
func (t *txn) Commit(ctx context.Context) (kv.TS, error) {
	if t.ended {
		return 0, kv.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if !t.wrote() {
		if err := t.serial.Commit(false, nil); err != nil {
			return 0, err
		}
		for _, h := range t.hooks {
			h.fn(t.at)
		}
		t.end(false)
		return t.at, nil
	}
	if t.large != nil && t.buf.bytes > lastSpill {
		// Commits behind this one wait while its batch is written: make it small.
		if err := t.spill(); err != nil {
			t.end(false)
			return 0, err
		}
	}
	if t.buf != nil {
		free, err := t.e.roomToKeep(batchCopies * t.buf.bytes)
		if err != nil {
			return 0, err
		}
		defer free()
	}
	c, err := t.enter()
	if err != nil {
		return 0, err
	}
	// From here on there is no way back, so ctx is no longer looked at.
	ts := c.ts
	err = t.persist(c)
	if err == nil && t.large != nil {
		for _, ch := range t.large.chunks {
			ch.outcome.Store(uint64(ts))
		}
	}
	t.e.pipe.leave(c, err == nil)
	t.end(err == nil)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", kv.ErrUndetermined, err)
	}
	t.e.stats.commits.Add(1)
	return ts, nil
}

// persist writes the transaction's buffer at its commit timestamp, together
// with the verdict on its chunks, in one batch.
func (t *txn) persist(c *commit) error {
	size := 64
	if t.buf != nil {
		size += t.buf.bytes
	}
	b := t.e.db.NewBatchWithSize(size)
	defer b.Close()
	if t.buf != nil && t.buf.live > 0 {
		appendCommitted(b, t.buf, c.ts)
	}
	if t.large != nil {
		for _, ch := range t.large.chunks {
			_ = b.Set(chunkKey(ch.id), ch.record(c.ts), nil)
		}
	}
	if c.bound != 0 {
		_ = b.Set(boundKey(c.bound), nil, nil)
		if c.drop != c.bound {
			_ = b.Delete(boundKey(c.drop), nil)
		}
	}
	sync := t.e.sync
	if t.opts.NoSync {
		sync = pebble.NoSync
	}
	return t.e.db.Apply(b, sync)
}

// appendCommitted adds the newest write of every key of buf as a version at ts.
func appendCommitted(b *pebble.Batch, buf *writeBuffer, ts kv.TS) {
	for n := buf.first(); n != none; n = buf.after(n) {
		nd := &buf.nodes[n]
		if nd.op == none {
			continue
		}
		val := buf.ops[nd.op].val
		d := b.SetDeferred(len(nd.key)+2+suffixLen, 1+len(val))
		appendVersion(d.Key[:0], nd.key, ts)
		d.Value[0] = 0
		if val == nil {
			d.Value[0] = flagTombstone
		}
		copy(d.Value[1:], val)
		_ = d.Finish()
	}
}

// Close implements kv.Txn.
func (t *txn) Close() error {
	if !t.ended {
		t.end(false)
	}
	if !t.shutDone {
		t.shutDone = true
		t.shut()
	}
	return nil
}

// end gives the locks back and settles what was spilled; after it only Close
// is allowed.
func (t *txn) end(committed bool) {
	t.ended = true
	t.serial.End()
	if committed {
		t.e.gc.committed(t)
	}
	if t.large != nil {
		t.endLarge(committed)
	}
	t.owner.ReleaseAll()
	t.hooks = nil
	if b := t.buf; b != nil {
		t.buf = nil
		if t.scans == 0 && b.arena.size() <= 64*kib && cap(b.ops) <= 1024 {
			b.reset()
			bufferPool.Put(b)
		}
	}
}
