package session

import (
	"context"
	"fmt"
	"slices"
	"strconv"

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

	// Of SQL cursors.
	cursor, hold, scroll bool
	buffer               *executor.Buffer
	at                   int64 // rows before the cursor's position
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
	ctx = p.s.limited(ctx)
	b, err := p.pull(ctx, max)
	if err != nil {
		p.close()
		p.s.tx.fail()
		err = toPG(ctx, err)
	}
	if b == nil {
		p.s.unlimit()
	}
	return b, err
}

func (p *portal) pull(ctx context.Context, max int) (*batch.Batch, error) {
	if p.done {
		return nil, nil
	}
	if !p.started {
		if err := p.start(ctx); err != nil {
			return nil, err
		}
	}
	if len(p.restSel) == 0 {
		b, err := p.rows.next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil {
			p.tag = p.rows.finish()
			if p.kind == backend.KindRows && p.tag == "" {
				p.tag = "SELECT " + strconv.FormatInt(p.count, 10)
			}
			p.close()
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

// start runs what must happen before the first row.
func (p *portal) start(ctx context.Context) error {
	s := p.s
	p.started = true
	if s.tx.block && s.tx.failed && !endsBlock(p.stmt.stmt) {
		return errFailedBlock()
	}
	s.tx.used = s.tx.used || !isTxnControl(p.stmt.stmt)
	if err := s.settle(ctx, p); err != nil {
		return err
	}
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
		b := &buffered{buf: executor.NewBuffer(s.budget())}
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

func (b *buffered) next(context.Context) (*batch.Batch, error) { return b.buf.Next(), nil }
func (b *buffered) finish() string                             { return b.tag }
func (b *buffered) close()                                     { b.buf.Close() }

// command is the result of a statement without rows.
type command struct{ tag string }

func (c command) next(context.Context) (*batch.Batch, error) { return nil, nil }
func (c command) finish() string                             { return c.tag }
func (c command) close()                                     {}

// Bind implements backend.Session.
func (s *Session) Bind(ctx context.Context, name, statement string, argFormats []int16, args [][]byte, resultFormats []int16) error {
	err := s.bind(ctx, name, statement, argFormats, args, resultFormats)
	if err != nil {
		return toPG(ctx, err)
	}
	return nil
}

func (s *Session) bind(ctx context.Context, name, statement string, argFormats []int16, args [][]byte, resultFormats []int16) error {
	st, err := s.lookup(statement)
	if err != nil {
		return err
	}
	s.text = st.text
	if s.tx.block && s.tx.failed && !endsBlock(st.stmt) {
		return errFailedBlock()
	}
	if old := s.portals[name]; old != nil {
		if name != "" {
			return pgerr.Newf(pgerrcode.DuplicateCursor, "cursor %q already exists", name)
		}
		s.drop(name, old)
	}
	if err := s.refresh(st); err != nil {
		return err
	}
	if len(args) != len(st.params) {
		return pgerr.Newf(pgerrcode.ProtocolViolation, "bind message supplies %d parameters, but prepared statement %q requires %d",
			len(args), statement, len(st.params))
	}
	p := s.newPortal(name, st)
	if err := p.decode(argFormats, args); err != nil {
		return err
	}
	if p.formats, err = resultFormat(p.formats, resultFormats, len(p.columns)); err != nil {
		return err
	}
	s.portals[name] = p
	return nil
}

func (s *Session) newPortal(name string, st *prepared) *portal {
	p := s.spare
	if p == nil || name != "" {
		p = &portal{}
	} else { // the unnamed portal's memory is used again
		s.spare = nil
		arena, params, formats := p.arena, p.params[:0], p.formats
		arena.Reset()
		*p = portal{arena: arena, params: params, formats: formats}
	}
	p.s, p.name, p.stmt, p.columns, p.kind = s, name, st, st.columns, st.kind
	return p
}

// decode reads the parameters' wire values.
func (p *portal) decode(formats []int16, args [][]byte) error {
	if len(formats) > 1 && len(formats) != len(args) {
		return pgerr.Newf(pgerrcode.ProtocolViolation, "bind message has %d parameter formats but %d parameters", len(formats), len(args))
	}
	f := p.s.TextFormat()
	p.params = p.params[:0]
	for i, raw := range args {
		if raw == nil {
			p.params = append(p.params, types.Null)
			continue
		}
		format := int16(0)
		if len(formats) == 1 {
			format = formats[0]
		} else if len(formats) > 1 {
			format = formats[i]
		}
		t := types.Of(p.stmt.params[i])
		raw = p.arena.Copy(raw)
		var d types.Datum
		var err error
		switch format {
		case 0:
			if err = types.CheckUTF8(raw); err == nil {
				d, err = types.ParseText(t, string(raw), f)
			}
		case 1:
			d, err = types.DecodeBinary(t, raw)
		default:
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "unsupported format code: %d", format)
		}
		if err != nil {
			if e, ok := pgerr.As(err); ok && e.Where == "" {
				e.Where = fmt.Sprintf("unnamed portal parameter $%d", i+1)
			}
			return err
		}
		p.params = append(p.params, d)
	}
	return nil
}

// resultFormat spreads the formats over the columns, in dst's memory.
func resultFormat(dst, formats []int16, columns int) ([]int16, error) {
	out := slices.Grow(dst[:0], columns)[:columns]
	clear(out)
	if len(formats) > 1 && len(formats) != columns {
		return nil, pgerr.Newf(pgerrcode.ProtocolViolation, "bind message has %d result formats but query has %d columns", len(formats), columns)
	}
	for i := range out {
		switch len(formats) {
		case 0:
		case 1:
			out[i] = formats[0]
		default:
			out[i] = formats[i]
		}
		if out[i] != 0 && out[i] != 1 {
			return nil, pgerr.Newf(pgerrcode.InvalidParameterValue, "unsupported format code: %d", out[i])
		}
	}
	return out, nil
}

// Portal implements backend.Session.
func (s *Session) Portal(ctx context.Context, name string) (backend.Portal, error) {
	p := s.portals[name]
	if p == nil {
		return nil, pgerr.Newf(pgerrcode.InvalidCursorName, "portal %q does not exist", name)
	}
	s.text = p.stmt.text
	p.count = 0 // the tag counts the rows of one Execute
	if p.kind == backend.KindCopyIn || p.kind == backend.KindCopyOut {
		ctx = s.limited(ctx)
		if err := p.startCopy(ctx); err != nil {
			s.tx.fail()
			return nil, toPG(ctx, err)
		}
	}
	return p, nil
}

// DescribePortal implements backend.Session.
func (s *Session) DescribePortal(_ context.Context, name string) (backend.Portal, error) {
	if p := s.portals[name]; p != nil {
		return p, nil
	}
	return nil, pgerr.Newf(pgerrcode.InvalidCursorName, "portal %q does not exist", name)
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

// closeTxnPortals ends the portals of a transaction; a commit keeps held cursors.
func (s *Session) closeTxnPortals(committed bool) {
	for name, p := range s.portals {
		if committed && p.hold {
			continue
		}
		p.close()
		if p.hold && !committed && p.buffer != nil {
			continue // it was held by an earlier transaction
		}
		s.drop(name, p)
	}
}

// Fail implements backend.Session.
func (s *Session) Fail() { s.tx.fail() }

// Sync implements backend.Session.
func (s *Session) Sync(ctx context.Context) error {
	s.unlimit()
	if s.tx.block {
		if s.tx.failed {
			delete(s.portals, "")
		}
		s.note("idle in transaction", "")
		return nil
	}
	_, err := s.tx.commit(ctx)
	s.note("idle", "")
	return toPG(ctx, err)
}

// Simple implements backend.Session.
func (s *Session) Simple(ctx context.Context, text string) (int, error) {
	_ = s.ClosePortal("")
	delete(s.stmts, "")
	s.simple = s.simple[:0]
	s.text = text
	if err := s.tx.planView(ctx); err != nil {
		return 0, toPG(ctx, err)
	}
	if key, ok := s.cacheKey(text, nil); ok && !s.tx.failed {
		if e, found := s.db.plans.Get(key); found {
			c := e.(*cachedPlan)
			p := &prepared{text: text, source: c.source, stmt: c.stmt}
			p.setPlan(c.plan, s.planKeyNow())
			s.simple = append(s.simple, p)
			return 1, nil
		}
	}
	list, err := s.db.cfg.Parser.Parse(text)
	if err != nil {
		return 0, toPG(ctx, err)
	}
	for _, x := range list {
		s.simple = append(s.simple, &prepared{text: text, parsed: x, stmt: x.Stmt})
	}
	return len(list), nil
}

// SimpleNext implements backend.Session: statements are planned one by one, since
// each may change the catalog for the next.
func (s *Session) SimpleNext(ctx context.Context, i int) (backend.Portal, error) {
	ctx = s.limited(ctx)
	p, err := s.simpleNext(ctx, i)
	if err != nil {
		s.tx.fail()
		return nil, toPG(ctx, err)
	}
	return p, nil
}

func (s *Session) simpleNext(ctx context.Context, i int) (*portal, error) {
	st := s.simple[i]
	s.text = st.text
	if st.plan == nil {
		if err := s.tx.planView(ctx); err != nil {
			return nil, err
		}
		full, err := s.prepare(ctx, st.text, st.parsed, nil)
		if err != nil {
			return nil, err
		}
		if len(s.simple) == 1 && full.plan != nil {
			if key, ok := s.cacheKey(st.text, nil); ok {
				s.share(key, full)
			}
		}
		s.simple[i] = full
		st = full
	}
	if len(st.params) > 0 {
		return nil, pgerr.Newf(pgerrcode.UndefinedParameter, "there is no parameter $1")
	}
	p := s.newPortal("", st)
	p.formats = make([]int16, len(p.columns)) // all text
	if f, ok := p.stmt.stmt.(*ast.Fetch); ok {
		if c := s.portals[f.Name]; c != nil && len(c.formats) == len(p.formats) {
			copy(p.formats, c.formats) // those that the cursor was declared with
		}
	}
	s.portals[""] = p
	if st.kind == backend.KindCopyIn || st.kind == backend.KindCopyOut {
		return p, p.startCopy(ctx)
	}
	return p, nil
}

// SimpleEnd implements backend.Session.
func (s *Session) SimpleEnd(ctx context.Context, failed bool) error {
	_ = s.ClosePortal("")
	if failed {
		s.tx.fail()
	}
	return s.Sync(ctx)
}
