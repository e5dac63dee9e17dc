package expr

import (
	"context"
	"time"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// FoldMemo folds as Fold does, and keeps the programs by which casts and calls of constants are
// computed, as programs over columns of their types: a statement with thousands of rows of values
// compiles each conversion once. The zero value is ready. For one goroutine, and as long as a
// statement is planned.
type FoldMemo struct {
	list map[foldKey]*folded
	seen int // how many computations there were before anything was kept
	// Bytes is how long all values together are that were computed.
	Bytes int
}

// Programs are kept behind so many computations, as most statements have fewer, and no more than
// so many of them.
const (
	keepsFrom = 16
	maxFolded = 256
)

// foldKey is a cast or call over constants but for their values.
type foldKey struct {
	fn       *builtin.Func // nil = a cast
	to       types.T
	explicit bool
	n        int
	args     [4]types.T
}

// folded is a program that computes a cast or call of a row of constants.
type folded struct {
	p       *Program
	env     Env
	scratch Scratch
	row     *batch.Batch
	told    bool
}

// Fold is the package's Fold.
func (m *FoldMemo) Fold(e Expr) Expr { return m.FoldTelling(context.Background(), e, nil) }

// FoldTelling is the package's FoldTelling; ctx is the same in all calls.
func (m *FoldMemo) FoldTelling(ctx context.Context, e Expr, failed func(error)) Expr {
	return (&folder{ctx: ctx, failed: failed, memo: m}).fold(e)
}

// keep is the constant of a value that was computed, of which it owns a copy.
func (m *FoldMemo) keep(t types.T, d types.Datum) *Const {
	if m != nil {
		m.Bytes += len(d.Bytes())
	}
	return &Const{T: t, D: d.Clone()}
}

// foldKeyOf is what e is kept by; ok is false for what is not kept.
func foldKeyOf(e Expr, args *[4]*Const) (k foldKey, ok bool) {
	switch e := e.(type) {
	case *Cast:
		c, ok := e.X.(*Const)
		args[0] = c
		return foldKey{to: e.To, explicit: e.Explicit, n: 1, args: [4]types.T{e.X.Type()}}, ok
	case *Call:
		if e.Variadic || e.Collation != 0 || len(e.Args) > len(args) {
			return k, false
		}
		k = foldKey{fn: e.Fn, to: e.T, n: len(e.Args)}
		for i, a := range e.Args {
			c, ok := a.(*Const)
			if !ok {
				return k, false
			}
			args[i], k.args[i] = c, c.T
		}
		return k, true
	}
	return k, false
}

// computed is the value of a cast or call of constants; ok is false when it is not kept, fails or
// has something to tell.
func (m *FoldMemo) computed(f *folder, e Expr) (v *Const, ok bool) {
	if m.seen < keepsFrom {
		m.seen++
		return nil, false
	}
	var args [4]*Const
	k, ok := foldKeyOf(e, &args)
	if !ok {
		return nil, false
	}
	c := m.list[k]
	if c == nil {
		if c = newFolded(f, &k, e); c == nil || len(m.list) >= maxFolded {
			return nil, false
		}
		if m.list == nil {
			m.list = map[foldKey]*folded{}
		}
		m.list[k] = c
	}
	for i := range k.n {
		c.row.Cols[i].Set(0, args[i].D)
	}
	c.told = false
	out, err := c.p.Eval(&c.env, &c.scratch, c.row, c.row.Sel)
	if err != nil || c.told {
		return nil, false
	}
	return m.keep(e.Type(), out.Datum(0)), true
}

func newFolded(f *folder, k *foldKey, e Expr) *folded {
	cols := make([]Expr, k.n)
	for i := range cols {
		cols[i] = &Column{Index: i, T: k.args[i]}
	}
	p, err := Compile(withChildren(e, cols))
	if err != nil {
		return nil
	}
	c := &folded{p: p, row: batch.New(k.args[:k.n], 1)}
	c.row.Sel = batch.Identity(1)
	c.env = Env{Ctx: builtin.Ctx{Context: f.ctx, Format: f.formatted(), Arena: new(batch.Arena),
		TxnTime: time.Unix(0, 0), StmtTime: time.Unix(0, 0)}}
	c.env.Notice = func(*pgerr.Error) { c.told = true }
	return c
}
