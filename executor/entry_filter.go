package executor

import (
	"context"
	"slices"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/rowcodec"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex"
)

// entryFilter tests what the entries of a vector index carry of included columns, so
// that rows are read only where it holds. It can only leave out: the row and the epoch
// of an entry name the values that it carries, so where it fails the row at that epoch
// fails, and where it holds the row is tested all the same.
type entryFilter struct {
	cond *expr.Program // nil = nothing to test
	form *rowcodec.Payload
	cols []carriedCol // what the condition reads
	node int

	ctx     context.Context // of the call in work
	env     *Env
	scratch *expr.Scratch
	b       batch.Batch
	in, sel []uint16
	known   int // of the payloads in work
	carried [][]byte
	skipped int64 // entries that were left out and are not counted yet
	off     bool  // an entry made the condition fail with an error: its row shall say so, if it is one
}

// carriedCol is an included column, by its place among them, and the column of the batch.
type carriedCol struct {
	from, to int
	t        types.T
}

// newEntryFilter makes the filter of index x of t; cond, over columns that show attrs,
// reads no others than included ones, and may be nil.
func newEntryFilter(cond expr.Expr, t *catalog.Table, x *catalog.Index, attrs []int16, node int) (f entryFilter, err error) {
	if cond == nil {
		return f, nil
	}
	if f.cond, err = expr.Compile(cond); err != nil {
		return f, err
	}
	f.node, f.form = node, table.PayloadOf(t, x)
	f.b.Cols = make([]batch.Col, len(attrs))
	for _, k := range expr.Columns(cond) {
		f.cols = append(f.cols, carriedCol{slices.Index(x.Include, attrs[k]), k, table.AttrType(t, attrs[k])})
	}
	return f, nil
}

// begin prepares for a search.
func (f *entryFilter) begin(env *Env, s *expr.Scratch) {
	f.env, f.scratch, f.off = env, s, false
}

// narrow returns the places of the hits whose rows are worth reading, ascending; they
// are valid until the next call. What it leaves out is counted for the plan node.
func (f *entryFilter) narrow(ctx context.Context, hits []vectorindex.Hit) []uint16 {
	if f.cond == nil {
		return batch.Identity(len(hits))
	}
	f.ctx = ctx
	f.carried = f.carried[:0]
	for i := range hits {
		f.carried = append(f.carried, hits[i].Payload)
	}
	f.sel = f.test(f.carried, f.sel[:0])
	f.count()
	return f.sel
}

// count adds what was left out to the plan node's counter.
func (f *entryFilter) count() {
	if n := f.takeSkipped(); n > 0 && f.node < len(f.env.Counters) {
		f.env.Counters[f.node].Skipped += n
	}
}

func (f *entryFilter) takeSkipped() int64 {
	n := f.skipped
	f.skipped = 0
	return n
}

// copyOf makes f a filter like of for the values that are in place now, that may be used
// beside it.
func (f *entryFilter) copyOf(of *entryFilter, env *Env) {
	if f.form == nil {
		f.cond, f.form, f.cols, f.node = of.cond, of.form, of.cols, of.node
		f.b.Cols = make([]batch.Col, len(of.b.Cols))
		f.scratch, f.env = &expr.Scratch{}, &Env{}
	}
	exec := append(f.env.Exec[:0], env.Exec...)
	f.env.Env, f.env.Exec = env.Env, exec
	f.scratch.Reset()
	f.skipped, f.off = 0, false
}

// tester is a vectorindex.Query.Test for a search with the context.
func (f *entryFilter) tester(ctx context.Context) func([][]byte, []uint16) []uint16 {
	f.ctx = ctx
	return f.test
}

// test appends the places of the payloads that may pass. Where nothing is known of an
// entry, it passes. Once the context has ended nothing does: the caller looks at it.
func (f *entryFilter) test(payloads [][]byte, dst []uint16) []uint16 {
	if f.ctx.Err() != nil {
		return dst
	}
	if f.off || !f.decode(payloads) || f.cond.Filter(&f.env.Env, f.scratch, &f.b) != nil {
		f.off = true
		return append(dst, batch.Identity(len(payloads))...)
	}
	before, passed := len(dst), f.b.Sel
	if f.known == len(payloads) {
		dst = append(dst, passed...)
	} else {
		dst = f.withUnknown(dst, passed, payloads)
	}
	f.skipped += int64(len(payloads) - (len(dst) - before))
	return dst
}

// withUnknown appends those that passed and those of which nothing is known.
func (f *entryFilter) withUnknown(dst, passed []uint16, payloads [][]byte) []uint16 {
	for i, p := range payloads {
		switch {
		case len(passed) > 0 && int(passed[0]) == i:
			passed = passed[1:]
		case f.form.Ok(p):
			continue
		}
		dst = append(dst, uint16(i))
	}
	return dst
}

// decode fills the batch from the payloads that there are; false if one is damaged.
func (f *entryFilter) decode(payloads [][]byte) bool {
	f.b.Sel = batch.Identity(len(payloads))
	if !f.form.AllOk(payloads) {
		f.in = f.in[:0]
		for i, p := range payloads {
			if f.form.Ok(p) {
				f.in = append(f.in, uint16(i))
			}
		}
		f.b.Sel = f.in
	}
	f.known = len(f.b.Sel)
	for _, c := range f.cols {
		col := &f.b.Cols[c.to]
		col.Init(c.t, len(payloads))
		switch {
		case col.I != nil:
			f.form.Ints(payloads, f.b.Sel, c.from, col.I, col.Null)
		case col.F != nil:
			f.form.Floats(payloads, f.b.Sel, c.from, col.F, col.Null)
		default:
			for _, i := range f.b.Sel {
				d, err := f.form.Value(payloads[i], c.from)
				if err != nil {
					return false
				}
				col.Set(int(i), d)
			}
		}
	}
	return true
}
