package types

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// MaxText is the most bytes that a value's text, or a row of them, may take:
// PostgreSQL's MaxAllocSize.
const MaxText = 1<<30 - 1

// overlong is what AppendText panics with where quotes within quotes would outgrow
// MaxText: each level of a record in a record doubles them, so 30 levels of one value
// can be a gigabyte. It has no error to return, as all other values have a bounded text.
type overlong struct{ have, more int }

// TextTooLong is PostgreSQL's error about a buffer that cannot grow.
func TextTooLong(have, more int) error {
	return pgerr.New(pgerrcode.ProgramLimitExceeded, "out of memory").
		WithDetail("Cannot enlarge string buffer containing %d bytes by %d more bytes.", have, more)
}

// CatchOverlong is deferred where AppendText may meet any type and there is an error to
// set; elsewhere the panic ends the connection.
func CatchOverlong(err *error) {
	switch p := recover().(type) {
	case nil:
	case overlong:
		*err = TextTooLong(p.have, p.more)
	default:
		panic(p)
	}
}

// boundedText is AppendText with the error of one that is too long.
func boundedText(t T, d Datum, f *Format) (_ []byte, err error) {
	defer CatchOverlong(&err)
	return AppendText(make([]byte, 0, 24), t, d, f), nil
}

// longest is MaxText but in tests.
var longest = MaxText

// room panics if a text cannot grow so far.
func room(have, more int) {
	if have+more > longest {
		panic(overlong{have, more})
	}
}
