package executor

import (
	"context"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
)

// virtualScan reads a system relation: its rows are made at Open.
type virtualScan struct {
	node    *physical.VirtualScan
	filter  *expr.Program
	rows    *rowStore
	replay  replay
	row     []types.Datum
	scratch expr.Scratch
	env     *Env

	// made is what the rows were made from, if they are the same whenever it is.
	made madeFrom
}

// madeFrom is an execution and the catalog that it sees.
type madeFrom struct {
	query   *Query
	run     uint64
	catalog *catalog.Snapshot
}

func newVirtualScan(n *physical.VirtualScan) (Operator, error) {
	f, err := program(n.Filter)
	return &virtualScan{node: n, filter: f, rows: newRowStore(n.Cols)}, err
}

func (v *virtualScan) Open(ctx context.Context, env *Env) error {
	v.env = env
	v.scratch.Reset()
	// A subquery opens its scans again and again.
	if v.made.query != nil && v.made == v.from(env) {
		v.replay = replay{store: v.rows}
		return nil
	}
	v.made = madeFrom{}
	v.rows.reset(env.Budget)
	v.replay = replay{store: v.rows}
	if v.node.Relation.Rows == nil {
		return nil
	}
	env.noteRead(keys.Prefix([]byte{keys.Catalog}))
	n := uint64(0)
	err := v.node.Relation.Rows(ctx, env.System, func(row []types.Datum) error {
		n++
		v.row = v.row[:0]
		for _, a := range v.node.Attrs {
			if a == catalog.CtidAttr {
				v.row = append(v.row, types.CtidDatum(n))
				continue
			}
			v.row = append(v.row, row[a-1])
		}
		return v.rows.appendRow(v.row)
	})
	if err == nil && v.node.Relation.Steady {
		v.made = v.from(env)
	}
	return err
}

func (v *virtualScan) from(env *Env) madeFrom {
	if env.query == nil || env.System == nil {
		return madeFrom{}
	}
	return madeFrom{env.query, env.query.runs, env.System.Catalog()}
}

func (v *virtualScan) Next(context.Context) (*batch.Batch, error) {
	for {
		b := v.replay.next()
		if b == nil {
			return nil, nil
		}
		if err := applyFilter(v.filter, v.env, &v.scratch, b, v.node.ID); err != nil {
			return nil, err
		}
		if b.Len() > 0 {
			return b, nil
		}
	}
}

func (v *virtualScan) Close() error {
	v.made = madeFrom{}
	v.rows.reset(nil)
	return nil
}

// setCall is one running set-returning call.
type setCall struct {
	call  *expr.Call
	args  []*expr.Program
	width int
	iter  builtin.RowIter
	row   []types.Datum
	vals  []types.Datum
	ended bool // the last next found no row
	site  builtin.Site
	types []types.T // of the columns
}

func newSetCall(c *expr.Call) (*setCall, error) {
	args, err := programs(c.Args)
	s := &setCall{call: c, args: args, width: max(1, len(c.Fn.OutTypes))}
	s.row = make([]types.Datum, s.width)
	s.site.Ret, s.site.Collation = c.Type(), c.Collation
	for _, a := range c.Args {
		s.site.Args = append(s.site.Args, a.Type())
	}
	for _, t := range c.Fn.OutTypes {
		s.types = append(s.types, types.Of(t))
	}
	return s, err
}

// start calls the function with arguments already evaluated into s.vals.
func (s *setCall) start(env *Env) (err error) {
	defer types.CatchStop(&err)
	s.iter = nil
	if s.call.Fn.Strict {
		for _, d := range s.vals {
			if d.IsNull() {
				return nil
			}
		}
	}
	if s.call.Fn.Rows == nil {
		return pgerr.NotSupported(s.call.Pos, "function %s is not supported", s.call.Fn.Name)
	}
	env.Site = &s.site
	it, err := s.call.Fn.Rows(&env.Ctx, s.vals)
	env.Site = nil
	s.iter = it
	return err
}

// next puts the next row into s.row; NULLs after the end.
func (s *setCall) next() (_ bool, err error) {
	defer types.CatchStop(&err)
	if s.iter != nil {
		ok, err := s.iter.Next(s.row)
		if err != nil {
			return false, err
		}
		if ok {
			s.ended = false
			return true, nil
		}
		s.iter = nil
	}
	s.ended = true
	for i := range s.row {
		s.row[i] = types.Null
	}
	return false, nil
}

// value is the present row as one value: a record if it has several columns.
func (s *setCall) value() types.Datum {
	if len(s.row) == 1 || s.ended {
		return s.row[0]
	}
	return types.MakeRecord(s.types, s.row)
}

// funcScan calls functions in FROM.
type funcScan struct {
	node    *physical.FuncScan
	calls   []*setCall
	plain   []*expr.Program // by call: set when the function returns no set
	out     *batch.Batch
	arena   batch.Arena
	ord     int64
	done    bool
	scratch expr.Scratch
	env     *Env
}

func newFuncScan(n *physical.FuncScan) (Operator, error) {
	f := &funcScan{node: n, out: &batch.Batch{Cols: make([]batch.Col, len(n.Cols))}}
	for _, c := range n.Calls {
		if !c.Fn.RetSet {
			p, err := expr.Compile(c)
			if err != nil {
				return nil, err
			}
			width := max(1, len(c.Fn.OutTypes))
			f.calls, f.plain = append(f.calls, &setCall{call: c, width: width, row: make([]types.Datum, width)}), append(f.plain, p)
			continue
		}
		s, err := newSetCall(c)
		if err != nil {
			return nil, err
		}
		f.calls, f.plain = append(f.calls, s), append(f.plain, nil)
	}
	return f, nil
}

func (f *funcScan) Open(_ context.Context, env *Env) error {
	f.env, f.ord, f.done = env, 0, false
	f.scratch.Reset()
	for i, s := range f.calls {
		if p := f.plain[i]; p != nil {
			d, err := p.One(&env.Env, &f.scratch)
			if err != nil {
				return err
			}
			s.iter = &single{d: d}
			continue
		}
		s.vals = s.vals[:0]
		for _, p := range s.args {
			d, err := p.One(&env.Env, &f.scratch)
			if err != nil {
				return err
			}
			s.vals = append(s.vals, d.Clone())
		}
		if err := s.start(env); err != nil {
			return err
		}
	}
	return nil
}

// single is the one row of a function that returns no set: a value, or the members of a record.
type single struct {
	d    types.Datum
	done bool
}

func (s *single) Next(row []types.Datum) (bool, error) {
	if s.done {
		return false, nil
	}
	s.done = true
	if len(row) == 1 {
		row[0] = s.d
		return true, nil
	}
	for i := range row {
		row[i] = types.Null
	}
	if s.d.IsNull() {
		return true, nil
	}
	it := types.NewRecordIter(s.d)
	for i := range row {
		_, v, ok := it.Next()
		if !ok {
			break
		}
		row[i] = v
	}
	return true, nil
}

func (f *funcScan) Next(ctx context.Context) (*batch.Batch, error) {
	if f.done {
		return nil, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for k := range f.out.Cols {
		f.out.Cols[k].Init(f.node.Cols[k], batch.MaxRows)
	}
	f.arena.Reset()
	n := 0
	for n < batch.MaxRows && !f.arena.Full() {
		any := false
		for _, s := range f.calls {
			ok, err := s.next()
			if err != nil {
				return nil, err
			}
			any = any || ok
		}
		if !any {
			f.done = true
			break
		}
		f.put(n)
		n++
	}
	if n == 0 {
		return nil, nil
	}
	f.out.Sel = batch.Identity(n)
	return f.out, nil
}

// put stores the calls' present rows as row n.
func (f *funcScan) put(n int) {
	k := 0
	for _, s := range f.calls {
		for _, d := range s.row {
			if b := d.Bytes(); b != nil && !d.IsNull() {
				d = types.Bytes(f.arena.Copy(b))
			}
			f.out.Cols[k].Set(n, d)
			k++
		}
	}
	if f.node.Ordinality {
		f.ord++
		f.out.Cols[k].Set(n, types.Int(f.ord))
	}
}

func (f *funcScan) Close() error { return nil }
