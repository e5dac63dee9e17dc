package session

import (
	"os"
	"strconv"
	"strings"
)

// maintenanceMemory is maintenance_work_mem in bytes: what an index build of the
// session may hold.
func (s *Session) maintenanceMemory() int64 {
	v, _ := s.settings.get("maintenance_work_mem")
	kb, _ := strconv.ParseInt(v, 10, 64)
	return kb << 10
}

// defaultMaintenance is the default of maintenance_work_mem, in kB: an eighth of the
// memory that the machine has or the process is allowed, within bounds. PostgreSQL's
// 64 MB would cut a graph of a million vectors into a dozen, which are searched one by one.
func defaultMaintenance() string {
	const least, most = 64 << 10, 2 << 20
	kb := int64(8 * least)
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		kb = totalMemory(string(b), kb)
	}
	for _, name := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		b, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil { // or "max"
			kb = min(kb, n>>10)
		}
	}
	return strconv.FormatInt(min(max(kb/8, least), most), 10)
}

// totalMemory finds the machine's memory in the text of /proc/meminfo; otherwise when
// it is not there.
func totalMemory(meminfo string, otherwise int64) int64 {
	for line := range strings.Lines(meminfo) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "MemTotal:" {
			if kb, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				return kb
			}
		}
	}
	return otherwise
}
