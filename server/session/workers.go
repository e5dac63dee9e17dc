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
	cores := cap(s.db.forks)
	if cores == 1 {
		return 0
	}
	v, _ := s.settings.get("max_parallel_workers_per_gather")
	n, _ := strconv.Atoi(v)
	return min(n, cores)
}

// fork opens a view for one of a statement's goroutines: at most as many in the whole
// server as there are cores, and nil when these are busy or when the view's time has
// passed.
func (d *Database) fork(ctx context.Context, at kv.TS) (kv.Snapshot, error) {
	select {
	case d.forks <- struct{}{}:
	default:
		return nil, nil
	}
	view, err := d.eng.Snapshot(ctx, at)
	if err != nil {
		<-d.forks
		if errors.Is(err, kv.ErrSnapshotTooOld) {
			err = nil
		}
		return nil, err
	}
	return &forked{view, d.forks}, nil
}

// forked gives its place back when it is closed.
type forked struct {
	kv.Snapshot
	places chan struct{}
}

func (f *forked) Close() error {
	<-f.places
	return f.Snapshot.Close()
}
