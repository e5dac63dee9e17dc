package pg

import (
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// functionStmt converts the statements about functions; nil when n is something else.
func (c *conv) functionStmt(n *pgast.Node) ast.Stmt {
	switch v := n.Node.(type) {
	case *pgast.Node_CreateFunctionStmt:
		return c.createFunction(v.CreateFunctionStmt)
	case *pgast.Node_AlterFunctionStmt:
		s := v.AlterFunctionStmt
		c.mayName()
		out := &ast.AlterFunction{At: c.here(), Kind: objectKind(s.Objtype), Name: c.qname(s.Func.Objname, -1), Args: c.argTypes(s.Func)}
		out.Options = c.funcOptions(s.Actions)
		return out
	case *pgast.Node_DoStmt:
		return c.do(v.DoStmt)
	case *pgast.Node_CallStmt:
		f, ok := c.funcCall(v.CallStmt.Funccall).(*ast.Func)
		if !ok {
			c.fail(v.CallStmt.Funccall.Location, "this call is not supported")
		}
		return &ast.Call{At: c.here(), Func: f}
	}
	return nil
}

var paramModes = map[pgast.FunctionParameterMode]byte{
	pgast.FunctionParameterMode_FUNC_PARAM_IN: 'i', pgast.FunctionParameterMode_FUNC_PARAM_DEFAULT: 'i',
	pgast.FunctionParameterMode_FUNC_PARAM_OUT: 'o', pgast.FunctionParameterMode_FUNC_PARAM_INOUT: 'b',
	pgast.FunctionParameterMode_FUNC_PARAM_VARIADIC: 'v', pgast.FunctionParameterMode_FUNC_PARAM_TABLE: 't',
}

func (c *conv) createFunction(s *pgast.CreateFunctionStmt) ast.Stmt {
	c.mayName()
	out := &ast.CreateFunction{At: c.here(), Procedure: s.IsProcedure, Replace: s.Replace, Name: c.qname(s.Funcname, -1),
		Options: c.funcOptions(s.Options)}
	for _, n := range s.Parameters {
		out.Params = append(out.Params, c.parameter(n))
	}
	if s.ReturnType != nil {
		t := c.typeName(s.ReturnType)
		out.Returns = &t
	}
	c.sqlBody(s.SqlBody, out)
	return out
}

func (c *conv) parameter(n *pgast.Node) ast.FuncParam {
	p := n.GetFunctionParameter()
	mode, ok := paramModes[p.GetMode()]
	if !ok {
		c.fail(-1, "unknown mode of a parameter")
	}
	return ast.FuncParam{At: at(p.Location), Mode: mode, Name: p.Name, Type: c.typeName(p.ArgType), Default: c.expr(p.Defexpr)}
}

// sqlBody converts RETURN and BEGIN ATOMIC … END.
func (c *conv) sqlBody(n *pgast.Node, out *ast.CreateFunction) {
	switch v := n.GetNode().(type) {
	case nil:
	case *pgast.Node_ReturnStmt:
		out.Return = c.expr(v.ReturnStmt.Returnval)
	case *pgast.Node_List:
		out.Atomic = true
		for _, block := range v.List.Items {
			for _, st := range block.GetList().GetItems() {
				if r := st.GetReturnStmt(); r != nil {
					out.Body = append(out.Body, returned(c.expr(r.Returnval)))
					continue
				}
				out.Body = append(out.Body, c.stmt(st))
			}
		}
	default:
		c.fail(-1, "unexpected %s as the body of a function", nodeName(n))
	}
}

// returned is RETURN expression as a query.
func returned(x ast.Expr) ast.Stmt {
	return &ast.Select{At: ast.At{Pos: x.Position()}, Targets: []ast.Target{{At: ast.At{Pos: x.Position()}, Expr: x}}}
}

func (c *conv) funcOptions(list []*pgast.Node) (out []ast.FuncOption) {
	for _, n := range list {
		d := n.GetDefElem()
		o := ast.FuncOption{At: at(d.Location), Name: d.Defname}
		switch d.Defname {
		case "as":
			o.Code = c.strs(d.Arg.GetList().GetItems())
		case "language", "volatility", "parallel":
			o.Text = c.str(d.Arg)
		case "strict", "security", "leakproof", "window":
			o.On = d.Arg.GetBoolean().GetBoolval()
		case "cost", "rows":
			l := c.litOf(d.Arg, d.Location)
			if o.Num = l.Text; l.Kind == ast.LitInt {
				o.Num = ast.Print(l)
			}
		case "set":
			o.Set = c.set(d.Arg.GetVariableSetStmt())
		case "support":
			o.Text = c.qname(d.Arg.GetList().GetItems(), d.Location).Name
		case "transform":
		default:
			c.fail(d.Location, "option %s of a function is not supported", d.Defname)
		}
		out = append(out, o)
	}
	return out
}

func (c *conv) do(s *pgast.DoStmt) ast.Stmt {
	out := &ast.Do{At: c.here(), Language: "plpgsql"}
	language := false
	for _, n := range s.Args {
		switch d := n.GetDefElem(); d.Defname {
		case "language":
			if language {
				c.syntax(d.Location, "conflicting or redundant options")
			}
			language, out.Language = true, c.str(d.Arg)
		case "as":
			if out.HasCode {
				c.syntax(d.Location, "conflicting or redundant options")
			}
			out.HasCode, out.Code = true, c.str(d.Arg)
		}
	}
	return out
}

// routineOf is the name and the argument types of a function that a statement is about.
func (c *conv) routineOf(n *pgast.Node) (name ast.QName, args []ast.TypeName, ok bool) {
	f := n.GetObjectWithArgs()
	if f == nil {
		return name, nil, false
	}
	return c.qname(f.Objname, -1), c.argTypes(f), true
}

func isRoutine(t pgast.ObjectType) bool {
	return t == pgast.ObjectType_OBJECT_AGGREGATE || t == pgast.ObjectType_OBJECT_FUNCTION || t == pgast.ObjectType_OBJECT_PROCEDURE || t == pgast.ObjectType_OBJECT_ROUTINE
}
