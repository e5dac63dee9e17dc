package memkv

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/lockmgr"
	"github.com/loxodb/loxodb/storage/kv/serial"
)

// txn implements kv.Txn. Its history is a plain list of writes; a rollback cuts
// the list and replays it.
type txn struct {
	view
	opts     kv.TxnOptions
	owner    lockmgr.Owner
	pos      int // grows with every write, lock, hook and rollback
	writes   []write
	own      *writeSet // what the writes come to
	hooks    []hook
	ended    bool // committed or rolled back: only Close is left
	released bool // Close was called
	serial   *serial.Txn
}

type write struct {
	pos int
	key string
	val []byte
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

func (t *txn) Put(key, val []byte) error {
	if err := t.writable(); err != nil {
		return err
	}
	if len(val) == 0 {
		return errors.New("memkv: empty value")
	}
	return t.write(key, bytes.Clone(val))
}

func (t *txn) Delete(key []byte) error {
	if err := t.writable(); err != nil {
		return err
	}
	return t.write(key, nil)
}

func (t *txn) write(key, val []byte) error {
	t.writes = append(t.writes, write{pos: t.pos, key: string(key), val: val})
	t.pos++
	if t.own.scans > 0 {
		t.setOwn(&writeSet{sortedMap: t.own.clone()})
	}
	t.own.set(string(key), val)
	t.serial.WroteKey(key)
	return nil
}

// writeSet maps the keys a transaction wrote to values, nil = deleted. A scan
// keeps to the writes made before it, so that a statement that writes what it
// reads comes to an end: while scans stand on a set, writes go to a copy.
type writeSet struct {
	sortedMap[[]byte]
	scans int
}

func (t *txn) setOwn(own *writeSet) { t.own, t.view.own = own, own }

func (t *txn) Lock(ctx context.Context, key []byte, m kv.Mode, w kv.Wait) (changed bool, err error) {
	if t.ended {
		return false, kv.ErrClosed
	}
	before := t.pos
	if _, err := t.e.locks.Acquire(ctx, &t.owner, key, m, w, before); err != nil {
		return false, err
	}
	t.pos++
	t.e.mu.Lock()
	if vs, _ := t.e.data.get(string(key)); len(vs) > 0 {
		changed = vs[len(vs)-1].ts > t.at
	}
	t.e.mu.Unlock()
	if changed && t.opts.Isolation != kv.ReadCommitted {
		t.owner.RollbackTo(before)
		return false, kv.ErrConflict
	}
	return changed, nil
}

func (t *txn) Mark() kv.Mark { return kv.Mark(t.pos) }

func (t *txn) RollbackTo(m kv.Mark) error {
	if t.ended {
		return kv.ErrClosed
	}
	if m < 0 || int(m) > t.pos {
		return fmt.Errorf("memkv: no such mark: %d", m)
	}
	n := len(t.writes)
	for n > 0 && t.writes[n-1].pos >= int(m) {
		n--
	}
	t.writes = t.writes[:n]
	t.setOwn(&writeSet{})
	for _, w := range t.writes {
		t.own.set(w.key, w.val)
	}
	n = len(t.hooks)
	for n > 0 && t.hooks[n-1].pos >= int(m) {
		n--
	}
	t.hooks = t.hooks[:n]
	t.owner.RollbackTo(int(m))
	return nil
}

func (t *txn) Refresh(ctx context.Context) error {
	if t.ended {
		return kv.ErrClosed
	}
	if t.opts.Isolation != kv.ReadCommitted {
		return errors.New("memkv: Refresh needs ReadCommitted")
	}
	at, err := t.e.Now(ctx)
	t.at = max(t.at, at)
	return err
}

func (t *txn) OnCommit(fn func(kv.TS)) {
	t.hooks = append(t.hooks, hook{pos: t.pos, fn: fn})
	t.pos++
}

func (t *txn) Commit(ctx context.Context) (kv.TS, error) {
	if t.ended {
		return 0, kv.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	ts := t.at
	err := t.serial.Commit(len(t.writes) > 0, func() kv.TS {
		ts = t.e.commit(t.own, t.hooks)
		return ts
	})
	if err != nil {
		return 0, err
	}
	if len(t.writes) == 0 {
		for _, h := range t.hooks {
			h.fn(ts)
		}
	}
	t.end()
	return ts, nil
}

func (t *txn) Close() error {
	if !t.ended {
		t.end()
	}
	if !t.released {
		t.released = true
		t.e.release()
	}
	return nil
}

// end gives the locks back; after it only Close is allowed.
func (t *txn) end() {
	t.ended, t.closed = true, true
	t.serial.End()
	t.owner.ReleaseAll()
}

// Freeze implements kv.Txn.
func (t *txn) Freeze() (kv.Snapshot, error) {
	if t.ended {
		return nil, kv.ErrClosed
	}
	t.e.mu.Lock()
	t.e.open++
	t.e.mu.Unlock()
	f := &frozen{serial: t.serial}
	f.view = view{e: t.e, at: t.at, own: &writeSet{sortedMap: t.own.clone()}}
	return f, nil
}

// frozen is a transaction as it was, with a copy of its writes.
type frozen struct {
	snapshot
	serial *serial.Txn
}

func (f *frozen) Get(ctx context.Context, key []byte) ([]byte, bool, error) {
	f.serial.ReadKey(key)
	return f.view.Get(ctx, key)
}

func (f *frozen) GetBatch(ctx context.Context, keys [][]byte, each func(i int, val []byte) error) error {
	for _, key := range keys {
		f.serial.ReadKey(key)
	}
	return f.view.GetBatch(ctx, keys, each)
}

func (f *frozen) Scan(ctx context.Context, r kv.Range) (kv.Iter, error) {
	it, err := f.view.Scan(ctx, r)
	if err != nil {
		return nil, err
	}
	return f.serial.Walk(it, r), nil
}
