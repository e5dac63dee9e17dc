package expr

import (
	"context"
	"time"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/types"
)

// Fold computes what does not depend on rows, parameters or settings: immutable
// calls and casts of constants, and AND, OR, NOT, CASE, COALESCE as far as
// constants decide them. A computation that fails is left in place, so that its
// error appears at run time and only if the branch is taken.
func Fold(e Expr) Expr { return Rewrite(e, foldNode) }

func foldNode(e Expr) Expr {
	switch e := e.(type) {
	case *Const, *Column, *Param, *Exec, *SubPlan:
		return e
	case *And:
		return foldAndOr(e, e.Args, false)
	case *Or:
		return foldAndOr(e, e.Args, true)
	case *Case:
		return foldCase(e)
	case *Coalesce:
		return foldCoalesce(e)
	case *Call:
		if e.Fn.Strict && !e.Fn.RetSet && e.Fn.Kind == 'f' && e.Fn.Volatility != builtin.Volatile {
			for _, a := range e.Args {
				if c, ok := a.(*Const); ok && c.D.IsNull() {
					return &Const{T: e.T, D: types.Null}
				}
			}
		}
		if e.Fn.Volatility != builtin.Immutable || e.Fn.RetSet || e.Fn.Kind != 'f' || e.Fn.ReadsZone() || e.Fn.User != nil {
			return e
		}
	case *Cast:
		if castVolatility(e.X.Type(), e.To) != builtin.Immutable {
			return e
		}
	case *AnyAll:
		if e.Op.Func.Volatility != builtin.Immutable {
			return e
		}
	case *InList:
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
	return computed(e)
}

// computed evaluates e, or gives it back when that fails.
func computed(e Expr) Expr {
	p, err := Compile(e)
	if err != nil {
		return e
	}
	var s Scratch
	env := Env{Ctx: builtin.Ctx{Context: context.Background(), Format: types.DefaultFormat, Arena: new(batch.Arena),
		TxnTime: time.Unix(0, 0), StmtTime: time.Unix(0, 0)}}
	d, err := p.One(&env, &s)
	if err != nil {
		return e
	}
	return &Const{T: e.Type(), D: d.Clone()}
}

func constBool(e Expr) (value, null, ok bool) {
	c, ok := e.(*Const)
	if !ok {
		return false, false, false
	}
	return c.D.Bool(), c.D.IsNull(), true
}

func boolConst(v bool) Expr { return &Const{T: boolT, D: types.Bool(v)} }

// foldAndOr drops neutral constants and stops at a deciding one.
func foldAndOr(e Expr, args []Expr, or bool) Expr {
	var keep []Expr
	for _, a := range args {
		v, null, ok := constBool(a)
		switch {
		case !ok || null:
			keep = append(keep, a)
		case v == or:
			return boolConst(or)
		}
	}
	switch {
	case len(keep) == 0:
		return boolConst(!or)
	case len(keep) == 1:
		return keep[0]
	case len(keep) == len(args):
		return e
	case or:
		return &Or{Args: keep}
	}
	return &And{Args: keep}
}

func foldCase(e *Case) Expr {
	out := &Case{T: e.T, Else: e.Else}
	for i, w := range e.Whens {
		v, _, ok := constBool(w.Cond)
		if !ok {
			out.Whens = append(out.Whens, e.Whens[i])
			continue
		}
		if v {
			out.Else = w.Result
			break
		}
	}
	switch {
	case len(out.Whens) > 0 && len(out.Whens) == len(e.Whens):
		return e
	case len(out.Whens) > 0:
		return out
	case out.Else == nil:
		return &Const{T: e.T, D: types.Null}
	}
	return out.Else
}

func foldCoalesce(e *Coalesce) Expr {
	var keep []Expr
	for _, a := range e.Args {
		c, ok := a.(*Const)
		if ok && c.D.IsNull() {
			continue
		}
		keep = append(keep, a)
		if ok {
			break
		}
	}
	switch {
	case len(keep) == 0:
		return &Const{T: e.T, D: types.Null}
	case len(keep) == 1:
		return keep[0]
	case len(keep) == len(e.Args):
		return e
	}
	return &Coalesce{Args: keep, T: e.T}
}
