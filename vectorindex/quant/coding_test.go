package quant

import "testing"

// TestCodingNames: every coding has a name that leads back to it, and no other name does.
func TestCodingNames(t *testing.T) {
	valid := 0
	for c := range Coding(255) {
		got, ok := ParseCoding(c.String())
		if ok != c.Valid() || ok && got != c {
			t.Errorf("coding %d: name %q is parsed as %d, %v", c, c, got, ok)
		}
		if ok {
			valid++
		}
	}
	if valid != 11 {
		t.Errorf("%d codings", valid)
	}
	for _, bad := range []string{"", "rabitq", "rabitq0", "rabitq9", "rabitq11", "SQ8", "pq4"} {
		if c, ok := ParseCoding(bad); ok {
			t.Errorf("%q is %v", bad, c)
		}
	}
}
