package session

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/ident"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/storage/catalogstore"
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
// everything and pg_catalog after it, if they are asked for and not named elsewhere. The
// caller must not change it: it is kept until something changes, since every name of a
// statement asks for it.
func (s *Session) searchPath(temp, system bool) []string {
	asked := 0
	if temp {
		asked |= 1
	}
	if system {
		asked |= 2
	}
	kept := &s.paths[asked]
	snap := s.Catalog()
	now := stamp{catalog: snap.Version, temp: snap.TempVersion(), settings: s.settings.version, acting: s.actingID()}
	if k := kept.Load(); k != nil && k.at == now {
		return k.names
	}
	k := &keptPath{now, slices.Clip(s.makePath(temp, system))} // appending to it copies it
	kept.Store(k)
	return k.names
}

// keptPath is a search path as of a time. Functions that workers run ask for it too.
type keptPath struct {
	at    stamp
	names []string
}

// makePath is searchPath anew.
func (s *Session) makePath(temp, system bool) []string {
	snap := s.Catalog()
	names, user := s.pathNames(), s.current()
	path := make([]string, 0, len(names)+2)
	for _, name := range names {
		if x, ok := snap.Schema(name); ok && (user.Super || snap.MayUseSchema(x, user.ID, catalog.PrivUsage)) {
			path = append(path, x.Name)
			temp = temp && !x.Temp
		}
		system = system && name != "pg_catalog"
	}
	if system {
		path = slices.Insert(path, 0, "pg_catalog")
	}
	if x, ok := snap.TempSchema(); ok && temp {
		path = slices.Insert(path, 0, x.Name)
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
		names = append(names, ident.Cut(name))
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
	if lower(name) == "transaction_deferrable" { // at any time, other than SET
		return s.tx.storeDeferrable(false)
	}
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
func (s *Session) NextTxnID(ctx context.Context) (uint64, error) { return s.db.xids.peek(ctx) }

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
	case "statistic", "reset_statistics", "have_statistics":
		return s.statisticFact(fact, args)
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
	case "sequence_last_value", "sequence_next_value":
		sc, ok := s.Catalog().Schema(args[1])
		if !ok {
			return "", nil
		}
		def, ok := s.Catalog().Sequence(sc.ID, args[0])
		if !ok {
			return "", nil
		}
		last, called, err := s.positions(def).Get(context.Background(), def)
		next := fact == "sequence_next_value"
		if err != nil || !called && !next {
			return "", err
		}
		if called && next {
			last += def.Increment
		}
		return strconv.FormatInt(last, 10), nil
	}
	return "", pgerr.NotSupported(-1, "%s is not supported", fact)
}

var _ syscat.Live = system{}
