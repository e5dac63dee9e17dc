package pg

import (
	"slices"
	"strings"

	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// objectStmt converts DROP, COMMENT, TRUNCATE; nil when n is something else.
func (c *conv) objectStmt(n *pgast.Node) ast.Stmt {
	switch v := n.Node.(type) {
	case *pgast.Node_DropStmt:
		return c.drop(v.DropStmt)
	case *pgast.Node_DropdbStmt:
		s := v.DropdbStmt
		out := &ast.Drop{At: c.here(), Kind: ast.ObjDatabase, IfExists: s.MissingOk, Names: []ast.QName{{At: c.here(), Name: s.Dbname}}}
		for _, o := range c.options(s.Options) {
			if o.Name != "force" {
				c.syntax(int32(o.Pos), "unrecognized DROP DATABASE option \"%s\"", o.Name)
			}
			out.Force = true
		}
		return out
	case *pgast.Node_CommentStmt:
		return c.comment(v.CommentStmt)
	case *pgast.Node_TruncateStmt:
		s := v.TruncateStmt
		return &ast.Truncate{At: c.here(), Tables: c.relnames(s.Relations), Only: onlys(s.Relations), RestartIdentity: s.RestartSeqs,
			Cascade: s.Behavior == pgast.DropBehavior_DROP_CASCADE}
	case *pgast.Node_CreateTrigStmt:
		return c.createTrigger(v.CreateTrigStmt)
	}
	return nil
}

// objectKind is PostgreSQL's words for a kind of object.
func objectKind(t pgast.ObjectType) ast.ObjectKind {
	switch t {
	case pgast.ObjectType_OBJECT_TABCONSTRAINT, pgast.ObjectType_OBJECT_DOMCONSTRAINT:
		return ast.ObjConstraint
	case pgast.ObjectType_OBJECT_MATVIEW:
		return ast.ObjMatView
	case pgast.ObjectType_OBJECT_FDW:
		return "FOREIGN DATA WRAPPER"
	case pgast.ObjectType_OBJECT_FOREIGN_SERVER:
		return "SERVER"
	case pgast.ObjectType_OBJECT_OPCLASS:
		return "OPERATOR CLASS"
	case pgast.ObjectType_OBJECT_OPFAMILY:
		return "OPERATOR FAMILY"
	case pgast.ObjectType_OBJECT_STATISTIC_EXT:
		return "STATISTICS"
	case pgast.ObjectType_OBJECT_TSCONFIGURATION:
		return "TEXT SEARCH CONFIGURATION"
	case pgast.ObjectType_OBJECT_TSDICTIONARY:
		return "TEXT SEARCH DICTIONARY"
	case pgast.ObjectType_OBJECT_TSPARSER:
		return "TEXT SEARCH PARSER"
	case pgast.ObjectType_OBJECT_TSTEMPLATE:
		return "TEXT SEARCH TEMPLATE"
	case pgast.ObjectType_OBJECT_LARGEOBJECT:
		return "LARGE OBJECT"
	case pgast.ObjectType_OBJECT_PARAMETER_ACL:
		return ast.ObjParameter
	}
	return ast.ObjectKind(strings.ReplaceAll(strings.TrimPrefix(t.String(), "OBJECT_"), "_", " "))
}

// ofTable reports the kinds whose objects are named by table and own name.
func ofTable(t pgast.ObjectType) bool {
	switch t {
	case pgast.ObjectType_OBJECT_TRIGGER, pgast.ObjectType_OBJECT_RULE, pgast.ObjectType_OBJECT_POLICY,
		pgast.ObjectType_OBJECT_TABCONSTRAINT, pgast.ObjectType_OBJECT_COLUMN:
		return true
	}
	return false
}

func (c *conv) drop(s *pgast.DropStmt) ast.Stmt {
	if isRoutine(s.RemoveType) || s.RemoveType == pgast.ObjectType_OBJECT_AGGREGATE {
		c.mayName()
	}
	out := &ast.Drop{At: c.here(), Kind: objectKind(s.RemoveType), IfExists: s.MissingOk,
		Cascade: s.Behavior == pgast.DropBehavior_DROP_CASCADE, Concurrently: s.Concurrent}
	for _, o := range s.Objects {
		if ofTable(s.RemoveType) {
			items := o.GetList().GetItems()
			if len(items) < 2 {
				return &ast.Other{At: c.here(), Name: "DROP " + string(out.Kind)}
			}
			out.Names = append(out.Names, c.qname(items[len(items)-1:], -1))
			out.Table = c.qnamePtr(items[:len(items)-1], -1)
			continue
		}
		if f := o.GetObjectWithArgs(); f != nil && isRoutine(s.RemoveType) {
			out.Names = append(out.Names, c.qname(f.Objname, -1))
			out.Args = append(out.Args, c.argTypes(f))
			continue
		}
		if c.dropByTypes(s.RemoveType, o, out) {
			continue
		}
		name, ok := c.objectOf(nil, o, "")
		if !ok || byMethod(s.RemoveType) {
			return c.dropRefused(s)
		}
		out.Names = append(out.Names, name)
	}
	return out
}

// dropRefused is a DROP of objects that are named by more than a name.
func (c *conv) dropRefused(s *pgast.DropStmt) ast.Stmt {
	out := &ast.Other{}
	for _, o := range s.Objects {
		one := c.refused("DROP", s.RemoveType, o)
		one.Needs = append(out.Needs, one.Needs...)
		out = one
	}
	out.Skip = s.MissingOk
	return out
}

// dropByTypes converts what DROP names by types as no function is.
func (c *conv) dropByTypes(kind pgast.ObjectType, o *pgast.Node, out *ast.Drop) bool {
	switch f := o.GetObjectWithArgs(); kind {
	case pgast.ObjectType_OBJECT_AGGREGATE:
		out.Names, out.Args = append(out.Names, c.qname(f.Objname, -1)), append(out.Args, c.argTypes(f))
	case pgast.ObjectType_OBJECT_OPERATOR:
		operands := make([]ast.TypeName, 2)
		for i, n := range f.Objargs {
			if t := n.GetTypeName(); t != nil && i < len(operands) {
				operands[i] = c.typeName(t)
			}
		}
		out.Names, out.Args = append(out.Names, c.qname(f.Objname, -1)), append(out.Args, operands)
	case pgast.ObjectType_OBJECT_CAST:
		items := o.GetList().GetItems()
		out.Names = append(out.Names, ast.QName{At: c.here()})
		out.Args = append(out.Args, []ast.TypeName{c.typeName(items[0].GetTypeName()), c.typeName(items[1].GetTypeName())})
	default:
		return false
	}
	return true
}

// argTypes are a function's argument types; nil when none were written.
func (c *conv) argTypes(f *pgast.ObjectWithArgs) []ast.TypeName {
	if f.ArgsUnspecified {
		return nil
	}
	moded := slices.ContainsFunc(f.Objfuncargs, func(n *pgast.Node) bool {
		return n.GetFunctionParameter().GetMode() != pgast.FunctionParameterMode_FUNC_PARAM_DEFAULT
	})
	out := make([]ast.TypeName, 0, len(f.Objargs))
	for _, n := range f.Objargs {
		t := ast.TypeName{} // NONE, of an operator
		if n.GetTypeName() != nil {
			t = c.typeName(n.GetTypeName())
			t.Input = moded
		}
		out = append(out, t)
	}
	return out
}

func (c *conv) comment(s *pgast.CommentStmt) ast.Stmt {
	out := &ast.Comment{At: c.here(), Kind: objectKind(s.Objtype)}
	if s.Comment != "" { // the empty string removes the comment, as NULL does
		text := s.Comment
		out.Text = &text
	}
	if s.Objtype == pgast.ObjectType_OBJECT_DOMCONSTRAINT {
		items := s.Object.GetList().GetItems()
		out.Kind, out.Column = ast.ObjDomainConstraint, c.str(items[1])
		out.Name = c.qname(items[0].GetTypeName().GetNames(), -1)
		return out
	}
	if ofTable(s.Objtype) {
		items := s.Object.GetList().GetItems()
		if len(items) < 2 {
			c.syntax(-1, "column name must be qualified")
		}
		out.Column = c.str(items[len(items)-1])
		out.Name = c.qname(items[:len(items)-1], -1)
		return out
	}
	if name, args, ok := c.routineOf(s.Object); ok && isRoutine(s.Objtype) {
		out.Name, out.Args = name, args
		return out
	}
	name, ok := c.objectOf(nil, s.Object, "")
	if !ok || byMethod(s.Objtype) {
		return c.refused("COMMENT ON", s.Objtype, s.Object)
	}
	out.Name = name
	return out
}
