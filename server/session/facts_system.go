package session

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
)

// findTable resolves a table name by the search path. Like PostgreSQL's, its errors
// have no position: the name stands in a statement that is not a query.
func (s *Session) findTable(n *ast.QName) (*catalog.Table, error) {
	snap := s.Catalog()
	if n.Schema != "" {
		sc, ok := snap.Schema(n.Schema)
		if !ok {
			return nil, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", n.Schema)
		}
		if err := s.mayUseSchema(n.Schema); err != nil {
			return nil, err
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
	numbers := x.s.db.xids.owners()
	wanted := map[int32]string{} // what kind of lock a session waits for, as pg_locks has it
	for _, l := range x.Locks() {
		if !l.Granted {
			wanted[l.PID] = l.Type
		}
	}
	x.s.db.c.eachSession(func(s *Session) {
		a := &s.activity
		a.mu.Lock()
		defer a.mu.Unlock()
		waitType, wait := "", ""
		switch {
		case s.waiting.ForView():
			waitType, wait = "IPC", "SafeSnapshot"
		case s.waiting.Now():
			if waitType, wait = "Lock", wanted[s.pid]; wait == "" {
				wait = "transactionid"
			}
		case strings.HasPrefix(a.state, "idle"):
			waitType, wait = "Client", "ClientRead"
		}
		out = append(out, syscat.Backend{
			PID: s.pid, Database: s.db.id, User: s.role.ID, UserName: s.user, Application: a.application, ClientAddr: s.host(), ClientPort: s.port(),
			Start: s.opened, TxnStart: a.xactStart, QueryStart: a.queryStart, StateChange: a.since,
			WaitType: waitType, Wait: wait, State: a.state, Query: a.query, Type: "client backend", XID: uint32(numbers[s]),
		})
	})
	return out
}

// Prepared implements syscat.Live.
func (x system) Prepared() []syscat.Prepared {
	var out []syscat.Prepared
	for name, p := range x.s.stmts {
		if name != "" {
			out = append(out, syscat.Prepared{Name: name, Statement: p.shownSource(), At: p.when, Params: p.shownParams(), FromSQL: p.fromSQL,
				Generic: p.counts.generic, Custom: p.counts.custom})
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
		if name != "" || p.bound {
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
