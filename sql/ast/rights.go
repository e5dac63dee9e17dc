package ast

type (
	// Grant is GRANT or REVOKE (Revoke) of privileges or roles.
	Grant struct {
		At
		Revoke      bool
		Privileges  []string   // empty = ALL; "" stands for ALL (columns)
		Columns     [][]string // by privilege, nil = the whole relation
		Kind        ObjectKind
		AllInSchema bool
		Objects     []QName
		Args        [][]TypeName // of functions, as in Drop
		Roles       []string     // granted roles, for GRANT role TO role
		Grantees    []string
		Grantor     string // GRANTED BY, "" = nobody was named
		WithOption  bool
		Cascade     bool
	}
	// AlterDefaults is ALTER DEFAULT PRIVILEGES. Of Grant neither objects nor a schema.
	AlterDefaults struct {
		At
		Roles, Schemas []string
		Grant          Grant
	}
	// ReassignOwned is REASSIGN OWNED; DropOwned is DROP OWNED.
	ReassignOwned struct {
		At
		Roles []string
		To    string
	}
	DropOwned struct {
		At
		Roles   []string
		Cascade bool
		// Privileges leaves what they own, and passes over roles that are not there: it is what
		// MySQL's DROP USER begins with.
		Privileges bool
	}
	// Policy is CREATE and ALTER POLICY. With Alter nil parts stay as they are.
	Policy struct {
		At
		Alter       bool
		Name        string
		Table       QName
		Restrictive bool
		Command     string // all select insert update delete
		Roles       []string
		Using       Expr
		Check       Expr
	}
)

func (*Grant) stmt()         {}
func (*AlterDefaults) stmt() {}
func (*ReassignOwned) stmt() {}
func (*DropOwned) stmt()     {}
func (*Policy) stmt()        {}

// rights writes the statements of this file; false for others.
func (p *printer) rights(s Stmt) bool {
	switch v := s.(type) {
	case *Grant:
		p.grant(v)
	case *AlterDefaults:
		p.s("ALTER DEFAULT PRIVILEGES ")
		if v.Roles != nil {
			p.s("FOR ROLE ")
			p.roleNames(v.Roles)
			p.s(" ")
		}
		if v.Schemas != nil {
			p.s("IN SCHEMA ")
			for i, n := range v.Schemas {
				p.sep(i)
				p.ident(n)
			}
			p.s(" ")
		}
		p.grant(&v.Grant)
	case *ReassignOwned:
		p.s("REASSIGN OWNED BY ")
		p.roleNames(v.Roles)
		p.s(" TO ")
		p.role(v.To)
	case *DropOwned:
		p.s("DROP OWNED BY ")
		p.roleNames(v.Roles)
		p.s([]string{"", " CASCADE"}[b2i(v.Cascade)])
	case *Policy:
		p.policy(v)
	default:
		return false
	}
	return true
}

func (p *printer) policy(v *Policy) {
	p.s([]string{"CREATE", "ALTER"}[b2i(v.Alter)], " POLICY ")
	p.ident(v.Name)
	p.s(" ON ")
	p.qname(v.Table)
	if !v.Alter {
		p.s(" AS ", []string{"PERMISSIVE", "RESTRICTIVE"}[b2i(v.Restrictive)], " FOR ", v.Command)
	}
	if v.Roles != nil {
		p.s(" TO ")
		p.roleNames(v.Roles)
	}
	if v.Using != nil {
		p.s(" USING (")
		p.expr(v.Using)
		p.s(")")
	}
	if v.Check != nil {
		p.s(" WITH CHECK (")
		p.expr(v.Check)
		p.s(")")
	}
}

func (p *printer) grant(v *Grant) {
	p.s([]string{"GRANT ", "REVOKE "}[b2i(v.Revoke)])
	if v.Revoke && v.WithOption {
		p.s([]string{"GRANT", "ADMIN"}[b2i(len(v.Roles) > 0)], " OPTION FOR ")
	}
	if len(v.Roles) > 0 {
		p.roleNames(v.Roles)
	} else {
		p.privileges(v)
	}
	p.s([]string{" TO ", " FROM "}[b2i(v.Revoke)])
	p.roleNames(v.Grantees)
	if !v.Revoke && v.WithOption {
		p.s(" WITH ", []string{"GRANT", "ADMIN"}[b2i(len(v.Roles) > 0)], " OPTION")
	}
	if v.Grantor != "" {
		p.s(" GRANTED BY ")
		p.role(v.Grantor)
	}
	if v.Cascade {
		p.s(" CASCADE")
	}
}

// grantKind is GRANT's word for a kind: it names foreign objects in full.
func grantKind(k ObjectKind) string {
	if k == "SERVER" {
		return "FOREIGN SERVER"
	}
	return string(k)
}

func (p *printer) privileges(v *Grant) {
	if len(v.Privileges) == 0 {
		p.s("ALL")
	}
	for i, x := range v.Privileges {
		p.sep(i)
		switch {
		case x == "":
			p.s("ALL")
		case reservedWords[x]: // select, references and create must stay bare here
			p.s(x)
		default:
			p.ident(x)
		}
		if i < len(v.Columns) && v.Columns[i] != nil {
			p.s(" (")
			for k, c := range v.Columns[i] {
				p.sep(k)
				p.ident(c)
			}
			p.s(")")
		}
	}
	p.s(" ON ")
	switch {
	case v.AllInSchema:
		p.s("ALL ", string(v.Kind), "S IN SCHEMA ")
	case len(v.Objects) == 0: // ALTER DEFAULT PRIVILEGES
		p.s(string(v.Kind), "S")
	default:
		p.s(grantKind(v.Kind), " ")
	}
	for i, o := range v.Objects {
		p.sep(i)
		p.qname(o)
		p.argTypes(v.Args, i)
	}
}
