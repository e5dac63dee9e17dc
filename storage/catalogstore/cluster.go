package catalogstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/space"
	"github.com/loxodb/loxodb/storage/table"
)

// Cluster is what the databases of a server have in common: the list of them, roles and
// their settings, and the counters of OIDs. It tells the open databases of every change.
// Safe for concurrent use.
type Cluster struct {
	eng  kv.Engine // the whole store
	oids *table.Counter

	mu      sync.Mutex
	ts      kv.TS
	current *catalog.Cluster
	stores  map[*Store]struct{} // of the databases that are open
	making  map[catalog.ID]bool // see Making
}

// OpenCluster loads what databases share, creating it in an empty store.
func OpenCluster(ctx context.Context, eng kv.Engine) (*Cluster, error) {
	c := &Cluster{eng: eng, oids: table.NewCounter(eng, "oid", firstOID, 64), stores: map[*Store]struct{}{}, making: map[catalog.ID]bool{}}
	if err := c.load(ctx); err != nil {
		return nil, err
	}
	var err error
	switch {
	case len(c.empty().Roles()) == 0:
		err = c.bootstrap(ctx)
	case len(c.current.Databases()) == 0: // a store from when there was but one
		err = c.firstDatabases(ctx)
	}
	return c, err
}

// shared reports descriptors of what databases share.
func shared(kind byte) bool {
	switch kind {
	case kindDatabase, kindRole, kindSettings, kindGone:
		return true
	}
	return false
}

func (c *Cluster) load(ctx context.Context) error {
	ts, err := c.eng.Now(ctx)
	if err != nil {
		return err
	}
	view, err := c.eng.Snapshot(ctx, ts)
	if err != nil {
		return err
	}
	defer view.Close()
	snap := catalog.NewSnapshot()
	for _, kind := range []byte{kindDatabase, kindRole, kindSettings} {
		if err := eachOf(ctx, view, kind, func(_ catalog.ID, val []byte) error { return putShared(snap, kind, val) }); err != nil {
			return err
		}
	}
	c.ts, c.current = ts, snap.Cluster()
	return nil
}

func putShared(snap *catalog.Snapshot, kind byte, val []byte) error {
	switch kind {
	case kindDatabase:
		return decode(val, snap.PutDatabase)
	case kindRole:
		return decode(val, snap.PutRole)
	case kindSettings:
		return decode(val, snap.PutRoleSettings)
	}
	return fmt.Errorf("catalogstore: descriptor of unknown kind %q", kind)
}

// eachOf calls each with the descriptors of a kind.
func eachOf(ctx context.Context, view kv.Reader, kind byte, each func(id catalog.ID, val []byte) error) error {
	it, err := view.Scan(ctx, keys.Prefix([]byte{keys.Catalog, kind}))
	if err != nil {
		return err
	}
	defer it.Close()
	for it.Next() {
		if err := each(catalog.ID(binary.BigEndian.Uint32(it.Key()[2:])), it.Value()); err != nil {
			return err
		}
	}
	return it.Err()
}

// Space is the keyspace of a database.
func (c *Cluster) Space(db catalog.ID) kv.Engine {
	if db == catalog.DatabaseID {
		return c.eng
	}
	return c.space(db)
}

func (c *Cluster) space(db catalog.ID) *space.Engine {
	return space.New(c.eng, keys.AppendDatabase(nil, db))
}

// Current is the newest committed state of what databases share.
func (c *Cluster) Current() *catalog.Cluster {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current
}

// empty is a catalog with nothing in it but what databases share.
func (c *Cluster) empty() *catalog.Snapshot { return catalog.NewSnapshot().WithCluster(c.Current()) }

// NewID hands out an OID that no database has used.
func (c *Cluster) NewID(ctx context.Context) (catalog.ID, error) {
	n, err := c.oids.Next(ctx)
	return catalog.ID(n), err
}

// Edit changes what databases share in a transaction of its own. change may be called
// several times: an earlier attempt was not committed then.
func (c *Cluster) Edit(ctx context.Context, change func(*Edit) error) error {
	for {
		err := c.write(ctx, change)
		if !errors.Is(err, table.ErrRestart) { // somebody else changed it just now
			return err
		}
	}
}

func (c *Cluster) write(ctx context.Context, change func(*Edit) error) error {
	txn, err := table.Begin(ctx, c.eng, kv.TxnOptions{}, nil)
	if err != nil {
		return err
	}
	defer txn.Close()
	if err := change(&Edit{Snap: c.empty().Draft(), ctx: ctx, cluster: c, txn: txn}); err != nil {
		return err
	}
	_, err = txn.Commit(ctx)
	return err
}

// attach loads the catalog of a database and lets it follow what databases share.
func (c *Cluster) attach(ctx context.Context, s *Store) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	snap, ts, err := load(ctx, s.eng)
	if err != nil {
		return err
	}
	if _, ok := snap.Schema("pg_catalog"); !ok {
		return fmt.Errorf("catalogstore: database %d has no catalog", s.home)
	}
	register(nil, snap)
	snap = snap.WithCluster(c.current).Shared()
	snap.Home = s.home
	ts = max(ts, c.ts)
	snap.Version = catalog.Version(ts)
	s.versions = []version{{ts, snap}}
	s.newest.Store(snap)
	c.stores[s] = struct{}{}
	return nil
}

// Peek is the committed catalog of a database that need not be open.
func (c *Cluster) Peek(ctx context.Context, db catalog.ID) (*catalog.Snapshot, error) {
	snap, _, err := load(ctx, c.Space(db))
	if err != nil {
		return nil, err
	}
	snap = snap.WithCluster(c.Current()).Shared()
	snap.Home = db
	return snap, nil
}

func (c *Cluster) detach(s *Store) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.stores, s)
}

// publish makes what an edit's catalog has changed part of the newest one, after its commit
// and before that becomes visible. Of the rest it may know an older state.
func (c *Cluster) publish(ts kv.TS, e *Edit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	shared, clustered := e.Snap.Changed()
	if clustered {
		c.ts, c.current = ts, e.Snap.Cluster()
		for s := range c.stores {
			if s != e.store || !shared {
				s.push(ts, s.Current().WithCluster(c.current))
			}
		}
	}
	if shared {
		e.store.push(ts, Follow(e.Snap, e.store.Current()).Shared().WithCluster(c.current))
	}
}

// PutDatabase adds or replaces a database's descriptor.
func (e *Edit) PutDatabase(x *catalog.Database) error {
	if err := e.shareCluster(); err != nil {
		return err
	}
	e.Snap.PutDatabase(x)
	return writeTo(e.whole(), kindDatabase, x.ID, x)
}

// PutRole adds or replaces a role; RemoveRole removes one.
func (e *Edit) PutRole(x *catalog.Role) error {
	if err := e.shareCluster(); err != nil {
		return err
	}
	e.Snap.PutRole(x)
	return writeTo(e.whole(), kindRole, x.ID, x)
}
func (e *Edit) RemoveRole(x *catalog.Role) error {
	if err := e.shareCluster(); err != nil {
		return err
	}
	e.Snap.RemoveRole(x.ID)
	return e.whole().Delete(keys.AppendCatalog(nil, kindRole, x.ID))
}

// PutRoleSettings adds or replaces a role's settings, or removes those without any.
func (e *Edit) PutRoleSettings(x *catalog.RoleSettings) error {
	if err := e.shareCluster(); err != nil {
		return err
	}
	if x.Empty() {
		e.Snap.RemoveRoleSettings(x.Role)
		return e.whole().Delete(keys.AppendCatalog(nil, kindSettings, x.Role))
	}
	e.Snap.PutRoleSettings(x)
	return writeTo(e.whole(), kindSettings, x.Role, x)
}
