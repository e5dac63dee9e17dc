package tidb

import (
	"regexp"
	"strings"
	"sync"
)

// Statements of MySQL that TiDB's grammar has no rule for are named rather than called
// a syntax error.

// program finds what a CREATE makes behind its DEFINER and conditional comments.
var program = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?is)^[\s;]*(?:/\*!\d*\s*)?create\b(?:[^'"(]|'[^']*')*?\b(trigger|function|event|server|tablespace|logfile)\b`)
})

// otherWords are the first words of such statements.
var otherWords = setOf("handler xa install uninstall purge change reset check checksum repair optimize cache signal resignal call clone declare")

// unknownStatement is the name of a statement that the grammar does not know, "" if it
// is none of those.
func unknownStatement(query string) string {
	head := query[:min(len(query), 400)]
	if m := program().FindStringSubmatch(head); m != nil {
		return "CREATE " + strings.ToUpper(m[1])
	}
	if f := strings.Fields(head); len(f) > 0 && otherWords[fold(f[0])] {
		return strings.ToUpper(strings.Trim(f[0], ";"))
	}
	return ""
}
