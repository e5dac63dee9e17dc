package session

import (
	"strconv"
	"testing"
)

func TestMaintenanceMemory(t *testing.T) {
	if kb := totalMemory("MemFree:  10 kB\nMemTotal:       24737388 kB\n", 5); kb != 24737388 {
		t.Errorf("%d kB", kb)
	}
	if kb := totalMemory("MemTotal: much\n", 5); kb != 5 {
		t.Errorf("%d kB of nonsense", kb)
	}
	if kb, err := strconv.Atoi(defaultMaintenance()); err != nil || kb < 64<<10 || kb > 2<<20 {
		t.Errorf("default %d kB, %v", kb, err)
	}
}

// TestBackgroundMemory: what ALTER DATABASE sets rules background work at once, before what
// is set for all roles; nothing rules it for one session.
func TestBackgroundMemory(t *testing.T) {
	s := newTestSession(t)
	told := s.(*Session).db.vectors.Memory
	usual, _ := strconv.ParseInt(defaultMaintenance(), 10, 64)
	for _, c := range []struct {
		sql  string
		want int64
	}{
		{"SET maintenance_work_mem = '33MB'", usual << 10},
		{"ALTER ROLE ALL SET maintenance_work_mem = '70MB'", 70 << 20},
		{"ALTER DATABASE postgres SET maintenance_work_mem = '100MB'", 100 << 20},
		{"ALTER DATABASE postgres SET maintenance_work_mem = 20480", 20 << 20},
		{"ALTER DATABASE postgres RESET ALL", 70 << 20},
		{"ALTER ROLE ALL RESET maintenance_work_mem", usual << 10},
	} {
		simple(t, s, c.sql)
		if got := told(); got != c.want {
			t.Errorf("after %s: %d bytes, want %d", c.sql, got, c.want)
		}
	}
	bound := s.(*Session).db.backgroundMemory(5 << 20)
	if got := bound(); got != 5<<20 {
		t.Errorf("%d bytes within a bound of 5 MiB", got)
	}
}
