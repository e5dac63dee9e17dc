package session

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/plpgsql"
	"github.com/loxodb/loxodb/sql/types"
)

// loop runs the loops.
func (r *plRun) loop(ctx context.Context, st plpgsql.Stmt, sc *plScope) (flow, error) {
	in := r.b.loops[st]
	switch x := st.(type) {
	case *plpgsql.Loop:
		for {
			if err := ctx.Err(); err != nil {
				return flow{}, err
			}
			if x.While.Given() {
				r.begin(st, "WHILE")
				ok, err := r.condition(ctx, x.While, in)
				if err != nil || !ok {
					return flow{}, err
				}
			}
			if fl, done, err := r.turn(ctx, x.Body, in, x.Label); done || err != nil {
				return fl, err
			}
		}
	case *plpgsql.ForInt:
		return r.forInt(ctx, x, sc, in)
	case *plpgsql.ForQuery:
		return r.forQuery(ctx, x, sc, in)
	case *plpgsql.ForEach:
		return r.forEach(ctx, x, sc, in)
	}
	return flow{}, nil
}

// turn runs a loop's body once.
func (r *plRun) turn(ctx context.Context, body []plpgsql.Stmt, sc *plScope, label string) (fl flow, done bool, err error) {
	fl, err = r.statements(ctx, body, sc)
	if err != nil {
		return fl, true, err
	}
	switch fl.control {
	case goOn:
		return flow{}, false, nil
	case leave:
		if fl.label == "" || fl.label == label {
			return flow{}, true, nil
		}
	case again:
		if fl.label == "" || fl.label == label {
			return flow{}, false, nil
		}
	}
	return fl, true, nil
}

func (r *plRun) forInt(ctx context.Context, x *plpgsql.ForInt, sc, in *plScope) (flow, error) {
	r.begin(x, "FOR with integer loop variable")
	bound := func(t plpgsql.Text, what string) (int64, error) {
		n, null, err := r.integer(ctx, t, sc)
		if err == nil && null {
			err = pgerr.Newf(pgerrcode.NullValueNotAllowedDataException, "%s of FOR loop cannot be null", what)
		}
		return n, err
	}
	from, err := bound(x.From, "lower bound")
	if err != nil {
		return flow{}, err
	}
	to, err := bound(x.To, "upper bound")
	if err != nil {
		return flow{}, err
	}
	by := int64(1)
	if x.By.Given() {
		if by, err = bound(x.By, "BY value"); err != nil {
			return flow{}, err
		}
		if by <= 0 {
			return flow{}, pgerr.New(pgerrcode.InvalidParameterValue, "BY value of FOR loop must be greater than zero")
		}
	}
	slot, ran := in.names[x.Var], false
	finish := func() { r.vals[r.b.found] = types.Bool(ran) }
	for i := from; x.Reverse && i >= to || !x.Reverse && i <= to; {
		ran = true
		r.vals[slot] = types.Int(i)
		if fl, done, err := r.turn(ctx, x.Body, in, x.Label); done || err != nil {
			finish()
			return fl, err
		}
		if x.Reverse {
			i -= by
		} else {
			i += by
		}
		if i != int64(int32(i)) {
			break
		}
	}
	finish()
	return flow{}, nil
}

// loopQuery is what a FOR loop goes over; slot is the variable of a cursor, -1 without one.
func (r *plRun) loopQuery(ctx context.Context, x *plpgsql.ForQuery, sc *plScope) (st *statement, params []types.Datum, slot int, err error) {
	slot = -1
	switch {
	case x.Dynamic.Given():
		r.at = "FOR over EXECUTE statement"
		st, params, err = r.dynamic(ctx, x.Dynamic, x.Using, sc, false)
		return st, params, slot, err
	case x.Cursor != "":
		r.at = "FOR over cursor"
		slot, _, _ = sc.find([]string{x.Cursor})
		if !r.vals[slot].IsNull() {
			if _, err := r.s.cursor(r.vals[slot].Text()); err == nil {
				return nil, nil, slot, pgerr.Newf(pgerrcode.DuplicateCursor, "cursor \"%s\" already in use", r.vals[slot].Text())
			}
		}
		st, err = r.cursorQuery(ctx, slot, x.Args, sc)
	default:
		st, err = r.prepared(ctx, x.Query, sc)
	}
	if err == nil {
		params = st.values(r.slot)
	}
	return st, params, slot, err
}

func (r *plRun) forQuery(ctx context.Context, x *plpgsql.ForQuery, sc, in *plScope) (flow, error) {
	r.begin(x, "FOR over SELECT rows")
	st, params, slot, err := r.loopQuery(ctx, x, sc)
	if err != nil {
		return flow{}, err
	}
	if st == nil || st.columnsOf() == nil {
		return flow{}, noCursor(st)
	}
	c, end, err := r.loopCursor(ctx, slot, st, params)
	if err != nil {
		return flow{}, err
	}
	defer end()
	ahead := int64(1)
	if slot < 0 && r.atomic {
		ahead = firstAhead
	}
	at := r.at
	next := func() ([]types.Datum, bool, error) {
		r.begin(x, at)
		row, ok, err := r.step(ctx, c, ahead)
		if ahead == firstAhead && c.at >= firstAhead {
			ahead = laterAhead
		}
		return row, ok, err
	}
	if st.plan != nil && (st.plan.Tag != "SELECT" || len(st.plan.WriteCTEs) > 0) {
		r.s.ending.writers++
		defer func() { r.s.ending.writers-- }()
	}
	return r.forRows(ctx, x, in, st.columnsOf(), next)
}

// How many rows a loop over a query asks for at once, at first and later. Loops over cursors,
// which the body may move, ask for one, and so do those that a transaction may end in.
const (
	firstAhead = 10
	laterAhead = 50
)

// step is the next row of a loop's cursor, of which it asks for so many at once. The rows are
// those of the moment when the loop began, whatever its body does, but they are computed when
// they are asked for.
func (r *plRun) step(ctx context.Context, c *portal, ahead int64) (row []types.Datum, ok bool, err error) {
	if c.from != nil && c.at >= int64(c.buffer.Len()) {
		defer func() { r.known = false }()
		if _, err := c.read(ctx, c.at+ahead); err != nil {
			return nil, false, err
		}
	}
	walk := &cursorRows{c: c, tag: "FETCH", left: 1}
	b, err := walk.next(ctx)
	if err != nil || b == nil {
		return nil, false, err
	}
	for k := range b.Cols {
		row = append(row, b.Cols[k].Datum(int(b.Sel[0])))
	}
	return row, true, nil
}

// forRows runs a loop's body for each row.
func (r *plRun) forRows(ctx context.Context, x *plpgsql.ForQuery, in *plScope, cols []column, next func() ([]types.Datum, bool, error)) (flow, error) {
	n := int64(0)
	finish := func() { r.vals[r.b.found] = types.Bool(n > 0) }
	for {
		row, ok, err := next()
		if err != nil {
			return flow{}, err
		}
		if !ok {
			break
		}
		n++
		rec := &plRecord{set: true}
		for k := range cols {
			rec.names, rec.ts, rec.vals = append(rec.names, cols[k].Name), append(rec.ts, cols[k].Type), append(rec.vals, row[k].Clone())
		}
		if err := r.putRow(x.Targets, rec, in); err != nil {
			return flow{}, err
		}
		if fl, done, err := r.turn(ctx, x.Body, in, x.Label); done || err != nil {
			finish()
			return fl, err
		}
	}
	if n == 0 {
		if err := r.noRow(x.Targets, nullRow(cols), in); err != nil {
			return flow{}, err
		}
	}
	finish()
	return flow{}, nil
}

func (r *plRun) forEach(ctx context.Context, x *plpgsql.ForEach, sc, in *plScope) (flow, error) {
	r.begin(x, "FOREACH over array")
	v, err := r.eval(ctx, x.Array, sc, types.T{})
	if err != nil {
		return flow{}, err
	}
	if v.d.IsNull() {
		return flow{}, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "FOREACH expression must not be null")
	}
	if !v.t.IsArray() {
		return flow{}, pgerr.Newf(pgerrcode.DatatypeMismatch, "FOREACH expression must yield an array, not type %s", types.FormatType(v.t))
	}
	parts, of, err := r.forEachParts(x, v, sc)
	if err != nil {
		return flow{}, err
	}
	ran := false
	for _, d := range parts {
		ran = true
		if err := r.putEach(x.Targets, plValue{d, of}, sc); err != nil {
			return flow{}, err
		}
		if fl, done, err := r.turn(ctx, x.Body, in, x.Label); done || err != nil {
			r.vals[r.b.found] = types.Bool(ran)
			return fl, err
		}
	}
	r.vals[r.b.found] = types.Bool(ran)
	return flow{}, nil
}

// putEach stores what FOREACH has come to: of a row, in a variable for each column perhaps.
func (r *plRun) putEach(targets []plpgsql.Target, v plValue, sc *plScope) error {
	switch {
	case len(targets) == 1:
		return r.put(&targets[0], v, sc)
	case v.t.OID != types.RecordOID && !types.IsComposite(v.t.OID):
		return pgerr.New(pgerrcode.DatatypeMismatch, "cannot assign non-composite value to a row variable")
	}
	return r.putRow(targets, r.s.splitRecord(v), sc)
}

// forEachParts are what FOREACH goes through, and their type: the elements of an array, or
// the arrays of its last dimensions.
func (r *plRun) forEachParts(x *plpgsql.ForEach, v plValue, sc *plScope) ([]types.Datum, types.T, error) {
	dims := types.ArrayDims(nil, v.d)
	if x.Slice > len(dims) {
		return nil, v.t, pgerr.Newf(pgerrcode.ArraySubscriptError, "slice dimension (%d) is out of the valid range 0..%d", x.Slice, len(dims))
	}
	into := types.T{}
	if slot, rest, ok := sc.find(x.Targets[0].Parts); ok && len(rest) == 0 && len(x.Targets) == 1 {
		into = r.b.vars[slot].t
	}
	elems := arrayElements(v.d)
	if x.Slice == 0 {
		if into.IsArray() {
			return nil, v.t, pgerr.New(pgerrcode.DatatypeMismatch, "FOREACH loop variable must not be of an array type")
		}
		return elems, v.t.Elem(), nil
	}
	if !into.IsArray() {
		return nil, v.t, pgerr.New(pgerrcode.DatatypeMismatch, "FOREACH ... SLICE loop variable must be of an array type")
	}
	inner, size := dims[len(dims)-x.Slice:], 1
	for _, d := range inner {
		size *= d.Len
	}
	var parts []types.Datum
	for ; len(elems) > 0 && size > 0; elems = elems[size:] {
		var b types.ArrayBuilder
		b.Reset(v.t.Elem().OID)
		for _, d := range elems[:size] {
			b.Append(d)
		}
		part, err := b.Shaped(inner)
		if err != nil {
			return nil, v.t, err
		}
		parts = append(parts, part.Clone())
	}
	return parts, v.t, nil
}

// arrayElements are the elements of an array, in their order.
func arrayElements(d types.Datum) (out []types.Datum) {
	it := types.NewArrayIter(d)
	for e, ok := it.Next(); ok; e, ok = it.Next() {
		out = append(out, e.Clone())
	}
	return out
}
