// Package pebblekv implements the kv contract on Pebble: multi-version rows,
// key locks, a commit pipeline, transactions larger than memory, and garbage
// collection of old versions. It must not know SQL, tables or vectors: keys and
// values are bytes. FORMAT.md draws what is on disk.
package pebblekv

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/lockmgr"
	"github.com/loxodb/loxodb/storage/kv/serial"
)

// ErrDatabaseLocked is returned by Open when another process, or another Engine
// of this process, has the directory open.
var ErrDatabaseLocked = errors.New("pebblekv: the database directory is in use by another server")

// clockSlack is how far the persisted clock bound runs ahead of the commits.
// After a crash timestamps may start so much in the future.
const clockSlack = 5 * time.Second

// Engine is a kv.Engine on one directory.
type Engine struct {
	opts  Options
	dir   string
	db    *pebble.DB
	clock clock
	pipe  pipeline
	locks *lockmgr.Manager
	views viewSet
	// serial watches serializable transactions.
	serial *serial.Manager
	iters  iterPool

	chunks  chunkTable
	long    sync.Mutex   // held by whoever writes a table with long values
	spilled atomic.Int64 // transactions whose provisional versions act as locks
	sync    *pebble.WriteOptions
	store   *pebble.Options
	tables  sstable.WriterOptions // of tables that spills write
	gc      collector
	stats   counters
	closed  atomic.Bool
	closing sync.RWMutex // held by what needs the store but is no reader
	lock    *pebble.Lock
}

var _ kv.Engine = (*Engine)(nil)

// Open opens or creates the store in dir. The error wraps ErrDatabaseLocked
// when someone else has it open.
func Open(dir string, o Options) (*Engine, error) {
	o.ensureDefaults()
	if err := o.FS.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("pebblekv: %w", err)
	}
	lock, err := pebble.LockDirectory(dir, o.FS)
	if err != nil {
		if isLockHeld(err) {
			return nil, fmt.Errorf("%w: %s: %w", ErrDatabaseLocked, dir, err)
		}
		return nil, fmt.Errorf("pebblekv: lock %s: %w", dir, err)
	}
	po := o.storeOptions()
	po.Lock = lock
	db, err := pebble.Open(dir, po)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pebblekv: open %s: %w", dir, err), lock.Close())
	}
	e := &Engine{opts: o, dir: dir, db: db, lock: lock, locks: lockmgr.New(), sync: pebble.Sync, store: po}
	e.tables = po.MakeWriterOptions(len(po.Levels)-1, db.TableFormat())
	if o.NoSync {
		e.sync = pebble.NoSync
	}
	e.clock.wall = o.now
	e.pipe.clock = &e.clock
	e.iters.e = e
	e.serial = e.newSerial()
	e.gc.init(e)
	if err := errors.Join(e.recover(), e.clearSpills()); err != nil {
		return nil, errors.Join(err, db.Close(), lock.Close())
	}
	e.gc.start()
	return e, nil
}

// isLockHeld tells a held lock from other failures. Pebble's file systems
// report it as EAGAIN, EACCES or in words.
func isLockHeld(err error) bool {
	return errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) ||
		strings.Contains(err.Error(), "lock held") || strings.Contains(err.Error(), "used by another process")
}

// recover reads the metadata: it sets the clock past every timestamp that was
// ever used, and hands the chunks without a commit to the collector.
func (e *Engine) recover() error {
	it, err := e.db.NewIter(&pebble.IterOptions{LowerBound: []byte{tagMeta, 0}, UpperBound: []byte{tagMeta + 1, 0}})
	if err != nil {
		return fmt.Errorf("pebblekv: recover: %w", err)
	}
	var newest kv.TS
	var bounds []kv.TS
	var dirty []byte
	for ok := it.First(); ok && err == nil; ok = it.Next() {
		key, val := it.Key(), it.Value()
		switch kind := key[1]; {
		case kind == 'c':
			var c *chunk
			if c, err = parseChunk(key, val); err == nil {
				newest = max(newest, c.id+kv.TS(c.span))
				e.chunks.add(c)
				e.gc.recovered(c)
			}
		case kind == 'b' && len(key) == 11:
			bounds = append(bounds, kv.TS(binary.BigEndian.Uint64(key[2:])))
			newest = max(newest, bounds[len(bounds)-1])
		case kind == 'g' && len(val) == 8:
			e.views.collected = kv.TS(binary.BigEndian.Uint64(val))
			newest = max(newest, e.views.collected)
		case kind == 'd':
			dirty = append([]byte{}, val...)
		default:
			err = fmt.Errorf("%w: metadata key %x", errCorrupt, key)
		}
	}
	if err = errors.Join(err, it.Close()); err != nil {
		return fmt.Errorf("pebblekv: recover: %w", err)
	}
	e.clock.last = newest
	// A store that was never written reads as of now, not as of 1970.
	e.clock.next()
	e.pipe.visible.Store(uint64(e.clock.last))
	e.gc.recoverDirty(dirty, len(bounds) > 0 && dirty == nil, kv.TS(e.pipe.visible.Load()))
	return e.tidyBounds(bounds)
}

// tidyBounds replaces the clock bounds of earlier runs by one. From here on the
// store counts as not cleanly closed.
func (e *Engine) tidyBounds(old []kv.TS) error {
	b := e.db.NewBatch()
	defer b.Close()
	_ = b.Delete(dirtyKey, nil)
	bound := e.clock.last + span(clockSlack)
	for _, ts := range old {
		if ts != bound {
			_ = b.Delete(boundKey(ts), nil)
		}
	}
	_ = b.Set(boundKey(bound), nil, nil)
	e.pipe.bound = clockBound{planned: bound, safe: bound}
	if err := b.Commit(e.sync); err != nil {
		return fmt.Errorf("pebblekv: %w", err)
	}
	return nil
}

func boundKey(ts kv.TS) []byte {
	return appendPrefix(nil, tagMeta, binary.BigEndian.AppendUint64([]byte{'b'}, uint64(ts)))
}

// Now implements kv.Engine.
func (e *Engine) Now(context.Context) (kv.TS, error) {
	if e.closed.Load() {
		return 0, kv.ErrClosed
	}
	return kv.TS(e.pipe.visible.Load()), nil
}

// Snapshot implements kv.Engine. A timestamp between the last commit and the
// wall clock is granted too, so that time can be read when nothing is written.
func (e *Engine) Snapshot(_ context.Context, at kv.TS) (kv.Snapshot, error) {
	if at == 0 {
		return nil, fmt.Errorf("%w: no timestamp", kv.ErrSnapshotTooOld)
	}
	if at > kv.TS(e.pipe.visible.Load()) && !e.closed.Load() {
		if at > max(e.clock.wallTS(), e.clock.latest()) {
			return nil, fmt.Errorf("pebblekv: snapshot at %d is in the future", at)
		}
		e.pipe.advance(at)
	}
	s := &snapshot{}
	if err := s.open(e, at); err != nil {
		return nil, err
	}
	return s, nil
}

// Begin implements kv.Engine.
func (e *Engine) Begin(ctx context.Context, o kv.TxnOptions) (kv.Txn, error) {
	t := &txn{opts: o}
	t.owner.By = o.By
	if o.Isolation == kv.Serializable {
		if err := t.beginSerial(ctx, e); err != nil {
			return nil, err
		}
		return t, nil
	}
	if err := t.open(e, o.View); err != nil {
		return nil, err
	}
	return t, nil
}

// DropRanges implements kv.Engine.
func (e *Engine) DropRanges(_ context.Context, ranges ...kv.Range) error {
	e.closing.RLock()
	defer e.closing.RUnlock()
	if e.closed.Load() {
		return kv.ErrClosed
	}
	b := e.db.NewBatch()
	defer b.Close()
	for _, r := range ranges {
		lo, hi := bounds(r)
		if compareKeys(lo, hi) >= 0 {
			continue
		}
		if err := b.DeleteRange(lo, hi, nil); err != nil {
			return fmt.Errorf("pebblekv: drop range: %w", err)
		}
	}
	if b.Empty() {
		return nil
	}
	if err := b.Commit(e.sync); err != nil {
		return fmt.Errorf("pebblekv: drop range: %w", err)
	}
	e.pipe.epoch.Add(1)
	return nil
}

// bounds are the store keys that enclose a range.
func bounds(r kv.Range) (lo, hi []byte) {
	lo = appendPrefix(nil, tagData, r.Start)
	if r.End == nil {
		return lo, []byte{tagData + 1, 0}
	}
	return lo, appendPrefix(nil, tagData, r.End)
}

// Close implements kv.Engine.
func (e *Engine) Close() error {
	e.closing.Lock()
	defer e.closing.Unlock()
	if e.closed.Load() {
		return nil
	}
	if n := e.views.seal(); n > 0 {
		return fmt.Errorf("pebblekv: %d snapshots or transactions are still open", n)
	}
	e.closed.Store(true)
	e.gc.stop()
	e.iters.drain()
	// Leave the exact clock behind: the next start need not run ahead.
	err := e.tidyBoundsAtClose()
	if err = errors.Join(err, e.db.Close(), e.lock.Close()); err != nil {
		return fmt.Errorf("pebblekv: close: %w", err)
	}
	return nil
}

func (e *Engine) tidyBoundsAtClose() error {
	b := e.db.NewBatch()
	defer b.Close()
	last := e.clock.latest()
	// Bounds of this run may have been superseded while in flight: clear all.
	_ = b.DeleteRange(boundKey(0), appendPrefix(nil, tagMeta, []byte{'b' + 1}), nil)
	_ = b.Set(boundKey(last), nil, nil)
	e.gc.saveDirty(b)
	return b.Commit(pebble.Sync)
}

// Checkpoint writes a consistent copy of the store to dir, which must not
// exist, on the same file system (hard links where possible).
func (e *Engine) Checkpoint(dir string) error {
	e.closing.RLock()
	defer e.closing.RUnlock()
	if e.closed.Load() {
		return kv.ErrClosed
	}
	if err := e.db.Checkpoint(dir, pebble.WithFlushedWAL()); err != nil {
		return fmt.Errorf("pebblekv: checkpoint: %w", err)
	}
	return nil
}

// Flush writes what is in memory to tables on disk.
func (e *Engine) Flush() error {
	e.closing.RLock()
	defer e.closing.RUnlock()
	if e.closed.Load() {
		return kv.ErrClosed
	}
	return e.db.Flush()
}

// DiskUsage estimates the bytes on disk of a range, without what is still in
// memory.
func (e *Engine) DiskUsage(r kv.Range) (uint64, error) {
	e.closing.RLock()
	defer e.closing.RUnlock()
	if e.closed.Load() {
		return 0, kv.ErrClosed
	}
	lo, hi := bounds(r)
	if compareKeys(lo, hi) >= 0 {
		return 0, nil
	}
	return e.db.EstimateDiskUsage(lo, hi)
}

// SetRetentionWindow changes Options.RetentionWindow. A longer window does not
// bring back what was collected: reads before the horizon stay refused.
func (e *Engine) SetRetentionWindow(d time.Duration) { e.gc.retention.Store(int64(d)) }

// Metrics are Pebble's own counters.
func (e *Engine) Metrics() *pebble.Metrics { return e.db.Metrics() }

// FS is the file system of the store, for files that must share its fate.
func (e *Engine) FS() vfs.FS { return e.opts.FS }

// Dir is the directory of the store.
func (e *Engine) Dir() string { return e.dir }

// Locks implements kv.LockLister.
func (e *Engine) Locks(each func(kv.LockInfo)) { e.locks.Each(each) }
