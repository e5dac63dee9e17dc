package session

import (
	"context"
	"time"

	"github.com/loxodb/loxodb/sql/catalog"
)

// gate is the door of a database: sessions go in and out, and whoever drops, renames or
// copies the database holds it shut meanwhile. Guarded by Cluster.mu.
type gate struct {
	db    *Database // nil: not open
	users int       // sessions, and who is about to become one
	held  bool      // somebody opens, closes or holds it; others wait
	waits int       // how many do
	moved chan struct{}
	since time.Time // when the last user left
}

// idleTime is how long a database stays open after its last session.
const idleTime = 5 * time.Minute

// leaveTime is how long those who hold a gate wait for others to leave, as PostgreSQL does.
const leaveTime = 5 * time.Second

// gate returns the database's; c.mu is held.
func (c *Cluster) gate(id catalog.ID) *gate {
	g := c.gates[id]
	if g == nil {
		g = &gate{moved: make(chan struct{})}
		c.gates[id] = g
	}
	return g
}

// move wakes those who wait for a change of the gate; Cluster.mu is held.
func (g *gate) move() {
	close(g.moved)
	g.moved = make(chan struct{})
}

// acquire returns the database, opened if need be; release must be called.
func (c *Cluster) acquire(ctx context.Context, id catalog.ID) (*Database, error) {
	c.mu.Lock()
	g := c.gate(id)
	for g.held {
		if err := c.await(ctx, g); err != nil {
			c.mu.Unlock()
			return nil, err
		}
	}
	g.users++
	if g.db != nil {
		d := g.db
		c.mu.Unlock()
		return d, nil
	}
	g.held = true
	c.mu.Unlock()
	// Not the client's to give up: the next one would find a half-opened database.
	d, err := c.openDatabase(context.WithoutCancel(ctx), id)
	c.mu.Lock()
	defer c.mu.Unlock()
	g.held = false
	if g.db = d; err != nil {
		g.db = nil
		g.users--
	}
	g.move()
	return d, err
}

// release gives back what acquire returned.
func (c *Cluster) release(d *Database) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.gate(d.id)
	g.users--
	g.since = time.Now()
	g.move()
}

// hold shuts a database's gate when nobody is within but own sessions, 0 or 1, of the
// caller. It waits a while for others to leave, and says how many have stayed. openGate must
// be called when nobody has. Whoever has locks must not wait long for another who holds
// the gate and may want them: bounded says so.
func (c *Cluster) hold(ctx context.Context, id catalog.ID, own int, patience time.Duration, bounded bool) (others int, err error) {
	turn := ctx
	if bounded {
		var stop context.CancelFunc
		turn, stop = context.WithTimeout(ctx, patience)
		defer stop()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.gate(id)
	for g.held {
		if c.await(turn, g) != nil && g.held {
			return max(1, g.users-own), ctx.Err()
		}
	}
	g.held = true
	patient, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for g.users > own {
		if c.await(patient, g) != nil && g.users > own {
			g.held = false
			g.move()
			return g.users - own, ctx.Err()
		}
	}
	return 0, nil
}

// await waits for the next change of the gate; Cluster.mu is held, but not meanwhile.
func (c *Cluster) await(ctx context.Context, g *gate) error {
	moved := g.moved
	g.waits++
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		g.waits--
	}()
	select {
	case <-moved:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// openGate opens a gate that hold has shut.
func (c *Cluster) openGate(id catalog.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.gate(id)
	g.held = false
	g.move()
	if g.db == nil && g.users+g.waits == 0 {
		delete(c.gates, id)
	}
}

// shut closes a database whose gate is held and that has no sessions; last: it is dropped.
func (c *Cluster) shut(id catalog.ID, last bool) error {
	c.mu.Lock()
	g := c.gate(id)
	d := g.db
	g.db = nil
	c.mu.Unlock()
	if d == nil {
		return nil
	}
	return d.close(last)
}

// closeIdle closes databases that nobody has used for so long. The first one stays open.
func (c *Cluster) closeIdle(after time.Duration) {
	c.mu.Lock()
	var idle []catalog.ID
	for id, g := range c.gates {
		if g.db != nil && g.users == 0 && !g.held && id != catalog.DatabaseID &&
			time.Since(g.since) >= after && !g.db.building.Load() {
			g.held = true
			idle = append(idle, id)
		}
	}
	c.mu.Unlock()
	for _, id := range idle {
		if err := c.shut(id, false); err != nil {
			c.cfg.Log.Error("closing a database that nobody uses", "database", id, "error", err)
		}
		c.openGate(id)
	}
}

// opened are the databases that are open.
func (c *Cluster) opened() (list []*Database) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range c.gates {
		if g.db != nil {
			list = append(list, g.db)
		}
	}
	return list
}

// users is how many sessions a database has.
func (c *Cluster) users(id catalog.ID) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gate(id).users
}

// usersOf is how many sessions a role has.
func (c *Cluster) usersOf(role catalog.ID) (n int) {
	c.eachSession(func(s *Session) {
		if s.role.ID == role {
			n++
		}
	})
	return n
}

// eachSession calls each with every session of every database.
func (c *Cluster) eachSession(each func(*Session)) {
	for _, d := range c.opened() {
		d.mu.Lock()
		for s := range d.sessions {
			each(s)
		}
		d.mu.Unlock()
	}
}
