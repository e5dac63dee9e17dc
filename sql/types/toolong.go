package types

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// MaxText is the most bytes that a value's text, or a row of them, may take:
// PostgreSQL's MaxAllocSize.
const MaxText = 1<<30 - 1

// affordable is how large a value may be that functions build, in bytes, for the memory that
// the server has: a part of it, as the value is copied on its way to the client and others are
// built at the same time. Go cannot go on after an allocation that fails.
var affordable = MaxText

// Afford is nil, or the error of a value of a size that the server's memory does not allow.
func Afford(bytes int) error {
	if bytes < Long {
		return nil
	}
	if bytes <= affordable {
		return Room(int64(bytes))
	}
	return pgerr.New(pgerrcode.OutOfMemory, "out of memory").
		WithDetail("A value of %d bytes is larger than the %d that one may take of the server's memory.", bytes, affordable).
		WithHint("Build it in smaller pieces, or give the server more memory.")
}

// Grow is nil, or the error of a text of so many bytes that cannot grow by so many more.
func Grow(have, more int) error {
	if have+more >= MaxText {
		return TextTooLong(have, more)
	}
	if have+more <= affordable && !Grown(int64(have+more), int64(more)) {
		return nil
	}
	return Afford(have + more)
}

// stopped is what code panics with that cannot go on and has no error to return: a text
// or an array that outgrows what a value may be. Most callers of AppendText and
// ArrayBuilder meet values that are bounded already, and none of them should have to
// handle an error for each element.
type stopped struct{ err error }

// TextTooLong is PostgreSQL's error about a buffer that cannot grow.
func TextTooLong(have, more int) error {
	return pgerr.New(pgerrcode.ProgramLimitExceeded, "out of memory").
		WithDetail("Cannot enlarge string buffer containing %d bytes by %d more bytes.", have, more)
}

// AllocTooLarge is PostgreSQL's error about a piece of memory beyond MaxAllocSize.
func AllocTooLarge(bytes int) error {
	return pgerr.Newf(pgerrcode.InternalError, "invalid memory alloc request size %d", bytes)
}

// each is after how many elements of a value a computation asks whether to go on.
const each = 1 << 15

// goOn is nil, or why the computation should end that has come to element n of a value.
func (f *Format) goOn(n int) error {
	if n%each != 0 || n == 0 {
		return nil
	}
	if err := RoomToGrow(); err != nil || f == nil || f.Interrupted == nil {
		return err
	}
	return f.Interrupted()
}

// mustGoOn is goOn for code that has no error to return.
func (f *Format) mustGoOn(n int) {
	if err := f.goOn(n); err != nil {
		panic(stopped{err})
	}
}

// Stop ends the evaluation around with an error, for code that is called back by what has no
// error to return; see CatchStop.
func Stop(err error) { panic(stopped{err}) }

// CatchStop is deferred where values of any type are made and there is an error to set:
// around every evaluation of an expression, every call of an aggregate or a set-returning
// function. Elsewhere the panic ends the connection.
func CatchStop(err *error) {
	if p := recover(); p != nil {
		*err = Stopped(p)
	}
}

// Stopped is the error of what was recovered; other panics go on.
func Stopped(p any) error {
	if s, ok := p.(stopped); ok {
		return s.err
	}
	panic(p)
}

// boundedText is AppendText with the error of one that is too long.
func boundedText(t T, d Datum, f *Format) (_ []byte, err error) {
	defer CatchStop(&err)
	return AppendText(make([]byte, 0, 24), t, d, f), nil
}

// longest is MaxText but in tests.
var longest = MaxText

// room panics if a text cannot grow so far: each level of a record in a record doubles its
// quotes, so 30 levels of one value can be a gigabyte.
func room(have, more int) {
	if have+more > longest {
		panic(stopped{TextTooLong(have, more)})
	}
	if have+more <= affordable && !Grown(int64(have+more), int64(more)) {
		return
	}
	if err := Afford(have + more); err != nil {
		panic(stopped{err})
	}
}
