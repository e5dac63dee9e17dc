package expr

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

func (c *compiler) toDomain(e *ToDomain) (int, error) {
	if e.Free {
		return c.compile(e.X)
	}
	n := node{op: opDomain, t: e.Type(), domain: e}
	if e.Cond != nil {
		test, err := Compile(e.Cond)
		if err != nil {
			return 0, err
		}
		n.test = test
	}
	return c.with(n, e.X)
}

// valueTest is the working memory of a domain's check.
type valueTest struct {
	s    Scratch
	view batch.Batch
}

// toDomain passes the values on that fulfil the domain's demand.
func (st *state) toDomain(id int, sel []uint16) (*batch.Col, error) {
	n := &st.p.nodes[id]
	c, err := st.eval(n.args[0], sel)
	if err != nil {
		return nil, err
	}
	if n.domain.Parts {
		for _, i := range sel {
			if c.Null[i] || st.env == nil {
				continue
			}
			if err := types.CheckParts(n.t, c.Datum(int(i)), st.env.Format); err != nil {
				return nil, err
			}
		}
		return c, nil
	}
	if n.test == nil {
		for _, i := range sel {
			if c.Null[i] {
				return nil, n.domain.fails(st.env)
			}
		}
		return c, nil
	}
	ns := &st.nodes[id]
	if ns.test == nil {
		ns.test = &valueTest{}
	}
	ns.test.view.Cols = append(ns.test.view.Cols[:0], *c)
	ok, err := n.test.Eval(st.env, &ns.test.s, &ns.test.view, sel)
	if err != nil {
		return nil, err
	}
	for _, i := range sel {
		if !ok.Null[i] && ok.I[i] == 0 {
			return nil, n.domain.fails(st.env)
		}
	}
	return c, nil
}

func (e *ToDomain) fails(env *Env) error {
	d := e.Domain
	shown := d.Shown
	if env != nil && env.Format != nil {
		shown = env.Format.TypeName(d.ID, d.Shown)
	}
	err := pgerr.Newf(pgerrcode.NotNullViolation, "domain %s does not allow null values", shown)
	if e.Cond != nil {
		err = pgerr.Newf(pgerrcode.CheckViolation, "value for domain %s violates check constraint \"%s\"", shown, e.Check).OnConstraint(e.Check)
	}
	err.Schema, err.DataType = d.Schema, d.Name
	return err
}
