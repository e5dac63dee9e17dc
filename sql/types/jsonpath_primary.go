package types

import (
	"strconv"
)

// accessors reads a primary and the steps behind it.
func (p *pathParser) accessors() (*PathNode, error) {
	if p.op("(") {
		x, err := p.parenthesized(false)
		if err != nil {
			return nil, err
		}
		if x.logical() && p.keyword("is") {
			if err := p.next(); err != nil {
				return nil, err
			}
			return &PathNode{Kind: PathUnknown, Args: []*PathNode{x}}, p.expectWord("unknown")
		}
		return x, p.steps(x)
	}
	x, err := p.primary()
	if err != nil {
		return nil, err
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	return x, p.steps(x)
}

func (p *pathParser) primary() (*PathNode, error) {
	switch p.tok.kind {
	case '"':
		return &PathNode{Kind: PathString, Text: p.tok.text}, nil
	case '$':
		return &PathNode{Kind: PathVariable, Text: p.tok.text}, nil
	case '0', '.':
		d, err := parseNumeric(p.tok.text)
		if err != nil {
			return nil, err
		}
		return &PathNode{Kind: PathNumber, Text: string(appendNumeric(nil, d))}, nil
	}
	for w, kind := range map[string]PathKind{"null": PathNull, "true": PathTrue, "false": PathFalse, "last": PathLast} {
		if p.keyword(w) {
			return &PathNode{Kind: kind}, nil
		}
	}
	switch {
	case p.op("$"):
		return &PathNode{Kind: PathRoot}, nil
	case p.op("@"):
		return &PathNode{Kind: PathCurrent}, nil
	}
	return nil, p.unexpected()
}

// steps appends accessors to x.
func (p *pathParser) steps(x *PathNode) error {
	for x.Next != nil { // parentheses around steps
		x = x.Next
	}
	for {
		var n *PathNode
		var err error
		switch {
		case p.op("."):
			n, err = p.member()
		case p.op("["):
			n, err = p.subscripts()
		case p.op("?"):
			if err = p.next(); err != nil {
				return err
			}
			if !p.op("(") {
				return p.unexpected()
			}
			var cond *PathNode
			cond, err = p.parenthesized(true)
			n = &PathNode{Kind: PathFilter, Args: []*PathNode{cond}}
		default:
			return nil
		}
		if err != nil {
			return err
		}
		if err := p.link(); err != nil {
			return err
		}
		x.Next = n
		x = n
	}
}

var pathMethods = []string{"abs", "size", "type", "floor", "double", "ceiling", "keyvalue", "datetime"}

// member reads what follows a dot.
func (p *pathParser) member() (*PathNode, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	switch {
	case p.op("*"):
		return &PathNode{Kind: PathAnyKey}, p.next()
	case p.op("**"):
		return p.anyLevel()
	case p.tok.kind == '"':
		n := &PathNode{Kind: PathKey, Text: p.tok.text}
		return n, p.next()
	case p.tok.kind != 'a':
		return nil, p.unexpected()
	}
	n := &PathNode{Kind: PathKey, Text: p.tok.text}
	method := ""
	for _, m := range pathMethods {
		if p.keyword(m) {
			method = m
		}
	}
	if err := p.next(); err != nil || method == "" || !p.op("(") {
		return n, err
	}
	n.Kind, n.Text = PathMethod, method
	if err := p.next(); err != nil {
		return nil, err
	}
	if method == "datetime" && p.tok.kind == '"' {
		n.Args = []*PathNode{{Kind: PathString, Text: p.tok.text}}
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	return n, p.expect(")")
}

func (p *pathParser) anyLevel() (*PathNode, error) {
	n := &PathNode{Kind: PathAny, Last: PathDeepest}
	if err := p.next(); err != nil || !p.op("{") {
		return n, err
	}
	level := func() (uint32, error) {
		if err := p.next(); err != nil {
			return 0, err
		}
		if p.keyword("last") {
			return PathDeepest, p.next()
		}
		if p.tok.kind != '0' {
			return 0, p.unexpected()
		}
		v, err := strconv.ParseInt(p.tok.text, 10, 32)
		if err != nil {
			return 0, valueRange("integer", p.tok.text)
		}
		return uint32(v), p.next()
	}
	var err error
	if n.First, err = level(); err != nil {
		return nil, err
	}
	n.Last = n.First
	if p.keyword("to") {
		if n.Last, err = level(); err != nil {
			return nil, err
		}
	}
	return n, p.expect("}")
}

func (p *pathParser) subscripts() (*PathNode, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	if err := p.next(); err != nil {
		return nil, err
	}
	if p.op("*") {
		if err := p.next(); err != nil {
			return nil, err
		}
		return &PathNode{Kind: PathAnyIndex}, p.expect("]")
	}
	n := &PathNode{Kind: PathIndex}
	bound := func() (*PathNode, error) {
		x, err := p.sum()
		if err == nil && x.logical() {
			err = p.unexpected()
		}
		return x, err
	}
	for {
		from, err := bound()
		if err != nil {
			return nil, err
		}
		s := [2]*PathNode{from}
		if p.keyword("to") {
			if err := p.next(); err != nil {
				return nil, err
			}
			if s[1], err = bound(); err != nil {
				return nil, err
			}
		}
		n.Subscripts = append(n.Subscripts, s)
		if !p.op(",") {
			return n, p.expect("]")
		}
		if err := p.next(); err != nil {
			return nil, err
		}
	}
}
