package builtin

import (
	"bytes"
	"cmp"

	"github.com/loxodb/loxodb/sql/regex"
	"github.com/loxodb/loxodb/sql/types"
)

// pathTruth is SQL/JSON's three-valued logic.
type pathTruth uint8

const (
	pathFalse pathTruth = iota
	pathTrue
	pathUnknown
)

func truth(b bool) pathTruth {
	if b {
		return pathTrue
	}
	return pathFalse
}

func (x *pathRun) predicate(n *types.PathNode, v pathItem) (pathTruth, error) {
	switch n.Kind {
	case types.PathAnd, types.PathOr:
		decided := truth(n.Kind == types.PathOr)
		left, err := x.predicate(n.Args[0], v)
		if err != nil || left == decided {
			return left, err
		}
		right, err := x.predicate(n.Args[1], v)
		if err != nil || right == decided || left != pathUnknown {
			return right, err
		}
		return pathUnknown, nil
	case types.PathNot:
		is, err := x.predicate(n.Args[0], v)
		if is == pathUnknown || err != nil {
			return pathUnknown, err
		}
		return truth(is == pathFalse), nil
	case types.PathUnknown:
		is, err := x.predicate(n.Args[0], v)
		return truth(is == pathUnknown), err
	case types.PathExists:
		return x.exists(n, v)
	case types.PathStarts:
		return x.each(n.Args[0], n.Args[1], v, false, func(a, b pathItem) (pathTruth, error) {
			if a.kind() != "string" || b.kind() != "string" {
				return pathUnknown, nil
			}
			return truth(bytes.HasPrefix(a.text(), b.text())), nil
		})
	case types.PathRegex:
		re, err := compileRegex(n.Text, pathRegexFlags(n.Flags))
		if err != nil {
			return pathUnknown, err
		}
		return x.each(n.Args[0], nil, v, false, func(a, _ pathItem) (pathTruth, error) {
			if a.kind() != "string" {
				return pathUnknown, nil
			}
			is, err := re.Match(a.text(), x.goOn)
			return truth(is), err
		})
	}
	return x.each(n.Args[0], n.Args[1], v, true, func(a, b pathItem) (pathTruth, error) { return x.compare(n.Text, a, b) })
}

// pathRegexFlags are XQuery's flags as PostgreSQL's regular expressions have them.
func pathRegexFlags(flags string) regex.Flags {
	f := regex.Flags{DotStops: true}
	for _, c := range flags {
		switch c {
		case 'i':
			f.Fold = true
		case 's':
			f.DotStops = false
		case 'm':
			f.LineAnchors = true
		case 'q':
			f.Literal = true
		}
	}
	if f.Literal {
		return regex.Flags{Literal: true, Fold: f.Fold}
	}
	return f
}

func init() {
	types.CheckPathRegex = func(pattern, flags string) error {
		_, err := compileRegex(pattern, pathRegexFlags(flags))
		return err
	}
}

// quietly computes an operand of a predicate, whose errors make it unknown.
func (x *pathRun) quietly(n *types.PathNode, v pathItem, unwrap bool, found *[]pathItem) (pathResult, error) {
	saved := x.throw
	x.throw = false
	res, err := x.operand(n, v, unwrap, found)
	x.throw = saved
	return res, err
}

func (x *pathRun) exists(n *types.PathNode, v pathItem) (pathTruth, error) {
	var all []pathItem
	found := &all
	if x.lax {
		found = nil
	}
	res, err := x.quietly(n.Args[0], v, false, found)
	switch {
	case err != nil || res == pathError:
		return pathUnknown, err
	case x.lax:
		return truth(res == pathOK), nil
	}
	return truth(len(all) > 0), nil
}

// each asks for all pairs of operands: in lax mode the first true decides, in strict
// mode an unknown one does.
func (x *pathRun) each(left, right *types.PathNode, v pathItem, unwrapRight bool, test func(a, b pathItem) (pathTruth, error)) (pathTruth, error) {
	var ls []pathItem
	rs := []pathItem{{}}
	if res, err := x.quietly(left, v, true, &ls); err != nil || res == pathError {
		return pathUnknown, err
	}
	if right != nil {
		rs = nil
		if res, err := x.quietly(right, v, unwrapRight, &rs); err != nil || res == pathError {
			return pathUnknown, err
		}
	}
	unknown, found := false, false
	for _, l := range ls {
		for _, r := range rs {
			is, err := test(l, r)
			switch {
			case err != nil:
				return pathUnknown, err
			case is == pathUnknown && !x.lax:
				return pathUnknown, nil
			case is == pathUnknown:
				unknown = true
			case is == pathTrue && x.lax:
				return pathTrue, nil
			case is == pathTrue:
				found = true
			}
		}
	}
	switch {
	case found:
		return pathTrue, nil
	case unknown:
		return pathUnknown, nil
	}
	return pathFalse, nil
}

func (x *pathRun) compare(op string, a, b pathItem) (pathTruth, error) {
	ka, kb := a.kind(), b.kind()
	if ka != kb {
		if ka == "null" || kb == "null" {
			return truth(op == "!="), nil
		}
		return pathUnknown, nil
	}
	var c int
	switch ka {
	case "null":
	case "boolean":
		c = cmp.Compare(bit(a.b[0] == 't'), bit(b.b[0] == 't'))
	case "number":
		c = types.NumericCmp(a.number(), b.number())
	case "string":
		c = bytes.Compare(a.text(), b.text())
	case "datetime":
		var ok bool
		var err error
		if c, ok, err = x.compareTimes(a.time, b.time); err != nil || !ok {
			return pathUnknown, err
		}
	default:
		return pathUnknown, nil
	}
	rel := map[string]relation{"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}[op]
	return truth(rel.holds(c)), nil
}
