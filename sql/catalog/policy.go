package catalog

// Policy is a row security policy of a table. Immutable.
type Policy struct {
	ID          ID
	Name        string
	Command     byte // * all, r select, a insert, w update, d delete
	Restrictive bool `json:",omitempty"`
	Roles       []ID // for whom; Public is everybody
	Using       string
	Check       string // SQL text over the table's row, "" = none
	Comment     string `json:",omitempty"`
}

// Policy returns the table's policy of that name, or nil.
func (t *Table) Policy(name string) *Policy {
	for _, p := range t.Policies {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// CheckFor is what rows that a command writes must fulfil: WITH CHECK, or else USING.
func (p *Policy) CheckFor() string {
	if p.Check != "" {
		return p.Check
	}
	return p.Using
}

// For reports a policy for a command and one of a role's roles.
func (p *Policy) For(s *Snapshot, command byte, role ID) bool {
	if p.Command != '*' && p.Command != command {
		return false
	}
	for _, r := range p.Roles {
		if r == Public || s.HasPrivsOf(role, r) {
			return true
		}
	}
	return false
}

// BypassesRowSecurity reports a superuser or a role with BYPASSRLS.
func (s *Snapshot) BypassesRowSecurity(role ID) bool {
	r, ok := s.RoleByID(role)
	return ok && (r.Super || r.BypassRLS)
}

// RowSecurityFor reports that policies decide which rows of a table a role sees. An owner
// is exempt unless the table says otherwise.
func (s *Snapshot) RowSecurityFor(t *Table, role ID) bool {
	return t.RowSecurity && !s.BypassesRowSecurity(role) && (t.ForceRowSecurity || !s.Owns(role, t.Owner))
}
