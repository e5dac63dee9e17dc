package executor

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
)

// lockRows locks the rows that its input names before it hands them on. A row
// that changed since the statement's view makes the statement start again
// (table.ErrRestart), so that what is returned is what is locked. Under a LIMIT it
// locks no more rows than are taken.
type lockRows struct {
	node  *physical.LockRows
	input Operator
	sel   []uint16
	env   *Env
	left  int64 // rows that may be locked, −1 = all
}

func newLockRows(n *physical.LockRows) (Operator, error) {
	in, err := build(n.Input)
	return &lockRows{node: n, input: in}, err
}

func (l *lockRows) Open(ctx context.Context, env *Env) error {
	l.env, l.left = env, -1
	return l.input.Open(ctx, env)
}

// bound implements bounded.
func (l *lockRows) bound(rows int64) { l.left = rows }

func (l *lockRows) Next(ctx context.Context) (*batch.Batch, error) {
	for l.left != 0 {
		b, err := l.input.Next(ctx)
		if err != nil || b == nil {
			return nil, err
		}
		l.sel = l.sel[:0]
		for _, i := range b.Sel {
			ok, err := l.lock(ctx, b, int(i))
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			l.sel = append(l.sel, i)
			if l.left--; l.left == 0 {
				break
			}
		}
		if b.Sel = l.sel; len(l.sel) > 0 {
			return b, nil
		}
	}
	return nil, nil
}

// lock takes the locks of one row; false means that SKIP LOCKED leaves it out.
func (l *lockRows) lock(ctx context.Context, b *batch.Batch, i int) (bool, error) {
	for k := range l.node.Locks {
		w := &l.node.Locks[k]
		c := &b.Cols[w.RowCol]
		if c.Null[i] {
			continue
		}
		t := w.Table
		if w.Family != nil {
			of := catalog.ID(b.Cols[w.TableCol].I[i])
			t = w.Family[slices.IndexFunc(w.Family, func(t *catalog.Table) bool { return t.ID == of })]
		}
		if err := l.env.Txn.LockTable(ctx, t.ID, kv.Shared); err != nil {
			return false, err
		}
		mode, wait := kv.Exclusive, kv.WaitBlock
		if w.Shared {
			mode = kv.Shared
		}
		if w.NoWait || w.Skip {
			wait = kv.WaitNever
		}
		err := l.env.Txn.LockRow(ctx, t.Storage, uint64(c.I[i]), mode, wait)
		if w.Skip && errors.Is(err, kv.ErrLocked) {
			return false, nil
		}
		if errors.Is(err, kv.ErrLocked) {
			return false, pgerr.Newf(pgerrcode.LockNotAvailable, "could not obtain lock on row in relation %q", t.Name).WithCause(err)
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

func (l *lockRows) Close() error { return l.input.Close() }
