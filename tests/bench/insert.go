package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/loxodb/loxodb/examples/glove/words"
)

// Rows are inserted into a table of their own that has rows and an index before.
const (
	insertTable  = "glove_insert"
	insertBefore = 50_000
	insertSingle = 3_000
	insertBatch  = 100 // rows of a statement with many
	insertMany   = 20_000
	insertIdle   = 4 * time.Second // how long searches are timed, alone and beside inserts
)

// inserts is what is known about writing into an indexed table.
type inserts struct {
	single, many float64 // rows/s: one row a statement, insertBatch rows a statement
	idle         point   // searches alone
	bySingle     beside
	byMany       beside
}

// beside are searches while another connection inserts as fast as it can.
type beside struct {
	point
	rate float64 // rows/s of that connection
}

// tail is how many times longer the slowest searches take beside inserts.
func (i *inserts) tail(b *beside) float64 {
	if i.idle.p99 <= 0 {
		return 0
	}
	return b.p99 / i.idle.p99
}

const nearestInserted = "SELECT id, embedding <=> $1 FROM " + insertTable + " ORDER BY embedding <=> $1 LIMIT 10"

// insert measures inserts into an indexed table, and searches while they go on.
func (r *run) insert() error {
	if err := r.fillInserted(); err != nil {
		return err
	}
	next := insertBefore
	rate := func(rows, each int) (float64, error) {
		began := time.Now()
		in, err := r.inserter(r.c, each)
		if err == nil {
			err = in.insert(next, rows)
		}
		if err != nil {
			return 0, err
		}
		next += rows
		took := time.Since(began).Seconds()
		return float64(rows) / took, r.found(next - 1)
	}
	var err error
	if r.inserts.single, err = rate(insertSingle, 1); err != nil {
		return err
	}
	r.say("inserts, a row a statement: %.0f rows/s", r.inserts.single)
	if r.inserts.many, err = rate(insertMany, insertBatch); err != nil {
		return err
	}
	r.say("inserts, %d rows a statement: %.0f rows/s", insertBatch, r.inserts.many)
	if err := r.settle(); err != nil {
		return err
	}
	if r.inserts.idle, err = r.searchFor(insertIdle); err != nil {
		return err
	}
	r.say("searches alone: p50 %.0f, p99 %.0f us", r.inserts.idle.p50, r.inserts.idle.p99)
	for _, b := range []struct {
		each int
		to   *beside
	}{{1, &r.inserts.bySingle}, {insertBatch, &r.inserts.byMany}} {
		if next, err = r.searchBeside(next, b.each, b.to); err != nil {
			return err
		}
		r.say("beside %.0f rows/s, %d a statement: p50 %.0f, p99 %.0f us", b.to.rate, b.each, b.to.p50, b.to.p99)
	}
	return r.c.exec("DROP TABLE " + insertTable)
}

// fillInserted makes the table and its index.
func (r *run) fillInserted() error {
	for _, sql := range []string{
		fmt.Sprintf("CREATE TABLE %s (id bigint PRIMARY KEY, embedding vector(%d) NOT NULL)", insertTable, words.Dims),
		fmt.Sprintf("INSERT INTO %s SELECT id, embedding FROM %s WHERE id <= %d", insertTable, table, insertBefore),
		fmt.Sprintf("CREATE INDEX ON %s USING hnsw (embedding vector_cosine_ops)", insertTable),
		"ANALYZE " + insertTable,
	} {
		if err := r.c.exec(sql); err != nil {
			return err
		}
	}
	return nil
}

// inserter inserts rows of the set over a connection, so many a statement. Its request is
// made once and filled anew for each statement: a client that collects garbage takes the
// time from the searches beside it.
type inserter struct {
	c    *client
	d    *dataSet
	req  *request
	each int
}

func newInserter(c *client, d *dataSet, each int) *inserter {
	var params [][]byte
	for range each {
		params = append(params, make([]byte, 8), appendVector(nil, d.Vec(0)))
	}
	return &inserter{c, d, newRequest("insert", params...), each}
}

// inserter prepares the statement.
func (r *run) inserter(c *client, each int) (*inserter, error) {
	return newInserter(c, r.d, each), c.prepare("insert", insertSQL(each))
}

// insert inserts so many rows from index from on.
func (in *inserter) insert(from, rows int) error {
	for at := from; at < from+rows; at += in.each {
		in.fill(at)
		if err := in.c.ask(in.req, nil); err != nil {
			return err
		}
	}
	return nil
}

// fill puts rows of the set into the request; when those are used up it goes on with
// them from the start, under keys of their own.
func (in *inserter) fill(from int) {
	at := in.req.at
	for i := from; i < from+in.each; i++ {
		binary.BigEndian.PutUint64(in.req.bytes[at:], uint64(i+1))
		at += 8 + 4 // the key, and the length of the vector
		at += len(appendVector(in.req.bytes[at:at], in.d.Vec(i%in.d.N()))) + 4
	}
}

func insertSQL(rows int) string {
	values := make([]string, rows)
	for i := range values {
		values[i] = fmt.Sprintf("($%d, $%d)", 2*i+1, 2*i+2)
	}
	return "INSERT INTO " + insertTable + " VALUES " + strings.Join(values, ", ")
}

// found checks that the row inserted last can be found at once.
func (r *run) found(i int) error {
	if err := r.c.prepare("inserted", nearestInserted); err != nil {
		return err
	}
	seen := false
	err := r.c.ask(newRequest("inserted", appendVector(nil, r.d.Vec(i%r.d.N()))), func(f row) error {
		id := f.next()
		seen = seen || len(id) == 8 && binary.BigEndian.Uint64(id) == uint64(i+1)
		return nil
	})
	if err == nil && !seen {
		err = fmt.Errorf("row %d is not found right after it was inserted", i+1)
	}
	return err
}

// settle waits until what inserts have left to do in the background is done: searches
// take as long as those before.
func (r *run) settle() error {
	last := math.Inf(1)
	for range 20 {
		p, err := r.searchFor(time.Second)
		if err != nil || p.p99 > last*0.9 {
			return err
		}
		last = p.p99
	}
	return nil
}

// searchFor asks the queries over and over for a while.
func (r *run) searchFor(d time.Duration) (point, error) {
	if err := r.c.prepare("inserted", nearestInserted); err != nil {
		return point{}, err
	}
	if r.near == nil {
		for _, v := range r.d.Queries {
			r.near = append(r.near, newRequest("inserted", appendVector(nil, v)))
		}
	}
	took := make([]float64, 0, 100_000)
	began := time.Now()
	rows := 0
	count := func(row) error { rows++; return nil }
	for q := 0; time.Since(began) < d; q++ {
		rows = 0
		start := time.Now()
		err := r.c.ask(r.near[q%len(r.near)], count)
		if err != nil {
			return point{}, err
		}
		took = append(took, float64(time.Since(start).Nanoseconds())/1e3)
		if rows != k {
			return point{}, fmt.Errorf("query %d: %d rows, not %d", q, rows, k)
		}
	}
	p := point{queries: len(took), qps: float64(len(took)) / time.Since(began).Seconds()}
	slices.Sort(took)
	p.p50, p.p99 = took[len(took)/2], took[len(took)*99/100]
	return p, nil
}

// searchBeside times searches while another connection inserts rows from index from on,
// so many a statement, as fast as it can. It returns the index after them.
func (r *run) searchBeside(from, each int, to *beside) (next int, err error) {
	other, err := dial(context.Background(), r.srv.dsn)
	if err != nil {
		return 0, err
	}
	defer other.close()
	if err := other.exec(r.path.Set()); err != nil {
		return 0, err
	}
	in, err := r.inserter(other, each)
	if err != nil {
		return 0, err
	}
	stop, done := make(chan struct{}), make(chan error, 1)
	rows := 0
	began := time.Now()
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if err := in.insert(from+rows, insertBatch); err != nil {
				done <- err
				return
			}
			rows += insertBatch
		}
	}()
	to.point, err = r.searchFor(2 * insertIdle)
	close(stop)
	err = errors.Join(err, <-done)
	to.rate = float64(rows) / time.Since(began).Seconds()
	return from + rows, err
}
