package main

import (
	"context"
	"fmt"
	"sync"
)

// outcome is what came of one statement.
type outcome struct {
	script   *script
	sql      string
	extended bool        // the difference is in the extended protocol alone
	diff     *difference // nil where the servers agree
}

// pair is PostgreSQL and LoxoDB.
type pair struct{ postgres, loxodb *server }

// run runs a script by both protocols and gives an outcome for each statement.
func (p *pair) run(ctx context.Context, s *script) ([]outcome, error) {
	outcomes := make([]outcome, len(s.statements))
	for i, st := range s.statements {
		outcomes[i] = outcome{script: s, sql: st.sql}
	}
	for _, extended := range []bool{false, true} {
		if err := p.pass(ctx, s, extended, outcomes); err != nil {
			return nil, fmt.Errorf("%s/%s: %w", s.area, s.name, err)
		}
	}
	return outcomes, nil
}

// schemaOf is the schema that a script runs in: the same name on both servers, as
// it appears in messages.
func schemaOf(*script) string { return "compat" }

// pass runs a script once, statement by statement on both servers.
func (p *pair) pass(ctx context.Context, s *script, extended bool, outcomes []outcome) error {
	want, err := p.begin(ctx, p.postgres, s)
	if err != nil {
		return fmt.Errorf("PostgreSQL: %w", err)
	}
	defer want.close()
	got, err := p.begin(ctx, p.loxodb, s)
	if err != nil {
		return fmt.Errorf("LoxoDB: %w", err)
	}
	defer got.close()
	for i, st := range s.statements {
		var w, g answer
		both(func() { w = want.run(ctx, st, extended) }, func() { g = got.run(ctx, st, extended) })
		if w.broken != nil && g.broken == nil {
			return fmt.Errorf("PostgreSQL: %s: %w", st.sql, w.broken)
		}
		if g.broken != nil {
			if _, err := p.loxodb.revive(ctx); err != nil {
				return err
			}
		}
		if d := p.compare(ctx, st, &w, &g); d != nil && outcomes[i].diff == nil {
			outcomes[i].diff, outcomes[i].extended = d, extended
		}
		if w.status != g.status {
			// They would part for good: begin again where both can.
			both(func() { want.run(ctx, rollback, false) }, func() { got.run(ctx, rollback, false) })
		}
	}
	return nil
}

var rollback = statement{sql: "ROLLBACK"}

func both(a, b func()) {
	var wg sync.WaitGroup
	wg.Go(a)
	b()
	wg.Wait()
}

func (p *pair) compare(ctx context.Context, st statement, want, got *answer) *difference {
	c := comparison{ordered: orders(st.sql), wantType: p.postgres.typeName, gotType: p.loxodb.typeName}
	return c.compare(ctx, want, got)
}

// begin opens a session in an empty schema and runs the script's set-up.
func (p *pair) begin(ctx context.Context, srv *server, s *script) (*client, error) {
	schema := schemaOf(s)
	c, err := open(ctx, srv.dsn, schema)
	if err != nil {
		return nil, err
	}
	if s.independent {
		return c, nil
	}
	for _, sql := range append([]string{"DROP SCHEMA IF EXISTS " + schema + " CASCADE", "CREATE SCHEMA " + schema}, s.setup...) {
		if err := c.do(ctx, sql); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}
