package define

import (
	"context"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/catalogstore"
)

// Databases is what a definition may ask of the server about databases as wholes. What
// is held is so until the transaction ends.
type Databases interface {
	// Hold shuts a database to others, and says how many sessions of others are in it
	// when they do not leave in time: it is not held then.
	Hold(ctx context.Context, id catalog.ID) (others int, err error)
	// Expel terminates the sessions of others in a database.
	Expel(id catalog.ID) error
	// Shut closes a database that is held. Its files go if the transaction commits.
	Shut(id catalog.ID) error
}

// database finds a database of the server.
func (e *Env) database(name string) (*catalog.Database, error) {
	x, ok := e.Catalog.Database(name)
	if !ok {
		return nil, pgerr.Newf(pgerrcode.InvalidCatalogName, "database %q does not exist", name)
	}
	return x, nil
}

// ownDatabase is database for those who may change it.
func (e *Env) ownDatabase(name string) (*catalog.Database, error) {
	x, err := e.database(name)
	if err == nil && !e.Super && x.Owner != e.Owner {
		return nil, pgerr.Newf(pgerrcode.InsufficientPrivilege, "must be owner of database %s", name)
	}
	return x, err
}

// mayCreateDatabases reports a superuser or a role with CREATEDB.
func (e *Env) mayCreateDatabases() bool {
	r, ok := e.Catalog.RoleByID(e.Owner)
	return e.Super || ok && r.CreateDB
}

// hold shuts a database to others, or tells that they are in it. what is the database
// in the error's words.
func (e *Env) hold(ctx context.Context, x *catalog.Database, what string) error {
	n, err := e.Databases.Hold(ctx, x.ID)
	if err != nil || n == 0 {
		return err
	}
	return BeingAccessed(what, x.Name, n)
}

// BeingAccessed is the error for a database that others are in.
func BeingAccessed(what, name string, sessions int) error {
	form := "There are %d other sessions using the database."
	if sessions == 1 {
		form = "There is %d other session using the database."
	}
	return pgerr.Newf(pgerrcode.ObjectInUse, "%s %q is being accessed by other users", what, name).WithDetail(form, sessions)
}

// dropDatabase is DROP DATABASE.
func (e *Env) dropDatabase(ctx context.Context, st *ast.Drop) error {
	if err := e.Alone("DROP DATABASE"); err != nil {
		return err
	}
	name := st.Names[0].Name
	if _, ok := e.Catalog.Database(name); !ok && st.IfExists {
		e.notice("00000", "database %q does not exist, skipping", name)
		return nil
	}
	x, err := e.ownDatabase(name)
	if err != nil {
		return err
	}
	if x.IsTemplate {
		return pgerr.New(pgerrcode.WrongObjectType, "cannot drop a template database")
	}
	if x.ID == e.Catalog.Home {
		return pgerr.New(pgerrcode.ObjectInUse, "cannot drop the currently open database")
	}
	if st.Force {
		if err := e.Databases.Expel(x.ID); err != nil {
			return err
		}
	}
	if err := e.hold(ctx, x, "database"); err != nil {
		return err
	}
	if err := e.Databases.Shut(x.ID); err != nil {
		return err
	}
	return e.change(ctx).RemoveDatabase(x)
}

// renameDatabase is ALTER DATABASE … RENAME.
func (e *Env) renameDatabase(ctx context.Context, st *ast.Rename) error {
	x, err := e.ownDatabase(st.Name.Name)
	if err != nil {
		return err
	}
	if !e.mayCreateDatabases() {
		return pgerr.New(pgerrcode.InsufficientPrivilege, "permission denied to rename database")
	}
	if _, ok := e.Catalog.Database(st.New); ok {
		return databaseExists(st.New)
	}
	if x.ID == e.Catalog.Home {
		return pgerr.New(pgerrcode.FeatureNotSupported, "current database cannot be renamed")
	}
	if err := e.hold(ctx, x, "database"); err != nil {
		return err
	}
	n := *x
	n.Name = st.New
	return e.change(ctx).PutDatabase(&n)
}

func databaseExists(name string) error {
	return pgerr.Newf(pgerrcode.DuplicateDatabase, "database %q already exists", name)
}

// alterDatabase is ALTER DATABASE but for RENAME and OWNER.
func (e *Env) alterDatabase(ctx context.Context, st *ast.AlterDatabase) error {
	switch {
	case st.Set != nil:
		x, err := e.ownDatabase(st.Name)
		if err != nil {
			return err
		}
		return e.keepSetting(ctx, 0, x.ID, st.Set)
	case st.Refresh:
		if _, err := e.ownDatabase(st.Name); err != nil {
			return err
		}
		e.notice("00000", "version has not changed")
		return nil
	}
	o, err := e.databaseOptions(st.Options, false)
	if err != nil {
		return err
	}
	if space := o["tablespace"]; space != nil {
		if len(o) > 1 {
			return pgerr.New(pgerrcode.FeatureNotSupported, "option \"tablespace\" cannot be specified with other options").At(int(space.Pos))
		}
		return e.moveDatabase(st.Name, optionText(space))
	}
	var flags databaseFlags
	if err := flags.read(o); err != nil {
		return err
	}
	x, err := e.ownDatabase(st.Name)
	if err != nil {
		return err
	}
	n := *x
	flags.apply(&n)
	if n.RefuseConns && n.ID == e.Catalog.Home {
		return pgerr.New(pgerrcode.InvalidParameterValue, "cannot disallow connections for current database")
	}
	return e.change(ctx).PutDatabase(&n)
}

// moveDatabase is ALTER DATABASE … SET TABLESPACE: there is one.
func (e *Env) moveDatabase(name, space string) error {
	if err := e.Alone("ALTER DATABASE SET TABLESPACE"); err != nil {
		return err
	}
	x, err := e.ownDatabase(name)
	if err != nil {
		return err
	}
	if x.ID == e.Catalog.Home {
		return pgerr.New(pgerrcode.ObjectInUse, "cannot change the tablespace of the currently open database")
	}
	return databaseTablespace(space)
}

func databaseTablespace(name string) error {
	switch name {
	case "pg_default":
		return nil
	case "pg_global":
		return pgerr.New(pgerrcode.InvalidParameterValue, "pg_global cannot be used as default tablespace")
	}
	return pgerr.Newf(pgerrcode.UndefinedObject, "tablespace %q does not exist", name)
}

// databaseOwner is ALTER DATABASE … OWNER TO.
func (e *Env) databaseOwner(ctx context.Context, st *ast.AlterOwner) error {
	role, err := e.roleNamed(st.Owner)
	if err != nil {
		return err
	}
	owner := role.ID
	x, err := e.database(st.Name.Name)
	if err != nil || x.Owner == owner {
		return err
	}
	if _, err := e.ownDatabase(x.Name); err != nil {
		return err
	}
	if !e.Super && owner != e.Owner {
		return pgerr.Newf(pgerrcode.InsufficientPrivilege, "must be member of role %q", st.Owner)
	}
	if !e.mayCreateDatabases() {
		return pgerr.New(pgerrcode.InsufficientPrivilege, "permission denied to change owner of database")
	}
	n := *x
	n.Owner = owner
	return e.change(ctx).PutDatabase(&n)
}

// commentDatabase is COMMENT ON DATABASE, which only warns of a database that is not there.
func (e *Env) commentDatabase(ctx context.Context, name, text string) error {
	if _, ok := e.Catalog.Database(name); !ok {
		w := pgerr.Newf(pgerrcode.InvalidCatalogName, "database %q does not exist", name)
		w.Severity = pgerr.Warning
		e.Notice(w)
		return nil
	}
	x, err := e.ownDatabase(name)
	if err != nil {
		return err
	}
	n := *x
	n.Comment = text
	return e.change(ctx).PutDatabase(&n)
}

// FinishDatabase gives a database that was made its descriptor.
func (e *Env) FinishDatabase(ctx context.Context, n *NewDatabase, m *catalogstore.Making) error {
	if _, ok := e.Catalog.Database(n.Name); ok { // meanwhile
		return databaseExists(n.Name)
	}
	x := n.Database
	x.ID = m.ID
	return m.Finish(e.change(ctx), &x)
}

// optionText is what an option says, "" for DEFAULT.
func optionText(o *ast.Option) string {
	if o == nil || o.Value == nil {
		return ""
	}
	return optionValue(o)
}

// lowerOption is an option that was written as a word.
func lowerOption(o *ast.Option) string { return strings.ToLower(optionText(o)) }
