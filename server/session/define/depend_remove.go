package define

import (
	"context"
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
)

// describe names an object as messages do.
func (e *Env) describe(o object) string {
	switch o.kind {
	case schemaObject:
		s, _ := e.Catalog.SchemaByID(o.id)
		return "schema " + s.Name
	case sequenceObject:
		q, _ := e.Catalog.SequenceByID(o.id)
		return "sequence " + e.visibleName(q.Schema, q.Name)
	case typeObject:
		t := e.valueType(o.id)
		name := e.visibleType(&t)
		if o.id == t.array {
			name += "[]"
		}
		return "type " + name
	case domainCheckObject:
		d, _ := e.Catalog.TypeByID(o.id)
		return "constraint " + ast.QuoteIdent(d.Checks[domainCheck(d, o.part)].Name)
	case collationObject:
		return e.describeCollation(o.id)
	case classObject:
		method, name := syscat.ClassName(o.id)
		return "operator class " + ast.QuoteIdent(name) + " for access method " + method
	case extensionObject:
		return "extension " + e.extensionByID(o.id).Name
	case extensionFunction:
		f := builtin.FuncByOID(o.id)
		return "function " + strings.ReplaceAll(builtin.CallText("", f.Name, f.Args), ", ", ",")
	case functionObject:
		f, _ := e.Catalog.FunctionByID(o.id)
		return "function " + e.signature(f)
	case indexObject:
		x, _ := e.Catalog.IndexByID(o.id)
		t, _ := e.Catalog.TableByID(x.Table)
		return "index " + e.visibleName(t.Schema, x.Name)
	}
	t, _ := e.Catalog.TableByID(o.id)
	table := "table " + e.visibleName(t.Schema, t.Name)
	switch t.Kind {
	case catalog.KindView:
		table = "view " + e.visibleName(t.Schema, t.Name)
	case catalog.KindComposite:
		table = "composite type " + e.visibleName(t.Schema, t.Name)
	case catalog.KindMatView:
		table = "materialized view " + e.visibleName(t.Schema, t.Name)
	}
	switch o.kind {
	case columnObject:
		return "column " + t.Columns[o.attr-1].Name + " of " + table
	case defaultObject:
		return "default value for column " + t.Columns[o.attr-1].Name + " of " + table
	case policyObject:
		for _, p := range t.Policies {
			if p.ID == o.part {
				return "policy " + p.Name + " on " + table
			}
		}
	case constraintObject:
		return "constraint " + constraintByID(t, o.part).Name + " on " + table
	case statisticsObject:
		return e.describeStatistics(statisticsByID(t, o.part))
	case triggerObject:
		return "trigger " + ast.QuoteIdent(triggerByID(t, o.part).Name) + " on " + table
	}
	return table
}

// domainCheck is the place of a constraint among a domain's.
func domainCheck(d *catalog.Type, id catalog.ID) int {
	return slices.IndexFunc(d.Checks, func(c *catalog.Constraint) bool { return c.ID == id })
}

func triggerByID(t *catalog.Table, id catalog.ID) *catalog.Trigger {
	for _, g := range t.Triggers {
		if g.ID == id {
			return g
		}
	}
	return nil
}

// visibleName is a relation's name, with its schema when the search path finds
// another relation or none by the bare name.
func (e *Env) visibleName(schema catalog.ID, name string) string {
	for _, p := range e.Path {
		s, ok := e.Catalog.Schema(p)
		if !ok || !e.Catalog.RelationExists(s.ID, name) {
			continue
		}
		if s.ID == schema {
			return ast.QuoteIdent(name)
		}
		break
	}
	return ast.QuoteIdent(e.Catalog.SchemaName(schema)) + "." + ast.QuoteIdent(name)
}

// visibleType is a type's name, with its schema where the path does not find it.
func (e *Env) visibleType(t *valueType) string {
	for _, p := range e.Path {
		s, ok := e.Catalog.Schema(p)
		switch {
		case !ok:
		case s.ID == t.schema:
			return ast.QuoteIdent(t.name)
		case e.Catalog.TypeExists(s.ID, t.name):
			return t.shown
		}
	}
	return t.shown
}

// ownAll locks what is to be dropped before it is asked what depends on it. A part is dropped
// by changing what it is a part of, and locked with that.
func (e *Env) ownAll(ctx context.Context, targets []object) error {
	edit := e.change(ctx)
	for _, t := range targets {
		o := catalog.Object{ID: t.id}
		switch t.kind {
		case tableObject:
			o.Class = catalog.RelationClass
		case sequenceObject:
			o.Class = catalog.SequenceClass
		case typeObject:
			o.Class = catalog.TypeClass
			if r, ok := e.Catalog.RowType(t.id); ok {
				o = catalog.Object{Class: catalog.RelationClass, ID: r.Table.ID}
			}
		case functionObject:
			o.Class = catalog.FunctionClass
		case collationObject:
			o.Class = catalog.CollationClass
		case schemaObject:
			o.Class = catalog.SchemaClass
		default:
			continue
		}
		if err := edit.Own(o); err != nil {
			return err
		}
	}
	return nil
}

// removeObject takes one object away; what depends on it has gone already, and
// perhaps the table that it is a part of.
func (e *Env) removeObject(ctx context.Context, o object) error {
	switch o.kind {
	case schemaObject:
		s, _ := e.Catalog.SchemaByID(o.id)
		return e.edit.RemoveSchema(s)
	case sequenceObject:
		q, _ := e.Catalog.SequenceByID(o.id)
		return e.edit.RemoveSequence(q)
	case typeObject:
		switch t := e.valueType(o.id); {
		case types.Extension(o.id) != "": // is always known
			return nil
		case o.id == t.array: // goes with its element's
			return nil
		case t.rel == nil:
			x, _ := e.Catalog.TypeByID(o.id)
			return e.edit.RemoveType(x)
		case t.rel.Kind == catalog.KindComposite:
			return e.edit.RemoveTable(t.rel)
		}
		return nil // a row type goes with its table
	case domainCheckObject:
		d, ok := e.Catalog.TypeByID(o.id)
		if !ok {
			return nil
		}
		n := *d
		n.Checks = slices.Clone(d.Checks)
		i := domainCheck(d, o.part)
		n.Checks = slices.Delete(n.Checks, i, i+1)
		return e.edit.PutType(&n)
	case collationObject:
		return e.edit.RemoveCollation(o.id)
	case classObject: // is always known
		return nil
	case extensionObject:
		x := e.extensionByID(o.id)
		for _, r := range e.Catalog.AllRights() {
			if f := builtin.FuncByOID(r.Object.ID); r.Class == catalog.FunctionClass && f != nil && f.Extension == x.Name {
				if err := e.edit.RemoveRights(r.Object); err != nil {
					return err
				}
			}
		}
		return e.edit.RemoveExtension(x)
	case extensionFunction: // goes with its extension
		return nil
	case functionObject:
		return e.edit.RemoveFunction(o.id)
	case indexObject:
		x, ok := e.Catalog.IndexByID(o.id)
		if !ok {
			return nil
		}
		return e.changeTable(ctx, x.Table, func(t *catalog.Table) error { return e.removeIndex(t, x.ID) })
	case tableObject:
		if err := e.Txn.LockTable(ctx, o.id, kv.Exclusive); err != nil {
			return err
		}
		t, _ := e.Catalog.TableByID(o.id)
		if err := e.leave(ctx, t, e.staying(t.Parents)...); err != nil {
			return err
		}
		return e.edit.RemoveTable(t)
	}
	if _, ok := e.Catalog.TableByID(o.id); !ok {
		return nil
	}
	return e.changeTable(ctx, o.id, func(t *catalog.Table) error {
		switch o.kind {
		case columnObject:
			return e.takeColumn(t, o.attr)
		case defaultObject:
			c := &t.Columns[o.attr-1]
			c.Default, c.DefaultID, c.SequenceID = "", 0, 0
		case constraintObject:
			removeConstraint(t, o.part)
		case triggerObject:
			t.Triggers = withoutTrigger(t.Triggers, o.part)
		case statisticsObject:
			t.ExtStatistics = slices.DeleteFunc(t.ExtStatistics, func(x *catalog.ExtStatistics) bool { return x.ID == o.part })
		case policyObject:
			t.Policies = slices.DeleteFunc(t.Policies, func(p *catalog.Policy) bool { return p.ID == o.part })
		}
		return nil
	})
}

// staying are those of a table's parents that the DROP does not take away, too: those that go
// are not written anew for each of their children.
func (e *Env) staying(parents []catalog.ID) []catalog.ID {
	return slices.DeleteFunc(slices.Clone(parents), func(id catalog.ID) bool { return e.going[object{kind: tableObject, id: id}] })
}

// changeTable stores a changed copy of a table.
func (e *Env) changeTable(ctx context.Context, id catalog.ID, change func(*catalog.Table) error) error {
	if err := e.Txn.LockTable(ctx, id, kv.Exclusive); err != nil {
		return err
	}
	t, _ := e.Catalog.TableByID(id)
	c := copyTable(t)
	if err := change(c); err != nil {
		return err
	}
	return e.putTable(c)
}
