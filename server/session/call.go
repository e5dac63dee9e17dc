package session

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// bindCall finds the procedure that CALL names, and its arguments.
func (s *Session) bindCall(ctx context.Context, st *ast.Call, p *prepared) (*expr.Call, []types.OID, error) {
	return bind.Call(st.Func, s.optionsFor(ctx, p))
}

// describeCall gives CALL the columns of its procedure's OUT parameters.
func (s *Session) describeCall(ctx context.Context, p *prepared, st *ast.Call) error {
	c, params, err := s.bindCall(ctx, st, p)
	if err != nil {
		return err
	}
	p.kind, p.params, p.columns = backend.KindCommand, params, nil
	for i, a := range c.Fn.User.Outputs() {
		p.kind = backend.KindRows
		p.columns = append(p.columns, backend.Column{Name: a.Name, Type: types.Of(c.Fn.OutTypes[i])})
	}
	return nil
}

// call is CALL.
func (s *Session) call(ctx context.Context, p *portal, st *ast.Call) (source, error) {
	defer s.top(p)()
	out, row, err := s.callProcedure(ctx, st, p.stmt, p.params, s.ending.enter)
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return command{"CALL"}, nil
	}
	b := batch.New(out, 1)
	for i := range out {
		b.Cols[i].Init(out[i], 1)
		b.Cols[i].Set(0, row[i])
	}
	b.Sel = batch.Identity(1)
	return &oneBatch{b: b, tag: "CALL"}, nil
}

// callProcedure runs the procedure that CALL names and returns the types and the values of
// its OUT parameters. free: it may end transactions.
func (s *Session) callProcedure(ctx context.Context, st *ast.Call, p *prepared, params []types.Datum, free bool) (out []types.T, row []types.Datum, err error) {
	s.ending.enter = false
	if _, err := s.tx.statementView(ctx, true); err != nil {
		return nil, nil, err
	}
	c, _, err := s.bindCall(ctx, st, p)
	if err != nil {
		return nil, nil, err
	}
	if err := s.mayExecute(c.Fn.User); err != nil {
		return nil, nil, err
	}
	env := s.newEnv(ctx, s.tx.txn, params)
	env.Arena = new(batch.Arena)
	var scratch expr.Scratch
	var args []types.Datum
	site := &builtin.Site{Ret: c.T, Collation: c.Collation}
	for _, a := range c.Args {
		prog, err := expr.Compile(a)
		if err != nil {
			return nil, nil, err
		}
		d, err := prog.One(&env.Env, &scratch)
		if err != nil {
			return nil, nil, err
		}
		args, site.Args = append(args, d.Clone()), append(site.Args, a.Type())
	}
	env.Site = site
	for _, t := range c.Fn.OutTypes {
		out = append(out, types.Of(t))
	}
	s.ending.enter = free
	r, err := s.callUser(&env.Ctx, c.Fn, args, c.T)
	if err != nil {
		return nil, nil, err
	}
	defer r.close()
	got, ok, err := r.next()
	for i := range out {
		d := types.Null
		if ok {
			d = got[i].Clone()
		}
		row = append(row, d)
	}
	return out, row, err
}

// oneBatch is a result of one batch.
type oneBatch struct {
	b   *batch.Batch
	tag string
}

func (o *oneBatch) next(context.Context) (*batch.Batch, error) {
	b := o.b
	o.b = nil
	return b, nil
}
func (o *oneBatch) finish() string { return o.tag }
func (o *oneBatch) close()         {}

// do is DO. free: it may end transactions.
func (s *Session) do(ctx context.Context, st *ast.Do, free bool) error {
	s.ending.enter = false
	switch {
	case !st.HasCode:
		return pgerr.New(pgerrcode.SyntaxError, "no inline code specified")
	case st.Language == "sql", st.Language == "internal", st.Language == "c":
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "language \"%s\" does not support inline code execution", st.Language)
	case st.Language != "plpgsql":
		return pgerr.Newf(pgerrcode.UndefinedObject, "language \"%s\" does not exist", st.Language)
	}
	if _, err := s.tx.statementView(ctx, true); err != nil {
		return err
	}
	if user := s.current(); !user.Super && s.Catalog().Allowed(catalog.PLpgSQL, catalog.BootstrapRoleID, user.ID, catalog.PrivUsage) == 0 {
		return pgerr.New(pgerrcode.InsufficientPrivilege, "permission denied for language plpgsql")
	}
	f := &catalog.Function{Name: "inline_code_block", Kind: 'f', Ret: types.Of(types.VoidOID), Language: "plpgsql", Body: st.Code, Volatility: 'v', Owner: s.role.ID}
	s.ending.enter = free
	a, leave, err := s.activate(ctx, f, nil)
	if err != nil {
		return err
	}
	defer leave()
	b, err := s.compilePL(f, nil, nil, s.settings.bool("check_function_bodies"), nil)
	if err != nil {
		return s.inBody(err, f)
	}
	r := &plRun{activation: a, b: b, res: s.newResult(shape{T: f.Ret}), atomic: !a.free}
	a.at.pl = r
	defer r.res.close()
	r.reset()
	return r.whole(ctx)
}
