package extension

import (
	"strconv"
	"testing"
)

// Every object is in its extension's range, and is found there.
func TestNumbers(t *testing.T) {
	names := map[string]bool{}
	for _, x := range All() {
		if names[x.Name] || x.Version == "" || x.Comment == "" {
			t.Errorf("%d: %q %q %q", x.ID, x.Name, x.Version, x.Comment)
		}
		names[x.Name] = true
		for kind, rows := range x.rows {
			for _, r := range rows {
				id, err := strconv.ParseUint(r[0], 10, 32)
				if err != nil || ByID(uint32(id)) != x {
					t.Errorf("%s: %s %s", x.Name, kind, r)
				}
			}
		}
	}
	if ByID(1) != nil || ByID(1<<31) != nil {
		t.Error("an extension has what is not in its range")
	}
}
