package tidb

import (
	"regexp"
	"strings"
	"sync"
)

// Statements of MySQL that TiDB's grammar has no rule for are named rather than called
// a syntax error.

// unknownConstruct is the name of what TiDB's grammar has no rule for within a statement
// that it knows, if that is where it stopped, and where it begins; "" for anything else.
func unknownConstruct(query string, at int) (name string, start int) {
	if name := strangeConstruct(query, at); name != "" {
		return name, at
	}
	index, match, table := -1, -1, -1 // where FULLTEXT, FTS_MATCH_WORD and JSON_TABLE stand in the statement
	for i := 0; i < at && i < len(query); {
		if end := skipToken(query, i); end > i {
			i = end
			continue
		}
		switch {
		case isWordByte(query[i]):
			wordAt, word := i, query[i:wordEnd(query, i)]
			switch free := i == 0 || query[i-1] != '@' && query[i-1] != '.'; {
			case free && strings.EqualFold(word, "fulltext"):
				index = wordAt
			case free && strings.EqualFold(word, "fts_match_word"):
				match = wordAt
			case free && strings.EqualFold(word, "json_table"):
				table = wordAt
			}
			i += len(word)
			continue
		case query[i] == ';':
			index, match, table = -1, -1, -1
		}
		i++
	}
	switch name, start := clauseAt(query, at); {
	case name != "":
		return name, start
	// TiDB Cloud's parsers of words, their parameters, and columns with attributes
	case index >= 0:
		return "FULLTEXT INDEX", index
	case table >= 0: // it has no form that is known
		return "JSON_TABLE", table
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

// treeFormat finds EXPLAIN FORMAT=TREE, which TiDB's grammar knows as a text only. It is what row gives.
var treeFormat = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)((?:^|;)\s*(?:explain|describe|desc)\s+(?:analyze\s+)?format\s*=\s*)tree\b`)
})
