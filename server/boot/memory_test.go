package boot

import "testing"

// What the parts of a server get leaves room for the program and for garbage, at every
// size, and an index of a million vectors of 128 dimensions in 512 MiB.
func TestShares(t *testing.T) {
	for mib := int64(leastMemory); mib <= 1<<16; mib *= 2 {
		m := mib << 20
		s := share(m)
		sum := s.plans + s.rows + s.columns + s.blocks + 4*s.memTable + s.spill + s.vectors
		if sum > s.heap-s.heap/16 || s.heap >= m {
			t.Errorf("%d MiB: the parts take %d of the heap's %d MiB", mib, sum>>20, s.heap>>20)
		}
	}
	if v := share(512 << 20).vectors; v-v/16 < 293_000_000 {
		t.Errorf("512 MiB leave %d bytes for vector indexes", v)
	}
}

// Caches that the command line sizes keep their size within a bound.
func TestWithin(t *testing.T) {
	none := func(string) string { return "" }
	o, err := parseStart([]string{"--memory", "512", "--row-cache", "100", "--plan-cache", "0"}, none)
	if err != nil {
		t.Fatal(err)
	}
	if o = o.within(); o.RowCacheMiB != 100 || o.ColumnCacheMiB != 16 || o.PlanCacheMiB != -1 {
		t.Errorf("caches of %d, %d and %d MiB", o.RowCacheMiB, o.ColumnCacheMiB, o.PlanCacheMiB)
	}
	g := newGiven("/srv/loxodb", o).settings()
	if v := g["maintenance_work_mem"].Value; v != "327680" {
		t.Errorf("maintenance_work_mem is %s kB", v)
	}
	if o, err = parseStart(nil, none); err != nil || o.within().RowCacheMiB != 128 {
		t.Errorf("a row cache of %d MiB without a bound (%v)", o.within().RowCacheMiB, err)
	}
	if _, ok := newGiven("/srv/loxodb", o).settings()["maintenance_work_mem"]; ok {
		t.Error("maintenance_work_mem is given without a bound")
	}
	for _, bad := range []string{"1", "127", "-512", "much"} {
		if _, err := parseStart([]string{"--memory", bad}, none); err == nil {
			t.Errorf("--memory %s passes", bad)
		}
	}
}
