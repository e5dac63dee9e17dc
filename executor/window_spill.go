package executor

import (
	"context"

	"github.com/loxodb/loxodb/sql/batch"
)

// What a window holds is bounded where partitions are: those whose results have been handed
// out are forgotten, and reading ahead ends where memory is short. The rows of a partition
// that is larger wait in files for their results; what its functions look at, keys and
// arguments, stays in memory.

// forget drops the partitions that are complete, when all results have been handed out and
// these are at least half of what there is to copy.
func (w *window) forget() error {
	if w.lo < batch.MaxRows || 2*w.lo < w.keys.n {
		return nil
	}
	stores := []*rowStore{w.keys, w.results}
	for _, c := range w.calls {
		stores = append(stores, c.store)
	}
	for _, s := range stores {
		if err := s.dropFirst(w.lo); err != nil {
			return err
		}
	}
	w.at, w.lo = w.at-w.lo, 0
	return nil
}

// read keeps the input until there are n rows. Where memory is short it reads on only until
// the partition that is not complete is twice as large, so that looking for its end each
// time costs no more than reading it.
func (w *window) read(ctx context.Context, n int) error {
	enough := w.keys.n + w.keys.n - w.lo
	for !w.ended && w.keys.n < n {
		b, err := w.input.Next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			w.ended = true
			return w.input.Close()
		}
		if err := w.keep(b); err != nil {
			return err
		}
		if !w.env.Budget.crowded(w.held()) {
			continue
		}
		if w.keys.n >= enough {
			return nil
		}
		if err := w.rows.spill(); err != nil {
			return err
		}
	}
	return nil
}

// held is the memory that the window's stores take.
func (w *window) held() int64 {
	n := w.rows.mem.bytes + w.keys.bytes + w.results.bytes
	for _, c := range w.calls {
		n += c.store.bytes
	}
	return n
}
