package session

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// watchEvery is how often the memory of a bounded server is looked at: while files are
// read and checked it grows by a few dozen MiB meanwhile.
const watchEvery = 10 * time.Millisecond

// watchMemory gives the pages of mapped files back to the system whenever the process
// comes near its bound. They are in the system's cache still, and come again when they are
// read; but as long as they are mapped they count as the process's. Elsewhere than on Linux
// that is left to the system.
func (c *Cluster) watchMemory() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-tick.C:
		}
		c.relieve()
	}
}

// relieve gives pages of mapped files back if the bound is near. It is also called after so
// much was read of them: then it need not wait for its turn beside those who read.
func (c *Cluster) relieve() {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return
	}
	if total, files := residentPages(string(b)); nearBound(total*systemPage, files*systemPage, c.cfg.MemoryBytes) {
		c.vectors.Forget()
	}
}

var systemPage = int64(os.Getpagesize())

// nearBound says that the pages of files are to go: they are more than the program's
// own, and there is little room left. All in bytes.
func nearBound(total, files, bound int64) bool {
	const program = 40 << 20
	return files > program && total > bound-bound/8-bound/16
}

// residentPages reads the resident pages, and those of files among them, from
// /proc/self/statm.
func residentPages(statm string) (total, files int64) {
	f := strings.Fields(statm)
	if len(f) < 3 {
		return 0, 0
	}
	total, _ = strconv.ParseInt(f[1], 10, 64)
	files, _ = strconv.ParseInt(f[2], 10, 64)
	return total, files
}
