package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
)

func noTrigger(t *catalog.Table, name string) error {
	return pgerr.Newf(pgerrcode.UndefinedObject, "trigger %q for table %q does not exist", name, t.Name)
}

// noTableOf tells that DROP … IF EXISTS … ON table has nothing to do, as there is no such
// table, or no such schema: err is the answer to its look-up.
func (e *Env) noTableOf(st *ast.Drop, err error) {
	if pgerr.Code(err) == pgerrcode.InvalidSchemaName {
		e.notice("00000", "schema %q does not exist, skipping", st.Table.Schema)
	} else {
		e.notice("00000", "relation %q does not exist, skipping", dotted(st.Table))
	}
}

// dropTrigger finds the trigger of DROP TRIGGER; nil without an error when it need not
// be there.
func (e *Env) dropTrigger(st *ast.Drop, n *ast.QName) (*object, error) {
	t, err := e.table(st.Table)
	if err != nil {
		if st.IfExists && missing(err) {
			e.noTableOf(st, err)
			return nil, nil
		}
		return nil, err
	}
	if g := t.Trigger(n.Name); g != nil {
		o := object{kind: triggerObject, id: t.ID, part: g.ID}
		return &o, e.droppable(o)
	}
	if st.IfExists {
		e.notice("00000", "trigger %q for relation %q does not exist, skipping", n.Name, dotted(st.Table))
		return nil, nil
	}
	return nil, noTrigger(t, n.Name)
}

// renameTrigger is ALTER TRIGGER … RENAME.
func (e *Env) renameTrigger(ctx context.Context, st *ast.Rename) error {
	t, err := e.triggerTable(&st.Name)
	if err != nil {
		return err
	}
	g := t.Trigger(st.Old)
	switch {
	case g == nil:
		return noTrigger(t, st.Old)
	case g.Parent != 0:
		return pgerr.Newf(pgerrcode.InternalError, "cannot rename trigger %q on table %q", st.Old, t.Name).
			WithHint("Rename the trigger on the partitioned table %q instead.", e.Catalog.PartitionParent(t).Name)
	case t.Trigger(st.New) != nil:
		return pgerr.Newf(pgerrcode.DuplicateObject, "trigger %q for relation %q already exists", st.New, t.Name)
	}
	if err := e.Txn.LockTable(ctx, t.ID, kv.Exclusive); err != nil {
		return err
	}
	e.change(ctx)
	n := *g
	n.Name = st.New
	c := copyTable(t)
	putTrigger(c, &n)
	if err := e.putTable(c); err != nil {
		return err
	}
	return e.changeParts(ctx, c, &n, func(t *catalog.Table, part *catalog.Trigger) error {
		if part.Name = st.New; t.Trigger(st.New) != nil {
			return pgerr.Newf(pgerrcode.DuplicateObject, "trigger %q for relation %q already exists", st.New, t.Name)
		}
		return nil
	})
}

// commentTrigger is COMMENT ON TRIGGER.
func (e *Env) commentTrigger(st *ast.Comment, text string) error {
	t, err := e.table(&st.Name)
	if err != nil {
		return err
	}
	g := t.Trigger(st.Column)
	if g == nil {
		return noTrigger(t, st.Column)
	}
	n := *g
	n.Comment = text
	c := copyTable(t)
	putTrigger(c, &n)
	return e.putTable(c)
}

// triggerStates are what ENABLE and DISABLE TRIGGER make of triggers.
var triggerStates = map[ast.AlterKind]catalog.TriggerState{ast.EnableTrigger: catalog.TriggerOrigin, ast.DisableTrigger: catalog.TriggerDisabled,
	ast.EnableAlwaysTrigger: catalog.TriggerAlways, ast.EnableReplicaTrigger: catalog.TriggerReplica}

// switchTriggers is ENABLE and DISABLE TRIGGER; t is ours to change.
func (e *Env) switchTriggers(t *catalog.Table, cmd *ast.AlterCmd) error {
	state := triggerStates[cmd.Kind]
	if len(cmd.Options) == 0 {
		g := t.Trigger(cmd.Name)
		if g == nil {
			if t.InternalTrigger(e.Catalog, cmd.Name) {
				return pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission denied: %q is a system trigger", cmd.Name)
			}
			return noTrigger(t, cmd.Name)
		}
		putTrigger(t, withState(g, state))
		return e.putTable(t)
	}
	for _, g := range slices.Clone(t.Triggers) {
		putTrigger(t, withState(g, state))
	}
	if cmd.Options[0].Name != "ALL" {
		return e.putTable(t)
	}
	return e.switchConstraints(t, state)
}

// switchParts does in partitions what ENABLE or DISABLE TRIGGER has done to a table.
func (e *Env) switchParts(ctx context.Context, id catalog.ID, cmd *ast.AlterCmd) error {
	state, ok := triggerStates[cmd.Kind]
	if !ok {
		return nil
	}
	t, _ := e.Catalog.TableByID(id)
	for _, g := range t.Triggers {
		if len(cmd.Options) == 0 && g.Name != cmd.Name {
			continue
		}
		err := e.changeParts(ctx, t, g, func(_ *catalog.Table, part *catalog.Trigger) error {
			part.State = state
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func withState(g *catalog.Trigger, state catalog.TriggerState) *catalog.Trigger {
	n := *g
	n.State = state
	return &n
}

// switchConstraints changes the states of the triggers on a table that stand for
// constraints: its own, and the referenced side of others' foreign keys.
func (e *Env) switchConstraints(t *catalog.Table, state catalog.TriggerState) error {
	for i, k := range t.Constraints {
		for _, n := range k.TriggersOn(t.ID, t.ID) {
			k = k.WithTriggerState(n, state)
		}
		t.Constraints[i] = k
	}
	if err := e.putTable(t); err != nil {
		return err
	}
	for _, id := range e.Catalog.Referrers(t.ID) {
		child, ok := e.Catalog.TableByID(id)
		if !ok || id == t.ID {
			continue
		}
		c := copyTable(child)
		for i, k := range c.Constraints {
			for _, n := range k.TriggersOn(id, t.ID) {
				k = k.WithTriggerState(n, state)
			}
			c.Constraints[i] = k
		}
		if err := e.putTable(c); err != nil {
			return err
		}
	}
	return nil
}

// triggersOfColumn are the triggers that name a column.
func (e *Env) triggersOfColumn(t *catalog.Table, attr int16) (out []dependent) {
	for _, g := range t.Triggers {
		if slices.Contains(g.Columns, attr) || g.When != "" && e.mentions(t, g.When, attr) {
			out = append(out, dependent{object: object{kind: triggerObject, id: t.ID, part: g.ID}, order: g.ID})
		}
	}
	return out
}

// triggersFrom are the constraint triggers of other tables that name a table in FROM.
func (e *Env) triggersFrom(t *catalog.Table) (out []dependent) {
	for _, of := range e.tables(ofTriggers) {
		for _, g := range of.Triggers {
			if g.RefTable == t.ID && of.ID != t.ID {
				out = append(out, dependent{object: object{kind: triggerObject, id: of.ID, part: g.ID}, order: g.ID, auto: true})
			}
		}
	}
	return out
}

// typeOfTriggers refuses another type for a column that triggers name.
func (e *Env) typeOfTriggers(t *catalog.Table, c *catalog.Column) error {
	for _, d := range e.triggersOfColumn(t, c.Num) {
		return pgerr.New(pgerrcode.FeatureNotSupported, "cannot alter type of a column used in a trigger definition").
			WithDetail("%s depends on column \"%s\"", e.describe(d.object), c.Name)
	}
	return nil
}

// triggersCalling are the triggers whose function is f, or whose condition calls it.
func (e *Env) triggersCalling(f *catalog.Function, calls func(text string) bool) (out []dependent) {
	for _, t := range e.Catalog.Tables() {
		for _, g := range t.Triggers {
			if g.Parent == 0 && (g.Function == f.ID || calls(g.When)) { // parts go with what they are of
				out = append(out, dependent{object: object{kind: triggerObject, id: t.ID, part: g.ID}, order: g.ID})
			}
		}
	}
	return out
}
