package executor

import (
	"errors"

	"github.com/loxodb/loxodb/sql/batch"
)

// rowQueue hands rows out in the order in which they came. What memory has no place for
// waits in files, one for each time that it was full; the newest rows are in memory.
type rowQueue struct {
	id     int // of the plan's node
	env    *Env
	mem    *rowStore
	at     int // the first row of mem that has not been handed out
	runs   []spillRun
	reader *runReader // of the first run
	readAt int
	view   batch.Batch
}

func (q *rowQueue) open(env *Env) error {
	err := q.close()
	q.env = env
	q.mem.reset(env.Budget)
	return err
}

// spill writes the rows in memory to a file, if there are enough of them to be worth it.
func (q *rowQueue) spill() error {
	if q.env.Spill == nil || q.mem.bytes < q.env.Budget.limit/32 {
		return nil
	}
	f, err := q.env.Spill()
	if err != nil {
		return err
	}
	w := newRunWriter(f, q.mem.types, q.env.Budget.blockSize())
	for i := q.at; i < q.mem.n && err == nil; i++ {
		err = w.add(q.mem.cols, i)
	}
	run, e := w.end()
	q.runs = append(q.runs, run)
	if q.id < len(q.env.Counters) {
		q.env.Counters[q.id].Spilled += run.bytes
	}
	q.at = 0
	q.mem.reset(q.env.Budget)
	return errors.Join(err, e)
}

// next gives at most n of the next rows, which there must be. They are borrowed until the
// next call of any method.
func (q *rowQueue) next(n int) (*batch.Batch, error) {
	for len(q.runs) > 0 {
		if q.reader == nil {
			q.reader, q.readAt = newRunReader(q.runs[0], q.mem.types), 0
		}
		if q.readAt < q.reader.n {
			n = min(n, q.reader.n-q.readAt)
			b := windowOf(&q.view, q.reader.cols, q.readAt, n)
			q.readAt += n
			return b, nil
		}
		q.readAt = 0
		more, err := q.reader.next()
		if err != nil {
			return nil, err
		}
		if !more {
			q.reader = nil
			f := q.runs[0].file
			q.runs = q.runs[1:]
			if err := f.Close(); err != nil {
				return nil, err
			}
		}
	}
	if q.at == q.mem.n { // all of it has been handed out
		return nil, errSpillFile
	}
	n = min(n, q.mem.n-q.at)
	b := q.mem.window(&q.view, q.at, n)
	q.at += n
	return b, nil
}

// add appends a batch's rows.
func (q *rowQueue) add(b *batch.Batch) error {
	if q.at >= batch.MaxRows && 2*q.at >= q.mem.n {
		if err := q.mem.dropFirst(q.at); err != nil {
			return err
		}
		q.at = 0
	}
	return q.mem.append(b)
}

// close removes the files and empties the queue.
func (q *rowQueue) close() (err error) {
	for _, r := range q.runs {
		err = errors.Join(err, r.file.Close())
	}
	q.runs, q.reader, q.at = nil, nil, 0
	q.mem.reset(nil)
	return err
}
