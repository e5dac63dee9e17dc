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
		*ast.CreateDatabase, *ast.AlterDatabase, *ast.RoleStmt, *ast.Grant, *ast.AlterDefaults, *ast.ReassignOwned, *ast.DropOwned, *ast.Policy, *ast.AlterOwner:
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
		return e.ownsRelation(&st.Table, "")
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

// found is a relation or part of one that a name stands for; nil for none.
type ownedObject struct {
	owner, schema catalog.ID
	kind, name    string
}

// relationOwner finds the owner of the relation, sequence or index of a name.
func (e *Env) relationOwner(n *ast.QName) *ownedObject {
	var o *ownedObject
	_ = e.find(n, func(s catalog.ID) bool {
		if t, ok := e.Catalog.Table(s, n.Name); ok {
			o = &ownedObject{t.Owner, s, relationWord(t), t.Name}
		} else if q, ok := e.Catalog.Sequence(s, n.Name); ok {
			o = &ownedObject{q.Owner, s, "sequence", q.Name}
		} else if x, ok := e.Catalog.Index(s, n.Name); ok {
			t, _ := e.Catalog.TableByID(x.Table)
			o = &ownedObject{t.Owner, s, "index", x.Name}
		}
		return o != nil
	})
	return o
}

// ownsRelation refuses who does not own a relation; kind, if given, is what it is called.
func (e *Env) ownsRelation(n *ast.QName, kind string) error {
	if e.Super {
		return nil
	}
	o := e.relationOwner(n)
	if o == nil || e.Catalog.Owns(e.Owner, o.owner) {
		return nil
	}
	if kind == "" {
		kind = o.kind
	}
	return notOwner(kind, o.name)
}

func (e *Env) typeOwner(n *ast.QName) *ownedObject {
	if c := e.compositeByName(n); c != nil {
		return &ownedObject{c.Owner, c.Schema, "type", e.typeShown(c.Schema, c.Name)}
	}
	names := []string{n.Schema}
	if n.Schema == "" {
		names = e.Path
	}
	for _, p := range names {
		if s, ok := e.Catalog.Schema(p); ok {
			if t, ok := e.Catalog.Type(s.ID, n.Name); ok {
				return &ownedObject{t.Owner, s.ID, "type", e.typeShown(s.ID, t.Name)}
			}
		}
	}
	return nil
}

func (e *Env) typeShown(schema catalog.ID, name string) string {
	if n := e.Catalog.SchemaName(schema); schema != catalog.PublicID {
		return ast.QuoteIdent(n) + "." + ast.QuoteIdent(name)
	}
	return ast.QuoteIdent(name)
}

func (e *Env) ownsType(n *ast.QName) error {
	if o := e.typeOwner(n); o != nil && !e.Catalog.Owns(e.Owner, o.owner) {
		return notOwner(o.kind, o.name)
	}
	return nil
}

func (e *Env) ownsCollation(n *ast.QName) error {
	if c, err := e.collationByName(n); err == nil && !e.Catalog.Owns(e.Owner, c.Owner) {
		return notOwner("collation", c.Name)
	}
	return nil
}

func (e *Env) ownsSchema(name string) error {
	if s, ok := e.Catalog.Schema(name); ok && !e.Catalog.Owns(e.Owner, s.Owner) {
		return notOwner("schema", s.Name)
	}
	return nil
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

// permitTable asks for what a new table refers to.
func (e *Env) permitTable(st *ast.CreateTable) error {
	for i := range st.Constraints {
		if err := e.permitReference(&st.Constraints[i]); err != nil {
			return err
		}
	}
	for i := range st.Columns {
		for k := range st.Columns[i].Constraints {
			if err := e.permitReference(&st.Columns[i].Constraints[k]); err != nil {
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

// permitReference asks for REFERENCES on the columns of a foreign key.
func (e *Env) permitReference(k *ast.Constraint) error {
	if k.Kind != ast.ConForeign || k.RefTable.Name == "" || e.Super {
		return nil
	}
	t, err := e.table(&k.RefTable)
	if err != nil {
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
	if st.Owner != "" {
		r, err := e.roleNamed(st.Owner)
		if err != nil {
			return err
		}
		if !e.Catalog.IsMember(e.Owner, r.ID) {
			return denied("must be member of role %q", r.Name)
		}
	}
	if e.Catalog.Allowed(e.databaseObject().Object, e.Catalog.DatabaseOwner(), e.Owner, catalog.PrivCreate) == 0 {
		return denied("permission denied for database %s", e.Database)
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

func (e *Env) permitAlter(st *ast.AlterTable) error {
	if st.Kind == ast.ObjType {
		if err := e.ownsType(&st.Name); err != nil {
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
		if c.Of != nil {
			if err := e.ownsRelation(c.Of, ""); err != nil {
				return err
			}
		}
		if c.Constraint != nil {
			if err := e.permitReference(c.Constraint); err != nil {
				return err
			}
		}
		if c.Column != nil {
			for k := range c.Column.Constraints {
				if err := e.permitReference(&c.Column.Constraints[k]); err != nil {
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

func (e *Env) permitRename(st *ast.Rename) error {
	var o *ownedObject
	switch st.Kind {
	case ast.ObjRole, ast.ObjDatabase, "POLICY":
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
	case ast.ObjType, ast.ObjDomain:
		err = e.ownsType(&st.Name)
	case ast.ObjCollation:
		err = e.ownsCollation(&st.Name)
	case ast.ObjTable, ast.ObjView, ast.ObjMatView, ast.ObjSequence:
		err = e.ownsRelation(&st.Name, "")
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
			if err := e.ownsRelation(st.Table, "relation"); err != nil {
				return err
			}
		case ast.ObjCollation:
			if c, err := e.collationByName(n); err == nil {
				o = &ownedObject{c.Owner, c.Schema, "collation", c.Name}
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

func (e *Env) permitComment(st *ast.Comment) error {
	switch st.Kind {
	case ast.ObjTable, ast.ObjView, ast.ObjMatView, ast.ObjSequence, ast.ObjIndex, ast.ObjConstraint, "POLICY":
		return e.ownsRelation(&st.Name, "")
	case ast.ObjColumn, ast.ObjTrigger:
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
