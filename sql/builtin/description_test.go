package builtin

import (
	"slices"
	"testing"

	"github.com/loxodb/loxodb/sql/types"
)

// Every comment is on something that there is, and most objects have one.
func TestDescriptions(t *testing.T) {
	list := Descriptions()
	if !slices.IsSortedFunc(list, compareDescriptions) {
		t.Error("descriptions are not in order")
	}
	count := map[types.OID]int{}
	vector := 0
	for _, d := range list {
		if d.Text == "" || d.ID == 0 {
			t.Errorf("%+v", d)
		}
		count[d.Class]++
		if d.Extension {
			vector++
		}
	}
	if n := count[describedClasses["pg_proc"]]; n < len(AllFunctions())*8/10 {
		t.Errorf("%d of %d functions are described", n, len(AllFunctions()))
	}
	if n := count[describedClasses["pg_operator"]]; n < len(AllOperators())*8/10 {
		t.Errorf("%d of %d operators are described", n, len(AllOperators()))
	}
	if vector < 140 {
		t.Errorf("%d descriptions of pgvector's functions and operators are of something", vector)
	}
}
