package sidecar

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/hnsw"
	"github.com/loxodb/loxodb/vectorindex/ivf"
	"github.com/loxodb/loxodb/vectorindex/segfile"
)

// Open opens an index as the newest manifest has it, replays the outbox marks
// that no segment covers, and starts background work. No transaction may commit a
// change of the indexed column between the snapshot that Open takes and the first
// Apply: open indexes before writers start, or a new index before its first mark.
//
// ErrCorrupt says that a file or the manifest is damaged or missing. The rows are
// not: remove the directory, store an empty manifest, and Build anew.
func Open(ctx context.Context, cfg Config) (*Index, error) {
	cfg.ensureDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if cfg.Spec.Kind == vectorindex.HNSW { // check the graph's options once, here
		if _, err := newGraph(&cfg.Spec, nil); err != nil {
			return nil, err
		}
	}
	ix := &Index{cfg: cfg, pace: newPace(), dir: cfg.Dir, wake: make(chan struct{}, 1), tidy: make(chan struct{}, 1),
		manifestMu: make(semaphore, 1), sealing: make(semaphore, 1), merging: make(semaphore, 1)}
	ix.log.pins = map[*uint64]struct{}{}
	if err := makeDir(&cfg); err != nil {
		return nil, fmt.Errorf("sidecar: directory of the index: %w", err)
	}
	m, err := cfg.Source.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	if err := ix.openFiles(ctx, m); err != nil {
		return nil, err
	}
	if err := ix.recover(ctx); err != nil {
		ix.cur.release()
		ix.cfg.Budget.leave(ix)
		return nil, err
	}
	if err := ix.removeOrphans(); err != nil {
		ix.cfg.Report(err)
	}
	ix.ctx, ix.cancel = context.WithCancel(context.Background())
	if !cfg.NoBackground {
		ix.done.Add(2)
		go ix.runHeads()
		go ix.runMerges()
		poke(ix.wake)
		poke(ix.tidy)
	}
	return ix, nil
}

// makeDir creates the directory and makes its name durable.
func makeDir(cfg *Config) error {
	if _, err := cfg.FS.Stat(cfg.Dir); err == nil {
		return nil
	}
	if err := cfg.FS.MkdirAll(cfg.Dir, 0o700); err != nil {
		return err
	}
	return segfile.SyncDir(cfg.FS, cfg.FS.PathDir(cfg.Dir))
}

// openFiles opens the manifest's segments and an empty head.
func (ix *Index) openFiles(ctx context.Context, m Manifest) error {
	ix.manifest = m.clone()
	ix.nextNumber.Store(max(m.Next, 1)) // 0 means "no delete file"
	set := &partSet{validFrom: m.ValidFrom}
	fail := func(err error) error {
		for _, p := range set.segs {
			p.release()
		}
		return err
	}
	for _, meta := range m.Segments {
		p, err := ix.openSegment(ctx, meta)
		if err != nil {
			return fail(err)
		}
		set.segs = append(set.segs, p)
		if err := ix.readDeletes(ctx, p); err != nil {
			return fail(err)
		}
		p.settle()
	}
	head, err := newHead(&ix.cfg.Spec, ix.cfg.HeadEntries, nil)
	if err != nil {
		return fail(err)
	}
	set.head = head // the set takes over the references
	set.refs.Store(1)
	ix.cur = set
	ix.cfg.Budget.join(ix)
	return nil
}

// recover replays the pending marks as changes at the present. Older snapshots
// cannot be answered then: what a row was between its last sealed state and now
// is not known here.
func (ix *Index) recover(ctx context.Context) error {
	asOf, err := ix.cfg.Source.Now(ctx)
	if err != nil {
		return err
	}
	ix.applyMu.Lock()
	defer ix.applyMu.Unlock()
	set, err := ix.acquire()
	if err != nil {
		return err
	}
	defer func() { set.release() }()
	replayed := false
	err = ix.cfg.Source.Pending(ctx, asOf, func(m Mark, d Delta) error {
		if m.Row != d.Row {
			return fmt.Errorf("sidecar: mark of row %d with the state of row %d", m.Row, d.Row)
		}
		replayed = true
		var err error
		set, err = ix.applyOne(set, asOf, m.Epoch, &d)
		return err
	})
	if err != nil {
		return err
	}
	ix.applied.Store(asOf)
	if !replayed {
		return nil
	}
	next := &partSet{head: set.head, frozen: set.frozen, segs: set.segs, validFrom: max(set.validFrom, asOf)}
	return ix.install(next)
}

// removeOrphans removes files that the manifest does not name: those of changes
// that were not committed, and those that were replaced just before a crash.
func (ix *Index) removeOrphans() error {
	names, err := ix.cfg.FS.List(ix.dir)
	if err != nil {
		return err
	}
	var keep []string
	for _, s := range ix.manifest.Segments {
		keep = append(keep, segmentName(s.Number))
		if s.Deletes != 0 {
			keep = append(keep, deletesName(s.Deletes))
		}
	}
	var errs []error
	for _, name := range names {
		ours := strings.HasSuffix(name, ".seg") || strings.HasSuffix(name, ".del") || strings.HasSuffix(name, ".tmp")
		if ours && !slices.Contains(keep, name) {
			errs = append(errs, ix.cfg.FS.Remove(ix.cfg.FS.PathJoin(ix.dir, name)))
		}
	}
	return errors.Join(errs...)
}

// isCorruption reports whether a lower layer found bytes that are not its own.
func isCorruption(err error) bool {
	return errors.Is(err, segfile.ErrCorrupt) || errors.Is(err, hnsw.ErrCorrupt) || errors.Is(err, ivf.ErrCorrupt)
}
