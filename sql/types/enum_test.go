package types

import (
	"fmt"
	"slices"
	"testing"
)

// Labels are added between two others in any direction; those that are there keep their
// values, and all stay in the order asked for.
func TestEnumLabelsBetween(t *testing.T) {
	for name, c := range map[string]struct {
		n  int
		at func(e *Enum, last int) int // where the next one goes, after the last one's place
	}{
		"each after the last":        {1200, func(_ *Enum, last int) int { return last + 1 }},
		"each before the last":       {1200, func(_ *Enum, last int) int { return last }},
		"each before the end":        {1200, func(e *Enum, _ int) int { return len(e.Labels) - 1 }},
		"each after the first":       {1200, func(*Enum, int) int { return 1 }},
		"on either side of the last": {20, func(e *Enum, last int) int { return last + len(e.Labels)%2 }},
		"up, then down": {800, func(e *Enum, last int) int {
			if len(e.Labels) < 500 {
				return last + 1
			}
			return last
		}},
	} {
		e := &Enum{}
		for i := range 2 {
			var err error
			if e, err = e.With(OID(i), fmt.Sprint("end", i), i); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{"end0", "end1"}
		last := 1
		for i := range c.n {
			at := last
			if i > 0 {
				at = c.at(e, last)
			}
			next, err := e.With(OID(i+2), fmt.Sprint(i), at)
			if err != nil {
				t.Errorf("%s: label %d: %v", name, i, err)
				break
			}
			if !slices.Equal(e.Labels, slices.Delete(slices.Clone(next.Labels), at, at+1)) {
				t.Fatalf("%s: the labels before changed", name)
			}
			e, last = next, at
			want = slices.Insert(want, at, fmt.Sprint(i))
		}
		var got []string
		for i, l := range e.Labels {
			if i > 0 && l.Value <= e.Labels[i-1].Value {
				t.Fatalf("%s: %q is not after %q", name, l.Name, e.Labels[i-1].Name)
			}
			got = append(got, l.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: another order", name)
		}
	}
}
