package logical

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// CheckLocks refuses locks of rows that an outer join may put NULLs in the place of. The
// tree is normalised: joins that their conditions make inner ones do not count.
func CheckLocks(n Node) error {
	var err error
	note := func(e error) {
		if err == nil {
			err = e
		}
	}
	Visit(n, func(n Node) {
		switch x := n.(type) {
		case *Lock:
			for i := range x.Locks {
				note(nullableLock(x.Input, &x.Locks[i]))
			}
		case *Join:
			for _, side := range nullableSides(x) {
				note(pushedLock(side))
			}
		case *CTERef:
			if !x.CTE.Write {
				note(CheckLocks(x.CTE.Tree))
			}
		}
		MapExprs(n, func(e expr.Expr) expr.Expr {
			Walk(e, func(e expr.Expr) bool {
				if s, ok := e.(*Subquery); ok && err == nil {
					note(CheckLocks(s.Tree))
				}
				return true
			})
			return e
		})
	})
	return err
}

func nullableSides(j *Join) []Node {
	switch j.Kind {
	case Left:
		return []Node{j.Right}
	case Right:
		return []Node{j.Left}
	case Full:
		return []Node{j.Left, j.Right}
	}
	return nil
}

// nullableLock looks for an outer join between a lock and its row.
func nullableLock(n Node, l *RowLock) error {
	if j, ok := n.(*Join); ok {
		for _, side := range nullableSides(j) {
			if Produced(side).Has(l.Row) {
				return nullable(l)
			}
		}
	}
	for _, in := range Inputs(n) {
		if Produced(in).Has(l.Row) {
			return nullableLock(in, l)
		}
	}
	return nil
}

// pushedLock finds a lock in a subquery or view that the query around it has applied.
func pushedLock(n Node) error {
	if l, ok := n.(*Lock); ok && l.Pushed {
		return nullable(&l.Locks[0])
	}
	for _, in := range Inputs(n) {
		if err := pushedLock(in); err != nil {
			return err
		}
	}
	return nil
}

func nullable(l *RowLock) error {
	return pgerr.Newf(pgerrcode.FeatureNotSupported, "%s cannot be applied to the nullable side of an outer join", l.Words)
}
