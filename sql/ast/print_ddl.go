package ast

// ddl writes CREATE and ALTER of relations; false for other statements.
func (p *printer) ddl(s Stmt) bool {
	switch v := s.(type) {
	case *CreateTable:
		p.createTable(v)
	case *CreateIndex:
		p.createIndex(v)
	case *CreateView:
		p.createView(v)
	case *CreateSequence:
		p.s("CREATE ", []string{"", "TEMPORARY "}[b2i(v.Temp)], []string{"", "UNLOGGED "}[b2i(v.Unlogged)], "SEQUENCE ", ifNot(v.IfNotExists))
		p.qname(v.Name)
		p.seqOptions(v.Options)
	case *AlterSequence:
		p.s("ALTER SEQUENCE ", ifExists(v.IfExists))
		p.qname(v.Name)
		p.seqOptions(v.Options)
	case *CreateSchema:
		p.createSchema(v)
	case *CreateExtension:
		p.createExtension(v)
	case *AlterExtension:
		p.s("ALTER EXTENSION ")
		p.ident(v.Name)
		p.s(" UPDATE")
		if v.Version != "" {
			p.s(" TO ", QuoteLiteral(v.Version))
		}
	case *CreateDatabase:
		p.s("CREATE DATABASE ")
		p.ident(v.Name)
		for _, o := range v.Options {
			p.s(" ")
			p.databaseOption(o)
		}
	case *AlterTable:
		p.alterTable(v)
	default:
		return false
	}
	return true
}

func ifNot(b bool) string { return []string{"", "IF NOT EXISTS "}[b2i(b)] }

func ifExists(b bool) string { return []string{"", "IF EXISTS "}[b2i(b)] }

func (p *printer) databaseOption(o Option) {
	if o.Name == "connection_limit" {
		p.s("CONNECTION LIMIT")
	} else {
		p.ident(o.Name)
	}
	p.s(" = ")
	if o.Value == nil {
		p.s("DEFAULT")
		return
	}
	p.optionValue(o.Value)
}

func (p *printer) createTable(v *CreateTable) {
	if v.Query != nil && v.SelectInto {
		p.selectInto(v)
		return
	}
	p.s("CREATE ", []string{"", "TEMPORARY "}[b2i(v.Temp)], []string{"", "UNLOGGED "}[b2i(v.Unlogged)],
		[]string{"TABLE ", "MATERIALIZED VIEW "}[b2i(v.Materialized)], ifNot(v.IfNotExists))
	p.qname(v.Name)
	switch {
	case v.Query != nil:
		p.parenIdents(v.AsColumns)
	case v.OfType != nil:
		p.s(" OF ")
		p.callable(*v.OfType)
		if len(v.Columns)+len(v.Constraints) > 0 {
			p.s(" ")
			p.tableElems(v)
		}
	case v.Bound != nil:
		p.s(" PARTITION OF ")
		p.qname(v.Inherits[0])
		p.s(" ")
		if len(v.Columns)+len(v.Constraints) > 0 {
			p.tableElems(v)
			p.s(" ")
		}
		p.partitionBound(v.Bound)
	default:
		p.s(" ")
		p.tableElems(v)
	}
	if len(v.Inherits) > 0 && v.Bound == nil {
		p.s(" INHERITS (")
		p.qnames(v.Inherits)
		p.s(")")
	}
	p.tableTail(v)
	if v.Query != nil {
		p.s(" AS ")
		p.stmt(v.Query)
		if v.WithNoData {
			p.s(" WITH NO DATA")
		}
	}
}

// selectInto writes CREATE TABLE AS back as the SELECT … INTO it came from.
func (p *printer) selectInto(v *CreateTable) {
	q, ok := v.Query.(*Select)
	if !ok {
		return
	}
	var inner printer
	inner.query(q)
	text := inner.b.String()
	// INTO stands after the leftmost select list; CREATE TABLE AS says the same
	// without surgery, but is another tree, so the text is cut at the list's end.
	leaf := q
	for leaf.SetOp != SetNone {
		leaf = leaf.Left
	}
	var before printer
	before.selectHead(q)
	cut := before.b.Len()
	p.s(text[:cut], " INTO ", []string{"", "TEMPORARY "}[b2i(v.Temp)], []string{"", "UNLOGGED "}[b2i(v.Unlogged)], "TABLE ")
	p.qname(v.Name)
	p.s(text[cut:])
}

// selectHead writes a query up to the end of its leftmost select list.
func (p *printer) selectHead(q *Select) {
	p.ctes(q.With)
	if q.SetOp == SetNone {
		p.plainSelect(&Select{Distinct: q.Distinct, DistinctOn: q.DistinctOn, Targets: q.Targets})
		return
	}
	if l := q.Left; l.hasTail() || q.SetOp == Intersect && l.SetOp != SetNone && l.SetOp != Intersect {
		p.s("(")
	}
	p.selectHead(q.Left)
}

// tableTail writes what follows the columns: USING, WITH, ON COMMIT, TABLESPACE.
func (p *printer) tableTail(v *CreateTable) {
	p.partitionBy(v.PartitionBy)
	if v.AccessMethod != "" {
		p.s(" USING ")
		p.ident(v.AccessMethod)
	}
	p.with(v.With)
	switch v.OnCommit {
	case 'd':
		p.s(" ON COMMIT DELETE ROWS")
	case 'D':
		p.s(" ON COMMIT DROP")
	case 'p':
		p.s(" ON COMMIT PRESERVE ROWS")
	}
	if v.Tablespace != "" {
		p.s(" TABLESPACE ")
		p.ident(v.Tablespace)
	}
}

func (p *printer) tableElems(v *CreateTable) {
	n := 0
	next := func() {
		p.sep(n)
		n++
	}
	like := func(after int) {
		for _, l := range v.Like {
			if l.After == after {
				next()
				p.tableLike(l)
			}
		}
	}
	p.s("(")
	for i, c := range v.Columns {
		like(i)
		next()
		if v.OfType != nil || v.Bound != nil {
			c.Type = TypeName{}
		}
		p.columnDef(c)
	}
	like(len(v.Columns))
	for _, c := range v.Constraints {
		next()
		p.constraint(c)
	}
	p.s(")")
}

var likeOptions = [...]string{"COMMENTS", "COMPRESSION", "CONSTRAINTS", "DEFAULTS", "GENERATED", "IDENTITY",
	"INDEXES", "STATISTICS", "STORAGE"}

func (p *printer) tableLike(l TableLike) {
	const all = 1<<31 - 1
	p.s("LIKE ")
	p.qname(l.Name)
	if l.Options == 0 {
		return
	}
	rest := l.Options
	if l.Options >= 1<<30 { // ALL, less what EXCLUDING took away
		p.s(" INCLUDING ALL")
		for i, w := range likeOptions {
			if l.Options&(1<<i) == 0 {
				p.s(" EXCLUDING ", w)
			}
		}
		rest = 0
	}
	for i, w := range likeOptions {
		if rest&all&(1<<i) != 0 {
			p.s(" INCLUDING ", w)
		}
	}
}

func (p *printer) columnDef(d ColumnDef) {
	p.ident(d.Name)
	if d.Type.Name.Name != "" {
		p.s(" ")
		p.typeName(d.Type)
	}
	if d.Compression != "" {
		p.s(" COMPRESSION ")
		p.ident(d.Compression)
	}
	if d.Collation != nil {
		p.s(" COLLATE ")
		p.qname(*d.Collation)
	}
	for _, c := range d.Constraints {
		p.s(" ")
		p.constraint(c)
	}
}

// constraint writes a constraint of a column or a table: a table's carries its
// columns.
func (p *printer) constraint(c Constraint) {
	if c.Name != "" {
		p.s("CONSTRAINT ")
		p.ident(c.Name)
		p.s(" ")
	}
	switch c.Kind {
	case ConNotNull:
		p.s("NOT NULL")
	case ConNull:
		p.s("NULL")
	case ConDefault:
		p.s("DEFAULT ")
		p.expr(c.Expr)
	case ConIdentity:
		p.s("GENERATED ", []string{"BY DEFAULT", "ALWAYS"}[b2i(c.Always)], " AS IDENTITY")
		if len(c.Options) > 0 {
			p.s(" (")
			for i, o := range c.Options {
				p.s([]string{" ", ""}[b2i(i == 0)])
				p.seqOption(o)
			}
			p.s(")")
		}
	case ConOnUpdate: // there are no words for it in PostgreSQL's grammar
		p.s("ON UPDATE ")
		p.expr(c.Expr)
	case ConGenerated:
		p.s("GENERATED ALWAYS AS (")
		p.bare(c.Expr)
		p.s(") STORED")
	case ConCheck:
		p.s("CHECK (")
		p.bare(c.Expr)
		p.s(")")
	case ConPrimary, ConUnique:
		p.keyConstraint(c)
	case ConForeign:
		p.foreignKey(c)
	case ConExclusion:
		p.exclusion(c)
	case ConAttrDeferrable:
		p.s("DEFERRABLE")
	case ConAttrNotDeferrable:
		p.s("NOT DEFERRABLE")
	case ConAttrDeferred:
		p.s("INITIALLY DEFERRED")
	case ConAttrImmediate:
		p.s("INITIALLY IMMEDIATE")
	}
	p.constraintTail(c)
}

func (p *printer) constraintTail(c Constraint) {
	if c.Deferrable {
		p.s(" DEFERRABLE")
	}
	if c.InitiallyDeferred {
		p.s(" INITIALLY DEFERRED")
	}
	if c.NoInherit {
		p.s(" NO INHERIT")
	}
	if c.Unenforced {
		p.s(" NOT ENFORCED")
	}
	if c.NotValid {
		p.s(" NOT VALID")
	}
}

func (p *printer) keyConstraint(c Constraint) {
	p.s([]string{"UNIQUE", "PRIMARY KEY"}[b2i(c.Kind == ConPrimary)])
	if c.UsingIndex != "" {
		p.s(" USING INDEX ")
		p.ident(c.UsingIndex)
		return
	}
	if c.NullsNotDistinct {
		p.s(" NULLS NOT DISTINCT")
	}
	p.parenIdents(c.Columns)
	if len(c.Including) > 0 {
		p.s(" INCLUDE")
		p.parenIdents(c.Including)
	}
	p.with(c.With)
	if c.Tablespace != "" {
		p.s(" USING INDEX TABLESPACE ")
		p.ident(c.Tablespace)
	}
}

var refActions = map[RefAction]string{NoAction: "NO ACTION", Restrict: "RESTRICT", Cascade: "CASCADE",
	SetNull: "SET NULL", SetDefault: "SET DEFAULT"}

func (p *printer) foreignKey(c Constraint) {
	if len(c.Columns) > 0 {
		p.s("FOREIGN KEY")
		p.parenIdents(c.Columns)
		p.s(" ")
	}
	p.s("REFERENCES ")
	p.qname(c.RefTable)
	p.parenIdents(c.RefColumns)
	if c.Match == 'f' {
		p.s(" MATCH FULL")
	}
	if c.OnUpdate != NoAction && c.OnUpdate != 0 {
		p.s(" ON UPDATE ", refActions[c.OnUpdate])
	}
	if c.OnDelete != NoAction && c.OnDelete != 0 {
		p.s(" ON DELETE ", refActions[c.OnDelete])
		p.parenIdents(c.OnDeleteCols)
	}
}

func (p *printer) createIndex(v *CreateIndex) {
	p.s("CREATE ", []string{"", "UNIQUE "}[b2i(v.Unique)], "INDEX ",
		[]string{"", "CONCURRENTLY "}[b2i(v.Concurrently)], ifNot(v.IfNotExists))
	if v.Name != "" {
		p.ident(v.Name)
		p.s(" ")
	}
	p.s("ON ", []string{"", "ONLY "}[b2i(v.Only)])
	p.qname(v.Table)
	if v.Method != "" {
		p.s(" USING ")
		p.ident(v.Method)
	}
	p.s(" ")
	p.indexElems(v.Elems)
	if len(v.Including) > 0 {
		p.s(" INCLUDE ")
		p.indexElems(v.Including)
	}
	if v.NullsNotDistinct {
		p.s(" NULLS NOT DISTINCT")
	}
	p.with(v.With)
	if v.Tablespace != "" {
		p.s(" TABLESPACE ")
		p.ident(v.Tablespace)
	}
	p.where(v.Where)
}

func (p *printer) createView(v *CreateView) {
	p.s("CREATE ", []string{"", "OR REPLACE "}[b2i(v.OrReplace)], []string{"", "TEMPORARY "}[b2i(v.Temp)], "VIEW ")
	p.qname(v.Name)
	p.parenIdents(v.Columns)
	p.with(v.With)
	p.s(" AS ")
	p.query(v.Query)
	switch v.Check {
	case 'l':
		p.s(" WITH LOCAL CHECK OPTION")
	case 'c':
		p.s(" WITH CASCADED CHECK OPTION")
	}
}

func (p *printer) createSchema(v *CreateSchema) {
	p.s("CREATE SCHEMA ", ifNot(v.IfNotExists))
	sep := ""
	if v.Name != "" {
		p.ident(v.Name)
		sep = " "
	}
	if v.Owner != "" {
		p.s(sep, "AUTHORIZATION ")
		p.role(v.Owner)
	}
	for _, e := range v.Elems {
		p.s(" ")
		p.stmt(e)
	}
}

func (p *printer) createExtension(v *CreateExtension) {
	p.s("CREATE EXTENSION ", ifNot(v.IfNotExists))
	p.ident(v.Name)
	if v.Schema != "" {
		p.s(" SCHEMA ")
		p.ident(v.Schema)
	}
	if v.Version != "" {
		p.s(" VERSION ", QuoteLiteral(v.Version))
	}
	if v.Cascade {
		p.s(" CASCADE")
	}
}
