package plpgsql

import (
	_ "embed"
	"strings"
	"sync"
)

// conditionList has, by line, a condition's name (PostgreSQL, appendix A) and its SQLSTATEs.
//
//go:embed conditions.txt
var conditionList string

var conditions = sync.OnceValue(func() map[string][]string {
	m := map[string][]string{}
	for line := range strings.Lines(conditionList) {
		f := strings.Fields(line)
		m[f[0]] = f[1:]
	}
	return m
})

// Conditions are the SQLSTATEs of a condition's name, nil for a name of none.
func Conditions(name string) []string { return conditions()[name] }

// Matches reports whether an error with a SQLSTATE is what a condition names.
func (c Condition) Matches(state string) bool {
	if c.State != "" {
		return c.State == state
	}
	if c.Name == "others" { // all but those by which a statement is ended from outside
		return state != "57014" && state != "P0004"
	}
	for _, s := range Conditions(c.Name) {
		if s == state || strings.HasSuffix(s, "000") && s[:2] == state[:2] {
			return true
		}
	}
	return false
}
