package builtin

import (
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// The functions of this file lift scalar Go functions into column kernels. All
// are for strict functions.

// ints1 lifts a function of one integer.
func ints1(f func(x int64) (int64, error)) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, o := args[0].I, out.I
		for _, i := range sel {
			v, err := f(x[i])
			if err != nil {
				return err
			}
			o[i] = v
		}
		return nil
	}
}

// ints2 lifts a function of two integers.
func ints2(f func(x, y int64) (int64, error)) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, y, o := args[0].I, args[1].I, out.I
		for _, i := range sel {
			v, err := f(x[i], y[i])
			if err != nil {
				return err
			}
			o[i] = v
		}
		return nil
	}
}

// floats1 lifts a function of one float.
func floats1(f func(x float64) (float64, error)) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, o := args[0].F, out.F
		for _, i := range sel {
			v, err := f(x[i])
			if err != nil {
				return err
			}
			o[i] = v
		}
		return nil
	}
}

// floats2 lifts a function of two floats.
func floats2(f func(x, y float64) (float64, error)) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, y, o := args[0].F, args[1].F, out.F
		for _, i := range sel {
			v, err := f(x[i], y[i])
			if err != nil {
				return err
			}
			o[i] = v
		}
		return nil
	}
}

// predicate lifts a test of two byte values.
func predicate(f func(x, y []byte) bool) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, y, o := args[0].B, args[1].B, out.I
		for _, i := range sel {
			o[i] = 0
			if f(x[i], y[i]) {
				o[i] = 1
			}
		}
		return nil
	}
}

// text1, text2 lift functions whose arguments and result are text; the result
// may share memory with an argument.
func text1(f func(c *Ctx, s []byte) ([]byte, error)) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		b, err := f(c, a[0].Bytes())
		return types.Bytes(b), err
	}
}

func text2(f func(c *Ctx, s, t []byte) ([]byte, error)) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		b, err := f(c, a[0].Bytes(), a[1].Bytes())
		return types.Bytes(b), err
	}
}

// null is what an Eval returns for SQL NULL.
func null() (types.Datum, error) { return types.Null, nil }

// bytes is n bytes that live as long as the result must.
func (c *Ctx) bytes(n int) []byte {
	if c.Arena == nil {
		return make([]byte, n)
	}
	return c.Arena.Alloc(n)
}

// argT is the resolved type of argument i, unknown when the caller did not say.
func (c *Ctx) argT(i int) types.T {
	if c.Site == nil || i >= len(c.Site.Args) {
		return types.Of(types.UnknownOID)
	}
	return c.Site.Args[i]
}

// retT is the resolved result type.
func (c *Ctx) retT() types.T {
	if c.Site == nil {
		return types.Of(types.UnknownOID)
	}
	return c.Site.Ret
}

// remembered gives what the call site remembers of type V, made once by make.
func remembered[V any](c *Ctx, make func() V) V {
	if c.Site == nil {
		return make()
	}
	v, ok := c.Site.Cache.(V)
	if !ok {
		v = make()
		c.Site.Cache = v
	}
	return v
}
