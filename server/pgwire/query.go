package pgwire

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// query answers a Query message: all statements of the string, in one implicit
// transaction, then ReadyForQuery. An error ends the connection.
func (c *conn) query(body []byte) error {
	ctx := c.begin()
	text, err := decodeText(body, c.out.enc)
	if err == nil {
		err = c.statements(ctx, string(text))
	}
	if err != nil {
		return c.failQuery(ctx, err)
	}
	c.done()
	return c.ready()
}

// failQuery ends a query string that failed.
func (c *conn) failQuery(ctx context.Context, err error) error {
	failed := c.fail(ctx, err)
	// The rollback must not fall to the cancellation that caused it.
	endErr := c.session.SimpleEnd(context.WithoutCancel(ctx), true)
	c.done()
	if failed != nil {
		return failed
	}
	if endErr != nil {
		c.out.errorResponse(outcome(ctx, endErr), nil)
	}
	return c.ready()
}

// statements runs the query string. The last statement's tag follows the commit,
// which may still fail.
func (c *conn) statements(ctx context.Context, query string) error {
	n, err := c.session.Simple(ctx, query)
	if err != nil {
		return err
	}
	for i := range n {
		p, err := c.session.SimpleNext(ctx, i)
		if err != nil {
			return err
		}
		var describe func() error
		if p.Kind() == backend.KindRows {
			describe = func() error {
				c.notices() // of reading and planning it
				return c.out.rowDescription(p.Columns(), p.Formats())
			}
		}
		if describe != nil && !p.Late() {
			if err := describe(); err != nil {
				return err
			}
			describe = nil
		}
		if _, err := c.drain(ctx, p, 0, p.Formats(), describe); err != nil {
			return err
		}
		if i == n-1 {
			if err := c.session.SimpleEnd(ctx, false); err != nil {
				return err
			}
		}
		c.complete(p)
	}
	if n == 0 {
		if err := c.session.SimpleEnd(ctx, false); err != nil {
			return err
		}
		c.notices()
		c.out.emptyQuery()
	}
	return nil
}

// complete says that the portal's statement is done.
func (c *conn) complete(p backend.Portal) {
	c.notices()
	if p.Kind() == backend.KindEmpty {
		c.out.emptyQuery()
		return
	}
	c.out.commandComplete(p.Tag())
}

// drain runs the portal and sends its rows in the formats (nil: all text), at
// most max of them; 0 means all. suspended: the limit was reached first. describe, if it is
// not nil, is called once when the statement has run up to its first rows.
func (c *conn) drain(ctx context.Context, p backend.Portal, max int, formats []int16, describe func() error) (suspended bool, err error) {
	switch p.Kind() {
	case backend.KindEmpty:
		return false, nil
	case backend.KindCopyIn:
		return false, c.copyIn(ctx, p.Copy())
	case backend.KindCopyOut:
		return false, c.copyOut(ctx, p.Copy())
	}
	cols := p.Columns()
	c.adopt()
	c.rows.prepare(cols, formats, c.session.TextFormat())
	for left := max; ; {
		b, err := p.Pull(ctx, left)
		if err != nil {
			return false, err
		}
		c.notices()
		if describe != nil {
			if err := describe(); err != nil {
				return false, err
			}
			describe = nil
		}
		if c.adopt(); b == nil {
			return false, nil
		}
		if p.Kind() != backend.KindRows {
			return false, pgerr.New(pgerrcode.InternalError, "a portal that was announced without rows returned some")
		}
		if len(b.Cols) < len(cols) {
			return false, pgerr.Newf(pgerrcode.InternalError, "a portal returned %d columns of %d", len(b.Cols), len(cols))
		}
		if err := c.rows.write(cols, b); err != nil {
			if c.out.err != nil {
				return false, errGone
			}
			c.session.Fail()
			return false, err
		}
		if max > 0 {
			if left -= b.Len(); left <= 0 {
				return true, nil
			}
		}
	}
}

// functionCall declines the fast-path interface, which has its own ReadyForQuery.
func (c *conn) functionCall() error {
	return c.failQuery(c.begin(), pgerr.NotSupported(-1, "function calls through the fast-path interface are not supported"))
}
