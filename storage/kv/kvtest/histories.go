package kvtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loxodb/loxodb/storage/kv"
)

// testSerialHistories runs random schedules and proves that those who committed can
// have run one after the other: the graph of who must come before whom has no cycle.
func testSerialHistories(t *testing.T, e kv.Engine) {
	rounds := 400
	if testing.Short() {
		rounds = 100
	}
	committed, refused := 0, 0
	for range rounds {
		h := history{t: t, e: e, rnd: rand.New(rand.NewPCG(rand.Uint64(), 7))}
		h.run()
		committed += len(h.done)
		refused += h.refused
	}
	if committed < 10*rounds || refused == 0 {
		t.Errorf("%d committed, %d refused: the schedules are of no use", committed, refused)
	}
}

const historyKeys = 6

type history struct {
	t       *testing.T
	e       kv.Engine
	rnd     *rand.Rand
	done    []*ran
	refused int
}

// ran is a transaction and what it did.
type ran struct {
	kv.Txn
	id     int
	reads  map[string]string // value seen of each key, "" = none
	writes map[string]string
	commit kv.TS
	steps  int
}

func historyKey(i int) string { return string(rune('a' + i)) }

func (h *history) run() {
	var start []string
	for i := range historyKeys {
		start = append(start, historyKey(i), "start")
	}
	set(h.t, h.e, start...)
	var open []*ran
	for id := 1; id <= 25 || len(open) > 0; {
		if id <= 25 && len(open) < 5 && h.rnd.IntN(3) == 0 {
			o := serializable
			o.ReadOnly = h.rnd.IntN(5) == 0
			open = append(open, &ran{
				Txn: begin(h.t, h.e, o), id: id, reads: map[string]string{}, writes: map[string]string{},
				steps: 1 + h.rnd.IntN(5),
			})
			if o.ReadOnly {
				open[len(open)-1].id = -id
			}
			id++
		}
		if len(open) == 0 {
			continue
		}
		i := h.rnd.IntN(len(open))
		if !h.step(open[i]) {
			open = slices.Delete(open, i, i+1)
		}
	}
	h.check()
}

// step lets a transaction do one thing; false when that was its last.
func (h *history) step(x *ran) bool {
	if x.steps--; x.steps < 0 {
		ts, err := x.Commit(ctx)
		must(h.t, x.Close())
		if d := (*kv.DependencyError)(nil); errors.As(err, &d) {
			h.refused++
			return false
		}
		must(h.t, err)
		x.commit = ts
		h.done = append(h.done, x)
		return false
	}
	key := historyKey(h.rnd.IntN(historyKeys))
	switch what := h.rnd.IntN(6); {
	case what < 2:
		val, _, err := x.Get(ctx, []byte(key))
		must(h.t, err)
		x.saw(key, string(val))
	case what == 2:
		h.scan(x, key)
	case x.id > 0:
		_, err := x.Lock(ctx, []byte(key), kv.Exclusive, kv.WaitNever)
		if errors.Is(err, kv.ErrLocked) || errors.Is(err, kv.ErrConflict) {
			must(h.t, x.Close())
			return false
		}
		must(h.t, err)
		val := fmt.Sprintf("%d.%d", x.id, x.steps)
		if h.rnd.IntN(4) == 0 {
			val = ""
		}
		put(h.t, x, key, val)
		x.writes[key] = val
	}
	return true
}

// saw notes what was read of others.
func (x *ran) saw(key, val string) {
	if _, own := x.writes[key]; own {
		return
	}
	x.reads[key] = val
}

// scan reads from key on, in either direction, all or only the first pair.
func (h *history) scan(x *ran, key string) {
	r := kv.Range{Start: []byte(key), End: []byte(historyKey(h.rnd.IntN(historyKeys + 1))), Reverse: h.rnd.IntN(2) == 0}
	it, err := x.Scan(ctx, r)
	must(h.t, err)
	found := map[string]string{}
	few := h.rnd.IntN(2) == 0
	lo, hi := string(r.Start), string(r.End)
	for it.Next() {
		found[string(it.Key())] = string(it.Value())
		if few {
			if r.Reverse {
				lo = string(it.Key())
			} else {
				hi = string(it.Key()) + "\x00"
			}
			break
		}
	}
	must(h.t, it.Err())
	must(h.t, it.Close())
	for i := range historyKeys {
		if k := historyKey(i); k >= lo && k < hi {
			x.saw(k, found[k])
		}
	}
}

// check looks for a cycle among: who wrote what another read, who wrote before
// another, and who read what another wrote later.
func (h *history) check() {
	writers := map[string][]*ran{} // of each key, as they committed
	for _, x := range h.done {
		for key := range x.writes {
			writers[key] = append(writers[key], x)
		}
	}
	after := map[*ran][]*ran{}
	for key, ws := range writers {
		slices.SortFunc(ws, func(a, b *ran) int {
			if a.commit < b.commit {
				return -1
			}
			return 1
		})
		for i := range ws[1:] {
			after[ws[i]] = append(after[ws[i]], ws[i+1])
		}
		for _, x := range h.done {
			if val, ok := x.reads[key]; ok {
				h.order(x, key, val, ws, after)
			}
		}
	}
	state := map[*ran]int{}
	var path []*ran
	var visit func(x *ran) bool
	visit = func(x *ran) bool {
		state[x] = 1
		path = append(path, x)
		for _, y := range after[x] {
			if state[y] == 1 || state[y] == 0 && visit(y) {
				return true
			}
		}
		state[x] = 2
		path = path[:len(path)-1]
		return false
	}
	for _, x := range h.done {
		if state[x] == 0 && visit(x) {
			for _, p := range path {
				h.t.Logf("transaction %d, view %d, commit %d, read %v, wrote %v", p.id, p.At(), p.commit, p.reads, p.writes)
			}
			h.t.Fatal("no serial order")
		}
	}
}

// order adds the edges between x, which read val, and the writers of the key. Views
// tell which version it was, and the value must agree.
func (h *history) order(x *ran, key, val string, ws []*ran, after map[*ran][]*ran) {
	seen := "start"
	for _, w := range ws {
		switch {
		case w == x:
		case w.commit <= x.At():
			after[w] = append(after[w], x)
			seen = w.writes[key]
		default:
			after[x] = append(after[x], w)
		}
	}
	if val != seen {
		h.t.Fatalf("transaction %d read %q of %s, its view has %q", x.id, val, key, seen)
	}
}
