package expr

import (
	"bytes"
	"unsafe"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// eval computes node id for the rows in sel. What has one value for all rows is
// computed for the first of them.
func (st *state) eval(id int, sel []uint16) (*batch.Col, error) {
	n := &st.p.nodes[id]
	if !n.stable || n.op <= opExec || len(sel) < 2 {
		return st.compute(id, sel)
	}
	c, err := st.compute(id, sel[:1])
	if err != nil {
		return nil, err
	}
	out := &st.nodes[id].same
	out.Init(n.t, rows(sel))
	d := c.Datum(int(sel[0]))
	for _, i := range sel {
		out.Set(int(i), d)
	}
	return out, nil
}

func (st *state) compute(id int, sel []uint16) (*batch.Col, error) {
	n := &st.p.nodes[id]
	switch n.op {
	case opConst:
		return st.fill(id, n.d, sel), nil
	case opColumn:
		if n.n >= len(st.b.Cols) {
			return nil, pgerr.Newf(pgerrcode.InternalError, "expression reads column %d of a row of %d", n.n, len(st.b.Cols))
		}
		return &st.b.Cols[n.n], nil
	case opParam:
		if n.n >= len(st.env.Params) {
			return nil, pgerr.Newf(pgerrcode.UndefinedParameter, "no value found for parameter %d", n.n+1)
		}
		return st.fill(id, st.env.Params[n.n], sel), nil
	case opExec:
		if n.n >= len(st.env.Exec) {
			return nil, pgerr.Newf(pgerrcode.InternalError, "no execution parameter %d", n.n)
		}
		return st.fill(id, st.env.Exec[n.n], sel), nil
	case opCall:
		return st.call(id, sel)
	case opAnd, opOr:
		return st.andOr(id, sel, n.op == opOr)
	case opNot:
		return st.not(id, sel)
	case opIsNull:
		return st.isNull(id, sel)
	case opIsBool:
		return st.isBool(id, sel)
	case opIsDistinct:
		return st.isDistinct(id, sel)
	case opCase:
		return st.caseWhen(id, sel)
	case opCoalesce:
		return st.coalesce(id, sel)
	case opMinMax:
		return st.minMax(id, sel)
	}
	return st.evalRest(id, sel)
}

func (st *state) evalRest(id int, sel []uint16) (*batch.Col, error) {
	n := &st.p.nodes[id]
	switch n.op {
	case opWiden:
		return st.widen(id, sel)
	case opIntFloat:
		return st.intFloat(id, sel)
	case opCast:
		return st.cast(id, sel)
	case opArray:
		return st.array(id, sel)
	case opRow:
		return st.row(id, sel)
	case opRowOrder:
		return st.rowOrder(id, sel)
	case opInList:
		return st.inList(id, sel)
	case opAnyAll:
		return st.anyAll(id, sel)
	case opSubscript:
		return st.subscript(id, sel)
	case opAssign:
		return st.assign(id, sel)
	case opField:
		return st.field(id, sel)
	case opDomain:
		return st.toDomain(id, sel)
	default:
		return st.subPlan(id, sel)
	}
}

// filter gives the rows of sel where node id is true; for AND each argument sees
// only the rows that passed the ones before.
func (st *state) filter(id int, sel []uint16) ([]uint16, error) {
	n := &st.p.nodes[id]
	if n.op == opAnd {
		for _, a := range n.args {
			var err error
			if sel, err = st.filter(a, sel); err != nil || len(sel) == 0 {
				return sel, err
			}
		}
		return sel, nil
	}
	c, err := st.eval(id, sel)
	if err != nil {
		return nil, err
	}
	ns := &st.nodes[id]
	out := room(&ns.rest, len(sel))[:len(sel)]
	k := 0
	for _, i := range sel { // without branches: k moves only past true rows
		out[k] = i
		k += int(c.I[i]) & int(bitOf(!c.Null[i]))
	}
	ns.rest = out[:k]
	return ns.rest, nil
}

// room empties a selection buffer and gives it capacity n.
func room(buf *[]uint16, n int) []uint16 {
	if cap(*buf) < n {
		*buf = make([]uint16, 0, max(n, 16))
	}
	return (*buf)[:0]
}

// arguments evaluates all children over the same rows.
func (st *state) arguments(id int, sel []uint16) ([]*batch.Col, error) {
	n, ns := &st.p.nodes[id], &st.nodes[id]
	for k, a := range n.args {
		c, err := st.eval(a, sel)
		if err != nil {
			return nil, err
		}
		ns.args[k] = c
	}
	return ns.args, nil
}

// call applies a function: a kernel on whole columns, else row by row.
func (st *state) call(id int, sel []uint16) (*batch.Col, error) {
	args, err := st.arguments(id, sel)
	if err != nil {
		return nil, err
	}
	return st.apply(id, st.out(id, sel), sel, args)
}

// apply runs node id's function on columns.
func (st *state) apply(id int, out *batch.Col, sel []uint16, args []*batch.Col) (*batch.Col, error) {
	n, ns := &st.p.nodes[id], &st.nodes[id]
	if n.fn.Strict {
		clear(out.Null)
		sel = skipNulls(ns, out, sel, args)
	}
	if len(sel) == 0 {
		return out, nil
	}
	ctx := &st.env.Ctx
	ctx.Site = &ns.site
	err := st.run(n.fn, ctx, out, sel, args, ns.row[:len(args)])
	ctx.Site = nil // others that call functions with this Ctx must not see it
	if n.long && err == nil {
		st.amplified += length(out, sel)
	}
	return out, err
}

// run computes the rows in sel by the kernel, or one by one.
func (st *state) run(fn *builtin.Func, ctx *builtin.Ctx, out *batch.Col, sel []uint16, args []*batch.Col, row []types.Datum) error {
	if fn.Kernel != nil {
		if err := fn.Kernel(ctx, sel, out, args); err != nil {
			return err
		}
		return st.filled()
	}
	for _, i := range sel {
		for k, c := range args {
			row[k] = c.Datum(int(i))
		}
		d, err := st.one(fn, ctx, row)
		if err != nil {
			return err
		}
		out.Set(int(i), d)
		if st.made += len(d.Bytes()); st.made >= types.Long {
			if err := st.room(); err != nil {
				return err
			}
		}
	}
	return nil
}

// skipNulls marks the rows with a NULL argument NULL and returns the others.
func skipNulls(ns *nodeState, out *batch.Col, sel []uint16, args []*batch.Col) []uint16 {
	n := rows(sel)
	nulls := false
	for _, c := range args {
		if !anyNull(c.Null[:n]) {
			continue
		}
		for _, i := range sel {
			if c.Null[i] {
				out.Null[i] = true
				nulls = true
			}
		}
	}
	if !nulls {
		return sel
	}
	keep := room(&ns.sel, len(sel))
	for _, i := range sel {
		if !out.Null[i] {
			keep = append(keep, i)
		}
	}
	ns.sel = keep
	return keep
}

// anyNull looks at all rows, selected or not, many at a time: mostly there is none.
func anyNull(null []bool) bool {
	if len(null) == 0 {
		return false
	}
	return bytes.IndexByte(unsafe.Slice((*byte)(unsafe.Pointer(&null[0])), len(null)), 1) >= 0
}

// copyRows copies the rows in sel; byte values stay borrowed.
func copyRows(to, from *batch.Col, sel []uint16) {
	switch {
	case to.B != nil:
		for _, i := range sel {
			to.Null[i], to.B[i] = from.Null[i], from.B[i]
		}
	case to.F != nil:
		for _, i := range sel {
			to.Null[i], to.F[i] = from.Null[i], from.F[i]
		}
	default:
		for _, i := range sel {
			to.Null[i], to.I[i] = from.Null[i], from.I[i]
		}
	}
}

// widen shows the child's column under another type.
func (st *state) widen(id int, sel []uint16) (*batch.Col, error) {
	c, err := st.eval(st.p.nodes[id].args[0], sel)
	if err != nil {
		return nil, err
	}
	out := &st.nodes[id].col
	*out = *c
	out.T = st.p.nodes[id].t
	return out, nil
}

func (st *state) intFloat(id int, sel []uint16) (*batch.Col, error) {
	c, err := st.eval(st.p.nodes[id].args[0], sel)
	if err != nil {
		return nil, err
	}
	out := st.out(id, sel)
	for _, i := range sel {
		out.Null[i], out.F[i] = c.Null[i], float64(c.I[i])
	}
	return out, nil
}

func (st *state) cast(id int, sel []uint16) (*batch.Col, error) {
	n := &st.p.nodes[id]
	from := st.p.nodes[n.args[0]].t
	c, err := st.eval(n.args[0], sel)
	if err != nil {
		return nil, err
	}
	out := st.out(id, sel)
	short, quick := types.NewShortInts(from, n.t)
	for _, i := range sel {
		if c.Null[i] {
			out.Null[i] = true
			continue
		}
		if quick {
			if v, ok := short.Of(c.B[i]); ok {
				out.Null[i], out.I[i] = false, v
				continue
			}
		}
		d, err := st.convert(from, n, c.Datum(int(i)))
		if err != nil {
			return nil, err
		}
		out.Set(int(i), d)
		if st.made += len(d.Bytes()); st.made >= types.Long {
			if err := st.room(); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (st *state) minMax(id int, sel []uint16) (*batch.Col, error) {
	n := &st.p.nodes[id]
	args, err := st.arguments(id, sel)
	if err != nil {
		return nil, err
	}
	out := st.out(id, sel)
	ordered := builtin.OrderedBy(n.t)
	for _, i := range sel {
		best := types.Null
		for _, c := range args {
			if c.Null[i] {
				continue
			}
			d := c.Datum(int(i))
			if best.IsNull() {
				best = d
				continue
			}
			if ordered != nil {
				if err := ordered(best, d); err != nil {
					return nil, err
				}
			}
			if cmp := types.Compare(n.t, d, best); n.flag && cmp < 0 || !n.flag && cmp > 0 {
				best = d
			}
		}
		out.Set(int(i), best)
	}
	return out, nil
}
