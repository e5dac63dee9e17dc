package executor

import (
	"context"
	"math"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/gin"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex/bitmap"
)

// invertedScan hands out the numbers of the rows whose entries in an inverted index
// allow its conditions. They may be too many: whoever reads the rows tests them.
type invertedScan struct {
	numbers
	node   *physical.InvertedScan
	values []*expr.Program
	s      expr.Scratch
}

func newInvertedScan(n *physical.InvertedScan) (*invertedScan, error) {
	s := &invertedScan{node: n}
	s.find = s.search
	var err error
	for i := range n.Conds {
		p, perr := expr.Compile(n.Conds[i].Value)
		if perr != nil {
			err = perr
		}
		s.values = append(s.values, p)
	}
	return s, err
}

// search runs the conditions together: what they have in common is looked up once.
func (s *invertedScan) search(ctx context.Context) (*bitmap.Bitmap, error) {
	s.s.Reset()
	all := gin.Everything()
	for i := range s.node.Conds {
		c := &s.node.Conds[i]
		d, err := s.values[i].One(&s.env.Env, &s.s)
		if err != nil {
			return nil, err
		}
		all = gin.Both(all, c.Class.Query(c.Column, s.node.Index.Keys[c.Column].Type, c.Op, d, thresholds{s.env}))
	}
	l := &lookup{env: s.env, node: s.node}
	set, err := l.run(ctx, all)
	if err == nil && set == nil {
		set, err = l.everyRow(ctx)
	}
	if err == nil {
		s.env.Uses.Scan(s.node.Index.ID, 1, int64(set.Cardinality()), 0)
	}
	return set, err
}

// thresholds are the settings that operators depend on.
type thresholds struct{ env *Env }

// Threshold implements gin.Settings.
func (t thresholds) Threshold(name string) float64 {
	return gin.ThresholdOf(t.env.Session.Setting(name))
}

// lookup looks the entries of a search up.
type lookup struct {
	env  *Env
	node *physical.InvertedScan
	ids  []uint64
}

// run finds the rows of a search; nil are all rows.
func (l *lookup) run(ctx context.Context, s *gin.Search) (*bitmap.Bitmap, error) {
	switch s.Kind {
	case gin.None:
		return bitmap.New(), nil
	case gin.All:
		return nil, nil
	case gin.Entry, gin.Prefix:
		w, err := l.begin(ctx, s)
		if err != nil {
			return nil, err
		}
		err = w.read(ctx, math.MaxInt)
		return w.set, closing(w, err)
	case gin.And:
		return l.and(ctx, s.Args)
	}
	if s.N == 1 {
		return l.or(ctx, s.Args)
	}
	return l.least(ctx, s)
}

func (l *lookup) or(ctx context.Context, args []*gin.Search) (*bitmap.Bitmap, error) {
	out := bitmap.New()
	for _, a := range args {
		set, err := l.run(ctx, a)
		if err != nil || set == nil {
			return nil, err
		}
		out.Or(set)
	}
	return out, nil
}

// least counts: after each argument, counts[n] are the rows that n+1 of them have found.
func (l *lookup) least(ctx context.Context, s *gin.Search) (*bitmap.Bitmap, error) {
	counts := make([]*bitmap.Bitmap, s.N)
	for n := range counts {
		counts[n] = bitmap.New()
	}
	for _, a := range s.Args {
		set, err := l.run(ctx, a)
		if err != nil {
			return nil, err
		}
		if set == nil {
			return nil, nil
		}
		for n := s.N - 1; n > 0; n-- {
			more := counts[n-1].Clone()
			more.And(set)
			counts[n].Or(more)
		}
		counts[0].Or(set)
	}
	return counts[s.N-1], nil
}

// fewFound are so few that testing them costs less than looking more up.
const fewFound = 32

// and reads the rows of all single entries in step until the shortest list ends. Of the
// others what lies before its last row matters, and if that is far more than there are
// rows left, no more of it is read: rows beyond are not excluded.
func (l *lookup) and(ctx context.Context, args []*gin.Search) (*bitmap.Bitmap, error) {
	var walks []*walk
	defer func() {
		for _, w := range walks {
			w.close()
		}
	}()
	var rest []*gin.Search
	for _, a := range args {
		if a.Kind != gin.Entry {
			rest = append(rest, a)
			continue
		}
		w, err := l.begin(ctx, a)
		if err != nil {
			return nil, err
		}
		walks = append(walks, w)
	}
	set, err := shortest(ctx, walks)
	if err != nil {
		return nil, err
	}
	for _, a := range rest {
		if set != nil && set.Cardinality() <= fewFound {
			return set, nil
		}
		more, err := l.run(ctx, a)
		switch {
		case err != nil:
			return nil, err
		case more == nil:
		case set == nil:
			set = more
		default:
			set.And(more)
		}
	}
	return set, nil
}

// shortest finds the rows that all walks may find; nil when there are no walks.
func shortest(ctx context.Context, walks []*walk) (*bitmap.Bitmap, error) {
	if len(walks) == 0 {
		return nil, nil
	}
	var first *walk
	for size := 256; first == nil; size *= 2 {
		for _, w := range walks {
			if err := w.read(ctx, size); err != nil {
				return nil, err
			}
			if w.done {
				first = w
				break
			}
		}
	}
	set := first.set.Clone()
	for _, w := range walks {
		if w == first || set.Cardinality() <= fewFound {
			continue
		}
		for left := 16 * int(set.Cardinality()); !w.done && w.last < first.last && left > 0; left -= batch.MaxRows {
			if err := w.read(ctx, batch.MaxRows); err != nil {
				return nil, err
			}
		}
		set = w.among(set)
	}
	return set, nil
}

// walk reads the rows of one entry.
type walk struct {
	l    *lookup
	scan *table.IndexScan
	set  *bitmap.Bitmap
	last uint64 // the last row that was read
	done bool
}

func (l *lookup) begin(ctx context.Context, s *gin.Search) (*walk, error) {
	scan, err := table.ScanPart(ctx, l.env.Read, l.node.Index, s.Entry)
	if err != nil {
		return nil, err
	}
	return &walk{l: l, scan: scan, set: bitmap.New()}, nil
}

// read reads max rows more.
func (w *walk) read(ctx context.Context, max int) error {
	for !w.done && max > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(max, batch.MaxRows)
		ids, err := w.scan.Next(w.l.ids[:0], n)
		if err != nil {
			return err
		}
		if w.l.ids, max = ids, max-n; len(ids) > 0 {
			w.set.AddMany(ids)
			w.last = ids[len(ids)-1]
		}
		w.done = len(ids) < n
	}
	return nil
}

// among keeps the rows of set that the walk has found or has not come to.
func (w *walk) among(set *bitmap.Bitmap) *bitmap.Bitmap {
	if w.done {
		set.And(w.set)
		return set
	}
	out, it := bitmap.New(), set.Iter()
	for ids := make([]uint64, batch.MaxRows); ; {
		n := it.NextMany(ids)
		if n == 0 {
			return out
		}
		kept := ids[:0:n]
		for _, id := range ids[:n] {
			if id > w.last || w.set.Contains(id) {
				kept = append(kept, id)
			}
		}
		out.AddMany(kept)
	}
}

func (w *walk) close() error {
	if w.scan == nil {
		return nil
	}
	err := w.scan.Close()
	w.scan = nil
	return err
}

// closing ends a walk after err.
func closing(w *walk, err error) error {
	if cerr := w.close(); err == nil {
		err = cerr
	}
	return err
}

// everyRow is the set of all rows of the table, for conditions of which entries say
// nothing.
func (l *lookup) everyRow(ctx context.Context) (*bitmap.Bitmap, error) {
	it, err := l.env.Read.Scan(ctx, table.RowRange(l.node.Table, 0, math.MaxUint64))
	if err != nil {
		return nil, err
	}
	w := &walk{l: l, scan: table.Walk(it), set: bitmap.New()}
	err = w.read(ctx, math.MaxInt)
	return w.set, closing(w, err)
}

// numbers is an operator that hands out a set of row numbers, in one column.
type numbers struct {
	find   func(ctx context.Context) (*bitmap.Bitmap, error)
	env    *Env
	rows   bitmap.Iter
	loaded bool
	held   int64 // bytes of the set
	ids    []uint64
	out    batch.Batch
}

func (s *numbers) Open(_ context.Context, env *Env) error {
	if err := s.Close(); err != nil {
		return err
	}
	s.env, s.loaded = env, false
	return nil
}

func (s *numbers) Next(ctx context.Context) (*batch.Batch, error) {
	if !s.loaded {
		set, err := s.find(ctx)
		if err != nil {
			return nil, err
		}
		s.loaded, s.rows, s.held = true, set.Iter(), set.Bytes()
		if err := s.env.Budget.Grow(s.held); err != nil {
			return nil, err
		}
		s.out.Cols = make([]batch.Col, 1)
		s.ids = make([]uint64, batch.MaxRows)
	}
	n := s.rows.NextMany(s.ids)
	if n == 0 {
		return nil, nil
	}
	c := &s.out.Cols[0]
	c.Init(types.Of(types.Int8OID), n)
	for i, id := range s.ids[:n] {
		c.I[i] = int64(id)
	}
	s.out.Sel = batch.Identity(n)
	return &s.out, nil
}

func (s *numbers) Close() error {
	if s.env == nil || s.held == 0 {
		return nil
	}
	held := s.held
	s.held, s.rows = 0, bitmap.Iter{}
	return s.env.Budget.Grow(-held)
}
