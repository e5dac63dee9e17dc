package session

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/plpgsql"
	"github.com/loxodb/loxodb/sql/types"
)

// assignPart assigns to a part of a variable: an element, a slice, a field of a field.
func (r *plRun) assignPart(ctx context.Context, t *plpgsql.Target, v plValue, sc *plScope) error {
	slot, rest, _ := sc.find(t.Parts)
	x := &r.b.vars[slot]
	whole := *t
	whole.Index = plpgsql.Text{}
	container := plValue{r.get(slot), x.t}
	fields := rest
	if x.record && len(rest) > 0 {
		rec := r.recs[slot]
		if !rec.set {
			return notAssigned(x.name)
		}
		i := slices.Index(rec.names, rest[0])
		if i < 0 {
			return pgerr.Newf(pgerrcode.UndefinedColumn, "record \"%s\" has no field \"%s\"", x.name, rest[0])
		}
		container, fields = plValue{rec.vals[i], rec.ts[i]}, rest[1:]
		whole.Parts = t.Parts[:len(t.Parts)-len(fields)]
	} else {
		whole.Parts = t.Parts[:len(t.Parts)-len(rest)]
	}
	steps, last, err := r.steps(ctx, container.t, fields, t.Index, sc)
	if err != nil {
		return err
	}
	d, err := r.cast(v, last, 0)
	if err != nil {
		return err
	}
	if container.d, err = builtin.AssignPart(container.d, steps, d); err != nil {
		return err
	}
	return r.put(&whole, container, sc)
}

// steps are the ways from a container to a part of it, and the part's type.
func (r *plRun) steps(ctx context.Context, t types.T, fields []string, index plpgsql.Text, sc *plScope) (out []builtin.PartStep, last types.T, err error) {
	field := func(name string) error {
		c := r.s.composite(t.OID)
		i := -1
		if c != nil {
			i = c.Index(name)
		}
		if i < 0 {
			err := pgerr.Newf(pgerrcode.DatatypeMismatch, "cannot assign to field \"%s\" of a value of type %s", name, types.FormatType(t))
			return bind.Visible(err, r.s.planOptions(nil))
		}
		out = append(out, builtin.PartStep{T: t, Row: c, Field: i})
		t = c.Fields[i].T
		return nil
	}
	for _, f := range fields {
		if err := field(f); err != nil {
			return nil, t, err
		}
	}
	if !index.Given() {
		return out, t, nil
	}
	list, err := r.s.db.cfg.Parser.Parse("SELECT x" + index.SQL)
	if err != nil {
		return nil, t, err
	}
	q, ok := list[0].Stmt.(*ast.Select)
	if !ok || !isPlain(q) {
		return nil, t, pgerr.NotSupported(-1, "this target is not supported")
	}
	var chain []ast.Expr
	for e := q.Targets[0].Expr; e != nil; {
		switch x := e.(type) {
		case *ast.Index:
			chain, e = append(chain, x), x.X
		case *ast.FieldSel:
			chain, e = append(chain, x), x.X
		default:
			e = nil
		}
	}
	slices.Reverse(chain)
	for k := 0; k < len(chain); {
		if x, ok := chain[k].(*ast.FieldSel); ok {
			if err := field(x.Name); err != nil {
				return nil, t, err
			}
			k++
			continue
		}
		var subs []*ast.Index
		for k < len(chain) {
			x, ok := chain[k].(*ast.Index)
			if !ok {
				break
			}
			subs = append(subs, x)
			k++
		}
		if t, err = r.indexStep(ctx, subs, t, &out, sc); err != nil {
			return nil, t, err
		}
	}
	return out, t, nil
}

// notSubscripted is of a target without parts: an assignment finds it where the target stands.
type notSubscripted struct{ error }

func (e notSubscripted) Unwrap() error { return e.error }

// indexStep computes the subscripts of one step.
func (r *plRun) indexStep(ctx context.Context, subs []*ast.Index, t types.T, out *[]builtin.PartStep, sc *plScope) (types.T, error) {
	if t.OID != types.JSONBOID && !t.IsArray() && !types.HasFixedParts(t) {
		err := pgerr.Newf(pgerrcode.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", types.FormatType(t))
		return t, notSubscripted{bind.Visible(err, r.s.planOptions(nil))}
	}
	s := builtin.PartStep{T: t}
	one := func(e ast.Expr) error {
		if e == nil {
			s.At, s.Absent, s.Number = append(s.At, types.Null), append(s.Absent, true), append(s.Number, false)
			return nil
		}
		v, err := r.eval(ctx, plpgsql.Text{SQL: ast.Print(e), Pos: -1}, sc, types.T{})
		if err != nil {
			return err
		}
		number := v.t.OID == types.Int4OID
		to := types.Of(types.Int4OID)
		if t.OID == types.JSONBOID && !number {
			to = types.Of(types.TextOID)
		}
		d, err := r.cast(v, to, 0)
		s.At, s.Absent, s.Number = append(s.At, d), append(s.Absent, false), append(s.Number, number)
		return err
	}
	for _, x := range subs {
		s.Slice = s.Slice || x.Slice
	}
	for _, x := range subs {
		lo := x.Lo
		if s.Slice && !x.Slice { // [n] among slices is [1:n]
			lo = &ast.Lit{Kind: ast.LitInt, Int: 1}
			x = &ast.Index{Slice: true, Lo: lo, Hi: x.Lo}
		}
		if err := one(lo); err != nil {
			return t, err
		}
		if s.Slice {
			if err := one(x.Hi); err != nil {
				return t, err
			}
		}
	}
	*out = append(*out, s)
	switch {
	case t.OID == types.JSONBOID, s.Slice:
		return t, nil
	}
	return t.Elem(), nil
}
