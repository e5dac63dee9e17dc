package define

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// alterDefaults is ALTER DEFAULT PRIVILEGES.
func (e *Env) alterDefaults(ctx context.Context, st *ast.AlterDefaults) error {
	grantees, err := e.roleIDs(st.Grant.Grantees)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(st.Grant.Columns, func(c []string) bool { return c != nil }) {
		return pgerr.New(pgerrcode.InvalidGrantOperation, "default privileges cannot be set for columns")
	}
	class := grantClass(st.Grant.Kind)
	want, err := privilegesFor(st.Grant.Privileges, 0, class)
	if err != nil {
		return err
	}
	if len(st.Grant.Privileges) == 0 {
		want = class.All()
	}
	roles := []catalog.ID{e.Owner}
	if st.Roles != nil {
		if roles, err = e.roleIDs(st.Roles); err != nil {
			return err
		}
	}
	schemas := []catalog.ID{0}
	if st.Schemas != nil {
		schemas = nil
		for _, name := range st.Schemas {
			s, ok := e.Catalog.Schema(name)
			if !ok {
				return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", name)
			}
			schemas = append(schemas, s.ID)
		}
	}
	if class == catalog.SchemaClass && len(st.Schemas) > 0 {
		return pgerr.New(pgerrcode.InvalidGrantOperation, "cannot use IN SCHEMA clause when using GRANT/REVOKE ON SCHEMAS")
	}
	for _, role := range roles {
		if !e.Catalog.IsMember(e.Owner, role) {
			return denied("must be member of role %q", e.roleName(role))
		}
		for _, schema := range schemas {
			if err := e.alterDefault(ctx, &st.Grant, role, schema, class, want, grantees); err != nil {
				return err
			}
		}
	}
	return nil
}

// alterDefault changes what one role gives in one schema or, with 0, in all: there the
// list begins as the class's own default, in a schema as nothing.
func (e *Env) alterDefault(ctx context.Context, st *ast.Grant, role, schema catalog.ID, class catalog.ObjClass, want catalog.Priv, grantees []catalog.ID) error {
	before := catalog.ACL{}
	if schema == 0 {
		before = catalog.DefaultACL(class, role)
	}
	d := catalog.DefaultRights{Role: role, Schema: schema, Class: class, ACL: before}
	if old := e.defaultRights(role, schema, class); old != nil {
		d = *old
	}
	var err error
	if st.WithOption && !st.Revoke && slices.Contains(grantees, catalog.Public) {
		return pgerr.New(pgerrcode.InvalidGrantOperation, "grant options can only be granted to roles")
	}
	if d.ACL, err = changed(st, d.ACL, role, role, want, grantees); err != nil {
		return err
	}
	d.ACL = slices.Clone(d.ACL)
	slices.SortStableFunc(d.ACL, func(a, b catalog.ACLItem) int {
		return cmp.Or(cmp.Compare(a.Grantee, b.Grantee), cmp.Compare(a.Grantor, b.Grantor))
	})
	edit := e.change(ctx)
	if !d.ACL.Same(before) {
		return edit.PutDefaultRights(&d)
	}
	if d.ID != 0 {
		return edit.RemoveDefaultRights(d.ID)
	}
	return nil
}

func (e *Env) defaultRights(role, schema catalog.ID, class catalog.ObjClass) *catalog.DefaultRights {
	for _, d := range e.Catalog.DefaultRights() {
		if d.Role == role && d.Schema == schema && d.Class == class {
			return d
		}
	}
	return nil
}

// giveDefaults gives a new object what its owner's default privileges say.
func (e *Env) giveDefaults(ctx context.Context, o catalog.Object, owner, schema catalog.ID) error {
	all, here := e.defaultRights(owner, 0, o.Class), (*catalog.DefaultRights)(nil)
	if schema != 0 {
		here = e.defaultRights(owner, schema, o.Class)
	}
	if all == nil && here == nil {
		return nil
	}
	plain := catalog.DefaultACL(o.Class, owner)
	l := plain
	if all != nil {
		l = all.ACL
	}
	if here != nil {
		for _, x := range here.ACL {
			l = l.With(x.Grantee, x.Grantor, x.Privs, false)
			l = l.With(x.Grantee, x.Grantor, x.Grant, true)
		}
	}
	if l.Same(plain) {
		return nil
	}
	slices.SortFunc(l, func(x, y catalog.ACLItem) int {
		return cmp.Or(cmp.Compare(x.Grantee, y.Grantee), cmp.Compare(x.Grantor, y.Grantor))
	})
	return e.change(ctx).PutRights(&catalog.Rights{Object: o, ACL: l})
}

// giveNew gives the objects that a statement has made what default privileges say.
func (e *Env) giveNew(ctx context.Context, before *catalog.Snapshot) error {
	if len(e.Catalog.DefaultRights()) == 0 || e.Catalog == before {
		return nil
	}
	give := func(class catalog.ObjClass, id, owner, schema catalog.ID) error {
		o := catalog.Object{Class: class, ID: id}
		if e.Catalog.RightsOf(o) != nil {
			return nil
		}
		return e.giveDefaults(ctx, o, owner, schema)
	}
	for _, t := range e.Catalog.Tables() {
		if _, was := before.TableByID(t.ID); was {
			continue
		}
		class, id := catalog.RelationClass, t.ID
		if t.Kind == catalog.KindComposite {
			class, id = catalog.TypeClass, t.TypeID
		}
		if err := give(class, id, t.Owner, t.Schema); err != nil {
			return err
		}
	}
	for _, q := range e.Catalog.Sequences() {
		if _, was := before.SequenceByID(q.ID); was {
			continue
		}
		if err := give(catalog.SequenceClass, q.ID, q.Owner, q.Schema); err != nil {
			return err
		}
	}
	for _, t := range e.Catalog.Types() {
		if _, was := before.TypeByID(t.ID); was {
			continue
		}
		if err := give(catalog.TypeClass, t.ID, t.Owner, t.Schema); err != nil {
			return err
		}
	}
	for _, f := range e.Catalog.AllFunctions() {
		if _, was := before.FunctionByID(f.ID); was {
			continue
		}
		if err := give(catalog.FunctionClass, f.ID, f.Owner, f.Schema); err != nil {
			return err
		}
	}
	for _, s := range e.Catalog.Schemas() {
		if _, was := before.SchemaByID(s.ID); was || s.Temp {
			continue
		}
		if err := give(catalog.SchemaClass, s.ID, s.Owner, 0); err != nil {
			return err
		}
	}
	return nil
}
