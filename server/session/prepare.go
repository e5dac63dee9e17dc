package session

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/planner"
	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/parser"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/catalogstore"
)

// prepared is a statement ready to be bound: parsed, and planned if it is a query.
type prepared struct {
	name     string
	text     string // of the whole message, for positions
	source   string // of the statement alone
	stmt     ast.Stmt
	parsed   ast.Parsed // of simple queries, until they are prepared
	declared []types.OID
	domains  map[int]types.OID // that PREPARE declares parameters of
	params   []types.OID
	kind     backend.Kind
	columns  []backend.Column
	planned  []backend.Column // what portals describe, of a plan
	plan     *physical.Plan
	planKey  string          // what the plan was made under; see planKeyNow
	timed    bool            // constants of the plan depend on when it was made: 'now', 'today'
	fresh    stamp           // when planKey was last found to be right
	query    *executor.Query // idle operators of plan
	// fills is a new table that the statement fills with its query: it goes by
	// hiddenName, so that the query's names mean what they meant before there was the table.
	fills    catalog.ID
	warnings []*pgerr.Error // that came of planning it
	fromSQL  bool
	vars     *bind.Variables // of the function whose statement it is
	simple   bool            // of the simple protocol: without parameters
	told     bool            // reading its text gave notices
	// positions: the plan tells the row numbers behind a cursor's rows.
	positions bool
	when      time.Time
	counts    planCounts
}

// hiddenName is a name that no statement can contain.
const hiddenName = "\x00"

// stamp is a cheap witness that nothing a plan depends on has changed.
type stamp struct {
	catalog, temp catalog.Version
	settings      int
	sizes         int // of temporary tables
	trigger       catalog.ID
	acting        catalog.ID
	midway        bool // see planner.Options
}

func (s *Session) stampNow() stamp {
	snap := s.Catalog()
	return stamp{snap.Version, snap.TempVersion(), s.settings.version, s.tempSizes(snap), s.triggers.visible(), s.actingID(), s.pinned > 0}
}

// cachedPlan is an entry of the shared plan cache: a single planned statement.
type cachedPlan struct {
	stmt   ast.Stmt
	source string
	plan   *physical.Plan
	size   int64
}

// Bytes implements plancache.Entry.
func (c *cachedPlan) Bytes() int64 { return c.size }

// Parse implements backend.Session.
func (s *Session) Parse(ctx context.Context, name, query string, paramTypes []types.OID) error {
	if name != "" && s.stmts[name] != nil {
		return pgerr.Newf(pgerrcode.DuplicatePreparedStatement, "prepared statement %q already exists", name)
	}
	s.text = query
	if name == "" {
		delete(s.stmts, "")
	}
	ctx = s.limited(ctx)
	p, err := s.prepareText(ctx, query, slices.Clone(paramTypes)) // they are the wire's
	if err != nil {
		return s.complain(toPG(ctx, err))
	}
	p.name = name
	s.stmts[name] = p
	return nil
}

// prepareText prepares a query string of at most one statement.
func (s *Session) prepareText(ctx context.Context, query string, declared []types.OID) (*prepared, error) {
	if err := s.tx.planView(ctx); err != nil {
		return nil, err
	}
	if c, planKey, ok := s.shared(query, declared); ok && !(s.tx.block && s.tx.failed) {
		p := &prepared{text: query, source: c.source, stmt: c.stmt, declared: declared, when: time.Now()}
		p.setPlan(c.plan, planKey)
		return p, nil
	}
	list, told, err := s.parse(query)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return &prepared{text: query, kind: backend.KindEmpty, when: time.Now()}, nil
	}
	if len(list) > 1 {
		return nil, pgerr.New(pgerrcode.SyntaxError, "cannot insert multiple commands into a prepared statement")
	}
	p, err := s.prepare(ctx, query, list[0], declared)
	if err == nil && !told {
		s.share(p)
	}
	return p, err
}

// parse reads the client's text by its dialect and its settings about backslashes. told:
// there were notices, which everybody who sends it shall get.
func (s *Session) parse(text string) (list []ast.Parsed, told bool, err error) {
	list, err = s.parseAs(s.frontend(), text, func(w *pgerr.Error) {
		told = true
		s.notice(w)
	})
	return list, told, err
}

// parseAs is parse by one grammar; warn takes the warnings.
func (s *Session) parseAs(f parser.Frontend, text string, warn func(*pgerr.Error)) ([]ast.Parsed, error) {
	e, ok := f.(parser.Escaper)
	if !ok {
		return f.Parse(text)
	}
	list, warnings, err := e.ParseEscapes(text, s.settings.escapes)
	for _, w := range warnings {
		warn(w)
	}
	return list, err
}

// frontend reads the client's text in the dialect that it has chosen.
func (s *Session) frontend() parser.Frontend {
	name, _ := s.settings.get("sql_dialect")
	if f := s.db.cfg.Dialects[name]; f != nil {
		return f
	}
	return s.db.cfg.Parser
}

// shared finds a plan that some session made of the query under the present catalog
// and settings, and says what those are.
func (s *Session) shared(query string, declared []types.OID) (c *cachedPlan, planKey string, ok bool) {
	if !s.shareable(query) {
		return nil, "", false
	}
	planKey = s.planKeyNow()
	e, ok := s.db.plans.Get(s.cacheKey(planKey, query, declared))
	if !ok {
		return nil, "", false
	}
	return e.(*cachedPlan), planKey, true
}

// share offers a planned statement to the other sessions, under what it was planned.
func (s *Session) share(p *prepared) {
	if p.plan == nil || p.timed || len(p.warnings) > 0 || !s.shareable(p.text) {
		return // whoever plans a statement with warnings shall get them
	}
	s.db.plans.Put(s.cacheKey(p.planKey, p.text, p.declared), &cachedPlan{stmt: p.stmt, source: p.source, plan: p.plan, size: int64(p.plan.Bytes + 4*len(p.text) + 1024)})
}

// planSettings are the settings that plans depend on.
var planSettings = []string{"sql_dialect", "search_path", "quote_all_identifiers", "role", "row_security", "datestyle", "intervalstyle", "timezone", "array_nulls",
	"enable_seqscan", "enable_indexscan", "enable_hashjoin", "enable_nestloop", "enable_sort", "enable_hashagg",
	"loxodb.generated_values", "mysql.collation_connection", "mysql.sql_mode"}

// planKeyNow is everything besides text and parameter types that a plan depends on.
func (s *Session) planKeyNow() string {
	now := s.stampNow()
	if s.planKey != "" && s.planKeyAt == now {
		return s.planKey
	}
	key := make([]byte, 0, 256)
	for _, n := range planSettings {
		v, set := s.settings.get(n)
		key = append(key, v...)
		if set { // @@sql_mode without modes is not the one that nobody set
			key = append(key, 1)
		}
		key = append(key, 0)
	}
	key = fmt.Appendf(key, "%s\x00%d\x00%d\x00%d\x00%d\x00%d\x00%d\x00%t", s.SessionUser(), s.db.id, now.catalog, now.temp, now.sizes, now.trigger, now.acting, now.midway)
	s.planKey, s.planKeyAt = string(key), now
	return s.planKey
}

// shareable reports a query whose plan other sessions may use.
func (s *Session) shareable(query string) bool {
	return s.settings.plainEscapes() && !catalogstore.Uncommitted(s.Catalog().Version) && s.triggers.visible() == 0 && len(query) <= 64<<10
}

// cacheKey is what the query's plan is cached by. It holds until the next one is made.
func (s *Session) cacheKey(planKey, query string, declared []types.OID) []byte {
	k := append(s.key[:0], planKey...)
	k = append(k, "\x00["...)
	for _, t := range declared {
		k = strconv.AppendUint(append(k, ' '), uint64(t), 10)
	}
	k = append(append(k, "]\x00"...), query...)
	if cap(k) <= maxKept {
		s.key = k
	}
	return k
}

// maxKept bounds the memory for keys that a session keeps.
const maxKept = 4 << 10

// prepare gives one parsed statement its meaning.
func (s *Session) prepare(ctx context.Context, text string, x ast.Parsed, declared []types.OID) (*prepared, error) {
	return s.prepareAs(ctx, &prepared{text: text, declared: declared}, x)
}

// prepareAs is prepare for a statement of which p says how it came.
func (s *Session) prepareAs(ctx context.Context, p *prepared, x ast.Parsed) (*prepared, error) {
	p.source, p.stmt, p.when = strings.TrimSpace(p.text[x.Start:x.End]), x.Stmt, time.Now()
	if s.tx.block && s.tx.failed && !endsBlock(x.Stmt) {
		return nil, errFailedBlock()
	}
	if err := elsewhere(x.Stmt, s.Database()); err != nil {
		return nil, err
	}
	switch st := x.Stmt.(type) {
	case *ast.Select, *ast.Insert, *ast.Update, *ast.Delete, *ast.Merge:
		if sel, ok := st.(*ast.Select); ok && sel.Into != nil {
			p.kind = backend.KindCommand // SELECT INTO makes a table
			return p, nil
		}
		return p, s.replan(ctx, p)
	case *ast.Show:
		p.kind, p.columns = backend.KindRows, s.showColumns(st)
	case *ast.Explain:
		p.kind, p.columns = backend.KindRows, explainColumns(st)
		params, err := s.queryParams(ctx, st.Stmt, p)
		if err != nil {
			return nil, err
		}
		p.params = params
	case *ast.Execute, *ast.Fetch:
		s.describeNamed(ctx, p)
	case *ast.Call:
		if err := s.describeCall(ctx, p, st); err != nil {
			return nil, err
		}
	case *ast.Declare:
		params, err := s.queryParams(ctx, st.Query, p)
		if err != nil {
			return nil, err
		}
		p.kind, p.params = backend.KindCommand, params
	case *ast.CreateTable:
		params, err := s.queryParams(ctx, st.Query, p)
		if err != nil {
			return nil, err
		}
		p.kind, p.params = backend.KindCommand, params
	case *ast.Copy:
		switch {
		case st.File != "" || st.Program:
			p.kind = backend.KindCommand
		case st.From:
			p.kind = backend.KindCopyIn
		default:
			p.kind = backend.KindCopyOut
		}
	default:
		p.kind = backend.KindCommand
	}
	return p, nil
}

// describeNamed gives EXECUTE and FETCH the columns of what they name now. What is
// missing has none, and is an error only when the statement runs.
func (s *Session) describeNamed(ctx context.Context, p *prepared) {
	p.kind, p.columns = backend.KindCommand, nil
	switch st := p.stmt.(type) {
	case *ast.Execute:
		if q, err := s.executed(ctx, st); err == nil {
			p.kind, p.columns = q.kind, q.portalColumns()
		}
	case *ast.Fetch:
		if c, err := s.cursor(st.Name); err == nil && !st.Move {
			p.kind, p.columns = backend.KindRows, c.columns
		}
	}
}

// endsBlock reports the statements that a failed block accepts.
func endsBlock(st ast.Stmt) bool {
	t, ok := st.(*ast.TxnStmt)
	if !ok {
		return false
	}
	switch t.Kind {
	case ast.TxnCommit, ast.TxnRollback, ast.TxnRollbackTo, ast.TxnPrepare:
		return true
	}
	return false
}

// optionsFor is planOptions for what p declares.
func (s *Session) optionsFor(ctx context.Context, p *prepared) planner.Options {
	o := s.planOptions(p.declared)
	o.Context = ctx
	if p.fills != 0 {
		o.Catalog, o.Fill = o.Catalog.Renamed(p.fills, hiddenName), p.fills
	}
	o.NoParams, o.Vars = p.simple, p.vars
	o.Positions = p.positions
	o.Warn = func(w *pgerr.Error) { p.warnings = append(p.warnings, w) }
	return o
}

// replan plans the statement against the present catalog and settings. Outside of a
// transaction another session may publish a catalog meanwhile: a plan of the old one
// must not pass for one of the new, so it is made until nothing changed.
func (s *Session) replan(ctx context.Context, p *prepared) error {
	for {
		p.warnings = nil
		key := s.planKeyNow()
		o := s.optionsFor(ctx, p)
		p.timed = false
		o.Format.NowRead = &p.timed
		plan, err := planner.Plan(p.stmt, o)
		if key != s.planKeyNow() {
			continue
		}
		for _, w := range p.warnings {
			s.notice(w)
		}
		if err != nil {
			return err
		}
		if p.timed && s.tx.began.IsZero() {
			s.tx.began = o.Format.Now // now() is what 'now' was read as
		}
		p.setPlan(plan, key)
		return nil
	}
}

// shownParams are the types of the parameters as clients see them: domains are not their
// base types.
func (p *prepared) shownParams() []types.OID {
	list := p.params
	of := func(domains map[int]types.OID) {
		for n, d := range domains {
			if n < len(list) {
				list[n] = d
			}
		}
	}
	if p.plan != nil && len(p.plan.ParamDomains) > 0 {
		list = slices.Clone(list)
		of(p.plan.ParamDomains)
	}
	if len(p.domains) > 0 {
		list = slices.Clone(list)
		of(p.domains)
	}
	return list
}

func (p *prepared) setPlan(plan *physical.Plan, key string) {
	p.plan, p.planKey, p.params, p.query = plan, key, plan.Params, nil
	p.kind, p.columns = backend.KindCommand, nil
	if plan.Out != nil || plan.Tag == "SELECT" {
		p.kind, p.columns = backend.KindRows, resultColumns(plan.Out)
	}
	p.planned = plannedColumns(p.columns, plan.Out)
}

// portalColumns are the columns that a portal of the statement describes.
func (p *prepared) portalColumns() []backend.Column {
	if p.plan != nil {
		return p.planned
	}
	return p.columns
}

// plannedColumns are the columns as a portal describes them: with the modifiers of what
// constants have left of the query. They are columns where that is the same.
func plannedColumns(columns []backend.Column, out []physical.OutColumn) []backend.Column {
	planned := columns
	for i, c := range out {
		if c.FoldedMod == c.Type.Mod || c.Type.OID == types.RecordOID || c.Type.OID == types.RecordArrayOID {
			continue // the number of an anonymous row type is no modifier for clients
		}
		if &planned[0] == &columns[0] {
			planned = slices.Clone(columns)
		}
		planned[i].Type.Mod = c.FoldedMod
	}
	return planned
}

func resultColumns(out []physical.OutColumn) []backend.Column {
	cols := make([]backend.Column, len(out))
	for i, c := range out {
		cols[i] = backend.Column{Name: c.Name, Type: c.Type, Table: c.Table, Attnum: c.Attr}
	}
	return cols
}

// refresh makes sure that the plan fits the present catalog; a change of the
// result's columns is an error that drivers know (they prepare again).
func (s *Session) refresh(ctx context.Context, p *prepared) error {
	now := s.stampNow()
	if p.plan == nil {
		switch p.stmt.(type) {
		case *ast.Execute, *ast.Fetch:
			s.describeNamed(ctx, p)
		}
		return nil
	}
	if p.fresh == now {
		return nil
	}
	if p.planKey == s.planKeyNow() {
		p.fresh = now
		return nil
	}
	old, kind, planned := p.columns, p.kind, p.planned
	if err := s.replan(ctx, p); err != nil {
		return err
	}
	if !sameColumns(old, p.columns) {
		// The client knows the old ones: they hold until the table has them again.
		p.columns, p.kind, p.planned, p.planKey = old, kind, planned, ""
		return errResultChanged()
	}
	return nil
}

func sameColumns(a, b []backend.Column) bool {
	return slices.EqualFunc(a, b, func(x, y backend.Column) bool { return x.Type == y.Type && x.Name == y.Name })
}

func errResultChanged() error {
	e := pgerr.New(pgerrcode.FeatureNotSupported, "cached plan must not change result type")
	e.Routine = "RevalidateCachedQuery"
	return e
}

// lookup finds a prepared statement.
func (s *Session) lookup(name string) (*prepared, error) {
	if p := s.stmts[name]; p != nil {
		return p, nil
	}
	if name == "" {
		return nil, pgerr.New(pgerrcode.InvalidSQLStatementName, "unnamed prepared statement does not exist")
	}
	return nil, pgerr.Newf(pgerrcode.InvalidSQLStatementName, "prepared statement %q does not exist", name)
}

// DescribeStatement implements backend.Session.
func (s *Session) DescribeStatement(ctx context.Context, name string) (*backend.Statement, error) {
	p, err := s.lookup(name)
	if err != nil {
		return nil, err
	}
	s.text = p.text
	ctx = s.limited(ctx)
	if err := s.refresh(ctx, p); err != nil && p.plan != nil {
		return nil, toPG(ctx, err)
	}
	return &backend.Statement{Params: p.shownParams(), Columns: p.columns, Kind: p.kind}, nil
}

// CloseStatement implements backend.Session.
func (s *Session) CloseStatement(name string) error {
	delete(s.stmts, name)
	return nil
}
