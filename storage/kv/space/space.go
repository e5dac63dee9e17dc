// Package space gives a part of a store, all keys with one prefix, as a store of its
// own: whoever has it can neither read nor write anything beside it. It must not know
// what the keys mean.
package space

import (
	"bytes"
	"context"

	"github.com/loxodb/loxodb/storage/kv"
)

// Engine is the part of a kv.Engine under a prefix. Closing it closes nothing: the
// store belongs to somebody else.
type Engine struct {
	whole  kv.Engine // not embedded: what it may learn to do must be told of the prefix
	prefix []byte
	end    []byte // the first key after the part
}

var _ kv.Engine = (*Engine)(nil)

// New is the part of the store under the prefix, which must not consist of 0xff alone.
func New(e kv.Engine, prefix []byte) *Engine {
	return &Engine{whole: e, prefix: append([]byte(nil), prefix...), end: prefixEnd(prefix)}
}

func prefixEnd(p []byte) []byte {
	end := append([]byte(nil), p...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	panic("space: a prefix without an end")
}

// Within is a range of the part as one of the whole store; the slices are new.
func (e *Engine) Within(r kv.Range) kv.Range {
	r.Start = append(append([]byte(nil), e.prefix...), r.Start...)
	if r.End == nil {
		r.End = e.end
	} else {
		r.End = append(append([]byte(nil), e.prefix...), r.End...)
	}
	return r
}

// Snapshot implements kv.Engine.
func (e *Engine) Snapshot(ctx context.Context, at kv.TS) (kv.Snapshot, error) {
	s, err := e.whole.Snapshot(ctx, at)
	if err != nil {
		return nil, err
	}
	return &snapshot{reader: reader{e: e, r: s}, s: s}, nil
}

// Begin implements kv.Engine.
func (e *Engine) Begin(ctx context.Context, o kv.TxnOptions) (kv.Txn, error) {
	t, err := e.whole.Begin(ctx, o)
	if err != nil {
		return nil, err
	}
	return e.Of(t), nil
}

// Of is a transaction of the whole store as it is within the part. Both are one
// transaction; whoever has the whole one may use it between calls of this one.
func (e *Engine) Of(t kv.Txn) *Txn { return &Txn{reader: reader{e: e, r: t}, whole: t} }

// Now implements kv.Engine.
func (e *Engine) Now(ctx context.Context) (kv.TS, error) { return e.whole.Now(ctx) }

// Oldest implements kv.Engine.
func (e *Engine) Oldest() kv.TS { return e.whole.Oldest() }

// DropRanges implements kv.Engine.
func (e *Engine) DropRanges(ctx context.Context, ranges ...kv.Range) error {
	whole := make([]kv.Range, len(ranges))
	for i, r := range ranges {
		whole[i] = e.Within(r)
	}
	return e.whole.DropRanges(ctx, whole...)
}

// Close implements kv.Engine.
func (e *Engine) Close() error { return nil }

// reader is a kv.Reader of the part over one of the whole.
type reader struct {
	e   *Engine
	r   kv.Reader
	key []byte // of the call at hand; at first in buf
	buf [48]byte
	// of GetBatch
	arena []byte
	keys  [][]byte
}

// in is a key of the part as one of the whole, until the next call.
func (r *reader) in(key []byte) []byte {
	if r.key == nil {
		r.key = r.buf[:0]
	}
	r.key = append(append(r.key[:0], r.e.prefix...), key...)
	return r.key
}

// At implements kv.Reader.
func (r *reader) At() kv.TS { return r.r.At() }

// Get implements kv.Reader.
func (r *reader) Get(ctx context.Context, key []byte) ([]byte, bool, error) {
	return r.r.Get(ctx, r.in(key))
}

// GetBatch implements kv.Reader.
func (r *reader) GetBatch(ctx context.Context, keys [][]byte, each func(i int, val []byte) error) error {
	// Taken while each runs, which may ask the reader for something else.
	arena, whole := r.arena[:0], r.keys[:0]
	r.arena, r.keys = nil, nil
	n := 0
	for _, k := range keys {
		n += len(r.e.prefix) + len(k)
	}
	if cap(arena) < n {
		arena = make([]byte, 0, n)
	}
	for _, k := range keys {
		from := len(arena)
		arena = append(append(arena, r.e.prefix...), k...)
		whole = append(whole, arena[from:])
	}
	err := r.r.GetBatch(ctx, whole, each)
	r.arena, r.keys = arena, whole
	return err
}

// Scan implements kv.Reader.
func (r *reader) Scan(ctx context.Context, rng kv.Range) (kv.Iter, error) {
	it, err := r.r.Scan(ctx, r.e.Within(rng))
	if err != nil {
		return nil, err
	}
	return iter{it, len(r.e.prefix)}, nil
}

// iter is a kv.Iter whose keys lack the prefix.
type iter struct {
	kv.Iter
	skip int
}

// Key implements kv.Iter.
func (it iter) Key() []byte { return it.Iter.Key()[it.skip:] }

type snapshot struct {
	reader
	s kv.Snapshot
}

// Close implements kv.Snapshot.
func (s *snapshot) Close() error { return s.s.Close() }

// Locks implements kv.LockLister with the locks of the part's keys.
func (e *Engine) Locks(each func(kv.LockInfo)) {
	l, ok := e.whole.(kv.LockLister)
	if !ok {
		return
	}
	l.Locks(func(i kv.LockInfo) {
		if rest, ok := bytes.CutPrefix(i.Key, e.prefix); ok {
			i.Key = rest
			each(i)
		}
	})
}
