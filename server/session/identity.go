package session

import (
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Who a session is: the role that logged in (Session.user), the session user, whom SET
// SESSION AUTHORIZATION chooses, and the current user, whom SET ROLE does. The two
// settings are the truth about it, so that transactions take them back like others. While a
// function runs that is SECURITY DEFINER its owner is the current user (Session.acting).

// nobody is a role that has been dropped: it may do nothing.
var nobody = &catalog.Role{ID: ^catalog.ID(0)}

// SessionUser implements builtin.Session.
func (s *Session) SessionUser() string {
	v, _ := s.settings.get("session_authorization")
	return v
}

// CurrentUser implements builtin.Session.
func (s *Session) CurrentUser() string {
	if s.acting != nil {
		return s.acting.Name
	}
	if r, _ := s.settings.get("role"); r != "none" && r != "" {
		return r
	}
	return s.SessionUser()
}

// sessionRole is the role of the session user.
func (s *Session) sessionRole() *catalog.Role { return s.roleOf(s.SessionUser()) }

// current is the role whose rights the session has.
func (s *Session) current() *catalog.Role {
	if s.acting != nil {
		return s.acting
	}
	return s.roleOf(s.CurrentUser())
}

// actAs makes the owner of a function that is SECURITY DEFINER the current user.
func (s *Session) actAs(f *catalog.Function) {
	if !f.Definer {
		return
	}
	if s.acting = nobody; s.role.ID == 0 {
		s.acting = s.role
	}
	if r, ok := s.Catalog().RoleByID(f.Owner); ok {
		s.acting = r
	}
}

// actAsOwner makes the owner of a relation the current user until back is called: what
// others maintain for him calls his functions, which must not have their rights.
func (s *Session) actAsOwner(owner catalog.ID) (back func()) {
	before := s.acting
	s.actAs(&catalog.Function{Definer: true, Owner: owner})
	return func() { s.acting = before }
}

// actingID is the role by that a function acts, 0 outside of functions with their owner's rights.
func (s *Session) actingID() catalog.ID {
	if s.acting == nil {
		return 0
	}
	return s.acting.ID
}

// mayBecome refuses another identity inside of a function that is SECURITY DEFINER.
func (s *Session) mayBecome(setting string) error {
	if s.acting == nil {
		return nil
	}
	return pgerr.Newf(pgerrcode.InsufficientPrivilege, "cannot set parameter %q within security-definer function", setting)
}

func (s *Session) roleOf(name string) *catalog.Role {
	if s.role.ID == 0 { // the server's own session
		return s.role
	}
	if r, ok := s.Catalog().Role(name); ok {
		return r
	}
	return nobody
}

// setRole is SET ROLE.
func (s *Session) setRole(name string, local bool) error {
	if err := s.mayBecome("role"); err != nil {
		return err
	}
	name = s.settings.clipped(name)
	if name != "none" {
		r, ok := s.Catalog().Role(name)
		if !ok {
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "role %q does not exist", name)
		}
		if !s.Catalog().IsMember(s.sessionRole().ID, r.ID) && s.role.ID != 0 {
			return pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission denied to set role %q", name)
		}
	}
	if err := s.settings.assign("role", name, local); err != nil {
		return err
	}
	return s.showSuper(local)
}

// setSessionUser is SET SESSION AUTHORIZATION: only who logged in as a superuser may
// become somebody else.
func (s *Session) setSessionUser(name string, local bool) error {
	if err := s.mayBecome("session_authorization"); err != nil {
		return err
	}
	name = s.settings.clipped(name)
	r, ok := s.Catalog().Role(name)
	switch {
	case !ok:
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "role %q does not exist", name)
	case name != s.user && !s.role.Super:
		return pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission denied to set session authorization")
	}
	if err := s.settings.store("session_authorization", r.Name, local, FromSession); err != nil {
		return err
	}
	if err := s.settings.assign("role", "none", local); err != nil {
		return err
	}
	return s.showSuper(local)
}

// showSuper keeps the setting is_superuser, which clients are told of.
func (s *Session) showSuper(local bool) error {
	v := "off"
	if s.current().Super {
		v = "on"
	}
	return s.settings.store("is_superuser", v, local, FromDefault)
}

// resetIdentity is RESET ROLE and RESET SESSION AUTHORIZATION; ok is false for other settings.
func (s *Session) resetIdentity(name string, local bool) (ok bool, err error) {
	switch lower(name) {
	case "role":
		return true, s.setRole(s.settings.start["role"], local)
	case "session_authorization":
		return true, s.setSessionUser(s.user, local)
	}
	return false, nil
}

// maySet refuses settings that are for superusers.
func (s *Session) maySet(name string) error {
	if d := byName[lower(name)]; d != nil && d.context == "superuser" && !s.current().Super {
		return maySetNot(d.name)
	}
	return nil
}

func maySetNot(name string) error {
	return pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission denied to set parameter %q", name)
}

// noPassword is no verifier: the exchange fails as for a wrong password.
const noPassword = "-"

// expired reports a role whose password was valid until some time ago.
func expired(r *catalog.Role) bool {
	if r.ValidUntil == "" {
		return false
	}
	d, err := types.ParseText(types.Of(types.TimestamptzOID), r.ValidUntil, types.DefaultFormat)
	if err != nil {
		return true
	}
	now, err := types.ParseText(types.Of(types.TimestamptzOID), time.Now().UTC().Format("2006-01-02 15:04:05.999999")+"+00", types.DefaultFormat)
	return err != nil || d.Int() < now.Int()
}

// mayConnect refuses a role without CONNECT on the database.
func (d *Database) mayConnect(r *catalog.Role) error {
	snap := d.store.Current()
	o := catalog.Object{Class: catalog.DatabaseClass, ID: d.id}
	if r.Super || snap.Allowed(o, snap.DatabaseOwner(), r.ID, catalog.PrivConnect) != 0 {
		return nil
	}
	return pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission denied for database %q", d.name()).
		WithDetail("User does not have CONNECT privilege.")
}

// MaySignal refuses to cancel or end what another role does.
func (s *Session) MaySignal(pid int32, terminate bool) error {
	user := s.current()
	if user.Super {
		return nil
	}
	var of *catalog.Role
	s.db.mu.Lock()
	for o := range s.db.sessions {
		if o.pid == pid {
			of = o.role
		}
	}
	s.db.mu.Unlock()
	snap := s.Catalog()
	verb, what := "canceled", "query"
	if terminate {
		verb, what = "terminated", "process"
	}
	switch {
	case of == nil:
		return nil
	case of.Super:
		return pgerr.Newf(pgerrcode.InsufficientPrivilege, "must be a superuser to %s superuser %s", map[bool]string{false: "cancel", true: "terminate"}[terminate], what)
	case !snap.HasPrivsOf(user.ID, of.ID) && !snap.HasPrivsOf(user.ID, catalog.SignalBackendID):
		return pgerr.Newf(pgerrcode.InsufficientPrivilege, "must be a member of the role whose %s is being %s or member of pg_signal_backend", what, verb)
	}
	return nil
}
