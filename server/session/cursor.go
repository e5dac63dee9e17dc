package session

import (
	"context"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// declare opens an SQL cursor. Its rows are those of the moment it is opened:
// they are read when first asked for, or before any later statement runs.
func (s *Session) declare(ctx context.Context, p *portal, st *ast.Declare) error {
	if !s.tx.block && !st.Hold {
		return pgerr.New(pgerrcode.NoActiveSQLTransaction, "DECLARE CURSOR can only be used in transaction blocks")
	}
	if s.portals[st.Name] != nil && st.Name != "" {
		return pgerr.Newf(pgerrcode.DuplicateCursor, "cursor %q already exists", st.Name)
	}
	q, err := s.prepare(ctx, p.stmt.text, ast.Parsed{Stmt: st.Query, Start: int(st.Pos), End: int(st.Pos)}, p.stmt.params)
	if err != nil {
		return err
	}
	c := &portal{s: s, name: st.Name, stmt: q, columns: q.columns, kind: backend.KindRows, cursor: true, hold: st.Hold,
		scroll: st.Scroll == nil || *st.Scroll, params: p.params}
	c.formats = make([]int16, len(c.columns))
	if st.Binary {
		for i := range c.formats {
			c.formats[i] = 1
		}
	}
	rows, err := s.run(ctx, c)
	if err != nil {
		return err
	}
	defer rows.close()
	c.buffer = executor.NewBuffer(s.budget())
	for {
		b, err := rows.next(ctx)
		if err != nil {
			c.buffer.Close()
			return err
		}
		if b == nil {
			break
		}
		if err := c.buffer.Append(b); err != nil {
			return err
		}
	}
	c.started, c.rows = true, &cursorRows{c: c, left: ast.FetchAll}
	s.portals[st.Name] = c
	return nil
}

func (s *Session) cursor(name string) (*portal, error) {
	if c := s.portals[name]; c != nil && c.cursor {
		return c, nil
	}
	return nil, pgerr.Newf(pgerrcode.InvalidCursorName, "cursor %q does not exist", name)
}

// cursorRows walks a cursor's buffer; position at counts the rows before it, as
// PostgreSQL does: 0 before the first row, n on the n-th, size+1 after the last.
type cursorRows struct {
	c     *portal
	left  int64
	back  bool
	count int64
	tag   string
}

func (r *cursorRows) next(context.Context) (*batch.Batch, error) {
	size := int64(r.c.buffer.Len())
	switch {
	case r.left <= 0:
		return nil, nil
	case r.back:
		return r.backward(size), nil
	}
	if r.c.at >= size {
		r.c.at = size + 1
		return nil, nil
	}
	n := min(r.left, size-r.c.at, batch.MaxRows)
	b := r.c.buffer.Slice(int(r.c.at), int(n))
	r.c.at += n
	if r.left != ast.FetchAll {
		r.left -= n
	} else if r.c.at == size {
		r.c.at, r.left = size+1, 0
	}
	r.count += n
	return b, nil
}

func (r *cursorRows) backward(size int64) *batch.Batch {
	if r.c.at > size {
		r.c.at = size + 1
	}
	if r.c.at <= 1 {
		r.c.at = 0
		return nil
	}
	r.c.at--
	r.count++
	if r.left != ast.FetchAll {
		r.left--
	}
	return r.c.buffer.Slice(int(r.c.at-1), 1)
}

func (r *cursorRows) finish() string {
	if r.tag == "" {
		return ""
	}
	return r.tag + " " + strconv.FormatInt(r.count, 10)
}
func (r *cursorRows) close() {}

// fetch is FETCH.
func (s *Session) fetch(_ context.Context, st *ast.Fetch) (source, error) {
	c, err := s.cursor(st.Name)
	if err != nil {
		return nil, err
	}
	tag := "FETCH"
	if st.Move {
		tag = "MOVE"
	}
	r := &cursorRows{c: c, tag: tag}
	return r, r.aim(st)
}

// aim sets what the walk returns.
func (r *cursorRows) aim(st *ast.Fetch) error {
	count, size := st.Count, int64(r.c.buffer.Len())
	switch st.Direction {
	case ast.FetchForward, ast.FetchBackward:
		r.back = st.Direction == ast.FetchBackward
		if count < 0 {
			r.back, count = !r.back, -count
		}
		if count == 0 { // the present row again
			return r.absolute(r.c.at, size)
		}
		r.left = count
	case ast.FetchAbsolute:
		if count < 0 {
			count = max(0, size+1+count)
		}
		return r.absolute(count, size)
	case ast.FetchRelative:
		return r.absolute(r.c.at+count, size)
	}
	if r.back && !r.c.scroll {
		return notScrollable()
	}
	return nil
}

func (r *cursorRows) absolute(at, size int64) error {
	if at < r.c.at && !r.c.scroll {
		return notScrollable()
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
			if c.cursor {
				c.close()
				delete(s.portals, name)
			}
		}
		return "CLOSE CURSOR ALL", nil
	}
	if _, err := s.cursor(st.Name); err != nil {
		return "", err
	}
	return "CLOSE CURSOR", s.ClosePortal(st.Name)
}
