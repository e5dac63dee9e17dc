package expr

import (
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// andOr computes AND (or OR) three-valued: an argument is evaluated only for the
// rows that the ones before left undecided.
func (st *state) andOr(id int, sel []uint16, or bool) (*batch.Col, error) {
	n, ns := &st.p.nodes[id], &st.nodes[id]
	out := st.out(id, sel)
	var decides int64 // the value that ends it: false for AND, true for OR
	if or {
		decides = 1
	}
	for _, i := range sel {
		out.I[i], out.Null[i] = 1-decides, false
	}
	open := sel
	for _, a := range n.args {
		c, err := st.eval(a, open)
		if err != nil {
			return nil, err
		}
		// open may be ns.rest itself: writing behind the reading position is fine
		next := room(&ns.rest, len(sel))
		for _, i := range open {
			switch {
			case c.Null[i]:
				out.Null[i] = true
				next = append(next, i)
			case c.I[i] == decides:
				out.I[i], out.Null[i] = decides, false
			default:
				next = append(next, i)
			}
		}
		ns.rest = next
		if open = next; len(open) == 0 {
			break
		}
	}
	return out, nil
}

func (st *state) not(id int, sel []uint16) (*batch.Col, error) {
	c, err := st.eval(st.p.nodes[id].args[0], sel)
	if err != nil {
		return nil, err
	}
	out := st.out(id, sel)
	for _, i := range sel {
		out.Null[i], out.I[i] = c.Null[i], 1-c.I[i]&1
	}
	return out, nil
}

func (st *state) isNull(id int, sel []uint16) (*batch.Col, error) {
	n := &st.p.nodes[id]
	c, err := st.eval(n.args[0], sel)
	if err != nil {
		return nil, err
	}
	out := st.out(id, sel)
	oid := st.p.nodes[n.args[0]].t.OID
	record := !n.want && (oid == types.RecordOID || types.IsComposite(oid))
	for _, i := range sel {
		yes := c.Null[i] != n.flag
		if record && !c.Null[i] {
			yes = allFieldsNull(types.AsRecord(oid, c.Datum(int(i)), st.env.Ctx.Format), n.flag)
		}
		out.Null[i], out.I[i] = false, 0
		if yes {
			out.I[i] = 1
		}
	}
	return out, nil
}

func (st *state) isBool(id int, sel []uint16) (*batch.Col, error) {
	n := &st.p.nodes[id]
	c, err := st.eval(n.args[0], sel)
	if err != nil {
		return nil, err
	}
	out := st.out(id, sel)
	for _, i := range sel {
		yes := !c.Null[i] && (c.I[i] != 0) == n.want
		out.Null[i], out.I[i] = false, 0
		if yes != n.flag {
			out.I[i] = 1
		}
	}
	return out, nil
}

func (st *state) isDistinct(id int, sel []uint16) (*batch.Col, error) {
	n := &st.p.nodes[id]
	args, err := st.arguments(id, sel)
	if err != nil {
		return nil, err
	}
	l, r := args[0], args[1]
	t := st.p.nodes[n.args[0]].t
	out := st.out(id, sel)
	for _, i := range sel {
		distinct := l.Null[i] != r.Null[i]
		if !l.Null[i] && !r.Null[i] {
			equal := false
			if n.equal == nil {
				equal = types.Equal(t, l.Datum(int(i)), r.Datum(int(i)))
			} else if equal, err = n.equal(st.env.Ctx.Format, l.Datum(int(i)), r.Datum(int(i))); err != nil {
				return nil, err
			}
			distinct = !equal
		}
		out.Null[i], out.I[i] = false, 0
		if distinct != n.flag {
			out.I[i] = 1
		}
	}
	return out, nil
}

// caseWhen evaluates each condition for the rows no branch took yet, and each
// result for the rows its branch takes.
func (st *state) caseWhen(id int, sel []uint16) (*batch.Col, error) {
	n, ns := &st.p.nodes[id], &st.nodes[id]
	out := st.out(id, sel)
	open := sel
	k := 0
	for ; k+1 < len(n.args) && len(open) > 0; k += 2 {
		cond, err := st.eval(n.args[k], open)
		if err != nil {
			return nil, err
		}
		take, next := room(&ns.sel, len(sel)), room(&ns.rest, len(sel))
		for _, i := range open {
			if !cond.Null[i] && cond.I[i] != 0 {
				take = append(take, i)
			} else {
				next = append(next, i)
			}
		}
		ns.sel, ns.rest, open = take, next, next
		if len(take) == 0 {
			continue
		}
		c, err := st.eval(n.args[k+1], take)
		if err != nil {
			return nil, err
		}
		copyRows(out, c, take)
	}
	if len(open) == 0 {
		return out, nil
	}
	c, err := st.eval(n.args[len(n.args)-1], open)
	if err != nil {
		return nil, err
	}
	copyRows(out, c, open)
	return out, nil
}

func (st *state) coalesce(id int, sel []uint16) (*batch.Col, error) {
	n, ns := &st.p.nodes[id], &st.nodes[id]
	out := st.out(id, sel)
	open := sel
	for _, a := range n.args {
		c, err := st.eval(a, open)
		if err != nil {
			return nil, err
		}
		copyRows(out, c, open)
		next := room(&ns.rest, len(sel))
		for _, i := range open {
			if c.Null[i] {
				next = append(next, i)
			}
		}
		ns.rest = next
		if open = next; len(open) == 0 {
			break
		}
	}
	return out, nil
}
