package boot

import (
	"errors"
	"log/slog"
	"math"
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// memoryShare is the part of the machine's memory that the Go runtime is told to keep
// to. The rest is for what it does not count: the mapped files of vector indexes, of
// which only what searches touch has to stay, the system's cache of the store's files,
// and threads.
const memoryShare = 0.8

// limitMemory tells the Go runtime how much memory there is, for which it collects
// garbage more often the nearer it comes to that: without it a heap may grow to twice
// what is alive before the first collection, and a container's kernel ends the process.
// It is a goal and no bound: what statements may hold is loxodb.statement_memory. The
// environment wins: with GOMEMLIMIT nothing is changed, and AUTOMEMLIMIT is another
// share, from 0 to 1, or "off". Where nothing says how much there is, there is no limit.
func limitMemory(log *slog.Logger, available memlimit.Provider) {
	before := debug.SetMemoryLimit(-1)
	limit, err := memlimit.Set(memlimit.WithRatio(memoryShare), memlimit.WithProvider(available))
	switch {
	case err != nil:
		log.Warn("no memory limit was set", "err", err)
	case limit == math.MaxInt64:
		log.Info("memory is not limited")
	case limit == before && os.Getenv("GOMEMLIMIT") != "":
		log.Info("memory limit", "MiB", limit>>20, "from", "GOMEMLIMIT")
	default:
		log.Info("memory limit", "MiB", limit>>20)
	}
}

// boundHeap has the collector work harder when the memory that the runtime manages comes
// near so many bytes. It never fails an allocation.
func boundHeap(bytes int64) { debug.SetMemoryLimit(bytes) }

// availableMemory is what the control group of the process allows it, or the machine's
// memory if that is less or no group has a limit.
func availableMemory() (uint64, error) {
	return smaller(memlimit.FromCgroup, memlimit.FromSystem)()
}

// smaller provides the smaller of two limits, or the one that there is.
func smaller(a, b memlimit.Provider) memlimit.Provider {
	return func() (uint64, error) {
		x, errX := a()
		y, errY := b()
		switch {
		case errX != nil && errY != nil:
			return 0, errors.Join(errX, errY)
		case errX != nil:
			return y, nil
		case errY != nil:
			return x, nil
		}
		return min(x, y), nil
	}
}
