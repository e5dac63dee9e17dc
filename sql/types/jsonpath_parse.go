package types

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// pathParser is the grammar of jsonpath by recursive descent. Expressions and
// predicates share their parentheses, so both are read by the same functions, which
// look at what they got.
type pathParser struct {
	pathLexer
	depth int
	links int // steps and operators, which hang below each other
}

// maxPathLinks bounds how deep the tree can become without parentheses.
const maxPathLinks = 4 * maxJSONDepth

func (p *pathParser) link() error {
	if p.links++; p.links > maxPathLinks {
		return pgerr.TooDeep()
	}
	return nil
}

// deeper counts the nesting; the caller takes one off when it is done.
func (p *pathParser) deeper() error {
	if p.depth++; p.depth > maxJSONDepth {
		return pgerr.TooDeep()
	}
	return nil
}

// ParsePath parses a jsonpath. Errors are 42601, 22P02 and 0A000.
func ParsePath(s string) (*Path, error) {
	p := &pathParser{pathLexer: pathLexer{s: s}}
	if err := p.next(); err != nil {
		return nil, err
	}
	out := &Path{}
	switch {
	case p.tok.kind == 0:
		return nil, badInput("jsonpath", s)
	case p.keyword("strict"), p.keyword("lax"):
		out.Strict = p.keyword("strict")
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	var err error
	if out.Expr, err = p.disjunction(); err != nil {
		return nil, err
	}
	if p.tok.kind != 0 {
		return nil, p.unexpected()
	}
	return out, out.Expr.check(0, false)
}

// exactWords are keywords only in lower case.
var exactWords = []string{"null", "true", "false"}

func (p *pathParser) keyword(w string) bool {
	if p.tok.kind != 'a' {
		return false
	}
	if slices.Contains(exactWords, w) {
		return p.tok.text == w
	}
	return strings.EqualFold(p.tok.text, w)
}

func (p *pathParser) op(text string) bool { return p.tok.kind == 'o' && p.tok.text == text }

// expect passes over an operator.
func (p *pathParser) expect(text string) error {
	if !p.op(text) {
		return p.unexpected()
	}
	return p.next()
}

func (p *pathParser) expectWord(w string) error {
	if !p.keyword(w) {
		return p.unexpected()
	}
	return p.next()
}

func (p *pathParser) disjunction() (*PathNode, error) {
	return p.logical("||", PathOr, func() (*PathNode, error) {
		return p.logical("&&", PathAnd, p.predicate)
	})
}

func (p *pathParser) logical(op string, kind PathKind, operand func() (*PathNode, error)) (*PathNode, error) {
	left, err := operand()
	for err == nil && p.op(op) {
		if !left.logical() {
			return nil, p.unexpected()
		}
		if err = p.next(); err != nil {
			break
		}
		var right *PathNode
		if right, err = operand(); err != nil {
			break
		}
		if !right.logical() {
			return nil, p.unexpected()
		}
		if err = p.link(); err != nil {
			break
		}
		left = &PathNode{Kind: kind, Text: op, Args: []*PathNode{left, right}}
	}
	return left, err
}

// logical reports a predicate that nothing was applied to.
func (n *PathNode) logical() bool { return n.IsPredicate() && n.Next == nil }

// predicate reads a comparison and the like, or an expression alone.
func (p *pathParser) predicate() (*PathNode, error) {
	switch {
	case p.op("!"):
		if err := p.next(); err != nil {
			return nil, err
		}
		if p.keyword("exists") {
			x, err := p.exists()
			return &PathNode{Kind: PathNot, Args: []*PathNode{x}}, err
		}
		if !p.op("(") {
			return nil, p.unexpected()
		}
		x, err := p.parenthesized(true)
		return &PathNode{Kind: PathNot, Args: []*PathNode{x}}, err
	case p.keyword("exists"):
		return p.exists()
	}
	left, err := p.sum()
	if err != nil || left.logical() {
		return left, err
	}
	switch {
	case p.tok.kind == 'o' && slices.Contains([]string{"==", "!=", "<", ">", "<=", ">="}, p.tok.text):
		op := p.tok.text
		if err := p.next(); err != nil {
			return nil, err
		}
		right, err := p.sum()
		if err == nil && right.logical() {
			err = p.unexpected()
		}
		return &PathNode{Kind: PathCompare, Text: op, Args: []*PathNode{left, right}}, err
	case p.keyword("starts"):
		return p.startsWith(left)
	case p.keyword("like_regex"):
		return p.likeRegex(left)
	}
	return left, nil
}

func (p *pathParser) exists() (*PathNode, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	x, err := p.sum()
	if err != nil {
		return nil, err
	}
	if x.logical() {
		return nil, p.unexpected()
	}
	return &PathNode{Kind: PathExists, Args: []*PathNode{x}}, p.expect(")")
}

func (p *pathParser) startsWith(left *PathNode) (*PathNode, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	if err := p.expectWord("with"); err != nil {
		return nil, err
	}
	kind := PathString
	switch p.tok.kind {
	case '"':
	case '$':
		kind = PathVariable
	default:
		return nil, p.unexpected()
	}
	right := &PathNode{Kind: kind, Text: p.tok.text}
	return &PathNode{Kind: PathStarts, Text: "starts with", Args: []*PathNode{left, right}}, p.next()
}

func (p *pathParser) likeRegex(left *PathNode) (*PathNode, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	if p.tok.kind != '"' {
		return nil, p.unexpected()
	}
	n := &PathNode{Kind: PathRegex, Text: p.tok.text, Args: []*PathNode{left}}
	if err := p.next(); err != nil {
		return nil, err
	}
	if p.keyword("flag") {
		if err := p.regexFlags(n); err != nil {
			return nil, err
		}
	}
	if CheckPathRegex != nil {
		return n, CheckPathRegex(n.Text, n.Flags)
	}
	return n, nil
}

func (p *pathParser) regexFlags(n *PathNode) error {
	if err := p.next(); err != nil {
		return err
	}
	if p.tok.kind != '"' {
		return p.unexpected()
	}
	given := p.tok.text
	for at, c := range given {
		if !strings.ContainsRune("ismxq", c) {
			return pgerr.New(pgerrcode.SyntaxError, "invalid input syntax for type jsonpath").
				WithDetail("Unrecognized flag character \"%c\" in LIKE_REGEX predicate.", []rune(given[at:])[0])
		}
	}
	for _, c := range "ismxq" { // printed in this order, once each
		if strings.ContainsRune(given, c) {
			n.Flags += string(c)
		}
	}
	if strings.Contains(n.Flags, "x") && !strings.Contains(n.Flags, "q") {
		return pgerr.New(pgerrcode.FeatureNotSupported, "XQuery \"x\" flag (expanded regular expressions) is not implemented")
	}
	return p.next()
}

// CheckPathRegex compiles a pattern of like_regex under XQuery's flags. Regular
// expressions are the functions' business; whoever has them sets it.
var CheckPathRegex func(pattern, flags string) error

func (p *pathParser) sum() (*PathNode, error) {
	return p.arithmetic("+-", func() (*PathNode, error) { return p.arithmetic("*/%", p.unary) })
}

func (p *pathParser) arithmetic(ops string, operand func() (*PathNode, error)) (*PathNode, error) {
	left, err := operand()
	for err == nil && p.tok.kind == 'o' && len(p.tok.text) == 1 && strings.Contains(ops, p.tok.text) {
		if left.logical() {
			return nil, p.unexpected()
		}
		op := p.tok.text
		if err = p.next(); err != nil {
			break
		}
		var right *PathNode
		if right, err = operand(); err != nil {
			break
		}
		if right.logical() {
			return nil, p.unexpected()
		}
		if err = p.link(); err != nil {
			break
		}
		left = &PathNode{Kind: PathBinary, Text: op, Args: []*PathNode{left, right}}
	}
	return left, err
}

func (p *pathParser) unary() (*PathNode, error) {
	if !p.op("+") && !p.op("-") {
		return p.accessors()
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	n := &PathNode{Kind: PathPlus, Text: p.tok.text}
	if n.Text == "-" {
		n.Kind = PathMinus
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	x, err := p.unary()
	if err != nil {
		return nil, err
	}
	switch {
	case x.logical():
		return nil, p.unexpected()
	case x.Kind == PathNumber && x.Next == nil: // the sign of a number is part of it
		if n.Kind == PathMinus {
			d, err := parseNumeric(x.Text)
			if err != nil {
				return nil, err
			}
			x.Text = string(appendNumeric(nil, NumericNeg(Bytes(d)).ref))
		}
		return x, nil
	}
	n.Args = []*PathNode{x}
	return n, nil
}

// parenthesized reads ( … ) up to what follows it.
func (p *pathParser) parenthesized(logical bool) (*PathNode, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	if err := p.next(); err != nil {
		return nil, err
	}
	x, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	if logical && !x.logical() {
		return nil, p.unexpected()
	}
	return x, p.expect(")")
}
