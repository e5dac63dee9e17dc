package catalog

import "strconv"

// TriggerKind says when and for what a trigger fires, as pg_trigger.tgtype. A trigger
// that is neither TriggerBefore nor TriggerInstead fires after the change.
type TriggerKind int16

const (
	TriggerRow TriggerKind = 1 << iota
	TriggerBefore
	TriggerInsert
	TriggerDelete
	TriggerUpdate
	TriggerTruncate
	TriggerInstead
)

// TriggerEvents are the bits of a TriggerKind that name events.
const TriggerEvents = TriggerInsert | TriggerDelete | TriggerUpdate | TriggerTruncate

// TriggerState is pg_trigger.tgenabled; 0 is TriggerOrigin.
type TriggerState byte

const (
	TriggerOrigin   TriggerState = 'O'
	TriggerDisabled TriggerState = 'D'
	TriggerReplica  TriggerState = 'R'
	TriggerAlways   TriggerState = 'A'
)

// Fires reports whether a trigger in this state fires in a session that applies the
// changes of another server (session_replication_role = replica), or in a usual one.
func (s TriggerState) Fires(replica bool) bool {
	switch s {
	case TriggerDisabled:
		return false
	case TriggerAlways:
		return true
	case TriggerReplica:
		return replica
	}
	return !replica
}

// Trigger is a trigger of a table or view. Immutable.
type Trigger struct {
	ID       ID
	Name     string
	Kind     TriggerKind
	Function ID
	Args     []string     `json:",omitempty"`
	Columns  []int16      `json:",omitempty"` // of UPDATE OF
	When     string       `json:",omitempty"` // SQL text over the rows old and new
	OldTable string       `json:",omitempty"` // the names of the transition tables
	NewTable string       `json:",omitempty"`
	State    TriggerState `json:",omitempty"`
	// Of a constraint trigger: its pg_constraint row, and the table of FROM.
	Constraint ID   `json:",omitempty"`
	RefTable   ID   `json:",omitempty"`
	Deferrable bool `json:",omitempty"`
	Deferred   bool `json:",omitempty"`
	// Parent is the trigger of the partitioned table that a partition's trigger is a part of.
	Parent  ID `json:",omitempty"`
	Comment string
}

// Is reports that the trigger has all bits of k.
func (t *Trigger) Is(k TriggerKind) bool { return t.Kind&k == k }

// After reports a trigger that fires after the change.
func (t *Trigger) After() bool { return t.Kind&(TriggerBefore|TriggerInstead) == 0 }

// Enabled is the trigger's state, never 0.
func (t *Trigger) Enabled() TriggerState {
	if t.State == 0 {
		return TriggerOrigin
	}
	return t.State
}

// Trigger returns the table's trigger of that name, or nil.
func (t *Table) Trigger(name string) *Trigger {
	for _, g := range t.Triggers {
		if g.Name == name {
			return g
		}
	}
	return nil
}

// HasTrigger reports a trigger with all bits of k.
func (t *Table) HasTrigger(k TriggerKind) bool {
	for _, g := range t.Triggers {
		if g.Is(k) {
			return true
		}
	}
	return false
}

// The triggers that stand for a foreign key in pg_trigger: on the referenced table for
// DELETE and UPDATE, on its own for INSERT and UPDATE. States of Constraint.Triggers
// come in this order.
const (
	ReferencedDelete = iota
	ReferencedUpdate
	ReferringInsert
	ReferringUpdate
	ForeignTriggers // how many there are
)

// KeyRecheck is the index in Constraint.Triggers of the one trigger that stands for a
// deferrable unique constraint.
const KeyRecheck = 0

// internalTriggers is where the OIDs of triggers that stand for constraints begin: no
// object is numbered so high.
const internalTriggers ID = 1 << 31

// TriggerID is the OID in pg_trigger of one of the triggers that stand for the constraint.
func (c *Constraint) TriggerID(i int) ID { return internalTriggers + c.ID*ForeignTriggers + ID(i) }

// TriggerState is the state of one of them.
func (c *Constraint) TriggerState(i int) TriggerState {
	if i >= len(c.Triggers) {
		return TriggerOrigin
	}
	return TriggerState(c.Triggers[i])
}

// WithTriggerState is the constraint with another state of one of them. While one does not
// fire for usual sessions, they write unchecked.
func (c *Constraint) WithTriggerState(i int, s TriggerState) *Constraint {
	states := []byte(c.Triggers)
	for len(states) < ForeignTriggers {
		states = append(states, byte(TriggerOrigin))
	}
	states[i] = byte(s)
	n := *c
	if n.Triggers = string(states); n.Triggers == "OOOO" {
		n.Triggers = ""
	}
	n.Unchecked = n.Unchecked || c.Kind == ForeignConstraint && !s.Fires(false)
	return &n
}

// TriggersOn are the numbers of the triggers that stand for the constraint, of the table
// own, on the table on.
func (c *Constraint) TriggersOn(own, on ID) (out []int) {
	switch {
	case c.Kind == ForeignConstraint:
		if on == c.RefTable {
			out = append(out, ReferencedDelete, ReferencedUpdate)
		}
		if on == own {
			out = append(out, ReferringInsert, ReferringUpdate)
		}
	case c.Deferrable && own == on:
		out = append(out, KeyRecheck)
	}
	return out
}

// TriggerName is the name of one of the triggers that stand for the constraint.
func (c *Constraint) TriggerName(i int) string {
	prefix := "RI_ConstraintTrigger_a_"
	switch {
	case c.Kind == PrimaryConstraint:
		prefix = "PK_ConstraintTrigger_"
	case c.Kind == UniqueConstraint, c.Kind == ExcludeConstraint:
		prefix = "Unique_ConstraintTrigger_"
	case i == ReferringInsert || i == ReferringUpdate:
		prefix = "RI_ConstraintTrigger_c_"
	}
	return prefix + strconv.FormatUint(uint64(c.TriggerID(i)), 10)
}

// InternalTrigger reports a trigger of that name on the table that stands for a constraint.
func (t *Table) InternalTrigger(s *Snapshot, name string) bool {
	found := false
	s.EachInternalTrigger(t, func(_ *Table, c *Constraint, i int) { found = found || c.TriggerName(i) == name })
	return found
}

// EachInternalTrigger calls each with the triggers on a table that stand for constraints:
// the constraint, its table, and the trigger's number.
func (s *Snapshot) EachInternalTrigger(t *Table, each func(own *Table, c *Constraint, i int)) {
	of := func(own *Table) {
		for _, c := range own.Constraints {
			for _, i := range c.TriggersOn(own.ID, t.ID) {
				each(own, c, i)
			}
		}
	}
	of(t)
	for _, id := range s.Referrers(t.ID) {
		if own, ok := s.TableByID(id); ok && id != t.ID {
			of(own)
		}
	}
}

// AsConstraint is the constraint that a constraint trigger is.
func (t *Trigger) AsConstraint() *Constraint {
	return &Constraint{ID: t.Constraint, Name: t.Name, Kind: TriggerConstraint,
		Deferrable: t.Deferrable, Deferred: t.Deferred, Validated: true}
}

// NeedsRows reports triggers that look at the rows which the event changes.
func (t *Table) NeedsRows(event TriggerKind) bool {
	for _, g := range t.Triggers {
		if g.Is(event) && (g.Is(TriggerRow) || g.OldTable != "" || g.NewTable != "") {
			return true
		}
	}
	return false
}
