package pg

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/ident"
)

// The quick look misses no identifier that is cut, wherever it stands.
func TestLongWord(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	cut := 0
	for range 20000 {
		var b strings.Builder
		for range r.IntN(6) {
			word := strings.Repeat(string("aÄ_$0\"' "[r.IntN(9)]), r.IntN(2*ident.Max))
			b.WriteString("x" + word + string(" ,.(\"'"[r.IntN(6)]))
		}
		s := b.String()
		long := false
		for i := 0; i < len(s); {
			name, end := nextName(s, i, true)
			long, i = long || len(name) > ident.Max, end
		}
		if long && !longWord(s) {
			t.Fatalf("missed in %q", s)
		}
		if long {
			cut++
		}
	}
	if cut < 1000 {
		t.Errorf("only %d texts have such names", cut)
	}
	if longWord(strings.Repeat("SELECT a, b FROM t WHERE c = 1 ", 20)) {
		t.Error("no word is long")
	}
}
