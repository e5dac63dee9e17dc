package builtin

import (
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/regex"
)

// Long expressions are not kept for others: 512 of them could be gigabytes.
func TestLongRegexIsNotKept(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		kept    bool
	}{{"kept by TestLongRegexIsNotKept", true}, {strings.Repeat("(a)", maxPattern), false}} {
		if _, err := compileRegex(tt.pattern, regex.Flags{}); err != nil {
			t.Fatal(err)
		}
		regexes.Lock()
		_, kept := regexes.m[regexKey{pattern: tt.pattern}]
		regexes.Unlock()
		if kept != tt.kept {
			t.Errorf("%.20s: kept is %v", tt.pattern, kept)
		}
	}
}
