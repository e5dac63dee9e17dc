package executor

import (
	"context"
	"errors"
	"math"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// A hash join whose right rows take much of the statement's memory writes both inputs
// to files, parted by the hash of their keys, and joins part by part. The left
// rows are numbered and the parts' results merged by these numbers, so that rows come in
// the order in which they come without files: that of the left side, but that an outer
// join with a further condition gives left rows without a partner a little later.

// joinPartCount is into how many parts the inputs of a join are divided.
const joinPartCount = 32

// joinParts are the files of one join that spills.
type joinParts struct {
	env         *Env
	keyTypes    []types.T
	right, left [joinPartCount]*runWriter // rows, then keys; left ones also the number
	runs        []spillRun                // of the parts that are written
	leftTypes   []types.T
	rightTypes  []types.T
	blocks      int64
	seq         int64
	held        int64 // of the budget
	out         *sortRuns
	cols        []batch.Col // a row's columns with what is written beside them
	keyCols     []*batch.Col
}

// spill begins to write the right rows to files, with those that are there.
func (j *hashJoin) spill() error {
	int8T := types.Of(types.Int8OID)
	p := &joinParts{env: j.env, keyTypes: j.keyTypes}
	j.spilled = p
	if s := chainScan(j.left); s != nil {
		s.asks = false // there is no table that goroutines could look into
	}
	p.rightTypes = append(append(p.rightTypes, j.rows.types...), j.keyTypes...)
	p.leftTypes = append(append(append(p.leftTypes, j.node.Left.Info().Cols...), j.keyTypes...), int8T)
	out := append([]types.T(nil), j.node.Left.Info().Cols...)
	if j.node.Kind != physical.Semi && j.node.Kind != physical.Anti {
		out = append(out, j.rows.types...)
	}
	p.out = &sortRuns{width: len(out), types: append(out, int8T)}
	p.out.order = &order{keys: make([]physical.SortKey, 1), types: []types.T{int8T}}
	p.blocks = j.env.Budget.blockSize()
	cols := append(append([]batch.Col(nil), j.rows.cols...), j.keys.cols...)
	for i := range j.rows.n {
		if err := p.add(&p.right, p.rightTypes, cols, i, j.index.hashes[i]); err != nil {
			return err
		}
	}
	j.rows.reset(j.env.Budget)
	j.keys.reset(j.env.Budget)
	j.index.reset()
	held := joinPartCount * 2 * p.blocks // a writer holds two blocks
	if err := j.env.Budget.Grow(held); err != nil {
		return err
	}
	p.held = held
	return nil
}

// part is where rows of a hash go: not by the bits that hash tables look at first.
func part(hash uint64) int { return int(hash * 0x9e3779b97f4a7c15 >> 59) }

// add writes row i of the columns to its part.
func (p *joinParts) add(to *[joinPartCount]*runWriter, ts []types.T, cols []batch.Col, i int, hash uint64) error {
	w := to[part(hash)]
	if w == nil {
		f, err := p.env.Spill()
		if err != nil {
			return err
		}
		w = newRunWriter(f, ts, p.blocks)
		to[part(hash)] = w
	}
	return w.add(cols, i)
}

func (p *joinParts) addRight(b, keys *batch.Batch) error {
	p.cols = append(append(p.cols[:0], b.Cols...), keys.Cols...)
	p.pointKeys(len(b.Cols))
	for _, i := range b.Sel {
		if err := p.add(&p.right, p.rightTypes, p.cols, int(i), rowHash(p.keyTypes, p.keyCols, int(i))); err != nil {
			return err
		}
	}
	return nil
}

// pointKeys makes keyCols the keys that stand in cols from at on.
func (p *joinParts) pointKeys(at int) {
	p.keyCols = p.keyCols[:0]
	for k := range p.keyTypes {
		p.keyCols = append(p.keyCols, &p.cols[at+k])
	}
}

// joinParts writes the left input to files, joins the parts, and begins the merge of
// what they give.
func (j *hashJoin) joinParts(ctx context.Context) error {
	p := j.spilled
	if err := j.partLeft(ctx); err != nil {
		return err
	}
	for k := range joinPartCount {
		err := p.out.write(j.env, func(w *runWriter) error { return j.joinPart(ctx, k, w) })
		if err != nil {
			return err
		}
	}
	if j.env.Counters != nil {
		c := &j.env.Counters[j.node.ID]
		for _, r := range append(p.runs, p.out.list...) {
			c.Spilled += r.bytes
		}
	}
	err := p.close()
	if err != nil {
		return err
	}
	j.rows.reset(j.env.Budget)
	j.keys.reset(j.env.Budget)
	j.index.reset()
	return p.out.start(ctx, j.env)
}

func (j *hashJoin) partLeft(ctx context.Context) error {
	p := j.spilled
	numbers := batch.Col{}
	numbers.Init(types.Of(types.Int8OID), batch.MaxRows)
	for i := range numbers.Null {
		numbers.Null[i] = false
	}
	for {
		b, err := j.left.Next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			return nil
		}
		if err := evalAll(j.leftKeys, j.env, &j.scratch, b, j.lcols); err != nil {
			return err
		}
		p.cols = append(p.cols[:0], b.Cols...)
		for _, c := range j.lcols {
			p.cols = append(p.cols, *c)
		}
		p.cols = append(p.cols, numbers)
		p.pointKeys(len(b.Cols))
		hashes := j.hash(p.keyCols, b.Sel)
		for n, i := range b.Sel {
			p.seq++
			numbers.I[i] = p.seq
			if err := p.add(&p.left, p.leftTypes, p.cols, int(i), hashes[n]); err != nil {
				return err
			}
		}
	}
}

// reader ends the writing of a part and reads it; nil if there is nothing.
func (p *joinParts) reader(of *[joinPartCount]*runWriter, k int, ts []types.T) (*runReader, error) {
	if of[k] == nil {
		return nil, nil
	}
	r, err := of[k].end()
	of[k] = nil
	p.runs = append(p.runs, r)
	return newRunReader(r, ts), err
}

// joinPart joins the k-th parts into a run of results.
func (j *hashJoin) joinPart(ctx context.Context, k int, w *runWriter) error {
	p := j.spilled
	if err := j.loadPart(ctx, k); err != nil {
		return err
	}
	left, err := p.reader(&p.left, k, p.leftTypes)
	if err != nil {
		return err
	}
	n := len(p.leftTypes) - 1 - len(p.keyTypes)
	for left != nil {
		ok, err := left.next()
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if !ok {
			break
		}
		for i := range j.lcols {
			j.lcols[i] = &left.cols[n+i]
		}
		numbers := left.cols[len(left.cols)-1].I
		b := &batch.Batch{Cols: left.cols[:n:n], Sel: batch.Identity(left.n)}
		for j.beginProbe(b); j.b != nil; {
			out, err := j.step()
			if err != nil {
				return err
			}
			if out == nil {
				continue
			}
			for _, i := range out.Sel {
				of := int(i) // the left row
				if out != b {
					of = int(j.lid[i])
				}
				if err := w.addNumbered(out.Cols[:p.out.width], int(i), numbers[of]); err != nil {
					return err
				}
			}
		}
	}
	for j.rest = 0; ; {
		out := j.unmatchedRight()
		if out == nil {
			return nil
		}
		for _, i := range out.Sel {
			if err := w.addNumbered(out.Cols, int(i), math.MaxInt64); err != nil { // after all left rows
				return err
			}
		}
	}
}

// loadPart makes the hash table of the k-th part.
func (j *hashJoin) loadPart(ctx context.Context, k int) error {
	p := j.spilled
	j.rows.reset(j.env.Budget)
	j.keys.reset(j.env.Budget)
	j.index.reset()
	j.matched = j.matched[:0]
	r, err := p.reader(&p.right, k, p.rightTypes)
	if err != nil || r == nil {
		return err
	}
	n := len(j.rows.cols)
	for {
		ok, err := r.next()
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if !ok {
			break
		}
		sel := batch.Identity(r.n)
		if err := j.rows.append(&batch.Batch{Cols: r.cols[:n], Sel: sel}); err != nil {
			return err
		}
		if err := j.keys.append(&batch.Batch{Cols: r.cols[n:], Sel: sel}); err != nil {
			return err
		}
		for i := range j.rcols {
			j.rcols[i] = &r.cols[n+i]
		}
		j.index.addAll(j.hash(j.rcols, sel))
	}
	if j.keepsRight() {
		j.matched = append(j.matched, make([]bool, j.rows.n)...)
	}
	return nil
}

// close removes the files of the inputs.
func (p *joinParts) close() (err error) {
	_ = p.env.Budget.Grow(-p.held)
	p.held = 0
	for _, r := range p.runs {
		err = errors.Join(err, r.file.Close())
	}
	for k := range joinPartCount {
		for _, of := range []*[joinPartCount]*runWriter{&p.left, &p.right} {
			if of[k] != nil {
				err = errors.Join(err, of[k].run.file.Close())
				of[k] = nil
			}
		}
	}
	p.runs = nil
	return err
}

// dropParts removes what was spilled.
func (j *hashJoin) dropParts() error {
	if j.spilled == nil {
		return nil
	}
	p := j.spilled
	j.spilled = nil
	return errors.Join(p.close(), p.out.close(p.env.Budget))
}
