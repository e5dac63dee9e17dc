package builtin

import (
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// translateARE rewrites a PostgreSQL advanced regular expression (chapter
// 9.7.3) in the syntax of Go's regexp. What Go cannot match (back references,
// look-around) answers 0A000; malformed expressions 2201B with PostgreSQL's words.
func translateARE(p string, f regexFlags) (string, error) {
	t := &areTranslator{p: p, flags: f}
	if err := t.directors(); err != nil {
		return "", err
	}
	if t.flags.literal {
		return regexQuote(t.p[t.i:], t.flags.fold), nil
	}
	for t.i < len(t.p) {
		if err := t.atom(); err != nil {
			return "", err
		}
	}
	if t.depth > 0 {
		return "", badRegex("parentheses () not balanced")
	}
	var mode string
	if t.flags.fold {
		mode += "i"
	}
	if !t.flags.dotStops {
		mode += "s"
	}
	if t.flags.lineAnchors {
		mode += "m"
	}
	out := t.out.String()
	if mode != "" {
		return "(?" + mode + ")" + out, nil
	}
	return out, nil
}

func badRegex(reason string) *pgerr.Error {
	return pgerr.Newf(pgerrcode.InvalidRegularExpression, "invalid regular expression: %s", reason)
}

// regexFlags are the options of chapter 9.7.3.4 that change matching.
type regexFlags struct {
	fold        bool // i
	literal     bool // q
	dotStops    bool // n, p: . and [^…] do not match newline
	lineAnchors bool // n, w: ^ and $ match at lines
	expanded    bool // x
	global      bool // g, of the functions that have it
}

type areTranslator struct {
	p      string
	i      int
	flags  regexFlags
	out    strings.Builder
	depth  int
	atomed bool // something precedes that a quantifier may repeat
}

// directors reads ***: or ***= and embedded options (?i) at the start.
func (t *areTranslator) directors() error {
	switch {
	case strings.HasPrefix(t.p, "***="):
		t.i = 4
		t.flags.literal = true
		return nil
	case strings.HasPrefix(t.p, "***:"):
		t.i = 4
	case strings.HasPrefix(t.p, "***"):
		return badRegex("quantifier operand invalid")
	}
	rest := t.p[t.i:]
	if !strings.HasPrefix(rest, "(?") || len(rest) < 3 || !isLetter(rest[2]) {
		return nil
	}
	end := strings.IndexByte(rest, ')')
	if end < 0 {
		return badRegex("invalid embedded option")
	}
	for _, c := range rest[2:end] {
		if !t.flags.set(c) {
			return badRegex("invalid embedded option")
		}
	}
	t.i += end + 1
	return nil
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// set applies one option letter.
func (f *regexFlags) set(c rune) bool {
	switch c {
	case 'i':
		f.fold = true
	case 'c':
		f.fold = false
	case 'q':
		f.literal = true
	case 'n', 'm':
		f.dotStops, f.lineAnchors = true, true
	case 'p':
		f.dotStops, f.lineAnchors = true, false
	case 'w':
		f.dotStops, f.lineAnchors = false, true
	case 's':
		f.dotStops, f.lineAnchors = false, false
	case 'x':
		f.expanded = true
	case 't':
		f.expanded = false
	case 'e', 'b':
	default:
		return false
	}
	return true
}

func regexQuote(s string, fold bool) string {
	var b strings.Builder
	if fold {
		b.WriteString("(?i)")
	}
	for _, r := range s {
		writeLiteral(&b, r)
	}
	return b.String()
}

func writeLiteral(b *strings.Builder, r rune) {
	if r < utf8.RuneSelf && strings.ContainsRune(`\.+*?()|[]{}^$`, r) {
		b.WriteByte('\\')
	}
	b.WriteRune(r)
}

// atom translates the next element.
func (t *areTranslator) atom() error {
	c := t.p[t.i]
	switch c {
	case '\\':
		return t.escape()
	case '[':
		return t.bracket()
	case '(':
		return t.open()
	case ')':
		if t.depth == 0 {
			return badRegex("parentheses () not balanced")
		}
		t.depth--
		t.emit(")", true)
	case '|':
		t.emit("|", false)
	case '^':
		t.emit(map[bool]string{true: "^", false: `\A`}[t.flags.lineAnchors], false)
	case '$':
		t.emit(map[bool]string{true: "$", false: `\z`}[t.flags.lineAnchors], false)
	case '*', '+', '?':
		return t.quantifier(string(c))
	case '{':
		if t.i+1 < len(t.p) && t.p[t.i+1] >= '0' && t.p[t.i+1] <= '9' {
			return t.bound()
		}
		t.emit(`\{`, true)
	default:
		return t.plain()
	}
	return nil
}

// emit writes s for the one byte at the reading position.
func (t *areTranslator) emit(s string, atomed bool) {
	t.out.WriteString(s)
	t.i++
	t.atomed = atomed
}

func (t *areTranslator) plain() error {
	r, n := utf8.DecodeRuneInString(t.p[t.i:])
	if t.flags.expanded {
		switch {
		case r == ' ' || r >= '\t' && r <= '\r':
			t.i += n
			return nil
		case r == '#':
			for t.i < len(t.p) && t.p[t.i] != '\n' {
				t.i++
			}
			return nil
		}
	}
	t.i += n
	t.atomed = true
	if r == '.' {
		t.out.WriteByte('.')
		return nil
	}
	writeLiteral(&t.out, r)
	return nil
}

func (t *areTranslator) quantifier(q string) error {
	if !t.atomed {
		return badRegex("quantifier operand invalid")
	}
	t.out.WriteString(q)
	t.i++
	if t.i < len(t.p) && t.p[t.i] == '?' {
		t.out.WriteByte('?')
		t.i++
	}
	t.atomed = false
	return nil
}

// bound is {m}, {m,} or {m,n}; Go repeats at most 1000 times, PostgreSQL 255.
func (t *areTranslator) bound() error {
	end := strings.IndexByte(t.p[t.i:], '}')
	if end < 0 {
		return badRegex("braces {} not balanced")
	}
	body := t.p[t.i+1 : t.i+end]
	lo, hi, comma := strings.Cut(body, ",")
	for _, s := range []string{lo, hi} {
		n := 0
		for _, c := range s {
			if c < '0' || c > '9' {
				return badRegex("invalid repetition count(s)")
			}
			if n = n*10 + int(c-'0'); n > 255 {
				return badRegex("invalid repetition count(s)")
			}
		}
	}
	if comma && hi != "" && (len(hi) < len(lo) || len(hi) == len(lo) && hi < lo) {
		return badRegex("invalid repetition count(s)")
	}
	t.i += end
	return t.quantifier("{" + body + "}")
}

// open is a group: capturing, (?:…), or one that Go has no counterpart for.
func (t *areTranslator) open() error {
	rest := t.p[t.i:]
	switch {
	case strings.HasPrefix(rest, "(?:"):
		t.out.WriteString("(?:")
		t.i += 3
	case strings.HasPrefix(rest, "(?="), strings.HasPrefix(rest, "(?!"), strings.HasPrefix(rest, "(?<"):
		return pgerr.NotSupported(-1, "regular expression look-around constraints are not supported")
	case strings.HasPrefix(rest, "(?#"):
		end := strings.IndexByte(rest, ')')
		if end < 0 {
			return badRegex("parentheses () not balanced")
		}
		t.i += end + 1
		return nil
	case strings.HasPrefix(rest, "(?"):
		return badRegex("quantifier operand invalid")
	default:
		t.out.WriteByte('(')
		t.i++
	}
	t.depth++
	t.atomed = false
	return nil
}

// classEscapes are the class-shorthand and constraint escapes.
var classEscapes = map[byte]string{
	'd': `[[:digit:]]`, 's': `[[:space:]]`, 'w': `[\pL\pN_]`,
	'D': `[^[:digit:]]`, 'S': `[^[:space:]]`, 'W': `[^\pL\pN_]`,
	'A': `\A`, 'Z': `\z`, 'y': `(?:\b)`, 'Y': `(?:\B)`,
}

// wordEdge translates \m and \M. Go has no one-sided word boundary, but \b is the
// same where the pattern itself says that a word character follows or precedes.
func (t *areTranslator) wordEdge(end bool, length int) error {
	sure := wordAhead(t.p[t.i+length:], 3)
	if end {
		sure = wordBehind(t.p[:t.i])
	}
	if !sure {
		return pgerr.NotSupported(-1, "regular expression word boundaries \\m and \\M are only supported next to a word character")
	}
	t.out.WriteString(`(?:\b)`)
	t.i += length
	t.atomed = false
	return nil
}

func isWordByte(c byte) bool { return c == '_' || isLetter(c) || c >= '0' && c <= '9' }

// wordAhead reports that every match of s begins with a word character; it gives
// up on alternatives nested deeper than limit.
func wordAhead(s string, limit int) bool {
	for strings.HasPrefix(s, "(") {
		if limit--; limit < 0 {
			return false
		}
		depth := 0
		for i := range len(s) { // each alternative of the group must begin so
			switch s[i] {
			case '\\', '[':
				if depth == 1 && i > 0 && s[i-1] == '|' {
					return false
				}
			case '(':
				depth++
			case ')':
				depth--
			case '|':
				if depth == 1 && !wordAhead(s[i+1:], limit) {
					return false
				}
			}
			if depth == 0 {
				if i+1 < len(s) && strings.IndexByte("*?{", s[i+1]) >= 0 {
					return false
				}
				break
			}
		}
		s = strings.TrimPrefix(s[1:], "?:")
	}
	n := 1
	switch {
	case s == "":
		return false
	case isWordByte(s[0]):
	case strings.HasPrefix(s, `\w`), strings.HasPrefix(s, `\d`):
		n = 2
	case s[0] == '[' && s[1:] != "":
		end := strings.IndexByte(s, ']')
		if end < 2 || !wordSet(s[1:end]) {
			return false
		}
		n = end + 1
	default:
		return false
	}
	return n >= len(s) || strings.IndexByte("*?{", s[n]) < 0
}

// wordSet reports that the members of a bracket expression are word characters.
func wordSet(s string) bool {
	for i := range len(s) {
		if !isWordByte(s[i]) && s[i] != '-' {
			return false
		}
	}
	return true
}

// wordBehind reports that every match of s ends in a word character.
func wordBehind(s string) bool {
	s = strings.TrimSuffix(s, "+")
	switch {
	case s == "":
		return false
	case s[len(s)-1] == ']':
		at := strings.LastIndexByte(s, '[')
		return at >= 0 && wordSet(s[at+1:len(s)-1])
	case len(s) > 1 && s[len(s)-2] == '\\':
		return s[len(s)-1] == 'w' || s[len(s)-1] == 'd'
	}
	return isWordByte(s[len(s)-1])
}

// escape translates a backslash sequence outside brackets.
func (t *areTranslator) escape() error {
	if t.i+1 >= len(t.p) {
		return badRegex("invalid escape \\ sequence")
	}
	c := t.p[t.i+1]
	if c == 'm' || c == 'M' {
		return t.wordEdge(c == 'M', 2)
	}
	if s, ok := classEscapes[c]; ok {
		t.out.WriteString(s)
		t.i += 2
		t.atomed = strings.IndexByte("dswDSW", c) >= 0
		return nil
	}
	if c >= '1' && c <= '9' {
		return pgerr.NotSupported(-1, "regular expression back references are not supported")
	}
	r, n, err := charEscape(t.p[t.i+1:])
	if err != nil {
		return err
	}
	t.i += 1 + n
	t.atomed = true
	writeLiteral(&t.out, r)
	return nil
}

// charEscape reads what follows a backslash as one character.
func charEscape(s string) (r rune, n int, err error) {
	simple := map[byte]rune{'a': 7, 'b': 8, 'B': '\\', 'e': 27, 'f': 12, 'n': 10, 'r': 13, 't': 9, 'v': 11, '0': 0}
	c := s[0]
	hex := func(digits int) (rune, int, error) {
		v, k := rune(0), 0
		for k < digits && k+1 < len(s) {
			d := strings.IndexByte("0123456789abcdef", s[k+1]|0x20)
			if s[k+1] >= '0' && s[k+1] <= '9' {
				d = int(s[k+1] - '0')
			}
			if d < 0 {
				break
			}
			v = v<<4 | rune(d)
			k++
		}
		if k == 0 || digits != 255 && k != digits || !utf8.ValidRune(v) {
			return 0, 0, badRegex("invalid escape \\ sequence")
		}
		return v, k + 1, nil
	}
	switch {
	case c == 'u':
		return hex(4)
	case c == 'U':
		return hex(8)
	case c == 'x':
		return hex(255)
	case c == 'c' && len(s) > 1:
		return rune(s[1] & 0x1f), 2, nil
	}
	if v, ok := simple[c]; ok {
		return v, 1, nil
	}
	if isLetter(c) {
		return 0, 0, badRegex("invalid escape \\ sequence")
	}
	r, n = utf8.DecodeRuneInString(s)
	return r, n, nil
}

// bracket translates […], including [[:class:]], [[.x.]] and [[=x=]].
func (t *areTranslator) bracket() error {
	rest := t.p[t.i:]
	switch {
	case strings.HasPrefix(rest, "[[:<:]]"), strings.HasPrefix(rest, "[[:>:]]"):
		return t.wordEdge(rest[3] == '>', 7)
	}
	var b strings.Builder
	b.WriteByte('[')
	i := 1
	negated := i < len(rest) && rest[i] == '^'
	if negated {
		b.WriteByte('^')
		i++
		if t.flags.dotStops {
			b.WriteString(`\n`)
		}
	}
	for first := true; ; first = false {
		if i >= len(rest) {
			return badRegex("brackets [] not balanced")
		}
		if rest[i] == ']' && !first {
			break
		}
		n, err := bracketItem(&b, rest[i:], first)
		if err != nil {
			return err
		}
		i += n
	}
	b.WriteByte(']')
	t.out.WriteString(b.String())
	t.i += i + 1
	t.atomed = true
	return nil
}

// bracketItem translates one member of a bracket expression and returns its length.
func bracketItem(b *strings.Builder, s string, first bool) (int, error) {
	if s[0] == '[' && len(s) > 1 && (s[1] == ':' || s[1] == '.' || s[1] == '=') {
		end := strings.Index(s[2:], string(s[1])+"]")
		if end < 0 {
			return 0, badRegex("brackets [] not balanced")
		}
		name := s[2 : 2+end]
		if s[1] == ':' {
			class, ok := bracketClasses[name]
			if !ok {
				return 0, badRegex("invalid character class")
			}
			b.WriteString(class)
			return end + 4, nil
		}
		r, n := utf8.DecodeRuneInString(name)
		if n != len(name) {
			return 0, badRegex("invalid collating element")
		}
		writeMember(b, r)
		return end + 4, nil
	}
	if s[0] == '\\' && len(s) > 1 {
		if class, ok := map[byte]string{'d': `[:digit:]`, 's': `[:space:]`, 'w': `\pL\pN_`}[s[1]]; ok {
			b.WriteString(class)
			return 2, nil
		}
		r, n, err := charEscape(s[1:])
		if err != nil {
			return 0, err
		}
		writeMember(b, r)
		return 1 + n, nil
	}
	if s[0] == '-' && !first && len(s) > 1 && s[1] != ']' {
		b.WriteByte('-') // a range
		return 1, nil
	}
	r, n := utf8.DecodeRuneInString(s)
	writeMember(b, r)
	return n, nil
}

func writeMember(b *strings.Builder, r rune) {
	if r < utf8.RuneSelf && strings.ContainsRune(`\[]^-&~`, r) {
		b.WriteByte('\\')
	}
	b.WriteRune(r)
}

var bracketClasses = map[string]string{
	"alpha": `\pL`, "digit": `[:digit:]`, "alnum": `\pL\pN`, "upper": `\p{Lu}`, "lower": `\p{Ll}`,
	"space": `[:space:]`, "blank": `[:blank:]`, "punct": `[:punct:]`, "print": `[:print:]`, "graph": `[:graph:]`,
	"cntrl": `[:cntrl:]`, "xdigit": `[:xdigit:]`, "word": `\pL\pN_`, "ascii": `[:ascii:]`,
}
