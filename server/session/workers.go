package session

import (
	"context"
	"errors"
	"strconv"

	"github.com/loxodb/loxodb/storage/kv"
)

// workers is how many goroutines a scan of the session's statements may read ahead
// with: what max_parallel_workers_per_gather allows, but no more than there are cores
// beside the session's own.
func (s *Session) workers() int {
	places := s.db.helpers.Places()
	if places == 0 {
		return 0
	}
	v, _ := s.settings.get("max_parallel_workers_per_gather")
	n, _ := strconv.Atoi(v)
	return min(n, places)
}

// fork opens a view for one of a statement's goroutines, nil when the view's time has
// passed.
func (d *Database) fork(ctx context.Context, at kv.TS) (kv.Snapshot, error) {
	view, err := d.eng.Snapshot(ctx, at)
	if errors.Is(err, kv.ErrSnapshotTooOld) {
		return nil, nil
	}
	return view, err
}
