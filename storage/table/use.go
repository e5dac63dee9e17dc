package table

import (
	"encoding/json"
	"sync"
	"sync/atomic"

	"github.com/loxodb/loxodb/sql/catalog"
)

// Figure is something that is counted of a relation, a table or an index, as PostgreSQL's
// cumulative statistics do (chapter 28.2).
type Figure int

const (
	// Scans are those that were begun: of a table over its rows, of an index once for each
	// range of keys.
	Scans Figure = iota
	// Read are the rows that scans of a table saw, the entries that scans of an index did.
	Read
	// Fetched are rows that were read because an index named them: of an index where it was
	// the only one, else of the table.
	Fetched
	// Inserted, Updated and Deleted count what was tried, also if it was rolled back.
	Inserted
	Updated
	Deleted
	// Light are those of Updated that changed no entry of an index.
	Light
	// Live are the rows, about. The other figures only grow; this one can become less.
	Live
	// Dead are versions of rows that nobody reads any more once all present views are gone.
	Dead
	// InsertedSince are those of Inserted since the last VACUUM.
	InsertedSince
	// Vacuums, Analyses and AutoAnalyses count, the Last… are when, in microseconds since 1970.
	Vacuums
	LastVacuum
	Analyses
	LastAnalysis
	AutoAnalyses
	LastAutoAnalysis
	figures
)

// Use is what a statement, a transaction or everybody since a start did with a relation.
type Use [figures]int64

// Add adds v.
func (u *Use) Add(v *Use) {
	for f := range u {
		u[f] += v[f]
	}
}

// Uses are what a transaction has done so far that is to be counted when it ends, however
// it does. One goroutine. A nil *Uses counts nothing.
type Uses struct {
	list []used
	last int
}

// used is what was done with one relation.
type used struct {
	id  catalog.ID
	use Use
}

// of is the entry of a relation; the next call may move it.
func (u *Uses) of(id catalog.ID) *Use {
	if u.last < len(u.list) && u.list[u.last].id == id {
		return &u.list[u.last].use
	}
	for i := range u.list {
		if u.list[i].id == id {
			u.last = i
			return &u.list[i].use
		}
	}
	u.last = len(u.list)
	u.list = append(u.list, used{id: id})
	return &u.list[u.last].use
}

// Scan counts scans, and what they read and fetched.
func (u *Uses) Scan(id catalog.ID, scans, read, fetched int64) {
	if u == nil || scans|read|fetched == 0 {
		return
	}
	x := u.of(id)
	x[Scans] += scans
	x[Read] += read
	x[Fetched] += fetched
}

// Get is what was counted of a relation.
func (u *Uses) Get(id catalog.ID) Use {
	for i := range u.list {
		if u.list[i].id == id {
			return u.list[i].use
		}
	}
	return Use{}
}

// Usage is what has been done with the relations of a database. The zero value is ready.
// Safe for concurrent use.
type Usage struct {
	relations sync.Map // catalog.ID → *[figures]atomic.Int64
	gone      [figures]atomic.Int64
	// Commits and Rollbacks count transactions, Sessions those that were opened, Deadlocks
	// the transactions that ended one.
	Commits, Rollbacks, Sessions, Deadlocks atomic.Int64
	// LastReset is when counting began anew, in microseconds since 1970; 0: never.
	LastReset atomic.Int64
}

type counters = [figures]atomic.Int64

func (g *Usage) of(id catalog.ID) *counters {
	if c, ok := g.relations.Load(id); ok {
		return c.(*counters)
	}
	c, _ := g.relations.LoadOrStore(id, new(counters))
	return c.(*counters)
}

// Add counts what a transaction did, and empties u.
func (g *Usage) Add(u *Uses) {
	for i := range u.list {
		addTo(g.of(u.list[i].id), &u.list[i].use)
	}
	u.list = u.list[:0]
}

func addTo(c *counters, u *Use) {
	for f, n := range u {
		if n != 0 {
			c[f].Add(n)
		}
	}
}

// Get is what has been counted of a relation; ok is false when nothing has been.
func (g *Usage) Get(id catalog.ID) (u Use, ok bool) {
	c, ok := g.relations.Load(id)
	if ok {
		u = read(c.(*counters))
	}
	return u, ok
}

func read(c *counters) (u Use) {
	for f := range c {
		u[f] = c[f].Load()
	}
	// Figures that others count at the same time may be seen one without the other.
	u[Live], u[Dead] = max(0, u[Live]), max(0, u[Dead])
	return u
}

// Sum is what has been done with all relations, also those that are gone.
func (g *Usage) Sum() Use {
	sum := read(&g.gone)
	g.relations.Range(func(_, c any) bool {
		u := read(c.(*counters))
		sum.Add(&u)
		return true
	})
	return sum
}

// Sized notes how many rows a table has.
func (g *Usage) Sized(id catalog.ID, rows int64) { g.of(id)[Live].Store(rows) }

// Done counts a VACUUM or an analysis: n is its number of times, at when it was, in
// microseconds since 1970.
func (g *Usage) Done(id catalog.ID, n, at Figure, when int64) {
	c := g.of(id)
	c[n].Add(1)
	c[at].Store(when)
	if n == Vacuums {
		c[Dead].Store(0)
		c[InsertedSince].Store(0)
	}
}

// Emptied notes that a table has no rows any more.
func (g *Usage) Emptied(id catalog.ID) {
	if c, ok := g.relations.Load(id); ok {
		for _, f := range []Figure{Live, Dead, InsertedSince} {
			c.(*counters)[f].Store(0)
		}
	}
}

// Forget ends the counting of a relation that is gone; the database's sums keep it.
func (g *Usage) Forget(id catalog.ID) {
	if c, ok := g.relations.LoadAndDelete(id); ok {
		u := read(c.(*counters))
		addTo(&g.gone, &u)
	}
}

// Reset begins anew with all that is counted, at a time in microseconds since 1970.
func (g *Usage) Reset(now int64) {
	g.relations.Clear()
	for f := range g.gone {
		g.gone[f].Store(0)
	}
	for _, n := range g.totals() {
		n.Store(0)
	}
	g.LastReset.Store(now)
}

// ResetOf begins anew with one relation; the database's sums keep what was counted.
func (g *Usage) ResetOf(id catalog.ID, now int64) {
	g.Forget(id)
	g.LastReset.Store(now)
}

// totals are what is counted of the database alone.
func (g *Usage) totals() []*atomic.Int64 {
	return []*atomic.Int64{&g.Commits, &g.Rollbacks, &g.Sessions, &g.Deadlocks}
}

// saved is the form in which counts outlive a server that ends as it should.
type saved struct {
	Relations map[catalog.ID]Use
	Gone      Use
	Totals    []int64
	LastReset int64
}

// Save is what Load understands.
func (g *Usage) Save() ([]byte, error) {
	s := saved{Relations: map[catalog.ID]Use{}, Gone: read(&g.gone), LastReset: g.LastReset.Load()}
	g.relations.Range(func(id, c any) bool {
		s.Relations[id.(catalog.ID)] = read(c.(*counters))
		return true
	})
	for _, n := range g.totals() {
		s.Totals = append(s.Totals, n.Load())
	}
	return json.Marshal(s)
}

// Load goes on with what Save left.
func (g *Usage) Load(b []byte) error {
	var s saved
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	for id, u := range s.Relations {
		addTo(g.of(id), &u)
	}
	addTo(&g.gone, &s.Gone)
	for i, n := range g.totals() {
		if i < len(s.Totals) {
			n.Store(s.Totals[i])
		}
	}
	g.LastReset.Store(s.LastReset)
	return nil
}
