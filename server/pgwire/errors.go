package pgwire

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// The reasons for which a running statement is stopped from outside: they are
// the causes of its context.
var (
	errCanceled = pgerr.New(pgerrcode.QueryCanceled, "canceling statement due to user request")
	errShutdown = fatal(pgerrcode.AdminShutdown, "terminating connection due to administrator command")
	errStopping = fatal(pgerrcode.AdminShutdown, "terminating connection due to administrator command").WithCause(backend.ErrStopping)
	errTooMany  = fatal(pgerrcode.TooManyConnections, "sorry, too many clients already")
	errStarting = fatal(pgerrcode.CannotConnectNow, "the database system is shutting down")
	errGone     = fatal(pgerrcode.ConnectionFailure, "connection to client lost")
)

// toError is the error as the client sees it; what carries no SQLSTATE is XX000.
func toError(err error) *pgerr.Error {
	if e, ok := pgerr.As(err); ok {
		return e
	}
	return pgerr.New(pgerrcode.InternalError, err.Error()).WithCause(err)
}

// outcome replaces the bare "context canceled" of a statement that was stopped
// from outside by the reason it was stopped for.
func outcome(ctx context.Context, err error) *pgerr.Error {
	if cause, ok := pgerr.As(context.Cause(ctx)); ok && ctx.Err() != nil {
		_, named := pgerr.As(err)
		if !named || errors.Is(err, context.Canceled) || pgerr.Code(err) == pgerrcode.QueryCanceled {
			return cause
		}
	}
	return toError(err)
}

// ends reports an error after which the connection cannot go on.
func ends(e *pgerr.Error) bool { return e.Severity == pgerr.Fatal || e.Severity == pgerr.Panic }

// wireText cuts s at a zero byte, which would end the field on the wire and let
// the rest be read as further fields.
func wireText(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] == 0 {
			return s[:i]
		}
	}
	return s
}

// recovered turns a panic's value into the error the client gets; what it says
// stays in the log.
func recovered(v any) (*pgerr.Error, error) {
	e := fatal(pgerrcode.InternalError, "internal error: the connection was closed to protect the server")
	e.Hint = "The server's log holds the details."
	return e, fmt.Errorf("panic: %v", v)
}
