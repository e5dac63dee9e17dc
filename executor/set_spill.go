package executor

import (
	"errors"
	"math/bits"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// Distinct rows that take much of the statement's memory stay, and go on being compared
// with; rows that equal none of them are written to files, parted by their hash, those of
// the left and of the right input apart. When both inputs have been read, the parts
// follow, one after the other, each parted again if its rows take as much.

const (
	leftSide = iota
	rightSide
)

// setParts are the rows of DISTINCT, INTERSECT or EXCEPT that memory had no place for.
type setParts struct {
	types   []types.T
	id      int  // of the plan's node
	keeps   bool // the order of the input: nothing is written
	env     *Env
	level   int  // of the rows that are in memory now
	full    bool // no row is added to them
	writers [2][joinPartCount]*runWriter
	waiting []setRun // complete parts, the next one last
	reading setRun   // which is in memory now
	held    int64
}

// setRun is a part: the rows of each side, which are parted by the hash for the level-th
// time next. Without a file a side has none.
type setRun struct {
	sides [2]spillRun
	level int
}

// mind ends the adding of rows when there are more than memory should hold.
func (p *setParts) mind(set *rowSet) error {
	const count = 8 // for each row
	if p.keeps || p.full || p.level > maxAggLevel || p.env.Spill == nil || !p.env.Budget.crowded(set.rows.bytes+count*int64(set.rows.n)) {
		return nil
	}
	p.full = true
	held := 2 * joinPartCount * 2 * p.env.Budget.blockSize()
	if err := p.env.Budget.Grow(held); err != nil {
		return err
	}
	p.held = held
	return nil
}

// write writes row i of the columns to its part.
func (p *setParts) write(side int, cols []batch.Col, i int, hash uint64) error {
	w := &p.writers[side][part(bits.RotateLeft64(hash, 5*p.level))]
	if *w == nil {
		f, err := p.env.Spill()
		if err != nil {
			return err
		}
		*w = newRunWriter(f, p.types, p.env.Budget.blockSize())
	}
	return (*w).add(cols, i)
}

// next completes the parts that were written and gives the next one; false when there is
// none left.
func (p *setParts) next() (bool, error) {
	err := p.drop(&p.reading)
	for k := range joinPartCount {
		r := setRun{level: p.level + 1}
		for side := range p.writers {
			w := p.writers[side][k]
			if w == nil {
				continue
			}
			var e error
			r.sides[side], e = w.end()
			err = errors.Join(err, e)
			p.writers[side][k] = nil
			if p.id < len(p.env.Counters) {
				p.env.Counters[p.id].Spilled += r.sides[side].bytes
			}
		}
		if r.sides[leftSide].file == nil { // rows of the right side alone give nothing
			err = errors.Join(err, p.drop(&r))
			continue
		}
		p.waiting = append(p.waiting, r)
	}
	p.full = false
	_ = p.env.Budget.Grow(-p.held)
	p.held = 0
	if err != nil || len(p.waiting) == 0 {
		return false, err
	}
	p.reading = p.waiting[len(p.waiting)-1]
	p.waiting, p.level = p.waiting[:len(p.waiting)-1], p.reading.level
	return true, nil
}

// drop removes the files of a part.
func (p *setParts) drop(r *setRun) (err error) {
	for side := range r.sides {
		if f := r.sides[side].file; f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	r.sides = [2]spillRun{}
	return err
}

// close removes all files.
func (p *setParts) close() error {
	if p.env == nil {
		return nil
	}
	err := p.drop(&p.reading)
	for i := range p.waiting {
		err = errors.Join(err, p.drop(&p.waiting[i]))
	}
	for side := range p.writers {
		for k, w := range p.writers[side] {
			if w != nil {
				err = errors.Join(err, w.run.file.Close())
				p.writers[side][k] = nil
			}
		}
	}
	_ = p.env.Budget.Grow(-p.held)
	p.held, p.full, p.level, p.waiting = 0, false, 0, nil
	return err
}
