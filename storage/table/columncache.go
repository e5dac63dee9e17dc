package table

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loxodb/loxodb/storage/kv"
)

// ColumnCache keeps columns of tables that scans read, so that later scans need not walk
// over the store and take every row apart. A table's row numbers are cut into cells of
// equal width; of a cell the cache has the columns that somebody wanted, packed. Safe for
// concurrent use.
//
// Whether a cell may be used is decided by timestamps, as in RowCache: it remembers the
// view that it was read at, and stamps remember the newest commit that wrote a row of
// theirs, inserted and deleted ones included, set before that commit becomes visible. A
// view and a cell agree when no commit of its stamp is newer than either.
//
// Databases share one cache: each has it by a handle of its own, see Of.
type ColumnCache struct {
	*columnCache
	db uint32
}

type columnCache struct {
	max    int64
	per    int           // rows that a cell should have at most
	latest atomic.Uint64 // newest commit that wrote a row of any table
	floor  atomic.Uint64 // as a stamp of all cells: see Forget
	tables sync.Map      // tableKey → *cachedTable

	hits, misses atomic.Uint64 // cells
	held         atomic.Int64  // bytes
	cells        atomic.Int64
	sweeping     sync.Mutex
	swept        atomic.Int64 // when room was last looked for, in seconds
	now          func() int64 // seconds
}

const (
	// cellRows is about how many rows a cell should have at most, where rows lie as near to
	// each other as those that were read first, and crowded times as many, or maxCellBytes
	// in one column, what it may have.
	cellRows     = 4096
	crowded      = 4
	maxCellBytes = 4 << 20
	// minCells is of how many cells the mean must be below an eighth of cellRows for the
	// table to get wider ones. One with too many rows makes them narrower.
	minCells = 16
	// Another column or cell takes so many bytes beside its values.
	packedOverhead = 160
	cellOverhead   = 240
	// unusedFor is after how many seconds a cell gives way to another. One that is used
	// more often stays: a table too large for the cache keeps a part of itself there.
	unusedFor     = 60
	stampCount    = 1 << 10
	tableOverhead = 8*stampCount + 256
)

type tableKey struct{ db, storage uint32 }

// cachedTable are the cells of one table.
type cachedTable struct {
	key   tableKey
	shift uint8
	floor kv.TS // as a stamp of all cells: commits before it may have set none
	// narrowed tells that there were cells with too many rows.
	narrowed bool
	stamps   [stampCount]atomic.Uint64

	mu    sync.RWMutex
	cells map[uint64]*cell
	rows  int // of all cells
}

// cell are columns of the rows whose numbers begin alike. It never changes, but for used.
type cell struct {
	n    int
	rows packedInts
	cols map[int16]*packed // by attribute
	at   kv.TS
	size int64
	used atomic.Int64 // when, in seconds
}

// NewColumnCache returns a cache of at most maxBytes; nil, which caches nothing, for 0.
func NewColumnCache(maxBytes int64) *ColumnCache {
	if maxBytes <= 0 {
		return nil
	}
	return &ColumnCache{columnCache: &columnCache{max: maxBytes, per: cellRows, now: func() int64 { return time.Now().Unix() }}}
}

// Of is the cache for the tables of a database.
func (c *ColumnCache) Of(db uint32) *ColumnCache {
	if c == nil {
		return nil
	}
	return &ColumnCache{c.columnCache, db}
}

// Forget makes all that is cached useless to views at ts and after it.
func (c *ColumnCache) Forget(ts kv.TS) {
	if c != nil {
		raise(&c.floor, uint64(ts))
	}
}

// Shift is how many low bits of a row number tell rows of one cell of the table apart;
// 0 while nothing of it is cached.
func (c *ColumnCache) Shift(storage uint32) uint8 {
	if t := c.table(storage); t != nil {
		return t.shift
	}
	return 0
}

// table is what is cached of a table; nil: nothing is. Whoever has it asks only for views
// that were open when it was found: once it was dropped, later commits set no stamps.
func (c *ColumnCache) table(storage uint32) *cachedTable {
	if c == nil {
		return nil
	}
	if t, ok := c.tables.Load(tableKey{c.db, storage}); ok {
		return t.(*cachedTable)
	}
	return nil
}

// begin begins to cache a table, unless that has begun.
func (c *ColumnCache) begin(storage uint32, density float64) *cachedTable {
	t := newCachedTable(tableKey{c.db, storage}, shiftFor(c.per, density))
	if was, loaded := c.tables.LoadOrStore(t.key, t); loaded {
		return was.(*cachedTable)
	}
	c.held.Add(tableOverhead)
	c.opened(t)
	return t
}

// shiftFor is how many low bits of a row number tell rows of one cell apart, so that a
// cell has at most so many rows where density of the numbers are rows'.
func shiftFor(rows int, density float64) uint8 {
	return uint8(min(62, math.Ilogb(float64(rows)/density)))
}

// newCachedTable makes a table of which nothing is valid before it is opened.
func newCachedTable(key tableKey, shift uint8) *cachedTable {
	return &cachedTable{key: key, shift: shift, cells: map[uint64]*cell{}, floor: math.MaxUint64}
}

// opened lets views use the table, after it can be found: a commit that did not find it
// was counted among the latest before that.
func (c *columnCache) opened(t *cachedTable) {
	t.mu.Lock()
	t.floor = kv.TS(c.latest.Load())
	t.mu.Unlock()
}

// widen and narrow give a table other cells, none of which it has yet; t.mu is held. What
// was narrow once stays so: rows lie near to each other somewhere.
func (c *columnCache) widen(t *cachedTable) {
	if !t.narrowed {
		c.reshape(t, newCachedTable(t.key, min(62, t.shift+3)))
	}
}

func (c *columnCache) narrow(t *cachedTable) {
	other := newCachedTable(t.key, max(1, t.shift-2))
	other.narrowed = true
	c.reshape(t, other)
}

func (c *columnCache) reshape(t, other *cachedTable) {
	if !c.tables.CompareAndSwap(t.key, t, other) {
		return
	}
	c.opened(other)
	for number, x := range t.cells {
		t.drop(c, number, x)
	}
}

// wrote tells that the commit at ts wrote the rows, and more of the tables in many than
// it lists, before it becomes visible.
func (c *ColumnCache) wrote(ts kv.TS, rows []writtenRow, many []uint32) {
	raise(&c.latest, uint64(ts))
	var t *cachedTable
	for i, r := range rows {
		if i == 0 || r.storage != rows[i-1].storage {
			t = c.table(r.storage)
		}
		if t != nil {
			raise(t.stamp(r.row>>t.shift), uint64(ts))
		}
	}
	for _, storage := range many {
		if t := c.table(storage); t != nil {
			for i := range t.stamps {
				raise(&t.stamps[i], uint64(ts))
			}
		}
	}
}

func (t *cachedTable) stamp(cell uint64) *atomic.Uint64 { return &t.stamps[cell%stampCount] }

// newest is the newest commit that may have written a row of the cell; t.mu is held.
func (c *columnCache) newest(t *cachedTable, cell uint64) kv.TS {
	return max(t.floor, kv.TS(max(t.stamp(cell).Load(), c.floor.Load())))
}

// get returns a cell that has the wanted columns as the view sees them; nil: there is none.
func (c *columnCache) get(t *cachedTable, number uint64, want []plainCol, at kv.TS) *cell {
	t.mu.RLock()
	x := t.cells[number]
	ok := x != nil
	if ok {
		n := c.newest(t, number)
		ok = n <= at && n <= x.at
	}
	t.mu.RUnlock()
	for i := 0; ok && i < len(want); i++ {
		ok = x.cols[int16(want[i].attr+1)] != nil
	}
	if !ok {
		c.misses.Add(1)
		return nil
	}
	c.hits.Add(1)
	if now := c.now(); x.used.Load() != now {
		x.used.Store(now)
	}
	return x
}

// put offers a cell that a view read. Columns that the cache has of it beside those stay.
func (c *columnCache) put(t *cachedTable, number uint64, x *cell) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, was := c.newest(t, number), t.cells[number]
	if n > x.at || c.gone(t) {
		return
	}
	if was != nil && n <= was.at {
		for attr, col := range was.cols {
			if x.cols[attr] == nil {
				x.cols[attr] = col
				x.size += col.size
			}
		}
		x.at = max(x.at, was.at)
	}
	grown := x.size
	if was != nil {
		grown -= was.size
	}
	if c.held.Load()+grown > c.max && !c.makeRoom(t, grown) {
		return
	}
	x.used.Store(c.now())
	if was = t.cells[number]; was != nil { // it may have given way
		t.drop(c, number, was)
	}
	t.cells[number] = x
	t.rows += x.n
	c.held.Add(x.size)
	c.cells.Add(1)
	if len(t.cells) >= minCells && t.rows < len(t.cells)*c.per/8 {
		c.widen(t)
	}
}

// gone reports that the table cannot be found any more.
func (c *columnCache) gone(t *cachedTable) bool {
	now, _ := c.tables.Load(t.key)
	return now != t
}

// drop removes a cell; t.mu is held.
func (t *cachedTable) drop(c *columnCache, number uint64, x *cell) {
	delete(t.cells, number)
	t.rows -= x.n
	c.held.Add(-x.size)
	c.cells.Add(-1)
}

// forget removes a table with all its cells; t.mu is held.
func (c *columnCache) forget(t *cachedTable) {
	if !c.tables.CompareAndDelete(t.key, t) {
		return
	}
	c.held.Add(-tableOverhead)
	for number, x := range t.cells {
		t.drop(c, number, x)
	}
}

// makeRoom drops cells that are outdated or have not been used for long, at most once a
// second, and reports that there is room for so many bytes. mine is held.
func (c *columnCache) makeRoom(mine *cachedTable, bytes int64) bool {
	now := c.now()
	if !c.sweeping.TryLock() {
		return false
	}
	defer c.sweeping.Unlock()
	if c.swept.Load() == now {
		return false
	}
	c.tables.Range(func(_, v any) bool {
		t := v.(*cachedTable)
		if t != mine {
			if !t.mu.TryLock() { // who holds it may be waiting for room, too
				return true
			}
			defer t.mu.Unlock()
		}
		for number, x := range t.cells {
			if now-x.used.Load() > unusedFor || c.newest(t, number) > x.at {
				t.drop(c, number, x)
			}
		}
		if len(t.cells) == 0 && t != mine {
			c.forget(t)
		}
		return true
	})
	if c.held.Load()+bytes <= c.max {
		return true
	}
	c.swept.Store(now)
	return false
}

// Stats reports the cache's counters.
func (c *ColumnCache) Stats() CacheStats {
	if c == nil {
		return CacheStats{}
	}
	return CacheStats{Hits: c.hits.Load(), Misses: c.misses.Load(), Entries: uint64(c.cells.Load()), Bytes: c.held.Load(), Max: c.max}
}
