package executor

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex/bitmap"
)

// bitmapScan reads the row that a cursor stands on, or collects the row numbers that its arms find into one set and reads
// those rows in the order of the table, each once.
type bitmapScan struct {
	node    *physical.BitmapScan
	arms    []Operator
	reader  *table.Reader
	filter  rowFilter
	rows    bitmap.Iter
	loaded  bool
	size    int
	ids     []uint64
	out     batch.Batch
	env     *Env
	scratch expr.Scratch
	held    int64 // bytes of the set
	use     scanUse
}

func newBitmapScan(n *physical.BitmapScan) (Operator, error) {
	s := &bitmapScan{node: n, reader: table.NewReader(n.Table, n.Attrs)}
	s.out.Cols = make([]batch.Col, len(n.Attrs))
	var err error
	if s.arms, err = buildAll(n.Arms); err != nil {
		return nil, err
	}
	s.filter, err = newRowFilter(n.Filter, s.reader)
	return s, err
}

func (s *bitmapScan) Open(_ context.Context, env *Env) error {
	if err := s.release(); err != nil {
		return err
	}
	s.env, s.loaded, s.size, s.filter.failed = env, false, firstBatch, nil
	s.scratch.Reset()
	s.reader.UseCache(env.rowCache())
	return nil
}

// cursorName is the name of the cursor, from its variable where it has one.
func cursorName(env *Env, c *physical.Cursor) (string, error) {
	if c.Variable == nil {
		return c.Name, nil
	}
	d := env.Params[c.Variable.N]
	if d.IsNull() {
		return "", pgerr.Newf(pgerrcode.UndefinedObject, "no value found for parameter %d", c.Variable.N+1)
	}
	return d.Text(), nil
}

// load runs the arms.
func (s *bitmapScan) load(ctx context.Context) error {
	s.loaded = true
	set := bitmap.New()
	if c := s.node.Cursor; c != nil {
		name, err := cursorName(s.env, c)
		if err != nil {
			return err
		}
		row, ok, err := s.env.CursorRow(name, s.node.Table)
		if err != nil {
			return err
		}
		if ok {
			set.Add(row)
		}
	}
	for _, arm := range s.arms {
		if err := collect(ctx, s.env, arm, set, &s.ids); err != nil {
			return err
		}
	}
	s.rows = set.Iter()
	s.held = set.Bytes()
	return s.env.Budget.Grow(s.held)
}

func (s *bitmapScan) Next(ctx context.Context) (*batch.Batch, error) {
	if !s.loaded {
		if err := s.load(ctx); err != nil {
			return nil, err
		}
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s.filter.failed != nil {
			return nil, s.filter.failed
		}
		if cap(s.ids) < s.size {
			s.ids = make([]uint64, s.size)
		}
		n := s.rows.NextMany(s.ids[:s.size])
		if n == 0 {
			return nil, nil
		}
		s.size = min(4*s.size, batch.MaxRows)
		if err := s.reader.Fetch(ctx, s.env.Read, s.ids[:n], &s.out); err != nil {
			return nil, err
		}
		s.use.fetched += int64(s.out.Len())
		if err := s.filter.upTo(ctx, s.env, &s.scratch, s.reader, &s.out, s.node.ID); err != nil {
			return nil, err
		}
		if s.out.Len() > 0 {
			return &s.out, nil
		}
	}
}

func (s *bitmapScan) Close() error { return s.release() }

func (s *bitmapScan) release() error {
	s.use.flush(s.env, s.node.Table.ID)
	if s.env == nil || s.held == 0 {
		return nil
	}
	held := s.held
	s.held, s.rows = 0, bitmap.Iter{}
	return s.env.Budget.Grow(-held)
}
