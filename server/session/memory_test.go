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
