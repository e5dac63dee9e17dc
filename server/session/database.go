// Package session is what happens between the wire and the plan: settings,
// transactions, prepared statements, portals, cursors, COPY, and the plan
// cache. It implements backend.Session. It must not know frames, or which engine
// keeps the rows.
package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/server/plancache"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/catalogstore"
	"github.com/loxodb/loxodb/storage/feed"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/sequence"
	"github.com/loxodb/loxodb/storage/table"
)

// Database is what the sessions of one database share. Safe for concurrent use.
type Database struct {
	c        *Cluster
	id       catalog.ID
	cfg      Config
	eng      kv.Engine // the database's keyspace
	store    *catalogstore.Store
	vectors  *feed.Manager
	numbers  *table.Counter
	xids     *xacts
	seqs     *sequence.Manager
	plans    *plancache.Cache
	rows     *table.RowCache
	columns  *table.ColumnCache
	activity table.Activity
	usage    table.Usage
	exported exportedViews
	advisory *advisoryLocks
	notify   *hub
	builds   *progress
	helpers  *executor.Helpers
	spill    spillDir

	mu       sync.Mutex
	sessions map[*Session]struct{}
	stop     chan struct{}
	done     sync.WaitGroup
	building atomic.Bool // an interrupted build goes on
}

// errNoDatabase: it was dropped just now.
var errNoDatabase = errors.New("session: the database does not exist")

// openDatabase opens the catalog and the vector indexes of a database.
func (c *Cluster) openDatabase(ctx context.Context, id catalog.ID) (_ *Database, err error) {
	if _, ok := c.store.Current().DatabaseByID(id); !ok {
		return nil, errNoDatabase // and what is left of it is not to be seen
	}
	store, err := c.store.Open(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("session: catalog: %w", err)
	}
	defer func() {
		if err != nil {
			store.Close()
		}
	}()
	dir := c.indexDir(id)
	if err := c.cfg.FS.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("session: making the directory of the vector indexes: %w", err)
	}
	eng := c.store.Space(id)
	d := &Database{
		c: c, id: id, cfg: c.cfg, eng: eng, store: store, plans: c.plans, rows: c.rows.Of(id), columns: c.columns.Of(id), helpers: c.helpers,
		vectors: feed.NewManager(eng, c.cfg.FS, dir, c.cfg.Log),
		numbers: c.numbers, xids: c.xids, spill: c.spill,
		seqs:     sequence.NewManager(eng),
		advisory: newAdvisoryLocks(),
		notify:   newHub(),
		builds:   newProgress(),
		sessions: map[*Session]struct{}{},
		stop:     make(chan struct{}),
	}
	d.vectors.Memory, d.vectors.Budget = d.backgroundMemory(c.vectors.Limit()), c.vectors
	if err := d.vectors.OpenAll(ctx, store.Current(), d.entries); err != nil {
		return nil, err
	}
	d.suspect()
	if err := d.loadUsage(ctx); err != nil {
		d.cfg.Log.Warn("what was counted before the start is lost", "error", err)
	}
	d.building.Store(true)
	d.done.Add(3)
	go d.housekeeping()
	go d.autoAnalyze()
	go d.resumeBuilds()
	if !c.cfg.NoRecallReplay {
		d.done.Go(d.watchRecall)
	}
	return d, nil
}

// name is what the database is called now.
func (d *Database) name() string {
	if x, ok := d.store.Current().DatabaseByID(d.id); ok {
		return x.Name
	}
	return ""
}

// open makes a session for a role that may log in.
func (d *Database) open(st backend.Startup, role *catalog.Role) (*Session, error) {
	if err := d.mayConnect(role); err != nil {
		return nil, err
	}
	s := newSession(d, st, role)
	s.beginWith(role)
	for _, kv := range st.Settings {
		if err := s.SetSetting(kv[0], kv[1], false); err != nil {
			return nil, err
		}
		s.settings.begin(kv[0], FromClient)
	}
	s.settings.end(true)
	d.mu.Lock()
	d.sessions[s] = struct{}{}
	d.usage.Sessions.Add(1)
	d.mu.Unlock()
	return s, nil
}

// beginWith sets what is kept for the role and the database, the more special after
// the more general. A value that does not hold any more is left out.
func (s *Session) beginWith(role *catalog.Role) {
	snap := s.db.store.Current()
	every, own := snap.RoleSettings(0), snap.RoleSettings(role.ID)
	from := [...]Origin{FromGlobal, FromDatabase, FromUser, FromDatabaseUser}
	for i, list := range []catalog.Options{every.Settings, every.In(s.db.id), own.Settings, own.In(s.db.id)} {
		for _, o := range list {
			err := s.SetSetting(o.Name, o.Value, false)
			if err != nil && o.Name == "temp_tablespaces" { // those there are may be used
				err = s.settings.store(o.Name, o.Value, false, from[i])
			}
			if err != nil {
				if e, ok := pgerr.As(err); ok {
					w := *e
					w.Severity = pgerr.Warning
					s.notice(&w)
				}
				continue
			}
			s.settings.begin(o.Name, from[i])
		}
	}
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

// sweep removes what was dropped before a time that nobody reads at any more. Since that
// time was asked for, versions of it may have been collected: then the next turn does it.
func (d *Database) sweep(ctx context.Context, oldest kv.TS) {
	err := d.store.Sweep(ctx, oldest, func(x catalogstore.Dropped) {
		if x.Vector {
			d.vectors.Drop(x.ID)
		}
		d.activity.Forget(x.ID)
		d.forgetUsage(x.ID)
	})
	if err != nil && !errors.Is(err, kv.ErrSnapshotTooOld) {
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

// close stops background work and makes the next opening short, unless there will be none.
// Sessions must have ended.
func (d *Database) close(last bool) error {
	close(d.stop)
	d.done.Wait()
	if last {
		err := d.vectors.Close()
		d.store.Close()
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), sealTime)
	defer cancel()
	if err := d.seqs.Settle(ctx); err != nil {
		d.cfg.Log.Warn("sequences leave a gap", "error", err)
	}
	d.vectors.Flush(ctx)
	if err := d.saveUsage(ctx); err != nil {
		d.cfg.Log.Warn("what was counted is not kept", "error", err)
	}
	err := d.vectors.Close()
	d.store.Close()
	return err
}
