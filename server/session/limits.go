package session

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
)

// errStatementTimeout is the cause of a context that statement_timeout ended.
var errStatementTimeout = errors.New("session: statement_timeout")

// limits is the running statement's context under statement_timeout and
// lock_timeout. It lives from the statement's first call to its end or the Sync
// after it, so a client that pauses between two Executes of a portal is not timed.
type limits struct {
	base, ctx context.Context // nil when no limited statement runs
	stop      context.CancelFunc
	from, own context.Context // own is from, showing waits for locks in the session
	ownAt     *context.Context
}

// limited returns ctx under the limits of the running statement. Without limits
// it only shows the session's waits for locks.
func (s *Session) limited(ctx context.Context) context.Context {
	l := &s.limits
	if l.ctx != nil && l.base == ctx {
		return l.ctx
	}
	s.unlimit()
	if l.from != ctx {
		own := kv.WithWaiting(ctx, &s.waiting)
		l.from, l.own, l.ownAt = ctx, own, &own
	}
	statement, lock := s.settings.statementTimeout, s.settings.lockTimeout
	if statement == 0 && lock == 0 {
		s.running.Store(l.ownAt)
		return l.own
	}
	l.base, l.ctx = ctx, l.own
	if lock > 0 {
		l.ctx = kv.WithLockTimeout(l.ctx, lock)
	}
	if statement > 0 {
		l.ctx, l.stop = context.WithTimeoutCause(l.ctx, statement, errStatementTimeout)
	}
	running := l.ctx
	s.running.Store(&running)
	return running
}

// interrupted is types.Format's: the error of the running statement's context.
func (s *Session) interrupted() error {
	if ctx := s.running.Load(); ctx != nil {
		return (*ctx).Err()
	}
	return nil
}

// unlimit ends what limited began.
func (s *Session) unlimit() {
	if s.limits.stop != nil {
		s.limits.stop()
	}
	s.running.Store(nil)
	s.limits = limits{from: s.limits.from, own: s.limits.own, ownAt: s.limits.ownAt}
}

// IdleLimit implements backend.Session.
func (s *Session) IdleLimit() (time.Duration, *pgerr.Error) {
	code, message, d := "57P05", "terminating connection due to idle-session timeout", s.settings.idleSessionTimeout
	if s.TxStatus() != backend.TxIdle {
		code, message = pgerrcode.IdleInTransactionSessionTimeout, "terminating connection due to idle-in-transaction timeout"
		d = s.settings.idleTxnTimeout
	}
	if d == 0 {
		return 0, nil
	}
	return d, &pgerr.Error{Severity: pgerr.Fatal, Code: code, Message: message}
}
