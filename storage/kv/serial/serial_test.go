package serial

import (
	"errors"
	"testing"

	"github.com/loxodb/loxodb/storage/kv"
)

// engine is a clock with the manager that it drives.
type engine struct {
	*Manager
	now kv.TS
}

func newEngine() *engine {
	e := &engine{now: 1}
	e.Manager = New(func() kv.TS { return e.now })
	return e
}

func (e *engine) begin(readOnly bool) *Txn {
	t, _ := e.Begin(readOnly, func() (kv.TS, error) { return e.now, nil })
	return t
}

func (e *engine) commit(t *Txn) error {
	return t.Commit(true, func() kv.TS { e.now++; return e.now })
}

// step is a transaction that reads one key and writes another.
func (e *engine) step(read, write uint32) error {
	t := e.begin(false)
	t.ReadKey(key(1, read))
	t.WroteKey(key(1, write))
	return e.commit(t)
}

func TestOldTransactionsAreSummarized(t *testing.T) {
	e := newEngine()
	old, harmless := e.begin(false), e.begin(false)
	old.ReadKey(key(1, 7))
	harmless.ReadKey(key(1, 1<<20))
	const n = 3 * maxRecords
	for i := range uint32(n) {
		if err := e.step(10*i, 10*i+5); err != nil {
			t.Fatal(err)
		}
	}
	if len(e.done) > maxRecords {
		t.Fatalf("%d records are kept", len(e.done))
	}
	// It overlooks key 5 and writes what another has read before.
	old.ReadKey(key(1, 5))
	old.WroteKey(key(1, 100))
	err := e.commit(old)
	if d := (*kv.DependencyError)(nil); !errors.As(err, &d) {
		t.Fatalf("got %v, want a DependencyError", err)
	}
	old.End()
	harmless.WroteKey(key(1, 1<<21))
	if err := e.commit(harmless); err != nil {
		t.Fatal(err)
	}
	if len(e.done) != 0 || len(e.active) != 0 {
		t.Errorf("%d records and %d transactions are left", len(e.done), len(e.active))
	}
}

// Large transactions are summarized earlier.
func TestRecordsAreBounded(t *testing.T) {
	e := newEngine()
	old := e.begin(false)
	for i := range uint32(45) {
		x := e.begin(false)
		for n := range uint32(4000) {
			x.ReadKey(key(byte(i), 7*n))
			x.WroteKey(key(byte(i+100), 7*n))
		}
		if err := e.commit(x); err != nil {
			t.Fatal(err)
		}
		if w := e.weight(); w > maxWeight {
			t.Fatalf("after %d transactions %d bytes are held", i+1, w)
		}
	}
	if len(e.done) == 45 || len(e.done) < 3 {
		t.Errorf("%d records are held", len(e.done))
	}
	old.ReadKey(key(100, 70)) // overwritten by the first
	old.WroteKey(key(0, 14))  // which read this
	err := e.commit(old)
	if d := (*kv.DependencyError)(nil); !errors.As(err, &d) {
		t.Fatalf("got %v, want a DependencyError", err)
	}
	old.End()
}

// Nothing is kept that nobody needs.
func TestNothingIsLeft(t *testing.T) {
	e := newEngine()
	for i := range uint32(10) {
		if err := e.step(i, i+1); err != nil {
			t.Fatal(err)
		}
		if len(e.done) != 0 {
			t.Fatalf("%d records are kept though nobody runs", len(e.done))
		}
	}
	if r := e.begin(true); r != nil {
		t.Error("a report alone is watched")
	}
	w := e.begin(false)
	if err := e.step(1, 2); err != nil {
		t.Fatal(err)
	}
	r := e.begin(true)
	if r == nil {
		t.Fatal("a report beside an older writer is not watched")
	}
	r.ReadKey(key(1, 1))
	w.End()
	if !r.Safe() || !r.reads.empty() && len(e.active) != 0 {
		t.Error("the report is watched after the writer has gone")
	}
	r.ReadKey(key(1, 2))
	if r.reads.has(key(1, 2)) {
		t.Error("a safe report's reads are noted")
	}
	if err := r.Commit(false, nil); err != nil {
		t.Fatal(err)
	}
	r.End()
	if len(e.done) != 0 || len(e.active) != 0 {
		t.Errorf("%d records and %d transactions are left", len(e.done), len(e.active))
	}
}
