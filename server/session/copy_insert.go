package session

import (
	"github.com/loxodb/loxodb/sql/batch"
)

// flush hands the full batch to the inserter and goes on with the other one.
func (c *copyIn) flush() error {
	if err := c.settle(); err != nil {
		return err
	}
	c.copyBatch.ctx = c.ctx
	if c.fires { // the triggers' functions use the session
		return c.insert(c.copyBatch)
	}
	if c.ins == nil {
		c.ins = newInserter(c.insert)
	}
	c.copyBatch, c.other = c.other, c.copyBatch
	c.ins.start(c.other)
	return nil
}

// settle waits until the inserter has nothing to do.
func (c *copyIn) settle() error {
	if c.ins == nil {
		return nil
	}
	return c.ins.wait()
}

// stop ends the inserter.
func (c *copyIn) stop() {
	if c.ins != nil {
		_ = c.ins.wait()
		close(c.ins.work)
		c.ins = nil
	}
}

// insert runs the plan over a batch and empties it.
func (c *copyIn) insert(r *copyBatch) error {
	if r.n == 0 {
		return nil
	}
	if err := r.ctx.Err(); err != nil {
		return err
	}
	r.b.Sel = batch.Identity(r.n)
	c.env.Source, c.env.Context = r.b, r.ctx
	if err := c.query.Open(r.ctx, c.env); err != nil {
		return err
	}
	for {
		b, err := c.query.Next(r.ctx)
		if err != nil {
			return c.atRow(err, r.lines)
		}
		if b == nil {
			break
		}
	}
	c.count += c.query.Affected()
	r.n, r.lines = 0, r.lines[:0]
	r.arena.Reset()
	return c.query.Close()
}

// inserter runs one batch at a time on a goroutine of its own.
type inserter struct {
	work chan *copyBatch
	done chan error
	busy bool
}

func newInserter(insert func(*copyBatch) error) *inserter {
	i := &inserter{work: make(chan *copyBatch), done: make(chan error, 1)}
	go func() {
		for r := range i.work {
			i.done <- insert(r)
		}
	}()
	return i
}

func (i *inserter) start(r *copyBatch) {
	i.busy = true
	i.work <- r
}

func (i *inserter) wait() error {
	if !i.busy {
		return nil
	}
	i.busy = false
	return <-i.done
}
