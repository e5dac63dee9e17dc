package pgwire

import (
	"time"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// idleLimit ends a connection whose client sends nothing after ReadyForQuery. The
// limit is a read deadline, which others also move to the past to be heard; so
// whoever sets the deadline looks afterwards at what they may have wanted.
type idleLimit struct {
	until  time.Time // zero = no limit
	reason *pgerr.Error
	set    bool // the limit of this rest has been asked for
}

// passed returns the reason to end the connection when the limit is over.
func (l *idleLimit) passed() *pgerr.Error {
	if l.until.IsZero() || time.Now().Before(l.until) {
		return nil
	}
	return l.reason
}

// startIdle begins the limit when the connection has just come to rest.
func (c *conn) startIdle() error {
	if !c.atRest || c.idle.set {
		return nil
	}
	c.idle.set = true
	d, reason := c.session.IdleLimit()
	if d <= 0 {
		return nil
	}
	c.idle.until, c.idle.reason = time.Now().Add(d), reason
	return c.woken()
}

// endIdle is called when a whole message has come.
func (c *conn) endIdle() {
	c.atRest = false
	if !c.idle.until.IsZero() {
		_ = c.nc.SetReadDeadline(time.Time{})
	}
	c.idle = idleLimit{}
}
