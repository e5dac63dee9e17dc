package define

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
)

// createTrigger is CREATE TRIGGER. The order of checks is PostgreSQL's (CreateTrigger).
func (e *Env) createTrigger(ctx context.Context, st *ast.CreateTrigger) error {
	if st.Constraint && st.Replace {
		return pgerr.New(pgerrcode.FeatureNotSupported, "CREATE OR REPLACE CONSTRAINT TRIGGER is not supported")
	}
	t, err := e.triggerTable(&st.Table)
	if err != nil {
		return err
	}
	g := &catalog.Trigger{Name: st.Name, Kind: triggerKind(st), Args: st.Args, Deferrable: st.Deferrable, Deferred: st.InitiallyDeferred}
	if err := triggerFits(t, g.Kind); err != nil {
		return err
	}
	if t.IsPartitioned() && g.Is(catalog.TriggerRow) && len(st.Transitions) > 0 {
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "%q is a partitioned table", t.Name).
			WithDetail("ROW triggers with transition tables are not supported on partitioned tables.")
	}
	if st.From != nil {
		ref, err := e.table(st.From)
		if err != nil {
			return err
		}
		g.RefTable = ref.ID
	}
	if err := triggerForm(st, g); err != nil {
		return err
	}
	if err := transitionTables(t, st, g); err != nil {
		return err
	}
	if st.When != nil {
		if g.When, err = bind.TriggerWhen(st.When, t, g.Kind, e.options()); err != nil {
			return err
		}
	}
	if g.Function, err = e.triggerFunction(&st.Function); err != nil {
		return err
	}
	if f, ok := e.Catalog.FunctionByID(g.Function); ok {
		if err := e.mayExecute(f, dotted(&st.Function)); err != nil {
			return err
		}
	}
	old := t.Trigger(st.Name)
	if err := replaceableTrigger(t, old, st, false); err != nil {
		return err
	}
	if g.Columns, err = triggerColumns(t, st.Columns); err != nil {
		return err
	}
	return e.storeTrigger(ctx, t, g, old, st.Constraint, st.Replace)
}

func (e *Env) storeTrigger(ctx context.Context, t *catalog.Table, g, old *catalog.Trigger, constraint, replace bool) (err error) {
	if err := e.Txn.LockTable(ctx, t.ID, kv.Exclusive); err != nil {
		return err
	}
	edit := e.change(ctx)
	if constraint {
		if g.Constraint, err = edit.NewID(ctx); err != nil {
			return err
		}
	}
	if old != nil {
		g.ID, g.Comment = old.ID, old.Comment
	} else if g.ID, err = edit.NewID(ctx); err != nil {
		return err
	}
	c := copyTable(t)
	putTrigger(c, g)
	if err := e.putTable(c); err != nil {
		return err
	}
	return e.inPartitions(c, g, func(id catalog.ID) error { return e.cloneTrigger(ctx, c, g, id, replace) })
}

// putTrigger adds a trigger to a table, a copy, or replaces the one of its OID: they
// stand in the order of their names, which is that in which they fire.
func putTrigger(t *catalog.Table, g *catalog.Trigger) {
	t.Triggers = append(withoutTrigger(t.Triggers, g.ID), g)
	slices.SortFunc(t.Triggers, func(a, b *catalog.Trigger) int { return strings.Compare(a.Name, b.Name) })
}

func withoutTrigger(list []*catalog.Trigger, id catalog.ID) []*catalog.Trigger {
	return slices.DeleteFunc(slices.Clone(list), func(g *catalog.Trigger) bool { return g.ID == id })
}

func triggerKind(st *ast.CreateTrigger) (k catalog.TriggerKind) {
	switch st.Timing {
	case "BEFORE":
		k |= catalog.TriggerBefore
	case "INSTEAD OF":
		k |= catalog.TriggerInstead
	}
	if st.Row {
		k |= catalog.TriggerRow
	}
	for _, e := range st.Events {
		k |= map[string]catalog.TriggerKind{"INSERT": catalog.TriggerInsert, "DELETE": catalog.TriggerDelete,
			"UPDATE": catalog.TriggerUpdate, "TRUNCATE": catalog.TriggerTruncate}[e]
	}
	return k
}

// triggerTable finds the relation that a trigger is on.
func (e *Env) triggerTable(n *ast.QName) (*catalog.Table, error) {
	t, err := e.table(n)
	if err != nil {
		if bind.IsSystemRelation(n) {
			return nil, pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission denied: %q is a system catalog", n.Name)
		}
		if pgerr.Code(err) == pgerrcode.UndefinedTable {
			if _, x, err := e.index(n); err == nil {
				return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is an index", x.Name)
			}
			if q, err := e.findSequence(n); err == nil {
				return nil, noTriggers(q.Name, "sequences")
			}
		}
		return nil, err
	}
	switch t.Kind {
	case catalog.KindMatView:
		return nil, noTriggers(t.Name, "materialized views")
	case catalog.KindComposite:
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is a composite type", t.Name)
	}
	return t, nil
}

func noTriggers(name, what string) error {
	return pgerr.Newf(pgerrcode.WrongObjectType, "relation %q cannot have triggers", name).
		WithDetail("This operation is not supported for %s.", what)
}

// triggerFits refuses kinds of triggers that a table or a view cannot have.
func triggerFits(t *catalog.Table, k catalog.TriggerKind) error {
	wrong := func(is, detail string) error {
		return pgerr.Newf(pgerrcode.WrongObjectType, "%q is a %s", t.Name, is).WithDetail("%s", detail)
	}
	if t.Kind != catalog.KindView {
		if k&catalog.TriggerInstead != 0 {
			return wrong("table", "Tables cannot have INSTEAD OF triggers.")
		}
		return nil
	}
	switch {
	case k&catalog.TriggerInstead == 0 && k&catalog.TriggerRow != 0:
		return wrong("view", "Views cannot have row-level BEFORE or AFTER triggers.")
	case k&catalog.TriggerTruncate != 0:
		return wrong("view", "Views cannot have TRUNCATE triggers.")
	}
	return nil
}

// triggerForm refuses clauses that do not go together.
func triggerForm(st *ast.CreateTrigger, g *catalog.Trigger) error {
	not := func(message string) error { return pgerr.New(pgerrcode.FeatureNotSupported, message) }
	switch {
	case g.Is(catalog.TriggerTruncate | catalog.TriggerRow):
		return not("TRUNCATE FOR EACH ROW triggers are not supported")
	case !g.Is(catalog.TriggerInstead):
		return nil
	case !st.Row:
		return not("INSTEAD OF triggers must be FOR EACH ROW")
	case st.When != nil:
		return not("INSTEAD OF triggers cannot have WHEN conditions")
	case len(st.Columns) > 0:
		return not("INSTEAD OF triggers cannot have column lists")
	}
	return nil
}

// transitionTables checks and notes REFERENCING.
func transitionTables(t *catalog.Table, st *ast.CreateTrigger, g *catalog.Trigger) error {
	for _, x := range st.Transitions {
		if err := transitionFits(t, st, g, x); err != nil {
			return err
		}
		name, which := &g.OldTable, "OLD"
		if x.New {
			name, which = &g.NewTable, "NEW"
		}
		if *name != "" {
			return pgerr.Newf(pgerrcode.InvalidObjectDefinition, "%s TABLE cannot be specified multiple times", which)
		}
		*name = x.Name
	}
	if g.OldTable != "" && g.OldTable == g.NewTable {
		return pgerr.New(pgerrcode.InvalidObjectDefinition, "OLD TABLE name and NEW TABLE name cannot be the same")
	}
	return nil
}

func transitionFits(t *catalog.Table, st *ast.CreateTrigger, g *catalog.Trigger, x ast.TriggerTransition) error {
	events, inFamily := g.Kind&catalog.TriggerEvents, rowTransitions(t, g)
	switch {
	case !x.IsTable:
		return pgerr.New(pgerrcode.FeatureNotSupported, "ROW variable naming in the REFERENCING clause is not supported").
			WithHint("Use OLD TABLE or NEW TABLE for naming transition tables.")
	case t.Kind == catalog.KindView:
		return pgerr.Newf(pgerrcode.WrongObjectType, "%q is a view", t.Name).WithDetail("Triggers on views cannot have transition tables.")
	case inFamily != nil:
		return inFamily
	case st.Timing != "AFTER":
		return pgerr.New(pgerrcode.InvalidObjectDefinition, "transition table name can only be specified for an AFTER trigger")
	case g.Is(catalog.TriggerTruncate):
		return pgerr.New(pgerrcode.FeatureNotSupported, "TRUNCATE triggers with transition tables are not supported")
	case events&(events-1) != 0:
		return pgerr.New(pgerrcode.FeatureNotSupported, "transition tables cannot be specified for triggers with more than one event")
	case len(st.Columns) > 0:
		return pgerr.New(pgerrcode.FeatureNotSupported, "transition tables cannot be specified for triggers with column lists")
	case x.New && events&(catalog.TriggerInsert|catalog.TriggerUpdate) == 0:
		return pgerr.New(pgerrcode.InvalidObjectDefinition, "NEW TABLE can only be specified for an INSERT or UPDATE trigger")
	case !x.New && events&(catalog.TriggerDelete|catalog.TriggerUpdate) == 0:
		return pgerr.New(pgerrcode.InvalidObjectDefinition, "OLD TABLE can only be specified for a DELETE or UPDATE trigger")
	}
	return nil
}

// triggerFunction finds the function that a trigger calls: one without arguments.
func (e *Env) triggerFunction(n *ast.QName) (catalog.ID, error) {
	if n.Schema != "" && n.Schema != "pg_catalog" {
		s, ok := e.Catalog.Schema(n.Schema)
		if !ok {
			return 0, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", n.Schema)
		}
		if !e.Super && !e.Catalog.MayUseSchema(s, e.Owner, catalog.PrivUsage) {
			return 0, denied("permission denied for schema %s", s.Name)
		}
	}
	id, ret := e.functionWithoutArgs(n)
	switch {
	case id != 0 && ret == types.TriggerOID:
		return id, nil
	case id != 0:
		return 0, pgerr.Newf(pgerrcode.InvalidObjectDefinition, "function %s must return type trigger", dotted(n))
	}
	return 0, pgerr.Newf(pgerrcode.UndefinedFunction, "function %s() does not exist", dotted(n))
}

// functionWithoutArgs finds a function that takes no arguments, 0 if there is none.
func (e *Env) functionWithoutArgs(n *ast.QName) (id catalog.ID, ret types.OID) {
	if n.Schema == "" || n.Schema == "pg_catalog" {
		for _, f := range builtin.Functions(n.Schema, n.Name) {
			if len(f.Args) == 0 {
				return f.OID, f.Ret
			}
		}
	}
	path := e.Path
	if n.Schema != "" {
		path = []string{n.Schema}
	}
	for _, p := range path {
		if s, ok := e.Catalog.Schema(p); ok && (!s.Temp || n.Schema != "") {
			if f, ok := e.Catalog.Function(s.ID, n.Name, []catalog.ID{}); ok && !f.IsProcedure() {
				return f.ID, f.RetID()
			}
		}
	}
	return 0, 0
}

// replaceableTrigger refuses a name that is taken. A part of a trigger is replaced with
// that alone.
func replaceableTrigger(t *catalog.Table, old *catalog.Trigger, st *ast.CreateTrigger, part bool) error {
	switch {
	case old == nil:
		if st.Constraint && constraintOf(t, st.Name) != nil {
			return pgerr.Newf(pgerrcode.DuplicateObject, "constraint %q for relation %q already exists", st.Name, t.Name)
		}
		return nil
	case !st.Replace:
		return pgerr.Newf(pgerrcode.DuplicateObject, "trigger %q for relation %q already exists", st.Name, t.Name)
	case old.Parent != 0 && !part:
		return pgerr.Newf(pgerrcode.DuplicateObject, "trigger %q for relation %q is an internal or a child trigger", st.Name, t.Name)
	case old.Constraint != 0:
		return pgerr.Newf(pgerrcode.DuplicateObject, "trigger %q for relation %q is a constraint trigger", st.Name, t.Name)
	}
	return nil
}

// triggerColumns resolves UPDATE OF.
func triggerColumns(t *catalog.Table, names []string) ([]int16, error) {
	var out []int16
	for _, name := range names {
		c := t.ColumnByName(name)
		switch {
		case c == nil:
			return nil, noColumn(t, name)
		case slices.Contains(out, c.Num):
			return nil, pgerr.Newf(pgerrcode.DuplicateColumn, "column %q specified more than once", name)
		}
		out = append(out, c.Num)
	}
	return out, nil
}
