package expr

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// subState is what a subplan node remembers during one execution.
type subState struct {
	known   bool        // value holds an uncorrelated scalar, EXISTS or array
	value   types.Datum // owned
	rows    [][]types.Datum
	hash    map[uint64][]int // row numbers of rows by key, when the test is plain equality
	keys    []keyPair
	hasNull bool // some row has a NULL key
	s       Scratch
	pair    batch.Batch
	saved   []types.Datum
	memo    memo      // of a correlated subquery
	types   []types.T // of its arguments and left side
}

// keyPair is one equality of a hashable test: left value and subquery column of
// the pair row, both of type t.
type keyPair struct {
	left, right int
	t           types.T
}

func (x *subState) reset() {
	x.known, x.rows, x.hash, x.hasNull = false, nil, nil, false
	x.memo.reset()
	x.s.Reset()
}

// subPlan gives the value of a subquery for each row. Without arguments the
// subquery runs once per execution.
func (st *state) subPlan(id int, sel []uint16) (*batch.Col, error) {
	n, ns := &st.p.nodes[id], &st.nodes[id]
	if st.env.SubPlans == nil {
		return nil, pgerr.NotSupported(-1, "cannot use subquery here")
	}
	args, err := st.arguments(id, sel)
	if err != nil {
		return nil, err
	}
	all, left := args, args[len(n.sub.Args):]
	args = args[:len(n.sub.Args)]
	out := st.out(id, sel)
	if n.sub.Memo && len(args) > 0 {
		return out, st.memoised(n, ns.sub, all, len(args), sel, out)
	}
	var next Ahead
	if len(args) > 0 {
		next = st.env.SubPlans.Ahead(n.sub.Plan)
	}
	for k, i := range sel {
		if next != nil {
			if err := st.lookAhead(next, n, ns.sub, all, len(args), sel, k); err != nil {
				return nil, err
			}
		}
		d, err := st.subValue(n, ns.sub, args, left, int(i))
		if err != nil {
			return nil, err
		}
		out.Set(int(i), d)
	}
	return out, nil
}

// memoised gives the values of a correlated subquery of which equal arguments have
// equal results; args are the arguments, n of them, and the left side.
func (st *state) memoised(nd *node, x *subState, args []*batch.Col, n int, sel []uint16, out *batch.Col) error {
	if x.types == nil {
		for _, e := range append(slices.Clone(nd.sub.Args), nd.sub.Left...) {
			x.types = append(x.types, e.Type())
		}
	}
	next := st.env.SubPlans.Ahead(nd.sub.Plan)
	for k, i := range sel {
		if next != nil {
			if err := st.lookAhead(next, nd, x, args, n, sel, k); err != nil {
				return err
			}
		}
		d, ok := x.memo.look(args, x.types, int(i))
		if !ok {
			var err error
			if d, err = st.subValue(nd, x, args[:n], args[n:], int(i)); err != nil {
				return err
			}
			x.memo.keep(args, x.types, int(i), d)
		} else {
			d = st.own(d) // its slot may be taken by a later row
		}
		out.Set(int(i), d)
	}
	return nil
}

func (st *state) subValue(n *node, x *subState, args, left []*batch.Col, i int) (types.Datum, error) {
	quantified := n.sub.Kind == AnySub || n.sub.Kind == AllSub
	if len(args) == 0 {
		switch {
		case quantified:
			return st.quantifiedOnce(n, x, left, i)
		case n.sub.Kind == RowSub:
			return st.rowOnce(n, x, left, i)
		}
		if !x.known {
			d, err := st.runSub(n)
			if err != nil {
				return types.Datum{}, err
			}
			x.value, x.known = d.Clone(), true
		}
		return x.value, nil
	}
	// slots are put back: an outer evaluation of the same plan may be under way
	x.saved = x.saved[:0]
	for k, slot := range n.sub.Slots {
		x.saved = append(x.saved, st.env.Exec[slot])
		st.env.Exec[slot] = args[k].Datum(i)
	}
	var d types.Datum
	var err error
	switch {
	case quantified:
		d, err = st.quantifiedRun(n, x, left, i)
	case n.sub.Kind == RowSub:
		d, err = st.rowRun(n, x, left, i)
	default:
		d, err = st.runSub(n)
	}
	for k, slot := range n.sub.Slots {
		st.env.Exec[slot] = x.saved[k]
	}
	return d, err
}

// runSub runs a scalar, EXISTS or ARRAY subquery; the datum lives in the arena.
func (st *state) runSub(n *node) (types.Datum, error) {
	found := 0
	result := types.Null
	var elems builtin.Collector
	if n.sub.Kind == ArraySub || n.sub.Kind == ArraysSub {
		elems = builtin.NewCollector(n.t, n.sub.Kind == ArraysSub)
	}
	err := st.env.SubPlans.Rows(st.env.Context, n.sub.Plan, func(row []types.Datum) (bool, error) {
		found++
		switch n.sub.Kind {
		case ExistsSub:
			return false, nil
		case ArraySub, ArraysSub:
			return true, elems.Add(row[0])
		}
		if found > 1 {
			return false, errManyRows()
		}
		result = st.own(row[0])
		return true, st.filled()
	})
	if err != nil {
		return types.Datum{}, err
	}
	switch n.sub.Kind {
	case ExistsSub:
		return types.Bool(found > 0), nil
	case ArraySub, ArraysSub:
		d, err := elems.Array()
		st.amplified += int64(len(d.Bytes()))
		return d, err
	}
	return result, nil
}

func errManyRows() error {
	return pgerr.New(pgerrcode.CardinalityViolation, "more than one row returned by a subquery used as an expression")
}

// rowRun compares with the row of a correlated subquery.
func (st *state) rowRun(n *node, x *subState, left []*batch.Col, i int) (types.Datum, error) {
	found, result := 0, types.Null
	err := st.env.SubPlans.Rows(st.env.Context, n.sub.Plan, func(row []types.Datum) (bool, error) {
		if found++; found > 1 {
			return false, errManyRows()
		}
		d, err := st.test(n, x, left, i, row)
		result = d
		return true, err
	})
	return result, err
}

// rowOnce is rowRun for an uncorrelated subquery, whose row is kept.
func (st *state) rowOnce(n *node, x *subState, left []*batch.Col, i int) (types.Datum, error) {
	if !x.known {
		if err := st.loadRows(n, x, len(left)); err != nil {
			return types.Datum{}, err
		}
	}
	switch len(x.rows) {
	case 0:
		return types.Null, nil
	case 1:
		return st.test(n, x, left, i, x.rows[0])
	}
	return types.Datum{}, errManyRows()
}

// own copies a datum into the program's arena.
func (st *state) own(d types.Datum) types.Datum {
	if d.IsNull() || d.Bytes() == nil {
		return d
	}
	st.amplified += int64(len(d.Bytes()))
	return types.Bytes(st.arena.Copy(d.Bytes()))
}

// verdict folds the outcome of one row's test into ANY or ALL. done says that
// the result is decided.
type verdict struct {
	all, null, decided bool
}

func (v *verdict) add(d types.Datum) (done bool) {
	switch {
	case d.IsNull():
		v.null = true
	case d.Bool() != v.all:
		v.decided = true
	}
	return v.decided
}

func (v *verdict) result() types.Datum {
	switch {
	case v.decided:
		return types.Bool(!v.all)
	case v.null:
		return types.Null
	}
	return types.Bool(v.all)
}

// quantifiedRun runs a correlated ANY or ALL subquery, testing row by row.
func (st *state) quantifiedRun(n *node, x *subState, left []*batch.Col, i int) (types.Datum, error) {
	v := verdict{all: n.sub.Kind == AllSub}
	err := st.env.SubPlans.Rows(st.env.Context, n.sub.Plan, func(row []types.Datum) (bool, error) {
		d, err := st.test(n, x, left, i, row)
		return err == nil && !v.add(d), err
	})
	return v.result(), err
}

// test evaluates the subplan's Test on the pair row of left and row.
func (st *state) test(n *node, x *subState, left []*batch.Col, i int, row []types.Datum) (types.Datum, error) {
	if x.pair.Cols == nil {
		x.pair = *batch.New(n.rowT, 1)
	}
	x.pair.Sel = batch.Identity(1)
	for k := range x.pair.Cols {
		if k < len(left) {
			x.pair.Cols[k].Set(0, left[k].Datum(i))
		} else if k-len(left) < len(row) {
			x.pair.Cols[k].Set(0, row[k-len(left)])
		}
	}
	c, err := n.test.Eval(st.env, &x.s, &x.pair, x.pair.Sel)
	if err != nil {
		return types.Datum{}, err
	}
	return c.Datum(0), nil
}

// quantifiedOnce keeps the rows of an uncorrelated ANY or ALL subquery and, when
// its test is plain equality, looks the left side up in a hash table.
func (st *state) quantifiedOnce(n *node, x *subState, left []*batch.Col, i int) (types.Datum, error) {
	if !x.known {
		if err := st.loadRows(n, x, len(left)); err != nil {
			return types.Datum{}, err
		}
	}
	v := verdict{all: n.sub.Kind == AllSub}
	if x.hash != nil {
		if d, ok := x.probe(left, i); ok {
			return d, nil
		}
	}
	for _, row := range x.rows {
		d, err := st.test(n, x, left, i, row)
		if err != nil {
			return types.Datum{}, err
		}
		if v.add(d) {
			break
		}
	}
	return v.result(), nil
}

func (st *state) loadRows(n *node, x *subState, nLeft int) error {
	x.rows = x.rows[:0]
	if n.sub.Kind == AnySub {
		if x.keys = hashKeys(n.sub.Test, nLeft); x.keys != nil {
			x.hash = map[uint64][]int{}
		}
	}
	err := st.env.SubPlans.Rows(st.env.Context, n.sub.Plan, func(row []types.Datum) (bool, error) {
		if x.hash != nil && !x.admit(row, nLeft) {
			return true, nil
		}
		own := make([]types.Datum, len(row))
		for k, d := range row {
			own[k] = d.Clone()
		}
		x.rows = append(x.rows, own)
		return true, nil
	})
	x.known = err == nil
	return err
}

// admit indexes the next row by its key columns; false when it can be left out,
// because it says no more than those before. Rows with a NULL key raise hasNull.
func (x *subState) admit(row []types.Datum, nLeft int) bool {
	var h uint64
	for _, k := range x.keys {
		d := row[k.right-nLeft]
		if d.IsNull() {
			first := !x.hasNull
			x.hasNull = true
			return first || len(x.keys) > 1
		}
		h = h*31 + types.Hash(k.t, d, 0)
	}
same:
	for _, r := range x.hash[h] {
		for _, k := range x.keys {
			if !types.Equal(k.t, row[k.right-nLeft], x.rows[r][k.right-nLeft]) {
				continue same
			}
		}
		return false
	}
	x.hash[h] = append(x.hash[h], len(x.rows))
	return true
}

// probe answers from the hash table; ok is false when NULLs make the answer
// depend on more than equality of all keys.
func (x *subState) probe(left []*batch.Col, i int) (d types.Datum, ok bool) {
	if len(x.rows) == 0 {
		return types.Bool(false), true
	}
	var h uint64
	for _, k := range x.keys {
		if left[k.left].Null[i] {
			if len(x.keys) == 1 {
				return types.Null, true
			}
			return d, false
		}
		h = h*31 + types.Hash(k.t, left[k.left].Datum(i), 0)
	}
candidates:
	for _, r := range x.hash[h] {
		for _, k := range x.keys {
			if !types.Equal(k.t, left[k.left].Datum(i), x.rows[r][k.right-len(left)]) {
				continue candidates
			}
		}
		return types.Bool(true), true
	}
	switch {
	case !x.hasNull:
		return types.Bool(false), true
	case len(x.keys) == 1:
		return types.Null, true
	}
	return d, false
}

// hashKeys recognises a test made only of equalities of left and right columns
// of the same type; nil when it is something else.
func hashKeys(test Expr, nLeft int) []keyPair {
	if and, ok := test.(*And); ok {
		var all []keyPair
		for _, a := range and.Args {
			k := hashKeys(a, nLeft)
			if k == nil {
				return nil
			}
			all = append(all, k...)
		}
		return all
	}
	call, ok := test.(*Call)
	if !ok || call.Op == nil || call.Op.Name != "=" || !call.Op.Hashes || len(call.Args) != 2 {
		return nil
	}
	l, r := plainColumn(call.Args[0]), plainColumn(call.Args[1])
	if l == nil || r == nil || l.T.OID != r.T.OID || l.Index >= nLeft || r.Index < nLeft {
		return nil
	}
	return []keyPair{{left: l.Index, right: r.Index, t: types.Of(call.Args[0].Type().OID)}}
}

func plainColumn(e Expr) *Column {
	if r, ok := e.(*Relabel); ok {
		e = r.X
	}
	c, _ := e.(*Column)
	return c
}
