package builtin

import (
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

// What functions say of the memory that they take, where they are registered.

// Longer reports, of a call, that its value may be much longer than its arguments. It goes by
// arguments that are constants, which constant gives, where they say how long the value is.
type Longer func(constant func(arg int) (types.T, types.Datum, bool)) bool

// fewTimes is how many times as long as its arguments a value may be that is still short.
const fewTimes = 16

// MayBeLonger is Longer of the function's calls.
func (f *Func) MayBeLonger(constant func(arg int) (types.T, types.Datum, bool)) bool {
	return f.longer != nil && f.longer(constant)
}

// always is Longer of what no argument tells.
func always(func(int) (types.T, types.Datum, bool)) bool { return true }

// unlessWithin is Longer of a function with a number as argument: of how often, or how long, which
// is few up to n.
func unlessWithin(arg int, n int64) Longer {
	return func(constant func(int) (types.T, types.Datum, bool)) bool {
		t, d, ok := constant(arg)
		return !ok || !isInt(t.OID) || d.Int() > n
	}
}

// unlessShort is Longer of a function that has an argument in its value many times.
func unlessShort(arg int) Longer {
	return func(constant func(int) (types.T, types.Datum, bool)) bool {
		_, d, ok := constant(arg)
		return !ok || len(d.Bytes()) > fewTimes
	}
}

// unlessPlain is Longer of a function with a format, whose numbers are widths or repeat arguments.
func unlessPlain(constant func(int) (types.T, types.Datum, bool)) bool {
	_, d, ok := constant(0)
	return !ok || strings.ContainsAny(d.Text(), "*0123456789")
}

// longer says it of functions that are registered.
func (r *registrar) longer(l Longer, keys ...string) {
	for _, k := range keys {
		r.code[k].longer = l
	}
}

// swells says of functions that are registered how many bytes they take for each of their
// arguments, where these are long: while they compute, and for the value.
func (r *registrar) swells(times int64, keys ...string) {
	for _, k := range keys {
		r.code[k].swells = times
	}
}

// Needs is how many bytes a call takes, 0 where it is not worth asking for them.
func (f *Func) Needs(args []types.Datum) (n int64) {
	if f.swells == 0 {
		return 0
	}
	for _, d := range args {
		n += int64(len(d.Bytes()))
	}
	if n *= f.swells; n < types.Long {
		return 0
	}
	return n
}
