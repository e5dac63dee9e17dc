package expr

import (
	"strings"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// What short values can become long by: an operator that computes such expressions must not
// do so for a whole batch of rows at once, as a thousand long values may be more than there
// is memory.

// fewTimes is how many times as long as its arguments a value may be that is still short.
const fewTimes = 16

// Amplifies reports an expression with a call whose value may be much longer than its
// arguments.
func Amplifies(es ...Expr) (found bool) {
	for _, e := range es {
		Walk(e, func(x Expr) bool {
			c, ok := x.(*Call)
			found = found || ok && c.amplifies()
			return !found
		})
	}
	return found
}

// amplifies goes by constant arguments where they say how long the value is.
func (c *Call) amplifies() bool {
	if c.Fn.User != nil {
		return false
	}
	switch c.Fn.Name {
	case "repeat", "space":
		return !c.within(len(c.Args)-1, fewTimes)
	case "lpad", "rpad":
		return !c.within(1, 1000)
	case "replace", "regexp_replace":
		s, ok := c.constant(2)
		return !ok || len(s.Bytes()) > fewTimes
	case "format":
		s, ok := c.constant(0)
		return !ok || strings.ContainsAny(s.Text(), "*0123456789")
	case "array_fill":
		return true
	}
	return false
}

// constant is the value of an argument that is one and not NULL.
func (c *Call) constant(arg int) (types.Datum, bool) {
	if arg >= len(c.Args) {
		return types.Datum{}, false
	}
	k, ok := c.Args[arg].(*Const)
	if !ok || k.D.IsNull() {
		return types.Datum{}, false
	}
	return k.D, true
}

// within reports an argument that is a constant number of at most n.
func (c *Call) within(arg int, n int64) bool {
	d, ok := c.constant(arg)
	if !ok {
		return false
	}
	switch c.Args[arg].Type().OID {
	case types.Int2OID, types.Int4OID, types.Int8OID:
		return d.Int() <= n
	}
	return false
}

// Amplified is how many bytes the values of calls that amplify, and of those over them, have
// taken since it was asked before. They are let go: results handed out before are invalid.
func (s *Scratch) Amplified() (n int64) {
	for _, st := range s.all {
		n += st.amplified
		st.amplified = 0
		for i := range st.nodes {
			if st.p.nodes[i].long && !st.p.nodes[i].stable {
				clear(st.nodes[i].col.B)
			}
		}
	}
	return n
}

// length is how many bytes the values of the rows are.
func length(c *batch.Col, sel []uint16) (n int64) {
	if c.B == nil {
		return 0
	}
	for _, i := range sel {
		n += int64(len(c.B[i]))
	}
	return n
}
