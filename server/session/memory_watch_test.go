package session

import "testing"

// Pages of files go when they are more than the program and the bound is near.
func TestNearBound(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		total, files int64
		want         bool
	}{{100, 80, false}, {450, 60, true}, {450, 30, false}, {600, 400, true}, {410, 200, false}, {420, 200, true}} {
		if got := nearBound(c.total*mib, c.files*mib, 512*mib); got != c.want {
			t.Errorf("%d MiB, %d of them of files: %v", c.total, c.files, got)
		}
	}
	if total, files := residentPages("12345 678 90 1 0 2 0\n"); total != 678 || files != 90 {
		t.Error(total, files)
	}
	if total, files := residentPages("nothing"); total != 0 || files != 0 {
		t.Error(total, files)
	}
}
