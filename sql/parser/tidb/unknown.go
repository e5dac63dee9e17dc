package tidb

import (
	"regexp"
	"strings"
	"sync"
)

// Statements of MySQL that TiDB's grammar has no rule for are named rather than called
// a syntax error.

// program finds what a CREATE, ALTER, DROP or SHOW CREATE is about, behind its DEFINER
// and conditional comments.
var program = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("(?is)^[\\s;]*(?:/\\*!\\d*\\s*)?(show\\s+create|create|alter|drop)\\b" +
		"(?:[^'\"`(]|'[^']*'|`[^`]*`)*?\\b(trigger|function|procedure|event|server|tablespace|logfile|spatial)\\b")
})

// twoWords finds other statements that two words tell.
var twoWords = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?is)^[\s;]*(?:/\*!\d*\s*)?(?:(show)\s+(engine|slave|replica|master|binary|binlog|relaylog|profile|profiles|authors|contributors|parse_tree))\b`)
})

// unknownConstruct is the name of what TiDB's grammar has no rule for within a statement
// that it knows, if that is where it stopped, and where it begins; "" for anything else.
func unknownConstruct(query string, at int) (name string, start int) {
	if name := strangeConstruct(query, at); name != "" {
		return name, at
	}
	word, wordAt := "", 0
	index, match := -1, -1 // where FULLTEXT and FTS_MATCH_WORD stand in the statement
	for i := 0; i < at && i < len(query); {
		if end := skipToken(query, i); end > i {
			i = end
			continue
		}
		switch {
		case isWordByte(query[i]):
			end := wordEnd(query, i)
			word, wordAt, i = query[i:end], i, end
			switch free := wordAt == 0 || query[wordAt-1] != '@' && query[wordAt-1] != '.'; {
			case free && strings.EqualFold(word, "fulltext"):
				index = wordAt
			case free && strings.EqualFold(word, "fts_match_word"):
				match = wordAt
			}
			continue
		case query[i] == ';':
			word, index, match = "", -1, -1
		case !isSpace(query[i]):
			word = ""
		}
		i++
	}
	if strings.EqualFold(word, "not") && strings.EqualFold(tokenAt(query, at), "secondary") {
		return "NOT SECONDARY", wordAt
	}
	if strings.EqualFold(word, "sounds") && strings.EqualFold(tokenAt(query, at), "like") {
		return "SOUNDS LIKE", wordAt
	}
	if next := at + len("sounds"); next <= len(query) && strings.EqualFold(query[at:next], "sounds") &&
		strings.EqualFold(tokenAt(query, skipSpace(query, next)), "like") { // no alias could stand there
		return "SOUNDS LIKE", at
	}
	switch { // TiDB Cloud's parsers of words, their parameters, and columns with attributes
	case index >= 0:
		return "FULLTEXT INDEX", index
	case match >= 0 && strings.EqualFold(tokenAt(query, at), "with"):
		return "function FTS_MATCH_WORD", match
	}
	return "", 0
}

// work finds BEGIN, COMMIT and ROLLBACK WORK, which TiDB's grammar has not.
var work = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)((?:^|;)\s*(?:begin|commit|rollback)\s+)work\b`)
})

// withoutWork blanks that word out: nothing changes its place.
func withoutWork(query string) string { return work().ReplaceAllString(query, "$1    ") }

// otherWords are the first words of such statements.
var otherWords = setOf("handler xa install uninstall purge change reset check checksum repair optimize cache signal resignal call clone declare")

// unknownStatement is the name of a statement that the grammar does not know, "" if it
// is none of those.
func unknownStatement(query string) string {
	head := query[:min(len(query), 400)]
	if m := program().FindStringSubmatch(head); m != nil {
		return strings.ToUpper(strings.Join(strings.Fields(m[1]), " ") + " " + m[2])
	}
	if m := twoWords().FindStringSubmatch(head); m != nil {
		return strings.ToUpper(m[1] + " " + m[2])
	}
	if strings.Contains(strings.ReplaceAll(fold(query), " ", ""), "json_table(") {
		return "JSON_TABLE"
	}
	if f := strings.Fields(fold(head)); len(f) > 2 && f[0] == "create" && f[1] == "external" && f[2] == "table" {
		return "CREATE EXTERNAL TABLE"
	}
	if f := strings.Fields(head); len(f) > 0 && otherWords[fold(f[0])] {
		return strings.ToUpper(strings.Trim(f[0], ";"))
	}
	return ""
}
