package session

import (
	"context"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/plpgsql"
	"github.com/loxodb/loxodb/sql/types"
)

// prepared is SQL of the body with its plan.
func (r *plRun) prepared(ctx context.Context, x plpgsql.Text, sc *plScope) (*statement, error) {
	key := exprKey{pos: x.Pos, sql: x.SQL}
	st := r.b.stmts[key]
	if st == nil {
		list, err := r.s.db.cfg.Parser.Parse(x.SQL)
		if err != nil {
			return nil, r.inStatement(err, x.SQL)
		}
		if len(list) != 1 {
			return nil, pgerr.New(pgerrcode.SyntaxError, "a statement was expected")
		}
		st = &statement{vars: r.variables(sc)}
		st.text, st.source, st.stmt = x.SQL, x.SQL, list[0].Stmt
		r.b.stmts[key] = st
	}
	if err := r.plan(ctx, st, sc); err != nil {
		return nil, r.inStatement(err, x.SQL)
	}
	return st, nil
}

// count runs a statement for the number of its rows.
func (r *plRun) count(ctx context.Context, st *statement) (int64, error) {
	tag, err := r.runIn(ctx, st, st.values(r.slot), nil)
	r.s.tellNow()
	return tagCount(tag), err
}

// runIn is run of a statement that its errors name.
func (r *plRun) runIn(ctx context.Context, st *statement, params []types.Datum, each func(*batch.Batch) error) (tag string, err error) {
	over := r.activation.at.during("", st.text, false)
	tag, err = r.run(ctx, st, params, each)
	over()
	if err != nil {
		err = r.inStatement(err, st.text)
	}
	return tag, err
}

func tagCount(tag string) int64 {
	n, _ := strconv.ParseInt(afterLastSpace(tag), 10, 64)
	return n
}

// sql runs any other statement, with INTO.
func (r *plRun) sql(ctx context.Context, x *plpgsql.SQL, sc *plScope) error {
	st, err := r.prepared(ctx, x.Text, sc)
	if err != nil {
		return err
	}
	if err := allowedInPL(st.stmt); err != nil {
		return err
	}
	if x.Into == nil {
		if sel, ok := st.stmt.(*ast.Select); ok && sel.Into == nil {
			return pgerr.New(pgerrcode.SyntaxError, "query has no destination for result data").
				WithHint("If you want to discard the results of a SELECT, use PERFORM instead.")
		}
		if st.columnsOf() != nil {
			return pgerr.New(pgerrcode.SyntaxError, "query has no destination for result data")
		}
		n, err := r.count(ctx, st)
		if err != nil {
			return err
		}
		if r.rows = n; st.plan != nil {
			r.vals[r.b.found] = types.Bool(n > 0)
		}
		return nil
	}
	if st.columnsOf() == nil && (st.plan == nil || st.plan.Tag != "SELECT") {
		return pgerr.New(pgerrcode.SyntaxError, "INTO used with a command that cannot return data")
	}
	_, isSelect := st.stmt.(*ast.Select)
	row, n, err := r.firstRow(ctx, st, st.values(r.slot), x.Strict || !isSelect || r.s.extra(tooManyRows) != "")
	if err != nil {
		return err
	}
	return r.into(x.Into, row, n, x.Strict, !isSelect, sc,
		func(e *pgerr.Error) *pgerr.Error { return r.strictParams(e, st) })
}

// into stores what INTO gets.
func (r *plRun) into(targets []plpgsql.Target, row *plRecord, n int64, strict, writes bool, sc *plScope, tell func(*pgerr.Error) *pgerr.Error) error {
	if strict && n == 0 {
		return tell(pgerr.New("P0002", "query returned no rows"))
	}
	if n > 1 {
		setting := r.s.extra(tooManyRows)
		if strict || writes {
			setting = extraErrors
		}
		if setting != "" {
			e := pgerr.New("P0003", "query returned more than one row").WithHint("Make sure the query returns a single row, or use LIMIT 1.")
			if err := r.complain(tell(e), setting); err != nil {
				return err
			}
		}
	}
	r.rows, r.vals[r.b.found] = min(n, 1), types.Bool(n > 0)
	if n == 0 {
		if !(row != nil && r.takesAnyRow(targets, sc)) {
			if err := r.counted(targets, row, sc); err != nil {
				return err
			}
		}
		return r.noRow(targets, row, sc)
	}
	return r.putRow(targets, row, sc)
}

// firstRow runs a statement and returns its first row, and how many there were: two are as
// good as more unless all are to be counted.
func (r *plRun) firstRow(ctx context.Context, st *statement, params []types.Datum, two bool) (*plRecord, int64, error) {
	row := &plRecord{set: true}
	for _, c := range st.columnsOf() {
		row.names, row.ts, row.vals = append(row.names, c.Name), append(row.ts, c.Type), append(row.vals, types.Null)
	}
	n := int64(0)
	_, err := r.runIn(ctx, st, params, func(b *batch.Batch) error {
		for _, i := range b.Sel {
			if n++; n > 1 {
				return errEnough
			}
			if len(row.ts) == 0 {
				for k := range b.Cols {
					row.names, row.ts, row.vals = append(row.names, "column"+strconv.Itoa(k+1)), append(row.ts, b.Cols[k].T), append(row.vals, types.Null)
				}
			}
			for k := range row.vals {
				row.vals[k] = b.Cols[k].Datum(int(i)).Clone()
			}
		}
		if !two {
			return errEnough
		}
		return nil
	})
	return row, n, err
}

// allowedInPL refuses statements that have no place in PL/pgSQL.
func allowedInPL(st ast.Stmt) error {
	switch x := st.(type) {
	case *ast.TxnStmt:
		return pgerr.New(pgerrcode.FeatureNotSupported, "unsupported transaction command in PL/pgSQL")
	case *ast.Copy:
		if x.From || !x.From {
			return pgerr.New(pgerrcode.FeatureNotSupported, "cannot COPY to/from client in PL/pgSQL")
		}
	}
	return nil
}

// returned is RETURN.
func (r *plRun) returned(ctx context.Context, x *plpgsql.Return, sc *plScope) error {
	if !x.Value.Given() {
		return nil
	}
	want := r.b.fn.Ret
	if isPseudoType(want.OID) {
		want = types.T{}
	}
	v, err := r.eval(ctx, x.Value, sc, want)
	if err != nil {
		return err
	}
	r.value = v
	return nil
}

func (r *plRun) returnQuery(ctx context.Context, x *plpgsql.ReturnQuery, sc *plScope) error {
	var st *statement
	var params []types.Datum
	var err error
	if x.Dynamic.Given() {
		if st, params, err = r.dynamic(ctx, x.Dynamic, x.Using, sc, false); err != nil {
			return err
		}
	} else {
		if st, err = r.prepared(ctx, x.Query, sc); err != nil {
			return err
		}
		params = st.values(r.slot)
	}
	cols := st.columnsOf()
	if cols == nil {
		return r.inStatement(pgerr.Newf(pgerrcode.SyntaxError, "%s query does not return tuples", commandName(st.stmt)), st.text)
	}
	if err := r.structure(cols); err != nil {
		return r.inStatement(err, st.text)
	}
	n := int64(0)
	_, err = r.runIn(ctx, st, params, func(b *batch.Batch) error {
		for _, i := range b.Sel {
			n++
			row := &plRecord{set: true}
			for k := range cols {
				row.ts, row.vals = append(row.ts, cols[k].Type), append(row.vals, b.Cols[k].Datum(int(i)))
			}
			if r.res.columns == nil && !r.res.open {
				if err := r.give(plValue{row.vals[0], row.ts[0]}); err != nil {
					return err
				}
				continue
			}
			if err := r.giveRow(row, "structure of query does not match function result type"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.rows, r.vals[r.b.found] = n, types.Bool(n > 0)
	return nil
}

// structure holds a query's columns against those of the function's result.
func (r *plRun) structure(cols []column) error {
	wrong := func() *pgerr.Error {
		return pgerr.New(pgerrcode.DatatypeMismatch, "structure of query does not match function result type")
	}
	want := r.res.columns
	if r.res.open {
		return nil
	}
	if want == nil {
		want = []types.T{r.res.T}
	}
	k := 0
	for _, t := range want {
		if t.OID == 0 {
			continue
		}
		if k < len(cols) && (cols[k].Type.OID != t.OID || r.res.listed && t.Mod >= 0 && cols[k].Type.Mod != t.Mod) {
			return wrong().WithDetail("Returned type %s does not match expected type %s in column %d.", types.FormatType(cols[k].Type), types.FormatType(t), k+1)
		}
		k++
	}
	if k != len(cols) {
		return wrong().WithDetail("Number of returned columns (%d) does not match expected column count (%d).", len(cols), k)
	}
	return nil
}
