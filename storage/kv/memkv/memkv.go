// Package memkv is the slow, obvious model of the kv contract: every version of
// every key in a sorted map in memory, one mutex, nothing ever collected. It is
// what other engines are compared against and what tests above storage run on.
// It must not know anything but the kv contract, and it promises no durability.
package memkv

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/lockmgr"
	"github.com/loxodb/loxodb/storage/kv/serial"
)

// Engine is an in-memory kv.Engine. The zero value is not usable; see New.
type Engine struct {
	locks  *lockmgr.Manager
	serial *serial.Manager

	mu      sync.Mutex
	data    sortedMap[[]version] // oldest version first
	visible kv.TS                // the newest commit
	open    int                  // snapshots and transactions
	closed  bool
}

var _ kv.Engine = (*Engine)(nil)

// version is the state of a key since ts; a nil val is a deletion.
type version struct {
	ts  kv.TS
	val []byte
}

// New returns an empty engine.
func New() *Engine {
	e := &Engine{locks: lockmgr.New(), visible: wallTS()}
	e.serial = serial.New(func() kv.TS {
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.visible
	})
	return e
}

func wallTS() kv.TS { return kv.TS(time.Now().UnixMicro()) << 12 }

// Now implements kv.Engine.
func (e *Engine) Now(context.Context) (kv.TS, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return 0, kv.ErrClosed
	}
	return e.visible, nil
}

// Snapshot implements kv.Engine. A timestamp between the last commit and the
// wall clock is granted too, so that time can be read when nothing is written.
func (e *Engine) Snapshot(_ context.Context, at kv.TS) (kv.Snapshot, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, kv.ErrClosed
	}
	if at > e.visible {
		if at > wallTS() {
			return nil, fmt.Errorf("memkv: snapshot at %d is in the future", at)
		}
		e.visible = at
	}
	e.open++
	return &snapshot{view: view{e: e, at: at}}, nil
}

// Begin implements kv.Engine.
func (e *Engine) Begin(ctx context.Context, o kv.TxnOptions) (kv.Txn, error) {
	if o.Isolation == kv.Serializable {
		return e.beginSerial(ctx, o)
	}
	return e.begin(o)
}

func (e *Engine) begin(o kv.TxnOptions) (*txn, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, kv.ErrClosed
	}
	e.open++
	t := &txn{view: view{e: e, at: e.visible}, opts: o}
	t.owner.By = o.By
	if o.View != 0 {
		t.at = o.View
	}
	t.setOwn(&writeSet{})
	return t, nil
}

// DropRanges implements kv.Engine.
func (e *Engine) DropRanges(_ context.Context, ranges ...kv.Range) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return kv.ErrClosed
	}
	for _, r := range ranges {
		e.data.deleteRange(r)
	}
	return nil
}

// Close implements kv.Engine.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	if e.open > 0 {
		return fmt.Errorf("memkv: %d snapshots or transactions are still open", e.open)
	}
	e.closed = true
	return nil
}

// release forgets one open reader.
func (e *Engine) release() {
	e.mu.Lock()
	e.open--
	e.mu.Unlock()
}

// visibleAt returns the value of the newest version not after at.
func visibleAt(vs []version, at kv.TS) []byte {
	for _, v := range slices.Backward(vs) {
		if v.ts <= at {
			return v.val
		}
	}
	return nil
}

// commit applies writes at a new timestamp. Hooks run before anyone can see it.
func (e *Engine) commit(writes *writeSet, hooks []hook) kv.TS {
	e.mu.Lock()
	defer e.mu.Unlock()
	ts := max(e.visible+1, wallTS())
	for _, key := range writes.keys {
		vs, _ := e.data.get(key)
		e.data.set(key, append(vs, version{ts: ts, val: writes.vals[key]}))
	}
	for _, h := range hooks {
		h.fn(ts)
	}
	e.visible = ts
	return ts
}

// Oldest implements kv.Engine: snapshots of any age may be opened here.
func (e *Engine) Oldest() kv.TS { return 0 }

// Locks implements kv.LockLister.
func (e *Engine) Locks(each func(kv.LockInfo)) { e.locks.Each(each) }
