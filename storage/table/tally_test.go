package table

import "testing"

// A transaction counts what it writes to more tables than it keeps tallies apart, with a
// mark before each or none.
func TestTalliesOfManyTables(t *testing.T) {
	for _, marks := range []bool{false, true} {
		var all tallies
		const tables = 5 * maxTallies
		for range 3 {
			for storage := range uint32(tables) {
				if marks {
					all.mark = len(all.list)
				}
				all.of(storage).n++
			}
		}
		sum := map[uint32]int64{}
		for _, x := range all.list {
			sum[x.storage] += x.n
		}
		for storage := range uint32(tables) {
			if sum[storage] != 3 {
				t.Fatalf("marks %v: table %d was counted %d times", marks, storage, sum[storage])
			}
		}
		if len(all.list) > maxTallies+3*tables {
			t.Errorf("marks %v: %d tallies of %d tables", marks, len(all.list), tables)
		}
	}
}
