// Package serial decides which serializable transactions may commit: it remembers
// what they read and wrote, and refuses the one that could close a cycle. It must
// not know SQL, tables, or which engine keeps the keys.
//
// Transactions read at a snapshot, and the first committer of a key wins. What is
// left of anomalies are cycles in which a transaction T1 has read what a concurrent
// T2 overwrites, and T2 has read what a concurrent T3 overwrites, where T3 is the
// first of the cycle to commit; if T1 writes nothing, T3 has even committed before
// T1's snapshot (Cahill, Röhm and Fekete 2008; Ports and Grittner 2012). Here a
// transaction is examined when it commits: against those that have committed since
// its snapshot, under one mutex with the order of commits. Of T1 and T2 the one that
// commits last is refused. It has then met nothing but committed transactions, so
// that it can be run again at once without meeting the same ones.
//
// Transactions of other isolation levels take no part, as in PostgreSQL.
package serial

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/loxodb/loxodb/storage/kv"
)

// never is later than every timestamp.
const never kv.TS = math.MaxUint64

// Manager knows the serializable transactions of an engine.
type Manager struct {
	visible func() kv.TS
	newest  atomic.Uint64 // newest commit of a transaction that wrote

	mu     sync.Mutex
	active map[*Txn]struct{}
	done   []*record // those that active ones must be examined against, by last
}

// record is what is remembered of a committed transaction, or of several old ones.
type record struct {
	// first and last are when it committed; without writes, its snapshot: it
	// counts as having run then.
	first, last kv.TS
	// out is the first commit of a transaction that overwrote what this one had read,
	// before this one committed.
	out           kv.TS
	reads, writes set
}

// New returns a manager; visible is the newest timestamp that a snapshot can have.
func New(visible func() kv.TS) *Manager {
	return &Manager{visible: visible, active: map[*Txn]struct{}{}}
}

// Txn is what a running transaction has read and written. It is used by one goroutine
// at a time. A nil Txn takes no part: all methods do nothing.
type Txn struct {
	m        *Manager
	at       kv.TS
	readOnly bool
	reads    set
	writes   set
	walks    []*walk // open
	safe     atomic.Bool
	doomed   bool

	// Of a read-only transaction: older ones that may still write, whether one of
	// them has made its snapshot a dangerous one, and who waits for them all to end.
	threats int
	unsafe  bool
	settled chan struct{}
	waiting *kv.Waiting
}

// Begin makes a transaction; open takes its snapshot. A read-only transaction whose
// snapshot cannot be part of an anomaly needs no watching: it gets nil.
func (m *Manager) Begin(readOnly bool, open func() (kv.TS, error)) (*Txn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, err := open()
	if err != nil {
		return nil, err
	}
	t := &Txn{m: m, at: at, readOnly: readOnly}
	if readOnly {
		t.examineSnapshot()
		if t.threats == 0 && !t.unsafe {
			return nil, nil
		}
		t.settled = make(chan struct{})
		if t.threats == 0 {
			close(t.settled)
		}
	}
	m.active[t] = struct{}{}
	return t, nil
}

// examineSnapshot looks for transactions that did not see, or may not have seen, what
// a transaction has overwritten that the snapshot sees.
func (t *Txn) examineSnapshot() {
	for o := range t.m.active {
		if !o.readOnly && o.at < t.at {
			t.threats++
		}
	}
	for _, r := range t.m.done {
		t.unsafe = t.unsafe || r.last > t.at && r.out <= t.at
	}
}

// Wait waits until it is known whether a read-only transaction's snapshot is safe.
func (t *Txn) Wait(ctx context.Context) (safe bool, err error) {
	t.m.mu.Lock()
	if t.threats > 0 {
		t.waiting = kv.WaitingOf(ctx)
		t.waiting.BeginView()
		defer t.waiting.End()
	}
	t.m.mu.Unlock()
	select {
	case <-t.settled:
		return t.Safe(), nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// Safe reports that the transaction can no longer be refused.
func (t *Txn) Safe() bool { return t == nil || t.safe.Load() }

// ReadKey notes a key that was asked for, whether or not it was there.
func (t *Txn) ReadKey(key []byte) {
	if !t.Safe() {
		t.reads.addKey(key)
	}
}

// Read notes a range of which all keys were asked for.
func (t *Txn) Read(r kv.Range) {
	if !t.Safe() {
		t.reads.addSpan(r.Start, r.End)
	}
}

// WroteKey notes a key that was changed.
func (t *Txn) WroteKey(key []byte) {
	if t != nil {
		t.writes.addKey(key)
	}
}

// Wrote notes a range of keys that are as if they were changed.
func (t *Txn) Wrote(r kv.Range) {
	if t != nil {
		t.writes.addSpan(r.Start, r.End)
	}
}

// Doom has the transaction refused.
func (t *Txn) Doom() {
	if t != nil {
		t.doomed = true
	}
}

// Check tells early that a commit would be refused.
func (t *Txn) Check() error {
	if !t.Safe() && t.doomed {
		return errDoomed
	}
	if t.Safe() || kv.TS(t.m.newest.Load()) <= t.at {
		return nil
	}
	t.settle()
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	_, err := t.examine(!t.writes.empty())
	return err
}

// Commit examines the transaction and gives it its place: enter, which is called
// when it has written something, makes it one of the commits in their order. After
// an error it can only End.
func (t *Txn) Commit(wrote bool, enter func() kv.TS) error {
	if t.Safe() {
		if wrote {
			enter()
		}
		return nil
	}
	if t.doomed {
		return errDoomed
	}
	t.settle()
	m := t.m
	m.mu.Lock()
	defer m.mu.Unlock()
	out, err := t.examine(wrote)
	if err != nil {
		return err
	}
	r := &record{first: t.at, last: t.at, out: never, reads: t.reads}
	if wrote {
		ts := enter()
		r.first, r.last, r.out, r.writes = ts, ts, out, t.writes
		m.newest.Store(uint64(ts))
	}
	t.reads, t.writes = set{}, set{} // the record's now
	t.safe.Store(true)
	m.leave(t, r)
	return nil
}

// End forgets a transaction that has not committed.
func (t *Txn) End() {
	if t == nil {
		return
	}
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	if _, ok := t.m.active[t]; ok {
		t.m.leave(t, nil)
	}
}

var errDoomed = &kv.DependencyError{Reason: "knowledge of a later commit"}

// settle readies for an examination.
func (t *Txn) settle() {
	for _, w := range t.walks {
		w.note()
	}
	t.reads.settle()
	t.writes.settle()
}

// examine looks for transactions that have committed since the snapshot and with
// which this one would be T1 or T2 of a cycle. out is the first commit that has
// overwritten what this one has read.
func (t *Txn) examine(wrote bool) (out kv.TS, err error) {
	limit := never - 1
	if !wrote {
		limit = t.at
	}
	done := t.m.done
	from := len(done)
	for from > 0 && done[from-1].last > t.at {
		from--
	}
	out = never
	for _, r := range done[from:] {
		if !t.reads.meets(&r.writes) {
			continue
		}
		if r.out <= limit {
			return out, &kv.DependencyError{Reason: "conflict out to a pivot"}
		}
		out = min(out, r.first)
	}
	if !wrote || out == never {
		return out, nil
	}
	for _, r := range done[from:] {
		if out <= r.last && r.reads.meets(&t.writes) {
			return out, &kv.DependencyError{Reason: "identification as a pivot"}
		}
	}
	return out, nil
}

// leave ends a transaction; r is what is to be remembered of it, nil when it was
// rolled back.
func (m *Manager) leave(t *Txn, r *record) {
	delete(m.active, t)
	oldest := m.visible()
	for o := range m.active {
		oldest = min(oldest, o.at)
		if o.readOnly && !t.readOnly && t.at < o.at {
			o.outlive(r)
		}
	}
	if r != nil && r.last > oldest && !(r.reads.empty() && r.writes.empty()) {
		at, _ := slices.BinarySearchFunc(m.done, r.last, func(d *record, ts kv.TS) int {
			if d.last <= ts {
				return -1
			}
			return 1
		})
		m.done = slices.Insert(m.done, at, r)
	}
	n := 0
	for n < len(m.done) && m.done[n].last <= oldest {
		n++
	}
	m.done = slices.Delete(m.done, 0, n)
	for len(m.done) > maxRecords || len(m.done) > 1 && m.weight() > maxWeight {
		m.summarize(max(2, len(m.done)/2))
	}
}

func (m *Manager) weight() (n int) {
	for _, r := range m.done {
		n += r.reads.weight() + r.writes.weight()
	}
	return n
}

// outlive tells a read-only transaction that an older one has ended that could write.
func (t *Txn) outlive(r *record) {
	t.unsafe = t.unsafe || r != nil && r.out <= t.at
	if t.threats--; t.threats > 0 {
		return
	}
	close(t.settled)
	t.waiting.End()
	if !t.unsafe {
		t.safe.Store(true)
		delete(t.m.active, t)
	}
}

// maxRecords is how many committed transactions are remembered one by one, in maxWeight
// bytes. Only those that began before the oldest have ended are examined against a
// summary.
const (
	maxRecords = 512
	maxWeight  = 16 << 20
)

// summarize makes one of the n oldest: whoever conflicts with one of them conflicts
// with it.
func (m *Manager) summarize(n int) {
	sum := m.done[0]
	for _, r := range m.done[1:n] {
		sum.first, sum.last, sum.out = min(sum.first, r.first), max(sum.last, r.last), min(sum.out, r.out)
		sum.reads.union(&r.reads)
		sum.writes.union(&r.writes)
	}
	m.done = slices.Delete(m.done, 1, n)
}
