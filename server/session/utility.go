package session

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// utility runs a statement that is not a query and returns its tag.
func (s *Session) utility(ctx context.Context, p *portal) (tag string, err error) {
	switch st := p.stmt.stmt.(type) {
	case *ast.TxnStmt:
		return s.transaction(ctx, st)
	case *ast.Set:
		return s.set(ctx, st)
	case *ast.Prepare:
		return "PREPARE", s.sqlPrepare(ctx, p, st)
	case *ast.Deallocate:
		return s.deallocate(st)
	case *ast.Declare:
		return "DECLARE CURSOR", s.declare(ctx, p, st)
	case *ast.Fetch: // MOVE
		return s.move(ctx, st)
	case *ast.CloseCursor:
		return s.closeCursor(st)
	case *ast.Discard:
		return s.discard(ctx, st)
	case *ast.LockTable:
		if !s.tx.inBlock() {
			return "", pgerr.New(pgerrcode.NoActiveSQLTransaction, "LOCK TABLE can only be used in transaction blocks")
		}
		return "LOCK TABLE", s.restarting(ctx, func() error { return s.lockTables(ctx, st) })
	case *ast.SetConstraints:
		return "SET CONSTRAINTS", s.setConstraints(ctx, st)
	case *ast.Listen:
		return s.listen(st)
	case *ast.Checkpoint:
		if !s.Catalog().HasPrivsOf(s.current().ID, catalog.CheckpointID) {
			return "", pgerr.New(pgerrcode.InsufficientPrivilege, "must be superuser or have privileges of pg_checkpoint to do CHECKPOINT")
		}
		return "CHECKPOINT", nil // every commit is durable already
	case *ast.Maintenance:
		return s.maintain(ctx, st)
	case *ast.Copy:
		return s.copyFile(ctx, p, st)
	case *ast.Block:
		return st.Tag, s.block(ctx, p, st)
	case *ast.Do:
		defer s.top(p)()
		return "DO", s.do(ctx, st, s.ending.enter)
	case *ast.Use:
		return "SET", s.use(st)
	case *ast.AutoCommit:
		return "SET", s.autoCommit(ctx, st)
	case *ast.Other:
		return "", pgerr.NotSupported(int(st.Pos), "%s is not supported", st.Name)
	}
	return s.define(ctx, p)
}

// block runs the statements of a block. An error undoes those before, as it ends
// the transaction or the statement's own.
func (s *Session) block(ctx context.Context, p *portal, b *ast.Block) error {
	for _, st := range b.Stmts {
		one := *p.stmt
		one.stmt, one.plan = st, nil
		if _, err := s.utility(ctx, &portal{s: s, stmt: &one}); err != nil {
			return err
		}
	}
	return nil
}

// use makes a schema the only one of the search path.
func (s *Session) use(st *ast.Use) error {
	if _, ok := s.Catalog().Schema(st.Schema); !ok {
		return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", st.Schema).At(int(st.Pos))
	}
	return s.SetSetting("search_path", quoteIfNeeded(st.Schema), false)
}

// retry is restarting of a statement that writes; what is its name, for the error of a
// read-only transaction.
func (s *Session) retry(ctx context.Context, what string, run func() error) error {
	if err := s.tx.mayWrite(what); err != nil {
		return err
	}
	return s.restarting(ctx, run)
}

// restarting runs a statement, again when what it met is newer than its view (READ
// COMMITTED).
func (s *Session) restarting(ctx context.Context, run func() error) error {
	if _, err := s.tx.statementView(ctx, true); err != nil {
		return err
	}
	mark, before := s.tx.txn.Savepoint(), s.tx.catalog
	for tries := 0; ; tries++ {
		err := run()
		if !errors.Is(err, table.ErrRestart) || s.tx.iso != kv.ReadCommitted || s.pinned > 0 || tries >= maxRestarts {
			return err
		}
		if err := s.tx.txn.RollbackTo(mark); err != nil {
			return err
		}
		s.tx.catalog = before
		var old *table.OutdatedError
		if !errors.As(err, &old) {
			err = s.tx.txn.Refresh(ctx)
		} else if err = s.tx.txn.OwnAhead(ctx, old.Table); err == nil {
			mark = s.tx.txn.Savepoint()
		}
		if err != nil {
			return err
		}
	}
}

// set runs SET, RESET and SET TRANSACTION.
func (s *Session) set(ctx context.Context, st *ast.Set) (string, error) {
	tag := "SET"
	if st.Reset {
		tag = "RESET"
	}
	if st.Local && !s.tx.inBlock() && s.calls == 0 { // it ends with the transaction, however short
		s.warn(pgerrcode.NoActiveSQLTransaction, "SET LOCAL can only be used in transaction blocks")
	}
	switch {
	case st.Txn != nil && st.Name == "transaction":
		if !s.tx.block && s.mysql() {
			s.next = st.Txn
			return tag, nil
		}
		if !s.tx.inBlock() && s.calls == 0 {
			s.warn(pgerrcode.NoActiveSQLTransaction, "SET TRANSACTION can only be used in transaction blocks")
			if st.Txn.Snapshot != nil {
				return tag, s.tx.importSnapshot(*st.Txn.Snapshot)
			}
			return tag, nil
		}
		return tag, s.tx.modes(st.Txn)
	case st.Txn != nil:
		return tag, s.sessionModes(st.Txn)
	case st.Reset && st.Name == "all":
		s.settings.resetAll()
		return tag, nil
	case st.Forgets():
		if st.Reset && lower(st.Name) == "transaction_isolation" && !s.tx.inBlock() && s.calls == 0 {
			s.warn(pgerrcode.NoActiveSQLTransaction, "RESET TRANSACTION can only be used in transaction blocks")
		}
		return tag, s.ResetSetting(st.Name, st.Local)
	}
	v, err := s.setValue(ctx, st)
	if err != nil {
		return "", err
	}
	lasting, before := s.mysql() && !st.Local, len(s.settings.undo)
	if err := s.SetSetting(st.Name, v, st.Local); err != nil {
		return "", err
	}
	if lasting { // a variable of MySQL's keeps its value, whatever the transaction's end
		s.settings.undo = s.settings.undo[:before]
	}
	return tag, nil
}

func (s *Session) sessionModes(m *ast.TxnStmt) error {
	if m.Isolation != "" {
		if err := s.settings.assign("default_transaction_isolation", m.Isolation, false); err != nil {
			return err
		}
	}
	if m.Deferrable != nil {
		if err := s.settings.assign("default_transaction_deferrable", fmt.Sprint(*m.Deferrable), false); err != nil {
			return err
		}
	}
	if m.ReadOnly != nil {
		return s.settings.assign("default_transaction_read_only", fmt.Sprint(*m.ReadOnly), false)
	}
	return nil
}

// setValue is the text of SET's value list.
func (s *Session) setValue(ctx context.Context, st *ast.Set) (string, error) {
	if st.Current {
		v, ok := s.settings.show(st.Name)
		if !ok {
			return "", unknownSetting(st.Name)
		}
		return v, s.MayShow(st.Name)
	}
	key := strings.ToLower(st.Name)
	list := quotedLists[key]
	if len(st.Values) > 1 && !list && !plainLists[key] {
		return "", pgerr.Newf(pgerrcode.InvalidParameterValue, "SET %s takes only one argument", st.Name)
	}
	var parts []string
	for _, v := range st.Values {
		if c, ok := v.(*ast.Cast); ok && key == "timezone" && c.To.Name.Name == "interval" {
			return s.zoneOfInterval(c)
		}
		var text string
		switch x := v.(type) {
		case *ast.Lit:
			switch x.Kind {
			case ast.LitInt:
				text = fmt.Sprint(x.Int)
			case ast.LitBool:
				text = map[bool]string{true: "on", false: "off"}[x.Bool]
			default:
				text = x.Text
			}
		default:
			d, err := s.computed(ctx, v)
			if err != nil {
				return "", err
			}
			text = d.Text()
		}
		if list {
			text = quoteIfNeeded(text)
		}
		parts = append(parts, text)
	}
	if strings.EqualFold(st.Name, "timezone") && len(parts) == 1 {
		return timeZoneValue(parts[0])
	}
	return strings.Join(parts, ", "), nil
}

// computed is the value of an expression, which may have subqueries, as text.
func (s *Session) computed(ctx context.Context, x ast.Expr) (types.Datum, error) {
	queries := false
	ast.Walk(x, func(n ast.Node) bool {
		_, is := n.(*ast.Subquery)
		queries = queries || is
		return !queries
	})
	if !queries {
		return s.evalExpr(x, types.Of(types.TextOID))
	}
	q, err := s.prepare(ctx, s.text, ast.Parsed{Stmt: &ast.Select{Targets: []ast.Target{{Expr: x}}}}, nil)
	if err != nil {
		return types.Null, err
	}
	rows, err := s.run(ctx, &portal{s: s, stmt: q, columns: q.columns, kind: q.kind})
	if err != nil {
		return types.Null, err
	}
	defer rows.close()
	b, err := rows.next(ctx)
	if err != nil || b == nil || b.Len() == 0 {
		return types.Null, err
	}
	return b.Cols[0].Datum(int(b.Sel[0])).Clone(), nil
}

// zoneOfInterval is SET TIME ZONE INTERVAL '…': the zone that is so far from UTC.
func (s *Session) zoneOfInterval(e *ast.Cast) (string, error) {
	d, err := s.evalExpr(e, types.Of(types.IntervalOID))
	if err != nil {
		return "", err
	}
	iv := types.IntervalOf(d)
	for _, part := range []struct {
		n    int32
		name string
	}{{iv.Months, "months"}, {iv.Days, "days"}} {
		if part.n != 0 {
			text := string(types.AppendText(nil, types.Of(types.IntervalOID), d, &s.settings.format))
			return "", pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid value for parameter \"TimeZone\": \"INTERVAL '%s'\"", text).
				WithDetail("Cannot specify %s in time zone interval.", part.name)
		}
	}
	_, name := types.FixedZone(int(iv.Micros / 1e6))
	return name, nil
}

// settingWritten is the name of a setting and the value that a SET keeps for later, as
// it was written, checked.
func (s *Session) settingWritten(st *ast.Set) (name, value string, err error) {
	name = lower(st.Name)
	d := byName[lower(st.Name)]
	if d == nil {
		if err := checkCustom(st.Name); err != nil {
			return "", "", err
		}
	} else if err := d.changeable(); err != nil {
		return "", "", err
	} else if err := s.maySet(st.Name); err != nil {
		return "", "", err
	} else {
		name = d.name
	}
	if st.Forgets() {
		return name, "", nil
	}
	if value, err = s.setValue(context.Background(), st); err == nil && d != nil {
		_, err = s.settings.canonical(d.as(st.Name), value)
	}
	return name, value, err
}

// timeZoneValue accepts names and hours east of UTC.
func timeZoneValue(v string) (string, error) {
	switch strings.ToLower(v) {
	case "local", "default":
		return "UTC", nil
	}
	return v, nil
}

// quoteIfNeeded prints an element of search_path.
func quoteIfNeeded(name string) string {
	for i, r := range name {
		ok := r == '_' || r >= 'a' && r <= 'z' || i > 0 && (r >= '0' && r <= '9' || r == '$')
		if !ok {
			return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
	}
	if name == "" {
		return `""`
	}
	return name
}

// rowsOf is a result made at once.
type rowsOf struct {
	b   *batch.Batch
	tag string
}

func (r *rowsOf) next(context.Context) (*batch.Batch, error) {
	b := r.b
	r.b = nil
	if b == nil || b.Len() == 0 {
		return nil, nil
	}
	return b, nil
}
func (r *rowsOf) finish() string { return r.tag }
func (r *rowsOf) close()         {}

// textRows makes rows of text columns.
func textRows(tag string, columns int, rows [][]string) source {
	if len(rows) > batch.MaxRows {
		buf := &manyRows{tag: tag, columns: columns, rows: rows}
		return buf
	}
	return &rowsOf{textBatch(columns, rows), tag}
}

func textBatch(columns int, rows [][]string) *batch.Batch {
	ts := make([]types.T, columns)
	for i := range ts {
		ts[i] = types.Of(types.TextOID)
	}
	b := batch.New(ts, max(1, len(rows)))
	for i, row := range rows {
		for k, v := range row {
			b.Cols[k].Set(i, types.String(v))
		}
	}
	b.Sel = batch.Identity(len(rows))
	return b
}

// manyRows is textRows of more than a batch.
type manyRows struct {
	tag     string
	columns int
	rows    [][]string
}

func (m *manyRows) next(context.Context) (*batch.Batch, error) {
	n := min(len(m.rows), batch.MaxRows)
	if n == 0 {
		return nil, nil
	}
	b := textBatch(m.columns, m.rows[:n])
	m.rows = m.rows[n:]
	return b, nil
}
func (m *manyRows) finish() string { return m.tag }
func (m *manyRows) close()         {}

func textColumns(names ...string) []backend.Column {
	var cols []backend.Column
	for _, n := range names {
		cols = append(cols, backend.Column{Name: n, Type: types.Of(types.TextOID)})
	}
	return cols
}

func (s *Session) showColumns(st *ast.Show) []backend.Column {
	if st.Name == "all" {
		return textColumns("name", "setting", "description")
	}
	if d := byName[lower(st.Name)]; d != nil {
		return textColumns(d.name)
	}
	return textColumns(st.Name)
}

// show runs SHOW.
func (s *Session) show(st *ast.Show) (source, error) {
	if st.Name == "all" {
		var rows [][]string
		for _, d := range s.listed() {
			v, _ := s.settings.show(d.name)
			rows = append(rows, []string{d.name, v, d.desc})
		}
		return textRows("SHOW", 3, rows), nil
	}
	v, ok := s.settings.show(st.Name)
	if !ok {
		return nil, unknownSetting(st.Name)
	}
	if err := s.MayShow(st.Name); err != nil {
		return nil, err
	}
	return textRows("SHOW", 1, [][]string{{v}}), nil
}

// sqlPrepare is PREPARE.
func (s *Session) sqlPrepare(ctx context.Context, p *portal, st *ast.Prepare) error {
	if st.Text != nil {
		return s.prepareFrom(ctx, st)
	}
	if s.stmts[st.Name] != nil {
		return pgerr.Newf(pgerrcode.DuplicatePreparedStatement, "prepared statement %q already exists", st.Name)
	}
	var declared []types.OID
	for i := range st.Types {
		t, err := bind.TypeName(&st.Types[i], s.planOptions(nil))
		if err != nil {
			return err
		}
		declared = append(declared, t.OID)
	}
	q, err := s.prepare(ctx, p.stmt.text, ast.Parsed{Stmt: st.Stmt, Start: int(st.Pos), End: int(st.Pos)}, declared)
	if err != nil {
		return err
	}
	q.name, q.fromSQL, q.source = st.Name, true, p.stmt.source
	s.stmts[st.Name] = q
	return nil
}

// prepareFrom is PREPARE … FROM, which replaces a statement of the same name.
func (s *Session) prepareFrom(ctx context.Context, st *ast.Prepare) error {
	d, err := s.evalExpr(st.Text, types.Of(types.TextOID))
	if err != nil {
		return err
	}
	delete(s.stmts, st.Name)
	if d.IsNull() {
		return pgerr.New(pgerrcode.SyntaxError, "the statement to prepare is null")
	}
	text := d.Text()
	q, err := s.prepareText(ctx, text, nil)
	if e, ok := pgerr.As(err); ok { // its position is one of the text prepared, not of this statement
		inner := *e
		inner.Position = 0
		return &inner
	}
	if err != nil {
		return err
	}
	if q.stmt == nil {
		return pgerr.New(pgerrcode.SyntaxError, "the statement to prepare is empty")
	}
	q.name, q.fromSQL, q.source = st.Name, true, text
	s.stmts[st.Name] = q
	return nil
}

func (s *Session) deallocate(st *ast.Deallocate) (string, error) {
	if st.Name == "" {
		clear(s.stmts)
		return "DEALLOCATE ALL", nil
	}
	if _, err := s.lookup(st.Name); err != nil {
		return "", err
	}
	delete(s.stmts, st.Name)
	return "DEALLOCATE", nil
}

func (s *Session) discard(ctx context.Context, st *ast.Discard) (string, error) {
	if st.What == "ALL" {
		if err := s.tx.alone("DISCARD ALL"); err != nil {
			return "", err
		}
		s.closePortals()
		clear(s.stmts)
		s.settings.resetAll()
		s.db.advisory.releaseAll(s)
		s.db.notify.remove(s)
		clear(s.seqVals)
		s.lastSeq = 0
	}
	if st.What == "ALL" || st.What == "TEMP" {
		if err := s.discardTemp(ctx); err != nil {
			return "", err
		}
	}
	if st.What == "SEQUENCES" {
		clear(s.seqVals)
		s.lastSeq = 0
	}
	return "DISCARD " + st.What, nil
}
