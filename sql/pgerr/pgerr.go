// Package pgerr is the error that a client sees: a SQLSTATE and every field of
// the wire's ErrorResponse (PostgreSQL chapter 55.8). It knows nothing else of
// LoxoDB, so that every package may return it.
package pgerr

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"
)

// Severities of errors and notices.
const (
	Fatal   = "FATAL"
	Panic   = "PANIC"
	ErrorS  = "ERROR"
	Warning = "WARNING"
	Notice  = "NOTICE"
	Info    = "INFO"
	// Kept is a warning that is not sent: MySQL's dialect lists it when it is asked.
	Kept = "KEPT"
)

// Error is a PostgreSQL error or notice. Empty fields are not sent.
type Error struct {
	Severity string // "" means ERROR
	Code     string // SQLSTATE, five characters
	Message  string
	Detail   string
	Hint     string
	Position int // 1-based, counted in characters of the query text; 0 = unknown
	Where    string
	// Query is text that the server made or took from a function, and QueryPosition a place
	// in it, 1-based in characters; 0 = none.
	Query         string
	QueryPosition int
	Schema        string
	Table         string
	Column        string
	DataType      string
	Constraint    string
	Routine       string // PostgreSQL's own routine name where clients match on it
	cause         error
}

// New returns an error with the SQLSTATE and message.
func New(code, message string) *Error { return &Error{Code: code, Message: message} }

// Newf is New with a format, in which %q quotes as PostgreSQL's messages do: the
// text between double quotes, as it is.
func Newf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: sprintf(format, args...)}
}

// sprintf is fmt.Sprintf except that %q escapes nothing.
func sprintf(format string, args ...any) string {
	if !strings.Contains(format, "%q") {
		return fmt.Sprintf(format, args...)
	}
	return fmt.Sprintf(strings.ReplaceAll(format, "%q", `"%s"`), args...)
}

// NotSupported is the answer to a construct that LoxoDB does not run (0A000).
// pos is the 0-based byte location in the statement, −1 when unknown: see At.
func NotSupported(pos int, format string, args ...any) *Error {
	return Newf(pgerrcode.FeatureNotSupported, format, args...).At(pos)
}

// Error formats like psql's first line.
func (e *Error) Error() string { return fmt.Sprintf("%s (SQLSTATE %s)", e.Message, e.Code) }

// Unwrap gives the cause, if one was kept.
func (e *Error) Unwrap() error { return e.cause }

// At sets the position from a 0-based byte offset in the query text; negative
// leaves it unset. The session turns it into characters once, before sending
// (see sql/ast.Pos): until then Position holds offset+1 in bytes.
func (e *Error) At(offset int) *Error {
	if offset >= 0 && e.Position == 0 {
		e.Position = offset + 1
	}
	return e
}

// WithDetail sets the DETAIL field.
func (e *Error) WithDetail(format string, args ...any) *Error {
	e.Detail = sprintf(format, args...)
	return e
}

// WithHint sets the HINT field.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = sprintf(format, args...)
	return e
}

// AddWhere adds a line to the CONTEXT field: what was around what is there.
func (e *Error) AddWhere(line string) {
	if e.Where != "" {
		line = e.Where + "\n" + line
	}
	e.Where = line
}

// InQuery makes the position, in bytes, one in a query that is not the client's: skip
// bytes stood before it.
func (e *Error) InQuery(query string, skip int) *Error {
	at := e.Position - 1 - skip
	if e.Position == 0 || at < 0 || at > len(query) {
		e.Position = 0
		return e
	}
	e.Position, e.Query, e.QueryPosition = 0, query, utf8.RuneCountInString(query[:at])+1
	return e
}

// WithCause keeps the lower error for logs and errors.Is; it is not sent.
func (e *Error) WithCause(err error) *Error {
	e.cause = err
	return e
}

// OnTable sets the schema and table fields.
func (e *Error) OnTable(schema, table string) *Error {
	e.Schema, e.Table = schema, table
	return e
}

// OnColumn sets the column field.
func (e *Error) OnColumn(column string) *Error {
	e.Column = column
	return e
}

// OnConstraint sets the constraint field.
func (e *Error) OnConstraint(name string) *Error {
	e.Constraint = name
	return e
}

// TooDeep is 54001 for what is nested deeper than there is room for, which PostgreSQL
// gives no place.
func TooDeep() *Error {
	return New(pgerrcode.StatementTooComplex, "stack depth limit exceeded").
		WithHint("Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), " +
			"after ensuring the platform's stack depth limit is adequate.")
}

// As returns the *Error in err's chain, if any.
func As(err error) (*Error, bool) {
	if err == nil {
		return nil, false // asked for every statement: errors.As would allocate
	}
	if e, ok := err.(*Error); ok {
		return e, true
	}
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Code returns err's SQLSTATE, or XX000 when it carries none.
func Code(err error) string {
	if e, ok := As(err); ok {
		return e.Code
	}
	return pgerrcode.InternalError
}
