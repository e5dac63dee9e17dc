package session

import (
	"context"
	"sync"
	"time"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/planner/physical"
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
	programs map[types.OID]domainCheck
}

// domainCheck is what a domain demands: a program over a value, its parameter, nil when it
// demands nothing. uses are the functions in it that not everybody may call.
type domainCheck struct {
	program *expr.Program
	uses    []physical.Use
}

// CheckDomain implements types.UserTypes.
func (n names) CheckDomain(domain types.OID, d types.Datum) error {
	s := n.s
	c, err := s.domainCheck(domain)
	if err != nil || c.program == nil {
		return err
	}
	if err := s.mayUse(c.uses); err != nil {
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
	_, err = c.program.One(&env, &scratch)
	return err
}

// mayCheck refuses a domain whose checks call what the user may not; 0 is none.
func (s *Session) mayCheck(domain types.OID) error {
	if domain == 0 || s.current().Super {
		return nil
	}
	c, err := s.domainCheck(domain)
	if err != nil {
		return err
	}
	return s.mayUse(c.uses)
}

// domainCheck is what a domain demands.
func (s *Session) domainCheck(domain types.OID) (domainCheck, error) {
	cat := s.Catalog()
	c := &s.domains
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != any(cat.Version) || c.programs == nil {
		c.version, c.programs = cat.Version, map[types.OID]domainCheck{}
	}
	if x, ok := c.programs[domain]; ok {
		return x, nil
	}
	o := s.planOptions(nil)
	e, err := bind.DomainCheck(domain, o)
	if err != nil {
		return domainCheck{}, err
	}
	var x domainCheck
	if e != nil {
		if x.program, err = expr.Compile(e); err != nil {
			return x, err
		}
		if x.uses, err = bind.DomainUses(domain, o); err != nil {
			return x, err
		}
	}
	c.programs[domain] = x
	return x, nil
}
