package session

import (
	"cmp"
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/plpgsql"
	"github.com/loxodb/loxodb/sql/types"
)

// cast makes a value one of another type, as assignment in PL/pgSQL does.
func (r *plRun) cast(v plValue, to types.T, domain uint32) (types.Datum, error) {
	if v.t.OID == to.OID && to.Mod < 0 && domain == 0 {
		return v.d, nil
	}
	if v.d.IsNull() && domain == 0 {
		return types.Null, nil
	}
	if v.t.OID == types.UnknownOID {
		v.t = types.Of(types.TextOID)
	}
	if err := r.s.mayCheck(domain); err != nil {
		return types.Null, err
	}
	key := castKey{v.t, to, domain, r.s.Catalog().Version}
	p, ok := r.s.casts[key]
	if !ok {
		var err error
		if p, _, err = r.s.conversion(v.t, to, domain, true); err != nil {
			return types.Null, err
		}
		if r.s.casts == nil || len(r.s.casts) > maxBodies {
			r.s.casts = map[castKey]*expr.Program{}
		}
		r.s.casts[key] = p
	}
	return r.convert(p, v.d)
}

// castKey tells conversions apart.
type castKey struct {
	from, to types.T
	domain   uint32
	version  any
}

// plExpr is an expression with what was made of it.
type plExpr struct {
	n     int // its number in the body
	sql   string
	want  types.T
	prog  *expr.Program
	t     types.T
	vars  *bind.Variables
	fresh stamp
	query *statement // of what is more than an expression
	// constant: it has no variables; literal: it is a string alone, which stands there in
	// "SELECT " with the expression (1 is the first place).
	constant bool
	literal  int
	params   []types.Datum
}

// eval computes an expression; want is the type that it is for, which spares a conversion.
func (r *plRun) eval(ctx context.Context, x plpgsql.Text, sc *plScope, want types.T) (plValue, error) {
	prefix := r.prefix
	r.prefix = ""
	if !r.known {
		r.now, r.known = r.s.stampNow(), true
	}
	e := r.b.expr(x, want)
	if e == nil || e.sql != x.SQL || e.query == nil && (e.fresh != r.now || r.stale(e.vars)) {
		var err error
		if e, err = r.compile(ctx, x, sc, want); err != nil {
			return plValue{}, r.inExpr(r.bound(err), prefix, x.SQL)
		}
		r.b.keep(e, x, want)
	}
	if e.query != nil {
		over := r.activation.at.during(prefix, x.SQL, true)
		v, err := r.evalQuery(ctx, e.query, prefix != "", sc)
		over()
		if err != nil {
			err = r.inExpr(err, prefix, x.SQL)
		}
		return v, err
	}
	env := r.exprEnv()
	env.Context = ctx
	outer := env.Params
	params := e.params
	e.params = nil // a call inside may come here again
	params = params[:0]
	for _, v := range e.vars.Used {
		params = append(params, r.slot(v))
	}
	env.Params = params
	d, err := e.prog.One(&env.Env, r.scratchOf(e))
	env.Params = outer
	e.params = params
	if err != nil {
		return plValue{}, err
	}
	return plValue{d.Clone(), e.t}, nil
}

// expr finds what was made of an expression.
func (b *plBody) expr(x plpgsql.Text, want types.T) *plExpr {
	if x.Pos >= 0 && x.Pos < len(b.at) {
		if e := b.at[x.Pos]; e != nil && e.want == want {
			return e
		}
	}
	return b.exprs[exprKeyOf(x, want)]
}

func exprKeyOf(x plpgsql.Text, want types.T) exprKey {
	key := exprKey{pos: x.Pos, want: want}
	if x.Pos < 0 { // it is not a piece of the text
		key.sql = x.SQL
	}
	return key
}

// keep keeps what was made of an expression.
func (b *plBody) keep(e *plExpr, x plpgsql.Text, want types.T) {
	key := exprKeyOf(x, want)
	if old := b.exprs[key]; old != nil {
		e.n = old.n
	} else {
		e.n = b.made
		b.made++
	}
	e.sql, e.want, b.exprs[key] = x.SQL, want, e
	if b.at == nil {
		b.at = make([]*plExpr, len(b.fn.Body)+1)
	}
	if x.Pos >= 0 && x.Pos < len(b.at) {
		b.at[x.Pos] = e
	}
}

// scratchOf is the working memory for an expression: each has its own, so that none looks
// for it among all.
func (r *plRun) scratchOf(e *plExpr) *expr.Scratch {
	for len(r.scratches) <= e.n {
		r.scratches = append(r.scratches, nil)
	}
	if r.scratches[e.n] == nil {
		r.scratches[e.n] = new(expr.Scratch)
	}
	return r.scratches[e.n]
}

func (r *plRun) compile(ctx context.Context, x plpgsql.Text, sc *plScope, want types.T) (*plExpr, error) {
	text := "SELECT " + x.SQL
	list, err := r.s.db.cfg.Parser.Parse(text)
	if err != nil {
		return nil, err
	}
	q, ok := list[0].Stmt.(*ast.Select)
	if !ok || len(list) != 1 {
		return nil, pgerr.Newf(pgerrcode.SyntaxError, "syntax error at or near \"%s\"", x.SQL)
	}
	e := &plExpr{vars: r.variables(sc), fresh: r.s.stampNow()}
	if isPlain(q) {
		o := r.s.planOptions(nil)
		o.Vars = e.vars
		if want.Mod >= 0 {
			want = types.T{}
		}
		if want.OID == types.RecordOID || types.IsComposite(want.OID) {
			want = types.T{}
		}
		bound, ok, err := bind.Value(q.Targets[0].Expr, want, o)
		if err != nil {
			return nil, err
		}
		if ok {
			if err := r.s.mayCall(bound); err != nil {
				return nil, err
			}
			e.t = bound.Type()
			var failed error // PostgreSQL finds it when it plans the expression, wherever it stands
			folded := expr.FoldTelling(ctx, bound, func(err error) { failed = cmp.Or(failed, err) })
			if failed != nil {
				return nil, failed
			}
			_, e.constant = folded.(*expr.Const)
			if l, ok := q.Targets[0].Expr.(*ast.Lit); ok && l.Kind == ast.LitString {
				e.literal = int(l.Pos) + 1
			}
			e.prog, err = expr.Compile(bound)
			return e, err
		}
	}
	e.query = &statement{vars: r.variables(sc)}
	e.query.text, e.query.source, e.query.stmt = text, x.SQL, q
	return e, nil
}

func isPlain(s *ast.Select) bool {
	return len(s.Targets) == 1 && s.With == nil && s.From == nil && s.Where == nil && s.GroupBy == nil && s.Having == nil && s.Windows == nil &&
		s.SetOp == ast.SetNone && s.OrderBy == nil && s.Limit == nil && s.Offset == nil && s.Locking == nil && !s.Distinct &&
		s.DistinctOn == nil && s.Values == nil && s.Into == nil
}

// evalQuery computes an expression that is a query of its own; assigned: what follows :=.
func (r *plRun) evalQuery(ctx context.Context, st *statement, assigned bool, sc *plScope) (v plValue, err error) {
	if err := r.plan(ctx, st, sc); err != nil {
		return v, err
	}
	v = plValue{types.Null, types.Of(types.TextOID)}
	if len(st.plan.Out) != 1 {
		what := "query"
		if assigned {
			what = "assignment source"
		}
		return v, pgerr.Newf(pgerrcode.SyntaxError, "%s returned %d columns", what, len(st.plan.Out))
	}
	v.t = st.plan.Out[0].Type
	n := 0
	_, err = r.run(ctx, st, st.values(r.slot), func(b *batch.Batch) error {
		for _, i := range b.Sel {
			if n++; n > 1 {
				return pgerr.New(pgerrcode.CardinalityViolation, "query returned more than one row")
			}
			v.d = b.Cols[0].Datum(int(i)).Clone()
		}
		return nil
	})
	return v, err
}

// plan readies a statement of the body.
func (r *plRun) plan(ctx context.Context, st *statement, sc *plScope) error {
	if st.plan != nil && r.stale(st.vars) {
		st.plan = nil
	}
	st.vars.Find = r.variables(sc).Find
	st.vars.Fields = r.variables(sc).Fields
	return r.bound(r.ready(ctx, st))
}

// condition computes a condition.
func (r *plRun) condition(ctx context.Context, x plpgsql.Text, sc *plScope) (bool, error) {
	v, err := r.eval(ctx, x, sc, types.Of(types.BoolOID))
	if err != nil || v.d.IsNull() {
		return false, err
	}
	d, err := r.cast(v, types.Of(types.BoolOID), 0)
	return err == nil && d.Bool(), err
}

// integer computes an integer.
func (r *plRun) integer(ctx context.Context, x plpgsql.Text, sc *plScope) (n int64, null bool, err error) {
	v, err := r.eval(ctx, x, sc, types.Of(types.Int4OID))
	if err != nil || v.d.IsNull() {
		return 0, true, err
	}
	d, err := r.cast(v, types.Of(types.Int4OID), 0)
	return d.Int(), false, err
}

// textOf is a value as text.
func (r *plRun) textOf(v plValue) (string, error) {
	if v.t.OID == types.TextOID || v.t.OID == types.UnknownOID {
		return v.d.Text(), nil
	}
	return string(types.AppendText(nil, v.t, v.d, r.s.TextFormat())), nil
}
