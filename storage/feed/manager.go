package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/opclass"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// Manager owns the live vector indexes of a database. Safe for concurrent use.
type Manager struct {
	eng kv.Engine
	fs  vfs.FS
	dir string
	log *slog.Logger
	// Memory bounds what background work on one index holds, in bytes; 0 = the side-car's default.
	// It is asked again for each piece of work, with locks held. Set before indexes are opened.
	Memory func() int64
	// Budget, if not nil, bounds what all indexes that share it hold; set like Memory.
	Budget *sidecar.Budget

	mu      sync.RWMutex
	indexes map[catalog.ID]*sidecar.Index
	closing sync.WaitGroup // detached indexes that are being closed
}

// NewManager keeps index files below dir.
func NewManager(eng kv.Engine, fs vfs.FS, dir string, log *slog.Logger) *Manager {
	if fs == nil {
		fs = vfs.Default
	}
	return &Manager{eng: eng, fs: fs, dir: dir, log: log, indexes: map[catalog.ID]*sidecar.Index{}}
}

// SpecOf reads an index's specification from its descriptor.
func SpecOf(x *catalog.Index) (vectorindex.Spec, error) {
	class, ok := opclass.Of(x)
	if !ok {
		return vectorindex.Spec{}, fmt.Errorf("feed: index %s has no known operator class", x.Name)
	}
	spec := vectorindex.Spec{Kind: vectorindex.HNSW, Element: class.Element, Metric: class.Metric, Dims: x.Keys[0].Dimensions(),
		M: opclass.Value(x, "m"), EfConstruction: opclass.Value(x, "ef_construction"),
		Payloads: len(x.Include) > 0}
	switch x.Method {
	case "flat":
		spec.Kind = vectorindex.Flat
	case "ivf", "ivfflat":
		// Unless the user says how many lists, their number follows from a segment's size.
		spec.Kind, spec.Lists = vectorindex.IVF, opclass.Set(x, "lists")
	}
	if spec.Coding, ok = opclass.Coding(x); !ok {
		spec.Coding = vectorindex.DefaultCoding(spec.Kind, spec.Space())
	}
	return spec, nil
}

// OpenAll opens every vector index of the catalog, repairs those whose files are
// damaged, and removes files of indexes that are not in it (builds that never
// committed). Nobody may write rows until it returns.
func (m *Manager) OpenAll(ctx context.Context, snap *catalog.Snapshot, define Definer) error {
	known := map[string]bool{}
	for _, t := range snap.Tables() {
		for _, x := range t.Indexes {
			if !x.IsVector() || t.IsPartitioned() {
				continue
			}
			known[dirName(x.ID)] = true
			if err := m.openOrRepair(ctx, t, x, define); err != nil {
				return fmt.Errorf("feed: index %s: %w", x.Name, err)
			}
		}
	}
	names, err := m.fs.List(m.dir)
	if err != nil {
		return nil //nolint:nilerr // the directory is made with the first index
	}
	for _, n := range names {
		if !known[n] {
			if err := m.fs.RemoveAll(m.fs.PathJoin(m.dir, n)); err != nil {
				return err
			}
		}
	}
	return nil
}

func dirName(id catalog.ID) string { return strconv.FormatUint(uint64(id), 10) }

// Open opens an index, recovering what the outbox holds, and attaches it to commits.
// e is used by the call alone.
func (m *Manager) Open(ctx context.Context, t *catalog.Table, x *catalog.Index, e table.Entries) (*sidecar.Index, error) {
	cfg, err := m.config(t, x, e)
	if err != nil {
		return nil, err
	}
	ix, err := sidecar.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.indexes[x.ID] = ix
	return ix, nil
}

func (m *Manager) config(t *catalog.Table, x *catalog.Index, e table.Entries) (sidecar.Config, error) {
	spec, err := SpecOf(x)
	if err != nil {
		return sidecar.Config{}, err
	}
	return sidecar.Config{
		Spec: spec, FS: m.fs, Dir: m.fs.PathJoin(m.dir, dirName(x.ID)),
		Source:  newSource(m.eng, t, x, e),
		Workers: max(1, runtime.NumCPU()-1), MemoryNow: m.Memory, Budget: m.Budget,
		Report: func(err error) {
			m.log.Error("vector index background work failed; it will be tried again", "index", x.Name, "error", err)
		},
		Watch: func(work string) func(sidecar.Progress) { return logged(m.log, work, x) },
	}, nil
}

// Get finds a live index.
func (m *Manager) Get(id catalog.ID) (*sidecar.Index, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	ix, ok := m.indexes[id]
	return ix, ok
}

// Index is Get for the executor.
func (m *Manager) Index(id catalog.ID) (vectorindex.Index, bool) {
	ix, ok := m.Get(id)
	if !ok {
		return nil, false
	}
	return ix, true
}

// Drop closes an index and removes its files. One that was detached or could not
// be opened has files all the same.
func (m *Manager) Drop(id catalog.ID) {
	var err error
	if ix := m.detach(id); ix != nil {
		err = ix.Close()
	}
	err = errors.Join(err, m.fs.RemoveAll(m.fs.PathJoin(m.dir, dirName(id))))
	if err != nil {
		m.log.Error("removing a vector index", "index", id, "error", err)
	}
}

// detach makes an index unknown to searches and commits; nil if it was already.
func (m *Manager) detach(id catalog.ID) *sidecar.Index {
	m.mu.Lock()
	defer m.mu.Unlock()
	ix := m.indexes[id]
	delete(m.indexes, id)
	return ix
}

// Apply implements table.Sink. It runs in a commit, before it becomes visible. An
// index that cannot take a change is detached before anybody can see the commit:
// from then on searches measure every row.
func (m *Manager) Apply(ts kv.TS, deltas []table.Delta) {
	by := map[catalog.ID][]sidecar.Delta{}
	for i := range deltas {
		d := &deltas[i]
		by[d.Index] = append(by[d.Index], sidecar.Delta{Row: vectorindex.RowID(d.Row), Epoch: d.Epoch, Vec: d.Vec, Payload: d.Payload})
	}
	for id, ds := range by {
		ix, ok := m.Get(id)
		if !ok {
			continue // dropped meanwhile
		}
		if err := ix.Apply(uint64(ts), ds); err != nil {
			m.detach(id)
			m.closing.Go(func() { _ = ix.Close() }) // it waits for background work; a commit must not
			m.log.Error("a vector index could not take a commit; searches measure every row until REINDEX or a restart",
				"index", id, "error", err)
		}
	}
}

// Throttle holds a writer of the table back while an index lags.
func (m *Manager) Throttle(ctx context.Context, t *catalog.Table) error {
	for _, x := range t.Indexes {
		if ix, ok := m.Get(x.ID); ok && x.IsVector() {
			if err := ix.Throttle(ctx); err != nil && !errors.Is(err, vectorindex.ErrClosed) {
				return err
			}
		}
	}
	return nil
}

// Horizon tells every index that no snapshot before ts will be searched any more.
func (m *Manager) Horizon(ts kv.TS) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, ix := range m.indexes {
		ix.Horizon(uint64(ts))
	}
}

// sealAtClose is how many entries outside segments make a seal at Close shorter
// than replaying them, and linking them anew, at the next start.
const sealAtClose = 2048

// Flush seals what the indexes hold outside their segments, where it is much,
// until ctx ends: a restart then opens files instead of linking vectors again.
// Nothing depends on it. Call it when nobody writes any more.
func (m *Manager) Flush(ctx context.Context) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for id, ix := range m.indexes {
		if ix.Stats().HeadEntries < sealAtClose {
			continue
		}
		if err := ix.Flush(ctx); err != nil {
			m.log.Warn("the newest entries of a vector index were not sealed; the next start links them again", "index", id, "error", err)
		}
	}
}

// Close closes every index.
func (m *Manager) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var err error
	for _, ix := range m.indexes {
		err = errors.Join(err, ix.Close())
	}
	m.indexes = map[catalog.ID]*sidecar.Index{}
	m.closing.Wait()
	return err
}

// Build fills a new index from the rows that txn sees, and stores its manifest in
// the transaction. The caller holds the table's lock exclusively, so that nobody
// else writes rows meanwhile.
func (m *Manager) Build(ctx context.Context, txn *table.Txn, t *catalog.Table, x *catalog.Index, e table.Entries, o sidecar.BuildOptions) error {
	ix, err := m.Open(ctx, t, x, e)
	if err != nil {
		return err
	}
	if o.Workers == 0 {
		o.Workers = runtime.NumCPU()
	}
	built, err := ix.Build(ctx, uint64(txn.At()), buildSource(txn, t, x, e, 0), o)
	if err != nil {
		m.Drop(x.ID)
		return err
	}
	err = ix.Publish(ctx, built, func(_ context.Context, mf sidecar.Manifest) error {
		return txn.Put(manifestKey(x.ID), mf.Marshal(nil))
	})
	if err != nil {
		m.Drop(x.ID)
		return err
	}
	kept := false
	txn.AtCommit(func(kv.TS) { kept = true }) // unless the build is rolled back, alone or with the transaction
	txn.AtEnd(func(bool) {
		if !kept {
			m.Drop(x.ID)
		}
		if ix.Stats().Entries >= returnAfter {
			go debug.FreeOSMemory()
		}
	})
	return nil
}

// returnAfter is the size of a build whose garbage, about as large as the index,
// is given back to the system at once: the collector would wait until as much
// again is in use.
const returnAfter = 50_000
