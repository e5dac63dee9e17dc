package expr

import (
	"context"
	"slices"
	"time"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Fold computes what does not depend on rows, parameters or settings: immutable
// calls and casts of constants, and AND, OR, NOT, CASE, COALESCE as far as
// constants decide them. A computation that fails is left in place, so that its
// error appears at run time and only if the branch is taken.
func Fold(e Expr) Expr { return FoldTelling(context.Background(), e, nil) }

// FoldTelling is Fold, and tells of computations that fail, unless nobody asks for what
// they give: what stands behind a constant that decides AND, OR, CASE or COALESCE is
// not tried. When ctx ends nothing more is computed, and nothing of that is told.
func FoldTelling(ctx context.Context, e Expr, failed func(error)) Expr {
	return (&folder{ctx: ctx, failed: failed}).fold(e)
}

type folder struct {
	ctx    context.Context
	failed func(error)
	format *types.Format // the default, under ctx; made when first used
	memo   *FoldMemo     // nil = none
}

// formatted is how values are written while something is folded.
func (f *folder) formatted() *types.Format {
	if f.format == nil {
		format := *types.DefaultFormat
		format.Interrupted = f.ctx.Err
		f.format = &format
	}
	return f.format
}

func (f *folder) fold(e Expr) Expr {
	switch e := e.(type) {
	case nil:
		return nil
	case *And:
		return f.andOr(e, e.Args, false)
	case *Or:
		return f.andOr(e, e.Args, true)
	case *Case:
		return f.cases(e)
	case *Coalesce:
		return f.coalesce(e)
	}
	old := children(e)
	var changed []Expr
	for i, c := range old {
		if c == nil {
			continue
		}
		if n := f.fold(c); n != c {
			if changed == nil {
				changed = slices.Clone(old)
			}
			changed[i] = n
		}
	}
	if changed != nil {
		e = withChildren(e, changed)
	}
	return f.node(e)
}

// node folds an expression whose parts are folded.
func (f *folder) node(e Expr) Expr {
	switch e := e.(type) {
	case *Const, *Column, *Param, *Exec, *SubPlan:
		return e
	case *Call:
		if e.Fn.Strict && !e.Fn.RetSet && e.Fn.Kind == 'f' && e.Fn.Volatility != builtin.Volatile {
			for _, a := range e.Args {
				if c, ok := a.(*Const); ok && c.D.IsNull() {
					return &Const{T: e.T, D: types.Null}
				}
			}
		}
		if e.Fn.Volatility != builtin.Immutable || e.Fn.RetSet || e.Fn.Kind != 'f' || e.Fn.ReadsSettings() || e.Fn.User != nil {
			return e
		}
	case *Cast:
		if c, ok := e.X.(*Const); ok && widens(c.T.OID, e.To.OID) {
			return f.memo.keep(e.Type(), c.D) // as LIMIT 10: not worth a program
		}
		if castVolatility(e.X.Type(), e.To) != builtin.Immutable {
			return e
		}
	case *Relabel:
		return foldRelabel(e)
	case *ToDomain:
		if e.Free {
			return e.X
		}
		if e.Parts { // only a session knows the domains
			return e
		}
	case *IsNull:
		if row, ok := e.X.(*RowOf); ok && !e.Whole && !slices.ContainsFunc(row.Args, ofRowType) {
			return nullFields(row, e.Not)
		}
	case *RowOrder:
		if e.volatility() != builtin.Immutable {
			return e
		}
	case *AnyAll:
		if e.Op.Func.Volatility != builtin.Immutable {
			return e
		}
	case *InList:
		if c, ok := e.L.(*Const); ok && c.D.IsNull() && e.Op.Func.Strict && foldsNull(e) {
			return &Const{T: types.Of(types.BoolOID), D: types.Null}
		}
		if e.Op.Func.Volatility != builtin.Immutable {
			return e
		}
	}
	for _, c := range children(e) {
		if c == nil {
			return e
		}
		if _, ok := c.(*Const); !ok {
			return e
		}
	}
	return f.computed(e)
}

// widens reports a conversion of integers that leaves every value as it is.
func widens(from, to types.OID) bool {
	switch from {
	case types.Int2OID:
		return to == types.Int4OID || to == types.Int8OID
	case types.Int4OID:
		return to == types.Int8OID
	}
	return false
}

// foldRelabel takes out a relabelling that says nothing to whoever computes the value or looks it up
// in an index: to a domain that demands nothing, and one under another.
func foldRelabel(e *Relabel) Expr {
	if e.Collation != nil {
		return e
	}
	if in, ok := e.X.(*Relabel); ok && in.Collation == nil {
		return foldRelabel(&Relabel{X: in.X, T: e.T, Implicit: e.Implicit && in.Implicit})
	}
	switch x := e.X.(type) {
	case *Const:
		return &Const{T: e.T, D: x.D}
	default:
		if x.Type() == e.T {
			return x
		}
	}
	return e
}

// foldsNull reports that NULL IN (…) is not worth looking at: PostgreSQL compares items with
// columns one by one, others as one array.
func foldsNull(e *InList) bool {
	return slices.ContainsFunc(e.List, hasColumn) || !slices.ContainsFunc(e.List, func(v Expr) bool { _, ok := v.(*Const); return !ok })
}

func ofRowType(e Expr) bool {
	t := e.Type().OID
	return t == types.RecordOID || types.IsComposite(t)
}

// nullFields is ROW(…) IS [NOT] NULL, which asks its fields one after the other and those
// that are constants first.
func nullFields(row *RowOf, not bool) Expr {
	var open []Expr
	for _, a := range row.Args {
		if c, ok := a.(*Const); ok && c.T.OID == 0 {
			continue // where a column was dropped
		} else if !ok {
			open = append(open, &IsNull{X: a, Not: not})
		} else if c.D.IsNull() == not {
			return boolConst(false)
		}
	}
	switch len(open) {
	case 0:
		return boolConst(true)
	case 1:
		return open[0]
	}
	return &And{Args: open}
}

func hasColumn(e Expr) bool {
	if _, ok := e.(*Column); ok {
		return true
	}
	return slices.ContainsFunc(children(e), func(c Expr) bool { return c != nil && hasColumn(c) })
}

// computed evaluates e, or gives it back when that fails.
func (f *folder) computed(e Expr) Expr {
	if f.ctx.Err() != nil {
		return e
	}
	if f.memo != nil {
		if v, ok := f.memo.computed(f, e); ok {
			return v
		}
	}
	p, err := Compile(e)
	if err != nil {
		return e
	}
	var s Scratch
	env := Env{Ctx: builtin.Ctx{Context: f.ctx, Format: f.formatted(), Arena: new(batch.Arena),
		TxnTime: time.Unix(0, 0), StmtTime: time.Unix(0, 0)}}
	told := false
	env.Notice = func(*pgerr.Error) { told = true }
	d, err := p.One(&env, &s)
	if told { // it shall be told again when it is run
		return e
	}
	if err != nil {
		if f.failed != nil && f.ctx.Err() == nil && tells(e) && !builtin.NeedsSession(err) {
			f.failed(inSQLFunction(e, err))
		}
		return e
	}
	return f.memo.keep(e.Type(), d)
}

// inSQLFunction adds to an error of a constant call where PostgreSQL has it: within a
// function that is written in SQL there.
func inSQLFunction(e Expr, err error) error {
	c, ok := e.(*Call)
	pe, known := pgerr.As(err)
	if !ok || !known || !c.Fn.InSQL() {
		return err
	}
	own := *pe
	own.AddWhere("SQL function \"" + c.Fn.Name + "\" statement 1")
	return &own
}

// tells reports that PostgreSQL would compute e, too: it leaves the checks of domains to
// the run, and does not know MySQL's functions.
func tells(e Expr) bool {
	switch e := e.(type) {
	case *ToDomain:
		return false
	case *Call:
		return e.Fn.Schema != builtin.MySQLSchema
	}
	return true
}

func constBool(e Expr) (value, null, ok bool) {
	c, ok := e.(*Const)
	if !ok {
		return false, false, false
	}
	return c.D.Bool(), c.D.IsNull(), true
}

func boolConst(v bool) Expr { return &Const{T: boolT, D: types.Bool(v)} }

// andOr drops neutral constants and stops at a deciding one; of several NULLs one stays,
// behind the rest.
func (f *folder) andOr(e Expr, args []Expr, or bool) Expr {
	var keep []Expr
	var null Expr
	same := true
	for _, a := range args {
		n := f.fold(a)
		same = same && n == a
		v, isNull, ok := constBool(n)
		switch {
		case !ok:
			keep = append(keep, n)
		case isNull:
			null = n
		case v == or:
			return boolConst(or)
		}
	}
	if null != nil {
		keep = append(keep, null)
	}
	switch {
	case len(keep) == 0:
		return boolConst(!or)
	case len(keep) == 1:
		return keep[0]
	case same && len(keep) == len(args) && null == nil:
		return e
	case or:
		return &Or{Args: keep}
	}
	return &And{Args: keep}
}

func (f *folder) cases(e *Case) Expr {
	out := &Case{T: e.T, Form: e.Form}
	same, decided := true, false
	for _, w := range e.Whens {
		cond := f.fold(w.Cond)
		v, _, ok := constBool(cond)
		if ok && !v {
			same = false
			continue
		}
		result := f.fold(w.Result)
		if ok {
			out.Else, decided, same = result, true, false
			break
		}
		same = same && cond == w.Cond && result == w.Result
		out.Whens = append(out.Whens, When{Cond: cond, Result: result})
	}
	if !decided && e.Else != nil {
		out.Else = f.fold(e.Else)
		same = same && out.Else == e.Else
	}
	switch {
	case same:
		return e
	case len(out.Whens) > 0:
		return out
	case out.Else == nil:
		return &Const{T: e.T, D: types.Null}
	}
	return out.Else
}

func (f *folder) coalesce(e *Coalesce) Expr {
	var keep []Expr
	same := true
	for i, a := range e.Args {
		n := f.fold(a)
		same = same && n == a
		c, ok := n.(*Const)
		if ok && c.D.IsNull() {
			same = false
			continue
		}
		keep = append(keep, n)
		if ok {
			same = same && i == len(e.Args)-1
			break
		}
	}
	switch {
	case len(keep) == 0:
		return &Const{T: e.T, D: types.Null}
	case len(keep) == 1:
		return keep[0]
	case same:
		return e
	}
	return &Coalesce{Args: keep, T: e.T}
}
