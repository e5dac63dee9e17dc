package session

import (
	"context"
	"slices"
	"time"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// A cursor's rows are those of the moment when it is opened, but they are computed when
// they are asked for: so are the errors and the effects of computing them. The query reads
// a frozen view of its transaction meanwhile. What was read is kept, to be walked again.

// begin opens the cursor's query.
func (p *portal) begin(ctx context.Context) error {
	s := p.s
	if err := s.refresh(ctx, p.stmt); err != nil { // another plan may be another kind
		return err
	}
	if !lazy(p.stmt.plan) {
		rows, err := s.run(ctx, p)
		if err != nil {
			return err
		}
		return p.keep(ctx, rows)
	}
	return p.walk(ctx, s.newRunning(p.stmt), p.params)
}

// walk has the cursor read r, step by step.
func (p *portal) walk(ctx context.Context, r *running, params []types.Datum) error {
	p.moving = &movingContext{now: ctx}
	r.freeze = true
	if err := r.open(p.moving, params); err != nil {
		r.close()
		return err
	}
	p.buffer, p.from = p.s.newBuffer(), r
	p.cursor, p.started, p.rows = true, true, &cursorRows{c: p, left: ast.FetchAll}
	return nil
}

// lazy reports a plan whose rows may be read over several statements. What locks or writes
// may have to start again, a search in a vector index reads what the transaction has
// written by now, and views of the system show it as it is.
func lazy(plan *physical.Plan) bool {
	return plan != nil && plan.ReadOnly && !plan.Contains(func(n physical.Node) bool {
		switch n.(type) {
		case *physical.VectorSearch, *physical.RangeSearch, *physical.VirtualScan:
			return true
		}
		return false
	})
}

// keep makes a cursor of the portal: it reads rows to their end, and closes them.
func (p *portal) keep(ctx context.Context, rows source) error {
	p.buffer, p.from = p.s.newBuffer(), rows
	if _, err := p.read(ctx, ast.FetchAll); err != nil {
		return err
	}
	p.cursor, p.started, p.rows = true, true, &cursorRows{c: p, left: ast.FetchAll}
	return nil
}

// read reads the cursor's first n rows, if there are as many, and says how many are known;
// when it meets the end these are all.
func (p *portal) read(ctx context.Context, n int64) (size int64, err error) {
	if p.moving != nil {
		p.moving.now = ctx
	}
	for p.from != nil && int64(p.buffer.Len()) < n {
		var b *batch.Batch
		if p.moving != nil {
			b, err = p.from.next(p.moving)
		} else {
			b, err = p.from.next(ctx)
		}
		if err == nil && b != nil {
			err = p.buffer.Append(b)
		}
		if err != nil {
			p.fail()
			return 0, err
		}
		if b == nil {
			p.stop()
		}
	}
	return int64(p.buffer.Len()), nil
}

// fail ends a cursor that has met an error: it has no rows any more, and can only be closed.
func (p *portal) fail() {
	p.broken = true
	p.stop()
	p.buffer.Close()
}

// stop ends the query; the rows that were read stay.
func (p *portal) stop() {
	if p.from != nil {
		p.from.close()
		p.from = nil
	}
}

// endCursors readies the cursors for the end of the transaction: those that outlive it, as
// those of loops do, are read to their end, the others end. It reports whether any was read: what that calls may
// have left something to do.
func (s *Session) endCursors(ctx context.Context) (read bool, err error) {
	for _, p := range s.portals {
		if !p.cursor || p.held || p == s.ending.portal {
			continue
		}
		p.ended = true
		if !p.hold && !p.looped {
			p.stop()
			continue
		}
		read = read || p.from != nil
		if _, err := p.read(ctx, ast.FetchAll); err != nil {
			return false, err
		}
	}
	return read, nil
}

// readLoops reads the cursors of loops to their end.
func (s *Session) readLoops(ctx context.Context) error {
	for _, p := range s.portals {
		if p.looped && p.from != nil {
			if _, err := p.read(ctx, ast.FetchAll); err != nil {
				return err
			}
		}
	}
	return nil
}

// inUse reports a table that a cursor or a running statement of the session uses.
func (s *Session) inUse(id catalog.ID) bool {
	for _, r := range s.open {
		if slices.Contains(r.plan.Tables, id) {
			return true
		}
	}
	for _, p := range s.portals {
		if p.cursor && !p.ended && !p.broken && p.stmt.plan != nil && slices.Contains(p.stmt.plan.Tables, id) {
			return true
		}
	}
	return false
}

// movingContext is the context of the statement that asks for a cursor's rows now. What
// the query has opened asks it, whichever statement that was in.
type movingContext struct{ now context.Context }

func (c *movingContext) Deadline() (time.Time, bool) { return c.now.Deadline() }
func (c *movingContext) Done() <-chan struct{}       { return c.now.Done() }
func (c *movingContext) Err() error                  { return c.now.Err() }
func (c *movingContext) Value(key any) any           { return c.now.Value(key) }
