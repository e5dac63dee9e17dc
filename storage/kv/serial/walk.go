package serial

import (
	"slices"

	"github.com/loxodb/loxodb/storage/kv"
)

// walk is an iterator that notes how far it was walked: what lies beyond the pair
// that a consumer stopped at was not read.
type walk struct {
	kv.Iter
	t     *Txn
	r     kv.Range
	n     int
	last  []byte // key of the newest pair
	ended bool   // there is no further pair
	noted int    // pairs when it was noted last, one more after the end
}

// Walk returns it, an iterator over r, with what it reads noted.
func (t *Txn) Walk(it kv.Iter, r kv.Range) kv.Iter {
	if t.Safe() {
		return it
	}
	w := &walk{Iter: it, t: t, r: r}
	w.r.Start = slices.Clone(r.Start)
	w.r.End = slices.Clone(r.End)
	t.walks = append(t.walks, w)
	return w
}

// Next implements kv.Iter.
func (w *walk) Next() bool {
	if w.Iter.Next() {
		w.n++
		w.last = append(w.last[:0], w.Key()...)
		return true
	}
	w.ended = w.ended || w.Err() == nil && (w.r.Limit == 0 || w.n < w.r.Limit)
	return false
}

// Close implements kv.Iter.
func (w *walk) Close() error {
	if i := slices.Index(w.t.walks, w); i >= 0 {
		w.note()
		w.t.walks = slices.Delete(w.t.walks, i, i+1)
	}
	return w.Iter.Close()
}

// note puts what was walked over so far among the reads.
func (w *walk) note() {
	seen := w.n
	if w.ended {
		seen++
	}
	if seen == w.noted {
		return
	}
	w.noted = seen
	r := w.r
	switch {
	case w.ended:
	case r.Reverse:
		r.Start = w.last
	default:
		r.End = append(slices.Clone(w.last), 0)
	}
	w.t.Read(r)
}
