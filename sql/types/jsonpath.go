package types

import (
	"bytes"
	"math"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// A jsonpath datum is its canonical text, as PostgreSQL prints it; who evaluates it
// parses it once for all rows.

// PathKind is what a step or operator of a jsonpath does.
type PathKind uint8

const (
	PathNull PathKind = iota
	PathString
	PathNumber
	PathTrue
	PathFalse
	PathVariable
	PathRoot     // $
	PathCurrent  // @
	PathLast     // last
	PathKey      // .Text
	PathAnyKey   // .*
	PathAny      // .**{First to Last}
	PathAnyIndex // [*]
	PathIndex    // [Subscripts]
	PathFilter   // ?(Args[0])
	PathMethod   // .Text(Args…)
	PathPlus     // unary, as PathMinus
	PathMinus
	PathBinary // Text is the operator: + - * / %
	PathCompare
	PathAnd
	PathOr
	PathNot
	PathUnknown // Args[0] is unknown
	PathExists
	PathStarts
	PathRegex // Args[0] like_regex Text flag Flags
)

// PathNode is one item of a jsonpath; Next is what is applied to its result.
type PathNode struct {
	Kind        PathKind
	Text        string
	Flags       string
	Args        []*PathNode
	Subscripts  [][2]*PathNode // from and to, the latter nil for one index
	First, Last uint32         // of PathAny; PathDeepest is "last"
	Next        *PathNode
}

// PathDeepest is the level of the leaves.
const PathDeepest = math.MaxUint32

// Path is a parsed jsonpath.
type Path struct {
	Strict bool
	Expr   *PathNode
}

// IsPredicate reports a node that is true, false or unknown.
func (n *PathNode) IsPredicate() bool { return n.Kind >= PathCompare }

// parseJSONPath reads a jsonpath into the text that is stored.
func parseJSONPath(s string) (Datum, error) {
	p, err := ParsePath(s)
	if err != nil {
		return Datum{}, err
	}
	return Bytes(pathWriter{stored: true}.path(nil, p)), nil
}

// appendJSONPath prints a stored jsonpath as PostgreSQL shows it.
func appendJSONPath(dst, stored []byte) []byte {
	if !bytes.Contains(stored, []byte(").")) && !bytes.Contains(stored, []byte(")[")) && !bytes.Contains(stored, []byte(")?")) {
		return append(dst, stored...) // nothing is applied to what is in parentheses
	}
	p, err := ParsePath(string(stored))
	if err != nil {
		return append(dst, stored...) // damaged
	}
	return pathWriter{}.path(dst, p)
}

// compound reports what needs parentheses for something to be applied to it.
func (n *PathNode) compound() bool {
	switch n.Kind {
	case PathPlus, PathMinus, PathBinary:
		return true
	}
	return n.IsPredicate()
}

// Priorities of operators: an operand of the same or a lower one is in parentheses.
func (n *PathNode) priority() int {
	switch n.Kind {
	case PathOr:
		return 0
	case PathAnd:
		return 1
	case PathCompare, PathStarts:
		return 2
	case PathBinary:
		if n.Text == "+" || n.Text == "-" {
			return 3
		}
		return 4
	case PathPlus, PathMinus:
		return 5
	}
	return 6
}

// pathWriter prints paths: as PostgreSQL shows them, or stored, for this parser to read them
// back. What PostgreSQL shows leaves out parentheses that its grammar wants.
type pathWriter struct{ stored bool }

func (w pathWriter) path(dst []byte, p *Path) []byte {
	if p.Strict {
		dst = append(dst, "strict "...)
	}
	return w.node(dst, p.Expr, false, true)
}

func (w pathWriter) operand(dst []byte, n, of *PathNode) []byte {
	return w.node(dst, n, false, n.priority() <= of.priority())
}

// node prints a node and what follows it; inKey says that it stands behind another.
func (w pathWriter) node(dst []byte, n *PathNode, inKey, brackets bool) []byte {
	if w.stored && n.Next != nil && n.compound() {
		head := *n
		head.Next = nil
		dst = append(w.node(append(dst, '('), &head, false, false), ')')
		return w.node(dst, n.Next, true, true)
	}
	open, end := "", ""
	if brackets {
		open, end = "(", ")"
	}
	dot := ""
	if inKey {
		dot = "."
	}
	switch n.Kind {
	case PathNull:
		dst = append(dst, "null"...)
	case PathString:
		dst = AppendJSONString(dst, []byte(n.Text))
	case PathNumber:
		if n.Next != nil {
			dst = append(append(append(dst, '('), n.Text...), ')')
		} else {
			dst = append(dst, n.Text...)
		}
	case PathTrue:
		dst = append(dst, "true"...)
	case PathFalse:
		dst = append(dst, "false"...)
	case PathVariable:
		dst = AppendJSONString(append(dst, '$'), []byte(n.Text))
	case PathRoot:
		dst = append(dst, '$')
	case PathCurrent:
		dst = append(dst, '@')
	case PathLast:
		dst = append(dst, "last"...)
	case PathKey:
		dst = AppendJSONString(append(dst, dot...), []byte(n.Text))
	case PathAnyKey:
		dst = append(append(dst, dot...), '*')
	case PathAny:
		dst = n.appendLevels(append(append(dst, dot...), "**"...))
	case PathAnyIndex:
		dst = append(dst, "[*]"...)
	case PathIndex:
		dst = w.subscripts(dst, n)
	case PathFilter:
		dst = append(w.node(append(dst, "?("...), n.Args[0], false, false), ')')
	case PathMethod:
		dst = append(append(append(dst, '.'), n.Text...), '(')
		for _, a := range n.Args {
			dst = w.node(dst, a, false, false)
		}
		dst = append(dst, ')')
	case PathPlus, PathMinus:
		dst = append(append(dst, open...), n.Text...)
		dst = append(w.operand(dst, n.Args[0], n), end...)
	case PathNot:
		dst = append(w.node(append(dst, "!("...), n.Args[0], false, false), ')')
	case PathUnknown:
		dst = append(w.node(append(dst, '('), n.Args[0], false, false), ") is unknown"...)
	case PathExists:
		dst = append(w.node(append(dst, "exists ("...), n.Args[0], false, false), ')')
	case PathRegex:
		dst = w.operand(append(dst, open...), n.Args[0], n)
		dst = AppendJSONString(append(dst, " like_regex "...), []byte(n.Text))
		if n.Flags != "" {
			dst = append(append(append(dst, " flag \""...), n.Flags...), '"')
		}
		dst = append(dst, end...)
	default: // binary
		dst = w.operand(append(dst, open...), n.Args[0], n)
		dst = append(append(append(dst, ' '), n.Text...), ' ')
		dst = append(w.operand(dst, n.Args[1], n), end...)
	}
	if n.Next != nil {
		dst = w.node(dst, n.Next, true, true)
	}
	return dst
}

func (n *PathNode) appendLevels(dst []byte) []byte {
	level := func(dst []byte, l uint32) []byte {
		if l == PathDeepest {
			return append(dst, "last"...)
		}
		return strconv.AppendUint(dst, uint64(l), 10)
	}
	if n.First == 0 && n.Last == PathDeepest {
		return dst
	}
	dst = level(append(dst, '{'), n.First)
	if n.First != n.Last {
		dst = level(append(dst, " to "...), n.Last)
	}
	return append(dst, '}')
}

func (w pathWriter) subscripts(dst []byte, n *PathNode) []byte {
	dst = append(dst, '[')
	for i, s := range n.Subscripts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = w.node(dst, s[0], false, false)
		if s[1] != nil {
			dst = w.node(append(dst, " to "...), s[1], false, false)
		}
	}
	return append(dst, ']')
}

// check refuses @ outside of filters and last outside of subscripts.
func (n *PathNode) check(filters int, subscript bool) error {
	for ; n != nil; n = n.Next {
		switch {
		case n.Kind == PathCurrent && filters == 0:
			return pgerr.New(pgerrcode.SyntaxError, "@ is not allowed in root expressions")
		case n.Kind == PathLast && !subscript:
			return pgerr.New(pgerrcode.SyntaxError, "LAST is allowed only in array subscripts")
		}
		inner := filters
		if n.Kind == PathFilter {
			inner++
		}
		for _, a := range n.Args {
			if err := a.check(inner, subscript); err != nil {
				return err
			}
		}
		for _, s := range n.Subscripts {
			for _, bound := range s {
				if err := bound.check(filters, true); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
