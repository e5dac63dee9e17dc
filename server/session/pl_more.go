package session

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/plpgsql"
	"github.com/loxodb/loxodb/sql/types"
)

// column is a column of a statement's rows.
type column = backend.Column

// columnsOf are the columns of a planned statement's rows.
func (st *statement) columnsOf() []column { return st.prepared.columns }

// dynamic prepares the text that an expression gives, with parameters. Of several
// statements, where they are allowed, those before the last are run.
func (r *plRun) dynamic(ctx context.Context, x plpgsql.Text, using []plpgsql.Text, sc *plScope, several bool) (*statement, []types.Datum, error) {
	return r.dynamicShown(ctx, x, using, sc, several, nil)
}

// dynamicShown is dynamic, which adds the values of USING to shown.
func (r *plRun) dynamicShown(ctx context.Context, x plpgsql.Text, using []plpgsql.Text, sc *plScope, several bool, shown *[]plValue) (*statement, []types.Datum, error) {
	v, err := r.eval(ctx, x, sc, types.T{})
	if err != nil {
		return nil, nil, err
	}
	if v.d.IsNull() {
		return nil, nil, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "query string argument of EXECUTE is null")
	}
	text, err := r.textOf(v)
	if err != nil {
		return nil, nil, err
	}
	var params []types.Datum
	var ts []types.T
	for _, u := range using {
		v, err := r.eval(ctx, u, sc, types.T{})
		if err != nil {
			return nil, nil, err
		}
		params, ts = append(params, v.d), append(ts, types.Of(v.t.OID))
		if shown != nil {
			*shown = append(*shown, v)
		}
	}
	list, err := r.s.parseAs(r.s.db.cfg.Parser, text, func(w *pgerr.Error) { r.s.notice(w.InQuery(text, 0)) })
	if err != nil {
		return nil, nil, r.inStatement(err, text)
	}
	if len(list) == 0 {
		return nil, nil, nil
	}
	one := func(x ast.Parsed) (*statement, []types.Datum, error) {
		st := &statement{vars: usingVariables(ts)}
		st.text, st.source, st.stmt = text, text, x.Stmt
		if err := r.ready(ctx, st); err != nil {
			return nil, nil, r.inStatement(err, text)
		}
		return st, st.values(func(v bind.Variable) types.Datum { return params[v.Slot] }), nil
	}
	last := len(list) - 1
	if last > 0 && !several {
		return nil, nil, pgerr.New(pgerrcode.InvalidCursorDefinition, "cannot open multi-query plan as cursor")
	}
	for _, x := range list[:last] {
		st, params, err := one(x)
		if err != nil {
			return nil, nil, err
		}
		if err := allowedInPL(st.stmt); err != nil {
			return nil, nil, err
		}
		if _, err := r.runIn(ctx, st, params, nil); err != nil {
			return nil, nil, err
		}
	}
	return one(list[last])
}

// usingVariables are the parameters of EXECUTE.
func usingVariables(ts []types.T) *bind.Variables {
	v := &bind.Variables{Prefer: bind.PreferColumn}
	v.Find = func(parts []string) (bind.Variable, bool) {
		if len(parts) == 1 && strings.HasPrefix(parts[0], "$") {
			for i := range ts {
				if parts[0] == dollar(i+1) {
					return bind.Variable{Slot: i, T: ts[i]}, true
				}
			}
		}
		return bind.Variable{}, false
	}
	return v
}

func dollar(n int) string { return "$" + strconv.Itoa(n) }

// execute is EXECUTE.
func (r *plRun) execute(ctx context.Context, x *plpgsql.Execute, sc *plScope) error {
	var shown []plValue
	st, params, err := r.dynamicShown(ctx, x.Query, x.Using, sc, true, &shown)
	if err != nil || st == nil {
		return err
	}
	if sel, ok := st.stmt.(*ast.Select); ok && sel.Into != nil {
		return pgerr.New(pgerrcode.FeatureNotSupported, "EXECUTE of SELECT ... INTO is not implemented").
			WithHint("You might want to use EXECUTE ... INTO or EXECUTE CREATE TABLE ... AS instead.")
	}
	if _, ok := st.stmt.(*ast.TxnStmt); ok {
		return pgerr.New(pgerrcode.FeatureNotSupported, "EXECUTE of transaction commands is not implemented")
	}
	if err := allowedInPL(st.stmt); err != nil {
		return err
	}
	if x.Into == nil {
		tag, err := r.runIn(ctx, st, params, nil)
		r.s.tellNow()
		if err != nil {
			return err
		}
		r.rows = tagCount(tag)
		return nil
	}
	if st.columnsOf() == nil {
		return pgerr.New(pgerrcode.SyntaxError, "INTO used with a command that cannot return data")
	}
	found := r.vals[r.b.found]
	row, n, err := r.firstRow(ctx, st, params, x.Strict)
	if err != nil {
		return err
	}
	if !x.Strict {
		n = min(n, 1) // the extra check is not about EXECUTE
	}
	err = r.into(x.Into, row, n, x.Strict, false, sc, func(e *pgerr.Error) *pgerr.Error { return r.usingParams(e, shown) })
	if e, ok := pgerr.As(err); ok && e.Code == "P0003" {
		e.Hint = ""
	}
	r.vals[r.b.found] = found // which EXECUTE leaves alone
	return err
}

// call is CALL, and DO.
func (r *plRun) call(ctx context.Context, x *plpgsql.Call, sc *plScope) error {
	list, err := r.s.db.cfg.Parser.Parse(x.Text.SQL)
	if err != nil {
		return err
	}
	st, ok := list[0].Stmt.(*ast.Call)
	if !ok {
		if d, ok := list[0].Stmt.(*ast.Do); ok {
			defer r.activation.at.during("", x.Text.SQL, false)()
			return r.s.do(ctx, d, r.mayFree())
		}
		return pgerr.NotSupported(-1, "this statement of PL/pgSQL is not supported")
	}
	p := &prepared{text: x.Text.SQL, stmt: st, vars: r.variables(sc)}
	c, _, err := r.s.bindCall(ctx, st, p)
	if err != nil {
		return r.bound(r.inStatement(err, x.Text.SQL))
	}
	var params []types.Datum
	for _, v := range p.vars.Used {
		params = append(params, r.slot(v))
	}
	p.vars = r.variables(sc)
	over := r.activation.at.during("", x.Text.SQL, false)
	out, row, err := r.s.callProcedure(ctx, st, p, params, r.mayFree())
	over()
	if err != nil {
		return r.inStatement(err, x.Text.SQL)
	}
	if len(out) == 0 {
		return nil
	}
	f, k := c.Fn.User, 0
	places := bind.CallPlaces(f, st.Func.ArgNames, len(st.Func.Args))
	for i := range places {
		a := &f.Args[i]
		if !a.IsOutput() {
			continue
		}
		var ref *ast.ColumnRef
		if n := places[i]; n >= 0 {
			ref, _ = st.Func.Args[n].(*ast.ColumnRef)
		}
		if ref == nil {
			return pgerr.Newf(pgerrcode.SyntaxError, "procedure parameter \"%s\" is an output parameter but corresponding argument is not writable", a.Name)
		}
		t := plpgsql.Target{Parts: ref.Parts}
		if _, _, known := sc.find(t.Parts); !known {
			return pgerr.Newf(pgerrcode.SyntaxError, "procedure parameter \"%s\" is an output parameter but corresponding argument is not writable", a.Name)
		}
		if err := r.put(&t, plValue{row[k], out[k]}, sc); err != nil {
			return err
		}
		k++
	}
	return nil
}
