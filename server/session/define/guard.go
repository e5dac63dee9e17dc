package define

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
)

// Permit refuses statements to those who may not run them. What is not known here is
// for superusers. Names of nothing pass: the statement has its own error for them.
// Rights to make things in a schema are asked where the schema is chosen (target). Run
// asks for itself.
func (e *Env) Permit(stmt ast.Stmt) error {
	if e.Super {
		return nil
	}
	switch st := stmt.(type) {
	case *ast.CreateSequence, *ast.CreateCollation, *ast.CreateEnum,
		*ast.CreateDatabase, *ast.AlterDatabase, *ast.RoleStmt, *ast.Grant, *ast.AlterDefaults, *ast.ReassignOwned, *ast.DropOwned, *ast.Policy, *ast.AlterOwner,
		*ast.CreateStatistics, *ast.AlterStatistics, *ast.Other:
		return nil // ask for themselves
	case *ast.CreateRange, *ast.CreateAggregate, *ast.CreateComposite, *ast.CreateDomain:
		return e.permitTypes(st)
	case *ast.CreateFunction, *ast.AlterFunction:
		return nil // ask for themselves
	case *ast.CreateTrigger:
		return e.permitTrigger(st)
	case *ast.CreateTable:
		return e.permitTable(st)
	case *ast.CreateView:
		return e.permitView(st)
	case *ast.CreateSchema:
		return e.permitSchema(st)
	case *ast.SchemaCollation:
		return e.ownsSchema(e.presentSchema(st.Name))
	case *ast.CreateIndex:
		return e.permitIndex(st)
	case *ast.AlterSequence:
		return e.ownsRelation(&st.Name, "")
	case *ast.AlterEnum:
		return e.ownsType(&st.Name)
	case *ast.AlterDomain:
		return e.ownsType(&st.Name)
	case *ast.AlterCollation:
		return e.ownsCollation(&st.Name)
	case *ast.CreateExtension:
		return e.permitExtension(st.Name)
	case *ast.AlterExtension:
		if _, there := e.Catalog.Extension(st.Name); there {
			return notOwner("extension", st.Name)
		}
		return nil
	case *ast.Refresh:
		return e.ownsRelation(&st.Name, "")
	case *ast.AlterTable:
		return e.permitAlter(st)
	case *ast.Rename:
		return e.permitRename(st)
	case *ast.AlterSchema:
		return e.permitMove(st)
	case *ast.Drop:
		return e.permitDrop(st)
	case *ast.Comment:
		return e.permitComment(st)
	case *ast.Truncate:
		return nil // asks table by table
	case *ast.Reindex:
		return e.permitReindex(st)
	case *ast.Cluster:
		if st.Name.Name == "" {
			return nil // of those that the role owns
		}
		return e.ownsRelation(&st.Name, "")
	}
	return denied("permission denied: %s is for superusers", Tag(stmt))
}

// mayCreateIn refuses a schema in which the user may not make anything.
func (e *Env) mayCreateIn(s *catalog.Schema) error {
	if e.Super {
		return nil
	}
	if s.Temp {
		if e.Catalog.Allowed(e.databaseObject().Object, e.Catalog.DatabaseOwner(), e.Owner, catalog.PrivTemp) == 0 {
			return denied("permission denied to create temporary tables in database %q", e.Database)
		}
		return nil
	}
	if !e.Catalog.MayUseSchema(s, e.Owner, catalog.PrivCreate) {
		return denied("permission denied for schema %s", s.Name)
	}
	return nil
}

// permitIndex asks for the table, and to make something in its schema.
func (e *Env) permitIndex(st *ast.CreateIndex) error {
	if err := e.ownsRelation(&st.Table, ""); err != nil {
		return err
	}
	if t, err := e.baseTable(&st.Table); err == nil && !t.Temp {
		s, _ := e.Catalog.SchemaByID(t.Schema)
		return e.mayCreateIn(s)
	}
	return nil // there is no such table
}

// permitTable asks for the schema and for what a new table refers to.
func (e *Env) permitTable(st *ast.CreateTable) error {
	if !st.Temp {
		s, err := e.chosenSchema(&st.Name)
		if err == nil && s != nil {
			err = e.mayCreateIn(s)
		}
		if err != nil {
			return placed(err, &st.Name)
		}
	}
	for i := range st.Constraints {
		if err := e.permitReference(&st.Constraints[i], st.Temp); err != nil {
			return err
		}
	}
	for i := range st.Columns {
		for k := range st.Columns[i].Constraints {
			if err := e.permitReference(&st.Columns[i].Constraints[k], st.Temp); err != nil {
				return err
			}
		}
		if err := e.permitType(&st.Columns[i].Type); err != nil {
			return err
		}
	}
	for i := range st.Inherits {
		if err := e.ownsRelation(&st.Inherits[i], ""); err != nil {
			return err
		}
	}
	for i := range st.Like {
		if err := e.permitRead(&st.Like[i].Name); err != nil {
			return err
		}
	}
	return nil
}

// permitRead asks for SELECT on a relation.
func (e *Env) permitRead(n *ast.QName) error {
	t, err := e.table(n)
	if err != nil || e.Catalog.Allowed(catalog.Object{Class: catalog.RelationClass, ID: t.ID}, t.Owner, e.Owner, catalog.PrivSelect) != 0 {
		return nil
	}
	return denied("permission denied for %s %s", relationWord(t), t.Name)
}

// permitReference asks for REFERENCES on the columns of a foreign key, of a temporary table
// or another: what is refused for that comes first.
func (e *Env) permitReference(k *ast.Constraint, temp bool) error {
	if k.Kind != ast.ConForeign || k.RefTable.Name == "" || e.Super {
		return nil
	}
	t, err := e.table(&k.RefTable)
	if err != nil || temp && !t.Temp {
		return nil
	}
	o := catalog.Object{Class: catalog.RelationClass, ID: t.ID}
	if e.Catalog.Allowed(o, t.Owner, e.Owner, catalog.PrivReferences) != 0 {
		return nil
	}
	names := k.RefColumns
	if pk := t.PrimaryKey(); len(names) == 0 && pk != nil {
		for _, a := range pk.Columns {
			names = append(names, t.Columns[a-1].Name)
		}
	}
	for _, name := range names {
		c := t.ColumnByName(name)
		if c == nil || e.Catalog.AllowedColumn(t, c.Num, e.Owner, catalog.PrivReferences) == 0 {
			return denied("permission denied for table %s", t.Name)
		}
	}
	if len(names) == 0 {
		return denied("permission denied for table %s", t.Name)
	}
	return nil
}

// permitView asks for the view that is replaced.
func (e *Env) permitView(st *ast.CreateView) error {
	if !st.OrReplace {
		return nil
	}
	n := st.Name
	if n.Schema == "" && len(e.Targets) > 0 && !st.Temp {
		for _, p := range e.Targets {
			if _, ok := e.Catalog.Schema(p); ok {
				n.Schema = p
				break
			}
		}
	}
	return e.ownsRelation(&n, "")
}

func (e *Env) permitSchema(st *ast.CreateSchema) error {
	owner := e.Owner
	if st.Owner != "" {
		r, err := e.roleNamed(st.Owner)
		if err != nil {
			return err
		}
		owner = r.ID
	}
	if e.Catalog.Allowed(e.databaseObject().Object, e.Catalog.DatabaseOwner(), e.Owner, catalog.PrivCreate) == 0 {
		return denied("permission denied for database %s", e.Database)
	}
	if r, ok := e.Catalog.RoleByID(owner); ok && !e.Catalog.IsMember(e.Owner, owner) {
		return denied("must be member of role %q", r.Name)
	}
	return nil
}

func (e *Env) permitExtension(name string) error {
	if _, there := e.Catalog.Extension(name); there {
		return nil
	}
	for _, k := range syscat.Extensions {
		if k.Name != name {
			continue
		}
		may := e.Catalog.Allowed(e.databaseObject().Object, e.Catalog.DatabaseOwner(), e.Owner, catalog.PrivCreate) != 0
		if k.Trusted && may {
			return nil
		}
		hint := "Must be superuser to create this extension."
		if k.Trusted {
			hint = "Must have CREATE privilege on current database to create this extension."
		}
		return withHint(denied("permission denied to create extension %q", name), hint)
	}
	return nil
}

func (e *Env) permitComment(st *ast.Comment) error {
	switch st.Kind {
	case ast.ObjTable, ast.ObjView, ast.ObjMatView:
		if t, err := e.table(&st.Name); err == nil && commentKind(t) != st.Kind {
			return nil // which is another error
		}
		return e.ownsRelation(&st.Name, "")
	case ast.ObjSequence, ast.ObjIndex:
		return e.ownsRelation(&st.Name, "")
	case ast.ObjColumn, ast.ObjTrigger, ast.ObjConstraint, "POLICY":
		return e.ownsRelation(&st.Name, "relation")
	case ast.ObjFunction, ast.ObjProcedure, ast.ObjRoutine, ast.ObjAggregate:
		f, err := e.routine(st.Kind, &st.Name, st.Args)
		if err == nil {
			return e.mayChangeRoutine(f, strings.ToLower(string(st.Kind)), dotted(&st.Name))
		}
		if pgerr.Code(err) == pgerrcode.InsufficientPrivilege {
			return err
		}
		return nil
	case ast.ObjType, ast.ObjDomain, ast.ObjDomainConstraint:
		return e.ownsType(&st.Name)
	case ast.ObjSchema:
		return e.ownsSchema(st.Name.Name)
	case ast.ObjCollation:
		return e.ownsCollation(&st.Name)
	case ast.ObjStatistics:
		if _, _, err := e.ownStatistics(&st.Name, false); pgerr.Code(err) == pgerrcode.InsufficientPrivilege {
			return err
		}
		return nil
	case ast.ObjRole:
		r, ok := e.Catalog.Role(st.Name.Name)
		switch {
		case ok && r.Super:
			return denied("must be superuser")
		case ok && !e.mayCreateRoles():
			return denied("must have CREATEROLE privilege")
		}
		return nil
	case ast.ObjExtension:
		return notOwner("extension", st.Name.Name)
	case ast.ObjDatabase:
		if !e.Catalog.Owns(e.Owner, e.Catalog.DatabaseOwner()) {
			return notOwner("database", st.Name.Name)
		}
		return nil
	}
	return denied("permission denied: COMMENT ON %s is for superusers", st.Kind)
}

// commentKind is the kind by which COMMENT names a relation, "" for none.
func commentKind(t *catalog.Table) ast.ObjectKind {
	switch t.Kind {
	case catalog.KindView:
		return ast.ObjView
	case catalog.KindMatView:
		return ast.ObjMatView
	case catalog.KindComposite:
		return ""
	}
	return ast.ObjTable
}

func (e *Env) permitReindex(st *ast.Reindex) error {
	switch strings.ToUpper(st.Kind) {
	case "INDEX", "TABLE":
		return e.ownsRelation(&st.Name, "")
	case "SCHEMA":
		return e.ownsSchema(st.Name.Name)
	}
	if !e.Catalog.Owns(e.Owner, e.Catalog.DatabaseOwner()) {
		return notOwner("database", e.Database)
	}
	return nil
}

// permitTruncate asks for TRUNCATE on a table.
func (e *Env) permitTruncate(t *catalog.Table) error {
	if e.Super || e.Catalog.Allowed(catalog.Object{Class: catalog.RelationClass, ID: t.ID}, t.Owner, e.Owner, catalog.PrivTruncate) != 0 {
		return nil
	}
	return denied("permission denied for table %s", t.Name)
}

func withHint(err error, hint string) error {
	if e, ok := pgerr.As(err); ok {
		return e.WithHint("%s", hint)
	}
	return err
}
