package builtin

import "slices"

// Adopt implements Adopter: sum and avg count both.
func (a *intSumAgg) Adopt(of Agg) bool {
	b, ok := of.(*intSumAgg)
	if ok {
		a.n, a.sum = b.n, b.sum
	}
	return ok
}

// Adopt implements Adopter: sum and avg count both.
func (a *numericSumAgg) Adopt(of Agg) bool {
	b, ok := of.(*numericSumAgg)
	if ok {
		a.s = b.s
	}
	return ok
}

// Adopt implements Adopter: avg looks for an overflow that sum does not see.
func (a *floatSumAgg) Adopt(of Agg) bool {
	b, ok := of.(*floatSumAgg)
	if ok = ok && a.narrow == b.narrow && (b.avg || !a.avg); ok {
		a.n, a.sum, a.inf = b.n, b.sum, b.inf
	}
	return ok
}

// Adopt implements Adopter: sum and avg count both.
func (a *intervalSumAgg) Adopt(of Agg) bool {
	b, ok := of.(*intervalSumAgg)
	if ok {
		a.n, a.sum = b.n, b.sum
	}
	return ok
}

// Adopt implements Adopter, for the variance family.
func (a *numericAgg) Adopt(of Agg) bool {
	b, ok := of.(*numericAgg)
	if ok {
		a.n, a.sum, a.sq = b.n, b.sum, b.sq
	}
	return ok
}

// Adopt implements Adopter, for the variance family.
func (a *intMomentAgg) Adopt(of Agg) bool {
	b, ok := of.(*intMomentAgg)
	if ok {
		a.n, a.sum, a.sq = b.n, b.sum, b.sq
	}
	return ok
}

// Adopt implements Adopter, for the variance family.
func (a *floatMomentAgg) Adopt(of Agg) bool {
	b, ok := of.(*floatMomentAgg)
	if ok {
		a.n, a.x, a.q = b.n, b.x, b.q
	}
	return ok
}

// Adopt implements Adopter: all of them keep the same sums.
func (a *regressionAgg) Adopt(of Agg) bool {
	b, ok := of.(*regressionAgg)
	if ok {
		a.s = b.s
	}
	return ok
}

// Adopt implements Adopter by PostgreSQL's rule: the same transition function begins with the
// same value, and no final function changes the state.
func (a *userAgg) Adopt(of Agg) bool {
	b, ok := of.(*userAgg)
	if !ok {
		return false
	}
	x, y := a.fn.User.Agg, b.fn.User.Agg
	if x.FinalModify == 'w' || y.FinalModify == 'w' || x.Trans != y.Trans || x.TransType.OID != y.TransType.OID ||
		(x.Init == nil) != (y.Init == nil) || x.Init != nil && *x.Init != *y.Init || !slices.Equal(a.fn.Args, b.fn.Args) {
		return false
	}
	a.vals, a.began = b.vals, b.began
	return true
}
