package tidb

import (
	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/collate"
)

// What a client sends and gets is in one encoding, client_encoding, which SET NAMES and SET
// CHARACTER SET set. The variables for the two can be set to what is true of them.

// setNames converts SET NAMES and SET CHARACTER SET: the encoding of what is sent, and the
// collation of literals. SET CHARACTER SET goes back to the database's, and so do character
// sets that no collation here is of.
func (c *conv) setNames(v *tast.VariableAssignment) ast.Stmt {
	compared := ""
	name, ok := stringOf(v.Value)
	if !ok || fold(name) == "default" || name == "" {
		name = "utf8mb4"
	}
	encoding := charset.OfMySQL(name)
	if encoding == nil {
		c.fail(v, "character set \"%s\" is not supported", name)
	}
	collation := ""
	if v.ExtendValue != nil {
		if collation, ok = stringOf(v.ExtendValue); ok {
			c.knownCollation(v, collation)
		}
	}
	if cs, here := collate.MySQLCharsetOf(name); v.Name == tast.SetNames && (here || collation != "") {
		if q := c.collation(v, name, collation); q.Name != collate.MySQLBase {
			if compared = q.Name; collation == "" { // of the character set
				compared = cs.Default
			}
		}
	}
	set := func(name, value string) ast.Stmt {
		return &ast.Set{At: c.here(), Name: name, Values: []ast.Expr{text(c.here(), value)}}
	}
	return &ast.Block{At: c.here(), Tag: "SET", Stmts: []ast.Stmt{
		set("client_encoding", encoding.Name()),
		set(systemVariable("character_set_client"), fold(name)),
		set(systemVariable("character_set_results"), fold(name)),
		set(systemVariable("collation_connection"), compared),
	}}
}

// setClientCharset converts SET of character_set_client and character_set_results, which can
// have no other encoding than the session has.
func (c *conv) setClientCharset(v *tast.VariableAssignment, name string, value ast.Expr) ast.Stmt {
	if value == nil {
		value = text(c.here(), variables[name])
	}
	if l, ok := value.(*ast.Lit); ok {
		if l.Kind == ast.LitNull && name == "character_set_results" { // as they are: UTF-8
			value = text(l.At, "utf8mb4")
		} else {
			c.knownName(v, name, literalText(l))
		}
	}
	value = call(c.here(), "true_value", text(c.here(), name), textual(value), call(c.here(), "client_charsets"))
	return &ast.Set{At: c.here(), Name: systemVariable(name), Values: []ast.Expr{value}}
}

// setConnectionCharset converts SET character_set_connection: literals compare as that
// character set does by default.
func (c *conv) setConnectionCharset(v *tast.VariableAssignment, value ast.Expr) ast.Stmt {
	out := &ast.Set{At: c.here(), Name: systemVariable("collation_connection"), Values: []ast.Expr{text(c.here(), "")}}
	if value == nil {
		return out
	}
	l, ok := value.(*ast.Lit)
	if !ok {
		c.fail(v.Value, "the value of character_set_connection must be a literal")
	}
	name := literalText(l)
	c.knownName(v, "character_set_connection", name)
	if q := c.collation(v.Value, name, ""); q != nil && q.Name != collate.MySQLBase {
		cs, _ := collate.MySQLCharsetOf(name)
		out.Values = []ast.Expr{text(c.here(), cs.Default)}
	}
	return out
}
