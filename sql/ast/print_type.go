package ast

func (p *printer) createEnum(v *CreateEnum) {
	p.s("CREATE TYPE ")
	p.objectName(ObjType, v.Name)
	p.s(" AS ENUM (")
	for i, l := range v.Labels {
		p.sep(i)
		p.s(QuoteLiteral(l))
	}
	p.s(")")
}

func (p *printer) createComposite(v *CreateComposite) {
	p.s("CREATE TYPE ")
	p.objectName(ObjType, v.Name)
	p.s(" AS (")
	for i := range v.Columns {
		p.sep(i)
		p.columnDef(v.Columns[i])
	}
	p.s(")")
}

func (p *printer) alterEnum(v *AlterEnum) {
	p.s("ALTER TYPE ")
	p.objectName(ObjType, v.Name)
	if v.Rename {
		p.s(" RENAME VALUE ", QuoteLiteral(v.Old), " TO ", QuoteLiteral(v.New))
		return
	}
	p.s(" ADD VALUE ", []string{"", "IF NOT EXISTS "}[b2i(v.IfNotExists)], QuoteLiteral(v.New))
	if v.Beside {
		p.s([]string{" BEFORE ", " AFTER "}[b2i(v.After)], QuoteLiteral(v.Neighbor))
	}
}

func (p *printer) createDomain(v *CreateDomain) {
	p.s("CREATE DOMAIN ")
	p.objectName(ObjDomain, v.Name)
	p.s(" AS ")
	p.typeName(v.Type)
	if v.Collation != nil {
		p.s(" COLLATE ")
		p.qname(*v.Collation)
	}
	for i := range v.Constraints {
		p.s(" ")
		p.constraint(v.Constraints[i])
	}
}

func (p *printer) alterDomain(v *AlterDomain) {
	p.s("ALTER DOMAIN ")
	p.objectName(ObjDomain, v.Name)
	switch v.Action {
	case DomainDefault:
		if v.Expr == nil {
			p.s(" DROP DEFAULT")
			return
		}
		p.s(" SET DEFAULT ")
		p.expr(v.Expr)
	case DomainDropNotNull:
		p.s(" DROP NOT NULL")
	case DomainSetNotNull:
		p.s(" SET NOT NULL")
	case DomainAddConstraint:
		p.s(" ADD ")
		p.constraint(*v.Constraint)
	case DomainDropConstraint:
		p.s(" DROP CONSTRAINT ", ifExists(v.IfExists))
		p.ident(v.Con)
		p.s([]string{"", " CASCADE"}[b2i(v.Cascade)])
	case DomainValidate:
		p.s(" VALIDATE CONSTRAINT ")
		p.ident(v.Con)
	}
}

func (p *printer) createCollation(v *CreateCollation) {
	p.s("CREATE COLLATION ")
	if v.IfNotExists {
		p.s("IF NOT EXISTS ")
	}
	p.qname(v.Name)
	if v.From != nil {
		p.s(" FROM ")
		p.qname(*v.From)
		return
	}
	p.s(" (")
	for i := range v.Options {
		if i > 0 {
			p.s(", ")
		}
		p.s(v.Options[i].Name)
		if v.Options[i].Value != nil {
			p.s(" = ")
			p.expr(v.Options[i].Value)
		}
	}
	p.s(")")
}
