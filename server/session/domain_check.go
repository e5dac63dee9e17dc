package session

import (
	"context"
	"sync"
	"time"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// domainChecks are what domains demand, compiled: for values that are read from text or
// the wire within others, where no expression of a statement checks them.
type domainChecks struct {
	mu       sync.Mutex // helpers of a statement read texts, too
	version  any        // of the catalog that they are from
	programs map[types.OID]*expr.Program
}

// CheckDomain implements types.UserTypes.
func (n names) CheckDomain(domain types.OID, d types.Datum) error {
	s := n.s
	p, err := s.domainProgram(domain)
	if err != nil || p == nil {
		return err
	}
	env := expr.Env{
		Ctx: builtin.Ctx{
			Context: context.Background(), Format: s.TextFormat(), TxnTime: s.tx.began, StmtTime: time.Now(),
			Arena: &batch.Arena{}, Session: s, Notice: s.hooks.notice,
		},
		Params: []types.Datum{d},
	}
	switch {
	case s.tx.txn != nil:
		env.Frame = &frame{s.tx.txn, env.StmtTime}
	case s.tx.view != nil:
		env.Frame = &frame{s.tx.view, env.StmtTime}
	}
	var scratch expr.Scratch
	_, err = p.One(&env, &scratch)
	return err
}

// domainProgram checks a domain's value, its parameter; nil when the domain demands nothing.
func (s *Session) domainProgram(domain types.OID) (*expr.Program, error) {
	cat := s.Catalog()
	c := &s.domains
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != any(cat.Version) || c.programs == nil {
		c.version, c.programs = cat.Version, map[types.OID]*expr.Program{}
	}
	if p, ok := c.programs[domain]; ok {
		return p, nil
	}
	e, err := bind.DomainCheck(domain, s.planOptions(nil))
	if err != nil {
		return nil, err
	}
	var p *expr.Program
	if e != nil {
		if p, err = expr.Compile(e); err != nil {
			return nil, err
		}
	}
	c.programs[domain] = p
	return p, nil
}
