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

func (p *printer) alterEnum(v *AlterEnum) {
	p.s("ALTER TYPE ")
	p.objectName(ObjType, v.Name)
	if v.Rename {
		p.s(" RENAME VALUE ", QuoteLiteral(v.Old), " TO ", QuoteLiteral(v.New))
		return
	}
	p.s(" ADD VALUE ", []string{"", "IF NOT EXISTS "}[b2i(v.IfNotExists)], QuoteLiteral(v.New))
	if v.Neighbor != "" {
		p.s([]string{" BEFORE ", " AFTER "}[b2i(v.After)], QuoteLiteral(v.Neighbor))
	}
}
