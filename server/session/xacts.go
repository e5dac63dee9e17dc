package session

import (
	"context"
	"slices"
	"sync"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// xacts knows the numbers of a server's transactions: which are running, how the last ones
// ended, and when, so that it can say which of them a view shows. A transaction has a
// number once it has written a row or was asked for it; the others are not known here.
// Safe for concurrent use.
type xacts struct {
	counter *table.Counter
	oldest  func() kv.TS

	mu      sync.Mutex
	running map[uint64]*Session
	// ended are those that committed and that a view may be too old to show; those of
	// views before lost are not all known any more.
	ended []endedXact
	lost  kv.TS
	sweep int // how many there are when it is time to look for some to forget
	outcomes
}

type endedXact struct {
	number uint64
	at     kv.TS
}

const (
	maxEnded   = 1 << 16
	leastSweep = 64
)

func newXacts(eng kv.Engine) *xacts {
	return &xacts{counter: table.NewTxnNumbers(eng), oldest: eng.Oldest, running: map[uint64]*Session{}, sweep: leastSweep}
}

// begin gives a session's transaction a number.
func (x *xacts) begin(ctx context.Context, s *Session) (uint64, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	n, err := x.counter.Next(ctx)
	if err == nil {
		x.running[n] = s
		x.note(n, outcomeUnknown)
	}
	return n, err
}

// end notes that a transaction has ended, unless that is known: at is the timestamp of what
// it wrote, 0 if it wrote nothing that is left. Of a commit it must be told before the
// timestamp becomes visible.
func (x *xacts) end(n uint64, committed bool, at kv.TS) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, ok := x.running[n]; !ok {
		return
	}
	delete(x.running, n)
	if !committed {
		x.note(n, outcomeAborted)
		return
	}
	x.note(n, outcomeCommitted)
	if at == 0 {
		return
	}
	if x.ended = append(x.ended, endedXact{n, at}); len(x.ended) >= x.sweep {
		x.forget()
	}
}

// forget drops the ended transactions that every view shows, and when many are left, the
// earlier half of them.
func (x *xacts) forget() {
	shown := x.oldest()
	x.ended = slices.DeleteFunc(x.ended, func(e endedXact) bool { return e.at <= shown })
	if len(x.ended) >= maxEnded {
		half := len(x.ended) / 2
		for _, e := range x.ended[:half] {
			x.lost = max(x.lost, e.at)
		}
		x.ended = append([]endedXact(nil), x.ended[half:]...)
	}
	x.sweep = max(leastSweep, 2*len(x.ended))
}

// owners are the numbers of running transactions by their sessions.
func (x *xacts) owners() map[*Session]uint64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	m := make(map[*Session]uint64, len(x.running))
	for n, s := range x.running {
		m[s] = n
	}
	return m
}

// peek is the number that the next transaction gets.
func (x *xacts) peek(ctx context.Context) (uint64, error) { return x.counter.Peek(ctx) }

// snapshot says what a view shows. own is the number of the transaction that asks, 0 if it
// has none: it counts as running for the least number alone, as in PostgreSQL.
func (x *xacts) snapshot(ctx context.Context, at kv.TS, own uint64) (types.Snapshot, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if at < x.lost {
		return types.Snapshot{}, pgerr.NotSupported(-1, "the snapshot of a statement that very many transactions have followed is not supported")
	}
	next, err := x.counter.Peek(ctx)
	if err != nil {
		return types.Snapshot{}, err
	}
	hidden := make([]uint64, 0, len(x.running))
	for n := range x.running {
		hidden = append(hidden, n)
	}
	for _, e := range x.ended {
		if e.at > at {
			hidden = append(hidden, e.number)
		}
	}
	slices.Sort(hidden)
	s := types.Snapshot{Xmax: next}
	for n := len(hidden); n > 0 && hidden[n-1] == s.Xmax-1; n-- { // none from there on has ended
		s.Xmax--
		hidden = hidden[:n-1]
	}
	if s.Xmin = s.Xmax; len(hidden) > 0 {
		s.Xmin = hidden[0]
	}
	s.Xip = slices.DeleteFunc(hidden, func(n uint64) bool { return n == own })
	return s, nil
}

// firstXact is above the numbers that always count as committed.
const firstXact = 3

// status is how a transaction ended, or that it runs; "" for one that is not remembered.
func (x *xacts) status(ctx context.Context, n uint64) (string, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	next, err := x.counter.Peek(ctx)
	switch {
	case err != nil || uint32(n) == 0:
		return "", err
	case n >= next:
		return "", pgerr.Newf(pgerrcode.InvalidParameterValue, "transaction ID %d is in the future", n)
	case n < firstXact:
		return "committed", nil
	case x.running[n] != nil:
		return "in progress", nil
	}
	switch x.of(n) {
	case outcomeCommitted:
		return "committed", nil
	case outcomeAborted:
		return "aborted", nil
	}
	return "", nil
}

// Snapshot implements builtin.Session.
func (s *Session) Snapshot(ctx context.Context) (types.Snapshot, error) {
	t := &s.tx
	var at kv.TS
	switch {
	case t.snapshot != nil:
		return *t.snapshot, nil
	case t.txn != nil:
		at = t.txn.At()
	case t.view != nil:
		at = t.view.At()
	default:
		var err error
		if at, err = s.db.eng.Now(ctx); err != nil {
			return types.Snapshot{}, err
		}
	}
	return s.db.xids.snapshot(ctx, at, t.number)
}

// TxnStatus implements builtin.Session.
func (s *Session) TxnStatus(ctx context.Context, n uint64) (string, error) {
	return s.db.xids.status(ctx, n)
}
