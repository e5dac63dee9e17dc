package define

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// role is CREATE, ALTER and DROP ROLE.
func (e *Env) role(ctx context.Context, st *ast.RoleStmt) error {
	if !e.Super {
		return pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission denied to %s role", strings.ToLower(st.Action))
	}
	if st.Set != nil {
		return e.roleSetting(ctx, st)
	}
	for _, name := range st.Names {
		var err error
		switch st.Action {
		case "CREATE":
			err = e.createRole(ctx, name, st)
		case "ALTER":
			err = e.alterRole(ctx, name, st)
		default:
			if err = e.dropRole(ctx, name); err != nil && st.IfExists && missing(err) {
				e.notice("00000", "role %q does not exist, skipping", name)
				err = nil
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *Env) createRole(ctx context.Context, name string, st *ast.RoleStmt) error {
	if strings.HasPrefix(name, "pg_") {
		return pgerr.Newf(pgerrcode.ReservedName, "role name %q is reserved", name).
			WithDetail("Role names starting with \"pg_\" are reserved.")
	}
	if _, ok := e.Catalog.Role(name); ok {
		return pgerr.Newf(pgerrcode.DuplicateObject, "role %q already exists", name)
	}
	edit := e.change(ctx)
	r := &catalog.Role{Name: name, Inherit: true, Login: st.User, ConnLimit: -1}
	var err error
	if r.ID, err = edit.NewID(ctx); err != nil {
		return err
	}
	if err := e.roleOptions(r, st); err != nil {
		return err
	}
	return edit.PutRole(r)
}

func (e *Env) alterRole(ctx context.Context, name string, st *ast.RoleStmt) error {
	r, ok := e.Catalog.Role(name)
	if !ok {
		return pgerr.Newf(pgerrcode.UndefinedObject, "role %q does not exist", name)
	}
	edit := e.change(ctx)
	c := *r
	if err := e.roleOptions(&c, st); err != nil {
		return err
	}
	return edit.PutRole(&c)
}

func (e *Env) dropRole(ctx context.Context, name string) error {
	r, ok := e.Catalog.Role(name)
	if !ok {
		return pgerr.Newf(pgerrcode.UndefinedObject, "role %q does not exist", name)
	}
	if r.ID == e.Owner {
		return pgerr.New(pgerrcode.ObjectInUse, "current user cannot be dropped")
	}
	for _, t := range e.Catalog.Tables() {
		if t.Owner == r.ID {
			return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "role %q cannot be dropped because some objects depend on it", name).
				WithDetail("owner of table %s", t.Name)
		}
	}
	edit := e.change(ctx)
	if err := edit.PutRoleSettings(&catalog.RoleSettings{Role: r.ID}); err != nil {
		return err
	}
	return edit.RemoveRole(r)
}

// roleSetting is ALTER ROLE … [IN DATABASE …] SET.
func (e *Env) roleSetting(ctx context.Context, st *ast.RoleStmt) error {
	in := catalog.ID(0)
	if st.Database != "" {
		x, err := e.database(st.Database)
		if err != nil {
			return err
		}
		in = x.ID
	}
	id := catalog.ID(0) // ALTER ROLE ALL
	for _, name := range st.Names {
		switch name {
		case "current_user", "current_role", "session_user":
			id = e.Owner
			continue
		}
		r, ok := e.Catalog.Role(name)
		if !ok {
			return pgerr.Newf(pgerrcode.UndefinedObject, "role %q does not exist", name)
		}
		id = r.ID
	}
	return e.keepSetting(ctx, id, in, st.Set)
}

// keepSetting changes what the sessions of a role begin with in a database, 0 = in all.
func (e *Env) keepSetting(ctx context.Context, role, in catalog.ID, set *ast.Set) error {
	if set.Txn != nil || set.Local {
		return pgerr.NotSupported(int(set.Pos), "this form of SET is not supported here")
	}
	text := ""
	if !set.Reset {
		var err error
		if text, err = e.SettingValue(set); err != nil {
			return err
		}
	}
	edit := e.change(ctx)
	x := e.Catalog.RoleSettings(role)
	name := strings.ToLower(set.Name)
	var keep catalog.Options
	for _, o := range x.In(in) {
		if o.Name != name && !(set.Reset && name == "all") {
			keep = append(keep, o)
		}
	}
	if !set.Reset && set.Values != nil {
		keep = append(keep, catalog.Option{Name: name, Value: text})
	}
	return edit.PutRoleSettings(x.WithIn(in, keep))
}

func (e *Env) roleOptions(r *catalog.Role, st *ast.RoleStmt) error {
	flags := map[string]*bool{
		"superuser": &r.Super, "createdb": &r.CreateDB, "createrole": &r.CreateRole, "inherit": &r.Inherit,
		"canlogin": &r.Login, "isreplication": &r.Replication, "bypassrls": &r.BypassRLS,
	}
	for i := range st.Options {
		o := &st.Options[i]
		name := strings.ToLower(o.Name)
		v := optionValue(o)
		if f, ok := flags[name]; ok {
			*f = v == "true" || v == "1"
			continue
		}
		switch name {
		case "password":
			if o.Value == nil || isNull(o) {
				r.Password = ""
				continue
			}
			hash, err := e.HashPassword(v)
			if err != nil {
				return err
			}
			r.Password = hash
		case "connectionlimit":
			n, err := strconv.Atoi(v)
			if err != nil || n < -1 {
				return pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid connection limit: %s", v)
			}
			r.ConnLimit = n
		case "validuntil":
			r.ValidUntil = v
		default:
			return pgerr.NotSupported(int(o.Pos), "role option %q is not supported", o.Name)
		}
	}
	return nil
}

func isNull(o *ast.Option) bool {
	l, ok := o.Value.(*ast.Lit)
	return ok && l.Kind == ast.LitNull
}

// comment is COMMENT ON.
func (e *Env) comment(ctx context.Context, st *ast.Comment) error {
	text := ""
	if st.Text != nil {
		text = *st.Text
	}
	if st.Kind == ast.ObjDatabase {
		return e.commentDatabase(ctx, st.Name.Name, text)
	}
	edit := e.change(ctx)
	switch st.Kind {
	case ast.ObjTable, ast.ObjView, ast.ObjMatView, ast.ObjColumn, ast.ObjConstraint:
		t, err := e.table(&st.Name)
		if err != nil {
			return err
		}
		if st.Kind == ast.ObjView && t.Kind != catalog.KindView {
			return pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a view", t.Name)
		}
		if st.Kind == ast.ObjMatView && t.Kind != catalog.KindMatView {
			return notMatView(t)
		}
		if st.Kind == ast.ObjTable && t.Kind != catalog.KindTable {
			return pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a table", t.Name)
		}
		n := copyTable(t)
		switch st.Kind {
		case ast.ObjColumn:
			c := n.ColumnByName(st.Column)
			if c == nil {
				return noColumn(t, st.Column)
			}
			c.Comment = text
		case ast.ObjConstraint:
			k := constraintOf(t, st.Column)
			if k == nil {
				return noConstraint(t, st.Column)
			}
			c := *k
			c.Comment = text
			replaceConstraint(n, &c)
		default:
			n.Comment = text
		}
		return e.putTable(n)
	case ast.ObjIndex:
		t, x, err := e.index(&st.Name)
		if err != nil {
			return err
		}
		n := copyTable(t)
		for i := range n.Indexes {
			if n.Indexes[i].ID == x.ID {
				c := *x
				c.Comment = text
				n.Indexes[i] = &c
			}
		}
		return e.putTable(n)
	case ast.ObjType, ast.ObjDomain:
		if c := e.compositeByName(&st.Name); c != nil && st.Kind == ast.ObjType {
			n := copyTable(c)
			n.Comment = text
			return e.putTable(n)
		}
		t, err := e.alteredType(st.Kind, &st.Name)
		if err != nil {
			return err
		}
		c := *t
		c.Comment = text
		return edit.PutType(&c)
	case ast.ObjSequence:
		q, err := e.findSequence(&st.Name)
		if err != nil {
			return err
		}
		c := *q
		c.Comment = text
		return edit.PutSequence(&c)
	}
	return e.commentGlobal(st, text)
}

func (e *Env) commentGlobal(st *ast.Comment, text string) error {
	switch st.Kind {
	case ast.ObjTrigger:
		return e.commentTrigger(st, text)
	case ast.ObjCollation:
		return e.commentCollation(&st.Name, text)
	case ast.ObjFunction, ast.ObjProcedure, ast.ObjRoutine:
		return e.commentFunction(st, text)
	case ast.ObjSchema:
		s, ok := e.Catalog.Schema(st.Name.Name)
		if !ok {
			return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", st.Name.Name)
		}
		c := *s
		c.Comment = text
		return e.edit.PutSchema(&c)
	case ast.ObjRole:
		r, ok := e.Catalog.Role(st.Name.Name)
		if !ok {
			return pgerr.Newf(pgerrcode.UndefinedObject, "role %q does not exist", st.Name.Name)
		}
		c := *r
		c.Comment = text
		return e.edit.PutRole(&c)
	case ast.ObjExtension:
		x, ok := e.Catalog.Extension(st.Name.Name)
		if !ok {
			return pgerr.Newf(pgerrcode.UndefinedObject, "extension %q does not exist", st.Name.Name)
		}
		c := *x
		c.Comment = text
		return e.edit.PutExtension(&c)
	}
	return pgerr.NotSupported(int(st.Pos), "COMMENT ON %s is not supported", st.Kind)
}
