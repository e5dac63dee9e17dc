package boot

import (
	"bytes"
	"errors"
	"log/slog"
	"math"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

func TestMemoryLimit(t *testing.T) {
	none := func() (uint64, error) { return 0, memlimit.ErrNoLimit }
	unknown := func() (uint64, error) { return 0, errors.New("unreadable") }
	const gib = 1 << 30
	for _, tc := range []struct {
		name, env   string // of the environment: NAME=value
		cgroup, all memlimit.Provider
		want        int64
		log         string
	}{
		{"container", "", memlimit.Limit(10 * gib), memlimit.Limit(64 * gib), 8 * gib, `msg="memory limit" MiB=8192`},
		{"container larger than its machine", "", memlimit.Limit(100 * gib), memlimit.Limit(5 * gib), 4 * gib, "MiB=4096"},
		{"no container", "", none, memlimit.Limit(5 * gib), 4 * gib, "MiB=4096"},
		{"container on an unknown machine", "", memlimit.Limit(5 * gib), unknown, 4 * gib, "MiB=4096"},
		{"nothing known", "", none, none, math.MaxInt64, "memory is not limited"},
		{"nothing readable", "", unknown, unknown, gib, "no memory limit was set"},
		{"GOMEMLIMIT", "GOMEMLIMIT=1GiB", memlimit.Limit(10 * gib), none, gib, "MiB=1024 from=GOMEMLIMIT"},
		{"share", "AUTOMEMLIMIT=0.5", memlimit.Limit(10 * gib), none, 5 * gib, "MiB=5120"},
		{"off", "AUTOMEMLIMIT=off", memlimit.Limit(10 * gib), none, gib, ""},
		{"wrong share", "AUTOMEMLIMIT=2", memlimit.Limit(10 * gib), none, gib, "no memory limit was set"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, name := range []string{"GOMEMLIMIT", "AUTOMEMLIMIT"} {
				t.Setenv(name, "") // so that it is put back
				os.Unsetenv(name)
			}
			if name, value, ok := strings.Cut(tc.env, "="); ok {
				t.Setenv(name, value)
			}
			defer debug.SetMemoryLimit(debug.SetMemoryLimit(gib)) // as the runtime does with GOMEMLIMIT
			var log bytes.Buffer
			limitMemory(slog.New(slog.NewTextHandler(&log, nil)), smaller(tc.cgroup, tc.all))
			if got := debug.SetMemoryLimit(-1); got != tc.want {
				t.Errorf("the limit is %d, not %d", got, tc.want)
			}
			if !strings.Contains(log.String(), tc.log) {
				t.Errorf("log: %s", log.String())
			}
		})
	}
}

// TestAvailableMemory asks this machine, whichever it is.
func TestAvailableMemory(t *testing.T) {
	if n, err := availableMemory(); err != nil || n < 1<<26 {
		t.Errorf("%d bytes, %v", n, err)
	}
}
