package executor

import (
	"context"
	"errors"
	"math/bits"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// Groups that take much of the statement's memory stay as they are, and go on being
// folded; rows of further groups are written to files, parted by the hash of their
// keys. When the groups in memory have been handed out, the parts follow, one after the
// other, each parted again if its groups take as much.

// maxAggLevel bounds how often rows are parted: further on, all hashes are equal.
const maxAggLevel = 12

// aggParts are the rows of groups that memory had no place for.
type aggParts struct {
	types   []types.T // of the input
	level   int       // of the groups that are in memory now
	full    bool      // no group is added to them
	writers [joinPartCount]*runWriter
	waiting []aggRun // complete parts, the next one last
	reading *aggRun  // whose groups are in memory now
	held    int64
}

// aggRun is a part: rows whose groups are parted by the hash for the level-th time next.
type aggRun struct {
	spillRun
	level int
}

// spills reports whether there is more than memory should hold.
func (a *agg) spills() bool {
	p := a.parts
	if p == nil || p.full || p.level > maxAggLevel || a.folded > 0 || a.env.Spill == nil {
		return false
	}
	n := a.held + a.set.rows.bytes
	for _, c := range a.calls {
		if c.seen != nil {
			n += c.seen.rows.bytes
		}
		if c.rows != nil {
			n += c.rows.bytes
		}
	}
	return a.env.Budget.crowded(n)
}

// beginParts ends the adding of groups. What writers hold counts while they do.
func (a *agg) beginParts() error {
	a.parts.full = true
	held := joinPartCount * 2 * a.env.Budget.blockSize()
	if err := a.env.Budget.Grow(held); err != nil {
		return err
	}
	a.parts.held = held
	return nil
}

// foldKnown folds the rows of groups that are in memory and writes the others, whose
// keys are in cols.
func (a *agg) foldKnown(b *batch.Batch) error {
	ids := a.set.findAll(a.cols, b.Sel)
	known := make([]uint16, 0, len(b.Sel))
	for n, i := range b.Sel {
		if ids[n] == none {
			if err := a.writeRow(b, int(i), a.set.hashes[n]); err != nil {
				return err
			}
			continue
		}
		a.ids[i] = ids[n]
		known = append(known, i)
	}
	if len(known) == 0 {
		return nil
	}
	return a.step(&batch.Batch{Cols: b.Cols, Sel: known})
}

// writeRow writes a row to the part of its hash.
func (a *agg) writeRow(b *batch.Batch, i int, hash uint64) error {
	p := a.parts
	w := &p.writers[part(bits.RotateLeft64(hash, 5*p.level))]
	if *w == nil {
		f, err := a.env.Spill()
		if err != nil {
			return err
		}
		*w = newRunWriter(f, p.types, a.env.Budget.blockSize())
	}
	return (*w).add(b.Cols, i)
}

// endParts completes the parts of rows that were written beside the groups in memory.
func (a *agg) endParts() (err error) {
	p := a.parts
	if p == nil {
		return nil
	}
	for k, w := range p.writers {
		if w == nil {
			continue
		}
		r, e := w.end()
		err = errors.Join(err, e)
		p.waiting, p.writers[k] = append(p.waiting, aggRun{r, p.level + 1}), nil
		if a.node.ID < len(a.env.Counters) {
			a.env.Counters[a.node.ID].Spilled += r.bytes
		}
	}
	p.full = false
	_ = a.env.Budget.Grow(-p.held)
	p.held = 0
	return errors.Join(err, p.dropReading())
}

// nextPart folds the next part into groups; false when there is none left.
func (a *agg) nextPart(ctx context.Context) (bool, error) {
	p := a.parts
	if p == nil || len(p.waiting) == 0 {
		return false, nil
	}
	if err := a.start(); err != nil {
		return false, err
	}
	run := p.waiting[len(p.waiting)-1]
	p.waiting = p.waiting[:len(p.waiting)-1]
	p.reading, p.level = &run, run.level
	r := newRunReader(run.spillRun, p.types)
	for {
		ok, err := r.next()
		if err != nil || ctx.Err() != nil {
			return false, errors.Join(err, ctx.Err())
		}
		if !ok {
			return true, a.finish()
		}
		if err := a.fold(&batch.Batch{Cols: r.cols, Sel: batch.Identity(r.n)}); err != nil {
			return false, err
		}
	}
}

// dropReading removes the part that has been read.
func (p *aggParts) dropReading() error {
	if p.reading == nil {
		return nil
	}
	f := p.reading.file
	p.reading = nil
	return f.Close()
}

// dropParts removes all files.
func (a *agg) dropParts() error {
	p := a.parts
	if p == nil || a.env == nil {
		return nil
	}
	err := p.dropReading()
	for _, r := range p.waiting {
		err = errors.Join(err, r.file.Close())
	}
	for k, w := range p.writers {
		if w != nil {
			err = errors.Join(err, w.run.file.Close())
			p.writers[k] = nil
		}
	}
	_ = a.env.Budget.Grow(-p.held)
	*p = aggParts{types: p.types}
	return err
}
