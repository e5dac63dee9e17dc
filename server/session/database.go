// Package session is what happens between the wire and the plan: settings,
// transactions, prepared statements, portals, cursors, COPY, and the plan
// cache. It implements backend.Session. It must not know frames, or which engine
// keeps the rows.
package session

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/server/plancache"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/parser"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/catalogstore"
	"github.com/loxodb/loxodb/storage/feed"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/sequence"
	"github.com/loxodb/loxodb/storage/table"
)

// Config is what a Database needs.
type Config struct {
	Engine kv.Engine
	FS     vfs.FS          // of the vector index files
	Dir    string          // where they are
	Temp   string          // where statements that need much memory put rows; "" = they do not
	Parser parser.Frontend // of PostgreSQL's dialect, in which everything is stored
	// Dialects are the frontends of the other values of the setting sql_dialect.
	Dialects map[string]parser.Frontend
	Name     string // the database's name; default postgres
	Version  string // of LoxoDB, for server_version
	// PlanCacheBytes and RowCacheBytes bound the caches; defaults 64 and 128 MiB,
	// negative turns one off.
	PlanCacheBytes, RowCacheBytes int64
	// NoRecallReplay turns the background measurement of recall off.
	NoRecallReplay bool
	Log            *slog.Logger
	// Signal cancels (or terminates) another connection; set by the wire.
	Signal func(pid int32, terminate bool) bool
}

// Database is what all sessions share. Safe for concurrent use.
type Database struct {
	cfg      Config
	eng      kv.Engine
	store    *catalogstore.Store
	vectors  *feed.Manager
	numbers  *table.Counter
	xids     *table.Counter // of transactions that write
	seqs     *sequence.Manager
	plans    *plancache.Cache
	rows     *table.RowCache
	activity table.Activity
	exported exportedViews
	advisory *advisoryLocks
	notify   *hub
	builds   *progress
	helpers  *executor.Helpers
	spill    spillDir
	started  time.Time

	mu       sync.Mutex
	sessions map[*Session]struct{}
	stop     chan struct{}
	done     sync.WaitGroup
}

// OpenDatabase opens the catalog and the vector indexes.
func OpenDatabase(ctx context.Context, cfg Config) (*Database, error) {
	if cfg.Name == "" {
		cfg.Name = "postgres"
	}
	if cfg.PlanCacheBytes == 0 {
		cfg.PlanCacheBytes = 64 << 20
	}
	if cfg.RowCacheBytes == 0 {
		cfg.RowCacheBytes = 128 << 20
	}
	store, err := catalogstore.Open(ctx, cfg.Engine)
	if err != nil {
		return nil, fmt.Errorf("session: catalog: %w", err)
	}
	plans, err := plancache.New(max(cfg.PlanCacheBytes, 1))
	if err != nil {
		return nil, err
	}
	rows, err := table.NewRowCache(cfg.RowCacheBytes)
	if err != nil {
		return nil, err
	}
	d := &Database{
		cfg: cfg, eng: cfg.Engine, store: store, plans: plans, rows: rows, helpers: executor.NewHelpers(min(runtime.NumCPU(), runtime.GOMAXPROCS(0))),
		vectors:  feed.NewManager(cfg.Engine, cfg.FS, cfg.Dir, cfg.Log),
		numbers:  table.NewRowNumbers(cfg.Engine),
		xids:     table.NewTxnNumbers(cfg.Engine),
		seqs:     sequence.NewManager(cfg.Engine),
		advisory: newAdvisoryLocks(),
		notify:   newHub(),
		builds:   newProgress(),
		started:  time.Now(),
		sessions: map[*Session]struct{}{},
		stop:     make(chan struct{}),
	}
	if d.spill, err = newSpillDir(cfg.FS, cfg.Temp); err != nil {
		return nil, err
	}
	if kb, err := strconv.ParseInt(defaultMaintenance(), 10, 64); err == nil {
		d.vectors.Memory = kb << 10
	}
	if err := d.vectors.OpenAll(ctx, store.Current(), d.entries); err != nil {
		return nil, err
	}
	d.suspect()
	d.done.Add(3)
	go d.housekeeping()
	go d.autoAnalyze()
	go d.resumeBuilds()
	if !cfg.NoRecallReplay {
		d.done.Go(d.watchRecall)
	}
	return d, nil
}

// Auth implements backend.Opener.
func (d *Database) Auth(_ context.Context, user string) (backend.AuthInfo, error) {
	r, ok := d.store.Current().Role(user)
	if !ok {
		return backend.AuthInfo{}, nil
	}
	return backend.AuthInfo{Exists: true, CanLogin: r.Login, Password: r.Password}, nil
}

// SetPassword stores a SCRAM verifier for the role.
func (d *Database) SetPassword(ctx context.Context, role, verifier string) error {
	txn, err := table.Begin(ctx, d.eng, kv.TxnOptions{}, d.vectors)
	if err != nil {
		return err
	}
	defer txn.Close()
	snap := d.store.At(txn.At())
	r, ok := snap.Role(role)
	if !ok {
		return pgerr.Newf(pgerrcode.UndefinedObject, "role %q does not exist", role)
	}
	c := *r
	c.Password = verifier
	if err := d.store.Edit(ctx, txn, snap).PutRole(&c); err != nil {
		return err
	}
	_, err = txn.Commit(ctx)
	return err
}

// Open implements backend.Opener.
func (d *Database) Open(_ context.Context, st backend.Startup) (backend.Session, error) {
	role, ok := d.store.Current().Role(st.User)
	if !ok {
		return nil, fatal(pgerr.Newf(pgerrcode.InvalidAuthorizationSpecification, "role %q does not exist", st.User))
	}
	if !role.Login {
		return nil, fatal(pgerr.Newf(pgerrcode.InvalidAuthorizationSpecification, "role %q is not permitted to log in", st.User))
	}
	name := st.Database
	if name == "" {
		name = st.User
	}
	if name != d.cfg.Name {
		return nil, fatal(pgerr.Newf(pgerrcode.InvalidCatalogName, "database %q does not exist", name))
	}
	s := newSession(d, st, role)
	s.beginWith(role)
	for _, kv := range st.Settings {
		if err := s.SetSetting(kv[0], kv[1], false); err != nil {
			if e, ok := pgerr.As(err); ok {
				return nil, fatal(e)
			}
			return nil, err
		}
		s.settings.start[lower(kv[0])], _ = s.settings.get(kv[0])
	}
	s.settings.end(true)
	d.mu.Lock()
	d.sessions[s] = struct{}{}
	d.mu.Unlock()
	return s, nil
}

// beginWith sets what is kept for the role and the database, the more special after
// the more general. A value that does not hold any more is left out.
func (s *Session) beginWith(role *catalog.Role) {
	snap := s.db.store.Current()
	every, own := snap.RoleSettings(0), snap.RoleSettings(role.ID)
	for _, list := range []catalog.Options{every.Settings, every.InDatabase, own.Settings, own.InDatabase} {
		for _, o := range list {
			if err := s.SetSetting(o.Name, o.Value, false); err != nil {
				s.warn(pgerr.Code(err), err.Error())
				continue
			}
			s.settings.start[o.Name], _ = s.settings.get(o.Name)
		}
	}
}

func fatal(e *pgerr.Error) error {
	e.Severity = pgerr.Fatal
	return e
}

// Catalog is the newest committed catalog.
func (d *Database) Catalog() *catalog.Snapshot { return d.store.Current() }

// housekeeping removes dropped storage and tells the indexes which snapshots are over.
func (d *Database) housekeeping() {
	defer d.done.Done()
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-d.stop:
			return
		case <-tick.C:
		}
		oldest := d.eng.Oldest()
		d.vectors.Horizon(oldest)
		d.sweep(context.Background(), oldest)
	}
}

// sweep removes what was dropped before a time that nobody reads at any more.
func (d *Database) sweep(ctx context.Context, oldest kv.TS) {
	err := d.store.Sweep(ctx, oldest, func(x catalogstore.Dropped) {
		if x.Vector {
			d.vectors.Drop(x.ID)
		}
		d.activity.Forget(x.ID)
	})
	if err != nil {
		d.cfg.Log.Error("removing dropped storage", "error", err)
	}
}

// entries implements feed.Definer: predicates and expressions are bound as a
// superuser's session with default settings binds them.
func (d *Database) entries(ctx context.Context, t *catalog.Table, x *catalog.Index) (table.Entries, error) {
	return d.internalSession().defineEnv(ctx).Jobs.Entries(d.store.Current(), t, x)
}

// sealTime bounds how long Close works to make the next start short.
const sealTime = 20 * time.Second

// Close stops background work. Sessions must have ended; the engine stays open.
func (d *Database) Close() error {
	close(d.stop)
	d.done.Wait()
	d.plans.Close()
	d.rows.Close()
	ctx, cancel := context.WithTimeout(context.Background(), sealTime)
	defer cancel()
	d.vectors.Flush(ctx)
	return d.vectors.Close()
}
