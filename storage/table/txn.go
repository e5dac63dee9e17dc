// Package table stores rows: it keeps a row's scalars, its vectors, its ordered
// index entries and the marks of its vector indexes together in one
// transaction, enforces uniqueness, and reads rows back into batches. It must
// not know syntax, plans, operators or the server.
package table

import (
	"context"
	"errors"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
)

// ErrRestart: at READ COMMITTED a key that the statement must lock changed after
// its view. The caller rolls the statement back, refreshes the view and runs it
// again; it then sees the newer rows.
var ErrRestart = errors.New("table: a row changed since the statement began")

// Delta is one change of a vector index: what the row's entry is after it. Vec
// (see dist.Element) nil means that the row has none any more; Epoch is then a number
// of its own.
type Delta struct {
	Index catalog.ID
	Row   uint64
	Epoch uint32
	Vec   []byte // owned by the delta
	// Payload is what the entry carries of included columns, nil without such.
	Payload []byte // likewise
}

// Sink takes the vector changes of a transaction as it commits: after they are
// durable, before they are visible.
type Sink interface {
	Apply(ts kv.TS, deltas []Delta)
}

// Txn is a transaction over tables: a kv transaction and what must happen beside it.
type Txn struct {
	kv.Txn
	deltas []Delta
	hooks  []hook
	engine kv.Engine
	locked map[catalog.ID]kv.Mode
	owned  map[catalog.ID]kv.Mark // see OwnTable
	onEnd  []func(committed bool)
	done   bool
	putOff struct{ id, next uint64 } // see PutOff
	tracks bool                      // see TrackMoves
	moves  []move
	// overlapping are the indexes of exclusion constraints, by storage, that rows of the
	// transaction may be against for a while.
	overlapping map[catalog.ID]bool

	cache   *RowCache
	columns *ColumnCache
	written []writtenRow
	many    []uint32 // tables of which too many rows were written to list them

	number func(context.Context) (uint64, error)
	onMove func() // see Follow

	serializable bool

	activity *Activity
	usage    *Usage
	changes  tallies
}

// NumberBy makes number, which gives the same number whenever it is asked, the way to
// the transaction's number: it is asked when the first row is written.
func (t *Txn) NumberBy(number func(context.Context) (uint64, error)) { t.number = number }

// Number is the transaction's number, 0 if it has none. The rows that it writes carry it.
func (t *Txn) Number(ctx context.Context) (uint64, error) {
	if t.number == nil {
		return 0, nil
	}
	return t.number(ctx)
}

// CountChanges makes the commit add to a. Every transaction that writes rows of a
// database that counts must.
func (t *Txn) CountChanges(a *Activity) { t.activity = a }

// CountUse makes the end of the transaction add to g what statements wrote.
func (t *Txn) CountUse(g *Usage) { t.usage = g }

// UseCache makes the commit tell the cache which rows it wrote. Every
// transaction that writes rows of a database with a cache must use it.
func (t *Txn) UseCache(c *RowCache) { t.cache = c }

// UseColumns makes the commit tell the cache of columns, likewise.
func (t *Txn) UseColumns(c *ColumnCache) { t.columns = c }

// Serializable reports that the transaction's reads count: those that do not go
// through it must be noted.
func (t *Txn) Serializable() bool { return t.serializable }

// Dirty reports whether the transaction has written rows: its reads must not be
// answered from the cache of committed ones.
func (t *Txn) Dirty() bool { return len(t.many) > 0 || len(t.written) > 0 }

// wrote notes a row that the transaction writes.
func (t *Txn) wrote(storage uint32, row uint64) {
	t.countChange(storage)
	if len(t.written) < maxListed {
		t.written = append(t.written, writtenRow{storage, row})
		return
	}
	if n := len(t.many); (n == 0 || t.many[n-1] != storage) && !slices.Contains(t.many, storage) {
		t.many = append(t.many, storage)
	}
}

type hook struct {
	fn func(kv.TS)
	of any // what it is the last word of, see AtCommitLast; nil = of itself
}

// Begin starts a transaction; sink may be nil when there are no vector indexes.
func Begin(ctx context.Context, e kv.Engine, o kv.TxnOptions, sink Sink) (*Txn, error) {
	t, err := e.Begin(ctx, o)
	if err != nil {
		return nil, err
	}
	x := &Txn{Txn: t, engine: e, locked: map[catalog.ID]kv.Mode{}, owned: map[catalog.ID]kv.Mark{}}
	x.serializable = o.Isolation == kv.Serializable
	if !o.ReadOnly {
		t.OnCommit(func(ts kv.TS) {
			if sink != nil && len(x.deltas) > 0 {
				sink.Apply(ts, x.deltas)
			}
			if x.cache != nil && x.Dirty() {
				x.cache.wrote(ts, x.written, len(x.many) > 0)
			}
			if x.columns != nil && x.Dirty() {
				x.columns.wrote(ts, x.written, x.many)
			}
			if x.activity != nil {
				for i := range x.changes.list {
					c := &x.changes.list[i]
					x.activity.committed(ts, c.storage, c.changed())
				}
			}
			x.callHooks(ts)
		})
	}
	return x, nil
}

// callHooks calls what is registered for the commit, in its order.
func (t *Txn) callHooks(ts kv.TS) {
	var last map[any]int
	for i, h := range t.hooks {
		if h.of != nil {
			if last == nil {
				last = map[any]int{}
			}
			last[h.of] = i
		}
	}
	for i, h := range t.hooks {
		if h.of == nil || last[h.of] == i {
			h.fn(ts)
		}
	}
}

// Latest opens a view of what is committed now, without the transaction's own
// changes; the caller closes it.
func (t *Txn) Latest(ctx context.Context) (kv.Snapshot, error) {
	now, err := t.engine.Now(ctx)
	if err != nil {
		return nil, err
	}
	return t.engine.Snapshot(ctx, now)
}

// Follow has fn called whenever the view has moved.
func (t *Txn) Follow(fn func()) { t.onMove = fn }

// Refresh moves the view to what is committed now; see kv.Txn.Refresh.
func (t *Txn) Refresh(ctx context.Context) error {
	err := t.Txn.Refresh(ctx)
	if err == nil && t.onMove != nil {
		t.onMove()
	}
	return err
}

// Mark is a savepoint of a Txn.
type Mark struct {
	kv                   kv.Mark
	deltas, hooks, moves int
	changes, round       int
}

// Savepoint remembers the state; see kv.Txn.Mark.
func (t *Txn) Savepoint() Mark {
	t.changes.mark = len(t.changes.list)
	return Mark{t.Txn.Mark(), len(t.deltas), len(t.hooks), len(t.moves), t.changes.mark, t.changes.round}
}

// RollbackTo undoes everything since the mark.
func (t *Txn) RollbackTo(m Mark) error {
	if err := t.Txn.RollbackTo(m.kv); err != nil {
		return err
	}
	t.deltas, t.hooks, t.moves = t.deltas[:m.deltas], t.hooks[:m.hooks], t.moves[:m.moves]
	clear(t.locked) // some may be released; they are taken again when needed
	t.disown(m.kv)
	t.changes.lose(m.changes, m.round)
	return nil
}

// AtCommit registers fn like kv.Txn.OnCommit, undone by RollbackTo an earlier mark.
func (t *Txn) AtCommit(fn func(kv.TS)) { t.hooks = append(t.hooks, hook{fn: fn}) }

// AtCommitLast is AtCommit for a fn that stands for those registered before for the same
// thing, which are not called unless it is undone.
func (t *Txn) AtCommitLast(of any, fn func(kv.TS)) { t.hooks = append(t.hooks, hook{fn, of}) }

// AtEnd registers fn to run when the transaction has ended either way.
func (t *Txn) AtEnd(fn func(committed bool)) { t.onEnd = append(t.onEnd, fn) }

// Commit commits; see kv.Txn.Commit.
func (t *Txn) Commit(ctx context.Context) (kv.TS, error) {
	ts, err := t.Txn.Commit(ctx)
	if err == nil {
		t.end(true)
	}
	return ts, err
}

// Close ends the transaction, rolling back unless it was committed.
func (t *Txn) Close() error {
	err := t.Txn.Close()
	t.end(false)
	return err
}

func (t *Txn) end(committed bool) {
	if t.done {
		return
	}
	t.done = true
	if t.usage != nil {
		t.usage.wrote(&t.changes, committed)
	}
	for _, fn := range t.onEnd {
		fn(committed)
	}
}

// Pending are the uncommitted changes of one vector index, oldest first.
func (t *Txn) Pending(index catalog.ID, each func(*Delta)) {
	for i := range t.deltas {
		if t.deltas[i].Index == index {
			each(&t.deltas[i])
		}
	}
}

// HasPending reports whether the transaction changed the vector index.
func (t *Txn) HasPending(index catalog.ID) bool {
	for i := range t.deltas {
		if t.deltas[i].Index == index {
			return true
		}
	}
	return false
}

// LockTable takes the table's own lock: shared by whoever writes rows, exclusive
// by whoever changes its schema. ErrRestart tells that the schema changed since
// the statement's view.
func (t *Txn) LockTable(ctx context.Context, id catalog.ID, m kv.Mode) error {
	if held, ok := t.locked[id]; ok && (held == kv.Exclusive || m == kv.Shared) {
		return nil
	}
	if err := t.lock(ctx, keys.AppendID(nil, keys.Lock, id), m, kv.WaitBlock); err != nil {
		return err
	}
	t.locked[id] = m
	return nil
}

// TouchTable leaves a mark that makes LockTable of older views restart. The
// caller holds the table's lock exclusively, or the table is new.
func (t *Txn) TouchTable(id catalog.ID) error {
	t.own(id)
	return t.Put(keys.AppendID(nil, keys.Lock, id), []byte{1})
}

// LockRow locks a row for a change (exclusive) or against one (shared).
func (t *Txn) LockRow(ctx context.Context, storage catalog.ID, row uint64, m kv.Mode, w kv.Wait) error {
	var buf [keys.RowLen]byte
	return t.lock(ctx, keys.AppendRow(buf[:0], storage, keys.Scalars, row), m, w)
}

// lock takes a lock and turns "changed since the view" into ErrRestart.
func (t *Txn) lock(ctx context.Context, key []byte, m kv.Mode, w kv.Wait) error {
	changed, err := t.Lock(ctx, key, m, w)
	if err != nil {
		return err
	}
	if changed {
		return ErrRestart
	}
	return nil
}
