package hnsw

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// BuildOptions directs a bulk build.
type BuildOptions struct {
	Workers  int                   // 0 = GOMAXPROCS; 1 makes the graph a function of the input and the seed
	Progress func(done, total int) // may be nil; called now and then, from one goroutine at a time
}

// progressEvery is the number of nodes between two calls of Progress.
const progressEvery = 4096

// Build makes a graph of n vectors; node i has the vector that fetch returns for
// i, borrowed until the next call. fetch is called from one goroutine at a time, in order. The memory is
// allocated at once for n nodes (Options.Capacity is set to n), in one piece. A
// cancelled context or an error of fetch ends the build with that error.
func Build(ctx context.Context, o Options, n int, fetch func(i int) ([]byte, error), bo BuildOptions) (*Graph, error) {
	if n < 0 || n > MaxNodes {
		return nil, fmt.Errorf("hnsw: cannot build %d nodes", n)
	}
	o.Capacity = n
	g, err := New(o)
	if err != nil {
		return nil, err
	}
	workers := bo.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	b := &bulk{g: g, n: n, fetch: fetch, progress: bo.Progress}
	var wg sync.WaitGroup
	for range min(workers, max(1, n)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			b.work(ctx)
		}()
	}
	wg.Wait()
	if b.err != nil {
		return nil, b.err
	}
	g.repair()
	return g, nil
}

// bulk is a build in progress.
type bulk struct {
	g        *Graph
	n        int
	fetch    func(i int) ([]byte, error)
	progress func(done, total int)

	mu   sync.Mutex // fetch, Reserve and err
	next int
	err  error

	done     atomic.Int64
	reportMu sync.Mutex
}

// bulkBatch is how many vectors a worker takes at a time.
const bulkBatch = 16

func (b *bulk) work(ctx context.Context) {
	for {
		first, count := b.take(ctx)
		if count == 0 {
			return
		}
		for i := range count {
			if err := b.g.Link(first + uint32(i)); err != nil {
				b.fail(err)
				return
			}
		}
		b.report(count)
	}
}

// take reserves the next few nodes.
func (b *bulk) take(ctx context.Context) (first uint32, count int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.err = ctx.Err()
	}
	for b.err == nil && count < bulkBatch && b.next < b.n {
		var vec []byte
		if vec, b.err = b.fetch(b.next); b.err != nil {
			break
		}
		ord, err := b.g.Reserve(vec)
		if err != nil {
			b.err = fmt.Errorf("hnsw: vector %d: %w", b.next, err)
			break
		}
		if count == 0 {
			first = ord
		}
		b.next++
		count++
	}
	if b.err != nil {
		return 0, 0
	}
	return first, count
}

func (b *bulk) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.err = err
	}
}

func (b *bulk) report(count int) {
	after := b.done.Add(int64(count))
	if b.progress == nil {
		return
	}
	if before := after - int64(count); before/progressEvery == after/progressEvery && after != int64(b.n) {
		return
	}
	b.reportMu.Lock()
	defer b.reportMu.Unlock()
	b.progress(int(after), b.n)
}
