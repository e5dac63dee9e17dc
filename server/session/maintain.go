package session

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex"
)

// maintain is VACUUM and ANALYZE.
func (s *Session) maintain(ctx context.Context, st *ast.Maintenance) (string, error) {
	o, err := maintenance(st)
	if err != nil {
		return "", err
	}
	tag := "ANALYZE"
	if st.Vacuum {
		tag = "VACUUM"
		if err := s.tx.alone(tag); err != nil {
			return "", err
		}
		if o.full && o.everyPage {
			return "", pgerr.New(pgerrcode.FeatureNotSupported, "VACUUM option DISABLE_PAGE_SKIPPING cannot be used with FULL")
		}
	}
	tables, err := s.maintained(st, o.analyze)
	if err != nil {
		return "", err
	}
	for _, t := range tables {
		if !s.mayMaintain(t, tag) {
			continue
		}
		if st.Vacuum && !t.IsPartitioned() {
			if err := s.vacuumTable(ctx, t, &o); err != nil {
				return "", err
			}
		}
		if o.analyze {
			if err := s.retry(ctx, tag, func() error { return s.analyzeTable(ctx, t) }); err != nil {
				return "", err
			}
		}
	}
	return tag, nil
}

// maintenanceOptions are what VACUUM and ANALYZE are told. Those that are about pages,
// of which there are none, are checked and change nothing.
type maintenanceOptions struct {
	analyze   bool
	full      bool
	everyPage bool
	cleanup   string // of indexes: auto, on, off
}

// maintenance reads the options, with PostgreSQL's complaints in its order.
func maintenance(st *ast.Maintenance) (o maintenanceOptions, err error) {
	o = maintenanceOptions{analyze: !st.Vacuum, cleanup: "auto"}
	parallel := 0
	for i := range st.Options {
		opt := &st.Options[i]
		name := lower(opt.Name)
		var into *bool
		switch {
		case name == "verbose" || name == "skip_locked":
			into = new(bool)
		case !st.Vacuum:
			return o, pgerr.Newf(pgerrcode.SyntaxError, "unrecognized ANALYZE option %q", opt.Name).At(int(opt.Pos))
		case name == "analyze":
			into = &o.analyze
		case name == "full":
			into = &o.full
		case name == "disable_page_skipping":
			into = &o.everyPage
		case name == "freeze" || name == "process_toast" || name == "truncate":
			into = new(bool)
		case name == "index_cleanup":
			if opt.Value == nil || lower(optionText(opt)) == "auto" {
				o.cleanup = "auto"
				continue
			}
			on, err := optionBool(opt)
			if err != nil {
				return o, err
			}
			o.cleanup = map[bool]string{true: "on", false: "off"}[on]
			continue
		case name == "parallel":
			if parallel, err = parallelOption(opt); err != nil {
				return o, err
			}
			continue
		default:
			return o, pgerr.Newf(pgerrcode.SyntaxError, "unrecognized VACUUM option %q", opt.Name).At(int(opt.Pos))
		}
		if *into, err = optionBool(opt); err != nil {
			return o, err
		}
	}
	if o.full && parallel > 0 {
		return o, pgerr.New(pgerrcode.FeatureNotSupported, "VACUUM FULL cannot be performed in parallel")
	}
	for i := range st.Tables {
		if len(st.Tables[i].Columns) > 0 && !o.analyze {
			return o, pgerr.New(pgerrcode.FeatureNotSupported, "ANALYZE option must be specified when a column list is provided")
		}
	}
	return o, nil
}

// optionBool is the value of a Boolean option: true when it has none.
func optionBool(o *ast.Option) (bool, error) {
	if o.Value == nil {
		return true, nil
	}
	switch lower(optionText(o)) {
	case "1", "true", "on":
		return true, nil
	case "0", "false", "off":
		return false, nil
	}
	return false, pgerr.Newf(pgerrcode.SyntaxError, "%s requires a Boolean value", o.Name)
}

func parallelOption(o *ast.Option) (int, error) {
	if o.Value == nil {
		return 0, pgerr.New(pgerrcode.SyntaxError, "parallel option requires a value between 0 and 1024").At(int(o.Pos))
	}
	n, err := strconv.Atoi(optionText(o))
	if err != nil {
		return 0, pgerr.Newf(pgerrcode.SyntaxError, "%s requires an integer value", o.Name)
	}
	if n < 0 || n > 1024 {
		return 0, pgerr.New(pgerrcode.SyntaxError, "parallel workers for vacuum must be between 0 and 1024").At(int(o.Pos))
	}
	return n, nil
}

// cleanupShare is the share of dead entries from which VACUUM writes a part of a vector
// index anew unless it is told otherwise: PostgreSQL leaves indexes alone when fewer than
// two pages in a hundred have dead rows.
const cleanupShare = 0.02

// vacuumTable has the table's vector indexes forget what nobody sees any more, without
// waiting for the share of the dead at which they would do so anyway. Rows need no VACUUM:
// old versions of them are removed as soon as nobody reads them.
func (s *Session) vacuumTable(ctx context.Context, t *catalog.Table, o *maintenanceOptions) error {
	s.tx.dropView() // it would keep what was deleted since
	s.db.vectors.Horizon(s.db.eng.Oldest())
	for _, x := range t.Indexes {
		ix, ok := s.db.vectors.Get(x.ID)
		if !x.IsVector() || !ok {
			continue
		}
		var err error
		switch {
		case o.full:
			err = ix.Rewrite(ctx)
		case o.cleanup == "on":
			err = ix.Vacuum(ctx, 0)
		case o.cleanup == "auto":
			err = ix.Vacuum(ctx, cleanupShare)
		}
		if err != nil && !errors.Is(err, vectorindex.ErrClosed) { // it may be dropped meanwhile
			return err
		}
	}
	if !o.full { // as PostgreSQL, for which that is another command
		s.db.usage.Done(t.ID, table.Vacuums, table.LastVacuum, time.Now().UnixMicro())
	}
	return nil
}

// isSequence reports the name of a sequence.
func (s *Session) isSequence(n *ast.QName) bool {
	path := []string{n.Schema}
	if n.Schema == "" {
		path = s.SearchPath(true)
	}
	for _, p := range path {
		if sc, ok := s.Catalog().Schema(p); ok {
			if _, ok := s.Catalog().Sequence(sc.ID, n.Name); ok {
				return true
			}
		}
	}
	return false
}

// maintained are the tables named, or all of them; partitioned ones are only analyzed.
func (s *Session) maintained(st *ast.Maintenance, analyze bool) ([]*catalog.Table, error) {
	var out []*catalog.Table
	if len(st.Tables) == 0 {
		for _, t := range s.Catalog().Tables() {
			if t.IsStored() && (!t.IsPartitioned() || analyze) {
				out = append(out, t)
			}
		}
		return out, nil
	}
	what := "analyze"
	if st.Vacuum {
		what = "vacuum"
	}
	skip := func(name string) {
		s.warn(pgerrcode.Warning, "skipping \""+name+"\" --- cannot "+what+" non-tables or special system tables")
	}
	for i := range st.Tables {
		if v := s.systemRelation(&st.Tables[i].Name); v != nil { // made anew whenever it is read
			if v.Kind != 'r' {
				skip(v.Name)
			}
			continue
		}
		t, err := s.findTable(&st.Tables[i].Name)
		if err != nil && s.isSequence(&st.Tables[i].Name) {
			skip(st.Tables[i].Name.Name)
			continue
		}
		if err != nil {
			return nil, err
		}
		if !t.IsStored() {
			skip(t.Name)
			continue
		}
		for n, c := range st.Tables[i].Columns {
			if t.ColumnByName(c) == nil {
				return nil, pgerr.Newf(pgerrcode.UndefinedColumn, "column %q of relation %q does not exist", c, t.Name)
			}
			if slices.Contains(st.Tables[i].Columns[:n], c) {
				return nil, pgerr.Newf(pgerrcode.DuplicateColumn, "column %q of relation %q appears more than once", c, t.Name)
			}
		}
		if !t.IsPartitioned() {
			out = append(out, t)
			continue
		}
		for _, m := range s.Catalog().Family(t) { // a partitioned table is what its partitions are
			if !m.IsPartitioned() || analyze {
				out = append(out, m)
			}
		}
	}
	return out, nil
}

// analyzeTable stores fresh statistics of a table.
func (s *Session) analyzeTable(ctx context.Context, t *catalog.Table) error {
	changes := s.db.activity.Changes(t.Storage)
	s.warnUngathered(t)
	env := s.newEnv(ctx, s.tx.txn, nil)
	exprs, err := bind.StatisticsExprs(t, s.planOptions(nil))
	if err != nil {
		return err
	}
	st, err := executor.Analyze(ctx, env, t, exprs)
	if err != nil {
		return err
	}
	edit := s.db.store.Edit(ctx, s.tx.txn, s.Catalog())
	s.tx.catalog = edit.Snap
	rows := int64(st.Rows) - s.tx.txn.Grown(t) // which is counted when the transaction ends
	s.tx.txn.AtCommit(func(kv.TS) {
		s.db.activity.Settle(t.Storage, changes)
		s.db.usage.Sized(t.ID, rows)
		s.db.usage.Done(t.ID, table.Analyses, table.LastAnalysis, time.Now().UnixMicro())
	})
	return edit.PutStats(t.ID, st)
}

// warnUngathered tells of the statistics objects that ANALYZE cannot compute.
func (s *Session) warnUngathered(t *catalog.Table) {
	of := s.Catalog().SchemaName(t.Schema)
	for _, x := range t.ExtStatistics {
		if t.Gathers(x) {
			continue
		}
		e := pgerr.Newf(pgerrcode.InvalidObjectDefinition, "statistics object \"%s.%s\" could not be computed for relation \"%s.%s\"",
			s.Catalog().SchemaName(x.Schema), x.Name, of, t.Name).OnTable(of, t.Name)
		e.Severity = pgerr.Warning
		s.notice(e)
	}
}
