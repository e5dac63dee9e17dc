package gin

import "github.com/loxodb/loxodb/sql/types"

// step is a place within a document that a jsonpath has come to.
type step struct {
	hashes bool     // entries are hashes of ways, of jsonb_path_ops
	known  bool     // way is the one to it
	way    pathHash // the keys on the way
	made   bool     // the value is none of the document's: a method has made it
}

// pathSearch is what a jsonpath asks for, from root on: that it finds anything, or with
// match that it is true.
func pathSearch(d types.Datum, match bool, root *step) *Search {
	p, err := types.ParsePath(d.Text())
	if err != nil {
		return all // no datum is so
	}
	w := pathWalk{root: *root}
	if match && p.Expr.IsPredicate() {
		return w.holds(p.Expr, *root)
	}
	s, _ := w.finds(p.Expr, *root)
	return s
}

type pathWalk struct{ root step }

// finds is what a row must have for n to find anything; current is where @ is. The
// step is where n has come to.
func (w *pathWalk) finds(n *types.PathNode, current step) (*Search, step) {
	at := current
	switch n.Kind {
	case types.PathRoot:
		at = w.root
	case types.PathCurrent:
	default: // a literal, a calculation, a predicate: something is found in any document
		return all, step{hashes: at.hashes, made: true}
	}
	found := all
	for n = n.Next; n != nil; n = n.Next {
		switch n.Kind {
		case types.PathKey:
			if !at.hashes {
				found = and(found, keyEntry([]byte(n.Text)))
			}
			at.way = at.way.add([]byte(n.Text))
		case types.PathAnyKey, types.PathAny:
			at.known = false
		case types.PathAnyIndex, types.PathIndex:
		case types.PathFilter:
			found = and(found, w.holds(n.Args[0], at))
		default:
			at.made, at.known = true, false
			return found, at
		}
	}
	return found, at
}

// holds is what a row must have for the predicate n to be true.
func (w *pathWalk) holds(n *types.PathNode, current step) *Search {
	if n.Next != nil {
		return all
	}
	switch n.Kind {
	case types.PathAnd:
		return and(w.holds(n.Args[0], current), w.holds(n.Args[1], current))
	case types.PathOr:
		return or(w.holds(n.Args[0], current), w.holds(n.Args[1], current))
	case types.PathExists, types.PathStarts, types.PathRegex:
		s, _ := w.finds(n.Args[0], current)
		return s
	case types.PathCompare:
		l, at := w.finds(n.Args[0], current)
		r, to := w.finds(n.Args[1], current)
		found := and(l, r)
		if n.Text == "==" {
			found = and(found, at.equals(n.Args[1]), to.equals(n.Args[0]))
		}
		return found
	}
	return all // of what is not so, and of what is unknown, entries say nothing
}

// equals is what a row must have for the value at the step to equal a literal.
func (s *step) equals(n *types.PathNode) *Search {
	if s.made || n.Next != nil || s.hashes && !s.known {
		return all
	}
	var text []byte
	switch n.Kind {
	case types.PathNull:
		text = []byte("null")
	case types.PathTrue:
		text = []byte("true")
	case types.PathFalse:
		text = []byte("false")
	case types.PathNumber: // perhaps written otherwise than JSON has it
		d, err := types.ParseText(types.Of(types.NumericOID), n.Text, types.DefaultFormat)
		if err != nil {
			return all
		}
		text = types.AppendText(nil, types.Of(types.NumericOID), d, types.DefaultFormat)
	case types.PathString:
		text = types.AppendJSONString(nil, []byte(n.Text))
	default:
		return all
	}
	if s.hashes {
		return entry(kindValue, s.way.leaf(text))
	}
	return or(entry(scalar(text, false)), entry(scalar(text, true)))
}
