// Package define runs the statements that change the catalog (PostgreSQL's
// DDL): it turns the syntax tree into descriptors, checks them as PostgreSQL
// does, and has the work on rows done by executor/ddl. It must not know the
// wire, portals, or which engine keeps the rows.
package define

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/executor/ddl"
	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/parser"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/catalogstore"
	"github.com/loxodb/loxodb/storage/sequence"
	"github.com/loxodb/loxodb/storage/table"
)

// Env is what a definition needs of the session. Catalog is the one that the
// transaction sees, and after Run the changed one.
type Env struct {
	Txn     *table.Txn
	Store   *catalogstore.Store
	Catalog *catalog.Snapshot
	// Positions keeps the position of a sequence.
	Positions func(*catalog.Sequence) *sequence.Manager
	Parser    parser.Frontend
	Jobs      *ddl.Jobs
	// Bind returns what the binder needs, with the given catalog.
	Bind func(*catalog.Snapshot) bind.Options
	// Path is where names of relations are looked up: the effective search path, with
	// the session's temporary schema but without pg_catalog where it is not named.
	Path []string
	// Targets is where new relations go: the first schema that is there. The
	// session's temporary one is made when it is needed.
	Targets []string
	// TempNumber numbers the session's temporary schema.
	TempNumber func() int
	// Owner is the current user, whose all new objects are; SessionUser is who logged in,
	// or whom SET SESSION AUTHORIZATION named.
	Owner, SessionUser catalog.ID
	Super              bool
	Notice             func(*pgerr.Error)
	// Unchecked says that the session does not look at foreign keys (MySQL's foreign_key_checks):
	// tables that are referred to can be dropped and emptied, and new keys take the rows as they are.
	Unchecked bool
	// Alone is called by statements that must be a transaction of their own.
	Alone func(statement string) error
	// InUse reports a table that running statements or open cursors of the session use.
	InUse func(table catalog.ID) bool
	// Changed is told the catalog that the statement is changing, once, before the
	// first change: names in the statement's own expressions mean what it made.
	Changed func(*catalog.Snapshot)
	// SettingWritten is a setting's own name and the value that a SET gives, as it was
	// written, once it is found to be one.
	SettingWritten func(*ast.Set) (name, value string, err error)
	Database       string // the name of the session's
	// Databases are those of the server.
	Databases Databases
	// HashPassword is what is kept of a role's password, "" of an empty one.
	HashPassword func(role, password string) (string, error)

	// CheckBody looks at the body of a new function, and returns the function as it is to
	// be kept where that differs, else nil; itself nil where bodies are not looked at.
	CheckBody func(*catalog.Function, *ast.CreateFunction) (*catalog.Function, error)

	// Made is the table that CREATE TABLE has made, 0 if it was there.
	Made catalog.ID

	// unkept is what the statement says that is not kept here, nil for nothing: it is refused when
	// all else is found to be right.
	unkept error

	edit   *catalogstore.Edit
	listed *listed         // while objects to drop are looked for
	going  map[object]bool // what the DROP that runs takes away
	// Of a CREATE TABLE with parents: columns with several defaults, and how many columns
	// have been declared so far.
	conflicting map[string]bool
	declared    int
}

// Tag is the name of a statement of Run's, as in its command tag.
func Tag(stmt ast.Stmt) string {
	switch st := stmt.(type) {
	case *ast.CreateTable:
		return "CREATE TABLE"
	case *ast.CreateIndex:
		return "CREATE INDEX"
	case *ast.CreateSchema:
		return "CREATE SCHEMA"
	case *ast.SchemaCollation:
		return "ALTER DATABASE"
	case *ast.CreateSequence:
		return "CREATE SEQUENCE"
	case *ast.AlterSequence:
		return "ALTER SEQUENCE"
	case *ast.CreateView:
		return "CREATE VIEW"
	case *ast.CreateExtension:
		return "CREATE EXTENSION"
	case *ast.AlterExtension:
		return "ALTER EXTENSION"
	case *ast.CreateCollation:
		return "CREATE COLLATION"
	case *ast.AlterCollation:
		return "ALTER COLLATION"
	case *ast.CreateEnum, *ast.CreateComposite, *ast.CreateRange:
		return "CREATE TYPE"
	case *ast.CreateAggregate:
		return "CREATE AGGREGATE"
	case *ast.AlterEnum:
		return "ALTER TYPE"
	case *ast.CreateDomain:
		return "CREATE DOMAIN"
	case *ast.AlterDomain:
		return "ALTER DOMAIN"
	case *ast.Refresh:
		return "REFRESH MATERIALIZED VIEW"
	case *ast.Drop:
		return "DROP " + string(st.Kind)
	case *ast.Rename:
		return "ALTER " + string(renamed(st))
	case *ast.AlterTable:
		return "ALTER " + string(st.Kind)
	case *ast.AlterOwner:
		return "ALTER " + string(st.Kind)
	case *ast.AlterSchema:
		return "ALTER " + string(st.Kind)
	case *ast.Comment:
		return "COMMENT"
	case *ast.CreateFunction:
		if st.Procedure {
			return "CREATE PROCEDURE"
		}
		return "CREATE FUNCTION"
	case *ast.AlterFunction:
		return "ALTER " + string(st.Kind)
	case *ast.Truncate:
		return "TRUNCATE TABLE"
	case *ast.Reindex:
		return "REINDEX"
	case *ast.Cluster:
		return "CLUSTER"
	case *ast.RoleStmt:
		return st.Action + " ROLE"
	case *ast.Grant:
		switch {
		case len(st.Roles) > 0 && st.Revoke:
			return "REVOKE ROLE"
		case len(st.Roles) > 0:
			return "GRANT ROLE"
		case st.Revoke:
			return "REVOKE"
		}
		return "GRANT"
	case *ast.AlterDefaults:
		return "ALTER DEFAULT PRIVILEGES"
	case *ast.ReassignOwned:
		return "REASSIGN OWNED"
	case *ast.DropOwned:
		return "DROP OWNED"
	case *ast.CreateStatistics:
		return "CREATE STATISTICS"
	case *ast.AlterStatistics:
		return "ALTER STATISTICS"
	case *ast.Policy:
		if st.Alter {
			return "ALTER POLICY"
		}
		return "CREATE POLICY"
	case *ast.CreateDatabase:
		return "CREATE DATABASE"
	case *ast.AlterDatabase:
		return "ALTER DATABASE"
	case *ast.CreateTrigger:
		return "CREATE TRIGGER"
	case *ast.Other:
		return st.Name
	}
	return "this statement"
}

// Run runs one statement.
func Run(ctx context.Context, env *Env, stmt ast.Stmt) error {
	if err := env.Permit(stmt); err != nil {
		return err
	}
	current, before := env.currentViews(), env.Catalog
	if err := env.run(ctx, stmt); err != nil {
		return bind.Visible(err, env.options())
	}
	if env.unkept != nil {
		return env.unkept
	}
	if err := env.makeAwaited(ctx, stmt); err != nil {
		return err
	}
	if err := env.settleForeignParts(ctx, stmt); err != nil {
		return err
	}
	if err := env.giveNew(ctx, before); err != nil {
		return err
	}
	if err := env.policiesHold(before); err != nil {
		return err
	}
	return env.renewReads(current)
}

func (e *Env) run(ctx context.Context, stmt ast.Stmt) error {
	switch st := stmt.(type) {
	case *ast.CreateTable:
		return e.createTable(ctx, st)
	case *ast.CreateIndex:
		return e.createIndex(ctx, st)
	case *ast.CreateSchema:
		return e.createSchema(ctx, st)
	case *ast.SchemaCollation:
		return e.schemaCollation(ctx, st)
	case *ast.CreateSequence:
		return e.createSequence(ctx, st)
	case *ast.AlterSequence:
		return e.alterSequence(ctx, st)
	case *ast.CreateView:
		return e.createView(ctx, st)
	case *ast.CreateExtension:
		return e.createExtension(ctx, st)
	case *ast.AlterExtension:
		return e.updateExtension(st)
	case *ast.CreateCollation:
		return e.createCollation(ctx, st)
	case *ast.AlterCollation:
		return e.refreshCollation(ctx, st)
	case *ast.CreateEnum:
		return e.createEnum(ctx, st)
	case *ast.CreateRange:
		return e.createRange(ctx, st)
	case *ast.CreateAggregate:
		return e.createAggregate(ctx, st)
	case *ast.CreateComposite:
		return e.createComposite(ctx, st)
	case *ast.AlterEnum:
		return e.alterEnum(ctx, st)
	case *ast.Refresh:
		return e.refresh(ctx, st)
	case *ast.CreateDomain:
		return placeless(e.createDomain(ctx, st))
	case *ast.AlterDomain:
		return placeless(e.alterDomain(ctx, st))
	case *ast.Drop:
		return e.drop(ctx, st)
	case *ast.Rename:
		return e.rename(ctx, st)
	case *ast.AlterTable:
		return e.alterTable(ctx, st)
	case *ast.AlterOwner:
		if isRoutine(st.Kind) {
			return e.ownFunction(ctx, st)
		}
		if st.Kind == ast.ObjDatabase {
			return e.databaseOwner(ctx, st)
		}
		return e.alterOwner(ctx, st)
	case *ast.AlterSchema:
		return e.setSchema(ctx, st)
	case *ast.Comment:
		return e.comment(ctx, st)
	case *ast.CreateFunction:
		return e.createFunction(ctx, st)
	case *ast.AlterFunction:
		return e.alterFunction(ctx, st)
	case *ast.Truncate:
		return e.truncate(ctx, st)
	case *ast.Reindex:
		return e.reindex(ctx, st)
	case *ast.Cluster:
		return e.cluster(ctx, st)
	case *ast.RoleStmt:
		return e.role(ctx, st)
	case *ast.AlterDatabase:
		return e.alterDatabase(ctx, st)
	case *ast.Grant:
		return e.grant(ctx, st)
	case *ast.CreateTrigger:
		return e.createTrigger(ctx, st)
	case *ast.AlterDefaults:
		return e.alterDefaults(ctx, st)
	case *ast.ReassignOwned:
		return e.reassign(ctx, st)
	case *ast.DropOwned:
		return e.dropOwned(ctx, st)
	case *ast.Policy:
		return e.policy(ctx, st)
	case *ast.CreateStatistics:
		return e.createStatistics(ctx, st)
	case *ast.AlterStatistics:
		return e.alterStatistics(ctx, st)
	case *ast.Other:
		return e.unkeptStatement(ctx, st)
	}
	return pgerr.NotSupported(int(stmt.Position()), "this statement is not supported")
}

func isRoutine(k ast.ObjectKind) bool {
	return k == ast.ObjAggregate || k == ast.ObjFunction || k == ast.ObjProcedure || k == ast.ObjRoutine
}

func renamed(st *ast.Rename) ast.ObjectKind {
	if st.Kind == ast.ObjColumn || st.Kind == ast.ObjConstraint {
		return st.Of
	}
	return st.Kind
}

// change starts editing the catalog; later calls of the statement go on with it.
func (e *Env) change(ctx context.Context) *catalogstore.Edit {
	if e.edit != nil {
		return e.edit
	}
	e.edit = e.Store.Edit(ctx, e.Txn, e.Catalog)
	e.Catalog = e.edit.Snap
	e.Changed(e.Catalog)
	return e.edit
}

func (e *Env) options() bind.Options {
	o := e.Bind(e.Catalog)
	o.Defining = true
	return o
}

func (e *Env) notice(code, format string, args ...any) {
	n := pgerr.Newf(code, format, args...)
	n.Severity = pgerr.Notice
	e.Notice(n)
}

// warnTwice warns of a column's type with its position and again without, as
// PostgreSQL looks at it twice.
func (e *Env) warnTwice(w *pgerr.Error) {
	e.Notice(w)
	e.Notice(unplaced(w))
}

// find looks through the search path with look, which reports what it found.
// Errors have no position: PostgreSQL looks these names up after parsing.
func (e *Env) find(n *ast.QName, look func(schema catalog.ID) bool) error {
	if n.Schema != "" {
		s, ok := e.Catalog.Schema(n.Schema)
		if !ok {
			return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", n.Schema)
		}
		if !e.Super && !e.Catalog.MayUseSchema(s, e.Owner, catalog.PrivUsage) {
			return denied("permission denied for schema %s", s.Name)
		}
		if look(s.ID) {
			return nil
		}
		return pgerr.Newf(pgerrcode.UndefinedTable, "relation \"%s.%s\" does not exist", n.Schema, n.Name)
	}
	for _, p := range e.Path {
		if s, ok := e.Catalog.Schema(p); ok && look(s.ID) {
			return nil
		}
	}
	return pgerr.Newf(pgerrcode.UndefinedTable, "relation %q does not exist", n.Name)
}

// named is what a name of the one space of relations stands for: one of the three is set.
type named struct {
	table    *catalog.Table
	sequence *catalog.Sequence
	index    *catalog.Index
}

// relation finds what bears the name in the first schema of find that has any such.
func (e *Env) relation(n *ast.QName) (r named, err error) {
	err = e.find(n, func(s catalog.ID) bool {
		var isTable, isSequence, isIndex bool
		r.table, isTable = e.Catalog.Table(s, n.Name)
		r.sequence, isSequence = e.Catalog.Sequence(s, n.Name)
		r.index, isIndex = e.Catalog.Index(s, n.Name)
		return isTable || isSequence || isIndex
	})
	return r, err
}

// placeless is an error without its position in the statement.
func placeless(err error) error {
	pe, ok := pgerr.As(err)
	if !ok {
		return err
	}
	return unplaced(pe)
}

func unplaced(e *pgerr.Error) *pgerr.Error {
	c := *e
	c.Position = 0
	return &c
}

// table finds a table or view.
func (e *Env) table(n *ast.QName) (t *catalog.Table, err error) {
	err = e.find(n, func(s catalog.ID) (ok bool) { t, ok = e.Catalog.Table(s, n.Name); return ok })
	return t, err
}

// baseTable finds a table that is not a view.
func (e *Env) baseTable(n *ast.QName) (*catalog.Table, error) {
	t, err := e.table(n)
	if err == nil && t.Kind != catalog.KindTable {
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a table", t.Name)
	}
	return t, err
}

// copyTable is a copy whose slices and maps may be changed.
func copyTable(t *catalog.Table) *catalog.Table {
	c := *t
	c.Columns = append([]catalog.Column(nil), t.Columns...)
	c.Indexes = append([]*catalog.Index(nil), t.Indexes...)
	c.Constraints = append([]*catalog.Constraint(nil), t.Constraints...)
	c.Triggers = append([]*catalog.Trigger(nil), t.Triggers...)
	c.Policies = append([]*catalog.Policy(nil), t.Policies...)
	c.ExtStatistics = append([]*catalog.ExtStatistics(nil), t.ExtStatistics...)
	return &c
}
