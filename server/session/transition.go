package session

import (
	"context"
	"fmt"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// The transition tables of a trigger are relations for the statements of its function,
// found before all others, whose rows come from the running trigger. A plan that reads
// one is of no use to other triggers.

// visible is the trigger whose transition tables statements see, 0 when there are none.
func (t *triggerState) visible() catalog.ID {
	if c := t.running; c != nil && (c.OldTable != nil || c.NewTable != nil) {
		return c.Trigger.ID
	}
	return 0
}

// rows are those of the running trigger's transition table of that name.
func (t *triggerState) rows(name string) *executor.TransitionRows {
	switch c := t.running; {
	case c == nil:
		return nil
	case c.OldTable != nil && c.Trigger.OldTable == name:
		return c.OldTable
	case c.NewTable != nil && c.Trigger.NewTable == name:
		return c.NewTable
	}
	return nil
}

// transitionFinder is bind.Options.Transition.
func (s *Session) transitionFinder() func(name string) *syscat.Table {
	if s.triggers.visible() == 0 {
		return nil
	}
	return func(name string) *syscat.Table {
		rows := s.triggers.rows(name)
		if rows == nil {
			return nil
		}
		t := &syscat.Table{Name: name, Kind: 'r'}
		var attrs []int
		for i := range rows.Table.Columns {
			if c := &rows.Table.Columns[i]; !c.Dropped {
				t.Columns, attrs = append(t.Columns, syscat.Column{Name: c.Name, Type: c.Type}), append(attrs, i)
			}
		}
		t.Rows = func(_ context.Context, env syscat.Env, emit func([]types.Datum) error) error {
			return transitionRows(env, name, attrs, emit)
		}
		return t
	}
}

func transitionRows(env syscat.Env, name string, attrs []int, emit func([]types.Datum) error) error {
	x, ok := env.(system)
	if !ok {
		return fmt.Errorf("session: transition table %s of no session", name)
	}
	rows := x.s.triggers.rows(name)
	if rows == nil {
		return fmt.Errorf("session: transition table %s of no trigger", name)
	}
	live := make([]types.Datum, len(attrs))
	return rows.Each(func(row []types.Datum) error {
		for i, a := range attrs {
			live[i] = row[a]
		}
		return emit(live)
	})
}
