package boot

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// turn is how long a thread of the server computes before another that waits for the
// processor has its turn, if all processors are busy. The kernel's own choice of about 3 ms
// suits programs that nobody waits for: a search of 0.2 ms would wait for all of it when a
// writer on another connection has just begun. Shares of the processors are not changed.
const turn = 200 * time.Microsecond

// takeShortTurns asks the kernel for turns of that length, for all threads there are and
// so for all that these will start. Linux does so since 6.12 (sched_setattr(2),
// sched_runtime of SCHED_OTHER); older ones ignore it, and a refusal costs nothing but
// speed.
func takeShortTurns() {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			continue
		}
		if a, err := unix.SchedGetAttr(id, 0); err == nil && a.Policy == unix.SCHED_NORMAL {
			a.Runtime = uint64(turn)
			_ = unix.SchedSetAttr(id, a, 0)
		}
	}
}
