package session

import (
	"context"
	"fmt"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/plpgsql"
	"github.com/loxodb/loxodb/sql/types"
)

// cursorName is the portal that a cursor variable names.
func (r *plRun) cursorName(t plpgsql.Target, sc *plScope) (string, error) {
	slot, _, _ := sc.find(t.Parts)
	v := &r.b.vars[slot]
	if v.t.OID != types.RefcursorOID {
		return "", pgerr.Newf(pgerrcode.DatatypeMismatch, "variable \"%s\" must be of type cursor or refcursor", v.name)
	}
	if r.vals[slot].IsNull() {
		return "", pgerr.Newf(pgerrcode.NullValueNotAllowedDataException, "cursor variable \"%s\" is null", v.name)
	}
	return r.vals[slot].Text(), nil
}

// cursorQuery is the query of a bound cursor, with its arguments in their variables.
func (r *plRun) cursorQuery(ctx context.Context, slot int, args []plpgsql.Text, sc *plScope) (*statement, error) {
	d := r.b.vars[slot].cursor
	inner := r.b.vars[slot].scope
	vals := make([]plValue, len(args))
	for i := range args {
		v, err := r.eval(ctx, args[i], sc, types.T{})
		if err != nil {
			return nil, err
		}
		vals[i] = v
	}
	for i, v := range vals {
		if err := r.store(inner.names[d.Args[i].Name], v); err != nil {
			return nil, err
		}
	}
	return r.prepared(ctx, d.Query, inner)
}

// open is OPEN.
func (r *plRun) open(ctx context.Context, x *plpgsql.Open, sc *plScope) error {
	slot, _, _ := sc.find(x.Cursor.Parts)
	v := &r.b.vars[slot]
	if v.t.OID != types.RefcursorOID {
		return pgerr.Newf(pgerrcode.DatatypeMismatch, "variable \"%s\" must be of type cursor or refcursor", v.name)
	}
	name := ""
	if !r.vals[slot].IsNull() {
		if name = r.vals[slot].Text(); r.s.portals[name] != nil {
			return pgerr.Newf(pgerrcode.DuplicateCursor, "cursor \"%s\" already in use", name)
		}
	}
	if v.constant && r.vals[slot].IsNull() && v.cursor == nil {
		return pgerr.Newf(pgerrcode.ErrorInAssignment, "variable \"%s\" is declared CONSTANT", v.name)
	}
	var st *statement
	var params []types.Datum
	var err error
	scroll := x.Scroll
	switch {
	case x.Dynamic.Given():
		if st, params, err = r.dynamic(ctx, x.Dynamic, x.Using, sc, false); err != nil {
			return err
		}
	case x.Query.Given():
		if st, err = r.prepared(ctx, x.Query, sc); err != nil {
			return err
		}
		params = st.values(r.slot)
	default:
		scroll = v.cursor.Scroll
		if st, err = r.cursorQuery(ctx, slot, x.Args, sc); err != nil {
			return err
		}
		params = st.values(r.slot)
	}
	if st == nil || st.columnsOf() == nil {
		return noCursor(st)
	}
	if q, ok := st.stmt.(*ast.Select); ok && scroll == 's' && len(q.Locking) > 0 {
		return pgerr.New(pgerrcode.FeatureNotSupported, "DECLARE SCROLL CURSOR ... FOR UPDATE/SHARE is not supported").
			WithDetail("Scrollable cursors must be READ ONLY.")
	}
	st.walkable()
	c, err := r.newCursor(ctx, name, st)
	if err != nil {
		return err
	}
	c.scroll = scroll != 'n'
	if err := r.beginCursor(ctx, c, st, params); err != nil {
		return err
	}
	r.enterCursor(c, slot)
	return nil
}

// walkable has the statement's plan tell the positions of the rows that a cursor stands on.
func (st *statement) walkable() {
	if !st.positions {
		st.positions, st.plan = true, nil
	}
}

// newCursor makes the cursor of a query, under a name of its own where it is given none.
func (r *plRun) newCursor(ctx context.Context, name string, st *statement) (*portal, error) {
	if name == "" {
		r.s.unnamed++
		name = fmt.Sprintf("<unnamed portal %d>", r.s.unnamed)
	}
	if err := r.ready(ctx, st); err != nil {
		return nil, r.inStatement(err, st.text)
	}
	q := st.prepared
	q.query, q.vars = nil, nil
	c := &portal{s: r.s, name: name, stmt: &q, columns: st.columnsOf(), kind: backend.KindRows, cursor: true, started: true,
		born: r.s.born(), declared: st.source}
	c.formats = make([]int16, len(c.columns))
	return c, nil
}

// enterCursor makes an open cursor known by its name, which its variable gets.
func (r *plRun) enterCursor(c *portal, slot int) {
	if r.s.tx.txn != nil && c.stmt.plan != nil && len(c.stmt.plan.Positions) > 0 {
		c.moves = r.s.tx.txn.TrackMoves()
	}
	r.s.portals[c.name] = c
	r.vals[slot] = types.String(c.name)
}

// loopCursor opens the cursor of a FOR loop: that of the variable in slot, or, where that is -1,
// one that nothing has the name of. When its transaction ends, the rest of its rows is read, so
// that the loop goes on. end closes it and takes a name that it was given here from its variable.
func (r *plRun) loopCursor(ctx context.Context, slot int, st *statement, params []types.Datum) (c *portal, end func(), err error) {
	was, name := types.Null, ""
	if slot >= 0 {
		if was = r.vals[slot]; !was.IsNull() {
			name = was.Text()
		}
		st.walkable()
	}
	if c, err = r.newCursor(ctx, name, st); err != nil {
		return nil, nil, err
	}
	c.looped = true
	if slot >= 0 {
		c.scroll = r.b.vars[slot].cursor.Scroll != 'n'
	} else {
		c.stmt = &st.prepared // which outlives the loop: what has been built of it is used again
	}
	drop := func() {
		if r.s.portals[c.name] == c {
			r.s.drop(c.name, c)
		}
	}
	if slot < 0 {
		r.s.portals[c.name] = c // where the query itself may see it
	}
	if err := r.beginCursor(ctx, c, st, params); err != nil {
		drop()
		return nil, nil, err
	}
	if slot >= 0 {
		r.enterCursor(c, slot)
	}
	return c, func() {
		drop()
		if slot >= 0 && was.IsNull() {
			r.vals[slot] = types.Null
		}
	}, nil
}

// noCursor refuses a cursor for a statement without rows.
func noCursor(st *statement) error {
	what := ""
	if st != nil {
		switch st.stmt.(type) {
		case *ast.Insert:
			what = "INSERT "
		case *ast.Update:
			what = "UPDATE "
		case *ast.Delete:
			what = "DELETE "
		case *ast.Merge:
			what = "MERGE "
		}
	}
	return pgerr.Newf(pgerrcode.InvalidCursorDefinition, "cannot open %squery as cursor", what)
}

// beginCursor opens the query of a cursor. That of a function that is not volatile reads
// what the calling statement reads, which does not outlive it.
func (r *plRun) beginCursor(ctx context.Context, c *portal, st *statement, params []types.Datum) error {
	if r.fixed || !lazy(st.plan) {
		return r.readCursor(ctx, c, st, params)
	}
	defer func() { r.known = false }()
	x := r.s.newRunning(c.stmt)
	x.act = r.activation
	return c.walk(ctx, x, params)
}

// readCursor opens the query of a cursor and reads it to its end.
func (r *plRun) readCursor(ctx context.Context, c *portal, st *statement, params []types.Datum) error {
	c.buffer = r.s.newBuffer()
	if _, err := r.run(ctx, st, params, func(b *batch.Batch) error { return c.buffer.Append(b) }); err != nil {
		c.buffer.Close()
		return err
	}
	c.rows = &cursorRows{c: c, left: ast.FetchAll}
	return nil
}

// fetch is FETCH and MOVE.
func (r *plRun) fetch(ctx context.Context, x *plpgsql.Fetch, sc *plScope) error {
	name, err := r.cursorName(x.Cursor, sc)
	if err != nil {
		return err
	}
	c, err := r.s.walked(ctx, name)
	if err != nil {
		return err
	}
	f := &ast.Fetch{Name: name, Move: x.Move, Count: 1}
	if x.Count.SQL == "all" {
		f.Count = ast.FetchAll
	} else if x.Count.SQL != "1" {
		n, null, err := r.integer(ctx, x.Count, sc)
		if err != nil {
			return err
		}
		if null {
			return pgerr.New(pgerrcode.NullValueNotAllowedDataException, "relative or absolute cursor position is null")
		}
		f.Count = n
	}
	switch x.Direction {
	case "backward", "prior":
		f.Direction = ast.FetchBackward
	case "absolute":
		f.Direction = ast.FetchAbsolute
	case "relative":
		f.Direction = ast.FetchRelative
	case "first":
		f.Direction, f.Count = ast.FetchAbsolute, 1
	case "last":
		f.Direction, f.Count = ast.FetchAbsolute, -1
	case "all":
		f.Count = ast.FetchAll
	}
	rows := &cursorRows{c: c, tag: "FETCH"}
	if err := rows.aim(ctx, f); err != nil {
		return err
	}
	row := nullRow(c.columns)
	n := int64(0)
	for {
		b, err := rows.next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		for _, i := range b.Sel {
			if n++; n == 1 {
				for k := range row.vals {
					row.vals[k] = b.Cols[k].Datum(int(i)).Clone()
				}
			}
		}
	}
	r.rows, r.vals[r.b.found] = n, types.Bool(n > 0)
	if x.Move {
		return nil
	}
	if n == 0 {
		return r.noRow(x.Targets, row, sc)
	}
	return r.putRow(x.Targets, row, sc)
}
