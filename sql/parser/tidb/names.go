package tidb

import (
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// Names compare without case in MySQL. They are folded to lower case, as
// PostgreSQL folds what is not quoted, so both dialects mean the same object.

// own is the schema of the functions that MySQL has and PostgreSQL has not, or
// has otherwise.
const own = "mysql"

// vectors stands for the schema that the vector extension is in.
const vectors = "pg_vector"

const system = "pg_catalog"

// placeless is the position of names that the library does not tell the place of, and places.go
// does not find.
var placeless = ast.At{Pos: ast.NoPos}

// table is the name of a table, all of it.
func (c *conv) table(t *tast.TableName) ast.QName {
	if len(t.PartitionNames) > 0 {
		c.failAt("partition", "PARTITION (...) is not supported")
	}
	return c.undivided(t)
}

// undivided is the name of a table, whatever partitions are named with it.
func (c *conv) undivided(t *tast.TableName) ast.QName {
	if t.AsOf != nil {
		c.failAt("as of timestamp", "AS OF TIMESTAMP is not supported")
	}
	if t.TableSample != nil {
		c.failAt("tablesample", "TABLESAMPLE is not supported in this dialect")
	}
	return ast.QName{At: c.tableAt(t), Schema: t.Schema.L, Name: t.Name.L}
}

func (c *conv) column(n *tast.ColumnName) *ast.ColumnRef {
	var parts []string
	if n.Schema.L != "" {
		parts = append(parts, n.Schema.L)
	}
	if n.Table.L != "" {
		parts = append(parts, n.Table.L)
	}
	return &ast.ColumnRef{At: placeless, Parts: append(parts, n.Name.L)}
}

// call is a call of a function of the schema mysql.
func call(at ast.At, name string, args ...ast.Expr) *ast.Func {
	return &ast.Func{At: at, Name: ast.QName{At: at, Schema: own, Name: name}, Args: args}
}

// syscall is a call of a function of pg_catalog.
func syscall(at ast.At, name string, args ...ast.Expr) *ast.Func {
	return &ast.Func{At: at, Name: ast.QName{At: at, Schema: system, Name: name}, Args: args}
}

func integer(at ast.At, v int64) *ast.Lit {
	if v >= -1<<31 && v < 1<<31 {
		return &ast.Lit{At: at, Kind: ast.LitInt, Int: v}
	}
	return &ast.Lit{At: at, Kind: ast.LitNumeric, Text: formatInt(v)}
}

func text(at ast.At, s string) *ast.Lit { return &ast.Lit{At: at, Kind: ast.LitString, Text: s} }

func null(at ast.At) *ast.Lit { return &ast.Lit{At: at} }

// plainTypes are the types that PostgreSQL's grammar has no words of its own for:
// their names come without a schema.
var plainTypes = setOf("text bytea date jsonb")

// typed is a type name of pg_catalog.
func typed(at ast.At, name string, mods ...int) ast.TypeName {
	t := ast.TypeName{At: at, Name: ast.QName{At: at, Schema: system, Name: name}}
	if plainTypes[name] {
		t.Name.Schema = ""
	}
	for _, m := range mods {
		t.Mods = append(t.Mods, integer(at, int64(m)))
	}
	return t
}

func cast(x ast.Expr, t ast.TypeName) ast.Expr {
	return &ast.Cast{At: ast.At{Pos: x.Position()}, X: x, To: t}
}

// isParam reports a parameter, whose type its surroundings must tell.
func isParam(e ast.Expr) bool { _, ok := e.(*ast.Param); return ok }

// textual gives a parameter the type text where nothing else would.
func textual(e ast.Expr) ast.Expr {
	if isParam(e) {
		return cast(e, typed(ast.At{Pos: e.Position()}, "text"))
	}
	return e
}

func fold(s string) string { return strings.ToLower(s) }
