package builtin

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// outOfRange is 22003: "integer out of range".
func outOfRange(typ string) error {
	return pgerr.Newf(pgerrcode.NumericValueOutOfRange, "%s out of range", typ)
}

var (
	errDivisionByZero = pgerr.New(pgerrcode.DivisionByZero, "division by zero")
	errFloatOverflow  = pgerr.New(pgerrcode.NumericValueOutOfRange, "value out of range: overflow")
	errFloatUnderflow = pgerr.New(pgerrcode.NumericValueOutOfRange, "value out of range: underflow")
)

// badParam is 22023.
func badParam(format string, args ...any) *pgerr.Error {
	return pgerr.Newf(pgerrcode.InvalidParameterValue, format, args...)
}

// divisionByZero and the like give each statement an error of its own: callers
// add positions to it.
func divisionByZero() error { e := *errDivisionByZero; return &e }
func floatOverflow() error  { e := *errFloatOverflow; return &e }
func floatUnderflow() error { e := *errFloatUnderflow; return &e }
