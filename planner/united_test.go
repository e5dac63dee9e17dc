package planner_test

import (
	"strings"
	"testing"
)

// TestLongUnion: what a chain of UNION ALL takes grows with its length, not with the square.
func TestLongUnion(t *testing.T) {
	o := options(testCatalog())
	allocs := func(arms int) float64 {
		sql := strings.Repeat("SELECT 1 AS a UNION ALL ", arms-1) + "SELECT 1"
		return testing.AllocsPerRun(1, func() {
			if _, err := planSQL(sql, o); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := allocs(150), allocs(600); many > 6*few {
		t.Errorf("150 arms take %.0f allocations, 600 take %.0f", few, many)
	}
}
