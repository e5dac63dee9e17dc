package session

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
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
	reads     bool            // ctx is under max_execution_time, too
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

// reading returns ctx under the limits of the running statement and under MySQL's
// max_execution_time, which is for a SELECT that writes and locks nothing; it counts from the
// beginning of its execution.
func (s *Session) reading(ctx context.Context, st *prepared) context.Context {
	running := s.limited(ctx)
	most, l := s.settings.readTimeout, &s.limits
	if most <= 0 || !s.settings.mysql || l.reads || !s.selects(st) {
		return running
	}
	timed, stop := context.WithTimeoutCause(running, most, errStatementTimeout)
	if before := l.stop; before != nil {
		l.stop = func() { stop(); before() }
	} else {
		l.stop = stop
	}
	l.base, l.ctx, l.reads = ctx, timed, true
	s.running.Store(&timed)
	return timed
}

// selects reports a SELECT, or the EXECUTE of one, that only reads. SHOW and DO are none,
// though they become queries.
func (s *Session) selects(st *prepared) bool {
	if x, ok := st.stmt.(*ast.Execute); ok {
		q, err := s.lookup(x.Name)
		if err != nil {
			return false
		}
		st = q
	}
	q, ok := st.stmt.(*ast.Select)
	if !ok || len(q.Locking) > 0 || st.plan != nil && !st.plan.ReadOnly {
		return false
	}
	word := strings.ToLower(strings.TrimLeft(st.source, " \t\r\n;("))
	return strings.HasPrefix(word, "select") || strings.HasPrefix(word, "with") || strings.HasPrefix(word, "table") ||
		strings.HasPrefix(word, "values") || strings.HasPrefix(word, "/*")
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
