package executor

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/partition"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// router finds the member that a row of the family's table belongs to.
type router struct {
	def  *physical.Route
	keys []*expr.Program
	text []*expr.Program // what keys of a collation are made of; nil for other keys
	next []*router
	key  []types.Datum
}

func newRouter(def *physical.Route) (*router, error) {
	r := &router{def: def, next: make([]*router, len(def.Next))}
	var err error
	if r.keys, err = programs(def.Keys); err != nil {
		return nil, err
	}
	r.text = make([]*expr.Program, len(def.Keys))
	for i, k := range def.Keys {
		if c, ok := k.(*expr.Call); ok && c.Fn == builtin.CollationKey {
			if r.text[i], err = expr.Compile(c.Args[0]); err != nil {
				return nil, err
			}
		}
	}
	for i := range def.Next {
		if def.Next[i].Route != nil {
			if r.next[i], err = newRouter(def.Next[i].Route); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

func (r *router) find(root *tableWriter, row []types.Datum) (int, error) {
	b := root.setRow(row)
	for {
		var err error
		if r.key, err = evalKey(root, r.keys, b, r.key[:0]); err != nil {
			return 0, err
		}
		i := r.def.Set.Find(r.key)
		if i < 0 {
			t := r.def.Set.Table
			return 0, pgerr.Newf(pgerrcode.CheckViolation, "no partition of relation %q found for row", t.Name).
				WithDetail("Partition key of the failing row contains (%s) = (%s).", partition.KeyNames(t, builtin.QuoteIdent), r.keyText(root)).
				OnTable(root.env.Catalog.SchemaName(t.Schema), t.Name)
		}
		if r.next[i] == nil {
			return r.def.Next[i].Member, nil
		}
		r = r.next[i]
	}
}

func evalKey(w *tableWriter, keys []*expr.Program, b *batch.Batch, dst []types.Datum) ([]types.Datum, error) {
	for _, p := range keys {
		d, err := w.eval(p, b)
		if err != nil {
			return dst, err
		}
		dst = append(dst, d.Clone())
	}
	return dst, nil
}

func (r *router) keyText(root *tableWriter) string {
	parts := make([]string, len(r.key))
	for i, d := range r.key {
		if p := r.text[i]; p != nil {
			var err error
			if d, err = root.eval(p, root.one); err != nil {
				d = types.Null
			}
		}
		if parts[i] = "null"; !d.IsNull() {
			s := types.AppendText(nil, r.def.Set.Table.Partitioning.Keys[i].Type, d, root.env.Format)
			if len(s) > 64 {
				s = append(s[:64:64], "..."...)
			}
			parts[i] = string(s)
		}
	}
	return strings.Join(parts, ", ")
}
