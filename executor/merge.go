package executor

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
)

// merge is MERGE: see physical.Merge for the layout of its input.
type merge struct {
	*modify
	def      *physical.Merge
	whens    []mergeWhen
	changed  map[rowOf]bool
	assigned []bool
	sel      [1]uint16
}

type mergeWhen struct {
	*physical.MergeWhen
	cond   *expr.Program
	values []*expr.Program
	using  rowChecks
	checks rowChecks
}

func newMerge(n *physical.Merge) (Operator, error) {
	m := &merge{modify: &modify{}, def: n, changed: map[rowOf]bool{}, assigned: make([]bool, len(n.Write.Table.Columns))}
	if err := m.init(n.Input, true, n.Write, nil, nil); err != nil {
		return nil, err
	}
	for i := range n.Whens {
		w := mergeWhen{MergeWhen: &n.Whens[i]}
		var err error
		if w.cond, err = program(w.Cond); err != nil {
			return nil, err
		}
		if w.values, err = programs(w.Values); err != nil {
			return nil, err
		}
		if w.using, err = newRowChecks(w.Using); err != nil {
			return nil, err
		}
		if w.checks, err = newRowChecks(w.Checks); err != nil {
			return nil, err
		}
		m.whens = append(m.whens, w)
	}
	if m.family != nil {
		m.family.merges = true
	}
	m.run = m.one
	m.eventsOf()
	return m, nil
}

// eventsOf notes what the clauses can do.
func (m *merge) eventsOf() {
	for _, kind := range []catalog.TriggerKind{catalog.TriggerInsert, catalog.TriggerUpdate, catalog.TriggerDelete} {
		var set []int16
		does := false
		for i := range m.whens {
			if w := &m.whens[i]; mergeEvents[w.Action] == kind {
				does, set = true, append(set, w.Set...)
			}
		}
		if does {
			m.does(kind, set...)
		}
	}
}

var mergeEvents = map[physical.MergeAction]catalog.TriggerKind{physical.MergeInsert: catalog.TriggerInsert,
	physical.MergeUpdate: catalog.TriggerUpdate, physical.MergeDelete: catalog.TriggerDelete}

func (m *merge) Open(ctx context.Context, env *Env) error {
	clear(m.changed)
	return m.modify.Open(ctx, env)
}

// one does what the first clause says that fits row i.
func (m *merge) one(ctx context.Context, b *batch.Batch, i int) error {
	matched := !b.Cols[0].Null[i]
	m.sel[0] = uint16(i)
	for k := range m.whens {
		w := &m.whens[k]
		if w.Matched != matched {
			continue
		}
		if w.cond != nil {
			d, err := m.eval(w.cond, b)
			if err != nil {
				return err
			}
			if d.IsNull() || !d.Bool() {
				continue
			}
		}
		return m.act(ctx, w, b, i)
	}
	return nil
}

func (m *merge) eval(p *expr.Program, b *batch.Batch) (types.Datum, error) {
	c, err := p.Eval(&m.env.Env, &m.scratch, b, m.sel[:])
	if err != nil {
		return types.Null, err
	}
	return c.Datum(int(m.sel[0])), nil
}

func (m *merge) act(ctx context.Context, w *mergeWhen, b *batch.Batch, i int) error {
	if w.Action == physical.MergeNothing {
		return nil
	}
	err := w.using.refused(m.def.Write.Table.Name, func(p *expr.Program) (types.Datum, error) { return m.eval(p, b) })
	if err != nil {
		return err
	}
	m.writer.inserted, m.writer.updated = w.checks, w.checks
	var vals []types.Datum
	for _, p := range w.values {
		d, err := m.eval(p, b)
		if err != nil {
			return err
		}
		vals = append(vals, d)
	}
	if w.Action == physical.MergeInsert {
		if m.family != nil {
			_, _, ok, err := m.family.insert(ctx, vals)
			if ok {
				m.affected++
			}
			return err
		}
		_, ok, err := m.writer.insert(ctx, vals)
		if ok {
			m.affected++
		}
		return err
	}
	return m.change(ctx, w, b, i, vals)
}

// change updates or deletes the matched target row.
func (m *merge) change(ctx context.Context, w *mergeWhen, b *batch.Batch, i int, vals []types.Datum) error {
	t := m.def.Write.Table
	m.in = rowAt(b, i, m.in[:0])
	id, old := uint64(m.in[0].Int()), m.in[1:1+len(t.Columns)]
	var member *memberWriter
	if m.family != nil {
		var err error
		if member, err = m.family.of(ctx, catalog.ID(m.in[1+len(t.Columns)].Int())); err != nil {
			return err
		}
		t = member.def.Write.Table
	}
	key := rowOf{t.Storage, id}
	if m.changed[key] || m.env.query.changedBefore(t.Storage, id) {
		return pgerr.New(pgerrcode.CardinalityViolation, "MERGE command cannot affect row a second time").
			WithHint("Ensure that not more than one source row matches any one target row.")
	}
	m.changed[key] = true
	if member != nil {
		return m.changeMember(ctx, member, w, id, old, vals)
	}
	if err := m.env.Txn.LockRow(ctx, t.Storage, id, kv.Exclusive, kv.WaitBlock); err != nil {
		return err
	}
	var ok bool
	var err error
	if w.Action == physical.MergeDelete {
		ok, err = m.writer.delete(ctx, id, old)
	} else {
		clear(m.assigned)
		m.row = append(m.row[:0], old...)
		for k, a := range w.Set {
			m.row[a-1], m.assigned[a-1] = vals[k], true
		}
		ok, err = m.writer.update(ctx, id, old, m.row, m.assigned)
	}
	if err == nil && ok {
		m.affected++
	}
	return err
}

// changeMember is change for a row of a family.
func (m *merge) changeMember(ctx context.Context, t *memberWriter, w *mergeWhen, id uint64, old, vals []types.Datum) error {
	var ok bool
	var err error
	if w.Action == physical.MergeDelete {
		var row []types.Datum
		if row, err = t.read(ctx, id); err == nil && row != nil {
			ok, err = t.delete(ctx, id, row)
		}
	} else {
		clear(m.assigned)
		m.row = append(m.row[:0], old...)
		for k, a := range w.Set {
			m.row[a-1], m.assigned[a-1] = vals[k], true
		}
		_, _, ok, err = m.family.update(ctx, t, id, m.row, m.assigned)
	}
	if err == nil && ok {
		m.affected++
	}
	return err
}
