package logical

import "github.com/loxodb/loxodb/sql/expr"

// reduce makes outer joins of a tree inner ones, or full ones outer, where a condition
// above them refuses rows without a partner; conds are conditions that hold above.
// Those between two inputs of an inner join are among them, which PushFilter does not see.
func reduce(n Node, conds []expr.Expr) {
	switch x := n.(type) {
	case *Filter:
		reduce(x.Input, append(conds[:len(conds):len(conds)], x.Conds...))
	case *Project:
		down := make([]expr.Expr, len(conds))
		for i, c := range conds {
			down[i] = Substitute(c, x)
		}
		reduce(x.Input, down)
	case *Join:
		reduceJoin(x, conds)
	default:
		for _, in := range Inputs(n) {
			reduce(in, nil)
		}
	}
	MapExprs(n, func(e expr.Expr) expr.Expr {
		Walk(e, func(e expr.Expr) bool {
			if s, ok := e.(*Subquery); ok {
				reduce(s.Tree, nil)
			}
			return true
		})
		return e
	})
}

func reduceJoin(j *Join, conds []expr.Expr) {
	simplify(j, conds)
	if j.Own {
		reduce(j.Left, conds)
		reduce(j.Right, nil)
		return
	}
	local := append(conds[:len(conds):len(conds)], j.On...)
	switch j.Kind {
	case Inner, Semi:
		reduce(j.Left, local)
		reduce(j.Right, local)
	case Left, Anti:
		reduce(j.Left, conds)
		reduce(j.Right, j.On)
	case Right:
		reduce(j.Left, j.On)
		reduce(j.Right, conds)
	default:
		reduce(j.Left, nil)
		reduce(j.Right, nil)
	}
}

// simplify reduces the kind of an outer join under conditions that no
// NULL-extended row can pass.
func simplify(j *Join, conds []expr.Expr) {
	if len(conds) == 0 || j.Kind != Left && j.Kind != Right && j.Kind != Full {
		return
	}
	left, right := Produced(j.Left), Produced(j.Right)
	if j.Unjoinable { // what PostgreSQL sees decides whether it fails
		conds = opened(conds, j)
		madeBy(j.Left, left)
		madeBy(j.Right, right)
	}
	rejects := func(side *ColSet) bool {
		for _, c := range conds {
			if strictOn(c, side) {
				return true
			}
		}
		return false
	}
	if (j.Kind == Left || j.Kind == Full) && rejects(right) {
		j.Kind = map[JoinKind]JoinKind{Left: Inner, Full: Right}[j.Kind]
	}
	if (j.Kind == Right || j.Kind == Full) && rejects(left) {
		j.Kind = map[JoinKind]JoinKind{Right: Inner, Full: Left}[j.Kind]
	}
}

// opened writes out columns that queries over joins compute: of these PostgreSQL asks how
// they are computed, while those of one relation are NULL with it.
func opened(conds []expr.Expr, n Node) []expr.Expr {
	switch x := n.(type) {
	case *Filter:
		return opened(conds, x.Input)
	case *Join:
		return opened(opened(conds, x.Left), x.Right)
	case *Project:
		if joins(x.Input) {
			out := make([]expr.Expr, len(conds))
			for i, c := range conds {
				out[i] = Substitute(c, x)
			}
			conds = out
		}
		return opened(conds, x.Input)
	}
	return conds
}

func joins(n Node) bool {
	switch x := n.(type) {
	case *Filter:
		return joins(x.Input)
	case *Project:
		return joins(x.Input)
	case *Join:
		return true
	}
	return false
}

// madeBy adds the columns of everything that a tree joins.
func madeBy(n Node, s *ColSet) {
	s.addProduced(n)
	switch n.(type) {
	case *Filter, *Join, *Project:
		for _, in := range Inputs(n) {
			madeBy(in, s)
		}
	}
}
