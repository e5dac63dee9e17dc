package define

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

func (e *Env) permitAlter(st *ast.AlterTable) error {
	if st.Kind == ast.ObjType {
		if err := e.ownsType(&st.Name); err != nil {
			if c := e.compositeByName(&st.Name); c != nil && !(len(st.Cmds) == 1 && st.Cmds[0].Kind == ast.ChangeOwner) {
				err = notOwner("table", c.Name)
			}
			return err
		}
		return e.permitAttributes(st)
	}
	if len(st.Cmds) == 1 && st.Cmds[0].Kind == ast.ChangeOwner {
		return nil // asks for itself
	}
	if err := e.ownsRelation(&st.Name, ""); err != nil {
		return err
	}
	for i := range st.Cmds {
		c := &st.Cmds[i]
		if c.Of != nil && c.Kind != ast.DetachPartition && c.Kind != ast.DropInherit { // the other side is the user's
			if err := e.ownsRelation(c.Of, ""); err != nil {
				return err
			}
		}
		if c.Constraint != nil {
			if err := e.permitReference(c.Constraint, false); err != nil {
				return err
			}
			if err := e.permitKey(st, c.Constraint); err != nil {
				return err
			}
		}
		if c.Column != nil {
			for k := range c.Column.Constraints {
				if err := e.permitReference(&c.Column.Constraints[k], false); err != nil {
					return err
				}
			}
			if err := e.permitType(&c.Column.Type); err != nil {
				return err
			}
		}
		if c.Type != nil {
			if err := e.permitType(c.Type); err != nil {
				return err
			}
		}
	}
	return nil
}

// permitKey asks to make the index of a new key in the table's schema.
func (e *Env) permitKey(st *ast.AlterTable, k *ast.Constraint) error {
	if k.Kind != ast.ConPrimary && k.Kind != ast.ConUnique && k.Kind != ast.ConExclusion || k.UsingIndex != "" {
		return nil
	}
	if t, err := e.baseTable(&st.Name); err == nil && !t.Temp {
		s, _ := e.Catalog.SchemaByID(t.Schema)
		return e.mayCreateIn(s)
	}
	return nil // there is no such table
}

func (e *Env) permitRename(st *ast.Rename) error {
	var o *ownedObject
	switch st.Kind {
	case ast.ObjRole, ast.ObjDatabase, "POLICY", ast.ObjStatistics:
		return nil // ask for themselves
	case ast.ObjSchema:
		if err := e.ownsSchema(st.Name.Name); err != nil {
			return err
		}
		if e.Catalog.Allowed(e.databaseObject().Object, e.Catalog.DatabaseOwner(), e.Owner, catalog.PrivCreate) == 0 {
			return denied("permission denied for database %s", e.Database)
		}
		return nil
	case ast.ObjType, ast.ObjDomain:
		return e.ownsType(&st.Name)
	case ast.ObjCollation:
		return e.ownsCollation(&st.Name)
	case ast.ObjConstraint:
		if st.Of == ast.ObjDomain {
			return e.ownsType(&st.Name)
		}
		return e.ownsRelation(&st.Name, "")
	case ast.ObjColumn, ast.ObjTrigger:
		return e.ownsRelation(&st.Name, "")
	case ast.ObjFunction, ast.ObjProcedure, ast.ObjRoutine, ast.ObjAggregate:
		if err := e.permitRoutine(st.Kind, &st.Name, st.Args); err != nil {
			return err
		}
		if f, err := e.routine(st.Kind, &st.Name, st.Args); err == nil {
			s, _ := e.Catalog.SchemaByID(f.Schema)
			return e.mayCreateIn(s)
		}
		return nil
	case ast.ObjTable, ast.ObjView, ast.ObjMatView, ast.ObjSequence, ast.ObjIndex:
		if err := e.ownsRelation(&st.Name, ""); err != nil {
			return err
		}
		o = e.relationOwner(&st.Name)
	default:
		return denied("permission denied: ALTER %s is for superusers", st.Kind)
	}
	if o != nil {
		if s, ok := e.Catalog.SchemaByID(o.schema); ok && !s.Temp {
			return e.mayCreateIn(s)
		}
	}
	return nil
}

func (e *Env) permitMove(st *ast.AlterSchema) error {
	var err error
	switch st.Kind {
	case ast.ObjStatistics:
		return nil // asks for itself
	case ast.ObjType, ast.ObjDomain:
		err = e.ownsType(&st.Name)
	case ast.ObjCollation:
		err = e.ownsCollation(&st.Name)
	case ast.ObjTable, ast.ObjView, ast.ObjMatView, ast.ObjSequence:
		err = e.ownsRelation(&st.Name, "")
	case ast.ObjExtension:
		_, there := e.Catalog.Extension(st.Name.Name)
		if _, ok := e.Catalog.Schema(st.Schema); there && ok {
			err = notOwner("extension", st.Name.Name)
		}
	case ast.ObjFunction, ast.ObjProcedure, ast.ObjRoutine, ast.ObjAggregate:
		if f, found := e.routine(st.Kind, &st.Name, st.Args); found == nil && e.Catalog.SchemaName(f.Schema) == st.Schema {
			return nil // there is nothing to do
		}
		err = e.permitRoutine(st.Kind, &st.Name, st.Args)
	default:
		err = denied("permission denied: ALTER %s is for superusers", st.Kind)
	}
	if err != nil {
		return err
	}
	if s, ok := e.Catalog.Schema(st.Schema); ok && !s.Temp {
		return e.mayCreateIn(s)
	}
	return nil
}

// permitDrop asks for the owner of what is dropped, or of its schema.
func (e *Env) permitDrop(st *ast.Drop) error {
	for i := range st.Names {
		n := &st.Names[i]
		var o *ownedObject
		switch st.Kind {
		case ast.ObjRole, ast.ObjDatabase, "POLICY":
			return nil // ask for themselves
		case ast.ObjIndex, ast.ObjTable, ast.ObjView, ast.ObjMatView, ast.ObjSequence:
			if st.Table != nil {
				n = st.Table
			}
			o = e.relationOwner(n)
		case ast.ObjType, ast.ObjDomain:
			if err := e.mayLookInto(n); err != nil {
				return err
			}
			o = e.typeOwner(n)
		case ast.ObjFunction, ast.ObjProcedure, ast.ObjRoutine, ast.ObjAggregate:
			f, err := e.routine(st.Kind, n, st.Args[i])
			if pgerr.Code(err) == pgerrcode.InsufficientPrivilege {
				return err
			}
			if err == nil {
				o = &ownedObject{f.Owner, f.Schema, strings.ToLower(string(st.Kind)), dotted(n)}
			}
		case ast.ObjTrigger:
			if t, err := e.table(st.Table); err == nil && t.Trigger(n.Name) == nil {
				continue // there is none to own
			}
			if err := e.ownsRelation(st.Table, "relation"); err != nil {
				return err
			}
		case ast.ObjStatistics:
			if _, x, err := e.statistics(n); err == nil {
				o = &ownedObject{x.Owner, x.Schema, "statistics object", dotted(n)}
			}
		case ast.ObjCollation:
			if err := e.mayLookInto(n); err != nil {
				return err
			}
			if c, err := e.collationByName(n); err == nil {
				o = &ownedObject{c.Owner, c.Schema, "collation", dotted(n)}
			}
		case ast.ObjSchema:
			if err := e.ownsSchema(n.Name); err != nil {
				return err
			}
			continue
		case ast.ObjExtension:
			if _, ok := e.Catalog.Extension(n.Name); ok {
				return notOwner("extension", n.Name)
			}
			continue
		default:
			if unmade[st.Kind] != "" {
				return nil // there is none
			}
			return denied("permission denied: DROP %s is for superusers", st.Kind)
		}
		if o == nil || e.Catalog.Owns(e.Owner, o.owner) {
			continue
		}
		if s, ok := e.Catalog.SchemaByID(o.schema); ok && e.Catalog.Owns(e.Owner, s.Owner) {
			continue
		}
		return notOwner(o.kind, o.name)
	}
	return nil
}
