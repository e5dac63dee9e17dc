package regex

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// allocated is how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Expressions of many groups take memory by their length, not by its square; what they
// find is right where their languages are kept in pieces.
func TestManyGroups(t *testing.T) {
	for _, n := range []int{flatCat - 1, flatCat, flatCat + 1, 2*flatCat + 1, 4000} {
		text := strings.Repeat("a", 200)
		if n > 200 {
			text = text[:50]
		}
		var loc []int
		bytes := allocated(func() {
			re, err := Compile("^"+strings.Repeat("(a?)", n)+"$", Flags{})
			if err != nil {
				t.Fatal(err)
			}
			if loc, err = re.On([]byte(text), nil).Find(0); err != nil {
				t.Fatal(err)
			}
		})
		switch {
		case n < len(text):
			if loc != nil {
				t.Errorf("%d groups: %v in a longer text", n, loc)
			}
		case len(loc) != 2*n+2 || loc[0] != 0 || loc[1] != len(text):
			t.Errorf("%d groups: %d offsets", n, len(loc))
		default:
			for g := 1; g <= n; g++ {
				if want := [2]int{min(g-1, len(text)), min(g, len(text))}; [2]int(loc[2*g:]) != want {
					t.Fatalf("group %d of %d is %v, want %v", g, n, loc[2*g:2*g+2], want)
				}
			}
		}
		if bytes > 50<<20 {
			t.Errorf("%d groups take %d bytes", n, bytes)
		}
	}
}

// What is too complex is refused before all of it is in memory, and so are nested parts
// whose automata would be too large together.
func TestLongRefused(t *testing.T) {
	nested := "a"
	for i := range 5000 {
		nested = fmt.Sprintf("(%s%c|x)", nested, 'a'+i%26)
	}
	for _, p := range []string{strings.Repeat("(a)", 2_000_000), strings.Repeat("a|", 3_000_000), strings.Repeat("a", 5_000_000), strings.Repeat("()", 2_000_000), nested} {
		if bytes := allocated(func() {
			if _, err := Compile(p, Flags{}); err != errTooBig {
				t.Errorf("%.20s: %v", p, err)
			}
		}); bytes > 100<<20 {
			t.Errorf("%.20s: refused after %d bytes", p, bytes)
		}
	}
}

// Taking a match apart asks whether to go on where the parts are empty, too.
func TestDividingStops(t *testing.T) {
	re, err := Compile("^"+strings.Repeat("(a?)", 3000)+"$", Flags{})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	if _, err := re.On(nil, func() error { asked++; return nil }).Find(0); err != nil || asked < 50 {
		t.Errorf("asked %d times, %v", asked, err)
	}
}
