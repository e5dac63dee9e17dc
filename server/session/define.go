package session

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/executor/ddl"
	"github.com/loxodb/loxodb/planner"
	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/server/auth"
	"github.com/loxodb/loxodb/server/session/define"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// define runs a statement that changes the catalog.
func (s *Session) define(ctx context.Context, p *portal) (tag string, err error) {
	if ct, ok := p.stmt.stmt.(*ast.CreateTable); ok && ct.Query != nil {
		return s.createTableAs(ctx, p, ct)
	}
	if r, ok := p.stmt.stmt.(*ast.Refresh); ok {
		return s.refreshView(ctx, p, r)
	}
	if st, ok := p.stmt.stmt.(*ast.CreateDatabase); ok {
		return s.createDatabase(ctx, st)
	}
	if define.IsOnline(p.stmt.stmt) && !s.defineEnv(ctx).IsTemporary(p.stmt.stmt) {
		return s.online(ctx, p.stmt.stmt)
	}
	tag = define.Tag(p.stmt.stmt)
	return tag, s.retry(ctx, tag, func() error { return s.definition(ctx, p.stmt.stmt) })
}

// definition runs one definition in the open transaction.
func (s *Session) definition(ctx context.Context, stmt ast.Stmt) error {
	return define.Run(ctx, s.defineEnv(ctx), stmt)
}

func (s *Session) defineEnv(ctx context.Context) *define.Env {
	options := func(snap *catalog.Snapshot) bind.Options {
		o := s.planOptions(nil)
		o.Catalog = snap
		return o
	}
	return &define.Env{
		Txn: s.tx.txn, Store: s.db.store, Catalog: s.Catalog(), Positions: s.positions, Parser: s.db.cfg.Parser,
		Jobs: &ddl.Jobs{
			Vectors: s.db.vectors,
			Env: func(snap *catalog.Snapshot) *executor.Env {
				env := s.newEnv(ctx, s.tx.txn, nil)
				env.Catalog = snap
				return env
			},
			TableWrite: func(snap *catalog.Snapshot, t *catalog.Table) (*physical.TableWrite, error) {
				return planner.BindTableWrite(t, options(snap))
			},
			As:       s.actAsOwner,
			Progress: s.buildProgress,
			Rows:     s.db.rowsExpected,
			Memory:   s.maintenanceMemory(),
		},
		Bind: options, Path: s.searchPath(true, false), Targets: s.pathNames(), TempNumber: s.tempNumber, Owner: s.current().ID, SessionUser: s.sessionRole().ID, Super: s.current().Super,
		Notice: s.notice, Unchecked: s.keysUnchecked(), Alone: s.tx.alone, InUse: s.inUse, SettingWritten: s.settingWritten, CheckBody: s.checkBody,
		Database: s.Database(), Databases: databases{s},
		Changed:      func(snap *catalog.Snapshot) { s.tx.catalog = snap },
		HashPassword: auth.Hash,
	}
}

// createTableAs is CREATE TABLE AS, SELECT INTO and CREATE MATERIALIZED VIEW: a table
// of the query's columns, filled by INSERT … query.
func (s *Session) createTableAs(ctx context.Context, p *portal, st *ast.CreateTable) (tag string, err error) {
	from, params, err := s.filling(ctx, p, st)
	if err != nil {
		return "", err
	}
	query, ok := from.stmt.(*ast.Select)
	if !ok {
		return "", pgerr.New(pgerrcode.WrongObjectType, "prepared statement is not a SELECT")
	}
	made, columns, name := catalog.ID(0), 0, "CREATE TABLE AS"
	var comments []ast.Stmt
	switch {
	case st.SelectInto:
		name = "SELECT INTO"
	case st.Materialized:
		name = "CREATE MATERIALIZED VIEW"
		if err := materializable(st, query); err != nil {
			return "", err
		}
	}
	err = s.retry(ctx, name, func() error {
		o := s.planOptions(from.params)
		o.Context = ctx
		o.Defining = true // fill plans it to run it
		plan, err := planner.Plan(query, o)
		if err != nil {
			return err
		}
		if !st.WithNoData { // what is not run reads nothing
			if err := s.mayUse(plan.Uses); err != nil {
				return err
			}
		}
		if st.Materialized && slices.ContainsFunc(plan.Tables, s.Catalog().IsTemp) {
			return pgerr.New(pgerrcode.FeatureNotSupported, "materialized views must not use temporary tables or views")
		}
		if len(plan.Params) > 0 && st.Materialized {
			return pgerr.New(pgerrcode.FeatureNotSupported, "materialized views may not be defined using bound parameters")
		}
		if len(st.AsColumns) > len(plan.Out) {
			return pgerr.New("42601", "too many column names were specified")
		}
		var declared []bind.Declaration
		if st.Declared {
			if declared, err = planner.Declarations(query, o); err != nil {
				return err
			}
		}
		def := *st
		var queried []ast.ColumnDef
		comments = shownComments(st, plan.Out, declared)
		if !st.Materialized {
			def.Query = nil
		}
		def.Name.Pos = ast.NoPos // PostgreSQL makes the table after parsing: its errors have no place
		for i, c := range plan.Out {
			name := c.Name
			if i < len(st.AsColumns) {
				name = st.AsColumns[i]
			}
			typ := c.Type
			if !st.WithNoData { // else PostgreSQL does not plan the query
				typ.Mod = c.FoldedMod
			}
			col := ast.ColumnDef{At: st.At, Name: name, Type: typeNameIn(s.Catalog(), typ, c.Domain), OfQuery: true}
			if col.Collation, err = s.columnCollation(c.Collation, name, c.Type); err != nil {
				return err
			}
			if st.Declared {
				if err := s.declareColumn(&col, &declared[i]); err != nil {
					return err
				}
			}
			queried = append(queried, col)
		}
		columns = len(queried)
		def.Columns = besideQuery(st.Columns, queried)
		env := s.defineEnv(ctx)
		err = define.Run(ctx, env, &def)
		made = env.Made
		return err
	})
	if _, executes := st.Query.(*ast.Execute); err == nil && made != 0 && st.WithNoData && executes {
		return "SELECT 0", nil // as PostgreSQL says, for this form alone
	}
	if name == "SELECT INTO" {
		name = "CREATE TABLE AS"
	}
	if err != nil || made == 0 || st.WithNoData {
		return name, err
	}
	if st.Filling != nil {
		if err := s.makeKeys(ctx, name, append(comments, st.Filling.Keys...)); err != nil {
			return name, err
		}
	}
	t, _ := s.Catalog().TableByID(made)
	rows, err := s.fill(ctx, p, t, filler(st, query, t, columns), from, params)
	return "SELECT " + rows, err
}

// fill inserts the rows of ins's query into a new table and says how many they were.
func (s *Session) fill(ctx context.Context, p *portal, t *catalog.Table, ins *ast.Insert, from *prepared, params []types.Datum) (rows string, err error) {
	into := ast.QName{At: ast.At{Pos: ast.NoPos}, Schema: s.Catalog().SchemaName(t.Schema), Name: hiddenName}
	ins.Table = ast.TableRef{Name: into}
	q := &prepared{
		text: from.text, source: p.stmt.source, stmt: ins, declared: from.params, when: time.Now(), fills: t.ID,
	}
	if err := s.replan(ctx, q); err != nil {
		return "", err
	}
	inner := &portal{s: s, stmt: q, params: params}
	out, err := s.run(ctx, inner)
	if err != nil {
		return "", err
	}
	defer out.close()
	for {
		b, err := out.next(ctx)
		if err != nil {
			return "", err
		}
		if b == nil {
			break
		}
	}
	return afterLastSpace(out.finish()), nil
}

// materializable refuses queries whose results cannot be kept under a name.
func materializable(st *ast.CreateTable, query *ast.Select) error {
	if st.Unlogged {
		return pgerr.New(pgerrcode.FeatureNotSupported, "materialized views cannot be unlogged")
	}
	if query.With != nil {
		for i := range query.With.CTEs {
			if _, ok := query.With.CTEs[i].Query.(*ast.Select); !ok {
				return pgerr.New(pgerrcode.FeatureNotSupported, "materialized views must not use data-modifying statements in WITH")
			}
		}
	}
	return nil
}

// refreshView is REFRESH MATERIALIZED VIEW.
func (s *Session) refreshView(ctx context.Context, p *portal, st *ast.Refresh) (tag string, err error) {
	tag = define.Tag(st)
	if err := s.retry(ctx, tag, func() error { return s.definition(ctx, st) }); err != nil || st.WithNoData {
		return tag, err
	}
	t, err := s.findTable(&st.Name)
	if err != nil {
		return "", err
	}
	list, err := s.db.cfg.Parser.Parse(t.ViewSQL)
	if err != nil {
		return "", err
	}
	defer s.actAsOwner(t.Owner)()
	query := list[0].Stmt.(*ast.Select)
	_, err = s.fill(ctx, p, t, &ast.Insert{At: query.At, Query: query}, &prepared{text: t.ViewSQL}, nil)
	if e, ok := pgerr.As(err); ok {
		c := *e
		c.Position = 0 // the query is not the client's
		if err = &c; c.Code == pgerrcode.UniqueViolation {
			c.OnTable(s.Catalog().SchemaName(t.Schema), t.Name)
			if st.Concurrently {
				return tag, s.doubledRow(ctx, t, &c)
			}
			c.Message = "could not create unique index \"" + c.Constraint + "\""
			c.Detail = strings.Replace(c.Detail, " already exists.", " is duplicated.", 1)
		}
	}
	return tag, err
}

// doubledRow is why a materialized view cannot be refreshed concurrently whose rows violate a
// unique index: that two of them are the same, or else the violation.
func (s *Session) doubledRow(ctx context.Context, t *catalog.Table, violation error) error {
	text := "SELECT n::pg_catalog.text FROM (" + t.ViewSQL + ") n WHERE n IS NOT NULL GROUP BY 1 HAVING pg_catalog.count(*) > 1 LIMIT 1"
	list, err := s.db.cfg.Parser.Parse(text)
	if err != nil {
		return err
	}
	q := &prepared{text: text, stmt: list[0].Stmt, when: time.Now()}
	if err := s.replan(ctx, q); err != nil {
		return err
	}
	rows, err := s.run(ctx, &portal{s: s, stmt: q})
	if err != nil {
		return err
	}
	defer rows.close()
	b, err := rows.next(ctx)
	if err != nil || b == nil || b.Len() == 0 {
		return cmp.Or(err, violation)
	}
	return pgerr.Newf(pgerrcode.CardinalityViolation, "new data for materialized view \"%s\" contains duplicate rows without any null columns", t.Name).
		WithDetail("Row: %s", b.Cols[0].B[b.Sel[0]])
}

// filling is the query of CREATE TABLE AS with its parameters: its own or that of a
// prepared statement.
func (s *Session) filling(ctx context.Context, p *portal, st *ast.CreateTable) (*prepared, []types.Datum, error) {
	x, ok := st.Query.(*ast.Execute)
	if !ok {
		return &prepared{text: p.stmt.text, stmt: st.Query, params: p.stmt.params}, p.params, nil
	}
	q, err := s.executed(ctx, x)
	if err != nil {
		return nil, nil, err
	}
	params, err := s.executeArgs(x, q)
	return q, params, err
}

func afterLastSpace(s string) string {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == ' ' {
			return s[i+1:]
		}
	}
	return s
}

// columnCollation is the COLLATE of a new table's column, nil for its type's own.
func (s *Session) columnCollation(id catalog.ID, column string, t types.T) (*ast.QName, error) {
	if id == bind.NoCollation {
		return nil, pgerr.Newf(pgerrcode.IndeterminateCollation, "no collation was derived for column \"%s\" with collatable type %s", column, types.FormatType(t)).
			WithHint("Use the COLLATE clause to set the collation explicitly.")
	}
	c, ok := s.Catalog().CollationByID(id)
	if !ok {
		return nil, nil
	}
	return &ast.QName{At: ast.At{Pos: ast.NoPos}, Schema: s.Catalog().SchemaName(c.Schema), Name: c.Name}, nil
}
