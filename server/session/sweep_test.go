package session

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
)

// TestSweepTooLate: that the versions of a time are gone when a sweep comes to read them
// is no error, as the next sweep asks for another time.
func TestSweepTooLate(t *testing.T) {
	s := newTestSession(t)
	simple(t, s, "CREATE TABLE a (x int); DROP TABLE a")
	db := s.(*Session).db
	var log bytes.Buffer
	db.cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	const gone = 0 // the engine keeps no version of it
	db.sweep(context.Background(), gone)
	if log.Len() > 0 {
		t.Errorf("logged: %s", &log)
	}
}
