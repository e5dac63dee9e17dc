package pg

import (
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// stmt converts a whole statement.
func (c *conv) stmt(n *pgast.Node) ast.Stmt {
	if s := n.GetSelectStmt(); s != nil {
		if into := leftmostInto(s); into != nil {
			return c.selectInto(s, into)
		}
	}
	switch n.Node.(type) {
	case *pgast.Node_SelectStmt, *pgast.Node_InsertStmt, *pgast.Node_UpdateStmt, *pgast.Node_DeleteStmt, *pgast.Node_MergeStmt:
		return c.dml(n)
	}
	for _, family := range []func(*pgast.Node) ast.Stmt{
		c.sessionStmt, c.cursorStmt, c.createStmt, c.alterStmt, c.objectStmt, c.maintStmt, c.roleStmt, c.functionStmt, c.rightsStmt, c.statisticsStmt,
	} {
		if s := family(n); s != nil {
			return s
		}
	}
	return c.other(n)
}

// dml converts what may stand in a CTE or under EXPLAIN, PREPARE and COPY.
func (c *conv) dml(n *pgast.Node) ast.Stmt {
	var s ast.Stmt
	switch v := n.Node.(type) {
	case *pgast.Node_SelectStmt:
		q := c.selectStmt(v.SelectStmt)
		if q.Pos == ast.NoPos {
			q.Pos = c.stmtPos
		}
		s = q
	case *pgast.Node_InsertStmt:
		s = c.insert(v.InsertStmt)
	case *pgast.Node_UpdateStmt:
		s = c.update(v.UpdateStmt)
	case *pgast.Node_DeleteStmt:
		s = c.delete(v.DeleteStmt)
	case *pgast.Node_MergeStmt:
		s = c.merge(v.MergeStmt)
	default:
		c.fail(-1, "%s is not supported here", nodeName(n))
	}
	return s
}

// leftmostInto finds SELECT … INTO, which the grammar leaves on the leftmost
// SELECT of a set operation.
func leftmostInto(s *pgast.SelectStmt) *pgast.IntoClause {
	for s.Op != pgast.SetOperation_SETOP_NONE && s.Larg != nil {
		s = s.Larg
	}
	return s.IntoClause
}

func (c *conv) selectInto(s *pgast.SelectStmt, into *pgast.IntoClause) ast.Stmt {
	leaf := s
	for leaf.Op != pgast.SetOperation_SETOP_NONE && leaf.Larg != nil {
		leaf = leaf.Larg
	}
	leaf.IntoClause = nil
	out := c.createAs(into)
	q := c.selectStmt(s)
	q.Pos = c.stmtPos
	out.Query, out.SelectInto = q, true
	return out
}

// other names a statement that has no neutral form by its command tag.
func (c *conv) other(n *pgast.Node) ast.Stmt {
	name, ok := otherNames[nodeName(n)]
	if !ok {
		name = nodeName(n)
	}
	out := &ast.Other{At: c.here(), Name: name}
	switch v := n.Node.(type) {
	case *pgast.Node_CreateTableSpaceStmt, *pgast.Node_DropTableSpaceStmt, *pgast.Node_AlterSystemStmt:
		out.Alone = true
	case *pgast.Node_DefineStmt:
		out.New = c.qnamePtr(v.DefineStmt.Defnames, -1)
	case *pgast.Node_AlterObjectDependsStmt:
		s := v.AlterObjectDependsStmt
		out.Extension = s.Extname.GetSval()
		if name, args, ok := c.routineOf(s.Object); ok && isRoutine(s.ObjectType) {
			out.Kind, out.Object, out.Args = objectKind(s.ObjectType), &name, args
		}
	case *pgast.Node_CreateCastStmt:
		s := v.CreateCastStmt
		out.Cast = []ast.TypeName{c.typeName(s.Sourcetype), c.typeName(s.Targettype)}
		if out.Binary = s.Func == nil && !s.Inout; s.Func != nil {
			name, args, _ := c.routineOf(&pgast.Node{Node: &pgast.Node_ObjectWithArgs{ObjectWithArgs: s.Func}})
			out.Kind, out.Object, out.Args = ast.ObjFunction, &name, args
		}
	}
	return out
}

// otherNames gives the command tags (tcop/cmdtaglist.h) of the nodes that no
// family converts.
var otherNames = map[string]string{
	"AlterCollationStmt":         "ALTER COLLATION",
	"AlterDomainStmt":            "ALTER DOMAIN",
	"AlterEnumStmt":              "ALTER TYPE",
	"AlterEventTrigStmt":         "ALTER EVENT TRIGGER",
	"AlterExtensionContentsStmt": "ALTER EXTENSION",
	"AlterFdwStmt":               "ALTER FOREIGN DATA WRAPPER",
	"AlterForeignServerStmt":     "ALTER SERVER",
	"AlterObjectDependsStmt":     "ALTER ... DEPENDS ON EXTENSION",
	"AlterOperatorStmt":          "ALTER OPERATOR",
	"AlterOpFamilyStmt":          "ALTER OPERATOR FAMILY",
	"AlterPublicationStmt":       "ALTER PUBLICATION",
	"AlterSubscriptionStmt":      "ALTER SUBSCRIPTION",
	"AlterSystemStmt":            "ALTER SYSTEM",
	"AlterTableMoveAllStmt":      "ALTER TABLE ALL IN TABLESPACE",
	"AlterTableSpaceOptionsStmt": "ALTER TABLESPACE",
	"AlterTSConfigurationStmt":   "ALTER TEXT SEARCH CONFIGURATION",
	"AlterTSDictionaryStmt":      "ALTER TEXT SEARCH DICTIONARY",
	"AlterTypeStmt":              "ALTER TYPE",
	"AlterUserMappingStmt":       "ALTER USER MAPPING",
	"CompositeTypeStmt":          "CREATE TYPE",
	"CreateAmStmt":               "CREATE ACCESS METHOD",
	"CreateCastStmt":             "CREATE CAST",
	"CreateConversionStmt":       "CREATE CONVERSION",
	"CreateDomainStmt":           "CREATE DOMAIN",
	"CreateEnumStmt":             "CREATE TYPE",
	"CreateEventTrigStmt":        "CREATE EVENT TRIGGER",
	"CreateFdwStmt":              "CREATE FOREIGN DATA WRAPPER",
	"CreateForeignServerStmt":    "CREATE SERVER",
	"CreateForeignTableStmt":     "CREATE FOREIGN TABLE",
	"CreateOpClassStmt":          "CREATE OPERATOR CLASS",
	"CreateOpFamilyStmt":         "CREATE OPERATOR FAMILY",
	"CreatePLangStmt":            "CREATE LANGUAGE",
	"CreatePublicationStmt":      "CREATE PUBLICATION",
	"CreateRangeStmt":            "CREATE TYPE",
	"CreateSubscriptionStmt":     "CREATE SUBSCRIPTION",
	"CreateTableSpaceStmt":       "CREATE TABLESPACE",
	"CreateTransformStmt":        "CREATE TRANSFORM",
	"CreateUserMappingStmt":      "CREATE USER MAPPING",
	"DefineStmt":                 "CREATE TYPE",
	"DropStmt":                   "DROP",
	"DropSubscriptionStmt":       "DROP SUBSCRIPTION",
	"DropTableSpaceStmt":         "DROP TABLESPACE",
	"DropUserMappingStmt":        "DROP USER MAPPING",
	"ImportForeignSchemaStmt":    "IMPORT FOREIGN SCHEMA",
	"MergeStmt":                  "MERGE",
	"RefreshMatViewStmt":         "REFRESH MATERIALIZED VIEW",
	"RuleStmt":                   "CREATE RULE",
}
