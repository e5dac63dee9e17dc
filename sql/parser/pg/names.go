package pg

import (
	"math/big"
	"strings"

	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// str is the text of a String node.
func (c *conv) str(n *pgast.Node) string {
	s, ok := n.GetNode().(*pgast.Node_String_)
	if !ok {
		c.fail(-1, "unexpected %s where a name belongs", nodeName(n))
	}
	return s.String_.Sval
}

// strs is a list of String nodes; nil for none.
func (c *conv) strs(list []*pgast.Node) []string {
	if len(list) == 0 {
		return nil
	}
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = c.str(n)
	}
	return out
}

// qname is a qualified name of String nodes.
func (c *conv) qname(list []*pgast.Node, loc int32) ast.QName {
	return c.qnameOf(c.strs(list), loc)
}

func (c *conv) qnameOf(parts []string, loc int32) ast.QName {
	q := ast.QName{At: at(loc)}
	switch len(parts) {
	case 1:
		q.Name = parts[0]
	case 2:
		q.Schema, q.Name = parts[0], parts[1]
	case 3:
		q.Catalog, q.Schema, q.Name = parts[0], parts[1], parts[2]
	default:
		c.syntax(loc, "improper qualified name (too many dotted names): %s", strings.Join(parts, "."))
	}
	return q
}

func (c *conv) qnamePtr(list []*pgast.Node, loc int32) *ast.QName {
	if len(list) == 0 {
		return nil
	}
	q := c.qname(list, loc)
	return &q
}

// relname is a RangeVar that may carry nothing but its name.
func (c *conv) relname(r *pgast.RangeVar) ast.QName {
	return ast.QName{At: at(r.Location), Catalog: r.Catalogname, Schema: r.Schemaname, Name: r.Relname}
}

func (c *conv) relnames(list []*pgast.Node) []ast.QName {
	out := make([]ast.QName, 0, len(list))
	for _, n := range list {
		r := n.GetRangeVar()
		if r == nil {
			c.fail(-1, "unexpected %s where a relation belongs", nodeName(n))
		}
		out = append(out, c.relname(r))
	}
	return out
}

// intervalFullRange is INTERVAL_FULL_RANGE (utils/timestamp.h): no fields named.
const intervalFullRange = 0x7FFF

// typeName converts a type. INTERVAL's field mask is split from its precision.
func (c *conv) typeName(t *pgast.TypeName) ast.TypeName {
	out := ast.TypeName{At: at(t.Location), Name: c.qname(t.Names, t.Location), SetOf: t.Setof, PctType: t.PctType}
	mods := t.Typmods
	if out.Name.Schema == "pg_catalog" && out.Name.Name == "interval" && len(mods) > 0 {
		if k := mods[0].GetAConst().GetIval(); k != nil {
			if k.Ival != intervalFullRange {
				out.Interval = k.Ival
			}
			mods = mods[1:]
		}
	}
	for _, m := range mods {
		out.Mods = append(out.Mods, c.expr(m))
	}
	for _, b := range t.ArrayBounds {
		out.ArrayDims = append(out.ArrayDims, int(b.GetInteger().GetIval()))
	}
	return out
}

// typeText is a type name used as an option's word: WITH (x = off).
func (c *conv) typeText(t *pgast.TypeName) string {
	if t.Setof || t.PctType || len(t.Typmods) > 0 || len(t.ArrayBounds) > 0 {
		c.fail(t.Location, "a type cannot be an option's value")
	}
	return strings.Join(c.strs(t.Names), ".")
}

// lit converts a constant.
func (c *conv) lit(k *pgast.A_Const) *ast.Lit {
	out := &ast.Lit{At: at(k.Location)}
	if k.Isnull {
		return out
	}
	switch v := k.Val.(type) {
	case *pgast.A_Const_Ival:
		out.Kind, out.Int = ast.LitInt, int64(v.Ival.GetIval())
	case *pgast.A_Const_Fval:
		out.Kind, out.Text = ast.LitNumeric, decimalText(v.Fval.GetFval())
	case *pgast.A_Const_Boolval:
		out.Kind, out.Bool = ast.LitBool, v.Boolval.GetBoolval()
	case *pgast.A_Const_Sval:
		out.Kind, out.Text = ast.LitString, c.escapeV(int(k.Location), v.Sval.GetSval())
	case *pgast.A_Const_Bsval:
		out.Kind, out.Text = ast.LitBit, v.Bsval.GetBsval()
	default:
		c.fail(k.Location, "unknown kind of constant")
	}
	return out
}

// litOf converts a bare value node (an option's value) to a literal.
func (c *conv) litOf(n *pgast.Node, loc int32) *ast.Lit {
	switch v := n.GetNode().(type) {
	case *pgast.Node_AConst:
		return c.lit(v.AConst)
	case *pgast.Node_Integer:
		return &ast.Lit{At: at(loc), Kind: ast.LitInt, Int: int64(v.Integer.Ival)}
	case *pgast.Node_Float:
		return &ast.Lit{At: at(loc), Kind: ast.LitNumeric, Text: decimalText(v.Float.Fval)}
	case *pgast.Node_Boolean:
		return &ast.Lit{At: at(loc), Kind: ast.LitBool, Bool: v.Boolean.Boolval}
	case *pgast.Node_String_:
		return &ast.Lit{At: at(loc), Kind: ast.LitString, Text: v.String_.Sval}
	case *pgast.Node_TypeName:
		return &ast.Lit{At: at(loc), Kind: ast.LitString, Text: c.typeText(v.TypeName)}
	}
	c.fail(loc, "unexpected %s as an option's value", nodeName(n))
	return nil
}

// decimalText rewrites 0x, 0o, 0b and 1_000 forms of a number as plain decimal.
func decimalText(s string) string {
	if !strings.ContainsAny(s, "_xXoObB") {
		return s
	}
	plain := strings.ReplaceAll(s, "_", "")
	if n, ok := new(big.Int).SetString(plain, 0); ok && strings.ContainsAny(plain, "xXoObB") {
		return n.String()
	}
	return plain
}

// options converts a list of DefElem.
func (c *conv) options(list []*pgast.Node) []ast.Option {
	var out []ast.Option
	for _, n := range list {
		d := n.GetDefElem()
		if d == nil {
			c.fail(-1, "unexpected %s in an option list", nodeName(n))
		}
		out = append(out, c.option(d))
	}
	return out
}

func (c *conv) option(d *pgast.DefElem) ast.Option {
	if d.Defaction != pgast.DefElemAction_DEFELEM_UNSPEC {
		c.fail(d.Location, "ADD, SET and DROP of options are not supported")
	}
	o := ast.Option{At: at(d.Location), Namespace: d.Defnamespace, Name: d.Defname}
	switch v := d.Arg.GetNode().(type) {
	case nil:
	case *pgast.Node_AStar:
		o.Star = true
	case *pgast.Node_RoleSpec:
		o.Value = &ast.Lit{At: at(v.RoleSpec.Location), Kind: ast.LitString, Text: c.role(v.RoleSpec)}
	case *pgast.Node_List:
		o.List = []string{}
		for _, it := range v.List.Items {
			if r := it.GetRoleSpec(); r != nil {
				o.List = append(o.List, c.role(r))
				continue
			}
			o.List = append(o.List, c.str(it))
		}
	default:
		o.Value = c.litOf(d.Arg, d.Location)
	}
	return o
}

// role names a role; the keywords come in lower case (see ast.RoleStmt).
func (c *conv) role(r *pgast.RoleSpec) string {
	switch r.GetRoletype() {
	case pgast.RoleSpecType_ROLESPEC_CSTRING:
		switch r.Rolename {
		case "current_user", "session_user", "current_role":
			c.fail(r.Location, "a role named %q is not supported", r.Rolename)
		}
		return r.Rolename
	case pgast.RoleSpecType_ROLESPEC_CURRENT_ROLE:
		return "current_role"
	case pgast.RoleSpecType_ROLESPEC_CURRENT_USER:
		return "current_user"
	case pgast.RoleSpecType_ROLESPEC_SESSION_USER:
		return "session_user"
	case pgast.RoleSpecType_ROLESPEC_PUBLIC:
		return "public"
	}
	c.fail(-1, "unknown kind of role name")
	return ""
}

func (c *conv) roles(list []*pgast.Node) []string {
	out := make([]string, 0, len(list))
	for _, n := range list {
		out = append(out, c.role(n.GetRoleSpec()))
	}
	return out
}

// nodeName names an unexpected node in an error.
func nodeName(n *pgast.Node) string {
	if n == nil || n.Node == nil {
		return "nothing"
	}
	m := n.ProtoReflect()
	if f := m.WhichOneof(m.Descriptor().Oneofs().Get(0)); f != nil {
		return string(f.Message().Name())
	}
	return "node"
}
