package executor

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// What is to be done when a statement's rows have been written stands in one queue, in the
// order of the rows: foreign keys, and triggers after the event. PostgreSQL does both
// by triggers, of one row in the order of their names, those of foreign keys being called
// RI_ConstraintTrigger_…; what they change queues up behind.

const foreignKeyName = "RI_ConstraintTrigger_"

// lateQueue are the triggers that fire after a statement's rows are written. Rows of
// foreign keys are in the writers.
type lateQueue struct {
	q      *Query
	log    *eventLog
	rec    []byte
	states []*eventState
}

// eventState is what the queue knows of one event on one table, until triggers with
// its transition tables have fired: later rows begin another.
type eventState struct {
	table    catalog.ID
	event    catalog.TriggerKind
	began    bool  // the statement triggers before it have fired
	after    int64 // the number of the record of those after it; only the last one fires
	old, new *rowStore
	closed   bool
}

// TransitionRows are the rows of a transition table.
type TransitionRows struct {
	Table *catalog.Table
	rows  *rowStore
}

// Each gives every row, in attribute order; the row is borrowed.
func (t *TransitionRows) Each(give func(row []types.Datum) error) error {
	var row []types.Datum
	for i := range t.rows.n {
		row = t.rows.row(i, row[:0])
		if err := give(row); err != nil {
			return err
		}
	}
	return nil
}

// state is the present one of an event on a table.
func (l *lateQueue) state(table catalog.ID, event catalog.TriggerKind) *eventState {
	for _, s := range slices.Backward(l.states) {
		if s.table == table && s.event == event && !s.closed {
			return s
		}
	}
	s := &eventState{table: table, event: event}
	l.states = append(l.states, s)
	return s
}

// reset makes the queue that of a new statement.
func (l *lateQueue) reset() {
	l.log.close()
	for _, s := range l.states {
		for _, r := range []*rowStore{s.old, s.new} {
			if r != nil {
				r.reset(nil)
			}
		}
	}
	l.states = nil
}

// afterRow queues the row triggers after an event that has happened, and keeps the rows
// for transition tables.
func (w *tableWriter) afterRow(event catalog.TriggerKind, old, row []types.Datum, set []bool) error {
	if err := w.keepRows(event, old, row); err != nil {
		return err
	}
	return w.queueRow(event, old, row, set)
}

func (w *tableWriter) queueRow(event catalog.TriggerKind, old, row []types.Datum, set []bool) error {
	if w.triggers == nil {
		return nil
	}
	return w.triggers.queue(w.env.query.late, event|catalog.TriggerRow, old, row, set)
}

// keepRows keeps rows for the transition tables of the table that the statement names.
func (w *tableWriter) keepRows(event catalog.TriggerKind, old, row []types.Datum) error {
	if w.family == nil {
		if w.triggers == nil {
			return nil
		}
		return w.triggers.keepRows(w.env.query.late, event, old, row)
	}
	g := w.family.root.triggers
	if g == nil {
		return nil
	}
	if old != nil {
		old = slices.Clone(w.family.common(old))
	}
	if row != nil {
		row = w.family.common(row)
	}
	return g.keepRows(w.env.query.late, event, old, row)
}

// after queues the statement triggers after an event.
func (g *tableTriggers) after(event catalog.TriggerKind, set []bool) error {
	if !g.has(event) {
		return nil
	}
	q := g.w.env.query
	q.seq++
	q.late.state(g.w.def.Table.ID, event).after = q.seq
	return g.queue(q.late, event, nil, nil, set)
}

func (g *tableTriggers) keepRows(l *lateQueue, event catalog.TriggerKind, old, row []types.Datum) error {
	var s *eventState
	keep := func(to **rowStore, row []types.Datum) error {
		if *to == nil {
			ts := make([]types.T, len(g.w.def.Table.Columns))
			for i := range ts {
				ts[i] = g.w.def.Table.Columns[i].Type
			}
			*to = newRowStore(ts)
			(*to).reset(g.w.env.Budget)
		}
		return (*to).appendRow(row)
	}
	wantsOld, wantsNew := false, false
	for i := range g.list {
		if t := &g.list[i]; t.After() && t.Is(event) {
			wantsOld, wantsNew = wantsOld || t.OldTable != "", wantsNew || t.NewTable != ""
		}
	}
	if wantsOld || wantsNew {
		s = l.state(g.w.def.Table.ID, event)
	}
	if wantsOld && old != nil {
		if err := keep(&s.old, old); err != nil {
			return err
		}
	}
	if wantsNew && row != nil {
		return keep(&s.new, row)
	}
	return nil
}

// A record of the log: sequence number, number of the state, number of the writer, kind,
// how many triggers and which, and for row triggers the rows, all numbers as uvarints.
func (g *tableTriggers) queue(l *lateQueue, kind catalog.TriggerKind, old, row []types.Datum, set []bool) error {
	var which []uint64
	for i := range g.list {
		fires, err := g.fires(&g.list[i], kind, old, row, set)
		if err != nil {
			return err
		}
		if fires {
			which = append(which, uint64(i))
		}
	}
	if which == nil {
		return nil
	}
	state := slices.Index(l.states, l.state(g.w.def.Table.ID, kind&catalog.TriggerEvents))
	b := binary.AppendUvarint(l.rec[:0], uint64(l.q.seq))
	for _, n := range []uint64{uint64(state), uint64(l.q.number(g.w)), uint64(kind), uint64(len(which))} {
		b = binary.AppendUvarint(b, n)
	}
	for _, n := range which {
		b = binary.AppendUvarint(b, n)
	}
	if kind&catalog.TriggerRow != 0 {
		b = appendLogRow(appendLogRow(b, g.rowTypes(), old), g.rowTypes(), row)
	}
	l.rec = b
	return l.log.add(b)
}

func (g *tableTriggers) rowTypes() []types.T {
	ts := make([]types.T, len(g.pair.Cols)/2)
	for i := range ts {
		ts[i] = g.pair.Cols[i].T
	}
	return ts
}

// lateEvent is a record that has been read.
type lateEvent struct {
	seq      int64
	state    *eventState
	g        *tableTriggers
	kind     catalog.TriggerKind
	which    []int
	old, row []types.Datum
}

func (l *lateQueue) read(b []byte) (e lateEvent, err error) {
	num := func() int {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			err = errSpillFile
			return 0
		}
		b = b[n:]
		return int(v)
	}
	e.seq = int64(num())
	state, writer := num(), num()
	e.kind = catalog.TriggerKind(num())
	for range num() {
		e.which = append(e.which, num())
	}
	if err != nil || state >= len(l.states) || writer >= len(l.q.writers) {
		return e, errSpillFile
	}
	e.state, e.g = l.states[state], l.q.writers[writer].triggers
	if e.kind&catalog.TriggerRow != 0 {
		ts := e.g.rowTypes()
		if e.old, b, err = readLogRow(b, ts, nil); err == nil {
			e.row, _, err = readLogRow(b, ts, nil)
		}
	}
	return e, err
}

// fire fires the triggers of an event whose names are before that of foreign keys, or
// the others.
func (l *lateQueue) fire(ctx context.Context, e *lateEvent, first bool) error {
	if e.kind&catalog.TriggerRow == 0 && e.state.after != e.seq {
		return nil // a later statement of the same kind, of a foreign key, has queued them again
	}
	for _, i := range e.which {
		t := &e.g.list[i]
		if (t.Name < foreignKeyName) != first {
			continue
		}
		c := &TriggerCall{Trigger: t.Trigger.Trigger, Table: e.g.w.def.Table, Event: e.kind & catalog.TriggerEvents, Old: e.old, New: e.row}
		if t.Constraint != 0 && e.g.w.env.deferred(t.AsConstraint()) {
			if err := e.g.w.env.putOffTrigger(c); err != nil {
				return err
			}
			continue
		}
		if t.OldTable != "" {
			c.OldTable = e.g.transition(&e.state.old)
		}
		if t.NewTable != "" {
			c.NewTable = e.g.transition(&e.state.new)
		}
		e.state.closed = e.state.closed || e.kind&catalog.TriggerRow == 0 || c.OldTable != nil || c.NewTable != nil
		if _, err := e.g.w.env.callTrigger(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (g *tableTriggers) transition(rows **rowStore) *TransitionRows {
	if *rows == nil {
		*rows = newRowStore(g.rowTypes())
	}
	return &TransitionRows{Table: g.w.def.Table, rows: *rows}
}

// keyWork is what a foreign key has to do at the end of the statement.
type keyWork struct {
	seq   int64
	w     *tableWriter
	key   *keyChange
	check *pendingCheck
}

func (k *keyWork) do(ctx context.Context) error {
	if k.key != nil {
		return k.w.act(ctx, k.key)
	}
	return k.w.checkReference(ctx, k.check.con, k.check.vals)
}

// takeKeyWork takes what the writers have noted for foreign keys, in the order of rows.
func (q *Query) takeKeyWork() (list []keyWork) {
	for _, w := range q.writers {
		keys, checks := w.keysLater, w.checksLater
		w.keysLater, w.checksLater = nil, nil
		for i := range keys {
			list = append(list, keyWork{seq: keys[i].seq, w: w, key: &keys[i]})
		}
		for i := range checks {
			list = append(list, keyWork{seq: checks[i].seq, w: w, check: &checks[i]})
		}
	}
	slices.SortStableFunc(list, func(a, b keyWork) int { return cmp.Compare(a.seq, b.seq) })
	return list
}

// runLate does what is queued, and what that queues, until there is nothing left.
func (q *Query) runLate(ctx context.Context) error {
	for {
		keys := q.takeKeyWork()
		if len(keys) == 0 && (q.late == nil || q.late.log.n == 0) {
			return nil
		}
		if err := q.runRound(ctx, keys); err != nil {
			return err
		}
	}
}

func (q *Query) runRound(ctx context.Context, keys []keyWork) error {
	upTo := func(seq int64) error {
		for len(keys) > 0 && keys[0].seq <= seq {
			k := &keys[0]
			keys = keys[1:]
			if err := k.do(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	if q.late != nil && q.late.log.n > 0 {
		log := q.late.log
		q.late.log = &eventLog{env: q.env}
		defer log.close()
		for r := (&logReader{log: log}); ; {
			rec, err := r.next()
			if err != nil {
				return err
			}
			if rec == nil {
				break
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			e, err := q.late.read(rec)
			if err != nil {
				return err
			}
			if err := upTo(e.seq - 1); err != nil {
				return err
			}
			if err := q.late.fire(ctx, &e, true); err != nil {
				return err
			}
			if err := upTo(e.seq); err != nil {
				return err
			}
			if err := q.late.fire(ctx, &e, false); err != nil {
				return err
			}
		}
	}
	return upTo(q.seq)
}
