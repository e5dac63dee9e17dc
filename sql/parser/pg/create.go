package pg

import (
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// createStmt converts CREATE of relations; nil when n is something else.
func (c *conv) createStmt(n *pgast.Node) ast.Stmt {
	switch v := n.Node.(type) {
	case *pgast.Node_CreateStmt:
		return c.createTable(v.CreateStmt)
	case *pgast.Node_CreateTableAsStmt:
		return c.createTableAs(v.CreateTableAsStmt)
	case *pgast.Node_IndexStmt:
		return c.createIndex(v.IndexStmt)
	case *pgast.Node_ViewStmt:
		return c.createView(v.ViewStmt)
	case *pgast.Node_CreateSeqStmt:
		s := v.CreateSeqStmt
		return &ast.CreateSequence{At: c.here(), Name: c.relname(s.Sequence), IfNotExists: s.IfNotExists,
			Temp: s.Sequence.Relpersistence == "t", Unlogged: s.Sequence.Relpersistence == "u", Options: c.seqOptions(s.Options)}
	case *pgast.Node_AlterSeqStmt:
		s := v.AlterSeqStmt
		return &ast.AlterSequence{At: c.here(), Name: c.relname(s.Sequence), IfExists: s.MissingOk, Options: c.seqOptions(s.Options)}
	case *pgast.Node_CreateSchemaStmt:
		s := v.CreateSchemaStmt
		out := &ast.CreateSchema{At: c.here(), Name: s.Schemaname, IfNotExists: s.IfNotExists}
		if s.Authrole != nil {
			out.Owner = c.role(s.Authrole)
		}
		for _, e := range s.SchemaElts {
			out.Elems = append(out.Elems, c.stmt(e))
		}
		return out
	case *pgast.Node_CreateExtensionStmt:
		return c.createExtension(v.CreateExtensionStmt)
	case *pgast.Node_AlterExtensionStmt:
		return c.alterExtension(v.AlterExtensionStmt)
	case *pgast.Node_RefreshMatViewStmt:
		s := v.RefreshMatViewStmt
		return &ast.Refresh{At: c.here(), Name: c.relname(s.Relation), Concurrently: s.Concurrent, WithNoData: s.SkipData}
	case *pgast.Node_CreateDomainStmt:
		s := v.CreateDomainStmt
		out := &ast.CreateDomain{At: c.here(), Name: c.qname(s.Domainname, -1), Type: c.typeName(s.TypeName)}
		if s.CollClause != nil {
			out.Collation = c.qnamePtr(s.CollClause.Collname, s.CollClause.Location)
		}
		for _, k := range s.Constraints {
			out.Constraints = append(out.Constraints, c.constraint(k.GetConstraint()))
		}
		return out
	case *pgast.Node_CompositeTypeStmt:
		s := v.CompositeTypeStmt
		out := &ast.CreateComposite{At: c.here(), Name: c.relname(s.Typevar)}
		for _, n := range s.Coldeflist {
			out.Columns = append(out.Columns, c.columnDef(n.GetColumnDef()))
		}
		return out
	case *pgast.Node_DefineStmt:
		switch s := v.DefineStmt; s.Kind {
		case pgast.ObjectType_OBJECT_COLLATION:
			return c.createCollation(s)
		case pgast.ObjectType_OBJECT_AGGREGATE:
			return c.createAggregate(s)
		case pgast.ObjectType_OBJECT_TYPE:
		default:
			return &ast.Other{At: c.here(), Name: "CREATE " + string(objectKind(s.Kind))}
		}
	case *pgast.Node_AlterCollationStmt:
		return &ast.AlterCollation{At: c.here(), Name: c.qname(v.AlterCollationStmt.Collname, -1)}
	case *pgast.Node_CreateEnumStmt:
		s := v.CreateEnumStmt
		return &ast.CreateEnum{At: c.here(), Name: c.qname(s.TypeName, -1), Labels: c.strs(s.Vals)}
	case *pgast.Node_CreateRangeStmt:
		s := v.CreateRangeStmt
		return &ast.CreateRange{At: c.here(), Name: c.qname(s.TypeName, -1), Defs: c.definitions(s.Params)}
	case *pgast.Node_CreatedbStmt:
		return &ast.CreateDatabase{At: c.here(), Name: v.CreatedbStmt.Dbname, Options: c.options(v.CreatedbStmt.Options)}
	}
	return nil
}

func (c *conv) createTable(s *pgast.CreateStmt) ast.Stmt {
	out := &ast.CreateTable{
		At: c.here(), Name: c.relname(s.Relation), IfNotExists: s.IfNotExists,
		Temp: s.Relation.Relpersistence == "t", Unlogged: s.Relation.Relpersistence == "u",
		PartitionBy: c.partitionBy(s.Partspec), Bound: c.bound(s.Partbound),
		With: c.options(s.Options), OnCommit: onCommit(s.Oncommit),
		Tablespace: s.Tablespacename, AccessMethod: s.AccessMethod,
	}
	if len(s.InhRelations) > 0 {
		out.Inherits = c.relnames(s.InhRelations)
	}
	if s.OfTypename != nil {
		t := c.typeName(s.OfTypename)
		out.OfType = &t.Name
	}
	for _, n := range s.TableElts {
		switch e := n.Node.(type) {
		case *pgast.Node_ColumnDef:
			out.Columns = append(out.Columns, c.columnDef(e.ColumnDef))
		case *pgast.Node_Constraint:
			out.Constraints = append(out.Constraints, c.constraint(e.Constraint))
		case *pgast.Node_TableLikeClause:
			out.Like = append(out.Like, ast.TableLike{At: at(e.TableLikeClause.Relation.Location),
				Name: c.relname(e.TableLikeClause.Relation), Options: e.TableLikeClause.Options, After: len(out.Columns)})
		default:
			c.fail(-1, "%s is not supported in CREATE TABLE", nodeName(n))
		}
	}
	for _, n := range s.Constraints {
		out.Constraints = append(out.Constraints, c.constraint(n.GetConstraint()))
	}
	return out
}

func onCommit(a pgast.OnCommitAction) byte {
	switch a {
	case pgast.OnCommitAction_ONCOMMIT_DELETE_ROWS:
		return 'd'
	case pgast.OnCommitAction_ONCOMMIT_DROP:
		return 'D'
	case pgast.OnCommitAction_ONCOMMIT_PRESERVE_ROWS:
		return 'p'
	}
	return 0
}

// createAs converts the INTO part of CREATE TABLE AS and SELECT INTO.
func (c *conv) createAs(into *pgast.IntoClause) *ast.CreateTable {
	return &ast.CreateTable{
		At: c.here(), Name: c.relname(into.Rel),
		Temp: into.Rel.Relpersistence == "t", Unlogged: into.Rel.Relpersistence == "u",
		AsColumns: c.strs(into.ColNames), With: c.options(into.Options), OnCommit: onCommit(into.OnCommit),
		Tablespace: into.TableSpaceName, AccessMethod: into.AccessMethod, WithNoData: into.SkipData,
	}
}

func (c *conv) createTableAs(s *pgast.CreateTableAsStmt) ast.Stmt {
	out := c.createAs(s.Into)
	out.IfNotExists = s.IfNotExists
	out.Materialized = s.Objtype == pgast.ObjectType_OBJECT_MATVIEW
	if e := s.Query.GetExecuteStmt(); e != nil {
		out.Query = &ast.Execute{At: c.here(), Name: e.Name, Args: c.exprs(e.Params)}
	} else {
		q := c.query(s.Query)
		q.Pos = c.stmtPos
		out.Query = q
	}
	return out
}

func (c *conv) columnDef(d *pgast.ColumnDef) ast.ColumnDef {
	out := ast.ColumnDef{At: at(d.Location), Name: d.Colname, Compression: d.Compression}
	if d.StorageName != "" { // which PostgreSQL 15 takes in ALTER TABLE only
		c.refuseWord("storage", d.Location)
	}
	if len(d.Fdwoptions) > 0 {
		c.fail(d.Location, "OPTIONS of a column are not supported")
	}
	if d.TypeName != nil {
		out.Type = c.typeName(d.TypeName)
	}
	if d.CollClause != nil {
		out.Collation = c.qnamePtr(d.CollClause.Collname, d.CollClause.Location)
	}
	for _, n := range d.Constraints {
		out.Constraints = append(out.Constraints, c.constraint(n.GetConstraint()))
	}
	return out
}

var constraintKinds = map[pgast.ConstrType]ast.ConstraintKind{
	pgast.ConstrType_CONSTR_NULL:                ast.ConNull,
	pgast.ConstrType_CONSTR_NOTNULL:             ast.ConNotNull,
	pgast.ConstrType_CONSTR_DEFAULT:             ast.ConDefault,
	pgast.ConstrType_CONSTR_IDENTITY:            ast.ConIdentity,
	pgast.ConstrType_CONSTR_GENERATED:           ast.ConGenerated,
	pgast.ConstrType_CONSTR_CHECK:               ast.ConCheck,
	pgast.ConstrType_CONSTR_PRIMARY:             ast.ConPrimary,
	pgast.ConstrType_CONSTR_UNIQUE:              ast.ConUnique,
	pgast.ConstrType_CONSTR_FOREIGN:             ast.ConForeign,
	pgast.ConstrType_CONSTR_EXCLUSION:           ast.ConExclusion,
	pgast.ConstrType_CONSTR_ATTR_DEFERRABLE:     ast.ConAttrDeferrable,
	pgast.ConstrType_CONSTR_ATTR_NOT_DEFERRABLE: ast.ConAttrNotDeferrable,
	pgast.ConstrType_CONSTR_ATTR_DEFERRED:       ast.ConAttrDeferred,
	pgast.ConstrType_CONSTR_ATTR_IMMEDIATE:      ast.ConAttrImmediate,
}

// constraint converts a constraint of a column or a table.
func (c *conv) constraint(k *pgast.Constraint) ast.Constraint {
	kind, ok := constraintKinds[k.Contype]
	switch {
	case !ok:
		c.fail(k.Location, "this kind of constraint is not supported")
	case kind == ast.ConNotNull && len(k.Keys) > 0:
		c.fail(k.Location, "NOT NULL as a table constraint is not supported")
	case k.WithoutOverlaps || k.FkWithPeriod || k.PkWithPeriod:
		c.fail(k.Location, "temporal constraints are not supported")
	case k.GeneratedKind == "v":
		c.fail(k.Location, "virtual generated columns are not supported")
	case !k.IsEnforced && (kind == ast.ConCheck || kind == ast.ConForeign):
		c.fail(k.Location, "NOT ENFORCED constraints are not supported")
	}
	out := ast.Constraint{
		At: at(k.Location), Kind: kind, Name: k.Conname, Expr: c.expr(k.RawExpr), Always: k.GeneratedWhen == "a",
		Columns: c.strs(k.Keys), Including: c.strs(k.Including), NullsNotDistinct: k.NullsNotDistinct,
		UsingIndex: k.Indexname, Tablespace: k.Indexspace,
		Deferrable: k.Deferrable, InitiallyDeferred: k.Initdeferred,
		NotValid: k.SkipValidation, NoInherit: k.IsNoInherit,
	}
	switch kind {
	case ast.ConIdentity:
		out.Options = c.seqOptions(k.Options)
	case ast.ConForeign:
		out.Columns = c.strs(k.FkAttrs)
		out.RefTable = c.relname(k.Pktable)
		out.RefColumns = c.strs(k.PkAttrs)
		out.Match = first(k.FkMatchtype, 's')
		out.OnUpdate = ast.RefAction(first(k.FkUpdAction, 'a'))
		out.OnDelete = ast.RefAction(first(k.FkDelAction, 'a'))
		out.OnDeleteCols = c.strs(k.FkDelSetCols)
	case ast.ConExclusion:
		out.With, out.Method, out.Where = c.options(k.Options), k.AccessMethod, c.expr(k.WhereClause)
		for _, n := range k.Exclusions { // each is a list of a key and an operator's name
			pair := n.GetList().Items
			out.Elems = append(out.Elems, c.indexElems(pair[:1])...)
			name := c.strs(pair[1].GetList().Items)
			op := ast.OpName{Name: name[len(name)-1]}
			if len(name) > 1 {
				op.Schema = name[len(name)-2]
			}
			out.Operators = append(out.Operators, op)
		}
	default:
		out.With = c.options(k.Options)
	}
	return out
}

// first is the first byte of a one-letter field.
func first(s string, none byte) byte {
	if s == "" {
		return none
	}
	return s[0]
}

// seqOptions converts the options of a sequence or an identity.
func (c *conv) seqOptions(list []*pgast.Node) []ast.SeqOption {
	var out []ast.SeqOption
	for _, n := range list {
		d := n.GetDefElem()
		o := ast.SeqOption{At: at(d.Location), Name: d.Defname}
		switch v := d.Arg.GetNode().(type) {
		case nil:
		case *pgast.Node_TypeName:
			t := c.typeName(v.TypeName)
			o.Type = &t
		case *pgast.Node_List:
			o.Names = c.strs(v.List.Items)
		default:
			o.Value = c.litOf(d.Arg, d.Location)
		}
		if d.Defname == "generated" { // SET GENERATED: an attidentity letter
			kind := "by default"
			if o.Value != nil && o.Value.Int == 'a' {
				kind = "always"
			}
			o.Value = &ast.Lit{At: at(d.Location), Kind: ast.LitString, Text: kind}
		}
		out = append(out, o)
	}
	return out
}

func (c *conv) createIndex(s *pgast.IndexStmt) ast.Stmt {
	if len(s.ExcludeOpNames) > 0 || s.Primary || s.Isconstraint {
		c.fail(s.Relation.GetLocation(), "this form of index is not supported")
	}
	out := &ast.CreateIndex{
		At: c.here(), Name: s.Idxname, Table: c.relname(s.Relation), Only: !s.Relation.Inh,
		Unique: s.Unique, NullsNotDistinct: s.NullsNotDistinct, Concurrently: s.Concurrent, IfNotExists: s.IfNotExists,
		Elems: c.indexElems(s.IndexParams), Including: c.indexElems(s.IndexIncludingParams),
		With: c.options(s.Options), Tablespace: s.TableSpace, Where: c.expr(s.WhereClause),
	}
	if s.AccessMethod != "btree" {
		out.Method = s.AccessMethod
	}
	return out
}

func (c *conv) indexElems(list []*pgast.Node) []ast.IndexElem {
	var out []ast.IndexElem
	for _, n := range list {
		e := n.GetIndexElem()
		el := ast.IndexElem{At: ast.At{Pos: ast.NoPos}, Column: e.Name, Expr: c.expr(e.Expr),
			Collation: c.qnamePtr(e.Collation, -1), OpClass: c.qnamePtr(e.Opclass, -1), OpOptions: c.options(e.Opclassopts),
			Asc: e.Ordering == pgast.SortByDir_SORTBY_ASC, Desc: e.Ordering == pgast.SortByDir_SORTBY_DESC, Nulls: nulls(e.NullsOrdering)}
		if el.Expr != nil {
			el.Pos = el.Expr.Position()
		}
		out = append(out, el)
	}
	return out
}

func (c *conv) createView(s *pgast.ViewStmt) ast.Stmt {
	if intoOf(s.Query) != nil {
		c.fail(-1, "views must not contain SELECT INTO")
	}
	if s.View.Relpersistence == "u" {
		c.syntax(-1, "views cannot be unlogged because they do not have storage")
	}
	q := c.query(s.Query)
	if q.Pos == ast.NoPos {
		q.Pos = c.stmtPos
	}
	out := &ast.CreateView{At: c.here(), Name: c.relname(s.View), Columns: c.strs(s.Aliases), Query: q,
		OrReplace: s.Replace, Temp: s.View.Relpersistence == "t", With: c.options(s.Options)}
	switch s.WithCheckOption {
	case pgast.ViewCheckOption_LOCAL_CHECK_OPTION:
		out.Check = 'l'
	case pgast.ViewCheckOption_CASCADED_CHECK_OPTION:
		out.Check = 'c'
	}
	return out
}

func (c *conv) createExtension(s *pgast.CreateExtensionStmt) ast.Stmt {
	out := &ast.CreateExtension{At: c.here(), Name: s.Extname, IfNotExists: s.IfNotExists}
	for _, o := range c.options(s.Options) {
		lit, _ := o.Value.(*ast.Lit)
		switch {
		case lit == nil:
			c.fail(int32(o.Pos), "unrecognized option: %s", o.Name)
		case o.Name == "schema":
			out.Schema = lit.Text
		case o.Name == "new_version":
			out.Version = lit.Text
		case o.Name == "cascade":
			out.Cascade = lit.Bool
		default:
			c.fail(int32(o.Pos), "unrecognized option: %s", o.Name)
		}
	}
	return out
}

func (c *conv) alterExtension(s *pgast.AlterExtensionStmt) ast.Stmt {
	out := &ast.AlterExtension{At: c.here(), Name: s.Extname}
	for _, o := range c.options(s.Options) {
		if lit, _ := o.Value.(*ast.Lit); lit != nil && o.Name == "new_version" {
			out.Version = lit.Text
		} else {
			c.fail(int32(o.Pos), "unrecognized option: %s", o.Name)
		}
	}
	return out
}

// createCollation: the grammar puts FROM other among the options.
func (c *conv) createCollation(s *pgast.DefineStmt) ast.Stmt {
	out := &ast.CreateCollation{At: c.here(), Name: c.qname(s.Defnames, -1), IfNotExists: s.IfNotExists}
	if len(s.Definition) == 1 {
		if d := s.Definition[0].GetDefElem(); d != nil && d.Defname == "from" && d.Arg.GetList() != nil {
			out.From = c.qnamePtr(d.Arg.GetList().Items, -1)
			return out
		}
	}
	out.Options = c.options(s.Definition)
	return out
}
