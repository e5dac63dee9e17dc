package executor

import (
	"context"
	"errors"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/vectorindex/bitmap"
)

// bitmapAnd hands out the numbers of the rows that all of its arms find.
type bitmapAnd struct {
	numbers
	arms []Operator
}

func newBitmapAnd(n *physical.BitmapAnd) (*bitmapAnd, error) {
	a := &bitmapAnd{}
	a.find = a.meet
	var err error
	a.arms, err = buildAll(n.Arms)
	return a, err
}

// meet runs the arms, the one that finds least first; none is run after nothing is left.
func (a *bitmapAnd) meet(ctx context.Context) (set *bitmap.Bitmap, err error) {
	for _, arm := range a.arms {
		found := bitmap.New()
		if err := collect(ctx, a.env, arm, found, &a.ids); err != nil {
			return nil, err
		}
		if set == nil {
			set = found
		} else {
			set.And(found)
		}
		if set.IsEmpty() {
			break
		}
	}
	return set, nil
}

// collect adds the row numbers that an operator hands out to a set.
func collect(ctx context.Context, env *Env, arm Operator, set *bitmap.Bitmap, ids *[]uint64) error {
	if err := arm.Open(ctx, env); err != nil {
		return err
	}
	for {
		b, err := arm.Next(ctx)
		if err != nil {
			return errors.Join(err, arm.Close())
		}
		if b == nil {
			return arm.Close()
		}
		*ids = (*ids)[:0]
		for _, i := range b.Sel {
			*ids = append(*ids, uint64(b.Cols[0].I[i]))
		}
		set.AddMany(*ids)
	}
}
