package tidb

import (
	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// partitions is ADD, DROP and TRUNCATE PARTITION.
func (a *alteration) partitions(s *tast.AlterTableSpec) {
	cmd := ast.AlterCmd{Kind: ast.DropPartitions, IfExists: s.IfExists}
	switch s.Tp {
	case tast.AlterTableAddPartitions:
		if len(s.PartDefinitions) == 0 {
			a.failAt("add partition", "ALTER TABLE ... ADD PARTITION without definitions is not supported")
		}
		cmd.Kind, cmd.IfExists = ast.AddPartitions, s.IfNotExists
	case tast.AlterTableTruncatePartition:
		cmd.Kind = ast.TruncatePartitions
	}
	for _, name := range s.PartitionNames {
		cmd.Partitions = append(cmd.Partitions, ast.NamedPartition{Name: name.L})
	}
	for _, d := range s.PartDefinitions {
		cmd.Partitions = append(cmd.Partitions, ast.NamedPartition{Name: d.Name.L, Table: partitionName(a.name, d.Name.L), Bound: a.newBound(d)})
	}
	a.stmtCmd(cmd)
}

// newBound is the place of a partition that is added.
func (a *alteration) newBound(d *tast.PartitionDefinition) *ast.PartitionBound {
	if len(d.Sub) > 0 {
		a.failAt("subpartition", "SUBPARTITION is not supported")
	}
	switch v := d.Clause.(type) {
	case *tast.PartitionDefinitionClauseLessThan:
		b := &ast.PartitionBound{At: placeless, Strategy: ast.ByRange}
		for _, e := range v.Exprs {
			to := ast.RangeBound{At: placeless}
			if _, most := e.(*tast.MaxValueExpr); most {
				to.Limit = 1
			} else if s, ok := growingOf(e); ok {
				to.Value = text(placeless, s)
			} else {
				to.Value = a.expr(e)
			}
			b.To = append(b.To, to)
		}
		return b
	case *tast.PartitionDefinitionClauseIn:
		return a.listBound(v)
	}
	a.failAt("add partition", "ALTER TABLE ... ADD PARTITION without VALUES is not supported")
	return nil
}

// growingOf is the date of a function of it that grows with it, as TO_DAYS('2024-01-01').
func growingOf(n tast.ExprNode) (string, bool) {
	f, ok := unparen(n).(*tast.FuncCallExpr)
	if !ok || len(f.Args) != 1 || growing[f.FnName.L] == nil || f.FnName.L == "year" {
		return "", false
	}
	return stringOf(f.Args[0])
}

// listBound is VALUES IN of a partition.
func (c *conv) listBound(in *tast.PartitionDefinitionClauseIn) *ast.PartitionBound {
	b := &ast.PartitionBound{At: placeless, Strategy: ast.ByList, Default: len(in.Values) == 0}
	for _, row := range in.Values {
		if len(row) != 1 {
			c.failAt("partition", "PARTITION BY LIST of lists of rows is not supported")
		}
		if _, rest := row[0].(*tast.DefaultExpr); rest {
			c.failAt("partition", "PARTITION BY LIST of values beside DEFAULT is not supported")
		}
		b.List = append(b.List, c.expr(row[0]))
	}
	return b
}
