package pebblekv

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/lockmgr"
)

// A chunk is a part of a large transaction that was written to its final place
// before the transaction's fate was known. Its versions sit at provisional
// timestamps [id, id+span) and name the chunk in their headers; whether and
// since when they count is decided here, once for all of them.
type chunk struct {
	id    kv.TS
	span  uint64
	first []byte // least and greatest user key
	last  []byte
	count uint64 // versions

	txn atomic.Pointer[largeTxn] // nil once decided

	// outcome is pendingTS, abortedTS or the commit timestamp.
	outcome atomic.Uint64
	// cut is the position from which on writes were rolled back (ROLLBACK TO).
	cut atomic.Uint64
}

const (
	pendingTS = 0
	abortedTS = math.MaxUint64
	noCut     = math.MaxUint64
)

// largeTxn is what a transaction that spilled shares with those that wait for it.
type largeTxn struct {
	owner  *lockmgr.Owner
	chunks []*chunk // only used by the transaction's goroutine

	mu      sync.Mutex
	changed chan struct{} // closed at the next rollback or at the end
	ended   bool
}

// mayHave reports whether the key may be among the spilled writes. A transaction that
// writes in key order need not look for keys that are still to come.
func (l *largeTxn) mayHave(key []byte) bool {
	if l == nil {
		return false
	}
	for _, c := range l.chunks {
		if bytes.Compare(key, c.first) >= 0 && bytes.Compare(key, c.last) <= 0 {
			return true
		}
	}
	return false
}

// watch returns a channel that is closed when any write of the transaction may
// have been decided.
func (l *largeTxn) watch() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
		if l.ended {
			close(l.changed)
		}
	}
	return l.changed
}

func (l *largeTxn) notify(end bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed != nil && !l.ended {
		close(l.changed)
		l.changed = nil
	}
	l.ended = l.ended || end
}

// chunkTable maps chunk ids to their fate. An id that is not in the table was
// rolled back and swept; a version that names it is garbage.
type chunkTable struct {
	mu sync.RWMutex
	m  map[kv.TS]*chunk
}

func (t *chunkTable) get(id kv.TS) *chunk {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.m[id]
}

func (t *chunkTable) add(c *chunk) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.m == nil {
		t.m = make(map[kv.TS]*chunk)
	}
	t.m[c.id] = c
}

func (t *chunkTable) remove(id kv.TS) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.m, id)
}

func (t *chunkTable) len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.m)
}

// fate is what a version is to a reader.
type fate uint8

const (
	dead    fate = iota // rolled back
	pending             // of a transaction that is still running
	settled             // committed at the given timestamp
)

// judge decides a version that was written at pos of its transaction.
func (c *chunk) judge(pos uint64) (fate, kv.TS) {
	if pos >= c.cut.Load() {
		return dead, 0
	}
	switch o := c.outcome.Load(); o {
	case pendingTS:
		return pending, 0
	case abortedTS:
		return dead, 0
	default:
		return settled, kv.TS(o)
	}
}

// judge decides a version stored at ts under header h; the chunk is nil unless
// one is responsible.
func (t *chunkTable) judge(h *header, ts kv.TS) (fate, kv.TS, *chunk) {
	if !h.provisional() {
		return settled, ts, nil
	}
	c := t.get(h.chunk)
	if c == nil {
		return dead, 0, nil
	}
	f, commit := c.judge(h.pos)
	return f, commit, c
}

// The persistent form of a chunk: metadata key "c" + id, and the value
//
//	version (1) | span | count | commit timestamp, 0 = none | cut | len(first) | first | len(last) | last
//
// with uvarint numbers. A record without a commit timestamp at open belongs to
// a transaction that did not survive.
const chunkRecordVersion = 1

func chunkKey(id kv.TS) []byte {
	return appendPrefix(nil, tagMeta, binary.BigEndian.AppendUint64([]byte{'c'}, uint64(id)))
}

func (c *chunk) record(commit kv.TS) []byte {
	v := []byte{chunkRecordVersion}
	v = binary.AppendUvarint(v, c.span)
	v = binary.AppendUvarint(v, c.count)
	v = binary.AppendUvarint(v, uint64(commit))
	v = binary.AppendUvarint(v, c.cut.Load())
	v = binary.AppendUvarint(v, uint64(len(c.first)))
	v = append(v, c.first...)
	v = binary.AppendUvarint(v, uint64(len(c.last)))
	return append(v, c.last...)
}

// parseChunk reads a record back; the outcome of an undecided one is aborted.
func parseChunk(key, val []byte) (*chunk, error) {
	if len(key) != 11 || len(val) == 0 || val[0] != chunkRecordVersion {
		return nil, fmt.Errorf("%w: chunk record %x", errCorrupt, key)
	}
	c := &chunk{id: kv.TS(binary.BigEndian.Uint64(key[2:]))}
	var commit, cut, n uint64
	rest, ok := val[1:], true
	number := func(dst *uint64) {
		v, size := binary.Uvarint(rest)
		if ok = ok && size > 0; ok {
			*dst, rest = v, rest[size:]
		}
	}
	text := func(dst *[]byte) {
		if number(&n); !ok || n > uint64(len(rest)) {
			ok = false
			return
		}
		*dst, rest = append([]byte{}, rest[:n]...), rest[n:]
	}
	number(&c.span)
	number(&c.count)
	number(&commit)
	number(&cut)
	text(&c.first)
	text(&c.last)
	if !ok || len(rest) > 0 {
		return nil, fmt.Errorf("%w: chunk record %x", errCorrupt, key)
	}
	if commit == pendingTS {
		commit = abortedTS
	}
	c.outcome.Store(commit)
	c.cut.Store(cut)
	return c, nil
}
