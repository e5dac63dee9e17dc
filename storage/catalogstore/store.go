// Package catalogstore keeps the catalog's descriptors as rows of the same
// keyspace and in the same transactions as the data, and serves the snapshot
// that belongs to a view. It must not know syntax, plans or the server.
package catalogstore

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// The kinds of descriptors, the second byte of their keys.
const (
	kindSchema    byte = 'n'
	kindTable     byte = 't'
	kindSequence  byte = 'q'
	kindType      byte = 'y'
	kindCollation byte = 'o'
	kindFunction  byte = 'f'
	kindRole      byte = 'r'
	kindExtension byte = 'e'
	kindStats     byte = 's'
	kindSettings  byte = 'c' // of a role
	kindRights    byte = 'a'
	kindDefaults  byte = 'p' // ALTER DEFAULT PRIVILEGES
	kindDrop      byte = 'd' // storage whose range is to be removed: storageMark
	kindVersion   byte = 'v' // 1 is locked by whoever changes what databases share
	kindLock      byte = 'l' // no descriptors, but keys that are locked: see claim.go

	// At the root of the store alone, as are roles and their settings.
	kindDatabase byte = 'b'
	kindGone     byte = 'g' // of a dropped database: its storage is to be removed
)

// keep is how many published versions stay available for older views.
const keep = 32

// Store serves and changes the catalog of one database. Safe for concurrent use.
type Store struct {
	eng     kv.Engine // the database's own keyspace
	home    catalog.ID
	cluster *Cluster

	mu       sync.RWMutex
	versions []version // ascending by ts; never empty
	newest   atomic.Pointer[catalog.Snapshot]
}

type version struct {
	ts   kv.TS
	snap *catalog.Snapshot
}

// Open opens the catalog of a database; Close must be called. No database is opened twice
// at a time.
func (c *Cluster) Open(ctx context.Context, db catalog.ID) (*Store, error) {
	s := &Store{eng: c.Space(db), home: db, cluster: c}
	if err := c.attach(ctx, s); err != nil {
		return nil, err
	}
	err := s.giveRowTypes(ctx)
	if err == nil {
		err = s.abandonTemp(ctx)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close ends the store's share in changes of what databases have in common. Types stay
// known for a while, as their values may be on their way.
func (s *Store) Close() {
	s.cluster.detach(s)
	snap := s.Current()
	for _, t := range snap.Types() {
		types.RegisterPassing(t.Infos()...)
	}
	snap.SharedRowTypes(func(r *catalog.RowType) { types.RegisterPassing(r.Infos...) })
}

// giveRowTypes gives relations of earlier versions a type of their rows.
func (s *Store) giveRowTypes(ctx context.Context) error {
	var old []*catalog.Table
	for _, t := range s.Current().Tables() {
		if !t.HasRowType() {
			old = append(old, t)
		}
	}
	if old == nil {
		return nil
	}
	txn, err := table.Begin(ctx, s.eng, kv.TxnOptions{}, nil)
	if err != nil {
		return err
	}
	defer txn.Close()
	e := s.Edit(ctx, txn, s.Current())
	for _, t := range old {
		n := *t
		if n.TypeID, err = e.NewTypeID(); err != nil {
			return err
		}
		if n.ArrayID, err = e.NewTypeID(); err != nil {
			return err
		}
		for n.ArrayName = "_" + t.Name; e.Snap.TypeExists(t.Schema, n.ArrayName); {
			n.ArrayName = "_" + n.ArrayName
		}
		if err := e.PutTable(&n); err != nil {
			return err
		}
	}
	_, err = txn.Commit(ctx)
	return err
}

// At is the catalog that a view at ts sees.
func (s *Store) At(ts kv.TS) *catalog.Snapshot {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := len(s.versions) - 1; i > 0; i-- {
		if s.versions[i].ts <= ts {
			return s.versions[i].snap
		}
	}
	return s.versions[0].snap
}

// Current is the newest committed catalog.
func (s *Store) Current() *catalog.Snapshot { return s.newest.Load() }

// NewID hands out a fresh OID.
func (s *Store) NewID(ctx context.Context) (catalog.ID, error) { return s.cluster.NewID(ctx) }

// push makes a catalog the newest one; commits call it in their order.
func (s *Store) push(ts kv.TS, snap *catalog.Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	snap.Version = catalog.Version(ts)
	register(s.versions[len(s.versions)-1].snap, snap)
	s.versions = append(s.versions, version{ts, snap})
	s.newest.Store(snap)
	if n := len(s.versions); n > keep {
		s.versions = append([]version(nil), s.versions[n-keep:]...)
	}
}

// load reads the descriptors at the present view, without those of what databases share.
func load(ctx context.Context, eng kv.Engine) (*catalog.Snapshot, kv.TS, error) {
	ts, err := eng.Now(ctx)
	if err != nil {
		return nil, 0, err
	}
	view, err := eng.Snapshot(ctx, ts)
	if err != nil {
		return nil, 0, err
	}
	defer view.Close()
	snap, err := loadAt(ctx, view)
	return snap, ts, err
}

func loadAt(ctx context.Context, view kv.Reader) (*catalog.Snapshot, error) {
	it, err := view.Scan(ctx, keys.Prefix([]byte{keys.Catalog}))
	if err != nil {
		return nil, err
	}
	defer it.Close()
	snap := catalog.NewSnapshot()
	snap.Version = catalog.Version(view.At())
	for it.Next() {
		if err := put(snap, it.Key(), it.Value()); err != nil {
			return nil, err
		}
	}
	return snap, it.Err()
}

// register makes the types of a committed catalog known to values. old is the catalog
// before, nil at the start.
func register(old, snap *catalog.Snapshot) {
	for _, t := range snap.Types() {
		types.Register(t.Infos()...)
	}
	snap.SharedRowTypes(func(r *catalog.RowType) {
		if old != nil {
			if was, ok := old.RowType(r.Table.TypeID); ok && was == r {
				return
			}
		}
		types.Register(r.Infos...)
	})
	if old == nil {
		return
	}
	old.SharedRowTypes(func(r *catalog.RowType) {
		if _, ok := snap.RowType(r.Table.TypeID); !ok { // values may still be on their way
			types.RegisterPassing(r.Infos...)
		}
	})
}

// put decodes one descriptor into the snapshot.
func put(snap *catalog.Snapshot, key, val []byte) error {
	id := catalog.ID(binary.BigEndian.Uint32(key[2:]))
	switch key[1] {
	case kindSchema:
		return decode(val, snap.PutSchema)
	case kindTable:
		return decode(val, snap.PutTable)
	case kindSequence:
		return decode(val, snap.PutSequence)
	case kindType:
		return decode(val, snap.PutType)
	case kindCollation:
		return decode(val, snap.PutCollation)
	case kindFunction:
		return decode(val, snap.PutFunction)
	case kindExtension:
		return decode(val, snap.PutExtension)
	case kindStats:
		return decode(val, func(x *catalog.TableStats) { snap.PutStats(id, x) })
	case kindRights:
		return decode(val, func(x *catalog.Rights) { snap.PutRights(x, false) })
	case kindDefaults:
		return decode(val, snap.PutDefaultRights)
	case kindDrop, kindVersion, kindLock:
		return nil
	}
	if shared(key[1]) {
		return nil
	}
	return fmt.Errorf("catalogstore: descriptor of unknown kind %q", key[1])
}

func decode[T any](val []byte, put func(*T)) error {
	x := new(T)
	if err := json.Unmarshal(val, x); err != nil {
		return fmt.Errorf("catalogstore: %w", err)
	}
	put(x)
	return nil
}
