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

// Writers pause for a share of the time of linking, not for what is too short, and never
// longer than a bound.
func TestPace(t *testing.T) {
	now := time.Now()
	p := newPace()
	p.share = 0.5
	if got := p.left(now); got != 0 {
		t.Fatalf("a pause of %v before anything was linked", got)
	}
	p.linked(10*time.Millisecond, now)
	p.linked(20*time.Millisecond, now)
	for after, want := range map[time.Duration]time.Duration{
		0:                     15 * time.Millisecond,
		5 * time.Millisecond:  10 * time.Millisecond,
		15 * time.Millisecond: 0,
		time.Hour:             0,
	} {
		if got := p.left(now.Add(after)); got != want {
			t.Errorf("after %v a pause of %v, want %v", after, got, want)
		}
	}
	later := now.Add(time.Minute)
	p.linked(time.Millisecond/2, later)
	if got := p.left(later); got != 0 {
		t.Errorf("a pause of %v for one entry", got)
	}
	p.linked(time.Hour, later)
	if got := p.left(later); got != throttleMax {
		t.Errorf("a pause of %v", got)
	}
}
