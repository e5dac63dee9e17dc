package ivf

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPicker: whatever is asked for in whatever steps, lists come nearest first and each
// once.
func TestPicker(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 1))
	var p picker
	for _, n := range []int{1, 5, 255, 256, 257, 3000} {
		for _, shape := range []string{"even", "equal", "cluster", "nan"} {
			far, want := make([]float32, n), make([]entry, n)
			for i := range far {
				switch shape {
				case "even":
					far[i] = float32(r.NormFloat64())
				case "equal":
					far[i] = float32(r.IntN(3))
				case "cluster":
					far[i] = float32(i/(1+n/3))*100 + r.Float32()
				case "nan":
					if far[i] = r.Float32(); i%7 == 0 {
						far[i] = float32(math.NaN())
					}
				}
				want[i] = makeEntry(far[i], uint32(i))
			}
			slices.Sort(want)
			for _, step := range []int{1, 3, 40, n} {
				p.reset(slices.Clone(far))
				var got []entry
				for len(got) < n {
					before := len(got)
					if got = p.next(got, step); len(got) != min(n, before+step) {
						t.Fatalf("%s, %d by %d: %d after %d", shape, n, step, len(got), before)
					}
				}
				if !slices.Equal(got, want) {
					t.Fatalf("%s, %d by %d: wrong order", shape, n, step)
				}
			}
		}
	}
}
