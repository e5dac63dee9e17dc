package catalogstore

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
)

// Making is a database that is being made: what it will have is in the store, but until
// it has a descriptor the store counts it as dropped. Whoever makes it calls Done.
type Making struct {
	ID catalog.ID
	c  *Cluster
}

// Files is what a copy needs of the files of vector indexes.
type Files interface {
	// Link gives the copy the files that the manifest of an index names; false when it
	// is to be built from the rows instead.
	Link(index catalog.ID, manifest []byte) (bool, error)
	// Afresh is the manifest of an index that is to be built from the rows.
	Afresh() []byte
}

// Make reserves an OID: id, or a new one for 0. It is nil when the OID is not free.
func (c *Cluster) Make(ctx context.Context, id catalog.ID) (*Making, error) {
	for given := id != 0; ; {
		if !given {
			var err error
			if id, err = c.NewID(ctx); err != nil {
				return nil, err
			}
		}
		free, err := c.reserve(ctx, id)
		if err != nil || given && !free {
			return nil, err
		}
		if free {
			return &Making{id, c}, nil
		}
	}
}

// reserve reports whether no database has, or had until now, the OID.
func (c *Cluster) reserve(ctx context.Context, id catalog.ID) (bool, error) {
	now, err := c.eng.Now(ctx)
	if err != nil {
		return false, err
	}
	view, err := c.eng.Snapshot(ctx, now)
	if err != nil {
		return false, err
	}
	defer view.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	_, used := c.current.DatabaseByID(id)
	_, left, err := view.Get(ctx, keys.AppendCatalog(nil, kindGone, id))
	if err != nil || used || left || c.making[id] || id == catalog.DatabaseID {
		return false, err
	}
	c.making[id] = true
	return true, nil
}

// Done gives what was made to SweepGone, unless it has a descriptor by now.
func (m *Making) Done() {
	m.c.mu.Lock()
	defer m.c.mu.Unlock()
	delete(m.c.making, m.ID)
}

// Finish gives the database its descriptor.
func (m *Making) Finish(e *Edit, x *catalog.Database) error {
	if err := e.PutDatabase(x); err != nil {
		return err
	}
	return e.whole().Delete(keys.AppendCatalog(nil, kindGone, m.ID))
}

// Copy fills the new database with what another one has, at one moment.
func (m *Making) Copy(ctx context.Context, from catalog.ID, files Files) error {
	src := m.c.Space(from)
	now, err := src.Now(ctx)
	if err != nil {
		return err
	}
	view, err := src.Snapshot(ctx, now)
	if err != nil {
		return err
	}
	defer view.Close()
	snap, err := loadAt(ctx, view)
	if err != nil {
		return err
	}
	registerPassing(snap)
	r, err := newRenumbering(snap)
	if err != nil {
		return err
	}
	txn, err := m.c.eng.Begin(ctx, kv.TxnOptions{})
	if err != nil {
		return err
	}
	defer txn.Close()
	if err := writeTo(txn, kindGone, m.ID, struct{}{}); err != nil {
		return err
	}
	c := &copier{ctx: ctx, view: view, to: m.c.space(m.ID).Of(txn), r: r, files: files, fresh: map[catalog.ID]bool{}}
	for _, t := range snap.Tables() {
		for _, x := range t.Indexes {
			if x.IsVector() && r.fresh(t, x) {
				c.fresh[x.ID] = true
			}
		}
	}
	if err := c.run(); err != nil {
		return err
	}
	_, err = txn.Commit(ctx)
	return err
}

// registerPassing makes the types of a database known that need not be open.
func registerPassing(snap *catalog.Snapshot) {
	pass := func(infos []*types.Info) {
		if types.Lookup(infos[0].OID) == nil {
			types.RegisterPassing(infos...)
		}
	}
	for _, t := range snap.Types() {
		pass(t.Infos())
	}
	snap.SharedRowTypes(func(r *catalog.RowType) { pass(r.Infos) })
}

// copier copies the keys of one database into another's keyspace.
type copier struct {
	ctx   context.Context
	view  kv.Reader
	to    kv.Txn
	r     *renumbering
	files Files
	fresh map[catalog.ID]bool // vector indexes to be built anew
	n     int
}

// run copies everything, the manifests first: the files that they name are then kept
// from going, and whoever finds one missing has copied nothing yet.
func (c *copier) run() error {
	if err := c.each(keys.Prefix([]byte{keys.Manifest}), c.manifest); err != nil {
		return err
	}
	if err := c.each(keys.Prefix([]byte{keys.Catalog}), c.descriptor); err != nil {
		return err
	}
	for _, r := range ownRanges() {
		if err := c.each(r, c.other); err != nil {
			return err
		}
	}
	return nil
}

// each calls put with all keys of a range.
func (c *copier) each(r kv.Range, put func(key, val []byte) error) error {
	it, err := c.view.Scan(c.ctx, r)
	if err != nil {
		return err
	}
	defer it.Close()
	for it.Next() {
		if c.n++; c.n%1024 == 0 && c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		if err := put(it.Key(), it.Value()); err != nil {
			return err
		}
	}
	return it.Err()
}

// other copies what is neither a descriptor nor a manifest.
func (c *copier) other(key, val []byte) error {
	switch key[0] {
	case keys.Manifest:
		return nil // it is there
	case keys.Rows:
		return c.row(key, val)
	case keys.Outbox:
		return c.mark(key, val)
	}
	return c.to.Put(key, val)
}

func (c *copier) manifest(key, val []byte) error {
	id := binary.BigEndian.Uint32(key[1:])
	if !c.fresh[id] {
		ok, err := c.files.Link(id, val)
		if err != nil {
			return err
		}
		c.fresh[id] = !ok
	}
	if c.fresh[id] {
		val = c.files.Afresh()
	}
	return c.to.Put(key, val)
}

// mark copies an outbox mark; what is built from the rows needs none.
func (c *copier) mark(key, val []byte) error {
	if c.fresh[binary.BigEndian.Uint32(key[1:])] {
		return nil
	}
	return c.to.Put(key, val)
}

func (c *copier) descriptor(key, val []byte) error {
	kind, id := key[1], binary.BigEndian.Uint32(key[2:])
	if shared(kind) || kind == kindVersion {
		return nil
	}
	if len(c.r.to) == 0 {
		return c.to.Put(key, val)
	}
	val, err := c.r.descriptor(kind, val)
	if err != nil {
		return err
	}
	if n, ok := c.r.to[id]; ok {
		id = n
	}
	return c.to.Put(keys.AppendCatalog(nil, kind, id), val)
}

func (c *copier) row(key, val []byte) error {
	l := c.r.rows[binary.BigEndian.Uint32(key[1:])]
	if l == nil || binary.BigEndian.Uint16(key[5:]) != keys.Scalars {
		return c.to.Put(key, val)
	}
	val = slices.Clone(val)
	if err := c.r.row(l, val); err != nil {
		return err
	}
	return c.to.Put(key, val)
}
