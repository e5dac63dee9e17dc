package session

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Bind implements backend.Session.
func (s *Session) Bind(ctx context.Context, name, statement string, argFormats []int16, args [][]byte, resultFormats []int16) error {
	ctx = s.limited(ctx)
	err := s.bind(ctx, name, statement, argFormats, args, resultFormats)
	if err != nil {
		return s.complain(toPG(ctx, err))
	}
	return nil
}

func (s *Session) bind(ctx context.Context, name, statement string, argFormats []int16, args [][]byte, resultFormats []int16) error {
	st, err := s.lookup(statement)
	if err != nil {
		return err
	}
	s.text = st.text
	if old := s.portals[name]; old != nil {
		if name != "" {
			return pgerr.Newf(pgerrcode.DuplicateCursor, "cursor %q already exists", name)
		}
		s.drop(name, old)
	}
	if err := s.refresh(ctx, st); err != nil {
		return err
	}
	if len(argFormats) > 1 && len(argFormats) != len(args) {
		return pgerr.Newf(pgerrcode.ProtocolViolation, "bind message has %d parameter formats but %d parameters", len(argFormats), len(args))
	}
	if len(args) != len(st.params) {
		return pgerr.Newf(pgerrcode.ProtocolViolation, "bind message supplies %d parameters, but prepared statement %q requires %d",
			len(args), statement, len(st.params))
	}
	if s.tx.block && s.tx.failed && !endsBlock(st.stmt) {
		return errFailedBlock()
	}
	p := s.newPortal(name, st)
	if err := p.decode(argFormats, args); err != nil {
		return err
	}
	if statement != "" {
		s.countPlan(st, len(args))
	}
	if p.kind != backend.KindRows {
		resultFormats = nil // they are about nothing
	}
	if p.formats, err = resultFormat(p.formats, resultFormats, len(p.columns)); err != nil {
		return err
	}
	p.bound = true
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
	p.s, p.name, p.stmt, p.columns, p.kind, p.born = s, name, st, st.portalColumns(), st.kind, s.born()
	return p
}

// born numbers the session's portals.
func (s *Session) born() int64 {
	s.portalCount++
	return s.portalCount
}

// decode reads the parameters' wire values.
func (p *portal) decode(formats []int16, args [][]byte) error {
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
		raw, err := p.s.fromClient(t, p.arena.Copy(raw), format)
		if err != nil {
			return p.inParameter(err, i+1, "", format)
		}
		var d types.Datum
		shown := ""
		switch format {
		case 0:
			if err = types.CheckUTF8(raw); err == nil {
				if shown = " = '...'"; len(raw) == 0 {
					shown = " = ''"
				}
				d, err = types.ParseText(t, string(raw), f)
			}
		case 1:
			if d, err = types.DecodeBinary(t, raw); err == nil {
				err = types.CheckParts(t, d, f)
			}
		default:
			err = pgerr.Newf(pgerrcode.InvalidParameterValue, "unsupported format code: %d", format)
		}
		if err != nil {
			return p.inParameter(err, i+1, shown, format)
		}
		p.params = append(p.params, d)
	}
	return nil
}

// fromClient is the value of a parameter with the text in it as UTF-8.
func (s *Session) fromClient(t types.T, raw []byte, format int16) ([]byte, error) {
	e := s.settings.client
	if e == nil {
		return raw, nil
	}
	toUTF8 := func(b []byte) ([]byte, error) { return e.ToUTF8(nil, b) }
	if format == 1 {
		return types.RecodeBinary(t.OID, raw, toUTF8)
	}
	return toUTF8(raw)
}

// inParameter says which parameter an error was met in. Like PostgreSQL by default it
// shows that there was a text, but not the text.
func (p *portal) inParameter(err error, n int, shown string, format int16) error {
	e, ok := pgerr.As(err)
	if !ok {
		return err
	}
	if format == 1 && e.Code == pgerrcode.InvalidBinaryRepresentation && e.Message == "incorrect binary data format" {
		e.Message = fmt.Sprintf("incorrect binary data format in bind parameter %d", n)
	}
	where := fmt.Sprintf("unnamed portal parameter $%d%s", n, shown)
	if p.name != "" {
		where = fmt.Sprintf("portal \"%s\" parameter $%d%s", p.name, n, shown)
	}
	if e.Where != "" {
		where = e.Where + "\n" + where
	}
	e.Where = where
	return err
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
