package session

import (
	"context"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// declare opens an SQL cursor.
func (s *Session) declare(ctx context.Context, p *portal, st *ast.Declare) error {
	if !s.tx.inBlock() && !st.Hold {
		return pgerr.New(pgerrcode.NoActiveSQLTransaction, "DECLARE CURSOR can only be used in transaction blocks")
	}
	if s.portals[st.Name] != nil && st.Name != "" {
		return pgerr.Newf(pgerrcode.DuplicateCursor, "cursor %q already exists", st.Name)
	}
	q, err := s.prepareAs(ctx, &prepared{text: p.stmt.text, declared: p.stmt.params, positions: true},
		ast.Parsed{Stmt: st.Query, Start: int(st.Pos), End: int(st.Pos)})
	if err != nil {
		return err
	}
	if err := mayDeclare(st, q.plan); err != nil {
		return err
	}
	c := &portal{s: s, name: st.Name, stmt: q, columns: q.columns, kind: backend.KindRows, cursor: true, hold: st.Hold,
		scroll: scrolls(st, q.plan), binary: st.Binary, params: p.params, born: s.born(), declared: p.stmt.text}
	c.formats = make([]int16, len(c.columns)) // of Execute; FETCH looks at binary
	if err := c.begin(ctx); err != nil {
		return err
	}
	if s.tx.txn != nil && len(q.plan.Positions) > 0 {
		c.moves = s.tx.txn.TrackMoves()
	}
	s.portals[st.Name] = c
	return nil
}

// cursor finds what FETCH, MOVE and CLOSE name: an SQL cursor, or a portal of the
// protocol, whose names are the same.
func (s *Session) cursor(name string) (*portal, error) {
	if c := s.portals[name]; c != nil && (c.cursor || name != "" && c.kind == backend.KindRows) {
		if c.broken {
			return nil, pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "portal %q cannot be run", name)
		}
		return c, nil
	}
	return nil, pgerr.Newf(pgerrcode.InvalidCursorName, "cursor %q does not exist", name)
}

// walked is the cursor of the name, ready to be walked: a portal of the protocol has
// its remaining rows read first.
func (s *Session) walked(ctx context.Context, name string) (*portal, error) {
	c, err := s.cursor(name)
	if err != nil || c.cursor {
		return c, err
	}
	if !c.started {
		if err := c.start(ctx); err != nil {
			return nil, err
		}
	}
	rows := c.rows
	if rows == nil { // at its end
		rows = command{}
	}
	rest := &batch.Batch{Sel: c.restSel}
	if c.rest != nil {
		rest.Cols = c.rest.Cols
	}
	c.restSel, c.rest, c.done = nil, nil, false
	return c, c.keep(ctx, &continued{first: rest, source: rows})
}

// continued is a source of which a batch was read already.
type continued struct {
	source
	first *batch.Batch
}

func (r *continued) next(ctx context.Context) (*batch.Batch, error) {
	if b := r.first; b != nil && b.Len() > 0 {
		r.first = nil
		return b, nil
	}
	return r.source.next(ctx)
}

// cursorRows walks a cursor's buffer; position at counts the rows before it, as
// PostgreSQL does: 0 before the first row, n on the n-th, size+1 after the last.
type cursorRows struct {
	c     *portal
	left  int64
	most  int64 // of one call of next; 0: no limit of the caller's
	back  bool
	count int64
	tag   string
}

func (r *cursorRows) next(ctx context.Context) (*batch.Batch, error) {
	switch {
	case r.left <= 0:
		return nil, nil
	case r.back:
		return r.backward(int64(r.c.buffer.Len()))
	}
	size, err := r.c.read(ctx, r.c.at+min(r.left, batch.MaxRows))
	if err != nil {
		return nil, err
	}
	if r.c.at >= size {
		r.c.at = size + 1
		return nil, nil
	}
	n := min(r.left, size-r.c.at, batch.MaxRows)
	if r.most > 0 {
		n = min(n, r.most)
	}
	b, err := r.c.slice(r.c.at, n)
	if err != nil {
		return nil, err
	}
	n = int64(b.Len())
	r.c.at += n
	if r.left != ast.FetchAll {
		r.left -= n
	} else if r.c.at == size && r.tag != "" && r.c.from == nil {
		r.c.at, r.left = size+1, 0
	}
	r.count += n
	return b, nil
}

func (r *cursorRows) backward(size int64) (*batch.Batch, error) {
	if r.c.at > size {
		r.c.at = size + 1
	}
	if r.c.at <= 1 {
		r.c.at = 0
		return nil, nil
	}
	r.c.at--
	r.count++
	if r.left != ast.FetchAll {
		r.left--
	}
	return r.c.slice(r.c.at-1, 1)
}

// slice is rows that were read, from at on, n or fewer, without the columns behind those of the
// query.
func (p *portal) slice(at, n int64) (*batch.Batch, error) {
	b, err := p.buffer.Slice(int(at), int(n))
	if err != nil {
		return nil, err
	}
	p.shown.Cols, p.shown.Sel = b.Cols[:len(p.columns)], b.Sel
	return &p.shown, nil
}

func (r *cursorRows) finish() string {
	if r.tag == "" {
		return ""
	}
	return r.tag + " " + strconv.FormatInt(r.count, 10)
}
func (r *cursorRows) close() {}

// fetch is FETCH.
func (s *Session) fetch(ctx context.Context, st *ast.Fetch) (source, error) {
	c, err := s.walked(ctx, st.Name)
	if err != nil {
		return nil, err
	}
	tag := "FETCH"
	if st.Move {
		tag = "MOVE"
	}
	r := &cursorRows{c: c, tag: tag}
	return r, r.aim(ctx, st)
}

// aim sets what the walk returns. A cursor that is asked for what it cannot do is lost, which
// a savepoint lets one see.
func (r *cursorRows) aim(ctx context.Context, st *ast.Fetch) error {
	err := r.direct(ctx, st)
	if err != nil && !r.c.broken {
		r.c.fail()
	}
	return err
}

func (r *cursorRows) direct(ctx context.Context, st *ast.Fetch) error {
	count, size := st.Count, int64(r.c.buffer.Len())
	switch st.Direction {
	case ast.FetchForward, ast.FetchBackward:
		r.back = st.Direction == ast.FetchBackward
		if count < 0 {
			r.back, count = !r.back, -count
		}
		if count == 0 { // the present row again
			return r.again(ctx, st.Move, size)
		}
		r.left = count
	case ast.FetchAbsolute:
		if count < 0 {
			all, err := r.c.read(ctx, ast.FetchAll)
			if err != nil {
				return err
			}
			if !r.c.scroll { // it is reached from the end, wherever the cursor stands
				return notScrollable()
			}
			count = max(0, all+1+count)
		}
		return r.absolute(ctx, count)
	case ast.FetchRelative:
		if count == 0 {
			return r.again(ctx, st.Move, size)
		}
		if count < 0 && !r.c.scroll {
			return notScrollable()
		}
		return r.absolute(ctx, r.c.at+count)
	}
	if r.back && !r.c.scroll {
		if st.Move && r.left == ast.FetchAll && r.c.at == 0 {
			return nil // it is at the start
		}
		return notScrollable()
	}
	return nil
}

// again returns the present row, if the cursor stands on one. MOVE only counts it, so that
// it moves nothing.
func (r *cursorRows) again(ctx context.Context, move bool, size int64) error {
	r.back = false
	switch {
	case r.c.at == 0 || r.c.at > size:
		return nil
	case move:
		r.count = 1
		return nil
	}
	return r.absolute(ctx, r.c.at)
}

func (r *cursorRows) absolute(ctx context.Context, at int64) error {
	if at <= r.c.at && r.c.at > 0 && !r.c.scroll {
		return notScrollable()
	}
	size, err := r.c.read(ctx, at)
	if err != nil {
		return err
	}
	if at <= 0 || at > size {
		r.c.at = max(0, min(at, size+1))
		return nil
	}
	r.c.at, r.left = at-1, 1
	return nil
}

func notScrollable() error {
	return pgerr.New(pgerrcode.ObjectNotInPrerequisiteState, "cursor can only scan forward").
		WithHint("Declare it with SCROLL option to enable backward scan.")
}

// move is MOVE: FETCH without its rows.
func (s *Session) move(ctx context.Context, st *ast.Fetch) (string, error) {
	rows, err := s.fetch(ctx, st)
	if err != nil {
		return "", err
	}
	for {
		b, err := rows.next(ctx)
		if err != nil {
			return "", err
		}
		if b == nil {
			return rows.finish(), nil
		}
	}
}

func (s *Session) closeCursor(st *ast.CloseCursor) (string, error) {
	if st.Name == "" {
		for name, c := range s.portals {
			if c.looped {
				return "", errLooped(name)
			}
			if c.cursor {
				c.close()
				delete(s.portals, name)
			}
		}
		return "CLOSE CURSOR ALL", nil
	}
	if c := s.portals[st.Name]; c == nil || !c.broken {
		if _, err := s.cursor(st.Name); err != nil {
			return "", err
		}
	}
	if c := s.portals[st.Name]; c.looped {
		return "", errLooped(st.Name)
	}
	return "CLOSE CURSOR", s.ClosePortal(st.Name)
}

// errLooped refuses to close a cursor that a loop goes over.
func errLooped(name string) error {
	return pgerr.Newf(pgerrcode.InvalidCursorState, "cannot drop pinned portal \"%s\"", name)
}
