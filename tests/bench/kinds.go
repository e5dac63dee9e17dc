package main

import (
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"
)

// byMethod is what one kind of index gives.
type byMethod struct {
	build      float64 // s
	at95, at99 point
}

// fastest is the point of the kind of index that is faster at a recall.
func (r *result) fastest(of func(*byMethod) point) (point, string) {
	g, l := of(&r.graph), of(&r.lists)
	if l.qps > g.qps {
		return l, lists.name
	}
	return g, graph.name
}

// inverted measures lists in place of the graph: as many as pgvector's manual
// advises for so many rows, and in LoxoDB as it would choose itself, said so that probes
// are counted one by one.
func (r *run) inverted() error {
	if err := r.c.exec("DROP INDEX IF EXISTS glove_hnsw"); err != nil {
		return err
	}
	many := lists.most
	if r.srv.own {
		many = int(4 * math.Sqrt(float64(r.d.N())))
	}
	options := fmt.Sprintf(" WITH (lists = %d)", many)
	began := time.Now()
	if err := r.c.exec("CREATE INDEX glove_lists ON " + table + " USING ivfflat (embedding vector_cosine_ops)" + options); err != nil {
		return err
	}
	r.lists.build = time.Since(began).Seconds()
	r.say("lists %.1f s", r.lists.build)
	if _, err := r.leastOf(lists, []target{{.95, &r.lists.at95, r.graph.at95.qps}, {.99, &r.lists.at99, r.graph.at99.qps}}); err != nil {
		return err
	}
	return r.c.exec("DROP INDEX glove_lists")
}

// pair is the speed of one connection and of two at once, each over half of the
// queries, at the effort of recall .95.
type pair struct{ one, two float64 }

// connections measures what a second connection adds.
func (r *run) connections() error {
	if r.graph.at95.ef == 0 {
		if _, err := r.leastOf(graph, []target{{.95, &r.graph.at95, 0}}); err != nil {
			return err
		}
	}
	effort := r.graph.at95.ef
	if effort == 0 {
		return nil
	}
	second, err := r.dial()
	if err != nil {
		return err
	}
	defer second.close()
	var reqs [2][]*request
	for q, vec := range r.d.Queries {
		reqs[q%2] = append(reqs[q%2], newRequest("near", appendVector(nil, vec)))
	}
	both := []*client{r.c, second}
	for _, c := range both {
		if err := c.exec(fmt.Sprintf("SET %s = %d", graph.setting, effort)); err != nil {
			return err
		}
		if err := c.prepare("near", nearest); err != nil {
			return err
		}
	}
	var ones, twos []float64
	for range 5 { // by turns, so that both have the same machine
		one, err := r.together(both[:1], reqs[:])
		if err != nil {
			return err
		}
		two, err := r.together(both, reqs[:])
		if err != nil {
			return err
		}
		ones, twos = append(ones, one), append(twos, two)
	}
	r.pair = pair{median(ones), median(twos)}
	r.say("one connection %.0f queries/s, two %.0f", r.pair.one, r.pair.two)
	return nil
}

// together asks over two connections at the same time, eight rounds each, and returns the
// queries of both a second until the first has asked all of its own: from then on the
// other is alone. Each client stays on a core of its own. Left to itself the scheduler
// keeps both on one, beside one of the two that serve, while the other core waits for them
// a fifth of the time; clients of their own machines would take no core at all.
func (r *run) together(both []*client, reqs [][]*request) (rate float64, err error) {
	const rounds = 8 // of half the queries
	asked := make([]atomic.Int64, len(both))
	done := make(chan error, len(both))
	on := cores(len(both))
	began := time.Now()
	for i, c := range both {
		go func() {
			if i < len(on) {
				stay(on[i])
			}
			for q := range rounds * len(reqs[i]) {
				if err := r.ask(c, reqs[i][q%len(reqs[i]):][:1]); err != nil {
					done <- err
					return
				}
				asked[i].Add(1)
			}
			done <- nil
		}()
	}
	for i := range both {
		err = errors.Join(err, <-done)
		if i == 0 {
			for c := range asked {
				rate += float64(asked[c].Load())
			}
			rate /= time.Since(began).Seconds()
		}
	}
	return rate, err
}

// ask asks all requests and counts the rows.
func (r *run) ask(c *client, reqs []*request) error {
	for q, req := range reqs {
		rows := 0
		if err := c.ask(req, func(row) error { rows++; return nil }); err != nil {
			return err
		}
		if rows != k {
			return fmt.Errorf("query %d: %d rows, not %d", q, rows, k)
		}
	}
	return nil
}

// tiny is a table of as many rows as are asked for.
const tiny = "glove_tiny"

// around measures the same statement over a table of k rows with an index: what the
// wire, the statement and its answer take, with next to no search.
func (r *run) around() error {
	for _, s := range []string{
		fmt.Sprintf("CREATE TABLE %s AS SELECT id, embedding FROM %s WHERE id <= %d", tiny, table, k),
		"CREATE INDEX ON " + tiny + " USING hnsw (embedding vector_cosine_ops)",
		"ANALYZE " + tiny,
	} {
		if err := r.c.exec(s); err != nil {
			return err
		}
	}
	if err := r.c.prepare("tiny", "SELECT id, embedding <=> $1 FROM "+tiny+" ORDER BY embedding <=> $1 LIMIT 10"); err != nil {
		return err
	}
	reqs := make([]*request, 0, 4*len(r.d.Queries))
	for range 4 {
		for _, vec := range r.d.Queries {
			reqs = append(reqs, newRequest("tiny", appendVector(nil, vec)))
		}
	}
	if err := r.ask(r.c, reqs); err != nil { // warms up
		return err
	}
	took := make([]float64, 0, len(reqs))
	for _, req := range reqs {
		began := time.Now()
		if err := r.ask(r.c, []*request{req}); err != nil {
			return err
		}
		took = append(took, float64(time.Since(began).Nanoseconds())/1e3)
	}
	r.wire = median(took)
	r.say("wire and SQL around a search %.0f us", r.wire)
	return r.c.exec("DROP TABLE " + tiny)
}
