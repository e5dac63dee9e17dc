package ast

// object writes statements over objects of any kind; false for others.
func (p *printer) object(s Stmt) bool {
	switch v := s.(type) {
	case *Drop:
		p.drop(v)
	case *Rename:
		p.rename(v)
	case *AlterSchema:
		p.s("ALTER ", string(v.Kind), " ", ifExists(v.IfExists))
		p.routine(v.Name, v.Args)
		p.s(" SET SCHEMA ")
		p.ident(v.Schema)
	case *AlterOwner:
		p.s("ALTER ", string(v.Kind), " ")
		p.routine(v.Name, v.Args)
		p.s(" OWNER TO ")
		p.role(v.Owner)
	case *Comment:
		p.comment(v)
	case *Truncate:
		p.s("TRUNCATE ")
		p.onlys(v.Tables, v.Only)
		p.s([]string{"", " RESTART IDENTITY"}[b2i(v.RestartIdentity)], []string{"", " CASCADE"}[b2i(v.Cascade)])
	case *Reindex:
		p.reindex(v)
	case *Cluster:
		p.cluster(v)
	case *AlterDatabase:
		p.alterDatabase(v)
	case *CreateComposite:
		p.createComposite(v)
	case *CreateCollation:
		p.createCollation(v)
	case *AlterCollation:
		p.s("ALTER COLLATION ")
		p.qname(v.Name)
		p.s(" REFRESH VERSION")
	case *CreateEnum:
		p.createEnum(v)
	case *CreateAggregate:
		p.createAggregate(v)
	case *CreateRange:
		p.createRange(v)
	case *AlterEnum:
		p.alterEnum(v)
	case *CreateDomain:
		p.createDomain(v)
	case *AlterDomain:
		p.alterDomain(v)
	case *Refresh:
		p.s("REFRESH MATERIALIZED VIEW ", []string{"", "CONCURRENTLY "}[b2i(v.Concurrently)])
		p.qname(v.Name)
		p.s([]string{"", " WITH NO DATA"}[b2i(v.WithNoData)])
	case *RoleStmt:
		p.roleStmt(v)
	case *CreateTrigger:
		p.createTrigger(v)
	case *CreateStatistics:
		p.createStatistics(v)
	case *AlterStatistics:
		p.alterStatistics(v)
	default:
		return p.rights(s)
	}
	return true
}

// role writes a role's name; the keywords are not quoted.
func (p *printer) role(name string) {
	switch name {
	case "current_user", "session_user", "current_role", "public":
		p.s(name)
	default:
		p.ident(name)
	}
}

func (p *printer) roleNames(list []string) {
	for i, r := range list {
		p.sep(i)
		p.role(r)
	}
}

// argTypes writes a function's (argument types); nothing for nil.
func (p *printer) argTypes(args [][]TypeName, i int) {
	if i >= len(args) || args[i] == nil {
		return
	}
	p.s("(")
	for k, t := range args[i] {
		p.sep(k)
		if t.Input {
			p.s("IN ")
		}
		p.typeName(t)
	}
	p.s(")")
}

func (p *printer) drop(v *Drop) {
	p.s("DROP ", string(v.Kind), " ", []string{"", "CONCURRENTLY "}[b2i(v.Concurrently)], ifExists(v.IfExists))
	for i, n := range v.Names {
		p.sep(i)
		if p.dropByTypes(v, i) {
			continue
		}
		p.objectName(v.Kind, n)
		p.argTypes(v.Args, i)
	}
	if v.Table != nil {
		p.s(" ON ")
		p.qname(*v.Table)
	}
	if v.Force {
		p.s(" (FORCE)")
	}
	if v.Cascade {
		p.s(" CASCADE")
	}
}

// dropByTypes writes what DROP names by types as no function is: aggregates, operators and casts.
func (p *printer) dropByTypes(v *Drop, i int) bool {
	switch v.Kind {
	case ObjAggregate:
		if v.Args[i] != nil && len(v.Args[i]) == 0 {
			p.qname(v.Names[i])
			p.s("(*)")
			return true
		}
		return false
	case ObjOperator:
		if s := v.Names[i].Schema; s != "" {
			p.ident(s)
			p.s(".")
		}
		p.s(v.Names[i].Name, " (")
		p.operandType(v.Args[i][0])
		p.s(", ")
		p.operandType(v.Args[i][1])
	case ObjCast:
		p.s("(")
		p.typeName(v.Args[i][0])
		p.s(" AS ")
		p.typeName(v.Args[i][1])
	default:
		return false
	}
	p.s(")")
	return true
}

func (p *printer) operandType(t TypeName) {
	if t.Name.Name == "" {
		p.s("NONE")
		return
	}
	p.typeName(t)
}

// objectName writes the name of an object: types have a grammar of their own.
func (p *printer) objectName(kind ObjectKind, n QName) {
	if kind == ObjType || kind == ObjDomain {
		p.typeName(TypeName{Name: n})
		return
	}
	p.qname(n)
}

func (p *printer) rename(v *Rename) {
	kind, what := v.Kind, ""
	switch v.Kind {
	case ObjColumn:
		kind, what = ObjTable, "COLUMN "
	case ObjConstraint:
		if kind, what = ObjTable, "CONSTRAINT "; v.Of == ObjDomain {
			kind = ObjDomain
		}
	case ObjTrigger, "POLICY", "RULE":
		p.s("ALTER ", string(v.Kind), " ", ifExists(v.IfExists))
		p.ident(v.Old)
		p.s(" ON ")
		p.qname(v.Name)
		p.s(" RENAME TO ")
		p.ident(v.New)
		return
	}
	p.s("ALTER ", string(kind), " ", ifExists(v.IfExists), []string{"", "ONLY "}[b2i(v.Only)])
	p.routine(v.Name, v.Args)
	p.s(" RENAME ", what)
	if what != "" {
		p.ident(v.Old)
		p.s(" ")
	}
	p.s("TO ")
	p.ident(v.New)
}

func (p *printer) comment(v *Comment) {
	if v.Kind == ObjDomainConstraint {
		p.s("COMMENT ON CONSTRAINT ")
	} else {
		p.s("COMMENT ON ", string(v.Kind), " ")
	}
	switch v.Kind {
	case ObjDomainConstraint:
		p.ident(v.Column)
		p.s(" ON DOMAIN ")
		p.qname(v.Name)
	case ObjColumn:
		p.qname(v.Name)
		p.s(".")
		p.ident(v.Column)
	case ObjConstraint, ObjTrigger, "POLICY", "RULE":
		p.ident(v.Column)
		p.s(" ON ")
		p.qname(v.Name)
	default:
		p.objectName(v.Kind, v.Name)
		p.argTypes([][]TypeName{v.Args}, 0)
	}
	p.s(" IS ")
	if v.Text == nil {
		p.s("NULL")
	} else {
		p.s(QuoteLiteral(*v.Text))
	}
}

func (p *printer) reindex(v *Reindex) {
	p.s("REINDEX ")
	if len(v.Options) > 0 {
		p.options(v.Options, " ")
		p.s(" ")
	}
	p.s(v.Kind, " ", []string{"", "CONCURRENTLY "}[b2i(v.Concurrently)])
	if v.Name.Name != "" {
		p.qname(v.Name)
	}
}

func (p *printer) cluster(v *Cluster) {
	p.s("CLUSTER")
	if len(v.Options) > 0 {
		p.s(" ")
		p.options(v.Options, " ")
	}
	if v.Name.Name != "" {
		p.s(" ")
		p.qname(v.Name)
	}
	if v.Index != "" {
		p.s(" USING ")
		p.ident(v.Index)
	}
}

func (p *printer) roleStmt(v *RoleStmt) {
	if v.Members != nil {
		p.s("ALTER GROUP ")
		p.roleNames(v.Names)
		p.s([]string{" ADD", " DROP"}[b2i(v.Leave)], " USER ")
		p.roleNames(v.Members)
		return
	}
	p.s(v.Action, " ", []string{"ROLE ", "USER "}[b2i(v.User)], ifExists(v.IfExists))
	if len(v.Names) == 0 {
		p.s("ALL")
	}
	p.roleNames(v.Names)
	if v.Database != "" {
		p.s(" IN DATABASE ")
		p.ident(v.Database)
	}
	if v.Set != nil {
		p.s(" ")
		p.set(v.Set)
		return
	}
	for _, o := range v.Options {
		p.s(" ")
		p.roleOption(o)
	}
}

// roleFlags are the options written as a word and its opposite.
var roleFlags = map[string]string{"canlogin": "LOGIN", "superuser": "SUPERUSER", "createdb": "CREATEDB",
	"createrole": "CREATEROLE", "isreplication": "REPLICATION", "inherit": "INHERIT", "bypassrls": "BYPASSRLS"}

func (p *printer) roleOption(o Option) {
	l, _ := o.Value.(*Lit)
	if w, ok := roleFlags[o.Name]; ok && l != nil {
		p.s([]string{"NO", ""}[b2i(l.Bool)], w)
		return
	}
	switch o.Name {
	case "password":
		p.s("PASSWORD ")
		if l == nil {
			p.s("NULL")
			return
		}
	case "connectionlimit":
		p.s("CONNECTION LIMIT ")
	case "validUntil":
		p.s("VALID UNTIL ")
	case "sysid":
		p.s("SYSID ")
	case "addroleto":
		p.s("IN ROLE ")
	case "rolemembers":
		p.s("ROLE ")
	case "adminmembers":
		p.s("ADMIN ")
	}
	if l != nil {
		p.lit(l)
	}
	p.roleNames(o.List)
}

func (p *printer) alterDatabase(v *AlterDatabase) {
	p.s("ALTER DATABASE ")
	p.ident(v.Name)
	switch {
	case v.Set != nil:
		p.s(" ")
		p.set(v.Set)
	case v.Refresh:
		p.s(" REFRESH COLLATION VERSION")
	case len(v.Options) == 1 && v.Options[0].Name == "tablespace" && v.Options[0].Value != nil:
		p.s(" SET TABLESPACE ")
		p.ident(v.Options[0].Value.(*Lit).Text)
	}
	for _, o := range v.Options {
		if o.Name != "tablespace" || o.Value == nil {
			p.s(" ")
			p.databaseOption(o)
		}
	}
}
