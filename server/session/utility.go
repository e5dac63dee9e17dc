package session

import (
	"context"
	"errors"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
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
	case *ast.Load:
		return "LOAD", s.load(st.File)
	case *ast.SecurityLabel:
		return "", noLabels(st)
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
	}
	return s.define(ctx, p)
}

// noLabels is the answer to SECURITY LABEL, whose providers are libraries of PostgreSQL's.
func noLabels(st *ast.SecurityLabel) error {
	if st.Provider != "" {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "security label provider \"%s\" is not loaded", st.Provider)
	}
	return pgerr.New(pgerrcode.InvalidParameterValue, "no security label providers have been loaded")
}

// block runs the statements of a block. An error undoes those before, as it ends
// the transaction or the statement's own.
func (s *Session) block(ctx context.Context, p *portal, b *ast.Block) error {
	stmts, warnings := b.Stmts, b.Warnings
	if len(stmts) > 0 {
		if ct, ok := stmts[0].(*ast.CreateTable); ok && ct.IfNotExists {
			if _, err := s.tx.statementView(ctx, true); err != nil {
				return err
			}
			if s.isMade(ct) {
				stmts, warnings = stmts[:1], nil // what follows is about the table that is not made
			}
		}
	}
	for _, st := range stmts {
		one := *p.stmt
		one.stmt, one.plan = st, nil
		if _, err := s.utility(ctx, &portal{s: s, stmt: &one}); err != nil {
			return err
		}
	}
	for _, w := range warnings {
		e := pgerr.New(pgerrcode.Warning, w)
		e.Severity = pgerr.Warning
		s.notice(e)
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

// restarting runs a definition, again when what it met is newer than its view (READ
// COMMITTED).
func (s *Session) restarting(ctx context.Context, run func() error) error {
	if _, err := s.tx.statementView(ctx, true); err != nil {
		return err
	}
	mark, before := s.tx.txn.Savepoint(), s.tx.catalog
	for tries := 0; ; tries++ {
		s.tx.defining++
		err := run()
		s.tx.defining--
		if err == nil {
			s.tx.follow() // functions that it has called may have moved the view
		}
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

// sqlPrepare is PREPARE.
func (s *Session) sqlPrepare(ctx context.Context, p *portal, st *ast.Prepare) error {
	if st.Text != nil {
		return s.prepareFrom(ctx, st)
	}
	var declared []types.OID
	domains := map[int]types.OID{}
	for i := range st.Types {
		t, err := bind.TypeName(&st.Types[i], s.planOptions(nil))
		if err != nil {
			return err
		}
		if d := bind.UserDomain(&st.Types[i], s.planOptions(nil)); d != nil {
			domains[i] = d.ID
		}
		declared = append(declared, t.OID)
	}
	q, err := s.prepare(ctx, p.stmt.text, ast.Parsed{Stmt: st.Stmt, Start: int(st.Pos), End: int(st.Pos)}, declared)
	if err != nil {
		return err
	}
	if s.stmts[st.Name] != nil {
		return pgerr.Newf(pgerrcode.DuplicatePreparedStatement, "prepared statement %q already exists", st.Name)
	}
	q.name, q.fromSQL, q.source, q.domains = st.Name, true, p.stmt.text, domains
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
		if _, err := s.resetIdentity("session_authorization", false); err != nil {
			return "", err
		}
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
