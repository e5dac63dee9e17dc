package sidecar_test

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/bitmap"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/indextest"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// version is the state of a row from ts on.
type version struct {
	ts    uint64
	epoch uint32
	vec   []byte // nil: gone
}

// model is the obvious storage: all versions of all rows, the outbox, the
// manifest. What it holds is durable; the index's files are not part of it.
type model struct {
	mu       sync.Mutex
	now      uint64
	rows     map[vectorindex.RowID][]version
	marks    map[sidecar.Mark]uint64
	manifest sidecar.Manifest

	sealErr  error // the next Seal fails with it ...
	sealDone bool  // ... but has committed
}

func newModel() *model {
	return &model{now: 10, rows: map[vectorindex.RowID][]version{}, marks: map[sidecar.Mark]uint64{}}
}

// payloadOf is what the entry of a row's version carries.
func payloadOf(row vectorindex.RowID, epoch uint32) []byte {
	return []byte("payload")[:(uint64(row)*3+uint64(epoch))%8]
}

func deltaOf(row vectorindex.RowID, epoch uint32, vec []byte) sidecar.Delta {
	return sidecar.Delta{Row: row, Epoch: epoch, Vec: slices.Clone(vec), Payload: payloadOf(row, epoch)}
}

func (m *model) at(row vectorindex.RowID, ts uint64) version {
	var v version
	for _, x := range m.rows[row] {
		if x.ts <= ts {
			v = x
		}
	}
	return v
}

func (m *model) Now(context.Context) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now, nil
}

func (m *model) Manifest(context.Context) (sidecar.Manifest, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	// Through its bytes, as storage would.
	if m.manifest.Generation == 0 {
		return sidecar.Manifest{}, nil
	}
	var out sidecar.Manifest
	err := out.Unmarshal(m.manifest.Marshal(nil))
	return out, err
}

func (m *model) Pending(_ context.Context, asOf uint64, each func(sidecar.Mark, sidecar.Delta) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for mark, ts := range m.marks {
		if ts > asOf {
			continue
		}
		v := m.at(mark.Row, asOf)
		if err := each(mark, deltaOf(mark.Row, v.epoch, v.vec)); err != nil {
			return err
		}
	}
	return nil
}

func (m *model) Seal(_ context.Context, done []sidecar.Mark, man sidecar.Manifest) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := m.sealErr
	m.sealErr = nil
	if err != nil && !m.sealDone {
		return 0, err
	}
	for _, k := range done {
		delete(m.marks, k)
	}
	m.manifest = man
	return m.now, err
}

// commit changes rows in one transaction and feeds the index before the commit
// becomes readable. A nil vector deletes the row.
func (m *model) commit(t testing.TB, ix *sidecar.Index, changes map[vectorindex.RowID][]byte) uint64 {
	t.Helper()
	m.mu.Lock()
	ts := m.now + 1
	var deltas []sidecar.Delta
	for row, vec := range changes {
		epoch := uint32(len(m.rows[row]) + 1)
		m.rows[row] = append(m.rows[row], version{ts, epoch, vec})
		m.marks[sidecar.Mark{Row: row, Epoch: epoch}] = ts
		deltas = append(deltas, deltaOf(row, epoch, vec))
	}
	m.mu.Unlock()
	if ix != nil {
		if err := ix.Apply(ts, deltas); err != nil {
			t.Fatal(err)
		}
	}
	m.mu.Lock()
	m.now = ts
	m.mu.Unlock()
	return ts
}

// alive lists the rows with a vector at ts, that allow lets through, nearest first.
func (m *model) alive(space dist.Space, q []byte, ts uint64, allow *bitmap.Bitmap) []vectorindex.Hit {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []vectorindex.Hit
	for row := range m.rows {
		v := m.at(row, ts)
		if v.vec == nil || allow != nil && !allow.Contains(uint64(row)) {
			continue
		}
		out = append(out, vectorindex.Hit{Row: row, Epoch: v.epoch, Dist: space.Exact(q, v.vec)})
	}
	sortHits(out)
	return out
}

func sortHits(h []vectorindex.Hit) {
	slices.SortFunc(h, func(a, b vectorindex.Hit) int {
		if c := vectorindex.Compare(a.Dist, b.Dist); c != 0 {
			return c
		}
		return cmp.Compare(a.Row, b.Row)
	})
}

// drain pulls everything, checks order within rounds and that nothing comes
// twice, and keeps what the rows at ts confirm.
func (m *model) drain(t testing.TB, ix *sidecar.Index, q *vectorindex.Query, ts uint64) []vectorindex.Hit {
	t.Helper()
	ctx := context.Background()
	s, err := ix.Search(ctx, q)
	if err != nil {
		t.Fatalf("search at %d: %v", q.AsOf, err)
	}
	defer s.Close()
	type key struct {
		row   vectorindex.RowID
		epoch uint32
	}
	seen := map[key]bool{}
	var out []vectorindex.Hit
	var buf [7]vectorindex.Hit
	for {
		n, err := s.Next(ctx, buf[:])
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		for i, h := range buf[:n] {
			if i > 0 && vectorindex.Compare(h.Dist, buf[i-1].Dist) < 0 {
				t.Fatalf("distances decrease within a round: %v after %v", h.Dist, buf[i-1].Dist)
			}
			if seen[key{h.Row, h.Epoch}] {
				t.Fatalf("row %d epoch %d proposed twice", h.Row, h.Epoch)
			}
			seen[key{h.Row, h.Epoch}] = true
			m.mu.Lock()
			v := m.at(h.Row, ts)
			m.mu.Unlock()
			if v.vec != nil && v.epoch == h.Epoch {
				h.Payload = slices.Clone(h.Payload)
				out = append(out, h)
			}
		}
	}
	sortHits(out)
	return out
}

func sameHits(a, b []vectorindex.Hit) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Row != b[i].Row || a[i].Epoch != b[i].Epoch || vectorindex.Compare(a[i].Dist, b[i].Dist) != 0 {
			return false
		}
	}
	return true
}

var errStorage = errors.New("storage fault")

// world is a model, its index and their disk.
type world struct {
	t     testing.TB
	rng   *rand.Rand
	m     *model
	fs    *vfs.MemFS
	disk  string // in this directory instead
	cfg   sidecar.Config
	ix    *sidecar.Index
	rows  int    // size of the key space
	since uint64 // oldest snapshot that may be searched
}

func (w *world) open() {
	w.t.Helper()
	w.cfg.FS, w.cfg.Source, w.cfg.Dir = w.fs, w.m, "idx"
	if w.disk != "" {
		w.cfg.FS, w.cfg.Dir = vfs.Default, w.disk
	}
	ix, err := sidecar.Open(context.Background(), w.cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	w.ix = ix
}

func (w *world) vec() []byte {
	v := make([]float32, w.cfg.Spec.Dims)
	switch w.rng.IntN(20) {
	case 0: // the zero vector has no cosine
	case 1: // a likely duplicate
		v[0] = 1
	default:
		for i := range v {
			v[i] = float32(w.rng.NormFloat64())
		}
	}
	return indextest.Encode(w.cfg.Spec.Space(), v)
}

func (w *world) write(rows int) {
	w.t.Helper()
	changes := map[vectorindex.RowID][]byte{}
	for range 1 + w.rng.IntN(12) {
		row := vectorindex.RowID(1<<63 + w.rng.Uint64N(uint64(rows)))
		if w.rng.IntN(4) == 0 {
			changes[row] = nil
		} else {
			changes[row] = w.vec()
		}
	}
	w.m.commit(w.t, w.ix, changes)
}

// check compares a complete search, and the k nearest, with the model.
func (w *world) check() {
	w.t.Helper()
	from := max(w.since, w.ix.Stats().ValidFrom)
	asOf := w.m.now
	if from < w.m.now && w.rng.IntN(2) == 0 {
		asOf = from + w.rng.Uint64N(w.m.now-from+1)
	}
	q := &vectorindex.Query{Vec: w.vec(), K: 1 + w.rng.IntN(20), AsOf: asOf, Effort: w.rng.IntN(3) * 200}
	if w.rng.IntN(3) > 0 { // narrow enough for walks in small graphs
		q.K, q.Effort = 1+w.rng.IntN(3), 1+w.rng.IntN(4)
	}
	if w.rng.IntN(2) == 0 {
		q.Allow = bitmap.New()
		for row := range w.m.rows {
			if w.rng.IntN(10) < 1+int(asOf%7) {
				q.Allow.Add(uint64(row))
			}
		}
	}
	longest := 8
	if w.cfg.Spec.Payloads && q.Allow == nil {
		longest = w.rng.IntN(8)
		q.Test = func(payloads [][]byte, dst []uint16) []uint16 {
			if len(payloads) > vectorindex.TestBlock {
				w.t.Errorf("a test of %d entries at a time", len(payloads))
			}
			for i, p := range payloads {
				if len(p) < longest {
					dst = append(dst, uint16(i))
				}
			}
			return dst
		}
	}
	if asOf == w.m.now && w.rng.IntN(3) == 0 {
		q.AsOf = 0
	}
	want := w.m.alive(w.cfg.Spec.Space(), q.Vec, asOf, q.Allow)
	want = slices.DeleteFunc(want, func(h vectorindex.Hit) bool { return len(payloadOf(h.Row, h.Epoch)) >= longest })
	got := w.m.drain(w.t, w.ix, q, asOf)
	if !sameHits(got, want) {
		w.t.Fatalf("at %d (now %d, valid from %d, filter %v): %d rows, want %d", q.AsOf, w.m.now, from, q.Allow != nil, len(got), len(want))
	}
	for _, h := range got {
		carries := ""
		if w.cfg.Spec.Payloads {
			carries = string(payloadOf(h.Row, h.Epoch))
		}
		if string(h.Payload) != carries {
			w.t.Fatalf("row %d epoch %d carries %q, want %q", h.Row, h.Epoch, h.Payload, carries)
		}
	}
}

func (w *world) crash() {
	w.t.Helper()
	w.m.mu.Lock() // no commit between the two halves of the disk
	after := w.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: w.rng.IntN(101), RNG: w.rng})
	m := &model{now: w.m.now, rows: w.m.rows, marks: maps.Clone(w.m.marks), manifest: w.m.manifest}
	w.m.mu.Unlock()
	if err := w.ix.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.fs, w.m = after, m
	w.open()
}

// do makes one random step.
func (w *world) do() {
	w.t.Helper()
	ctx := context.Background()
	switch w.rng.IntN(40) {
	case 0:
		w.crash()
	case 1:
		if err := w.ix.Close(); err != nil {
			w.t.Fatal(err)
		}
		w.open()
	case 2, 3:
		if err := w.ix.Flush(ctx); err != nil {
			w.t.Fatal(err)
		}
	case 4:
		if err := w.ix.Compact(ctx); err != nil {
			w.t.Fatal(err)
		}
	case 5:
		w.since = max(w.since, w.since+w.rng.Uint64N(w.m.now-w.since+1))
		w.ix.Horizon(w.since)
	case 6:
		w.sealFault(ctx)
	case 7:
		if len(w.m.rows) > 0 {
			w.build(ctx)
		}
	case 8:
		if err := w.ix.Vacuum(ctx, w.rng.Float64()/2); err != nil {
			w.t.Fatal(err)
		}
	case 9:
		if err := w.ix.Rewrite(ctx); err != nil {
			w.t.Fatal(err)
		}
		if st := w.ix.Stats(); w.cfg.NoBackground && w.since >= w.m.now && (st.Dead > 0 || st.HeadEntries > 0) {
			w.t.Fatalf("after Rewrite: %+v", st)
		}
	case 10, 11, 12, 13, 14:
		w.check()
	default:
		w.write(w.rows)
	}
}

// sealFault makes the next seal fail, half the time after it has committed.
func (w *world) sealFault(ctx context.Context) {
	w.t.Helper()
	w.m.mu.Lock()
	w.m.sealErr, w.m.sealDone = errStorage, w.rng.IntN(2) == 0
	done := w.m.sealDone
	w.m.mu.Unlock()
	err := w.ix.Flush(ctx)
	w.m.mu.Lock()
	pending := w.m.sealErr != nil
	w.m.sealErr = nil
	w.m.mu.Unlock()
	if w.cfg.NoBackground && !pending && (err == nil) != done {
		w.t.Fatalf("a seal that failed (committed %v): %v", done, err)
	}
}

// build replaces nothing: it adds a bulk-built segment of everything at now while
// writes and seals go on, as CREATE INDEX does.
func (w *world) build(ctx context.Context) {
	w.t.Helper()
	asOf := w.m.now
	b, err := w.ix.Build(ctx, asOf, func(_ context.Context, each func(*sidecar.Delta) error) error {
		for i := range 5 {
			if i < 3 {
				w.write(w.rows)
			}
		}
		for row := range w.m.rows {
			if v := w.m.at(row, asOf); v.vec != nil {
				d := deltaOf(row, v.epoch, v.vec)
				if err := each(&d); err != nil {
					return err
				}
			}
		}
		return nil
	}, sidecar.BuildOptions{})
	if err != nil {
		if errors.Is(err, vectorindex.ErrTooOld) {
			return
		}
		w.t.Fatal(err)
	}
	if w.rng.IntN(2) == 0 {
		if err := w.ix.Flush(ctx); err != nil {
			w.t.Fatal(err)
		}
	}
	w.write(w.rows)
	err = w.ix.Publish(ctx, b, func(_ context.Context, man sidecar.Manifest) error {
		w.m.mu.Lock()
		defer w.m.mu.Unlock()
		w.m.manifest = man
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
