package define

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// alterOwner is ALTER … OWNER TO of anything but tables and their kin.
func (e *Env) alterOwner(ctx context.Context, st *ast.AlterOwner) error {
	to, err := e.roleNamed(st.Owner)
	if err != nil {
		return err
	}
	switch st.Kind {
	case ast.ObjSchema:
		s, ok := e.Catalog.Schema(st.Name.Name)
		if !ok {
			return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", st.Name.Name)
		}
		if s.Owner == to.ID {
			return nil
		}
		if err := e.mayOwn(s.Owner, to, "schema", s.Name, 0); err != nil {
			return err
		}
		if !e.Super && e.Catalog.Allowed(e.databaseObject().Object, e.Catalog.DatabaseOwner(), e.Owner, catalog.PrivCreate) == 0 {
			return denied("permission denied for database %s", e.Database)
		}
		return e.giveSchema(ctx, s, to.ID)
	case ast.ObjCollation:
		c, missing := e.collationByName(&st.Name)
		if missing != nil {
			return missing
		}
		if c.Owner == to.ID {
			return nil
		}
		if err := e.mayOwn(c.Owner, to, "collation", c.Name, c.Schema); err != nil {
			return err
		}
		n := *c
		n.Owner = to.ID
		return e.change(ctx).PutCollation(&n)
	case ast.ObjStatistics:
		return e.statisticsOwner(ctx, st, to)
	case ast.ObjType, ast.ObjDomain:
		return e.alterTypeOwner(ctx, st, to)
	}
	if st.Kind == ast.ObjDatabase && st.Name.Name == e.Database && to.ID == e.Catalog.DatabaseOwner() {
		return nil
	}
	if err := e.needed(&ast.Need{Kind: st.Kind, Name: st.Name}); err != nil {
		return err
	}
	return pgerr.NotSupported(int(st.Pos), "ALTER %s ... OWNER TO is not supported", st.Kind)
}

func (e *Env) alterTypeOwner(ctx context.Context, st *ast.AlterOwner, to *catalog.Role) error {
	if c := e.compositeByName(&st.Name); c != nil && st.Kind == ast.ObjType {
		return e.changeOwner(ctx, &ast.QName{Schema: e.Catalog.SchemaName(c.Schema), Name: c.Name}, "", to.Name)
	}
	t, err := e.alteredType(st.Kind, &st.Name)
	if err != nil {
		return err
	}
	if t.Owner == to.ID {
		return nil
	}
	if err := e.mayOwn(t.Owner, to, "type", e.typeShown(t.Schema, t.Name), t.Schema); err != nil {
		return err
	}
	return e.giveType(ctx, t, to.ID)
}

// mayOwn refuses to give an object to a role: only its owner may, if he is a member of
// the new one, which must be able to make such an object in the schema.
func (e *Env) mayOwn(owner catalog.ID, to *catalog.Role, kind, name string, schema catalog.ID) error {
	if e.Super {
		return nil
	}
	if !e.Catalog.Owns(e.Owner, owner) {
		return notOwner(kind, name)
	}
	if !e.Catalog.IsMember(e.Owner, to.ID) {
		return denied("must be member of role %q", to.Name)
	}
	if s, ok := e.Catalog.SchemaByID(schema); ok && !e.Catalog.MayUseSchema(s, to.ID, catalog.PrivCreate) {
		return denied("permission denied for schema %s", s.Name)
	}
	return nil
}

// changeOwner is OWNER TO of a relation of any kind; kind is the statement's, "" when it
// does not matter.
func (e *Env) changeOwner(ctx context.Context, n *ast.QName, kind ast.ObjectKind, role string) error {
	r, err := e.relation(n)
	if err != nil {
		return err
	}
	// Whose a relation is comes first, whoever is to have it.
	if q := r.sequence; q != nil && !e.Super && !e.Catalog.Owns(e.Owner, q.Owner) {
		return notOwner("sequence", q.Name)
	}
	if t := r.table; t != nil && !e.Super && !e.Catalog.Owns(e.Owner, t.Owner) {
		return notOwner(relationWord(t), t.Name)
	}
	to, err := e.roleNamed(role)
	if err != nil {
		return err
	}
	switch {
	case r.index != nil:
		e.warning("42809", "cannot change owner of index %q", r.index.Name)
		return nil
	case r.sequence != nil:
		q := r.sequence
		if q.Owner == to.ID {
			return nil
		}
		if err := e.mayOwn(q.Owner, to, "sequence", q.Name, q.Schema); err != nil {
			return err
		}
		if owner, ok := e.Catalog.TableByID(q.OwnerTable); ok {
			return pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot change owner of sequence %q", q.Name).
				WithDetail("Sequence %q is linked to table %q.", q.Name, owner.Name)
		}
		return e.giveSequence(ctx, q, to.ID)
	}
	t := r.table
	if t.Owner == to.ID {
		return nil
	}
	if err := e.mayOwn(t.Owner, to, relationWord(t), t.Name, t.Schema); err != nil {
		return err
	}
	return e.giveTable(ctx, t, to.ID)
}

func (e *Env) giveTable(ctx context.Context, t *catalog.Table, to catalog.ID) error {
	edit := e.change(ctx)
	for _, o := range []catalog.Object{{Class: catalog.RelationClass, ID: t.ID}, {Class: catalog.TypeClass, ID: t.TypeID}} {
		if err := e.rightsGo(o, t.Owner, to); err != nil {
			return err
		}
	}
	n := copyTable(t)
	n.Owner = to
	if err := edit.PutTable(n); err != nil {
		return err
	}
	for _, q := range e.Catalog.Sequences() {
		if q.OwnerTable == t.ID {
			if err := e.giveSequence(ctx, q, to); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Env) giveSequence(ctx context.Context, q *catalog.Sequence, to catalog.ID) error {
	edit := e.change(ctx)
	if err := e.rightsGo(catalog.Object{Class: catalog.SequenceClass, ID: q.ID}, q.Owner, to); err != nil {
		return err
	}
	n := *q
	n.Owner = to
	return edit.PutSequence(&n)
}

func (e *Env) giveSchema(ctx context.Context, s *catalog.Schema, to catalog.ID) error {
	edit := e.change(ctx)
	o := catalog.Object{Class: catalog.SchemaClass, ID: s.ID}
	if l := e.Catalog.ACLOf(o, s.Owner); l != nil { // what initdb gave, too
		r := e.rightsToChange(o)
		r.ACL = l
		if err := edit.PutRights(r); err != nil {
			return err
		}
	}
	if err := e.rightsGo(o, s.Owner, to); err != nil {
		return err
	}
	n := *s
	n.Owner = to
	return edit.PutSchema(&n)
}

func (e *Env) giveType(ctx context.Context, t *catalog.Type, to catalog.ID) error {
	edit := e.change(ctx)
	if err := e.rightsGo(catalog.Object{Class: catalog.TypeClass, ID: t.ID}, t.Owner, to); err != nil {
		return err
	}
	n := *t
	n.Owner = to
	return edit.PutType(&n)
}

// rightsGo puts a new owner into an object's list where the old one was.
func (e *Env) rightsGo(o catalog.Object, old, to catalog.ID) error {
	if e.Catalog.RightsOf(o) == nil {
		return nil
	}
	r := e.rightsToChange(o)
	r.ACL = r.ACL.OwnedBy(old, to)
	for attr, l := range r.Columns {
		r.Columns[attr] = l.OwnedBy(old, to)
	}
	return e.edit.PutRights(r)
}

// reassign is REASSIGN OWNED.
func (e *Env) reassign(ctx context.Context, st *ast.ReassignOwned) error {
	from, err := e.roleIDs(st.Roles)
	if err != nil {
		return err
	}
	for _, id := range from {
		if !e.Catalog.HasPrivsOf(e.Owner, id) {
			return denied("permission denied to reassign objects")
		}
		if id < catalog.DatabaseID {
			return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot reassign ownership of objects owned by role %s because they are required by the database system", e.roleName(id))
		}
	}
	to, err := e.roleNamed(st.To)
	if err != nil {
		return err
	}
	if !e.Catalog.HasPrivsOf(e.Owner, to.ID) {
		return denied("permission denied to reassign objects")
	}
	for _, old := range from {
		for _, s := range e.Catalog.Schemas() {
			if s.Owner == old && !s.Temp {
				if err := e.giveSchema(ctx, s, to.ID); err != nil {
					return err
				}
			}
		}
		for _, t := range e.Catalog.Types() {
			if t.Owner == old {
				if err := e.giveType(ctx, t, to.ID); err != nil {
					return err
				}
			}
		}
		for _, t := range e.Catalog.Tables() {
			if t.Owner == old {
				if err := e.giveTable(ctx, t, to.ID); err != nil {
					return err
				}
			}
			for _, x := range t.ExtStatistics {
				if x.Owner != old {
					continue
				}
				if err := e.changeStatistics(ctx, t, x, func(n *catalog.ExtStatistics) { n.Owner = to.ID }); err != nil {
					return err
				}
			}
		}
		for _, q := range e.Catalog.Sequences() {
			if q.Owner == old {
				if err := e.giveSequence(ctx, q, to.ID); err != nil {
					return err
				}
			}
		}
		for _, f := range e.Catalog.AllFunctions() {
			if f.Owner == old {
				if err := e.giveFunction(ctx, f, to.ID); err != nil {
					return err
				}
			}
		}
		for _, c := range e.Catalog.UserCollations() {
			if c.Owner == old {
				n := *c
				n.Owner = to.ID
				if err := e.change(ctx).PutCollation(&n); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// dropPrivileges takes everything from roles that was granted to them.
func (e *Env) dropPrivileges(ctx context.Context, names []string) error {
	if !e.mayCreateRoles() {
		return denied("permission denied to drop role")
	}
	for _, name := range names {
		r, ok := e.Catalog.Role(name)
		if !ok || r.ID < catalog.DatabaseID || r.Super && !e.Super {
			continue // DROP ROLE says so
		}
		if err := e.revokeAll(ctx, r.ID); err != nil {
			return err
		}
	}
	return nil
}
