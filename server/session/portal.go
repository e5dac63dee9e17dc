package session

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// portal is a statement being executed; see backend.Portal. It is also what an
// SQL cursor is.
type portal struct {
	s       *Session
	name    string
	stmt    *prepared
	params  []types.Datum
	arena   batch.Arena
	formats []int16
	columns []backend.Column
	kind    backend.Kind

	rows    source // nil until the first pull, and after the end
	rest    *batch.Batch
	restSel []uint16
	out     batch.Batch
	count   int64
	tag     string
	started bool
	done    bool
	copying copyState
	inner   bool // the statement that EXECUTE runs
	bound   bool // by a client's Bind, so that pg_cursors shows it without a name, too

	born int64 // how many portals the session had made before: see savepoint

	// Of SQL cursors, and of portals that FETCH was used on.
	cursor, hold, scroll, binary bool
	buffer                       *executor.Buffer
	from                         source         // of the rows not in buffer yet; nil: that has all
	moving                       *movingContext // of the query, where it is read step by step
	broken                       bool           // by an error of its query, or of a walk
	ended                        bool           // its query is, with the transaction
	at                           int64          // rows before the cursor's position
	shown                        batch.Batch
	held                         bool   // its transaction is over
	looped                       bool   // a FOR loop of PL/pgSQL goes over it
	declared                     string // the text of DECLARE
	moves                        int    // of the transaction before it was opened: see table.Txn.Moved
}

// source yields a result's batches; nil at its end.
type source interface {
	next(ctx context.Context) (*batch.Batch, error)
	// finish returns the command tag after the last row.
	finish() string
	close()
}

var _ backend.Portal = (*portal)(nil)

// Kind implements backend.Portal.
func (p *portal) Kind() backend.Kind { return p.kind }

// Late implements backend.Portal: of queries that do not write, rows are sent as they come.
func (p *portal) Late() bool {
	q, query := p.stmt.stmt.(*ast.Select)
	return !query || q.With != nil && slices.ContainsFunc(q.With.CTEs, func(c ast.CTE) bool {
		_, reads := c.Query.(*ast.Select)
		return !reads
	})
}

// Columns implements backend.Portal.
func (p *portal) Columns() []backend.Column { return p.columns }

// Formats implements backend.Portal.
func (p *portal) Formats() []int16 { return p.formats }

// Tag implements backend.Portal.
func (p *portal) Tag() string { return p.tag }

// Copy implements backend.Portal.
func (p *portal) Copy() backend.Copy {
	if p.copying == nil {
		return nil
	}
	return p.copying
}

// Pull implements backend.Portal.
func (p *portal) Pull(ctx context.Context, max int) (*batch.Batch, error) {
	ctx = p.s.reading(ctx, p.stmt)
	b, err := p.pull(ctx, max)
	if b == nil && err == nil && !isTxnControl(p.stmt.stmt) {
		err = p.s.tx.examine()
	}
	if err != nil {
		p.close()
		err = p.s.hide(toPG(ctx, err))
		p.s.failed(err)
	}
	if b == nil {
		p.s.unlimit()
	}
	return b, err
}

func (p *portal) pull(ctx context.Context, max int) (*batch.Batch, error) {
	if p.done {
		if p.kind == backend.KindCommand {
			return nil, pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "portal %q cannot be run", p.name)
		}
		p.tag = countTag(p.tag, p.count)
		return nil, nil
	}
	if !p.started {
		if err := p.start(ctx); err != nil {
			return nil, err
		}
	}
	if len(p.restSel) == 0 {
		if r, ok := p.rows.(*cursorRows); ok {
			r.most = int64(max) // FETCH goes on from where this stops
		}
		b, err := p.rows.next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil {
			p.tag = p.rows.finish()
			p.s.ended(p)
			if p.kind == backend.KindRows {
				p.tag = countTag(p.tag, p.count)
			}
			if !p.cursor { // a cursor may be moved back
				p.close()
			}
			return nil, nil
		}
		p.rest, p.restSel = b, b.Sel
	}
	n := len(p.restSel)
	if max > 0 {
		n = min(n, max)
	}
	p.out.Cols, p.out.Sel = p.rest.Cols, p.restSel[:n]
	p.restSel = p.restSel[n:]
	p.count += int64(n)
	return &p.out, nil
}

// countTag is the tag of an Execute that returned n rows: only these count, whatever
// earlier ones returned. Tags without a number have none to replace.
func countTag(tag string, n int64) string {
	if tag == "" {
		tag = "SELECT 0"
	}
	if i := strings.LastIndexByte(tag, ' '); i >= 0 && tag[i+1] >= '0' && tag[i+1] <= '9' {
		return tag[:i+1] + strconv.FormatInt(n, 10)
	}
	return tag
}

// start runs what must happen before the first row.
func (p *portal) start(ctx context.Context) error {
	s := p.s
	p.started = true
	if s.tx.block && s.tx.failed && !endsBlock(p.stmt.stmt) {
		return errFailedBlock()
	}
	if err := s.begins(ctx, p); err != nil {
		return err
	}
	s.tx.used = s.tx.used || !isTxnControl(p.stmt.stmt)
	if err := s.settle(ctx, p); err != nil {
		return err
	}
	s.note("active", p.stmt.text) // all of what the client sent
	rows, err := s.run(ctx, p)
	if err != nil {
		return err
	}
	p.rows = rows
	return nil
}

func isTxnControl(st ast.Stmt) bool {
	switch st.(type) {
	case *ast.TxnStmt, *ast.Set, *ast.Show:
		return true
	}
	return false
}

// close frees the portal's resources; it stays known until it is removed.
func (p *portal) close() {
	if c, ok := p.copying.(*copyIn); ok {
		c.stop()
	}
	if p.rows != nil {
		p.rows.close()
		p.rows = nil
	}
	p.stop()
	if p.buffer != nil {
		p.buffer.Close()
	}
	p.restSel, p.rest, p.done, p.started = nil, nil, true, true
}

// settle reads the other running portals to their end, so that the statement
// about to run cannot change what they return.
func (s *Session) settle(ctx context.Context, but *portal) error {
	for _, p := range s.portals {
		if p == but || p.rows == nil || p.done || p.cursor {
			continue
		}
		if _, ok := p.rows.(*buffered); ok {
			continue
		}
		b := &buffered{buf: s.newBuffer()}
		if p.restSel != nil {
			if err := b.buf.Append(&batch.Batch{Cols: p.rest.Cols, Sel: p.restSel}); err != nil {
				return err
			}
		}
		for {
			rows, err := p.rows.next(ctx)
			if err != nil {
				return err
			}
			if rows == nil {
				break
			}
			if err := b.buf.Append(rows); err != nil {
				return err
			}
		}
		b.tag = p.rows.finish()
		p.rows.close()
		p.rows, p.restSel, p.rest = b, nil, nil
	}
	return nil
}

// buffered is a result that was read to its end before it was asked for.
type buffered struct {
	buf *executor.Buffer
	tag string
}

func (b *buffered) next(context.Context) (*batch.Batch, error) { return b.buf.Next() }
func (b *buffered) finish() string                             { return b.tag }
func (b *buffered) close()                                     { b.buf.Close() }

// command is the result of a statement without rows.
type command struct{ tag string }

func (c command) next(context.Context) (*batch.Batch, error) { return nil, nil }
func (c command) finish() string                             { return c.tag }
func (c command) close()                                     {}

// Portal implements backend.Session.
func (s *Session) Portal(ctx context.Context, name string) (backend.Portal, error) {
	p := s.portals[name]
	if p == nil {
		return nil, pgerr.Newf(pgerrcode.InvalidCursorName, "portal %q does not exist", name)
	}
	s.text = p.stmt.text
	if s.tx.block && s.tx.failed && !endsBlock(p.stmt.stmt) {
		return nil, errFailedBlock()
	}
	s.tx.executes++
	p.count = 0 // the tag counts the rows of one Execute
	if p.kind == backend.KindCopyIn || p.kind == backend.KindCopyOut {
		ctx = s.limited(ctx)
		if err := p.startCopy(ctx); err != nil {
			err = toPG(ctx, err)
			s.failed(err)
			return nil, err
		}
	}
	return p, nil
}

// DescribePortal implements backend.Session.
func (s *Session) DescribePortal(_ context.Context, name string) (backend.Portal, error) {
	p := s.portals[name]
	switch {
	case p == nil:
		return nil, pgerr.Newf(pgerrcode.InvalidCursorName, "portal %q does not exist", name)
	case s.tx.block && s.tx.failed && p.kind == backend.KindRows:
		return nil, errFailedBlock()
	}
	return p, nil
}

// ClosePortal implements backend.Session.
func (s *Session) ClosePortal(name string) error {
	if p := s.portals[name]; p != nil {
		s.drop(name, p)
	}
	return nil
}

// drop ends a portal and forgets it.
func (s *Session) drop(name string, p *portal) {
	p.close()
	delete(s.portals, name)
	if name == "" {
		s.spare = p
	}
}

// closePortals ends every portal, held cursors too.
func (s *Session) closePortals() {
	for name, p := range s.portals {
		s.drop(name, p)
	}
}

// closePortalsAfter ends the portals made after the first n. The rows of those that
// stay have been read by now: see settle.
func (s *Session) closePortalsAfter(n int64) {
	for name, p := range s.portals {
		if p.born > n {
			s.drop(name, p)
		}
	}
}

// closeTxnPortals ends the portals of a transaction; a commit keeps held cursors.
func (s *Session) closeTxnPortals(committed bool) {
	for name, p := range s.portals {
		if p == s.ending.portal {
			continue
		}
		if p.looped || committed && p.hold {
			p.stop() // it has been read, or its loop has failed
			p.held = true
		}
		if p.held {
			continue
		}
		p.close()
		s.drop(name, p)
	}
}

// Fail implements backend.Session.
func (s *Session) Fail() { s.failed(nil) }
