package table

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/memkv"
	"github.com/loxodb/loxodb/storage/rowcodec"
)

// smallCells is a cache whose cells have few rows, so that tests meet many.
func smallCells(maxBytes int64) *ColumnCache {
	c := NewColumnCache(maxBytes)
	c.per = 64
	return c
}

// columnTable is a table with a column of each form.
func columnTable(id catalog.ID) *catalog.Table {
	tab := &catalog.Table{ID: id, Storage: id}
	for i, oid := range []types.OID{types.Int8OID, types.Float8OID, types.TextOID, types.NumericOID, types.BoolOID} {
		tab.Columns = append(tab.Columns, catalog.Column{Num: int16(i + 1), Name: fmt.Sprint("c", i), Type: types.Of(oid)})
	}
	return tab
}

// cacheWorld is a table that is written and read at random.
type cacheWorld struct {
	t      *testing.T
	rng    *rand.Rand
	tab    *catalog.Table
	eng    kv.Engine
	cache  *ColumnCache
	layout *rowcodec.Layout
	ids    []uint64
}

// row makes a row's values; ranges of them differ from region to region.
func (w *cacheWorld) row(id uint64) []types.Datum {
	wide := []int64{0, 1, 200, 60000, 1 << 31, math.MaxInt64 - 1}[id/200%6]
	text := w.rng.IntN(1 + int(id/300%3)*5)
	row := []types.Datum{
		types.Int(w.rng.Int64N(wide+1) - wide/2), types.Float(w.rng.Float64()),
		types.Bytes(make([]byte, text)), types.Bytes(fmt.Append(nil, w.rng.Uint32())), types.Int(int64(id % 2)),
	}
	for k := range row {
		if id/500%2 == 1 && w.rng.IntN(4) == 0 {
			row[k] = types.Null
		}
	}
	return row
}

// write changes rows in one transaction.
func (w *cacheWorld) write(n int, commit bool) {
	x, err := Begin(context.Background(), w.eng, kv.TxnOptions{}, nil)
	must(w.t, err)
	defer x.Close()
	x.UseColumns(w.cache)
	for range n {
		id := w.ids[w.rng.IntN(len(w.ids))]
		x.wrote(uint32(w.tab.Storage), id)
		key := keys.AppendRow(nil, w.tab.Storage, keys.Scalars, id)
		if w.rng.IntN(3) == 0 {
			must(w.t, x.Delete(key))
			continue
		}
		must(w.t, x.Put(key, w.layout.Append(nil, w.row(id), nil, rowcodec.Header{})))
	}
	if commit {
		_, err := x.Commit(context.Background())
		must(w.t, err)
	}
}

// read is what a scan shows, one line a row.
func (w *cacheWorld) read(view kv.Reader, c *ColumnCache, attrs []int16, lo, hi uint64, size int) []string {
	r := NewReader(w.tab, attrs)
	r.UseColumns(c)
	s, err := r.Scan(context.Background(), view, lo, hi, false)
	must(w.t, err)
	b := batch.Batch{Cols: make([]batch.Col, len(attrs))}
	var out []string
	for {
		must(w.t, s.Next(&b, size))
		if b.Len() == 0 {
			break
		}
		for _, i := range b.Sel {
			line := fmt.Sprint(r.Rows()[i])
			for k := range b.Cols {
				switch c := &b.Cols[k]; {
				case c.Null[i]:
					line += " null"
				case c.B != nil:
					line += fmt.Sprintf(" %x", c.B[i])
				case c.F != nil:
					line += fmt.Sprint(" ", c.F[i])
				default:
					line += fmt.Sprint(" ", c.I[i])
				}
			}
			out = append(out, line)
		}
	}
	must(w.t, s.Close())
	return out
}

// Scans of any range and columns, at new and old views, show the same with the cache and
// without it while rows are written, and the cache is of use.
func TestColumnCacheAgrees(t *testing.T) {
	for name, id := range map[string]func(rng *rand.Rand, i uint64) uint64{
		"dense":        func(_ *rand.Rand, i uint64) uint64 { return i },
		"signed":       func(_ *rand.Rand, i uint64) uint64 { return keys.RowFromInt(int64(i) - 700) },
		"some":         func(rng *rand.Rand, i uint64) uint64 { return 7*i + rng.Uint64N(7) },
		"holes":        func(_ *rand.Rand, i uint64) uint64 { return i + i/150*5000 },
		"then sparse":  func(_ *rand.Rand, i uint64) uint64 { return i + max(i, 200)*max(i, 200)*3 },
		"then crowded": func(_ *rand.Rand, i uint64) uint64 { return min(i, 150)*1000 + i },
		"anywhere":     func(rng *rand.Rand, _ uint64) uint64 { return rng.Uint64() },
		"at the end":   func(_ *rand.Rand, i uint64) uint64 { return math.MaxUint64 - 1000 + i },
	} {
		t.Run(name, func(t *testing.T) {
			w := &cacheWorld{t: t, rng: rand.New(rand.NewPCG(3, 4)), tab: columnTable(20000), eng: memkv.New(), cache: smallCells(1 << 20)}
			defer w.eng.Close()
			w.layout = rowcodec.NewLayout(w.tab)
			for i := range uint64(1000) {
				w.ids = append(w.ids, id(w.rng, i+1))
			}
			slices.Sort(w.ids)
			w.write(4*len(w.ids), true)
			var views []kv.Snapshot
			var settled CacheStats
			for round := range 60 {
				if round == 30 {
					settled = w.cache.Stats()
				}
				if w.rng.IntN(3) == 0 {
					w.write(1+w.rng.IntN(3), w.rng.IntN(5) > 0)
				}
				now, err := w.eng.Now(t.Context())
				must(t, err)
				view, err := w.eng.Snapshot(t.Context(), now)
				must(t, err)
				if views = append(views, view); len(views) > 4 {
					must(t, views[0].Close())
					views = views[1:]
				}
				at := views[max(0, len(views)-1-w.rng.IntN(6))]
				lo, hi := uint64(0), uint64(math.MaxUint64)
				if w.rng.IntN(3) == 0 {
					a, b := w.rng.IntN(len(w.ids)), w.rng.IntN(len(w.ids))
					lo, hi = w.ids[min(a, b)], w.ids[max(a, b)]-w.rng.Uint64N(2)
				}
				attrs := []int16{1, 2, 3, 4, 5, catalog.RowIDAttr, catalog.CtidAttr}
				w.rng.Shuffle(len(attrs), func(i, j int) { attrs[i], attrs[j] = attrs[j], attrs[i] })
				attrs = attrs[:w.rng.IntN(len(attrs)+1)]
				size := []int{1, 7, 64, 1000}[w.rng.IntN(4)]
				got, want := w.read(at, w.cache, attrs, lo, hi, size), w.read(at, nil, attrs, lo, hi, 1000)
				if !slices.Equal(got, want) {
					t.Fatalf("attributes %v of rows %d to %d: %d rows, want %d", attrs, lo, hi, len(got), len(want))
				}
			}
			for _, v := range views {
				must(t, v.Close())
			}
			st := w.cache.Stats()
			if hits, misses := st.Hits-settled.Hits, st.Misses-settled.Misses; hits < misses || st.Bytes <= 0 {
				t.Errorf("the cache is of no use: %d hits and %d misses, %+v", hits, misses, st)
			}
		})
	}
}

// What a view from before a commit gives the cache is not shown to views after it, nor
// the other way round, and a table taken up while commits go on starts with none of them.
func TestColumnCacheByTime(t *testing.T) {
	c := smallCells(1 << 20)
	tab := c.begin(5, 1)
	put := func(at kv.TS, n int) { c.put(tab, 2, &cell{n: n, at: at, cols: map[int16]*packed{}, size: 1}) }
	get := func(at kv.TS) int {
		if x := c.get(tab, 2, nil, at); x != nil {
			return x.n
		}
		return -1
	}
	put(10, 1)
	c.wrote(12, []writtenRow{{5, 2 << tab.shift}}, nil)
	for _, at := range []kv.TS{10, 12, 20} {
		if n := get(at); n != -1 {
			t.Errorf("view %d is given %d rows", at, n)
		}
	}
	put(11, 1) // by a view from before
	put(13, 2)
	put(11, 1)
	if a, b := get(12), get(11); a != 2 || b != -1 {
		t.Errorf("views 12 and 11 are given %d and %d rows", a, b)
	}
	c.wrote(20, []writtenRow{{5, 3 << tab.shift}, {6, 2 << tab.shift}}, nil)
	if n := get(21); n != 2 {
		t.Errorf("writes elsewhere made the cell useless: %d", n)
	}
	if other := c.begin(6, 1); c.newest(other, 2) != 20 {
		t.Errorf("a table taken up after a commit has the stamp %d", c.newest(other, 2))
	}
	c.wrote(29, nil, []uint32{6})
	if n := get(29); n != 2 {
		t.Errorf("many rows of another table made the cell useless: %d", n)
	}
	c.wrote(30, nil, []uint32{6, 5})
	if n := get(31); n != -1 {
		t.Errorf("a view is given %d rows after a commit that did not list its own", n)
	}
	put(32, 3)
	c.Forget(40)
	if n := get(41); n != -1 {
		t.Errorf("a view is given %d rows after all was forgotten", n)
	}
}

// The cache holds what it may; what is not used any more gives way, the rest stays.
func TestColumnCacheGivesWay(t *testing.T) {
	c := smallCells(64 << 10)
	now := int64(1000)
	c.now = func() int64 { return now }
	tab := c.begin(5, 1)
	put := func(number uint64) bool {
		c.put(tab, number, &cell{n: 64, at: 1, cols: map[int16]*packed{}, size: 1 << 10})
		if held := c.held.Load(); held > c.max {
			t.Fatalf("%d bytes are held", held)
		}
		return c.get(tab, number, nil, 1) != nil
	}
	number := uint64(0)
	for put(number) {
		number++
	}
	if number < 40 {
		t.Fatalf("room for %d cells", number)
	}
	if c.get(tab, 0, nil, 1) == nil {
		t.Error("a cell that was used a moment ago gave way")
	}
	now += unusedFor
	for n := range number / 2 {
		c.get(tab, n, nil, 1)
	}
	now++
	if !put(number) || c.get(tab, 0, nil, 1) == nil || c.get(tab, number-1, nil, 1) != nil {
		t.Error("not those that were not used gave way")
	}
	if st := c.Stats(); st.Entries != uint64(len(tab.cells)) || st.Bytes != int64(len(tab.cells))<<10+tableOverhead {
		t.Errorf("%+v of %d cells", st, len(tab.cells))
	}
}

// Scans and commits meet; each scan must see all rows of a commit or none.
func TestColumnCacheConcurrently(t *testing.T) {
	const rows = 500
	eng, cache, tab := memkv.New(), smallCells(1<<20), columnTable(20000)
	defer eng.Close()
	layout := rowcodec.NewLayout(tab)
	write := func(v int64) error {
		x, err := Begin(context.Background(), eng, kv.TxnOptions{}, nil)
		if err != nil {
			return err
		}
		defer x.Close()
		x.UseColumns(cache)
		for id := uint64(1); id <= rows; id++ {
			x.wrote(uint32(tab.Storage), id)
			row := []types.Datum{types.Int(v), types.Null, types.Null, types.Null, types.Null}
			if err := x.Put(keys.AppendRow(nil, tab.Storage, keys.Scalars, id), layout.Append(nil, row, nil, rowcodec.Header{})); err != nil {
				return err
			}
		}
		_, err = x.Commit(context.Background())
		return err
	}
	must(t, write(0))
	var wg sync.WaitGroup
	wg.Go(func() {
		for v := range int64(60) {
			if err := write(v); err != nil {
				t.Error(err)
			}
		}
	})
	for range 3 {
		wg.Go(func() {
			w := &cacheWorld{t: t, tab: tab}
			for range 60 {
				now, _ := eng.Now(context.Background())
				view, err := eng.Snapshot(context.Background(), now)
				if err != nil {
					t.Error(err)
					return
				}
				got := w.read(view, cache, []int16{1}, 0, math.MaxUint64, 100)
				_ = view.Close()
				var v [2]int
				for i, line := range got {
					var id int
					if _, _ = fmt.Sscan(line, &id, &v[min(i, 1)]); v[min(i, 1)] != v[0] {
						t.Errorf("row %d is of commit %d, the first of %d", id, v[min(i, 1)], v[0])
						return
					}
				}
				if len(got) != rows {
					t.Errorf("%d rows", len(got))
				}
			}
		})
	}
	wg.Wait()
}

// A scan ends with its context, though it reads nothing but the cache.
func TestColumnCacheCanceled(t *testing.T) {
	w := &cacheWorld{t: t, rng: rand.New(rand.NewPCG(1, 1)), tab: columnTable(20000), eng: memkv.New(), cache: smallCells(1 << 20)}
	defer w.eng.Close()
	w.layout = rowcodec.NewLayout(w.tab)
	for id := range uint64(1000) {
		w.ids = append(w.ids, id+1)
	}
	w.write(3000, true)
	now, err := w.eng.Now(t.Context())
	must(t, err)
	view, err := w.eng.Snapshot(t.Context(), now)
	must(t, err)
	defer view.Close()
	for range 2 {
		w.read(view, w.cache, []int16{1}, 0, math.MaxUint64, 1000)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := NewReader(w.tab, []int16{1})
	r.UseColumns(w.cache)
	s, err := r.Scan(ctx, view, 0, math.MaxUint64, false)
	must(t, err)
	defer s.Close()
	b := batch.Batch{Cols: make([]batch.Col, 1)}
	must(t, s.Next(&b, 10))
	cancel()
	for err == nil && b.Len() > 0 {
		err = s.Next(&b, 10)
	}
	if err == nil {
		t.Error("the scan went on to the end")
	}
}

// Packed values come back as they were, from anywhere.
func TestPacked(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	ints := [][]int64{{}, {7}, {-3, -3, -3}, {5, 6, 7, 8}, {9, 7, 5}, {math.MinInt64, math.MaxInt64, 0}, {math.MaxInt64, math.MinInt64}, {1, 256, 2}, {1, 257, 2}, {-1, 65534}, {0, 65536, 1}, {0, 1 << 32, 1}}
	for range 50 {
		v := make([]int64, 1+rng.IntN(200))
		for i := range v {
			v[i] = rng.Int64() >> rng.IntN(64)
		}
		ints = append(ints, v)
	}
	for _, v := range ints {
		c := batch.Col{}
		c.Init(types.Of(types.Int8OID), len(v))
		copy(c.I, v)
		for i := range v {
			c.Null[i] = rng.IntN(8) == 0
		}
		var m packer
		m.add(&c, len(v))
		p := m.pack(&c)
		from := rng.IntN(len(v) + 1)
		var out batch.Col
		out.Init(types.Of(types.Int8OID), len(v)+1)
		p.into(&out, 1, from, len(v)-from)
		for i := from; i < len(v); i++ {
			at := 1 + i - from
			if out.Null[at] != c.Null[i] || !c.Null[i] && out.I[at] != v[i] {
				t.Fatalf("%v from %d: %d is %d (NULL: %v)", v, from, i, out.I[at], out.Null[at])
			}
		}
	}
}
