package builtin

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// userAgg folds rows by the functions that CREATE AGGREGATE names.
type userAgg struct {
	fn    *Func
	args  []types.T
	trans *oneCall // nil until the first row or result: functions of users are the session's
	final *oneCall
	state types.T
	init  types.Datum
	vals  []types.Datum
	began []bool // there is a state, if only the first row's value
	row   []types.Datum
	size  int64
}

func newUserAgg(fn *Func, args []types.T) Agg {
	if own := ownAgg(fn, args); own != nil {
		return own
	}
	return &userAgg{fn: fn, args: args}
}

// ownAgg is the state of an aggregate of the system that is made of the same functions,
// nil if there is none: theirs have no state that could be handed from one to the next.
func ownAgg(fn *Func, args []types.T) Agg {
	d := fn.User.Agg
	if d.Moving != nil && d.Moving.Trans != d.Trans || d.FinalExtra {
		return nil
	}
	for _, a := range lib().aggs {
		if a.Func.Agg == nil || a.TransType != d.TransType.OID || a.Kind != 'n' || !equalOIDs(a.Func.Args, fn.Args) {
			continue
		}
		if isNamed(a.TransFn, d.Trans) && isNamed(a.FinalFn, d.Final) && (d.Init == nil && a.InitVal == "" || d.Init != nil && *d.Init == a.InitVal) {
			return a.Func.Agg(args)
		}
	}
	return nil
}

// isNamed reports that a function of the system, as pg_aggregate shows it, has an OID.
func isNamed(name string, id catalog.ID) bool {
	if name == "-" || name == "" || id == 0 {
		return (name == "-" || name == "") && id == 0
	}
	f := FuncByOID(id)
	return f != nil && f.Name == name && len(Functions("pg_catalog", name)) == 1
}

func equalOIDs(a, b []types.OID) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// oneCall is a function over the types of one aggregate's call.
type oneCall struct {
	fn   *Func
	site Site
	cols []*batch.Col
	out  batch.Col
}

// prepare finds the functions and the type of the state.
func (a *userAgg) prepare(c *Ctx) error {
	if a.trans != nil {
		return nil
	}
	d := a.fn.User.Agg
	actual := make([]types.OID, len(a.args))
	for i, t := range a.args {
		actual[i] = t.OID
	}
	_, state, err := concrete(a.fn.Args, actual, d.TransType.OID)
	if err != nil {
		return err
	}
	a.state = types.Of(state)
	trans, err := callOver(c, d.Trans, append([]types.OID{state}, actual...))
	if err != nil {
		return err
	}
	if d.Final != 0 {
		in := []types.OID{state}
		if d.FinalExtra {
			in = append(in, actual...)
		}
		if a.final, err = callOver(c, d.Final, in); err != nil {
			return err
		}
	}
	a.init = types.Null
	if d.Init != nil {
		if a.init, err = types.ParseText(a.state, *d.Init, c.Format); err != nil {
			return err
		}
		a.init = a.init.Clone()
	}
	a.trans, a.row = trans, make([]types.Datum, 1+len(a.args))
	return nil
}

// callOver is a function by OID over arguments of these types.
func callOver(c *Ctx, id catalog.ID, args []types.OID) (*oneCall, error) {
	fn := FuncByOID(id)
	if fn == nil && c.Session != nil {
		if f, ok := c.Session.Catalog().FunctionByID(id); ok {
			fn = UserFunc(f, c.Session.Catalog().SchemaName(f.Schema))
		}
	}
	switch {
	case fn == nil:
		return nil, pgerr.Newf(pgerrcode.InternalError, "cache lookup failed for function %d", id)
	case fn.Eval == nil && fn.Kernel == nil:
		return nil, pgerr.NotSupported(-1, "function %s in an aggregate is not supported", CallText("", fn.Name, fn.Args))
	}
	declared := fn.Args
	if fn.Variadic != 0 && len(args) != len(declared) {
		return nil, pgerr.NotSupported(-1, "variadic function %s in an aggregate is not supported", fn.Name)
	}
	_, ret, err := concrete(declared, args, fn.Ret)
	if err != nil {
		return nil, err
	}
	o := &oneCall{fn: fn, site: Site{Ret: types.Of(ret)}}
	for i, t := range args {
		if d := declared[i]; !isPolymorphic(d) && d != types.AnyOID {
			t = d
		}
		o.site.Args = append(o.site.Args, types.Of(t))
		col := &batch.Col{}
		col.Init(types.Of(t), 1)
		o.cols = append(o.cols, col)
	}
	o.out.Init(o.site.Ret, 1)
	return o, nil
}

var firstRow = []uint16{0}

// call computes the function once. The result is borrowed.
func (o *oneCall) call(c *Ctx, args []types.Datum) (types.Datum, error) {
	if o.fn.Strict {
		for i := range args {
			if args[i].IsNull() {
				return types.Null, nil
			}
		}
	}
	site := c.Site
	c.Site = &o.site
	defer func() { c.Site = site }()
	if o.fn.Kernel == nil {
		return o.fn.Eval(c, args)
	}
	for i := range args {
		o.cols[i].Set(0, args[i])
	}
	o.out.Null[0] = false
	if err := o.fn.Kernel(c, firstRow, &o.out, o.cols); err != nil {
		return types.Datum{}, err
	}
	return o.out.Datum(0), nil
}

func (a *userAgg) Grow(n int) { a.vals, a.began = grow(a.vals, n), grow(a.began, n) }

func (a *userAgg) Step(c *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	if err := a.prepare(c); err != nil {
		return err
	}
	for _, i := range sel {
		g := groups[i]
		missing := false
		for k := range args {
			a.row[k+1] = args[k].Datum(int(i))
			missing = missing || a.row[k+1].IsNull()
		}
		if missing && a.trans.fn.Strict {
			continue
		}
		if !a.began[g] {
			if a.began[g], a.vals[g] = true, a.init; a.trans.fn.Strict && a.init.IsNull() && a.fn.User.Agg.Init == nil {
				a.keep(g, a.row[1])
				continue
			}
		}
		a.row[0] = a.vals[g]
		d, err := a.trans.call(c, a.row)
		if err != nil {
			return err
		}
		a.keep(g, d)
	}
	return nil
}

// keep stores a group's state.
func (a *userAgg) keep(g uint32, d types.Datum) {
	a.size -= int64(len(a.bytes(g)))
	a.vals[g] = d.Clone()
	a.size += int64(len(a.bytes(g)))
}

func (a *userAgg) bytes(g uint32) []byte {
	if a.state.Rep() != types.RepBytes || a.vals[g].IsNull() {
		return nil
	}
	return a.vals[g].Bytes()
}

func (a *userAgg) Final(c *Ctx, g uint32) (types.Datum, error) {
	if err := a.prepare(c); err != nil {
		return types.Datum{}, err
	}
	d := a.init
	if a.began[g] {
		d = a.vals[g]
	}
	if a.final == nil {
		return d, nil
	}
	row := make([]types.Datum, len(a.final.site.Args))
	row[0] = d
	for i := range row[1:] {
		row[i+1] = types.Null
	}
	return a.final.call(c, row)
}

func (a *userAgg) Bytes() int64 { return int64(33*cap(a.vals)) + a.size }
