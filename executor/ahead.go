package executor

import (
	"bytes"
	"context"
	"sync"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/vectorindex"
)

// Who runs a vector search once for each row of its own, as a LATERAL join and a
// correlated subquery do, knows the next rows before it runs them. Helpers, goroutines
// on processors that nobody else uses, begin the searches for rows that are still far
// ahead: they ask the index for its first hits. The run of such a row begins with them.
// Everything else goes on row by row, in order and on one goroutine: rows, filters,
// limits, and errors, too, for a search that fails is left to its run.
//
// Nobody waits for a helper. A run whose search no helper has begun, or finished, does
// it itself: on a busy machine a join is as fast as without helpers, not slower.

// aheadHits bounds the hits that are asked for ahead, of each search.
const aheadHits = 256

// aheadBytes is what a search that is begun takes from the statement's budget.
const aheadBytes = aheadHits * 64

// aheadState is what is being done about a search.
type aheadState uint8

const (
	aheadFree      aheadState = iota // of no search
	aheadWaiting                     // for a helper
	aheadRunning                     // a helper is at it
	aheadAbandoned                   // likewise, but nobody wants it any more
	aheadReady
)

// ahead is a search for a later run. A helper owns it while it is running or abandoned.
type ahead struct {
	state    aheadState
	seq      uint64 // grows from run to run
	vec      []byte
	k        int
	strategy physical.Strategy
	query    vectorindex.Query
	entry    entryFilter // for the query's test, which runs beside those of others
	searcher vectorindex.Searcher
	hits     []vectorindex.Hit
	chunks   []int // lengths of the parts of hits that were got at once: of one round each
	end      bool
}

// lookahead are the searches for the later runs of one vectorSearch.
type lookahead struct {
	search *vectorSearch // nil: nothing can be done ahead
	window int           // how far to look
	until  int           // runs before it are noted
	ctx    context.Context
	cancel context.CancelFunc
	index  vectorindex.Index
	env    *Env

	mu      sync.Mutex
	slots   []ahead // never moved: what is begun points into it
	seq     uint64
	helping int
	ended   sync.WaitGroup
}

// looksAhead finds the operator of physical.SearchedAhead.
func looksAhead(op Operator) *vectorSearch {
	for {
		switch x := op.(type) {
		case *counted:
			op = x.Operator
		case *limit:
			op = x.input
		case *project:
			op = x.input
		case *filter:
			op = x.input
		case *vectorSearch:
			return x
		default:
			return nil
		}
	}
}

// at is called before run i of n, with set to put the values of a run into place, unless
// the run will not be needed; the caller puts those of run i there afterwards. Runs are
// numbered anew after the last.
func (l *lookahead) at(ctx context.Context, env *Env, i, n int, set func(i int) bool) error {
	if l.search == nil || env.Workers == 0 || env.Helpers.Places() == 0 {
		return nil
	}
	if i == 0 {
		l.until = 0
	}
	to := min(i+l.window, n)
	l.window = min(2*l.window+1, physical.AheadRows) // few at first: a consumer may soon have enough
	if to <= i+1 || to <= l.until {
		return nil
	}
	if !l.begin(ctx, env) {
		return nil
	}
	for r := max(l.until, i+1); r < to; r++ {
		if !set(r) {
			continue
		}
		if err := l.note(ctx); err != nil {
			return err
		}
	}
	l.until = to
	l.employ(env.Workers)
	return nil
}

// begin prepares for the first search of an execution; false when there is no index.
func (l *lookahead) begin(ctx context.Context, env *Env) bool {
	if l.cancel != nil {
		return true
	}
	index, ok := env.Index(l.search.node.Index.ID)
	if !ok {
		return false
	}
	// Later calls of an execution may come with contexts of their own.
	l.ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	l.index, l.env = index, env
	if l.slots == nil {
		l.slots = make([]ahead, physical.AheadRows)
	}
	l.search.env, l.search.ahead = env, l
	return true
}

// note adds the search for the values that are in place, if it can be done ahead.
func (l *lookahead) note(ctx context.Context) error {
	s := l.search
	k, err := s.limit()
	if err != nil || k == 0 {
		return nil //nolint:nilerr // the run will say it
	}
	vec, _, err := s.vector()
	if err != nil || vec == nil {
		return nil //nolint:nilerr // likewise
	}
	strategy := s.strategy()
	if strategy == physical.StrategyPre && !s.steady {
		return nil
	}
	l.mu.Lock()
	known, a := l.find(vec, k), l.free()
	l.mu.Unlock()
	if known != nil || a == nil {
		return nil
	}
	query := vectorindex.Query{AsOf: uint64(s.env.Read.At())}
	query.K, query.Depth = s.wanted(k, strategy)
	s.env.SearchEffort(s.node.Index, &query)
	switch strategy {
	case physical.StrategyPre:
		if query.Allow, err = s.allowed(ctx); err != nil {
			return err
		}
	case physical.StrategyIncluded:
		a.entry.copyOf(&s.entry, s.env)
		query.Test = a.entry.tester(l.ctx)
	}
	if err := s.env.Budget.Grow(aheadBytes); err != nil {
		return err
	}
	a.vec, a.k, a.strategy, a.end = append(a.vec[:0], vec...), k, strategy, false
	a.chunks, a.hits = a.chunks[:0], a.hits[:0]
	query.Vec = a.vec
	a.query = query
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seq++
	a.state, a.seq = aheadWaiting, l.seq
	return nil
}

// find is the search for a query that nobody has used. The lock is held.
func (l *lookahead) find(vec []byte, k int) *ahead {
	for i := range l.slots {
		a := &l.slots[i]
		if a.state != aheadFree && a.state != aheadAbandoned && a.k == k && bytes.Equal(a.vec, vec) {
			return a
		}
	}
	return nil
}

func (l *lookahead) free() *ahead {
	for i := range l.slots {
		if l.slots[i].state == aheadFree {
			return &l.slots[i]
		}
	}
	return nil
}

// employ starts helpers, as many as may be and are free, while searches wait.
func (l *lookahead) employ(limit int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := 0
	for i := range l.slots {
		if l.slots[i].state == aheadWaiting {
			waiting++
		}
	}
	for l.helping < min(limit, waiting) {
		if !l.env.Helpers.Take(1) {
			return
		}
		l.helping++
		if id := l.search.node.ID; id < len(l.env.Counters) {
			c := &l.env.Counters[id]
			c.Workers = max(c.Workers, l.helping)
		}
		l.ended.Go(l.help)
	}
}

// help begins searches until none waits.
func (l *lookahead) help() {
	for a := l.claim(); a != nil; a = l.claim() {
		ok := l.start(a)
		l.mu.Lock()
		if ok && a.state == aheadRunning {
			a.state = aheadReady
		} else {
			l.drop(a)
		}
		l.mu.Unlock()
	}
}

// claim takes the search that is needed last: those that are needed soon the runs will
// do themselves. nil: the helper is not needed any more.
func (l *lookahead) claim() *ahead {
	l.mu.Lock()
	defer l.mu.Unlock()
	var last *ahead
	for i := range l.slots {
		if a := &l.slots[i]; a.state == aheadWaiting && (last == nil || a.seq > last.seq) {
			last = a
		}
	}
	if last == nil || l.ctx.Err() != nil {
		l.helping--
		l.env.Helpers.Give()
		return nil
	}
	last.state = aheadRunning
	return last
}

// start asks the index for the first hits. What goes wrong the run will meet again.
func (l *lookahead) start(a *ahead) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			ok = false
		}
	}()
	s, err := l.index.Search(l.ctx, &a.query)
	if err != nil {
		return false
	}
	a.searcher = s
	want := min(a.query.K+2, aheadHits)
	if cap(a.hits) < want {
		a.hits = make([]vectorindex.Hit, 0, want)
	}
	for len(a.hits) < want && !a.end {
		n, err := s.Next(l.ctx, a.hits[len(a.hits):want])
		if err != nil {
			return false
		}
		a.hits, a.chunks = a.hits[:len(a.hits)+n], append(a.chunks, n)
		a.end = n == 0
	}
	return l.ctx.Err() == nil
}

// drop ends a search that nobody will use. The lock is held.
func (l *lookahead) drop(a *ahead) {
	if a.state == aheadRunning || a.state == aheadAbandoned || a.state == aheadReady {
		if a.searcher != nil {
			a.searcher.Close()
			a.searcher = nil
		}
	}
	if a.state != aheadFree {
		a.state = aheadFree
		// Giving back cannot fail.
		_ = l.env.Budget.Grow(-aheadBytes)
	}
}

// take hands out what was begun for a query, nil when the caller must search itself.
func (l *lookahead) take(vec []byte, k int, strategy physical.Strategy) vectorindex.Searcher {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.find(vec, k)
	switch {
	case a == nil:
		return nil
	case a.state == aheadRunning:
		a.state = aheadAbandoned
		return nil
	case a.state == aheadWaiting || a.strategy != strategy:
		l.drop(a)
		return nil
	}
	if id := l.search.node.ID; id < len(l.env.Counters) {
		c := &l.env.Counters[id]
		c.Ahead++
		c.Skipped += a.entry.takeSkipped()
	}
	p := &begunSearcher{Searcher: a.searcher, hits: a.hits, chunks: a.chunks, end: a.end}
	a.searcher, a.hits, a.chunks = nil, nil, nil // they are the caller's now
	l.drop(a)
	return p
}

// reset ends an execution, and begins another.
func (l *lookahead) reset() {
	l.window, l.until = 1, 0
	if l.cancel == nil {
		return
	}
	l.cancel()
	l.ended.Wait()
	for i := range l.slots {
		l.drop(&l.slots[i])
	}
	l.ctx, l.cancel, l.index, l.env = nil, nil, nil, nil
	l.search.ahead, l.search.shared = nil, nil
}

// begunSearcher is a Searcher of which some hits have been taken already.
type begunSearcher struct {
	vectorindex.Searcher
	hits   []vectorindex.Hit
	chunks []int
	end    bool
}

func (p *begunSearcher) Next(ctx context.Context, dst []vectorindex.Hit) (int, error) {
	for len(p.chunks) > 0 && p.chunks[0] == 0 {
		p.chunks = p.chunks[1:]
	}
	if len(p.chunks) == 0 {
		if p.end {
			return 0, nil
		}
		return p.Searcher.Next(ctx, dst)
	}
	n := copy(dst[:min(len(dst), p.chunks[0])], p.hits)
	p.hits, p.chunks[0] = p.hits[n:], p.chunks[0]-n
	return n, nil
}
