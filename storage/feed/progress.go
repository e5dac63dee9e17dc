package feed

import (
	"log/slog"
	"sync"
	"time"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// progressEvery is the time between two log lines of work that no session shows.
const progressEvery = 5 * time.Second

// Remaining estimates how long work will still take: it has gone from one share of the
// whole to another in the given time. ok is false when there is nothing to go by.
func Remaining(from, to float64, took time.Duration) (left time.Duration, ok bool) {
	if from < 0 || to <= from {
		return 0, false
	}
	return time.Duration(float64(took) * (1 - to) / (to - from)), true
}

// logged reports long work on an index to the log, from time to time.
func logged(log *slog.Logger, what string, x *catalog.Index) func(sidecar.Progress) {
	var mu sync.Mutex
	began, last, from := time.Now(), time.Now(), -1.0
	return func(p sidecar.Progress) {
		mu.Lock()
		defer mu.Unlock()
		if from < 0 {
			from = p.Share
		}
		now := time.Now()
		if now.Sub(last) < progressEvery {
			return
		}
		last = now
		args := []any{"index", x.Name, "phase", p.Phase, "done", p.Done, "of", p.Total}
		if left, ok := Remaining(from, p.Share, now.Sub(began)); ok {
			args = append(args, "left", left.Round(time.Second))
		}
		log.Info(what, args...)
	}
}
