package pg

import (
	"github.com/loxodb/loxodb/sql/pgerr"
)

// Bounds of nesting. The grammar is recursive and quadratic in nested
// parentheses (5,000 deep: 0.15 s), and Go cannot recover from an exhausted
// stack, so depth is counted before parsing. PostgreSQL's own bound for the
// same input is its max_stack_depth.
const (
	maxNesting   = 5000 // open parentheses, brackets and CASEs; a run of prefix operators
	maxJoins     = 4000 // JOIN keywords: ON clauses may nest them to the right
	maxTreeDepth = 6000 // levels of the tree: a + b + c + … is one level an operator
)

// nesting is the state of the pre-pass over the text.
type nesting struct {
	open  int // parentheses and brackets
	cases int // CASE without END
	run   int // prefix operators in a row
	joins int
	field bool // the last token was a dot: the next word is a name
}

// checkNesting bounds what makes the grammar recurse: it knows strings,
// quoted names, dollar quotes and comments, and nothing else of the syntax.
func checkNesting(s string) error {
	if len(s) < maxNesting {
		return nil // every level costs at least one byte
	}
	var n nesting
	for i := 0; i < len(s); {
		i = n.token(s, i)
		if n.open+n.cases > maxNesting || n.run > maxNesting || n.joins > maxJoins {
			return pgerr.TooDeep()
		}
	}
	return nil
}

// token consumes one token at i and returns the offset after it.
func (n *nesting) token(s string, i int) int {
	b := s[i]
	switch {
	case isSpace(b):
		return i + 1
	case b == '(' || b == '[':
		n.open++
		n.operand()
	case b == ')' || b == ']':
		if n.open > 0 {
			n.open--
		}
		n.operand()
	case b == ';':
		*n = nesting{}
	case b == '\'' || b == '"':
		n.operand()
		return skipQuoted(s, i+1, b, false)
	case b == '$':
		n.operand()
		return skipDollar(s, i)
	case b == '.':
		n.field = true
	case isWordByte(b):
		return n.word(s, i)
	default:
		if end := skipComment(s, i); end > i {
			return end
		}
		n.run++
		n.field = false
	}
	return i + 1
}

func (n *nesting) operand() { n.run, n.field = 0, false }

// word consumes a word or number, which may be the prefix of an E'…' string.
func (n *nesting) word(s string, i int) int {
	end := i + 1
	for end < len(s) && (isWordByte(s[end]) || s[end] == '$') {
		end++
	}
	if end < len(s) && s[end] == '\'' && end-i == 1 && (s[i] == 'e' || s[i] == 'E') {
		n.operand()
		return skipQuoted(s, end+1, '\'', true)
	}
	w, field := s[i:end], n.field
	switch {
	case field:
		n.operand()
	case foldEq(w, "not"):
		n.run++
		n.field = false
	case foldEq(w, "case"):
		n.cases++
		n.operand()
	case foldEq(w, "end"):
		if n.cases > 0 {
			n.cases--
		}
		n.operand()
	case foldEq(w, "join"):
		n.joins++
		n.operand()
	default:
		n.operand()
	}
	return end
}

// foldEq compares a word with a lower-case keyword.
func foldEq(w, kw string) bool {
	if len(w) != len(kw) {
		return false
	}
	for i := range len(w) {
		if w[i]|0x20 != kw[i] {
			return false
		}
	}
	return true
}

func isWordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b >= 0x80
}

// skipQuoted returns the offset after the closing quote. A doubled quote needs
// care only where the rest could end in an escape; else it reads as two strings
// side by side.
func skipQuoted(s string, i int, quote byte, escapes bool) int {
	for i < len(s) {
		switch {
		case escapes && s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i += 2
		case s[i] == quote:
			return i + 1
		case escapes && s[i] == '\\':
			i += 2
		default:
			i++
		}
	}
	return len(s)
}

// skipDollar skips $tag$ … $tag$, or just the dollar of a parameter.
func skipDollar(s string, i int) int {
	end := i + 1
	for end < len(s) && isWordByte(s[end]) {
		if end == i+1 && s[end] >= '0' && s[end] <= '9' {
			return end
		}
		end++
	}
	if end >= len(s) || s[end] != '$' {
		return i + 1
	}
	tag := s[i : end+1]
	for at := end + 1; at+len(tag) <= len(s); at++ {
		if s[at] == '$' && s[at:at+len(tag)] == tag {
			return at + len(tag)
		}
	}
	return len(s)
}

// skipComment returns the offset after a comment that starts at i, or i.
func skipComment(s string, i int) int {
	if i+1 >= len(s) {
		return i
	}
	if s[i] == '-' && s[i+1] == '-' {
		for i < len(s) && s[i] != '\n' && s[i] != '\r' {
			i++
		}
		return i
	}
	if s[i] != '/' || s[i+1] != '*' {
		return i
	}
	level := 0
	for i+1 < len(s) {
		switch {
		case s[i] == '/' && s[i+1] == '*':
			level++
			i += 2
		case s[i] == '*' && s[i+1] == '/':
			level--
			i += 2
			if level == 0 {
				return i
			}
		default:
			i++
		}
	}
	return len(s)
}
