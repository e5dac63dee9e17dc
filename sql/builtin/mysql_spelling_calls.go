package builtin

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/catalog"
)

// Definitions have distances as operators between operands in parentheses, and casts to
// vector behind them; MySQL's dialect has functions around them.

// distanceNames are the functions of the operators, as both schemas' texts write them.
var distanceNames = map[string]string{
	"<->": "vec_l2_distance", "<=>": "vec_cosine_distance", "<#>": "vec_negative_inner_product", "<+>": "vec_l1_distance",
}

// vectorNames are the functions of vectors that have another name in MySQL's dialect.
var vectorNames = map[string]string{"vector_norm": "vec_l2_norm", "vector_dims": "vec_dims", "vector_to_string": "vector_to_string"}

// vectorHome is the schema of the extension vector as texts have it before names.
func vectorHome(s Session) string { return QuoteIdent(HasOf(s.Catalog()).Schema("vector")) + "." }

// hasVectors reports that a text over a table's columns may be about vectors: other types
// have operators of those names, too.
func hasVectors(text string, t *catalog.Table) bool {
	return strings.Contains(text, "vector") ||
		slices.ContainsFunc(t.Columns, func(c catalog.Column) bool { return c.Type.IsVector() })
}

// impliedCalls are functions that definitions call of what MySQL converts without a word.
var impliedCalls = map[string]bool{NullIfNaN: true, "to_double": true, "stamp_beside": true, "number_beside": true, "difference": true,
	"mixed": true, "shown": true, "truth": true}

// withoutCall leaves out a call of the function named at s[start:i], but for its first argument.
func withoutCall(s string, start, i int) string {
	end := matching(s, i+1)
	if end < 0 {
		return s[:start] + s[i:]
	}
	arg := s[i+1 : end]
	if more := matchingComma(arg); more >= 0 {
		arg = arg[:more]
	}
	if whole := arg != "" && (arg[0] == '(' && matching(arg, 1) == len(arg)-1 || wordOrName(arg, 0) == len(arg)); !whole && !quotedWhole(arg) {
		arg = "(" + arg + ")"
	}
	return s[:start] + arg + s[end+1:]
}

// quotedWhole reports one text in quotes.
func quotedWhole(s string) bool { return s != "" && s[0] == '\'' && closing(s, 0) == len(s) }

// matchingComma is where a first argument ends, -1 where there is no other.
func matchingComma(s string) int {
	for i, depth := 0, 0; i < len(s); i++ {
		switch s[i] {
		case '\'', '"':
			i = closing(s, i) - 1
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}

// spellCalls writes CAST, and of vectors the functions, where a definition has operators.
// What it does not know stays as it is.
func spellCalls(s string, vectors bool, home string) string {
	for range len(s) { // each step writes one thing otherwise
		next, ok := spellCall(s, vectors, home)
		if !ok {
			break
		}
		s = next
	}
	return s
}

// spellCall writes the first distance, cast or function otherwise.
func spellCall(s string, vectors bool, home string) (string, bool) {
	var open []int // where the parentheses around this place begin, and what is called with them
	last := 0      // where the operand before this place begins
	for i := 0; i < len(s); {
		switch b := s[i]; {
		case b == '\'':
			last, i = i, closing(s, i)
		case strings.HasPrefix(s[i:], "::") && doubled(s, last, i):
			return s[:last] + s[last+1:i-1] + s[i+len("::double precision"):], true
		case strings.HasPrefix(s[i:], "::"):
			end, name := vectorCast(s, i+2, home)
			if name != "" {
				return s[:last] + "CAST(" + s[last:i] + " AS " + name + ")" + s[end:], true
			}
			i = max(end, i+2)
		case strings.HasPrefix(s[i:], "OPERATOR("):
			end := i + strings.IndexByte(s[i:], ')') + 1
			op := s[i+len("OPERATOR(") : max(end-1, i+len("OPERATOR("))]
			name := distanceNames[strings.TrimPrefix(strings.TrimPrefix(op, home), `"@vector".`)]
			if name != "" && vectors {
				return callDistance(s, name, open, i, end)
			}
			i = max(end, i+1)
		case vectors && i+5 < len(s) && b == ' ' && s[i+4] == ' ' && distanceNames[s[i+1:i+4]] != "":
			return callDistance(s, distanceNames[s[i+1:i+4]], open, i, i+4)
		case letter(b) || b == '"':
			start := i
			i = wordOrName(s, i)
			name := strings.TrimPrefix(s[start:i], home)
			if to := vectorNames[name]; to != "" && strings.HasPrefix(s[i:], "(") && (to != name || name != s[start:i]) {
				return s[:start] + to + s[i:], true
			}
			if rest, ok := strings.CutPrefix(name, MySQLSchema+".field_"); ok && (rest == "decimals" || rest == "doubles") {
				return s[:start] + MySQLSchema + ".field" + s[i:], true
			}
			if to, ok := strings.CutPrefix(name, MySQLSchema+"."); ok && impliedCalls[to] && strings.HasPrefix(s[i:], "(") {
				return withoutCall(s, start, i), true
			}
			if name == "mysql.cast_text" && strings.HasPrefix(s[i:], "(") {
				if end := matching(s, i+1); end > 0 {
					return s[:start] + "CAST(" + s[i+1:end] + " AS CHAR)" + s[end+1:], true
				}
			}
			last = start
		case b == '(':
			at := i
			if i > 0 && (letter(s[i-1]) || s[i-1] >= '0' && s[i-1] <= '9' || s[i-1] == '"') {
				at = last
			}
			open = append(open, at)
			i++
		case b == ')' && len(open) > 0:
			last, open = open[len(open)-1], open[:len(open)-1]
			i++
		case b >= '0' && b <= '9' || b == '.':
			if i == 0 || !(s[i-1] >= '0' && s[i-1] <= '9' || s[i-1] == '.') {
				last = i
			}
			i++
		default:
			i++
		}
	}
	return s, false
}

// doubled reports a number in parentheses that is cast to what it is beside a DOUBLE.
func doubled(s string, from, to int) bool {
	return strings.HasPrefix(s[to:], "::double precision") && to-from > 2 && s[from] == '(' && strings.Trim(s[from+1:to-1], "0123456789.") == ""
}

// vectorCast is the type that a cast names, with its dimensions, and where that ends; "" for
// others.
func vectorCast(s string, i int, home string) (end int, name string) {
	from := i
	if strings.HasPrefix(s[i:], home) {
		from += len(home)
	}
	end = typeEnd(s, from)
	base, _, _ := strings.Cut(s[from:end], "(")
	if base != "vector" || strings.HasSuffix(s[from:end], "[]") {
		return typeEnd(s, i), ""
	}
	return end, strings.ToUpper(s[from:end])
}

// wordOrName is where a name ends, with the schema or table before it.
func wordOrName(s string, i int) int {
	for i < len(s) {
		switch b := s[i]; {
		case b == '"':
			i = closing(s, i)
		case letter(b) || b >= '0' && b <= '9' || b == '.':
			i++
		default:
			return i
		}
	}
	return i
}

// callDistance calls a distance of the two sides of an operator at s[at:end], which with them
// fills the innermost of the parentheses around it, or the whole text.
func callDistance(s, name string, open []int, at, end int) (string, bool) {
	if len(open) == 0 {
		return name + "(" + strings.TrimSpace(s[:at]) + ", " + strings.TrimSpace(s[end:]) + ")", true
	}
	from := open[len(open)-1]
	to := matching(s, end)
	if s[from] != '(' || to < 0 {
		return s, false
	}
	return s[:from] + name + "(" + strings.TrimSpace(s[from+1:at]) + ", " + strings.TrimSpace(s[end:to]) + s[to:], true
}

// matching is where the parenthesis closes that is open at s[i:], -1 = nowhere.
func matching(s string, i int) int {
	for depth := 1; i < len(s); {
		switch s[i] {
		case '\'', '"':
			i = closing(s, i)
			continue
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
		i++
	}
	return -1
}
