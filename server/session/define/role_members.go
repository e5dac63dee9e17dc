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
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "role %q cannot have explicit members", r.Name)
	}
	return nil
}

func (e *Env) addMembers(ctx context.Context, role string, members []string, grantor catalog.ID, admin bool) error {
	if len(members) == 0 {
		return nil
	}
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
		switch {
		case m.ID == catalog.DatabaseOwnerID:
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "role %q cannot be a member of any role", m.Name)
		case e.Catalog.IsMemberOnly(r.ID, m.ID):
			return pgerr.Newf(pgerrcode.InvalidGrantOperation, "role %q is a member of role %q", role, m.Name)
		}
		c := *m
		c.MemberOf = slices.Clone(m.MemberOf)
		i := slices.IndexFunc(c.MemberOf, func(x catalog.Membership) bool { return x.Role == r.ID })
		if i >= 0 && (c.MemberOf[i].Admin || !admin) {
			e.notice("00000", "role %q is already a member of role %q", m.Name, r.Name)
			continue
		}
		if i < 0 {
			c.MemberOf = append(c.MemberOf, catalog.Membership{Role: r.ID})
			i = len(c.MemberOf) - 1
		}
		c.MemberOf[i].Grantor, c.MemberOf[i].Admin = grantor, admin
		if err := e.change(ctx).PutRole(&c); err != nil {
			return err
		}
	}
	return nil
}

// removeMembers takes roles out of another one, or (adminOnly) the right to add others.
func (e *Env) removeMembers(ctx context.Context, role string, members []string, adminOnly bool) error {
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
		i := slices.IndexFunc(m.MemberOf, func(x catalog.Membership) bool { return x.Role == r.ID })
		if i < 0 {
			w := pgerr.Newf("01000", "role %q is not a member of role %q", m.Name, r.Name)
			w.Severity = pgerr.Warning
			e.Notice(w)
			continue
		}
		e.change(ctx)
		if adminOnly {
			c := *m
			c.MemberOf = slices.Clone(m.MemberOf)
			c.MemberOf[i].Admin = false
			err = e.edit.PutRole(&c)
		} else {
			err = e.dropMembership(m, r.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *Env) dropMembership(m *catalog.Role, role catalog.ID) error {
	c := *m
	c.MemberOf = slices.DeleteFunc(slices.Clone(m.MemberOf), func(x catalog.Membership) bool { return x.Role == role })
	return e.edit.PutRole(&c)
}
