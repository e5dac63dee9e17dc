package tidb

import (
	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// objectStmt converts DROP, RENAME and TRUNCATE; nil when n is something else.
func (c *conv) objectStmt(n tast.StmtNode) ast.Stmt {
	switch v := n.(type) {
	case *tast.DropTableStmt:
		out := &ast.Drop{At: c.here(), Kind: ast.ObjTable, IfExists: v.IfExists}
		if v.IsView {
			out.Kind = ast.ObjView
		} else {
			out.NoViews = true
		}
		for _, t := range v.Tables {
			out.Names = append(out.Names, c.table(t))
		}
		return out
	case *tast.DropDatabaseStmt:
		return &ast.Drop{At: c.here(), Kind: ast.ObjSchema, IfExists: v.IfExists, Cascade: true,
			Names: []ast.QName{{At: placeless, Name: v.Name.L}}}
	case *tast.DropIndexStmt:
		return c.dropIndex(c.table(v.Table), v.IndexName, v.IfExists)
	case *tast.RenameTableStmt:
		var list []ast.Stmt
		for _, t := range v.TableToTables {
			list = append(list, c.renameTable(c.table(t.OldTable), c.table(t.NewTable)))
		}
		return c.block("ALTER TABLE", list...)
	case *tast.TruncateTableStmt:
		return &ast.Truncate{At: c.here(), Tables: []ast.QName{c.table(v.Table)}, RestartIdentity: true}
	}
	return nil
}

// dropIndex drops a key by the name it has in its table.
func (c *conv) dropIndex(table ast.QName, name string, ifExists bool) ast.Stmt {
	if fold(name) == "primary" {
		return &ast.AlterTable{At: c.here(), Kind: ast.ObjTable, Name: table,
			Cmds: []ast.AlterCmd{{At: c.here(), Kind: ast.DropConstraint, Primary: true}}}
	}
	return &ast.Drop{At: c.here(), Kind: ast.ObjIndex, IfExists: ifExists, Table: &table, Key: name, Guarded: true,
		Names: []ast.QName{{At: placeless, Schema: table.Schema, Name: indexName(table.Name, name)}}}
}

func (c *conv) renameTable(old, name ast.QName) ast.Stmt {
	if name.Schema != "" && name.Schema != old.Schema {
		c.fail(nil, "moving a table to another database is not supported")
	}
	return &ast.Rename{At: c.here(), Kind: ast.ObjTable, Of: ast.ObjTable, Name: old, Old: old.Name, New: name.Name}
}
