package kvtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/memkv"
)

// testMetamorphic drives the engine and the model with the same random
// operations over a few interleaved transactions and snapshots; every answer
// must agree.
func testMetamorphic(t *testing.T, e kv.Engine) {
	for seed := range uint64(12) {
		p := &pair{t: t, rng: rand.New(rand.NewPCG(seed, 42)), seed: seed, got: e, want: memkv.New(), prefix: fmt.Sprintf("s%d/", seed)}
		for p.step = range 1500 {
			p.random()
			if t.Failed() {
				return
			}
		}
		p.finish()
	}
}

// pair is an engine and its model side by side.
type pair struct {
	t         *testing.T
	rng       *rand.Rand
	seed      uint64
	step      int
	got, want kv.Engine
	prefix    string
	txns      []*twin
	snaps     []*twinSnap
	value     int
}

type twin struct {
	got, want kv.Txn
	marks     [][2]kv.Mark
	touched   map[string]bool // locked keys
	level     kv.Isolation
}

type twinSnap struct{ got, want kv.Snapshot }

func (p *pair) fail(format string, args ...any) {
	p.t.Helper()
	p.t.Errorf("seed %d step %d: %s", p.seed, p.step, fmt.Sprintf(format, args...))
}

// same compares two errors by their sentinel.
func (p *pair) same(what string, got, want error) bool {
	p.t.Helper()
	for _, s := range []error{kv.ErrConflict, kv.ErrLocked, kv.ErrDeadlock, kv.ErrReadOnly, kv.ErrClosed} {
		if errors.Is(got, s) != errors.Is(want, s) {
			p.fail("%s: error %v, model %v", what, got, want)
			return false
		}
	}
	if (got == nil) != (want == nil) {
		p.fail("%s: error %v, model %v", what, got, want)
	}
	return got == nil && want == nil
}

func (p *pair) key() string { return fmt.Sprintf("%s%02d", p.prefix, p.rng.IntN(40)) }

func (p *pair) random() {
	if len(p.txns) == 0 || (len(p.txns) < 4 && p.rng.IntN(12) == 0) {
		p.begin()
		return
	}
	i := p.rng.IntN(len(p.txns))
	x := p.txns[i]
	switch r := p.rng.IntN(100); {
	case r < 40:
		p.write(x)
	case r < 52:
		p.read(x.got, x.want)
	case r < 64:
		p.scan(x.got, x.want)
	case r < 68:
		x.marks = append(x.marks, [2]kv.Mark{x.got.Mark(), x.want.Mark()})
	case r < 73 && len(x.marks) > 0:
		m := p.rng.IntN(len(x.marks))
		p.same("RollbackTo", x.got.RollbackTo(x.marks[m][0]), x.want.RollbackTo(x.marks[m][1]))
		x.marks = x.marks[:m+1]
		x.touched = map[string]bool{} // some are gone: lock anew before writing
	case r < 80:
		if x.level == kv.ReadCommitted {
			p.same("Refresh", x.got.Refresh(ctx), x.want.Refresh(ctx))
		}
	case r < 88:
		p.end(i, p.rng.IntN(4) > 0)
	case r < 92:
		p.snapshot()
	default:
		for _, s := range p.snaps {
			p.read(s.got, s.want)
			p.scan(s.got, s.want)
		}
	}
}

func (p *pair) begin() {
	o := kv.TxnOptions{NoSync: true, Isolation: kv.Isolation(p.rng.IntN(2))}
	x := &twin{got: begin(p.t, p.got, o), want: begin(p.t, p.want, o), touched: map[string]bool{}, level: o.Isolation}
	p.txns = append(p.txns, x)
}

// write locks a key as the protocol asks and writes it in both.
func (p *pair) write(x *twin) {
	key := p.key()
	if !x.touched[key] {
		changed, err := x.got.Lock(ctx, []byte(key), kv.Exclusive, kv.WaitNever)
		model, werr := x.want.Lock(ctx, []byte(key), kv.Exclusive, kv.WaitNever)
		if !p.same("Lock", err, werr) {
			return
		}
		if changed != model {
			p.fail("Lock(%s): changed %v, model %v", key, changed, model)
		}
		x.touched[key] = true
	}
	if p.rng.IntN(4) == 0 {
		p.same("Delete", x.got.Delete([]byte(key)), x.want.Delete([]byte(key)))
		return
	}
	p.value++
	// Now and then a value that no write buffer holds for long.
	val := fmt.Appendf(nil, "v%d", p.value)
	if p.rng.IntN(8) == 0 {
		val = append(val, make([]byte, 1<<p.rng.IntN(15))...)
	}
	p.same("Put", x.got.Put([]byte(key), val), x.want.Put([]byte(key), val))
}

func (p *pair) read(got, want kv.Reader) {
	var keys [][]byte
	for i := range 40 {
		if p.rng.IntN(4) == 0 {
			keys = append(keys, fmt.Appendf(nil, "%s%02d", p.prefix, i))
		}
	}
	model := make([]string, len(keys))
	must(p.t, want.GetBatch(ctx, keys, func(i int, val []byte) error { model[i] = string(val); return nil }))
	must(p.t, got.GetBatch(ctx, keys, func(i int, val []byte) error {
		if string(val) != model[i] {
			p.fail("GetBatch %s = %.40q, model %.40q", keys[i], val, model[i])
		}
		return nil
	}))
	for i, key := range keys {
		val, ok, err := got.Get(ctx, key)
		must(p.t, err)
		if string(val) != model[i] || ok != (model[i] != "") {
			p.fail("Get %s = %.40q, model %.40q", key, val, model[i])
		}
	}
}

func (p *pair) scan(got, want kv.Reader) {
	r := kv.Range{Start: []byte(p.key()), Reverse: p.rng.IntN(2) == 0, Limit: p.rng.IntN(12)}
	if p.rng.IntN(3) == 0 {
		r.Start = []byte(p.prefix)
	}
	r.End = []byte(p.key())
	if p.rng.IntN(3) == 0 {
		r.End = []byte(p.prefix + "~")
	}
	if g, w := dump(p.t, got, r), dump(p.t, want, r); g != w {
		p.fail("scan %+v\n got %.300q\nmodel %.300q", r, g, w)
	}
}

func (p *pair) end(i int, commits bool) {
	x := p.txns[i]
	p.txns = append(p.txns[:i], p.txns[i+1:]...)
	if commits {
		_, err := x.got.Commit(ctx)
		_, werr := x.want.Commit(ctx)
		p.same("Commit", err, werr)
	}
	must(p.t, x.got.Close())
	must(p.t, x.want.Close())
}

func (p *pair) snapshot() {
	if len(p.snaps) == 4 {
		s := p.snaps[0]
		p.snaps = p.snaps[1:]
		must(p.t, s.got.Close())
		must(p.t, s.want.Close())
	}
	p.snaps = append(p.snaps, &twinSnap{snap(p.t, p.got, now(p.t, p.got)), snap(p.t, p.want, now(p.t, p.want))})
}

func (p *pair) finish() {
	for len(p.txns) > 0 {
		p.end(0, true)
	}
	for range 5 {
		p.snapshot()
	}
	for _, s := range p.snaps {
		r := kv.Range{Start: []byte(p.prefix), End: []byte(p.prefix + "~")}
		if g, w := dump(p.t, s.got, r), dump(p.t, s.want, r); g != w {
			p.fail("final state\n got %.300q\nmodel %.300q", g, w)
		}
		must(p.t, s.got.Close())
		must(p.t, s.want.Close())
	}
}
