package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// grantRoles is GRANT and REVOKE of roles.
func (e *Env) grantRoles(ctx context.Context, st *ast.Grant) error {
	grantor := e.Owner
	if st.Grantor != "" {
		r, err := e.roleNamed(st.Grantor)
		if err != nil {
			return err
		}
		if grantor = r.ID; grantor != e.Owner && !e.Super {
			return denied("must be superuser to set grantor")
		}
	}
	if _, err := e.roleIDs(st.Grantees); err != nil {
		return err
	}
	for _, name := range st.Roles {
		if _, err := e.roleNamed(name); err != nil || name == "public" {
			return pgerr.Newf(pgerrcode.UndefinedObject, "role %q does not exist", name)
		}
		var err error
		if st.Revoke {
			err = e.removeMembers(ctx, name, st.Grantees, st.WithOption)
		} else {
			err = e.addMembers(ctx, name, st.Grantees, grantor, st.WithOption)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mayGive refuses who may not say which members a role has.
func (e *Env) mayGive(r *catalog.Role) error {
	switch {
	case r.Super && !e.Super:
		return denied("must be superuser to alter superusers")
	case !e.mayCreateRoles() && !e.Catalog.IsAdmin(e.Owner, r.ID):
		return denied("must have admin option on role %q", r.Name)
	case r.ID == catalog.DatabaseOwnerID:
		return pgerr.Newf(pgerrcode.InternalError, "role %q cannot have explicit members", r.Name)
	}
	return nil
}

// eachMember does something with each of the named members of a role, of which the user
// may say what members it has.
func (e *Env) eachMember(role string, members []string, do func(r, m *catalog.Role) error) error {
	r, err := e.roleNamed(role)
	if err != nil {
		return err
	}
	if err := e.mayGive(r); err != nil {
		return err
	}
	for _, name := range members {
		m, err := e.roleNamed(name)
		if err != nil {
			return err
		}
		if err := do(r, m); err != nil {
			return err
		}
	}
	return nil
}

// membershipOf is where a role's membership in another one stands; -1: there is none.
func membershipOf(m *catalog.Role, role catalog.ID) int {
	return slices.IndexFunc(m.MemberOf, func(x catalog.Membership) bool { return x.Role == role })
}

func (e *Env) addMembers(ctx context.Context, role string, members []string, grantor catalog.ID, admin bool) error {
	if len(members) == 0 {
		return nil
	}
	return e.eachMember(role, members, func(r, m *catalog.Role) error {
		switch {
		case m.ID == catalog.DatabaseOwnerID:
			return pgerr.Newf(pgerrcode.InternalError, "role %q cannot be a member of any role", m.Name)
		case e.Catalog.IsMemberOnly(r.ID, m.ID):
			return pgerr.Newf(pgerrcode.InvalidGrantOperation, "role %q is a member of role %q", role, m.Name)
		}
		i := membershipOf(m, r.ID)
		if i >= 0 && (m.MemberOf[i].Admin || !admin) {
			e.notice("00000", "role %q is already a member of role %q", m.Name, r.Name)
			return nil
		}
		c := *m
		c.MemberOf = slices.Clone(m.MemberOf)
		if i < 0 {
			c.MemberOf = append(c.MemberOf, catalog.Membership{Role: r.ID})
			i = len(c.MemberOf) - 1
		}
		c.MemberOf[i].Grantor, c.MemberOf[i].Admin = grantor, admin
		return e.change(ctx).PutRole(&c)
	})
}

// removeMembers takes roles out of another one, or (adminOnly) the right to add others.
func (e *Env) removeMembers(ctx context.Context, role string, members []string, adminOnly bool) error {
	return e.eachMember(role, members, func(r, m *catalog.Role) error {
		i := membershipOf(m, r.ID)
		if i < 0 {
			w := pgerr.Newf("01000", "role %q is not a member of role %q", m.Name, r.Name)
			w.Severity = pgerr.Warning
			e.Notice(w)
			return nil
		}
		e.change(ctx)
		if !adminOnly {
			return e.dropMembership(m, r.ID)
		}
		c := *m
		c.MemberOf = slices.Clone(m.MemberOf)
		c.MemberOf[i].Admin = false
		return e.edit.PutRole(&c)
	})
}

func (e *Env) dropMembership(m *catalog.Role, role catalog.ID) error {
	c := *m
	c.MemberOf = slices.DeleteFunc(slices.Clone(m.MemberOf), func(x catalog.Membership) bool { return x.Role == role })
	return e.edit.PutRole(&c)
}
