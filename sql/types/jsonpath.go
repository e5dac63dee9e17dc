package types

import (
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

// parseJSONPath reads a jsonpath into its canonical text.
func parseJSONPath(s string) (Datum, error) {
	p, err := ParsePath(s)
	if err != nil {
		return Datum{}, err
	}
	return Bytes(p.append(nil)), nil
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

func (p *Path) append(dst []byte) []byte {
	if p.Strict {
		dst = append(dst, "strict "...)
	}
	return p.Expr.append(dst, false, true)
}

func (n *PathNode) operand(dst []byte, of *PathNode) []byte {
	return n.append(dst, false, n.priority() <= of.priority())
}

// append prints a node and what follows it; inKey says that it stands behind another.
func (n *PathNode) append(dst []byte, inKey, brackets bool) []byte {
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
		dst = n.appendSubscripts(dst)
	case PathFilter:
		dst = append(n.Args[0].append(append(dst, "?("...), false, false), ')')
	case PathMethod:
		dst = append(append(append(dst, '.'), n.Text...), '(')
		for _, a := range n.Args {
			dst = a.append(dst, false, false)
		}
		dst = append(dst, ')')
	case PathPlus, PathMinus:
		dst = append(append(dst, open...), n.Text...)
		dst = append(n.Args[0].operand(dst, n), end...)
	case PathNot:
		dst = append(n.Args[0].append(append(dst, "!("...), false, false), ')')
	case PathUnknown:
		dst = append(n.Args[0].append(append(dst, '('), false, false), ") is unknown"...)
	case PathExists:
		dst = append(n.Args[0].append(append(dst, "exists ("...), false, false), ')')
	case PathRegex:
		dst = n.Args[0].operand(append(dst, open...), n)
		dst = AppendJSONString(append(dst, " like_regex "...), []byte(n.Text))
		if n.Flags != "" {
			dst = append(append(append(dst, " flag \""...), n.Flags...), '"')
		}
		dst = append(dst, end...)
	default: // binary
		dst = n.Args[0].operand(append(dst, open...), n)
		dst = append(append(append(dst, ' '), n.Text...), ' ')
		dst = append(n.Args[1].operand(dst, n), end...)
	}
	if n.Next != nil {
		dst = n.Next.append(dst, true, true)
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

func (n *PathNode) appendSubscripts(dst []byte) []byte {
	dst = append(dst, '[')
	for i, s := range n.Subscripts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = s[0].append(dst, false, false)
		if s[1] != nil {
			dst = s[1].append(append(dst, " to "...), false, false)
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
