package pebblekv

import (
	"bytes"
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/loxodb/loxodb/storage/kv"
)

// Scan implements kv.Reader.
func (v *view) Scan(ctx context.Context, r kv.Range) (kv.Iter, error) {
	s, err := v.scan(ctx, r)
	if err != nil {
		return nil, err // not a nil *scan in an interface
	}
	return s, nil
}

// scan keeps to the writes made before it, so that a statement that writes what it
// reads comes to an end.
func (t *txn) scan(ctx context.Context, r kv.Range) (*scan, error) {
	s, err := t.view.scan(ctx, r)
	if err != nil {
		return nil, err
	}
	s.pos = t.pos
	t.scanned = t.pos // later writes of a key must not replace those before
	return s, nil
}

func (v *view) scan(ctx context.Context, r kv.Range) (*scan, error) {
	if v.ended {
		return nil, kv.ErrClosed
	}
	s := &scan{ctx: ctx, v: v, sight: v.sight, buf: v.buf, reverse: r.Reverse, left: -1}
	if r.Limit > 0 {
		s.left = r.Limit
	}
	if err := v.e.iters.get(&s.it, v.epoch); err != nil {
		return nil, err
	}
	lo, hi := bounds(r)
	if bytes.Compare(lo, hi) >= 0 {
		s.left = 0
		s.buf = nil
		hi = lo
	}
	s.it.SetBounds(lo, hi)
	s.own = none
	if s.buf != nil {
		s.start, s.end = bytes.Clone(r.Start), bytes.Clone(r.End)
		if r.Reverse {
			s.own = s.buf.seekLT(s.end)
		} else {
			s.own = s.buf.seekGE(s.start, nil)
		}
	}
	v.scans++
	return s, nil
}

// scan merges the visible versions of the store with the transaction's own
// writes. The store side is always one pair ahead.
type scan struct {
	ctx context.Context
	v   *view
	sight
	it      iterator
	reverse bool
	left    int // pairs still allowed, negative = no limit
	steps   int // since the context was last looked at
	err     error
	closed  bool

	started bool
	stored  bool   // skey and sval hold the next pair of the store
	skey    []byte // store key without tag and version
	sval    []byte
	kbuf    []byte // what skey and sval live in when walking backwards
	vbuf    []byte
	seek    []byte

	buf        *writeBuffer
	own        int32 // next node of buf, none at the end
	pos        int   // own writes from here on are not seen
	start, end []byte

	key, val []byte
}

func (s *scan) Key() []byte   { return s.key }
func (s *scan) Value() []byte { return s.val }
func (s *scan) Err() error    { return s.err }

// Next implements kv.Iter.
func (s *scan) Next() bool {
	if s.closed || s.err != nil || s.left == 0 {
		return false
	}
	if s.own == none && !s.stored { // nothing to merge with: most scans
		if !s.advance() {
			s.left = 0
			return false
		}
		s.key, s.val, s.stored = s.skey, s.sval, false
		s.left--
		return true
	}
	for {
		if !s.stored && !s.advance() && s.err != nil {
			return false
		}
		found, ok := s.pick()
		if !ok {
			s.left = 0
			return false
		}
		if found {
			s.left--
			return true
		}
	}
}

// pick takes the next of both sides. ok is false at the end; found is false
// when it was a deletion.
func (s *scan) pick() (found, ok bool) {
	o := s.peekOwn()
	if o == nil {
		if !s.stored {
			return false, false
		}
		s.key, s.val, s.stored = s.skey, s.sval, false
		return true, true
	}
	key := s.buf.nodes[s.own].key
	if s.stored {
		c := bytes.Compare(s.skey, key)
		if s.reverse {
			c = -c
		}
		if c < 0 {
			s.key, s.val, s.stored = s.skey, s.sval, false
			return true, true
		}
		if c == 0 {
			s.stored = false
		}
	}
	s.key, s.val = key, o.val
	s.stepOwn()
	return o.val != nil, true
}

// peekOwn returns the next own write of the range, nil at the end.
func (s *scan) peekOwn() *op {
	for s.own != none {
		n := &s.buf.nodes[s.own]
		if s.reverse && bytes.Compare(n.key, s.start) < 0 || !s.reverse && s.end != nil && bytes.Compare(n.key, s.end) >= 0 {
			s.own = none
			break
		}
		for i := n.op; i != none; i = s.buf.ops[i].prev {
			if o := &s.buf.ops[i]; o.pos < s.pos {
				return o
			}
		}
		s.stepOwn()
	}
	return nil
}

func (s *scan) stepOwn() {
	if s.reverse {
		s.own = s.buf.before(s.own)
	} else {
		s.own = s.buf.after(s.own)
	}
}

// advance fetches the next visible pair of the store; false at the end or on
// an error.
func (s *scan) advance() bool {
	var ok bool
	if s.reverse {
		ok = s.backward()
	} else {
		ok = s.forward()
	}
	if !ok && s.err == nil {
		if err := s.it.Error(); err != nil {
			s.err = fmt.Errorf("pebblekv: scan: %w", err)
		}
	}
	return ok
}

// maxSteps is how many newer versions of a key are stepped over before seeking.
const maxSteps = 8

func (s *scan) forward() bool {
	it := s.it.Iterator
	var ok bool
	if s.started {
		ok = it.Valid() && s.pass(it)
	} else {
		s.started = true
		ok = it.First()
	}
	skipped := 0
	for ok {
		key := it.Key()
		seen, tombstone, val := s.look(key)
		switch {
		case s.err != nil:
			return false
		case seen && !tombstone:
			s.skey, s.sval, s.stored = userKey(key), val, true
			return true
		case seen:
			ok, skipped = it.NextPrefix(), 0
		case skipped >= maxSteps && s.large == nil && keyTS(key) > s.at:
			s.seek = append(s.seek[:0], key[:len(key)-suffixLen]...)
			s.seek = appendSuffix(s.seek, s.at)
			ok, skipped = it.SeekGE(s.seek), 0
		default:
			ok = it.Next()
			skipped++
		}
	}
	return false
}

// pass goes on to the next key. Most have one version: a step is cheaper than asking
// for another prefix, if it leads there.
func (s *scan) pass(it *pebble.Iterator) bool {
	key := it.Key()
	s.kbuf = append(s.kbuf[:0], key[:len(key)-suffixLen]...)
	if !it.Next() {
		return false
	}
	if key = it.Key(); len(key) == len(s.kbuf)+suffixLen && bytes.Equal(key[:len(s.kbuf)], s.kbuf) {
		return it.NextPrefix()
	}
	return true
}

// backward meets the versions of a key oldest first: the last one it sees wins.
func (s *scan) backward() bool {
	it := s.it.Iterator
	ok := false
	if s.started {
		ok = it.Valid()
	} else {
		s.started = true
		ok = it.Last()
	}
	for ok {
		key := it.Key()
		if !wellFormed(key) {
			s.err = fmt.Errorf("%w: key %x", errCorrupt, key)
			return false
		}
		s.kbuf = append(s.kbuf[:0], userKey(key)...)
		found := false
		for ok {
			key = it.Key()
			if wellFormed(key) && !bytes.Equal(userKey(key), s.kbuf) {
				break
			}
			seen, tombstone, val := s.look(key)
			if s.err != nil {
				return false
			}
			if seen {
				found = !tombstone
				s.vbuf = append(s.vbuf[:0], val...)
			}
			ok = it.Prev()
		}
		if found {
			s.skey, s.sval, s.stored = s.kbuf, s.vbuf, true
			return true
		}
	}
	return false
}

// look decodes the version under the iterator.
func (s *scan) look(key []byte) (seen, tombstone bool, val []byte) {
	if s.steps++; s.steps&0xff == 0 {
		if s.err = s.ctx.Err(); s.err != nil {
			return false, false, nil
		}
	}
	val, err := s.it.ValueAndErr()
	if err != nil {
		s.err = fmt.Errorf("pebblekv: scan: %w", err)
		return false, false, nil
	}
	if !wellFormed(key) {
		s.err = fmt.Errorf("%w: version %x", errCorrupt, key)
		return false, false, nil
	}
	if len(val) > 0 && val[0]&^flagTombstone == 0 { // committed at the key's time: most versions
		return keyTS(key) <= s.at, val[0] != 0, val[1:]
	}
	h, err := decodeHeader(val)
	if err != nil {
		s.err = fmt.Errorf("%w: version %x", errCorrupt, key)
		return false, false, nil
	}
	return s.sees(&h, keyTS(key)), h.tombstone(), val[h.size:]
}

// Close implements kv.Iter.
func (s *scan) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	s.v.scans--
	s.it.SetBounds(nil, nil)
	s.v.e.iters.put(&s.it)
	s.buf, s.key, s.val = nil, nil, nil
	return nil
}
