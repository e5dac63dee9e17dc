package expr

import (
	"fmt"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Program is a compiled expression: a flat array of nodes, children before
// parents. It is immutable and safe to share; everything that changes while it
// runs is in a Scratch.
type Program struct {
	nodes []node
	root  int
	t     types.T
}

// Type is the type of the result.
func (p *Program) Type() types.T { return p.t }

type opcode uint8

const (
	opConst opcode = iota
	opColumn
	opParam
	opExec
	opCall
	opAnd
	opOr
	opNot
	opIsNull
	opIsBool
	opIsDistinct
	opCase // args: cond, result, cond, result, …, else
	opCoalesce
	opMinMax
	opCast
	opWiden // a cast that leaves the stored value as it is
	opIntFloat
	opArray
	opRow
	opRowOrder // args: see compiler.rowOrder
	opAnyAll
	opInList
	opSubscript // args: x, then lo and hi of each dimension
	opAssign    // args: x, the value, then the subscripts of each step
	opField
	opDomain
	opSubPlan // args: Args, then Left
)

// node is one step. Which fields count depends on op.
type node struct {
	op     opcode
	flag   bool // Not, Least, All, Nested, Explicit, Slice: see compile
	want   bool // of opIsBool; IsNull.Whole
	n      int  // column, parameter, slot or field number; number of dimensions
	t      types.T
	args   []int
	absent []bool // of opSubscript and opAssign: which bounds were left out
	d      types.Datum
	fn     *builtin.Func
	varia  bool
	coll   uint32 // Call.Collation
	long   bool   // it amplifies, or something below
	sub    *SubPlan
	equal  func(f *types.Format, a, b types.Datum) (bool, error) // of opIsDistinct, nil = types.Equal
	test   *Program                                              // of AnySub, AllSub and RowSub; of ToDomain
	domain *ToDomain
	assign *Assign
	rowT   []types.T
	stable bool // no columns, exec slots, subplans or volatile calls below: one value per execution
}

// Compile turns a bound expression into a program. Errors are those of an
// expression that cannot run (0A000); values are not computed here.
func Compile(e Expr) (*Program, error) {
	c := &compiler{p: &Program{t: e.Type()}}
	root, err := c.compile(e)
	if err != nil {
		return nil, err
	}
	c.p.root = root
	return c.p, nil
}

type compiler struct {
	p *Program
}

func (c *compiler) emit(n node) int {
	c.p.nodes = append(c.p.nodes, n)
	return len(c.p.nodes) - 1
}

func (c *compiler) list(es ...Expr) ([]int, error) {
	ids := make([]int, len(es))
	for i, e := range es {
		id, err := c.compile(e)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	return ids, nil
}

// with compiles children and emits n over them; it is stable when they all are.
func (c *compiler) with(n node, es ...Expr) (int, error) {
	ids, err := c.list(es...)
	if err != nil {
		return 0, err
	}
	n.args = ids
	n.stable = n.op != opSubPlan && (n.fn == nil || n.fn.Volatility != builtin.Volatile)
	for _, id := range ids {
		n.stable = n.stable && c.p.nodes[id].stable
		n.long = n.long || c.p.nodes[id].long
	}
	return c.emit(n), nil
}

func (c *compiler) compile(e Expr) (int, error) {
	t := e.Type()
	switch e := e.(type) {
	case *Const:
		return c.emit(node{op: opConst, t: t, d: e.D, stable: true}), nil
	case *Column:
		return c.emit(node{op: opColumn, t: t, n: e.Index}), nil
	case *Param:
		return c.emit(node{op: opParam, t: t, n: e.N, stable: true}), nil
	case *Exec:
		return c.emit(node{op: opExec, t: t, n: e.N}), nil
	case *Call:
		return c.call(e)
	case *And:
		return c.with(node{op: opAnd, t: t}, e.Args...)
	case *Or:
		return c.with(node{op: opOr, t: t}, e.Args...)
	case *Not:
		return c.with(node{op: opNot, t: t}, e.X)
	case *IsNull:
		return c.with(node{op: opIsNull, t: t, flag: e.Not, want: e.Whole}, e.X)
	case *IsBool:
		return c.with(node{op: opIsBool, t: t, flag: e.Not, want: e.Want}, e.X)
	case *IsDistinct:
		return c.with(node{op: opIsDistinct, t: t, flag: e.Not, equal: builtin.DistinctBy(e.L.Type())}, e.L, e.R)
	case *Coalesce:
		return c.with(node{op: opCoalesce, t: t}, e.Args...)
	case *MinMax:
		return c.with(node{op: opMinMax, t: t, flag: e.Least}, e.Args...)
	case *ToDomain:
		return c.toDomain(e)
	case *Relabel:
		return c.with(node{op: opWiden, t: t}, e.X)
	case *Cast:
		return c.cast(e)
	case *ArrayOf:
		return c.with(node{op: opArray, t: t, flag: e.Nested}, e.Elems...)
	case *RowOf:
		return c.with(node{op: opRow, t: t}, e.Args...)
	case *InList:
		return c.with(node{op: opInList, t: t, flag: e.Not, fn: e.Op.Func}, append([]Expr{e.L}, e.List...)...)
	case *AnyAll:
		return c.with(node{op: opAnyAll, t: t, flag: e.All, fn: e.Op.Func}, e.L, e.R)
	case *Field:
		return c.with(node{op: opField, t: t, n: e.N}, e.X)
	}
	return c.compileRest(e)
}

func (c *compiler) compileRest(e Expr) (int, error) {
	switch e := e.(type) {
	case *Case:
		return c.caseWhen(e)
	case *RowOrder:
		return c.rowOrder(e)
	case *Subscript:
		return c.subscript(e)
	case *Assign:
		return c.assign(e)
	case *SubPlan:
		return c.subPlan(e)
	}
	return 0, pgerr.New(pgerrcode.InternalError, fmt.Sprintf("unknown expression node %T", e))
}

func (c *compiler) call(e *Call) (int, error) {
	switch {
	case e.Fn.RetSet:
		return 0, pgerr.NotSupported(e.Pos, "set-valued function called in context that cannot accept a set")
	case e.Fn.Kind == 'a':
		return 0, pgerr.New(pgerrcode.GroupingError, "aggregate functions are not allowed here").At(e.Pos)
	case e.Fn.Eval == nil && e.Fn.Kernel == nil:
		return 0, pgerr.NotSupported(e.Pos, "function %s is not supported", e.Fn.Name)
	}
	return c.with(node{op: opCall, t: e.T, fn: e.Fn, varia: e.Variadic, coll: e.Collation, long: e.amplifies()}, e.Args...)
}

// keepsValue reports a conversion that leaves the stored value as it is.
func keepsValue(from, to types.T) bool {
	if to.Mod >= 0 {
		return false
	}
	switch from.OID {
	case types.Int2OID:
		return to.OID == types.Int4OID || to.OID == types.Int8OID || to.OID == types.Int2OID
	case types.Int4OID:
		return to.OID == types.Int8OID || to.OID == types.Int4OID
	case types.Float4OID:
		return to.OID == types.Float8OID || to.OID == types.Float4OID
	}
	return from.OID == to.OID
}

func (c *compiler) cast(e *Cast) (int, error) {
	from := e.X.Type()
	n := node{op: opCast, t: e.To, flag: e.Explicit}
	switch {
	case keepsValue(from, e.To):
		n.op = opWiden
	case e.To.OID == types.Float8OID && (from.OID == types.Int2OID || from.OID == types.Int4OID || from.OID == types.Int8OID):
		n.op = opIntFloat
	}
	return c.with(n, e.X)
}

func (c *compiler) caseWhen(e *Case) (int, error) {
	var args []Expr
	for _, w := range e.Whens {
		args = append(args, w.Cond, w.Result)
	}
	if e.Else != nil {
		args = append(args, e.Else)
	} else {
		args = append(args, &Const{T: e.T, D: types.Null})
	}
	return c.with(node{op: opCase, t: e.T}, args...)
}

func (c *compiler) subscript(e *Subscript) (int, error) {
	n := node{op: opSubscript, t: e.T, flag: e.Slice, absent: []bool{}}
	args := []Expr{e.X}
	add := func(x Expr) {
		n.absent = append(n.absent, x == nil)
		if x == nil {
			x = &Const{T: types.Of(types.Int4OID), D: types.Int(0)}
		}
		args = append(args, x)
	}
	if e.Slice {
		n.n = len(e.Lo)
		for i := range e.Lo {
			add(e.Lo[i])
			add(e.Hi[i])
		}
	} else {
		n.n = len(e.Index)
		for _, x := range e.Index {
			add(x)
		}
	}
	return c.with(n, args...)
}

func (c *compiler) assign(e *Assign) (int, error) {
	n := node{op: opAssign, t: e.Type(), assign: e}
	args := []Expr{e.X, e.V}
	add := func(x Expr) {
		n.absent = append(n.absent, x == nil)
		if x == nil {
			x = &Const{T: types.Of(types.Int4OID), D: types.Int(0)}
		}
		args = append(args, x)
	}
	for _, s := range e.Steps {
		for _, x := range s.Index {
			add(x)
		}
		for i := range s.Lo {
			add(s.Lo[i])
			add(s.Hi[i])
		}
	}
	return c.with(n, args...)
}

func (c *compiler) subPlan(e *SubPlan) (int, error) {
	n := node{op: opSubPlan, t: e.T, sub: e, long: e.amplifies()}
	if e.Test != nil {
		test, err := Compile(e.Test)
		if err != nil {
			return 0, err
		}
		n.test = test
		n.rowT = columnTypes(e.Test)
		for i, l := range e.Left {
			if i < len(n.rowT) {
				n.rowT[i] = l.Type()
			}
		}
	}
	return c.with(n, append(append([]Expr(nil), e.Args...), e.Left...)...)
}

// columnTypes gives the types of the input row that e reads, by column number.
func columnTypes(e Expr) []types.T {
	var ts []types.T
	Walk(e, func(x Expr) bool {
		if col, ok := x.(*Column); ok {
			for len(ts) <= col.Index {
				ts = append(ts, types.Of(types.TextOID))
			}
			ts[col.Index] = col.T
		}
		return true
	})
	return ts
}
