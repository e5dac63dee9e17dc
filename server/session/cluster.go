package session

import (
	"context"
	"errors"
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
	"github.com/loxodb/loxodb/server/session/define"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/parser"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/catalogstore"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// Config is what a Cluster needs.
type Config struct {
	Engine kv.Engine
	FS     vfs.FS // of the vector index files
	Dir    string // where those of the first database are
	// Databases is where the other ones have theirs, each in a directory named by its OID;
	// default: beside Dir.
	Databases string
	Temp      string          // where statements that need much memory put rows; "" = they do not
	Parser    parser.Frontend // of PostgreSQL's dialect, in which everything is stored
	// Dialects are the frontends of the other values of the setting sql_dialect.
	Dialects map[string]parser.Frontend
	Version  string // of LoxoDB, for server_version
	// PlanCacheBytes, RowCacheBytes and ColumnCacheBytes bound the caches; defaults 64,
	// 128 and 256 MiB, negative turns one off.
	PlanCacheBytes, RowCacheBytes, ColumnCacheBytes int64
	// MemoryBytes bounds the memory of the process, 0 = not. Of it VectorBytes are for the
	// vector indexes of all databases together.
	MemoryBytes, VectorBytes int64
	// Given are parameters that the server's start decides, by lower-case name; asked when
	// a session begins. May be nil.
	Given func() map[string]Given
	// ReservedConnections is how many of the last places for sessions are superusers'.
	ReservedConnections int
	// NoRecallReplay turns the background measurement of recall off.
	NoRecallReplay bool
	Log            *slog.Logger
	// Signal cancels (or terminates) another connection; set by the wire.
	Signal func(pid int32, terminate bool) bool
}

// Cluster is the databases of a server and what they share: caches, helpers, counters,
// the directory of temporary files. A database is open while it has sessions, and for a
// while after that. Safe for concurrent use.
type Cluster struct {
	cfg     Config
	store   *catalogstore.Cluster
	numbers *table.Counter
	xids    *xacts
	plans   *plancache.Cache
	rows    *table.RowCache
	columns *table.ColumnCache
	vectors *sidecar.Budget // nil: memory is not bounded
	helpers *executor.Helpers
	spill   spillDir
	started time.Time

	mu    sync.Mutex
	gates map[catalog.ID]*gate
	stop  chan struct{}
	done  sync.WaitGroup
}

// Open opens what the databases share, and the first one.
func Open(ctx context.Context, cfg Config) (*Cluster, error) {
	if cfg.PlanCacheBytes == 0 {
		cfg.PlanCacheBytes = 64 << 20
	}
	if cfg.RowCacheBytes == 0 {
		cfg.RowCacheBytes = 128 << 20
	}
	if cfg.ColumnCacheBytes == 0 {
		cfg.ColumnCacheBytes = 256 << 20
	}
	if cfg.FS == nil {
		cfg.FS = vfs.Default
	}
	if cfg.Databases == "" {
		cfg.Databases = cfg.Dir + "-of-databases"
	}
	c := &Cluster{
		cfg: cfg, started: time.Now(), gates: map[catalog.ID]*gate{}, stop: make(chan struct{}),
		helpers: executor.NewHelpers(min(runtime.NumCPU(), runtime.GOMAXPROCS(0))),
		numbers: table.NewRowNumbers(cfg.Engine), xids: newXacts(cfg.Engine),
	}
	var err error
	if c.store, err = catalogstore.OpenCluster(ctx, cfg.Engine); err != nil {
		return nil, fmt.Errorf("session: catalog: %w", err)
	}
	if c.plans, err = plancache.New(max(cfg.PlanCacheBytes, 1)); err != nil {
		return nil, err
	}
	if c.rows, err = table.NewRowCache(cfg.RowCacheBytes); err != nil {
		return nil, err
	}
	c.columns = table.NewColumnCache(cfg.ColumnCacheBytes)
	if cfg.VectorBytes > 0 {
		c.vectors = sidecar.NewBudget(cfg.VectorBytes)
	}
	if c.spill, err = newSpillDir(cfg.FS, cfg.Temp); err != nil {
		return nil, err
	}
	if err := c.removeStrays(); err != nil {
		return nil, err
	}
	if err := c.goOn(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	c.done.Go(c.housekeeping)
	if c.vectors != nil {
		c.vectors.Relief(c.relieve)
		c.done.Go(c.watchMemory)
	}
	return c, nil
}

// goOn opens the databases in which interrupted index builds go on before anybody asks for
// them, and the first one, so that a server of one database starts with what it needs.
func (c *Cluster) goOn(ctx context.Context) error {
	for _, x := range c.store.Current().Databases() {
		if x.ID != catalog.DatabaseID {
			snap, err := c.store.Peek(ctx, x.ID)
			if err != nil {
				return fmt.Errorf("session: database %s: %w", x.Name, err)
			}
			if len(define.Interrupted(snap)) == 0 {
				continue
			}
		}
		d, err := c.acquire(ctx, x.ID)
		if err != nil {
			return err
		}
		c.release(d)
	}
	return nil
}

// indexDir is where a database has the files of its vector indexes.
func (c *Cluster) indexDir(id catalog.ID) string {
	if id == catalog.DatabaseID {
		return c.cfg.Dir
	}
	return c.cfg.FS.PathJoin(c.databaseDir(id), "index")
}

// databaseDir is what is removed with a database.
func (c *Cluster) databaseDir(id catalog.ID) string {
	if id == catalog.DatabaseID {
		return c.cfg.Dir
	}
	return c.cfg.FS.PathJoin(c.cfg.Databases, strconv.FormatUint(uint64(id), 10))
}

// removeStrays removes the files of databases that are not there: of one that was being
// made or dropped when the server ended.
func (c *Cluster) removeStrays() error {
	known := map[string]bool{}
	for _, x := range c.store.Current().Databases() {
		known[strconv.FormatUint(uint64(x.ID), 10)] = true
	}
	names, err := c.cfg.FS.List(c.cfg.Databases)
	if err != nil {
		return nil //nolint:nilerr // the directory is made with the first database that has files
	}
	for _, n := range names {
		if !known[n] {
			if err := c.cfg.FS.RemoveAll(c.cfg.FS.PathJoin(c.cfg.Databases, n)); err != nil {
				return fmt.Errorf("session: removing the files of a dropped database: %w", err)
			}
		}
	}
	return nil
}

// Auth implements backend.Opener.
func (c *Cluster) Auth(_ context.Context, user string) (backend.AuthInfo, error) {
	r, ok := c.store.Current().Role(user)
	if !ok {
		return backend.AuthInfo{}, nil
	}
	info := backend.AuthInfo{Exists: true, CanLogin: r.Login, Password: r.Password}
	if r.Password != "" && expired(r) {
		info.Password = noPassword
	}
	return info, nil
}

// SetPassword stores a SCRAM verifier for the role.
func (c *Cluster) SetPassword(ctx context.Context, role, verifier string) error {
	return c.store.Edit(ctx, func(e *catalogstore.Edit) error {
		r, ok := e.Snap.Role(role)
		if !ok {
			return pgerr.Newf(pgerrcode.UndefinedObject, "role %q does not exist", role)
		}
		n := *r
		n.Password = verifier
		return e.PutRole(&n)
	})
}

// Open implements backend.Opener.
func (c *Cluster) Open(ctx context.Context, st backend.Startup) (backend.Session, error) {
	s, err := c.open(ctx, st)
	if e, ok := pgerr.As(err); ok {
		n := *e
		n.Severity = pgerr.Fatal
		return nil, &n
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (c *Cluster) open(ctx context.Context, st backend.Startup) (*Session, error) {
	role, ok := c.store.Current().Role(st.User)
	if !ok {
		return nil, pgerr.Newf(pgerrcode.InvalidAuthorizationSpecification, "role %q does not exist", st.User)
	}
	if !role.Login {
		return nil, pgerr.Newf(pgerrcode.InvalidAuthorizationSpecification, "role %q is not permitted to log in", st.User)
	}
	if !role.Super && st.Free < c.cfg.ReservedConnections {
		return nil, pgerr.New(pgerrcode.TooManyConnections, "remaining connection slots are reserved for non-replication superuser connections")
	}
	name := st.Database
	if name == "" {
		name = st.User
	}
	d, err := c.enter(ctx, name)
	if err != nil {
		return nil, err
	}
	err = c.mayConnect(d, role)
	var s *Session
	if err == nil {
		s, err = d.open(st, role)
	}
	if err != nil {
		c.release(d)
		return nil, err
	}
	return s, nil
}

// enter is acquire by name.
func (c *Cluster) enter(ctx context.Context, name string) (*Database, error) {
	for {
		x, ok := c.store.Current().Database(name)
		if !ok {
			return nil, pgerr.Newf(pgerrcode.InvalidCatalogName, "database %q does not exist", name)
		}
		d, err := c.acquire(ctx, x.ID)
		if err == nil && d.name() == name {
			return d, nil
		}
		if err == nil { // renamed or dropped meanwhile
			c.release(d)
		} else if ctx.Err() != nil {
			return nil, pgerr.Newf(pgerrcode.ObjectInUse, "database %q is being copied, renamed or dropped", name).WithCause(err)
		} else if _, ok := c.store.Current().DatabaseByID(x.ID); ok {
			return nil, err
		}
	}
}

// mayConnect applies what ALTER DATABASE and ALTER ROLE have said of connections. The
// one that asks counts already among the database's, not among the role's.
func (c *Cluster) mayConnect(d *Database, role *catalog.Role) error {
	x, ok := c.store.Current().DatabaseByID(d.id)
	switch {
	case !ok:
		return pgerr.Newf(pgerrcode.InvalidCatalogName, "database %q does not exist", d.name())
	case x.RefuseConns:
		return pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "database %q is not currently accepting connections", x.Name)
	case x.ConnLimit >= 0 && !role.Super && c.users(d.id) > x.ConnLimit:
		return pgerr.Newf(pgerrcode.TooManyConnections, "too many connections for database %q", x.Name)
	case role.ConnLimit >= 0 && !role.Super && c.usersOf(role.ID) >= role.ConnLimit:
		return pgerr.Newf(pgerrcode.TooManyConnections, "too many connections for role %q", role.Name)
	}
	return nil
}

// Close stops background work. Sessions must have ended; the engine stays open.
func (c *Cluster) Close() error {
	close(c.stop)
	c.done.Wait()
	var errs []error
	for _, d := range c.opened() {
		errs = append(errs, d.close(false))
	}
	c.plans.Close()
	c.rows.Close()
	return errors.Join(errs...)
}

// housekeeping removes what dropped databases have left, and closes those that nobody uses.
func (c *Cluster) housekeeping() {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-tick.C:
		}
		if err := c.store.SweepGone(context.Background(), c.cfg.Engine.Oldest()); err != nil {
			c.cfg.Log.Error("removing what dropped databases have left", "error", err)
		}
		c.closeIdle(idleTime)
	}
}
