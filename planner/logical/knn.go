package logical

import (
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/opclass"
)

// KNN is "the rows of Scan under Conds, nearest to Query first": one form for
// every spelling of ORDER BY distance, whichever operand is the column, whether
// the distance is written out, an alias, an ordinal, or computed in a subquery.
type KNN struct {
	Scan  *Scan
	Conds []expr.Expr
	// Chain are the projections between the order and the scan, outermost first.
	Chain []*Project
	// Dist is the distance over the scan's columns, Key its operand that depends on
	// the row, Query the other.
	Dist  *expr.Call
	Key   expr.Expr
	Query expr.Expr
}

// FindKNN recognises a nearest-neighbour order: one ascending key, NULLs last,
// that is a distance between a value of a scan's row and one that is the same for
// all rows.
func FindKNN(s *Sort) (*KNN, bool) {
	if len(s.Keys) != 1 || s.Keys[0].Desc || s.Keys[0].NullsFirst {
		return nil, false
	}
	k := &KNN{}
	var ok bool
	if k.Scan, k.Conds, k.Chain, ok = ScanChain(s.Input); !ok || !k.Scan.Table.IsStored() {
		return nil, false
	}
	e := s.Keys[0].Expr
	for _, p := range k.Chain {
		e = Substitute(e, p)
	}
	if d := PlainDistance(e); d != nil {
		e = d
	}
	if k.Dist, ok = e.(*expr.Call); !ok || k.Dist.Op == nil || len(k.Dist.Args) != 2 ||
		!opclass.Distance(k.Dist.Op.Name, k.Dist.Op.Left) {
		return nil, false
	}
	own := Produced(k.Scan)
	uses := func(e expr.Expr) bool { return Uses(e, func(c ColID) bool { return own.Has(c) }) }
	a, b := k.Dist.Args[0], k.Dist.Args[1]
	switch {
	case uses(a) && !uses(b):
		k.Key, k.Query = a, b
	case uses(b) && !uses(a) && k.Dist.Op.Commutes:
		k.Key, k.Query = b, a
	default:
		return nil, false
	}
	return k, !IsVolatile(k.Query)
}

// ScanChain sees through projections and one filter to a scan.
func ScanChain(n Node) (s *Scan, conds []expr.Expr, chain []*Project, ok bool) {
	if s, conds, chain, ok = FamilyChain(n); ok && s.Family != nil {
		return nil, nil, nil, false
	}
	return s, conds, chain, ok
}

// FamilyChain is ScanChain for tables with children, too.
func FamilyChain(n Node) (s *Scan, conds []expr.Expr, chain []*Project, ok bool) {
	for {
		switch x := n.(type) {
		case *Scan:
			return x, conds, chain, true
		case *Filter:
			in, isScan := x.Input.(*Scan)
			return in, x.Conds, chain, isScan
		case *Project:
			chain = append(chain, x)
			n = x.Input
		default:
			return nil, nil, nil, false
		}
	}
}
