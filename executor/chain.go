package executor

import (
	"context"
	"errors"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/storage/table"
)

// A chain is what goroutines can do with the rows of a scan beside reading them:
// filters, projections and the left sides of hash joins, one above the other, of which
// every goroutine has its own, over stretches of the table that it reads.

// chained reports that the node is the top of a chain, a scan alone included.
func chained(n physical.Node) bool {
	switch x := n.(type) {
	case *physical.Scan:
		return x.Index == nil && !x.Reverse && concurrent(x.Filter)
	case *physical.Filter:
		return concurrent(x.Cond) && chained(x.Input)
	case *physical.Project:
		return concurrent(x.Exprs...) && chained(x.Input)
	case *physical.HashJoin:
		if x.Kind == physical.Right || x.Kind == physical.Full { // right rows remember that they were met
			return false
		}
		return concurrent(x.LeftKeys...) && concurrent(x.Filter) && chained(x.Left)
	}
	return false
}

// concurrent reports that several goroutines may evaluate the expressions, for whole batches.
func concurrent(es ...expr.Expr) bool {
	for _, e := range es {
		if e != nil && (!expr.Concurrent(e) || expr.Amplifies(e)) {
			return false
		}
	}
	return true
}

// chainScan is the scan of a chain, nil where there is none.
func chainScan(op Operator) *scan {
	for {
		switch x := op.(type) {
		case *counted:
			op = x.Operator
		case *filter:
			op = x.input
		case *project:
			op = x.input
		case *hashJoin:
			op = x.left
		case *scan:
			return x
		default:
			return nil
		}
	}
}

// another makes a chain like op over a leaf of its own, with working memory of its own.
// What does not change while rows go through is shared: programs and tables of joins.
func another(op Operator, leaf Operator) Operator {
	switch x := op.(type) {
	case *counted:
		return &counted{Operator: another(x.Operator, leaf), id: x.id}
	case *filter:
		return &filter{input: another(x.input, leaf), cond: x.cond, id: x.id}
	case *project:
		p := &project{input: another(x.input, leaf), exprs: x.exprs, cols: make([]*batch.Col, len(x.exprs)), plain: x.plain}
		p.out.Cols = make([]batch.Col, len(x.exprs))
		return p
	case *hashJoin:
		return x.prober(another(x.left, leaf))
	}
	return leaf
}

// begin gives a chain that another made its environment.
func begin(op Operator, env *Env) {
	switch x := op.(type) {
	case *counted:
		x.env = env
		begin(x.Operator, env)
	case *filter:
		x.env = env
		begin(x.input, env)
	case *project:
		x.env = env
		begin(x.input, env)
	case *hashJoin:
		x.env = env
		begin(x.left, env)
	}
}

// worker is a chain that one goroutine pulls rows from, a stretch after the other.
type worker struct {
	top  Operator
	leaf *leafScan
	env  *Env
}

// newWorker makes a worker like the operator for the environment.
func newWorker(op Operator, env *Env, size int) *worker {
	s := chainScan(op)
	w := &worker{leaf: &leafScan{scan: s, reader: table.NewReader(s.node.Table, s.node.Attrs), size: size, env: env}, env: env}
	w.leaf.out.Cols = make([]batch.Col, len(s.node.Attrs))
	w.top = another(op, w.leaf)
	begin(w.top, env)
	return w
}

// each hands the batches of a stretch to f.
func (w *worker) each(ctx context.Context, x *stretch, f func(*batch.Batch) error) (err error) {
	if err := w.leaf.start(ctx, x); err != nil {
		return err
	}
	defer func() {
		x.rows = w.leaf.read
		err = errors.Join(err, w.leaf.Close())
	}()
	for {
		b, err := w.top.Next(ctx)
		if err != nil || b == nil {
			return err
		}
		if err := f(b); err != nil {
			return err
		}
	}
}

// gathering is the work of a chain whose rows are handed out; stretches have so many
// batches.
func gathering(op Operator, batches int) *aheadWork {
	return &aheadWork{batches: batches, reader: func(env *Env, size int) stretchReader {
		return &gatherer{newWorker(op, env, size)}
	}}
}

// gatherer sends copies of a worker's rows, as many at once as fit into a batch.
type gatherer struct{ *worker }

// read implements stretchReader.
func (g *gatherer) read(ctx context.Context, x *stretch) error {
	return g.gather(ctx, x, func(*batch.Batch) error { return nil })
}

// gather sends what narrow leaves of each batch.
func (g *gatherer) gather(ctx context.Context, x *stretch, narrow func(*batch.Batch) error) error {
	var b *readBatch
	room := g.leaf.size
	err := g.each(ctx, x, func(from *batch.Batch) (err error) {
		if err := narrow(from); err != nil {
			return err
		}
		for sel := from.Sel; len(sel) > 0; {
			if b == nil {
				if b, err = x.take(ctx); err != nil {
					return err
				}
				b.clear(from, room)
			}
			n := min(len(sel), room-len(b.batch.Sel))
			b.append(from, sel[:n])
			if sel = sel[n:]; len(b.batch.Sel) == room {
				x.out <- b
				b = nil
			}
		}
		return nil
	})
	if b != nil {
		x.out <- b // with what came before an error
	}
	return err
}

// clear empties the batch for so many rows like those of another.
func (b *readBatch) clear(like *batch.Batch, room int) {
	b.arena.Reset()
	if b.batch.Cols == nil {
		b.batch.Cols = make([]batch.Col, len(like.Cols))
	}
	for k := range like.Cols {
		b.batch.Cols[k].Init(like.Cols[k].T, room)
	}
	b.batch.Sel = nil
}

// append copies rows of another batch, for which there is room.
func (b *readBatch) append(from *batch.Batch, sel []uint16) {
	at := len(b.batch.Sel)
	for k := range from.Cols {
		copyCol(&b.batch.Cols[k], at, &from.Cols[k], sel, &b.arena)
	}
	b.batch.Sel = batch.Identity(at + len(sel))
}

// copyCol copies rows of a column to another's rows from at on, bytes to the arena.
func copyCol(to *batch.Col, at int, from *batch.Col, sel []uint16, arena *batch.Arena) {
	for n, i := range sel {
		to.Null[at+n] = from.Null[i]
	}
	switch {
	case from.B != nil:
		for n, i := range sel {
			if !from.Null[i] {
				to.B[at+n] = arena.Copy(from.B[i])
			}
		}
	case from.F != nil:
		for n, i := range sel {
			to.F[at+n] = from.F[i]
		}
	default:
		for n, i := range sel {
			to.I[at+n] = from.I[i]
		}
	}
}

// leafScan reads the rows of a stretch for the operators of a worker.
type leafScan struct {
	scan    *scan
	env     *Env
	reader  *table.Reader
	rows    *table.Scan
	size    int
	read    int // rows of the stretch
	out     batch.Batch
	arena   batch.Arena
	scratch expr.Scratch
}

func (l *leafScan) start(ctx context.Context, x *stretch) (err error) {
	l.read = 0
	l.env.Arena = &l.arena
	l.reader.UseColumns(l.env.columns())
	l.rows, err = l.reader.Scan(ctx, l.env.Read, x.lo, x.hi, false)
	return err
}

// Open implements Operator: start does what there is to do.
func (l *leafScan) Open(context.Context, *Env) error { return nil }

func (l *leafScan) Next(ctx context.Context) (*batch.Batch, error) {
	for {
		if err := l.rows.Next(&l.out, l.size); err != nil {
			return nil, err
		}
		n := l.out.Len()
		if n == 0 {
			return nil, nil
		}
		l.read += n
		l.arena.Reset()
		if err := l.scan.filter.finish(ctx, l.env, &l.scratch, l.reader, &l.out, l.scan.node.ID); err != nil {
			return nil, err
		}
		if l.out.Len() > 0 {
			return &l.out, nil
		}
	}
}

func (l *leafScan) Close() error {
	if l.rows == nil {
		return nil
	}
	err := l.rows.Close()
	l.rows = nil
	return err
}
