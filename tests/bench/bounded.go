package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/loxodb/loxodb/tests/bench/sets"
)

// memoryPart is the part that is measured apart from the others: a server that is told
// how much memory it may take.
const memoryPart = "memory"

const (
	boundMiB    = 512
	boundTable  = "patches"
	boundAsked  = 100 // queries
	boundRecall = .95 // loxodb.target_recall as it comes
)

// boundResult is what a server within a bound did; 0 is not measured.
type boundResult struct {
	rows, dims      int
	copyRate, build float64 // rows/s, s
	rest            float64 // s from the end of the build until background work had ended
	peak, anonymous float64 // MiB at most, in all and without pages of files
	before, after   searched
	segments        int
}

// searched are searches by one connection.
type searched struct{ recall, qps float64 }

// measureMemory loads, indexes and searches a million vectors within a bound.
func measureMemory(ctx context.Context, o *options, data string) (*boundResult, error) {
	say := func(s string) { fmt.Println(s) }
	set, err := sets.Patches(o.cache, say)
	if err != nil {
		return nil, err
	}
	set.Queries = set.Queries[:boundAsked]
	if err := set.Truth(o.cache, say); err != nil {
		return nil, err
	}
	fmt.Printf("measuring LoxoDB within %d MiB\n", boundMiB)
	p, err := startLoxoDB(ctx, o.bin, filepath.Join(data, "bounded"), "--memory", fmt.Sprint(boundMiB))
	if err != nil {
		return nil, err
	}
	defer p.Stop()
	c, err := dial(ctx, p.DSN)
	if err != nil {
		return nil, err
	}
	defer c.close()
	b := &bounded{boundResult: &boundResult{rows: set.N(), dims: set.Dims}, c: c, set: set, pid: p.PID()}
	stop := b.watch()
	err = b.run(ctx)
	stop()
	if err != nil {
		return nil, p.Why(err)
	}
	return b.boundResult, nil
}

// bounded is the measurement of one server.
type bounded struct {
	*boundResult
	c   *client
	set *sets.Set
	pid int
}

func (b *bounded) run(ctx context.Context) error {
	if err := b.c.exec(fmt.Sprintf("CREATE TABLE %s (id bigint PRIMARY KEY, v vector(%d) NOT NULL)", boundTable, b.set.Dims)); err != nil {
		return err
	}
	began := time.Now()
	if _, err := b.c.copyIn("COPY "+boundTable+" FROM STDIN (FORMAT binary)", rowMessages(b.set)); err != nil {
		return err
	}
	b.copyRate = float64(b.rows) / time.Since(began).Seconds()
	began = time.Now()
	if err := b.c.exec("CREATE INDEX ON " + boundTable + " USING hnsw (v vector_l2_ops)"); err != nil {
		return err
	}
	b.build = time.Since(began).Seconds()
	if err := b.c.prepare("patch", "SELECT id, v <-> $1 FROM "+boundTable+" ORDER BY v <-> $1 LIMIT 10"); err != nil {
		return err
	}
	var err error
	if b.before, err = b.search(); err != nil {
		return err
	}
	began = time.Now()
	if err := b.settle(ctx); err != nil {
		return err
	}
	b.rest = time.Since(began).Seconds()
	if b.after, err = b.search(); err != nil {
		return err
	}
	fmt.Printf("  COPY %.0f rows/s, index %.1f s, at rest after %.1f s with %d segments\n", b.copyRate, b.build, b.rest, b.segments)
	fmt.Printf("  recall %.4f, %.0f queries/s at first, %.4f, %.0f at the end\n", b.before.recall, b.before.qps, b.after.recall, b.after.qps)
	return nil
}

// Background work is at rest when the server has used less than a tenth of a core for so
// long.
const (
	quietFor  = 3 * time.Second
	quietMost = 2 * time.Minute
)

// settle waits until background work has come to rest.
func (b *bounded) settle(ctx context.Context) error {
	used := processorTime(b.pid, true)
	for end := time.Now().Add(quietMost); time.Now().Before(end); {
		before := used()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(quietFor):
		}
		if used()-before < quietFor.Seconds()/10 {
			break
		}
	}
	return b.c.query("SELECT segments FROM loxodb_stat_vector_index", func(f row) error {
		_, err := fmt.Sscan(string(f.next()), &b.segments)
		return err
	})
}

// search asks all queries once.
func (b *bounded) search() (s searched, err error) {
	hits := 0
	began := time.Now()
	for q, vec := range b.set.Queries {
		rows := 0
		err := b.c.ask(newRequest("patch", appendVector(nil, vec)), func(f row) error {
			rows++
			id := f.next()
			if len(id) != 8 {
				return fmt.Errorf("a key of %d bytes", len(id))
			}
			i := binary.BigEndian.Uint64(id) - 1
			if i >= uint64(b.rows) {
				return fmt.Errorf("there is no row %d", i+1)
			}
			d := f.next()
			dist := sets.L2.Distance(vec, b.set.Vec(int(i)))
			if len(d) != 8 || math.Abs(math.Float64frombits(binary.BigEndian.Uint64(d))-math.Sqrt(dist)) > 1e-3 {
				return fmt.Errorf("row %d: distance %x, not %g", i+1, d, math.Sqrt(dist))
			}
			if b.set.Hit(q, dist) {
				hits++
			}
			return nil
		})
		if err == nil && rows != k {
			err = fmt.Errorf("%d rows", rows)
		}
		if err != nil {
			return s, fmt.Errorf("query %d: %w", q, err)
		}
	}
	n := float64(len(b.set.Queries))
	return searched{float64(hits) / n / k, n / time.Since(began).Seconds()}, nil
}

// watch notes the most memory that the server takes until it is stopped. The system
// keeps the peak in all; that of anonymous memory is looked at often.
func (b *bounded) watch() (stop func()) {
	var wg sync.WaitGroup
	end := make(chan struct{})
	wg.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.pid))
			b.peak = max(b.peak, float64(kilobytes(string(text), "VmHWM:"))/(1<<20))
			b.anonymous = max(b.anonymous, float64(kilobytes(string(text), "RssAnon:"))/(1<<20))
			select {
			case <-end:
				return
			case <-tick.C:
			}
		}
	})
	return func() {
		close(end)
		wg.Wait()
		fmt.Printf("  %.0f MiB at most, %.0f without pages of files\n", b.peak, b.anonymous)
	}
}

// rowMessages are the rows of a set, key and vector, as COPY's binary messages.
func rowMessages(s *sets.Set) [][]byte {
	var m copyBuffer
	m.begin()
	for i := range s.N() {
		m.block = append(m.block, 0, 2, 0, 0, 0, 8)
		m.block = binary.BigEndian.AppendUint64(m.block, uint64(i+1))
		m.block = binary.BigEndian.AppendUint32(m.block, uint32(4+4*s.Dims))
		m.block = appendVector(m.block, s.Vec(i))
		m.row()
	}
	return m.end()
}

// memoryLines are the figures that have goals.
func memoryLines(r *boundResult) []line {
	if r == nil {
		return nil
	}
	told := fmt.Sprintf("server told %d MiB, %s × %d: ", boundMiB, thousands(r.rows), r.dims)
	return []line{
		{what: told + "resident at most, MiB", ours: r.peak, less: true, goal: fmt.Sprintf("≤ %d", boundMiB), limit: boundMiB},
		{what: told + "of it anonymous, MiB", ours: r.anonymous, less: true, goal: fmt.Sprintf("≤ %d", boundMiB), limit: boundMiB},
		{what: told + "index build, hnsw, s", digits: 1, ours: r.build, less: true},
		{what: told + "recall of the 10 nearest", digits: 3, ours: r.after.recall, goal: fmt.Sprintf("≥ %.2f", boundRecall), limit: boundRecall},
	}
}

// memoryReport says what was measured.
func memoryReport(b *strings.Builder, r *boundResult) {
	fmt.Fprintf(b, "\n## Within %d MiB\n\nA server started with `--memory %d` loads %s vectors of %d numbers (SIFT-like descriptors of patches of pictures),\n"+
		"builds an hnsw index with default parameters, and answers %d queries, by one connection, settings as they come:\n\n", boundMiB, boundMiB, thousands(r.rows), r.dims, boundAsked)
	fmt.Fprintf(b, "| what | |\n|---|---|\n| COPY, rows/s | %s |\n| index build, s | %s |\n| until background work was at rest, s | %s |\n| segments then | %d |\n"+
		"| resident memory at most, MiB | %s |\n| of it anonymous, MiB | %s |\n| recall, queries/s just after the build | %s, %s |\n| recall, queries/s at rest | %s, %s |\n",
		number(r.copyRate, 0), number(r.build, 1), number(r.rest, 1), r.segments, number(r.peak, 0), number(r.anonymous, 0),
		number(r.before.recall, 4), number(r.before.qps, 0), number(r.after.recall, 4), number(r.after.qps, 0))
}
