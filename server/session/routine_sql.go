package session

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// bodyKey tells the bodies apart that a session keeps: by function, and by the types that
// polymorphic arguments have.
type bodyKey struct {
	fn    *catalog.Function
	table *catalog.Table // that a trigger function is called for
	args  string
	// collation is that of the arguments.
	collation catalog.ID
}

// maxBodies bounds the bodies that a session keeps.
const maxBodies = 512

// sqlBody is the body of a function in SQL.
type sqlBody struct{ stmts []*statement }

// sqlBodyOf is a function's body with its statements, which keep their plans.
func (s *Session) sqlBodyOf(f *catalog.Function, ts []types.T, collation catalog.ID) (*sqlBody, error) {
	key := bodyKey{fn: f, args: fmt.Sprint(ts), collation: collation}
	if b := s.sqlBodies[key]; b != nil {
		return b, nil
	}
	list, err := s.parseBody(f)
	if err != nil {
		return nil, err
	}
	b := &sqlBody{}
	for _, x := range list {
		st := &statement{vars: bind.ArgumentVariables(f, ts, s.TextFormat())}
		st.vars.Collation = collation
		st.text, st.source, st.stmt, st.prepared.vars = x.text, x.text, x.stmt, st.vars
		b.stmts = append(b.stmts, st)
	}
	if len(s.sqlBodies) >= maxBodies || s.sqlBodies == nil {
		s.sqlBodies = map[bodyKey]*sqlBody{}
	}
	s.sqlBodies[key] = b
	return b, nil
}

// bodyStmt is a statement of a body, with its text.
type bodyStmt struct {
	stmt ast.Stmt
	text string
}

// parseBody reads the statements of a body in SQL.
func (s *Session) parseBody(f *catalog.Function) (out []bodyStmt, err error) {
	texts := f.Statements
	switch {
	case f.Return:
		texts = []string{"SELECT " + f.Statements[0]}
	case !f.Atomic:
		texts = []string{f.Body}
	}
	for _, text := range texts {
		list, err := s.db.cfg.Parser.Parse(text)
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			out = append(out, bodyStmt{x.Stmt, strings.TrimSpace(text[x.Start:x.End])})
		}
	}
	return out, nil
}

// runSQL runs a function in SQL: its statements in their order; the last one's rows are its
// result.
func (a *activation) runSQL(ctx context.Context, f *builtin.Func, args []types.Datum, ts []types.T, want shape) (*result, error) {
	body, err := a.s.sqlBodyOf(f.User, ts, a.collation)
	if err != nil {
		return nil, a.inSQL(err, 0)
	}
	res := a.s.newResult(want)
	slot := func(v bind.Variable) types.Datum { return a.s.slotValue(args[v.Slot], ts[v.Slot], v) }
	for i, st := range body.stmts {
		a.at.n = i + 1
		if err := a.ready(ctx, st); err != nil {
			return nil, a.inSQL(err, 0)
		}
		if a.fixed && (st.plan == nil || !st.plan.ReadOnly) {
			return nil, a.inSQL(a.notFixed(st), 0)
		}
		var each func(*batch.Batch) error
		if last := i == len(body.stmts)-1; last && want.T.OID != types.VoidOID {
			if each, err = a.collect(st, res); err != nil {
				return nil, err
			}
		}
		if _, err := a.run(ctx, st, st.values(slot), each); err != nil {
			res.close()
			return nil, a.inSQL(err, i+1)
		}
	}
	return res, nil
}

// slotValue is the value of a variable, or of a field of it.
func (s *Session) slotValue(d types.Datum, t types.T, v bind.Variable) types.Datum {
	if v.Field == "" || d.IsNull() {
		return d
	}
	c := s.composite(t.OID)
	if c == nil {
		return types.Null
	}
	vals := c.Split(d)
	if i := c.Index(v.Field); i >= 0 && i < len(vals) {
		return vals[i]
	}
	return types.Null
}

// inSQL adds where in a function in SQL an error was met.
func (a *activation) inSQL(err error, n int) error {
	e, ok := pgerr.As(err)
	if !ok {
		return err
	}
	c := *e
	where := fmt.Sprintf("SQL function \"%s\" statement %d", a.fn.Name, n)
	if n == 0 {
		where = fmt.Sprintf("SQL function \"%s\" during startup", a.fn.Name)
	}
	c.AddWhere(where)
	c.Position = 0
	return &c
}

// collect makes the rows of a body's last statement those of the function's result.
func (a *activation) collect(st *statement, res *result) (func(*batch.Batch) error, error) {
	if st.plan == nil || st.plan.Out == nil && st.plan.Tag != "SELECT" {
		return nil, a.inSQL(mismatch(a.fn, "Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING."), 0)
	}
	out := make([]types.T, len(st.plan.Out))
	for i, c := range st.plan.Out {
		out[i] = c.Type
	}
	if res.open { // its columns are those of the statement
		res.columns, res.open = out, false
	}
	if key := fmt.Sprintf("%p %v %v %v", st.plan, res.T, res.columns, res.domains); st.of != key {
		conv, err := a.s.resultConversion(a.fn, &res.shape, out)
		if err != nil {
			return nil, a.inSQL(err, 0)
		}
		st.conv, st.of = conv, key
	}
	var whole *rowSplitter
	if res.wholeRow(out) {
		whole = a.splitter(&res.shape, out[0])
	}
	row := make([]types.Datum, max(len(res.columns), 1))
	return func(b *batch.Batch) error {
		for _, i := range b.Sel {
			if whole != nil {
				if err := whole.split(b.Cols[0].Datum(int(i)), row); err != nil {
					return err
				}
			} else {
				k := 0
				for j := range row {
					if res.columns != nil && res.columns[j].OID == 0 {
						row[j] = types.Null
						continue
					}
					d, err := a.convert(st.conv[k], b.Cols[k].Datum(int(i)))
					if err != nil {
						return err
					}
					row[j] = d
					k++
				}
			}
			if err := a.checkRow(res, row); err != nil {
				return err
			}
			if err := res.add(row); err != nil {
				return err
			}
			if !res.set {
				return errEnough
			}
		}
		return nil
	}, nil
}

// convert applies a conversion, nil being none.
func (a *activation) convert(p *expr.Program, d types.Datum) (types.Datum, error) {
	if p == nil {
		return d, nil
	}
	env := a.exprEnv()
	params := env.Params
	env.Params = []types.Datum{d}
	out, err := p.One(&env.Env, &a.scratch)
	env.Params = params
	return out.Clone(), err
}

func mismatch(f *catalog.Function, detail string, args ...any) error {
	return pgerr.Newf(pgerrcode.InvalidFunctionDefinition, "return type mismatch in function declared to return %s", types.TypeName(f.RetID())).
		WithDetail(detail, args...)
}

// resultConversion checks that a final statement's columns are those of a function's
// result, and returns what converts them (check_sql_fn_retval).
func (s *Session) resultConversion(f *catalog.Function, sh *shape, out []types.T) ([]*expr.Program, error) {
	if sh.open {
		return nil, nil // they are what they are
	}
	if sh.columns == nil {
		if len(out) != 1 {
			return nil, mismatch(f, "Final statement must return exactly one column.")
		}
		p, ok, err := s.conversion(out[0], sh.T, sh.domain, false)
		if err != nil || !ok {
			if err == nil {
				err = mismatch(f, "Actual return type is %s.", types.TypeName(out[0].OID))
			}
			return nil, err
		}
		return []*expr.Program{p}, nil
	}
	if sh.wholeRow(out) {
		return nil, nil
	}
	var conv []*expr.Program
	for i, t := range sh.columns {
		if t.OID == 0 {
			continue
		}
		k := len(conv)
		if k >= len(out) {
			return nil, mismatch(f, "Final statement returns too few columns.")
		}
		p, ok, err := s.conversion(out[k], t, sh.columnDomain(i), false)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, mismatch(f, "Final statement returns %s instead of %s at column %d.", types.TypeName(out[k].OID), types.TypeName(t.OID), k+1)
		}
		conv = append(conv, p)
	}
	if len(conv) < len(out) {
		return nil, mismatch(f, "Final statement returns too many columns.")
	}
	return conv, nil
}

// conversion is a program that converts its parameter; nil where there is nothing to do.
func (s *Session) conversion(from, to types.T, domain catalog.ID, byText bool) (p *expr.Program, ok bool, err error) {
	if from.OID == to.OID && (to.Mod < 0 || from == to) && domain == 0 {
		return nil, true, nil
	}
	if err := s.mayCheck(domain); err != nil {
		return nil, false, err
	}
	e, err := bind.Conversion(from, to, domain, byText, s.planOptions(nil))
	if err != nil || e == nil {
		return nil, false, err
	}
	p, err = expr.Compile(e)
	return p, err == nil, err
}
