package pg

import (
	"strconv"

	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// other names a statement that has no neutral form by its command tag, with what it needs to
// be there: what PostgreSQL finds missing is said before the statement is refused.
func (c *conv) other(n *pgast.Node) ast.Stmt {
	name, ok := otherNames[nodeName(n)]
	if !ok {
		name = nodeName(n)
	}
	out := &ast.Other{At: c.here(), Name: name}
	switch v := n.Node.(type) {
	case *pgast.Node_CreateTableSpaceStmt:
		out.Alone = true
	case *pgast.Node_AlterSystemStmt:
		out.Alone, out.Set = true, c.set(v.AlterSystemStmt.Setstmt)
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
	default:
		c.creationNeeds(n, out)
		c.changeNeeds(n, out)
	}
	return out
}

// need is a Need of what a plain name names.
func (c *conv) need(kind ast.ObjectKind, name string) ast.Need {
	return ast.Need{Kind: kind, Name: ast.QName{At: c.here(), Name: name}}
}

// needRole is that of a role; none of PUBLIC and USER.
func (c *conv) needRole(r *pgast.RoleSpec) []ast.Need {
	if r == nil || r.Roletype != pgast.RoleSpecType_ROLESPEC_CSTRING {
		return nil
	}
	return []ast.Need{c.need(ast.ObjRole, r.Rolename)}
}

// needRoutine is that of a function with arguments of the named types.
func (c *conv) needRoutine(kind ast.ObjectKind, name []*pgast.Node, args ...string) ast.Need {
	out := ast.Need{Kind: kind, Name: c.qname(name, -1), Types: []ast.TypeName{}}
	for _, a := range args {
		out.Types = append(out.Types, ast.TypeName{Name: ast.QName{At: c.here(), Name: a}})
	}
	return out
}

// creationNeeds are those of statements that make something.
func (c *conv) creationNeeds(n *pgast.Node, out *ast.Other) {
	switch v := n.Node.(type) {
	case *pgast.Node_RuleStmt:
		out.Needs = []ast.Need{{Kind: "RULE TARGET", Name: c.relname(v.RuleStmt.Relation)}}
	case *pgast.Node_CreateEventTrigStmt:
		out.Needs = c.eventTrigger(v.CreateEventTrigStmt)
	case *pgast.Node_CreateOpClassStmt:
		s := v.CreateOpClassStmt
		out.Needs = []ast.Need{c.need("ACCESS METHOD", s.Amname), {Kind: ast.ObjType, Types: []ast.TypeName{c.typeName(s.Datatype)}}}
	case *pgast.Node_CreateOpFamilyStmt:
		out.Needs = []ast.Need{c.need("ACCESS METHOD", v.CreateOpFamilyStmt.Amname)}
	case *pgast.Node_CreateAmStmt:
		there := c.need("ACCESS METHOD", v.CreateAmStmt.Amname)
		there.Absent = true
		out.Needs = []ast.Need{there, c.needRoutine(ast.ObjFunction, v.CreateAmStmt.HandlerName, "internal")}
	case *pgast.Node_CreatePlangStmt:
		if s := v.CreatePlangStmt; len(s.Plhandler) > 0 {
			out.Needs = []ast.Need{c.needRoutine(ast.ObjFunction, s.Plhandler)}
		}
	case *pgast.Node_CreateConversionStmt:
		s := v.CreateConversionStmt
		out.Needs = []ast.Need{c.need("SOURCE ENCODING", s.ForEncodingName), c.need("DESTINATION ENCODING", s.ToEncodingName),
			c.needRoutine(ast.ObjFunction, s.FuncName, "int4", "int4", "cstring", "internal", "int4", "bool")}
	case *pgast.Node_CreateTransformStmt:
		s := v.CreateTransformStmt
		out.Needs = []ast.Need{{Kind: ast.ObjType, Types: []ast.TypeName{c.typeName(s.TypeName)}}, c.need("LANGUAGE", s.Lang)}
	case *pgast.Node_CreatePublicationStmt:
		for _, o := range v.CreatePublicationStmt.Pubobjects {
			switch s := o.GetPublicationObjSpec(); s.Pubobjtype {
			case pgast.PublicationObjSpecType_PUBLICATIONOBJ_TABLE:
				out.Needs = append(out.Needs, ast.Need{Kind: ast.ObjTable, Name: c.relname(s.Pubtable.Relation)})
			case pgast.PublicationObjSpecType_PUBLICATIONOBJ_TABLES_IN_SCHEMA:
				out.Needs = append(out.Needs, c.need(ast.ObjSchema, s.Name))
			}
		}
	case *pgast.Node_CreateForeignServerStmt:
		out.Needs = []ast.Need{c.need("FOREIGN DATA WRAPPER", v.CreateForeignServerStmt.Fdwname)}
	case *pgast.Node_CreateForeignTableStmt:
		out.Needs = []ast.Need{c.need("SERVER", v.CreateForeignTableStmt.Servername)}
	case *pgast.Node_ImportForeignSchemaStmt:
		out.Needs = []ast.Need{c.need("SERVER", v.ImportForeignSchemaStmt.ServerName)}
	case *pgast.Node_CreateUserMappingStmt:
		s := v.CreateUserMappingStmt
		out.Needs = append(c.needRole(s.User), c.need("SERVER", s.Servername))
	}
}

// changeNeeds are those of statements that change or drop something.
func (c *conv) changeNeeds(n *pgast.Node, out *ast.Other) {
	switch v := n.Node.(type) {
	case *pgast.Node_AlterEventTrigStmt:
		out.Needs = []ast.Need{c.need("EVENT TRIGGER", v.AlterEventTrigStmt.Trigname)}
	case *pgast.Node_AlterPublicationStmt:
		out.Needs = []ast.Need{c.need("PUBLICATION", v.AlterPublicationStmt.Pubname)}
	case *pgast.Node_AlterSubscriptionStmt:
		out.Needs = []ast.Need{c.need("SUBSCRIPTION", v.AlterSubscriptionStmt.Subname)}
	case *pgast.Node_DropSubscriptionStmt:
		s := v.DropSubscriptionStmt
		out.Needs, out.Skip = []ast.Need{c.need("SUBSCRIPTION", s.Subname)}, s.MissingOk
	case *pgast.Node_AlterForeignServerStmt:
		out.Needs = []ast.Need{c.need("SERVER", v.AlterForeignServerStmt.Servername)}
	case *pgast.Node_AlterFdwStmt:
		out.Needs = []ast.Need{c.need("FOREIGN DATA WRAPPER", v.AlterFdwStmt.Fdwname)}
	case *pgast.Node_AlterUserMappingStmt:
		s := v.AlterUserMappingStmt
		out.Needs = append(c.needRole(s.User), c.need("SERVER", s.Servername))
	case *pgast.Node_DropUserMappingStmt:
		s := v.DropUserMappingStmt
		out.Needs, out.Skip = append(c.needRole(s.User), c.need("SERVER", s.Servername)), s.MissingOk
	case *pgast.Node_AlterTableSpaceOptionsStmt:
		out.Needs = []ast.Need{c.need("TABLESPACE", v.AlterTableSpaceOptionsStmt.Tablespacename)}
	case *pgast.Node_DropTableSpaceStmt:
		s := v.DropTableSpaceStmt
		out.Alone, out.Needs, out.Skip = true, []ast.Need{c.need("TABLESPACE", s.Tablespacename)}, s.MissingOk
	case *pgast.Node_AlterOpFamilyStmt:
		s := v.AlterOpFamilyStmt
		out.Needs = []ast.Need{{Kind: "OPERATOR FAMILY", Name: c.qname(s.Opfamilyname, -1), Method: s.Amname}}
	case *pgast.Node_AlterOperatorStmt:
		out.Needs = []ast.Need{c.needOperator(v.AlterOperatorStmt.Opername)}
	}
}

func (c *conv) needOperator(f *pgast.ObjectWithArgs) ast.Need {
	operands := make([]ast.TypeName, 2)
	for i, n := range f.Objargs {
		if t := n.GetTypeName(); t != nil && i < len(operands) {
			operands[i] = c.typeName(t)
		}
	}
	return ast.Need{Kind: ast.ObjOperator, Name: c.qname(f.Objname, -1), Types: operands}
}

// eventTrigger is what is said of CREATE EVENT TRIGGER before its function is looked for, which
// values of a filter hide, as their list is not kept here.
func (c *conv) eventTrigger(s *pgast.CreateEventTrigStmt) []ast.Need {
	out := []ast.Need{c.need("EVENT", s.Eventname)}
	seen := false
	for _, w := range s.Whenclause {
		name := w.GetDefElem().GetDefname()
		filter := c.need("FILTER", name)
		filter.Absent = seen
		out = append(out, filter)
		seen = name == "tag"
	}
	if seen {
		return out
	}
	return append(out, c.needRoutine("EVENT FUNCTION", s.Funcname))
}

// needOwner puts the new owner before what is given to it.
func (c *conv) needOwner(r *pgast.RoleSpec, out *ast.Other) ast.Stmt {
	out.Needs = append(c.needRole(r), out.Needs...)
	return out
}

// numberText is a number that names a large object, as it was written.
func numberText(n *pgast.Node) string {
	if f := n.GetFloat(); f != nil {
		return f.Fval
	}
	return strconv.Itoa(int(n.GetInteger().GetIval()))
}

// refused is a statement about an object of a kind that is named by more than a name; verb
// stands before the kind: COMMENT ON.
func (c *conv) refused(verb string, t pgast.ObjectType, obj *pgast.Node) *ast.Other {
	kind := objectKind(t)
	out := &ast.Other{At: c.here(), Name: verb + " " + string(kind)}
	items := obj.GetList().GetItems()
	switch t {
	case pgast.ObjectType_OBJECT_OPCLASS, pgast.ObjectType_OBJECT_OPFAMILY:
		if len(items) > 1 { // the access method, then the name
			out.Needs = []ast.Need{{Kind: kind, Name: c.qname(items[1:], -1), Method: c.str(items[0])}}
		}
	case pgast.ObjectType_OBJECT_CAST:
		out.Needs = []ast.Need{{Kind: kind, Types: []ast.TypeName{c.typeName(items[0].GetTypeName()), c.typeName(items[1].GetTypeName())}}}
	case pgast.ObjectType_OBJECT_TRANSFORM:
		out.Needs = []ast.Need{{Kind: kind, Name: ast.QName{At: c.here(), Name: c.str(items[1])}, Types: []ast.TypeName{c.typeName(items[0].GetTypeName())}}}
	case pgast.ObjectType_OBJECT_OPERATOR:
		out.Needs = []ast.Need{c.needOperator(obj.GetObjectWithArgs())}
	case pgast.ObjectType_OBJECT_LARGEOBJECT:
		out.Needs = []ast.Need{c.need(kind, numberText(obj))}
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
