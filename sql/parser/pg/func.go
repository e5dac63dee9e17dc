package pg

import (
	"slices"

	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

func (c *conv) funcCall(f *pgast.FuncCall) ast.Expr {
	explicit := f.Funcformat == pgast.CoercionForm_COERCE_SQL_SYNTAX
	name := c.qname(f.Funcname, f.Location)
	if explicit {
		if e := c.sqlSyntax(f, name); e != nil {
			return e
		}
	}
	if name.Schema == ast.MixedSchema && name.Name == ast.MixedName && len(f.Args) == 1 {
		if e := mixed(c.expr(f.Args[0])); e != nil {
			return e
		}
	}
	if !explicit && name.Schema == "" {
		c.mayCall(name.Name, f.Location)
	}
	out := &ast.Func{
		At: at(f.Location), Name: name, Explicit: explicit,
		Star: f.AggStar, Distinct: f.AggDistinct, Variadic: f.FuncVariadic, WithinGroup: f.AggWithinGroup,
		OrderBy: c.sortBys(f.AggOrder), Filter: c.expr(f.AggFilter),
	}
	for i, a := range f.Args {
		if na := a.GetNamedArgExpr(); na != nil {
			if out.ArgNames == nil {
				out.ArgNames = make([]string, len(f.Args))
			}
			if slices.Contains(out.ArgNames, na.Name) {
				c.syntax(na.Location, "argument name \"%s\" used more than once", na.Name)
			}
			out.ArgNames[i] = na.Name
			a = na.Arg
		}
		out.Args = append(out.Args, c.expr(a))
	}
	if f.Over != nil {
		w := c.window(f.Over)
		w.NameOnly = f.Over.Name != ""
		if w.NameOnly {
			w.Ref = f.Over.Name
		}
		out.Over = &w
	}
	return out
}

// sqlSyntax handles the SQL constructs that have a node of their own, or none
// in PostgreSQL 15; nil leaves the call as it is.
func (c *conv) sqlSyntax(f *pgast.FuncCall, name ast.QName) ast.Expr {
	switch name.Name {
	case "timezone":
		if len(f.Args) == 1 {
			c.fail(f.Location, "AT LOCAL is not supported")
		}
		return &ast.AtTimeZone{At: at(f.Location), Zone: c.expr(f.Args[0]), X: c.expr(f.Args[1])}
	case "xmlexists":
		c.fail(f.Location, "XML functions are not supported")
	case "json_object":
		c.fail(f.Location, "SQL/JSON constructors are not supported")
	case "system_user":
		c.fail(f.Location, "SYSTEM_USER is not supported")
	}
	return nil
}

// Frame option bits of WindowDef (nodes/parsenodes.h, FRAMEOPTION_*).
const (
	frameNonDefault   = 0x00001
	frameRange        = 0x00002
	frameRows         = 0x00004
	frameGroups       = 0x00008
	frameBetween      = 0x00010
	startUnbPreceding = 0x00020
	endUnbPreceding   = 0x00040
	startUnbFollowing = 0x00080
	endUnbFollowing   = 0x00100
	startCurrentRow   = 0x00200
	endCurrentRow     = 0x00400
	startOffPreceding = 0x00800
	endOffPreceding   = 0x01000
	startOffFollowing = 0x02000
	endOffFollowing   = 0x04000
	excludeCurrentRow = 0x08000
	excludeGroup      = 0x10000
	excludeTies       = 0x20000
	allFrameBits      = 0x3FFFF
)

// window converts OVER (…) or a WINDOW definition, without its own name.
func (c *conv) window(w *pgast.WindowDef) ast.Window {
	out := ast.Window{At: at(w.Location), Ref: w.Refname, PartitionBy: c.exprs(w.PartitionClause), OrderBy: c.sortBys(w.OrderClause)}
	o := w.FrameOptions
	if o&frameNonDefault == 0 {
		return out
	}
	if o&^allFrameBits != 0 {
		c.fail(w.Location, "unknown window frame option")
	}
	f := &ast.Frame{Mode: ast.FrameRange, Between: o&frameBetween != 0}
	switch {
	case o&frameRows != 0:
		f.Mode = ast.FrameRows
	case o&frameGroups != 0:
		f.Mode = ast.FrameGroups
	}
	f.Start = frameBound(o, startUnbPreceding, startOffPreceding, startCurrentRow, startOffFollowing, startUnbFollowing)
	f.End = frameBound(o, endUnbPreceding, endOffPreceding, endCurrentRow, endOffFollowing, endUnbFollowing)
	f.Start.Offset, f.End.Offset = c.expr(w.StartOffset), c.expr(w.EndOffset)
	switch {
	case o&excludeCurrentRow != 0:
		f.Exclude = ast.ExcludeCurrent
	case o&excludeGroup != 0:
		f.Exclude = ast.ExcludeGroup
	case o&excludeTies != 0:
		f.Exclude = ast.ExcludeTies
	}
	out.Frame = f
	return out
}

// frameBound picks the bound whose bit is set; bits are in BoundKind's order.
func frameBound(o int32, bits ...int32) ast.FrameBound {
	for kind, bit := range bits {
		if o&bit != 0 {
			return ast.FrameBound{Kind: ast.BoundKind(kind)}
		}
	}
	return ast.FrameBound{Kind: ast.CurrentRow}
}

func (c *conv) sortBys(list []*pgast.Node) []ast.SortBy {
	var out []ast.SortBy
	for _, n := range list {
		s := n.GetSortBy()
		if s == nil {
			c.fail(-1, "unexpected %s in ORDER BY", nodeName(n))
		}
		e := c.expr(s.Node)
		item := ast.SortBy{At: ast.At{Pos: e.Position()}, Expr: e, Nulls: nulls(s.SortbyNulls)}
		if f, ok := e.(*ast.Func); ok && f.Name.Schema == ast.MixedSchema && f.Name.Name == ast.MixedName && len(f.Args) == 1 {
			item.Expr, item.Places, item.PlacesWritten = f.Args[0], true, true
		}
		switch s.SortbyDir {
		case pgast.SortByDir_SORTBY_DESC:
			item.Desc = true
		case pgast.SortByDir_SORTBY_USING:
			item.UsingSchema, item.Using = c.opName(s.UseOp, s.Location)
			item.UsingPos = ast.Pos(s.Location)
		}
		out = append(out, item)
	}
	return out
}

func nulls(n pgast.SortByNulls) ast.NullsOrder {
	switch n {
	case pgast.SortByNulls_SORTBY_NULLS_FIRST:
		return ast.NullsFirst
	case pgast.SortByNulls_SORTBY_NULLS_LAST:
		return ast.NullsLast
	}
	return ast.NullsDefault
}

// mixed is a construct of alternatives, or an aggregate, whose values MySQL's rules convert; nil
// for anything else.
func mixed(e ast.Expr) ast.Expr {
	switch v := e.(type) {
	case *ast.Coalesce:
		v.Mixed = true
	case *ast.Case:
		v.Mixed = true
	case *ast.MinMax:
		v.Mixed = true
	case *ast.NullIf:
		v.Mixed = true
	case *ast.Func:
		v.Mixed = true
	case *ast.Like:
		v.Mixed = true
	case *ast.In:
		v.Schema = ast.MixedSchema
	case *ast.Between:
		v.Schema = ast.MixedSchema
	case *ast.Distinct:
		v.Schema = ast.MixedSchema
	case *ast.Quantified:
		v.Schema = ast.MixedSchema
	default:
		return nil
	}
	return e
}
