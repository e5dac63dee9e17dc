package expr

import (
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// array builds ARRAY[…].
func (st *state) array(id int, sel []uint16) (*batch.Col, error) {
	n, ns := &st.p.nodes[id], &st.nodes[id]
	args, err := st.arguments(id, sel)
	if err != nil {
		return nil, err
	}
	out := st.out(id, sel)
	for _, i := range sel {
		for k, c := range args {
			ns.row[k] = c.Datum(int(i))
		}
		d, err := builtin.MakeArray(&st.env.Ctx, n.t, ns.row, n.flag)
		if err != nil {
			return nil, err
		}
		out.Set(int(i), d)
	}
	return out, nil
}

// row builds ROW(…).
func (st *state) row(id int, sel []uint16) (*batch.Col, error) {
	n, ns := &st.p.nodes[id], &st.nodes[id]
	args, err := st.arguments(id, sel)
	if err != nil {
		return nil, err
	}
	ts := make([]types.T, len(args))
	for k, a := range n.args {
		ts[k] = st.p.nodes[a].t
	}
	out := st.out(id, sel)
	for _, i := range sel {
		for k, c := range args {
			ns.row[k] = c.Datum(int(i))
		}
		out.Set(int(i), types.MakeRecord(ts, ns.row))
	}
	return out, nil
}

func (st *state) field(id int, sel []uint16) (*batch.Col, error) {
	n := &st.p.nodes[id]
	c, err := st.eval(n.args[0], sel)
	if err != nil {
		return nil, err
	}
	out := st.out(id, sel)
	for _, i := range sel {
		if c.Null[i] {
			out.Null[i] = true
			continue
		}
		out.Set(int(i), types.RecordField(c.Datum(int(i)), n.n))
	}
	return out, nil
}

// allFieldsNull is IS NULL (or with not IS NOT NULL) of a row that is not NULL
// itself: every field is NULL (or not NULL).
func allFieldsNull(record types.Datum, not bool) bool {
	for it := types.NewRecordIter(record); ; {
		_, v, ok := it.Next()
		switch {
		case !ok:
			return true
		case v.IsNull() == not:
			return false
		}
	}
}

func (st *state) subscript(id int, sel []uint16) (*batch.Col, error) {
	n := &st.p.nodes[id]
	args, err := st.arguments(id, sel)
	if err != nil {
		return nil, err
	}
	out := st.out(id, sel)
	of := st.p.nodes[n.args[0]].t
	jsonb, fixed := of.OID == types.JSONBOID, types.HasFixedParts(of)
next:
	for _, i := range sel {
		out.Null[i] = true
		for k, c := range args {
			if c.Null[i] && (k == 0 || !n.absent[k-1]) {
				continue next
			}
		}
		if jsonb {
			out.Set(int(i), st.jsonbSubscript(n, args, int(i)))
			continue
		}
		var at [2 * types.MaxArrayDims]int
		if len(args)-1 > len(at) {
			return nil, pgerr.Newf(pgerrcode.ProgramLimitExceeded,
				"number of array dimensions (%d) exceeds the maximum allowed (%d)", n.n, types.MaxArrayDims)
		}
		for k, c := range args[1:] {
			at[k] = int(c.I[i])
		}
		x := args[0].Datum(int(i))
		switch {
		case fixed && n.flag:
			return nil, types.FixedSlices("")
		case fixed:
			out.Set(int(i), types.FixedGet(of, x, at[:len(args)-1]...))
		case n.flag:
			out.Set(int(i), builtin.ArraySlice(x, at[:len(args)-1], n.absent))
		default:
			out.Set(int(i), types.ArrayGet(x, at[:len(args)-1]...))
		}
	}
	return out, nil
}

// jsonbSubscript is x['a'][1]: each subscript an object key or an array index.
func (st *state) jsonbSubscript(n *node, args []*batch.Col, i int) types.Datum {
	x := args[0].B[i]
	for k, c := range args[1:] {
		var key []byte
		if st.p.nodes[n.args[k+1]].t.Rep() == types.RepInt {
			key = strconv.AppendInt(nil, c.I[i], 10)
		} else {
			key = c.B[i]
		}
		var ok bool
		if x, ok = types.JSONPath(x, [][]byte{key}); !ok {
			return types.Null
		}
	}
	return types.Bytes(x)
}

// assign replaces a part of a container.
func (st *state) assign(id int, sel []uint16) (*batch.Col, error) {
	n := &st.p.nodes[id]
	args, err := st.arguments(id, sel)
	if err != nil {
		return nil, err
	}
	out := st.out(id, sel)
	subs := args[2:]
	at, number := make([]types.Datum, len(subs)), make([]bool, len(subs))
	for k := range subs {
		number[k] = st.p.nodes[n.args[k+2]].t.Rep() == types.RepInt
	}
	steps := make([]builtin.PartStep, len(n.assign.Steps))
	from := 0
	for k, s := range n.assign.Steps {
		to := from + len(s.Index) + 2*len(s.Lo)
		steps[k] = builtin.PartStep{T: s.T, Row: s.Row, Field: s.Field, Slice: s.Slice, At: at[from:to], Absent: n.absent[from:to], Number: number[from:to]}
		from = to
	}
	for _, i := range sel {
		for k, c := range subs {
			at[k] = c.Datum(int(i))
		}
		d, err := builtin.AssignPart(args[0].Datum(int(i)), steps, args[1].Datum(int(i)))
		if err != nil {
			return nil, err
		}
		out.Set(int(i), d)
	}
	return out, nil
}

// valueSet is the constant right side of IN or = ANY, ready for look-up.
type valueSet struct {
	ints  map[int64]struct{}
	texts map[string]struct{}
	null  bool // a NULL is among them
}

func (v *valueSet) add(t types.T, d types.Datum) {
	switch {
	case d.IsNull():
		v.null = true
	case t.Rep() == types.RepInt:
		v.ints[d.Int()] = struct{}{}
	default:
		v.texts[string(d.Bytes())] = struct{}{}
	}
}

func newValueSet() *valueSet {
	return &valueSet{ints: map[int64]struct{}{}, texts: map[string]struct{}{}}
}

// lookup decides x IN set for the rows in sel.
func (v *valueSet) lookup(out, x *batch.Col, sel []uint16, not bool) {
	empty := len(v.ints) == 0 && len(v.texts) == 0 && !v.null
	for _, i := range sel {
		found := false
		switch {
		case empty:
		case x.Null[i]:
			out.Null[i] = true
			continue
		case x.I != nil:
			_, found = v.ints[x.I[i]]
		default:
			_, found = v.texts[string(x.B[i])]
		}
		out.Null[i] = !found && v.null
		out.I[i] = 0
		if found != not {
			out.I[i] = 1
		}
	}
}

// setFriendly reports that equality of t's values is equality of what is stored.
func setFriendly(fn *builtin.Func, l, r types.T) bool {
	switch fn.Src {
	case "int2eq", "int4eq", "int8eq", "int24eq", "int42eq", "int28eq", "int82eq", "int48eq", "int84eq", "oideq",
		"date_eq", "timestamp_eq", "time_eq", "booleq", "chareq":
		return l.Rep() == types.RepInt && r.Rep() == types.RepInt
	case "texteq", "byteaeq", "uuid_eq", "nameeq", "nameeqtext", "texteqname":
		return l.Rep() == types.RepBytes && r.Rep() == types.RepBytes
	}
	return false
}

// minSet is the length from which a set beats comparing one by one.
const minSet = 4

// inList compares L with each element; rows leave as soon as one is equal.
func (st *state) inList(id int, sel []uint16) (*batch.Col, error) {
	n, ns := &st.p.nodes[id], &st.nodes[id]
	l, err := st.eval(n.args[0], sel)
	if err != nil {
		return nil, err
	}
	out := st.out(id, sel)
	lt := st.p.nodes[n.args[0]].t
	if len(n.args) > minSet && len(sel) > 0 && st.constList(n, lt) {
		if ns.set == nil {
			if err := st.buildSet(id); err != nil {
				return nil, err
			}
		}
		ns.set.lookup(out, l, sel, n.flag)
		return out, nil
	}
	return out, st.inListEach(id, out, l, sel)
}

// constList reports a list of constants or parameters fit for a set.
func (st *state) constList(n *node, lt types.T) bool {
	for _, a := range n.args[1:] {
		if x := &st.p.nodes[a]; !x.stable || !setFriendly(n.fn, lt, x.t) {
			return false
		}
	}
	return true
}

func (st *state) buildSet(id int) error {
	n, ns := &st.p.nodes[id], &st.nodes[id]
	set := newValueSet()
	for _, a := range n.args[1:] {
		c, err := st.eval(a, batch.Identity(1))
		if err != nil {
			return err
		}
		set.add(st.p.nodes[a].t, c.Datum(0))
	}
	ns.set = set
	return nil
}

func (st *state) inListEach(id int, out, l *batch.Col, sel []uint16) error {
	n, ns := &st.p.nodes[id], &st.nodes[id]
	if ns.vec == nil {
		ns.vec = &spread{}
	}
	verdict := bitOf(n.flag)
	for _, i := range sel {
		out.I[i], out.Null[i] = verdict, false
	}
	open := sel
	for _, a := range n.args[1:] {
		r, err := st.eval(a, open)
		if err != nil {
			return err
		}
		tmp := &ns.vec.out
		tmp.Init(boolT, rows(sel))
		ns.args[0], ns.args[1] = l, r
		if _, err := st.apply(id, tmp, open, ns.args[:2]); err != nil {
			return err
		}
		next := room(&ns.rest, len(sel))
		for _, i := range open {
			if tmp.Null[i] {
				out.Null[i] = true
			} else if tmp.I[i] != 0 {
				out.I[i], out.Null[i] = 1-verdict, false
				continue
			}
			next = append(next, i)
		}
		ns.rest = next
		if open = next; len(open) == 0 {
			break
		}
	}
	return nil
}

func bitOf(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// spread is a row of AnyAll turned into columns: L repeated beside the elements.
type spread struct {
	l, r, out batch.Col
}

// anyAll applies the operator to L and every element of the array R.
func (st *state) anyAll(id int, sel []uint16) (*batch.Col, error) {
	n, ns := &st.p.nodes[id], &st.nodes[id]
	args, err := st.arguments(id, sel)
	if err != nil {
		return nil, err
	}
	l, r := args[0], args[1]
	out := st.out(id, sel)
	lt, rt := st.p.nodes[n.args[0]].t, &st.p.nodes[n.args[1]]
	elem := elemType(rt.t)
	if !n.flag && rt.stable && len(sel) > 0 && !r.Null[sel[0]] && setFriendly(n.fn, lt, elem) {
		if ns.set == nil {
			set := newValueSet()
			it := types.NewArrayIter(r.Datum(int(sel[0])))
			for d, ok := it.Next(); ok; d, ok = it.Next() {
				set.add(elem, d)
			}
			ns.set = set
		}
		ns.set.lookup(out, l, sel, false)
		return out, nil
	}
	if ns.vec == nil {
		ns.vec = &spread{}
	}
	for _, i := range sel {
		if r.Null[i] {
			out.Null[i] = true
			continue
		}
		d, err := st.anyAllRow(id, l.Datum(int(i)), r.Datum(int(i)), lt, elem)
		if err != nil {
			return nil, err
		}
		out.Set(int(i), d)
	}
	return out, nil
}

func elemType(t types.T) types.T {
	switch t.OID {
	case types.Int2VectorOID:
		return types.Of(types.Int2OID)
	case types.OidVectorOID:
		return types.Of(types.OidOID)
	}
	return t.Elem()
}

// anyAllRow decides one row, a batch of elements at a time.
func (st *state) anyAllRow(id int, l, array types.Datum, lt, elem types.T) (types.Datum, error) {
	n, ns := &st.p.nodes[id], &st.nodes[id]
	v := verdict{all: n.flag}
	it := types.NewArrayIter(array)
	x := ns.vec
	for more := true; more; {
		x.l.Init(lt, batch.MaxRows)
		x.r.Init(elem, batch.MaxRows)
		x.out.Init(boolT, batch.MaxRows)
		k := 0
		for ; k < batch.MaxRows; k++ {
			d, ok := it.Next()
			if !ok {
				more = false
				break
			}
			x.l.Set(k, l)
			x.r.Set(k, d)
		}
		ns.args[0], ns.args[1] = &x.l, &x.r
		if _, err := st.apply(id, &x.out, batch.Identity(k), ns.args[:2]); err != nil {
			return types.Datum{}, err
		}
		for i := range k {
			if v.add(x.out.Datum(i)) {
				return v.result(), nil
			}
		}
	}
	return v.result(), nil
}
