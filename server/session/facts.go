package session

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/storage/catalogstore"
	"github.com/loxodb/loxodb/storage/sequence"
)

// This file is what SQL functions may ask of the session: builtin.Session.

var _ builtin.Session = (*Session)(nil)

// Database implements builtin.Session.
func (s *Session) Database() string { return s.db.name() }

// BackendPID implements builtin.Session.
func (s *Session) BackendPID() int32 { return s.pid }

// Version implements builtin.Session.
func (s *Session) Version() string {
	return "PostgreSQL 15.18 (LoxoDB " + s.db.cfg.Version + ") on " + platform() + ", 64-bit"
}

// Catalog implements builtin.Session: what the running transaction sees of the shared
// catalog, or the committed one, with the session's temporary objects.
func (s *Session) Catalog() *catalog.Snapshot {
	if c := s.tx.catalog; c != nil && catalogstore.Uncommitted(c.Version) {
		return c
	}
	return s.withTemp(s.sharedCatalog())
}

// sharedCatalog is what others have committed of the catalog, at the view.
func (s *Session) sharedCatalog() *catalog.Snapshot {
	switch {
	case s.tx.txn != nil:
		return s.db.store.At(s.tx.txn.At())
	case s.tx.view != nil:
		return s.db.store.At(s.tx.view.At())
	}
	return s.db.store.Current()
}

// SearchPath implements builtin.Session: schemas that exist, in order.
func (s *Session) SearchPath(implicit bool) []string { return s.searchPath(implicit, implicit) }

// searchPath is the search path, with the session's temporary schema before
// everything and pg_catalog after it, if they are asked for and not named elsewhere.
func (s *Session) searchPath(temp, system bool) []string {
	snap := s.Catalog()
	var path []string
	user := s.current()
	for _, name := range s.pathNames() {
		if x, ok := snap.Schema(name); ok && (user.Super || snap.MayUseSchema(x, user.ID, catalog.PrivUsage)) {
			path = append(path, x.Name)
			temp = temp && !x.Temp
		}
		system = system && name != "pg_catalog"
	}
	if system {
		path = append([]string{"pg_catalog"}, path...)
	}
	if x, ok := snap.TempSchema(); ok && temp {
		path = append([]string{x.Name}, path...)
	}
	return path
}

// pathNames are the names in search_path, whether there are such schemas or not.
func (s *Session) pathNames() []string {
	v, _ := s.settings.get("search_path")
	names, _ := splitNames(v)
	for i := range names {
		if names[i] == "$user" {
			names[i] = s.CurrentUser()
		}
	}
	return names
}

// splitNames splits a list of identifiers, some in quotes; false when it is not one.
func splitNames(v string) ([]string, bool) {
	const space = " \t\n\r\f\v"
	var names []string
	rest := strings.Trim(v, space)
	if rest == "" {
		return nil, true
	}
	for {
		name, ok := "", false
		if rest != "" && rest[0] == '"' {
			name, rest, ok = cutQuoted(rest)
		} else {
			n := strings.IndexAny(rest, ","+space)
			if n < 0 {
				n = len(rest)
			}
			name, rest, ok = lower(rest[:n]), rest[n:], n > 0
		}
		if !ok {
			return nil, false
		}
		names = append(names, name)
		if rest = strings.TrimLeft(rest, space); rest == "" {
			return names, true
		}
		if rest[0] != ',' {
			return nil, false
		}
		rest = strings.TrimLeft(rest[1:], space)
	}
}

// cutQuoted takes a quoted identifier off the front of s.
func cutQuoted(s string) (name, rest string, ok bool) {
	var sb strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] == '"' {
			if i+1 == len(s) || s[i+1] != '"' {
				return sb.String(), s[i+1:], true
			}
			i++
		}
		sb.WriteByte(s[i])
	}
	return "", "", false
}

// Setting implements builtin.Session.
func (s *Session) Setting(name string) (string, bool) { return s.settings.show(name) }

// ResetSetting implements builtin.Session.
func (s *Session) ResetSetting(name string, local bool) error {
	if mode := transactionModes[lower(name)]; mode != "" {
		return s.tx.setMode(lower(name), mode)
	}
	if ok, err := s.resetIdentity(name, local); ok {
		return err
	}
	if err := s.maySet(name); err != nil {
		return err
	}
	return s.settings.reset(name, local)
}

// SetSetting implements builtin.Session.
func (s *Session) SetSetting(name, value string, local bool) error {
	switch lower(name) {
	case "role":
		return s.setRole(value, local)
	case "session_authorization":
		return s.setSessionUser(value, local)
	case "transaction_isolation", "transaction_read_only", "transaction_deferrable":
		return s.tx.setMode(lower(name), value)
	}
	if err := s.maySet(name); err != nil {
		return err
	}
	return s.settings.assign(name, value, local)
}

// Nextval implements builtin.Session.
func (s *Session) Nextval(ctx context.Context, id catalog.ID) (int64, error) {
	def, err := s.sequence(id)
	if err != nil {
		return 0, err
	}
	if err := s.mayDraw(def, catalog.PrivUsage|catalog.PrivUpdate); err != nil {
		return 0, err
	}
	return s.NextIdentity(ctx, id)
}

// NextIdentity is Nextval for an identity column, which needs no privilege of the
// sequence.
func (s *Session) NextIdentity(ctx context.Context, id catalog.ID) (int64, error) {
	def, err := s.sequence(id)
	if err != nil {
		return 0, err
	}
	if err := s.tx.mayWriteTo(def.Temp, "nextval()"); err != nil {
		return 0, err
	}
	v, err := s.positions(def).Next(ctx, def)
	if err == nil {
		s.seqVals[id], s.lastSeq = v, id
	}
	return v, err
}

func (s *Session) sequence(id catalog.ID) (*catalog.Sequence, error) {
	if def, ok := s.Catalog().SequenceByID(id); ok {
		return def, nil
	}
	if t, ok := s.Catalog().TableByID(id); ok {
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a sequence", t.Name)
	}
	return nil, pgerr.Newf(pgerrcode.UndefinedTable, "relation with OID %d does not exist", id)
}

// positions keeps the sequence's.
func (s *Session) positions(def *catalog.Sequence) *sequence.Manager {
	if !def.Temp {
		return s.db.seqs
	}
	if s.temp.seqs == nil {
		s.temp.seqs = sequence.NewVolatile()
	}
	return s.temp.seqs
}

// Currval implements builtin.Session.
func (s *Session) Currval(id catalog.ID) (int64, error) {
	def, err := s.sequence(id)
	if err != nil {
		return 0, err
	}
	if err := s.mayDraw(def, catalog.PrivUsage|catalog.PrivSelect); err != nil {
		return 0, err
	}
	if v, ok := s.seqVals[id]; ok {
		return v, nil
	}
	return 0, pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "currval of sequence %q is not yet defined in this session", def.Name)
}

// Advance implements builtin.Session.
func (s *Session) Advance(ctx context.Context, id catalog.ID, v int64) error {
	def, err := s.sequence(id)
	if err != nil {
		return err
	}
	return s.db.seqs.Advance(ctx, def, v)
}

// Inserted implements builtin.Session.
func (s *Session) Inserted(v int64, stmt time.Time) {
	if stmt.IsZero() || !stmt.Equal(s.inserted.stmt) {
		s.inserted.stmt, s.inserted.first = stmt, v
	}
}

// LastInsertID implements builtin.Session.
func (s *Session) LastInsertID() int64 { return s.inserted.first }

// Lastval implements builtin.Session.
func (s *Session) Lastval() (int64, error) {
	if v, ok := s.seqVals[s.lastSeq]; ok {
		if def, err := s.sequence(s.lastSeq); err == nil { // else it is gone
			return v, s.mayDraw(def, catalog.PrivUsage|catalog.PrivSelect)
		}
	}
	return 0, pgerr.New(pgerrcode.ObjectNotInPrerequisiteState, "lastval is not yet defined in this session")
}

// Setval implements builtin.Session.
func (s *Session) Setval(ctx context.Context, id catalog.ID, v int64, called bool) error {
	def, err := s.sequence(id)
	if err != nil {
		return err
	}
	if err := s.mayDraw(def, catalog.PrivUpdate); err != nil {
		return err
	}
	if err := s.tx.mayWriteTo(def.Temp, "setval()"); err != nil {
		return err
	}
	if err := s.positions(def).Set(ctx, def, v, called); err != nil {
		return err
	}
	if called {
		s.seqVals[id] = v
	}
	return nil
}

// Definition implements builtin.Session.
func (s *Session) Definition(kind string, oid catalog.ID, arg int, pretty bool) (string, bool) {
	return s.printer(pretty).Definition(kind, oid, arg)
}

// visible reports whether an unqualified name finds the relation of that schema.
func (s *Session) visible(schema catalog.ID, name string) bool {
	snap := s.Catalog()
	for _, p := range s.SearchPath(true) {
		sc, ok := snap.Schema(p)
		if !ok {
			continue
		}
		if sc.ID == schema {
			return true
		}
		if snap.RelationExists(sc.ID, name) {
			return false
		}
		if t, v := syscat.Lookup(p, name); t != nil || v != nil {
			return false
		}
	}
	return false
}

// TxnID implements builtin.Session.
func (s *Session) TxnID(ctx context.Context, assign bool) (uint64, error) {
	if !assign {
		return s.tx.number, nil
	}
	return s.tx.xid(ctx)
}

// NextTxnID implements builtin.Session.
func (s *Session) NextTxnID(ctx context.Context) (uint64, error) { return s.db.xids.Peek(ctx) }

// SignalBackend implements builtin.Session.
func (s *Session) SignalBackend(pid int32, terminate bool) bool {
	if s.db.cfg.Signal == nil {
		return false
	}
	return s.db.cfg.Signal(pid, terminate)
}

// Engine implements builtin.Session.
func (s *Session) Engine(fact string, args ...string) (string, error) {
	if v, ok := s.outcomeFact(fact, args); ok {
		return v, nil
	}
	switch fact {
	case "export_snapshot":
		return s.tx.exportSnapshot()
	case "client_addr":
		return s.host(), nil
	case "client_port":
		if s.host() == "" {
			return "", nil
		}
		return strconv.Itoa(int(s.port())), nil
	case "query":
		s.activity.mu.Lock()
		defer s.activity.mu.Unlock()
		return s.activity.query, nil
	case "lock_holder":
		var key [2]int64
		key[0], _ = strconv.ParseInt(args[0], 10, 64)
		key[1], _ = strconv.ParseInt(args[1], 10, 64)
		if h := s.db.advisory.holder(key); h != nil {
			return strconv.Itoa(int(h.pid)), nil
		}
		return "", nil
	case "release_locks":
		space, _ := strconv.ParseInt(args[0], 10, 64)
		return strconv.Itoa(s.db.advisory.releaseIn(s, space)), nil
	case "start_time":
		return s.db.c.started.UTC().Format("2006-01-02 15:04:05.999999-07"), nil
	case "listening":
		return strings.Join(s.db.notify.listening(s), "\n"), nil
	case "sequence_last_value":
		sc, ok := s.Catalog().Schema(args[1])
		if !ok {
			return "", nil
		}
		def, ok := s.Catalog().Sequence(sc.ID, args[0])
		if !ok {
			return "", nil
		}
		last, called, err := s.positions(def).Get(context.Background(), def)
		if err != nil || !called {
			return "", err
		}
		return strconv.FormatInt(last, 10), nil
	}
	return "", pgerr.NotSupported(-1, "%s is not supported", fact)
}

// findTable resolves a table name by the search path. Like PostgreSQL's, its errors
// have no position: the name stands in a statement that is not a query.
func (s *Session) findTable(n *ast.QName) (*catalog.Table, error) {
	snap := s.Catalog()
	if n.Schema != "" {
		sc, ok := snap.Schema(n.Schema)
		if !ok {
			return nil, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", n.Schema)
		}
		if t, ok := snap.Table(sc.ID, n.Name); ok {
			return t, nil
		}
		return nil, pgerr.Newf(pgerrcode.UndefinedTable, "relation \"%s.%s\" does not exist", n.Schema, n.Name)
	}
	for _, p := range s.SearchPath(true) {
		if sc, ok := snap.Schema(p); ok {
			if t, ok := snap.Table(sc.ID, n.Name); ok {
				return t, nil
			}
		}
	}
	return nil, pgerr.Newf(pgerrcode.UndefinedTable, "relation %q does not exist", n.Name)
}

// systemRelation is the system relation that a name means, nil when it means none.
func (s *Session) systemRelation(n *ast.QName) *syscat.Table {
	path := []string{n.Schema}
	if n.Schema == "" {
		path = s.SearchPath(true)
	}
	snap := s.Catalog()
	for _, p := range path {
		if t, _ := syscat.Lookup(p, n.Name); t != nil {
			return t
		}
		if sc, ok := snap.Schema(p); ok && snap.RelationExists(sc.ID, n.Name) {
			return nil
		}
	}
	return nil
}

// system is the session as the system relations see it: syscat.Env and syscat.Live.
type system struct{ s *Session }

var _ syscat.Live = system{}

// Catalog implements syscat.Env.
func (x system) Catalog() *catalog.Snapshot { return x.s.Catalog() }

// Printer implements syscat.Definer.
func (x system) Printer(pretty bool) *syscat.Printer { return x.s.printer(pretty) }

// ViewReads implements syscat.Definer.
func (x system) ViewReads(view *catalog.Table) []syscat.Reading { return shower{s: x.s}.reads(view) }

// Regclasses implements syscat.Definer.
func (x system) Regclasses(text string) []catalog.ID { return shower{s: x.s}.regclasses(text) }

// Columns implements syscat.Definer.
func (x system) Columns(text string, t *catalog.Table) []int16 {
	return shower{s: x.s}.columns(text, t)
}

// NextXID implements syscat.XIDs.
func (x system) NextXID() uint32 {
	n, err := x.s.NextTxnID(context.Background())
	if err != nil {
		return 0
	}
	return uint32(n)
}

// Database implements syscat.Env.
func (x system) Database() string { return x.s.Database() }

// CurrentUser implements syscat.Env.
func (x system) CurrentUser() string { return x.s.CurrentUser() }

// Settings implements syscat.Live.
func (x system) Settings() []syscat.Setting {
	var out []syscat.Setting
	kinds := map[vartype]string{varBool: "bool", varInt: "integer", varReal: "real", varString: "string", varEnum: "enum"}
	for _, d := range x.s.listed() {
		name := lower(d.name)
		v, _ := x.s.settings.get(d.name)
		r := syscat.Setting{
			Name: d.name, Value: v, Unit: d.unit, Category: d.group, Short: d.desc, Extra: d.extra, Context: d.context,
			Type: kinds[d.kind], Source: x.s.settings.from[name].String(), Boot: d.value, Reset: x.s.settings.start[name],
			NoBoot: unbooted[name],
		}
		if b, ok := booted[name]; ok {
			r.Boot = b
		} else if name == "server_version" {
			r.Boot = v
		}
		switch n, err := strconv.ParseInt(v, 10, 32); {
		case strings.HasPrefix(d.name, "transaction_"): // of the running transaction
			r.Source = "override"
		case modeSettings[d.name] && err == nil:
			r.Value = fmt.Sprintf("%04o", n)
		case d.name == "archive_command":
			r.Value = d.shown(v)
		}
		if d.kind == varInt || d.kind == varReal {
			r.Min, r.Max = d.amount(d.min), d.amount(d.max)
		}
		if d.enum != "" {
			r.Enum = d.choices()
		}
		out = append(out, r)
	}
	return out
}

// Backends implements syscat.Live.
func (x system) Backends() []syscat.Backend {
	var out []syscat.Backend
	x.s.db.c.eachSession(func(s *Session) {
		a := &s.activity
		waitType, wait := "", ""
		if s.waiting.Now() {
			waitType, wait = "Lock", "transactionid"
		}
		if s.waiting.ForView() {
			waitType, wait = "IPC", "SafeSnapshot"
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		out = append(out, syscat.Backend{
			PID: s.pid, Database: s.db.id, User: s.role.ID, UserName: s.user, Application: a.application, ClientAddr: s.host(), ClientPort: s.port(),
			Start: s.opened, TxnStart: a.xactStart, QueryStart: a.queryStart, StateChange: a.since,
			WaitType: waitType, Wait: wait, State: a.state, Query: a.query, Type: "client backend",
		})
	})
	return out
}

// Locks implements syscat.Live.
func (x system) Locks() []syscat.Lock {
	var out []syscat.Lock
	for _, d := range x.s.db.c.opened() {
		for _, l := range d.advisory.list() {
			l.Database = d.id
			out = append(out, l)
		}
	}
	return out
}

// Prepared implements syscat.Live.
func (x system) Prepared() []syscat.Prepared {
	var out []syscat.Prepared
	for name, p := range x.s.stmts {
		if name != "" {
			out = append(out, syscat.Prepared{Name: name, Statement: p.shownSource(), At: p.when, Params: p.shownParams(), FromSQL: p.fromSQL})
		}
	}
	return out
}

// shownSource is the text that the client sent, with whatever stands around the statement.
func (p *prepared) shownSource() string {
	if p.fromSQL {
		return p.source
	}
	return p.text
}

// Cursors implements syscat.Live.
func (x system) Cursors() []syscat.Cursor {
	var out []syscat.Cursor
	for name, p := range x.s.portals {
		if name != "" {
			text := p.declared
			if text == "" {
				text = p.stmt.source
			}
			out = append(out, syscat.Cursor{Name: name, Statement: text, Binary: p.binary, Holdable: p.hold, Scroll: p.scroll, At: p.stmt.when})
		}
	}
	return out
}

// Builds implements syscat.Live.
func (x system) Builds() []syscat.Build {
	var out []syscat.Build
	for _, d := range x.s.db.c.opened() {
		for _, b := range d.builds.list() {
			b.Database = d.id
			out = append(out, b)
		}
	}
	return out
}

// Caches implements syscat.Live.
func (x system) Caches() []syscat.Cache {
	d := x.s.db
	p, r, c := d.plans.Stats(), d.rows.Stats(), d.columns.Stats()
	return []syscat.Cache{
		{Name: "plans", Hits: int64(p.Hits), Misses: int64(p.Misses), Entries: int64(p.Entries), Bytes: int64(p.Bytes), MaxBytes: d.cfg.PlanCacheBytes},
		{Name: "rows", Hits: int64(r.Hits), Misses: int64(r.Misses), Entries: int64(r.Entries), Bytes: r.Bytes, MaxBytes: r.Max},
		{Name: "columns", Hits: int64(c.Hits), Misses: int64(c.Misses), Entries: int64(c.Entries), Bytes: c.Bytes, MaxBytes: c.Max},
	}
}

// VectorIndex implements syscat.Live.
func (x system) VectorIndex(id catalog.ID) (syscat.VectorIndex, bool) {
	ix, ok := x.s.db.vectors.Get(id)
	if !ok {
		return syscat.VectorIndex{}, false
	}
	st := ix.Stats()
	return syscat.VectorIndex{
		Entries: st.Entries, Dead: st.Dead, Segments: int64(st.Segments), HeadEntries: st.HeadEntries,
		Unlinked: st.Unindexed, Memory: st.Bytes, Disk: st.DiskBytes,
	}, true
}

// SequenceValue implements syscat.Live.
func (x system) SequenceValue(ctx context.Context, id catalog.ID) (last int64, called, ok bool) {
	def, found := x.s.Catalog().SequenceByID(id)
	if !found {
		return 0, false, false
	}
	last, called, err := x.s.positions(def).Get(ctx, def)
	return last, called, err == nil
}

// Activity implements syscat.Live.
func (x system) Activity(id catalog.ID) (a syscat.TableActivity, ok bool) {
	t, ok := x.s.Catalog().TableByID(id)
	if !ok {
		return a, false
	}
	a.ChangedSinceAnalyze = x.s.db.activity.Changes(t.Storage)
	if st := x.s.Catalog().Stats(id); st != nil {
		a.Live = int64(st.Rows)
	}
	return a, true
}
