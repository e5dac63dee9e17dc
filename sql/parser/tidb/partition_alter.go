package tidb

import (
	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// partitions is what ALTER TABLE does with partitions.
func (a *alteration) partitions(s *tast.AlterTableSpec) {
	cmd := ast.AlterCmd{Kind: ast.DropPartitions, IfExists: s.IfExists}
	switch s.Tp {
	case tast.AlterTableAddPartitions:
		cmd.Kind, cmd.IfExists, cmd.Num = ast.AddPartitions, s.IfNotExists, a.partitionCount(s)
	case tast.AlterTableTruncatePartition:
		cmd.Kind = ast.TruncatePartitions
	case tast.AlterTableRebuildPartition, tast.AlterTableCheckPartitions, tast.AlterTableOptimizePartition, tast.AlterTableRepairPartition:
		cmd.Kind = ast.TendPartitions
	case tast.AlterTableReorganizePartition:
		if len(s.PartDefinitions) == 0 { // rows that are hashed are where they belong
			return
		}
		cmd.Kind, cmd.Parts = ast.ReorganizePartitions, partNames(s.PartitionNames)
	case tast.AlterTableCoalescePartitions:
		cmd.Kind, cmd.Num = ast.CoalescePartitions, a.partitionCount(s)
	case tast.AlterTableExchangePartition:
		other := a.table(s.NewTable)
		cmd.Kind, cmd.Name, cmd.Of = ast.ExchangePartition, s.PartitionNames[0].L, &other
	case tast.AlterTableRemovePartitioning:
		cmd.Kind = ast.RemovePartitioning
	case tast.AlterTablePartition:
		d := a.divided(s.Partition, a.name, nil)
		cmd.Kind, cmd.PartitionBy, cmd.Partitions = ast.DivideTable, d.key, d.made
	}
	for _, name := range s.PartitionNames {
		if cmd.Kind == ast.DropPartitions || cmd.Kind == ast.TruncatePartitions || cmd.Kind == ast.TendPartitions {
			cmd.Partitions = append(cmd.Partitions, ast.NamedPartition{Name: name.L})
		}
	}
	for _, d := range s.PartDefinitions {
		cmd.Partitions = append(cmd.Partitions, ast.NamedPartition{Name: d.Name.L, Table: partitionName(a.name, d.Name.L), Bound: a.newBound(d)})
	}
	a.stmtCmd(cmd)
}

// maxPartitions is how many partitions a table of MySQL can have.
const maxPartitions = 8192

// partitionCount is the number of partitions that an action names.
func (a *alteration) partitionCount(s *tast.AlterTableSpec) int {
	if s.Num > maxPartitions {
		a.wrongAt("partition", "Too many partitions (including subpartitions) were defined")
	}
	return int(s.Num)
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
