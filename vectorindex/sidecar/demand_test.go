package sidecar

import (
	"testing"
	"time"
)

// Searches count as demand while they come often, whenever writers look.
func TestDemand(t *testing.T) {
	start := time.Unix(1000, 0)
	var d demand
	for _, step := range []struct {
		after time.Duration
		seen  uint64
		want  bool
	}{
		{0, 500, false}, // nobody has looked before
		{100 * time.Millisecond, 600, false},
		{300 * time.Millisecond, 700, true},
		{400 * time.Millisecond, 700, true}, // the window goes on
		{600 * time.Millisecond, 701, false},
		{900 * time.Millisecond, 710, true},
		{time.Hour, 5000, false}, // rare ones since
		{time.Hour + demandWindow, 5005, true},
		{time.Hour + 2*demandWindow, 5005, false},
	} {
		if got := d.look(step.seen, start.Add(step.after)); got != step.want {
			t.Errorf("after %v, %d searches: %v", step.after, step.seen, got)
		}
	}
}
