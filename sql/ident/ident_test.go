package ident

import (
	"strings"
	"testing"
)

func TestCut(t *testing.T) {
	long := strings.Repeat("a", Max)
	for _, c := range []struct{ name, want string }{
		{"", ""},
		{long, long},
		{long + "b", long},
		{long[:Max-1] + "é", long[:Max-1]},
		{long[:Max-2] + "éb", long[:Max-2] + "é"},
		{strings.Repeat("\x80", Max+1), ""},
	} {
		if got := Cut(c.name); got != c.want {
			t.Errorf("Cut(%q) = %q, want %q", c.name, got, c.want)
		}
	}
}
