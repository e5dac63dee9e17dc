package tidb

import (
	"strings"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Bounds of nesting: the grammar's stack is on the heap, but the walks over the
// tree that it builds recurse, and Go cannot recover from an exhausted stack.
const (
	maxNesting   = 2000 // open parentheses and CASEs; a run of prefix operators
	maxChain     = 4000 // operators in a row: a + b + … and a AND b AND … nest to the left
	maxTreeDepth = 6000
)

// checkNesting bounds what makes the conversion recurse before the grammar sees
// the text. It knows strings, quoted names and comments, and nothing else. Tokens
// that cannot nest end a chain of operators: a comma, a closing parenthesis.
func checkNesting(s string) error {
	if len(s) < maxNesting {
		return nil // every level costs at least one byte
	}
	open, cases, prefixes := 0, 0, 0
	chains := []int{0} // operators so far, by open parenthesis
	for i := 0; i < len(s); {
		b := s[i]
		if end := skipToken(s, i); end > i {
			if b == '\'' || b == '"' || b == '`' {
				prefixes = 0
			}
			i = end
			continue
		}
		switch {
		case b == '(':
			open++
			prefixes = 0
			chains = append(chains, 0)
		case b == ')':
			if open > 0 {
				open--
				chains = chains[:len(chains)-1]
			}
			prefixes = 0
		case b == ',':
			chains[len(chains)-1], prefixes = 0, 0
		case b == ';':
			open, cases, prefixes, chains = 0, 0, 0, append(chains[:0], 0)
		case isWordByte(b):
			end := i
			for end < len(s) && isWordByte(s[end]) {
				end++
			}
			switch strings.ToLower(s[i:min(end, i+8)]) {
			case "case":
				cases++
				prefixes = 0
			case "end":
				cases = max(0, cases-1)
				prefixes = 0
			case "not":
				prefixes++
			case "and", "or", "xor", "div", "mod", "union", "join", "like", "is", "in", "between", "collate":
				chains[len(chains)-1]++
				prefixes = 0
			default:
				prefixes = 0
			}
			i = end - 1
		case !isSpace(b):
			prefixes++
			chains[len(chains)-1]++
		}
		if open+cases > maxNesting || prefixes > maxNesting || chains[len(chains)-1] > maxChain {
			return pgerr.TooDeep()
		}
		i++
	}
	return nil
}

// skipToken returns the offset after a string, quoted name or comment that starts
// at i, or i.
func skipToken(s string, i int) int {
	switch b := s[i]; {
	case b == '\'' || b == '"':
		return skipQuoted(s, i+1, b, true)
	case b == '`':
		return skipQuoted(s, i+1, b, false)
	case b == '#':
		return skipLine(s, i)
	case b == '-' && strings.HasPrefix(s[i:], "--") && (i+2 == len(s) || s[i+2] <= ' '):
		return skipLine(s, i)
	case b == '/' && strings.HasPrefix(s[i:], "/*"):
		if strings.HasPrefix(s[i:], "/*!") || strings.HasPrefix(s[i:], "/*T!") {
			return i + 3 // what follows is read
		}
		if end := strings.Index(s[i+2:], "*/"); end >= 0 {
			return i + 2 + end + 2
		}
		return len(s)
	}
	return i
}

func skipLine(s string, i int) int {
	if end := strings.IndexByte(s[i:], '\n'); end >= 0 {
		return i + end + 1
	}
	return len(s)
}

// skipQuoted returns the offset after the closing quote.
func skipQuoted(s string, i int, quote byte, escapes bool) int {
	for i < len(s) {
		switch {
		case escapes && s[i] == '\\':
			i += 2
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i += 2
		case s[i] == quote:
			return i + 1
		default:
			i++
		}
	}
	return len(s)
}

func isWordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == '$' || b >= 0x80
}

func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }
