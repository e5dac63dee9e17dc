// Package sequence keeps the values of sequences. They are outside
// transactions, as PostgreSQL's are: a number handed out is never taken back.
// What a transaction may take back, as RESTART, is a position under another ID
// (catalog.Sequence.Position).
// It must not know syntax, plans or sessions.
package sequence

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
)

// ahead is how many values one write reserves (PostgreSQL logs 32 ahead, too), mostAhead of a
// sequence that is drawn from so fast that a reservation lasts less than brief: each then
// reserves twice what the last did. A crash leaves a gap of at most so many.
const (
	ahead     = 32
	mostAhead = 1024
	brief     = 100 * time.Millisecond
)

// advanced is how many values Advance reserves beyond one that is given: a crash
// leaves a gap of at most so many.
const advanced = 1000

// Manager hands out values. Safe for concurrent use.
type Manager struct {
	eng kv.Engine // nil: positions are kept in memory alone
	now func() time.Time
	mu  sync.Mutex
	seq map[catalog.ID]*state
}

// state is a sequence's position: the last value handed out (Called) or the next
// one, and how many more may be handed out before the position is written again.
type state struct {
	last   int64
	called bool
	left   int
	// What Next has reserved last, and when.
	reserved int
	at       time.Time
}

// reservation is how many values are to be reserved at the time now.
func (s *state) reservation(now time.Time) int {
	n := ahead
	if s.reserved > 0 && now.Sub(s.at) < brief {
		n = min(2*s.reserved, mostAhead)
	}
	s.reserved, s.at = n, now
	return n
}

// NewManager returns a manager over the engine.
func NewManager(eng kv.Engine) *Manager {
	return &Manager{eng: eng, now: time.Now, seq: map[catalog.ID]*state{}}
}

// NewVolatile returns a manager of sequences that end with it: temporary ones.
func NewVolatile() *Manager { return NewManager(nil) }

// Next is nextval.
func (m *Manager) Next(ctx context.Context, def *catalog.Sequence) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.load(ctx, def)
	if err != nil {
		return 0, err
	}
	v, err := step(def, s.last, s.called)
	if err != nil {
		return 0, err
	}
	if s.left == 0 {
		reserve, n := v, 1
		for most := s.reservation(m.now()); n < most; n++ {
			r, err := step(def, reserve, true)
			if err != nil || def.Cycle && r == def.Min || def.Cycle && r == def.Max {
				break
			}
			reserve = r
		}
		if err := m.save(ctx, def.PositionID(), reserve, true); err != nil {
			return 0, err
		}
		s.left = n
	}
	s.left--
	s.last, s.called = v, true
	return v, nil
}

// step is the value after last.
func step(def *catalog.Sequence, last int64, called bool) (int64, error) {
	if !called {
		return last, nil
	}
	v, over := last+def.Increment, false
	if def.Increment > 0 {
		over = last > math.MaxInt64-def.Increment || v > def.Max
	} else {
		over = last < math.MinInt64-def.Increment || v < def.Min
	}
	if !over {
		return v, nil
	}
	if def.Cycle {
		if def.Increment > 0 {
			return def.Min, nil
		}
		return def.Max, nil
	}
	which, bound := "maximum", def.Max
	if def.Increment < 0 {
		which, bound = "minimum", def.Min
	}
	return 0, pgerr.Newf(pgerrcode.SequenceGeneratorLimitExceeded,
		"nextval: reached %s value of sequence %q (%d)", which, def.Name, bound)
}

// Set is setval.
func (m *Manager) Set(ctx context.Context, def *catalog.Sequence, v int64, called bool) error {
	if v < def.Min || v > def.Max {
		return pgerr.Newf(pgerrcode.NumericValueOutOfRange,
			"setval: value %d is out of bounds for sequence %q (%d..%d)", v, def.Name, def.Min, def.Max)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.save(ctx, def.PositionID(), v, called); err != nil {
		return err
	}
	m.seq[def.PositionID()] = &state{last: v, called: called}
	return nil
}

// Advance makes the sequence go on after v at least, if its numbers grow. A value
// within what is reserved already costs no write.
func (m *Manager) Advance(ctx context.Context, def *catalog.Sequence, v int64) error {
	if def.Increment <= 0 || v > def.Max {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.load(ctx, def)
	if err != nil || v < s.last || v == s.last && s.called {
		return err
	}
	if steps := (v - s.last + def.Increment - 1) / def.Increment; s.called && steps <= int64(s.left) {
		s.last, s.left = v, s.left-int(steps)
		return nil
	}
	// Reserve more than v, so that a load of ascending values writes now and then only.
	reserve, left := v, 0
	if v <= def.Max-advanced*def.Increment {
		reserve, left = v+advanced*def.Increment, advanced
	}
	if err := m.save(ctx, def.PositionID(), reserve, true); err != nil {
		return err
	}
	s.last, s.called, s.left = v, true, left
	return nil
}

// Get is the sequence's last_value and is_called.
func (m *Manager) Get(ctx context.Context, def *catalog.Sequence) (last int64, called bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.load(ctx, def)
	if err != nil {
		return 0, false, err
	}
	return s.last, s.called, nil
}

// Settle stores where the sequences really are, so that what was reserved ahead is no gap
// after the next start. Nobody uses them meanwhile.
func (m *Manager) Settle(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, s := range m.seq {
		if s.left == 0 {
			continue
		}
		if err := m.save(ctx, id, s.last, s.called); err != nil {
			return err
		}
		s.left = 0
	}
	return nil
}

// Forget drops what is kept in memory of a sequence that is gone.
func (m *Manager) Forget(id catalog.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.seq, id)
}

func (m *Manager) load(ctx context.Context, def *catalog.Sequence) (*state, error) {
	if s := m.seq[def.PositionID()]; s != nil {
		return s, nil
	}
	if m.eng == nil {
		m.seq[def.PositionID()] = &state{last: def.Start}
		return m.seq[def.PositionID()], nil
	}
	now, err := m.eng.Now(ctx)
	if err != nil {
		return nil, err
	}
	view, err := m.eng.Snapshot(ctx, now)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	val, ok, err := view.Get(ctx, keys.AppendID(nil, keys.Sequence, def.PositionID()))
	if err != nil {
		return nil, err
	}
	s := &state{last: def.Start}
	if ok {
		if len(val) != 9 {
			return nil, fmt.Errorf("sequence: stored position of %s has %d bytes", def.Name, len(val))
		}
		s.last, s.called = int64(binary.BigEndian.Uint64(val)), val[8] == 1
	}
	m.seq[def.PositionID()] = s
	return s, nil
}

// save writes the position in a transaction of its own.
func (m *Manager) save(ctx context.Context, id catalog.ID, last int64, called bool) error {
	if m.eng == nil {
		return nil
	}
	t, err := m.eng.Begin(ctx, kv.TxnOptions{})
	if err != nil {
		return err
	}
	defer t.Close()
	val := append(binary.BigEndian.AppendUint64(nil, uint64(last)), 0)
	if called {
		val[8] = 1
	}
	if err := t.Put(keys.AppendID(nil, keys.Sequence, id), val); err != nil {
		return err
	}
	_, err = t.Commit(ctx)
	return err
}
