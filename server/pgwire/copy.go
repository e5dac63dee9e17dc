package pgwire

import (
	"context"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// copyIn takes CopyData messages until CopyDone or CopyFail. Like PostgreSQL it
// ignores Sync and Flush meanwhile: clients send Sync right after Execute.
func (c *conn) copyIn(ctx context.Context, cp backend.Copy) error {
	overall, columns := cp.Format()
	c.out.copyResponse('G', overall, columns)
	if err := c.out.flush(); err != nil {
		return errGone
	}
	c.in.resize(chunkSize)
	defer c.in.resize(bufferSize)
	for {
		stop := c.stopReason()
		if stop != nil {
			_ = c.nc.SetReadDeadline(time.Now().Add(copyGrace))
		}
		typ, n, err := c.in.next()
		if err == errIdle {
			if err = c.copyWoken(ctx, stop); err == nil {
				continue
			}
			c.abortCopy(ctx, cp, "the statement was cancelled")
			return err
		}
		if err != nil {
			c.abortCopy(ctx, cp, "the client went away")
			return lost(err)
		}
		if typ == 'd' {
			readErr, err := c.in.stream(n, func(p []byte) error { return cp.Write(ctx, p) })
			if readErr != nil {
				c.abortCopy(ctx, cp, "the client went away")
				return lost(readErr)
			}
			if err != nil {
				return err
			}
			continue
		}
		body, err := c.in.body(n)
		if err != nil {
			c.abortCopy(ctx, cp, "the client went away")
			return lost(err)
		}
		switch typ {
		case 'c':
			return cp.Finish(ctx, false, "")
		case 'f':
			return copyFailed(ctx, cp, body, c.out.enc)
		case 'H', 'S':
			continue
		case 'X':
			c.abortCopy(ctx, cp, "the client went away")
			return errGone
		}
		return c.outOfStep(ctx, cp, typ)
	}
}

// outOfStep ends the connection after a message that has no place within COPY: what
// the client believes it is doing cannot be known.
func (c *conn) outOfStep(ctx context.Context, cp backend.Copy, typ byte) error {
	c.abortCopy(ctx, cp, "unexpected message")
	c.out.errorResponse(pgerr.Newf(pgerrcode.ProtocolViolation, "unexpected message type 0x%02X during COPY from stdin", typ), nil)
	return fatal(pgerrcode.ProtocolViolation, "terminating connection because protocol synchronization was lost")
}

// copyFailed ends the COPY with the client's message; always an error.
func copyFailed(ctx context.Context, cp backend.Copy, body []byte, enc *charset.Encoding) error {
	text, err := decodeText(body, enc)
	message := string(text)
	if finish := cp.Finish(ctx, true, message); finish != nil && err == nil {
		return finish
	}
	if err != nil {
		return err
	}
	return pgerr.Newf(pgerrcode.QueryCanceled, "COPY from stdin failed: %s", message)
}

// abortCopy tells the session that no more data comes; the cause is reported by the caller.
func (c *conn) abortCopy(ctx context.Context, cp backend.Copy, why string) {
	if err := cp.Finish(context.WithoutCancel(ctx), true, why); err != nil {
		c.srv.cfg.Log.Debug("COPY aborted", "pid", c.pid, "reason", why, "error", err)
	}
}

// copyGrace is how long a COPY may wait for its client's next message once the server
// goes down. A client that sends is let finish, one that does nothing holds nobody up.
const copyGrace = time.Second

// copyWoken is woken while COPY waits for data: a cancellation ends the COPY, and so does
// a stop that was known when the wait began; nil lets it wait on.
func (c *conn) copyWoken(ctx context.Context, stop *pgerr.Error) error {
	if err := c.interrupted(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if stop != nil {
		return stop
	}
	return nil
}

// lost is a read error inside a statement: nothing can be answered any more,
// except to a message that broke the protocol.
func lost(err error) error {
	if e, ok := pgerr.As(err); ok {
		return e
	}
	return errGone
}

// copyOut sends the COPY's rows, a CopyData message each.
func (c *conn) copyOut(ctx context.Context, cp backend.Copy) error {
	overall, columns := cp.Format()
	c.out.copyResponse('H', overall, columns)
	for {
		at := c.out.begin('d')
		c.out.open = true
		row, done, err := cp.Read(ctx, c.out.buf)
		c.out.open = false
		if err != nil {
			c.out.buf = c.out.buf[:at]
			return err
		}
		if len(row) == at+headerLen && done {
			c.out.buf = row[:at]
		} else {
			c.out.buf = row
			c.out.end(at)
		}
		if done {
			c.out.copyDone()
			return nil
		}
		c.notices()
		if err := c.out.flushLarge(); err != nil {
			return errGone
		}
	}
}
