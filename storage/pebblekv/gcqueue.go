package pebblekv

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/loxodb/loxodb/storage/kv"
)

// gcQueue remembers where garbage may be: single keys while there is room for
// them, ranges of keys when there is not and for large transactions. Keys come
// in commit order, so those that may be collected are at the front.
type gcQueue struct {
	mu     sync.Mutex
	keys   []dirtyKeyAt
	bytes  int
	ranges []dirtyRange
}

// dirtyKeyAt is a key that was written at ts, over an older version perhaps.
type dirtyKeyAt struct {
	ts  kv.TS
	key []byte
}

// dirtyRange is an interval of keys, both ends included; last nil is no end.
type dirtyRange struct {
	first, last []byte
	ts          kv.TS   // newest write of interest
	gone        []kv.TS // chunks to forget once the range is swept
}

const (
	maxQueueBytes  = 16 << 20
	queueOverhead  = 48
	maxQueueRanges = 64
)

// addWrites queues the keys of a committed buffer.
func (q *gcQueue) addWrites(buf *writeBuffer, ts kv.TS) {
	size := 0
	for n := buf.first(); n != none; n = buf.after(n) {
		size += len(buf.nodes[n].key)
	}
	block := make([]byte, 0, size)
	q.mu.Lock()
	defer q.mu.Unlock()
	for n := buf.first(); n != none; n = buf.after(n) {
		nd := &buf.nodes[n]
		if nd.op == none {
			continue
		}
		from := len(block)
		block = append(block, nd.key...)
		q.keys = append(q.keys, dirtyKeyAt{ts: ts, key: block[from:len(block):len(block)]})
		q.bytes += len(nd.key) + queueOverhead
	}
	if q.bytes > maxQueueBytes {
		q.fold()
	}
}

// fold replaces all queued keys by the range they span.
func (q *gcQueue) fold() {
	if len(q.keys) == 0 {
		return
	}
	r := dirtyRange{first: q.keys[0].key, last: q.keys[0].key}
	for _, k := range q.keys {
		if bytes.Compare(k.key, r.first) < 0 {
			r.first = k.key
		}
		if bytes.Compare(k.key, r.last) > 0 {
			r.last = k.key
		}
		r.ts = max(r.ts, k.ts)
	}
	r.first, r.last = bytes.Clone(r.first), append([]byte{}, r.last...)
	q.keys, q.bytes = nil, 0
	q.insert(r)
}

func (q *gcQueue) addRange(r dirtyRange) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.insert(r)
}

// insert merges r with the ranges it overlaps, and with its neighbour when
// there are too many.
func (q *gcQueue) insert(r dirtyRange) {
	for i := 0; i < len(q.ranges); {
		o := &q.ranges[i]
		if before(o.last, r.first) || before(r.last, o.first) {
			i++
			continue
		}
		r = merge(r, *o)
		q.ranges = slices.Delete(q.ranges, i, i+1)
		i = 0
	}
	at, _ := slices.BinarySearchFunc(q.ranges, r, func(a, b dirtyRange) int { return bytes.Compare(a.first, b.first) })
	q.ranges = slices.Insert(q.ranges, at, r)
	if len(q.ranges) > maxQueueRanges {
		q.ranges[0] = merge(q.ranges[0], q.ranges[1])
		q.ranges = slices.Delete(q.ranges, 1, 2)
	}
}

// before reports whether a range that ends with last lies below one that
// starts with first.
func before(last, first []byte) bool { return last != nil && bytes.Compare(last, first) < 0 }

func merge(a, b dirtyRange) dirtyRange {
	if bytes.Compare(b.first, a.first) < 0 {
		a.first = b.first
	}
	if a.last != nil && (b.last == nil || bytes.Compare(b.last, a.last) > 0) {
		a.last = b.last
	}
	a.ts = max(a.ts, b.ts)
	a.gone = append(a.gone, b.gone...)
	return a
}

// takeKeys returns up to n distinct keys, in order, whose writes are not after h.
func (q *gcQueue) takeKeys(n int, h kv.TS) [][]byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	var keys [][]byte
	for len(keys) < n && len(keys) < len(q.keys) && q.keys[len(keys)].ts <= h {
		k := q.keys[len(keys)]
		q.bytes -= len(k.key) + queueOverhead
		keys = append(keys, k.key)
	}
	q.keys = q.keys[len(keys):]
	if len(q.keys) == 0 {
		q.keys = nil
	}
	slices.SortFunc(keys, bytes.Compare)
	return slices.CompactFunc(keys, bytes.Equal)
}

// takeRange removes and returns a range whose writes are not after h.
func (q *gcQueue) takeRange(h kv.TS) (r dirtyRange, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.ranges {
		if q.ranges[i].ts <= h {
			r = q.ranges[i]
			q.ranges = slices.Delete(q.ranges, i, i+1)
			return r, true
		}
	}
	return r, false
}

func (q *gcQueue) len() (keys, ranges int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.keys), len(q.ranges)
}

// At a clean close the queue is saved as ranges, so that nothing needs to be
// swept at random later. Its absence at open says that the last run crashed:
// then the whole store is swept once.
//
//	version (1) | n | n times: len(first) | first | 0 or 1+len(last) | last
var dirtyKey = appendPrefix(nil, tagMeta, []byte{'d'})

func (q *gcQueue) save(b *pebble.Batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fold()
	v := binary.AppendUvarint([]byte{1}, uint64(len(q.ranges)))
	for _, r := range q.ranges {
		v = binary.AppendUvarint(v, uint64(len(r.first)))
		v = append(v, r.first...)
		if r.last == nil {
			v = append(v, 0)
			continue
		}
		v = binary.AppendUvarint(v, 1+uint64(len(r.last)))
		v = append(v, r.last...)
	}
	_ = b.Set(dirtyKey, v, nil)
}

// load queues the saved ranges again; damage only means a sweep of everything.
func (q *gcQueue) load(v []byte, ts kv.TS) {
	ranges, ok := parseRanges(v)
	if !ok {
		ranges = []dirtyRange{{}}
	}
	for _, r := range ranges {
		r.ts = ts
		q.addRange(r)
	}
}

func parseRanges(v []byte) (ranges []dirtyRange, ok bool) {
	if len(v) == 0 || v[0] != 1 {
		return nil, false
	}
	v = v[1:]
	number := func() (x uint64) {
		x, n := binary.Uvarint(v)
		if ok = n > 0; ok {
			v = v[n:]
		}
		return x
	}
	text := func(size uint64) (b []byte) {
		if ok = ok && size <= uint64(len(v)); ok {
			b, v = append([]byte{}, v[:size]...), v[size:]
		}
		return b
	}
	n := number()
	for ; ok && n > 0; n-- {
		var r dirtyRange
		if size := number(); ok {
			r.first = text(size)
		}
		if !ok {
			break
		}
		if size := number(); ok && size > 0 {
			r.last = text(size - 1)
		}
		ranges = append(ranges, r)
	}
	return ranges, ok && len(v) == 0
}
