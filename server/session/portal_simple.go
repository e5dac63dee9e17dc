package session

import (
	"context"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
)

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
	return s.complain(s.hide(toPG(ctx, err)))
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
	if c, planKey, ok := s.shared(text, nil); ok && !s.tx.failed && len(c.plan.Params) == 0 {
		p := &prepared{text: text, source: c.source, stmt: c.stmt, simple: true}
		p.setPlan(c.plan, planKey)
		s.simple = append(s.simple, p)
		return 1, nil
	}
	list, told, err := s.parse(text)
	if err != nil {
		return 0, s.complain(toPG(ctx, err))
	}
	for _, x := range list {
		s.simple = append(s.simple, &prepared{text: text, parsed: x, stmt: x.Stmt, told: told})
	}
	return len(list), nil
}

// SimpleNext implements backend.Session: statements are planned one by one, since
// each may change the catalog for the next.
func (s *Session) SimpleNext(ctx context.Context, i int) (backend.Portal, error) {
	ctx = s.limited(ctx)
	p, err := s.simpleNext(ctx, i)
	if err != nil {
		err = toPG(ctx, err)
		s.failed(err)
		return nil, err
	}
	return p, nil
}

func (s *Session) simpleNext(ctx context.Context, i int) (*portal, error) {
	st := s.simple[i]
	s.text = st.text
	s.tx.implicit = len(s.simple) > 1
	if st.plan == nil {
		if err := s.tx.planView(ctx); err != nil {
			return nil, err
		}
		full, err := s.prepareAs(ctx, &prepared{text: st.text, simple: true}, st.parsed)
		if err != nil {
			return nil, err
		}
		if len(s.simple) == 1 && !st.told {
			s.share(full)
		}
		s.simple[i] = full
		st = full
	}
	p := s.newPortal("", st)
	p.formats = make([]int16, len(p.columns)) // all text
	if f, ok := st.stmt.(*ast.Fetch); ok && !f.Move {
		if c, err := s.cursor(f.Name); err == nil && c.binary {
			p.formats, _ = resultFormat(nil, []int16{1}, len(p.columns))
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
	s.tx.implicit = false
	if failed {
		s.Fail()
	}
	return s.Sync(ctx)
}
