// Package ident says how long the names of things may be and how longer ones are cut.
package ident

import (
	"unicode/utf8"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Max is how many bytes of a name count: PostgreSQL's NAMEDATALEN − 1.
const Max = 63

// Cut is what of a name counts.
func Cut(name string) string { return CutTo(name, Max) }

// CutTo is as many whole characters of s as n bytes hold.
func CutTo[T ~string | ~[]byte](s T, n int) T {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Notice tells a user that a name is cut (42622, truncate_identifier of PostgreSQL's
// scansup.c).
func Notice(name string) *pgerr.Error {
	e := pgerr.Newf("42622", "identifier \"%s\" will be truncated to \"%s\"", name, Cut(name))
	e.Severity = pgerr.Notice
	return e
}
