package executor

import (
	"context"
	"encoding/binary"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// A constraint trigger that is deferred to the end of the transaction stands among
// the checks that are put off to then:
//
//	't' table(4) trigger(4) event(2) the old row and the new one, as in an eventLog

const triggerNote = noteHeader + 2

func (e *Env) putOffTrigger(c *TriggerCall) error {
	note := binary.BigEndian.AppendUint32([]byte{lateTrigger}, c.Table.ID)
	note = binary.BigEndian.AppendUint32(note, c.Trigger.ID)
	note = binary.BigEndian.AppendUint16(note, uint16(c.Event))
	ts := columnTypes(c.Table)
	return e.Txn.PutOff(appendLogRow(appendLogRow(note, ts, c.Old), ts, c.New))
}

func columnTypes(t *catalog.Table) []types.T {
	ts := make([]types.T, len(t.Columns))
	for i := range ts {
		ts[i] = t.Columns[i].Type
	}
	return ts
}

// fire fires a deferred trigger if now says so; done: the note is not needed any more.
func (c *putOffCheck) fire(ctx context.Context, note []byte, now func(*catalog.Constraint) bool) (done bool, err error) {
	if len(note) < triggerNote {
		return false, errSpillFile
	}
	t, ok := c.env.Catalog.TableByID(binary.BigEndian.Uint32(note[1:]))
	if !ok {
		return true, nil
	}
	call := &TriggerCall{Table: t, Event: catalog.TriggerKind(binary.BigEndian.Uint16(note[noteHeader:]))}
	for _, g := range t.Triggers {
		if g.ID == binary.BigEndian.Uint32(note[5:]) {
			call.Trigger = g
		}
	}
	switch {
	case call.Trigger == nil:
		return true, nil
	case !now(call.Trigger.AsConstraint()):
		return false, nil
	}
	ts := columnTypes(t)
	rest := note[triggerNote:]
	if call.Old, rest, err = readLogRow(rest, ts, nil); err != nil {
		return false, err
	}
	if call.New, _, err = readLogRow(rest, ts, nil); err != nil {
		return false, err
	}
	_, err = c.env.callTrigger(ctx, call)
	return true, err
}
