package session

import (
	"os"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/catalog"
)

// maintenanceMemory is maintenance_work_mem in bytes: what an index build of the
// session may hold.
func (s *Session) maintenanceMemory() int64 {
	v, _ := s.settings.get("maintenance_work_mem")
	kb, _ := strconv.ParseInt(v, 10, 64)
	return kb << 10
}

// backgroundMemory tells what background work on a vector index of the database may hold,
// in bytes: maintenance_work_mem as ALTER DATABASE has set it, or ALTER ROLE ALL, or as it
// is by default, which is bound where there is one.
func (d *Database) backgroundMemory(bound int64) func() int64 {
	const name = "maintenance_work_mem"
	values := newSettings(nil)
	kb := func(text string) int64 {
		v, err := values.canonical(byName[name], text)
		if err != nil {
			return 0 // it does not hold any more
		}
		n, _ := strconv.ParseInt(v, 10, 64)
		return n << 10
	}
	usual := kb(defaultMaintenance())
	if bound > 0 {
		usual = bound
	}
	return func() int64 {
		every := d.store.Current().RoleSettings(0)
		for _, list := range []catalog.Options{every.In(d.id), every.Settings} {
			if text, ok := list.Get(name); ok {
				if n := kb(text); n > 0 {
					return n
				}
			}
		}
		return usual
	}
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
