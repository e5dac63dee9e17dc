package pgwire

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// errClosed ends a connection without another word to the client.
var errClosed = errors.New("pgwire: connection ended")

// conn is one client's connection. One goroutine reads, runs and writes; the
// fields under mu are how others reach it.
type conn struct {
	srv     *Server
	nc      net.Conn  // the socket; deadlines are set on it also under TLS
	closer  io.Closer // the socket, or TLS over it
	in      *reader
	out     *out
	rows    rowWriter
	pid     int32
	secret  uint32
	session backend.Session

	came     time.Time
	loggedIn bool // under srv.mu

	parse  parseMessage
	bind   bindMessage
	names  [2]string // the last portal and statement names, kept to save the allocation
	skip   bool      // after an error of the extended protocol: discard to Sync
	atRest bool      // ReadyForQuery was the last thing sent and no message came since
	idle   idleLimit

	mu      sync.Mutex
	ctx     context.Context // of the running statement; replaced after a cancellation
	cancel  context.CancelCauseFunc
	running bool
	since   time.Time    // when running began
	stop    *pgerr.Error // end the connection with this at the next rest
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{srv: s, nc: nc, closer: nc, in: newReader(nc), out: newOut(nc), came: time.Now()}
	c.rows.out = c.out
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	return c
}

// run is the connection's whole life.
func (c *conn) run() {
	_ = c.nc.SetDeadline(time.Now().Add(c.srv.cfg.AuthTimeout))
	err := c.login()
	if err == nil {
		err = c.loop()
	}
	c.report(err)
}

// report tells the client why the connection ends, if there is anything to tell.
func (c *conn) report(err error) {
	if errors.Is(err, errClosed) || errors.Is(err, io.EOF) {
		_ = c.out.flush()
		return
	}
	if isTimeout(err) && c.session == nil {
		e := c.stopReason()
		if e != nil {
			e = errStarting
		} else {
			e = fatal(pgerrcode.QueryCanceled, "canceling authentication due to timeout")
		}
		c.sendFatal(e)
		return
	}
	if e, ok := pgerr.As(err); ok {
		if c.session == nil {
			c.srv.cfg.Log.Info("connection refused", "client", c.nc.RemoteAddr(), "sqlstate", e.Code, "reason", e.Message)
		}
		c.sendFatal(asFatal(e))
		return
	}
	c.srv.cfg.Log.Debug("connection lost", "pid", c.pid, "client", c.nc.RemoteAddr(), "error", err)
}

// sendFatal writes what is pending and the error, without waiting long for a
// client that does not read.
func (c *conn) sendFatal(e *pgerr.Error) {
	_ = c.nc.SetDeadline(time.Now().Add(2 * time.Second))
	c.out.errorResponse(e, nil)
	_ = c.out.flush()
}

// closeSession closes the session; a panic there must not take the server down.
func (c *conn) closeSession() {
	defer func() {
		if v := recover(); v != nil {
			_, cause := recovered(v)
			c.srv.cfg.Log.Error("closing a session failed", "pid", c.pid, "error", cause, "stack", string(debug.Stack()))
		}
		c.cancel(nil)
	}()
	if c.session != nil {
		c.session.Close()
	}
}

// loop reads and answers messages until the connection ends; never nil.
func (c *conn) loop() error {
	for {
		if err := c.startIdle(); err != nil {
			return err
		}
		typ, n, err := c.in.next()
		if err == errIdle {
			if err := c.woken(); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if typ == 'd' {
			// Outside COPY: left over from one that failed. It is not kept in memory.
			if err := c.in.discard(n); err != nil {
				return err
			}
			c.endIdle()
			continue
		}
		if noRoom := roomFor(n); noRoom != nil {
			if err := c.refuse(typ, n, noRoom); err != nil {
				return err
			}
			continue
		}
		body, err := c.in.body(n)
		if err != nil {
			return err
		}
		c.endIdle()
		if err := c.message(typ, body); err != nil {
			return err
		}
		if c.out.err != nil {
			return c.out.err
		}
	}
}

// roomFor is nil, or the error of a message of which the server's memory has no room for what is
// read and for what is made of it.
func roomFor(n int) error {
	if n < types.Long {
		return nil
	}
	return types.Room(2 * int64(n))
}

// refuse answers a message of n bytes that was not read. An error ends the connection.
func (c *conn) refuse(typ byte, n int, reason error) error {
	if err := c.in.discard(n); err != nil {
		return err
	}
	c.endIdle()
	if c.skip {
		return nil
	}
	ctx := c.begin()
	if typ == 'Q' || typ == 'F' {
		return c.failQuery(ctx, reason)
	}
	c.done()
	return c.failExtended(ctx, reason)
}

// failExtended reports an error, after which messages are skipped until Sync.
func (c *conn) failExtended(ctx context.Context, err error) error {
	c.skip = true
	c.session.Fail()
	return c.fail(ctx, err)
}

// message answers one message; body is borrowed from the reader. An error ends the connection.
func (c *conn) message(typ byte, body []byte) error {
	switch typ {
	case 'X':
		return errClosed
	case 'c', 'f': // like CopyData outside COPY
		return nil
	case 'S':
		return c.sync(body)
	}
	if c.skip {
		return nil
	}
	switch typ {
	case 'Q':
		return c.query(body)
	case 'F':
		return c.functionCall()
	}
	ctx := c.begin()
	err := c.extended(ctx, typ, body)
	c.done()
	switch {
	case err != nil:
		return c.failExtended(ctx, err)
	case typ == 'H':
		return c.out.flush()
	}
	return c.out.flushLarge()
}

// begin marks a statement as running, so that it can be cancelled.
func (c *conn) begin() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = true
	c.since = time.Now()
	return c.ctx
}

// done is the end of begin. A cancellation that came too late must not hit the
// next statement: it gets a fresh context.
func (c *conn) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = false
	if c.ctx.Err() != nil {
		c.ctx, c.cancel = context.WithCancelCause(context.Background())
	}
}

// stopStatement cancels the running statement, if any, for the reason; from any goroutine.
func (c *conn) stopStatement(reason *pgerr.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running {
		c.cancel(reason)
		// COPY FROM STDIN waits in a read.
		_ = c.nc.SetReadDeadline(time.Unix(1, 0))
	}
}

// requestStop makes the connection end with e as soon as no statement runs; from any goroutine.
func (c *conn) requestStop(e *pgerr.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop = e
	_ = c.nc.SetReadDeadline(time.Unix(1, 0))
}

// wake makes an idle connection look for notifications; from any goroutine.
func (c *conn) wake() { _ = c.nc.SetReadDeadline(time.Unix(1, 0)) }

func (c *conn) stopReason() *pgerr.Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stop
}

func (c *conn) runningSince(t time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running && c.since.Before(t)
}

// woken is called when a read between messages was interrupted.
func (c *conn) woken() error {
	_ = c.nc.SetReadDeadline(c.idle.until)
	if e := c.stopReason(); e != nil {
		return e
	}
	if e := c.idle.passed(); e != nil {
		return e
	}
	if c.atRest {
		c.notifications()
		return c.out.flush()
	}
	return nil
}

// interrupted is called when a read inside a message was interrupted: only an end
// of the whole connection stops it, or the stream would lose step.
func (c *conn) interrupted() error {
	_ = c.nc.SetReadDeadline(c.idle.until)
	if e := c.idle.passed(); e != nil {
		return e
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.running && c.stop != nil {
		return c.stop
	}
	if e, ok := pgerr.As(context.Cause(c.ctx)); ok && ends(e) {
		return e
	}
	return nil
}

// fail reports the error of a statement. Its error ends the connection.
func (c *conn) fail(ctx context.Context, err error) error {
	e := outcome(ctx, err) // in the encoding as it was, though the rollback may change it
	if ends(e) {
		return e
	}
	if e.Code == pgerrcode.InternalError {
		c.srv.cfg.Log.Error("internal error", "pid", c.pid, "error", err)
	}
	c.notices()
	c.out.errorResponse(e, c.session.Position)
	// At once, as PostgreSQL does: a client may wait for it before it sends Sync.
	return c.out.flush()
}

// adopt makes the session's client encoding that of what is sent and read from now on.
func (c *conn) adopt() { c.out.enc = c.session.ClientEncoding() }

func (c *conn) notices() {
	for _, n := range c.session.TakeNotices() {
		c.out.notice(n, c.session.Position)
	}
}

// tell sends the notices of the running statement at once, as PostgreSQL does: they are
// how a long one says where it is, and there is no end to what it may say. Within a message
// that is being made they wait for its end.
func (c *conn) tell() {
	if c.out.open {
		return
	}
	c.notices()
	_ = c.out.flush() // whoever writes next meets the error
}

func (c *conn) notifications() {
	if c.session.TxStatus() != backend.TxIdle {
		return
	}
	for _, n := range c.session.TakeNotifications() {
		c.out.notification(n)
	}
}

// ready ends an answer: what changed meanwhile, ReadyForQuery, one write.
func (c *conn) ready() error {
	c.adopt()
	c.notices()
	c.notifications()
	for _, p := range c.session.TakeParameterChanges() {
		c.out.parameterStatus(p[0], p[1])
	}
	c.out.readyForQuery(c.session.TxStatus())
	if err := c.out.flush(); err != nil {
		return err
	}
	c.atRest = true
	if e := c.stopReason(); e != nil {
		return e
	}
	return nil
}
