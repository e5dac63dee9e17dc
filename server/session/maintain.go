package session

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
)

// maintain is VACUUM and ANALYZE. Space comes back without VACUUM; what it is
// asked for beyond that is ANALYZE.
func (s *Session) maintain(ctx context.Context, st *ast.Maintenance) (string, error) {
	tag, analyze := "ANALYZE", true
	if st.Vacuum {
		tag, analyze = "VACUUM", false
		if err := s.tx.alone(tag); err != nil {
			return "", err
		}
		for i := range st.Options {
			switch lower(st.Options[i].Name) {
			case "analyze":
				b, err := parseBool(optionText(&st.Options[i]))
				analyze = st.Options[i].Value == nil || err == nil && b
			case "full", "freeze", "verbose", "disable_page_skipping", "skip_locked", "index_cleanup", "process_toast", "truncate", "parallel":
			default:
				return "", pgerr.Newf(pgerrcode.SyntaxError, "unrecognized VACUUM option %q", st.Options[i].Name).At(int(st.Options[i].Pos))
			}
		}
	}
	tables, err := s.maintained(st)
	if err != nil || !analyze {
		return tag, err
	}
	for _, t := range tables {
		err := s.retry(ctx, tag, func() error { return s.analyzeTable(ctx, t) })
		if err != nil {
			return "", err
		}
	}
	return tag, nil
}

// maintained are the tables named, or all of them.
func (s *Session) maintained(st *ast.Maintenance) ([]*catalog.Table, error) {
	var out []*catalog.Table
	if len(st.Tables) == 0 {
		for _, t := range s.Catalog().Tables() {
			if t.Kind == catalog.KindTable {
				out = append(out, t)
			}
		}
		return out, nil
	}
	for i := range st.Tables {
		t, err := s.findTable(&st.Tables[i].Name)
		if err != nil {
			return nil, err
		}
		if t.Kind != catalog.KindTable {
			s.warn(pgerrcode.WrongObjectType, "skipping \""+t.Name+"\" --- cannot analyze non-tables or special system tables")
			continue
		}
		for _, c := range st.Tables[i].Columns {
			if t.ColumnByName(c) == nil {
				return nil, pgerr.Newf(pgerrcode.UndefinedColumn, "column %q of relation %q does not exist", c, t.Name)
			}
		}
		out = append(out, t)
	}
	return out, nil
}

// analyzeTable stores fresh statistics of a table.
func (s *Session) analyzeTable(ctx context.Context, t *catalog.Table) error {
	changes := s.db.activity.Changes(t.Storage)
	env := s.newEnv(ctx, s.tx.txn, nil)
	st, err := executor.Analyze(ctx, env, t)
	if err != nil {
		return err
	}
	edit, err := s.db.store.Edit(ctx, s.tx.txn, s.Catalog())
	if err != nil {
		return err
	}
	s.tx.catalog = edit.Snap
	s.tx.txn.AtCommit(func(kv.TS) { s.db.activity.Settle(t.Storage, changes) })
	return edit.PutStats(t.ID, st)
}
