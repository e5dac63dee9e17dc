package pg

import (
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

var partitionStrategies = map[pgast.PartitionStrategy]ast.PartitionStrategy{
	pgast.PartitionStrategy_PARTITION_STRATEGY_LIST:  ast.ByList,
	pgast.PartitionStrategy_PARTITION_STRATEGY_RANGE: ast.ByRange,
	pgast.PartitionStrategy_PARTITION_STRATEGY_HASH:  ast.ByHash,
}

func (c *conv) partitionBy(s *pgast.PartitionSpec) *ast.PartitionBy {
	if s == nil {
		return nil
	}
	out := &ast.PartitionBy{At: at(s.Location), Strategy: partitionStrategies[s.Strategy]}
	for _, n := range s.PartParams {
		e := n.GetPartitionElem()
		out.Keys = append(out.Keys, ast.IndexElem{At: at(e.Location), Column: e.Name, Expr: c.expr(e.Expr),
			Collation: c.qnamePtr(e.Collation, e.Location), OpClass: c.qnamePtr(e.Opclass, e.Location)})
	}
	return out
}

func (c *conv) bound(s *pgast.PartitionBoundSpec) *ast.PartitionBound {
	if s == nil {
		return nil
	}
	out := &ast.PartitionBound{At: at(s.Location), Default: s.IsDefault, Modulus: int(s.Modulus), Remainder: int(s.Remainder),
		List: c.exprs(s.Listdatums), From: c.rangeBound(s.Lowerdatums), To: c.rangeBound(s.Upperdatums)}
	if s.Strategy != "" {
		out.Strategy = ast.PartitionStrategy(s.Strategy[0])
	}
	return out
}

// rangeBound converts FROM (…) and TO (…), where the grammar takes MINVALUE and MAXVALUE for columns.
func (c *conv) rangeBound(list []*pgast.Node) []ast.RangeBound {
	var out []ast.RangeBound
	for _, n := range list {
		b := ast.RangeBound{Value: c.expr(n)}
		b.Pos = b.Value.Position()
		if ref, ok := b.Value.(*ast.ColumnRef); ok && len(ref.Parts) == 1 {
			switch ref.Parts[0] {
			case "minvalue":
				b.Limit, b.Value = -1, nil
			case "maxvalue":
				b.Limit, b.Value = 1, nil
			}
		}
		out = append(out, b)
	}
	return out
}

// alterChildren converts the actions about parents and children, and about the type that a
// table's columns are those of; false for others.
func (c *conv) alterChildren(a *pgast.AlterTableCmd, out *ast.AlterCmd) bool {
	switch a.Subtype {
	case pgast.AlterTableType_AT_AddOf:
		t := c.typeName(a.Def.GetTypeName())
		out.Kind, out.Type = ast.SetTyped, &t
	case pgast.AlterTableType_AT_DropOf:
		out.Kind = ast.DropTyped
	case pgast.AlterTableType_AT_AddInherit, pgast.AlterTableType_AT_DropInherit:
		n := c.relname(a.Def.GetRangeVar())
		if out.Kind, out.Of = ast.AddInherit, &n; a.Subtype == pgast.AlterTableType_AT_DropInherit {
			out.Kind = ast.DropInherit
		}
	case pgast.AlterTableType_AT_AttachPartition, pgast.AlterTableType_AT_DetachPartition,
		pgast.AlterTableType_AT_DetachPartitionFinalize:
		d := a.Def.GetPartitionCmd()
		n := c.relname(d.Name)
		out.Kind, out.Of, out.Bound, out.Concurrently = ast.DetachPartition, &n, c.bound(d.Bound), d.Concurrent
		if a.Subtype == pgast.AlterTableType_AT_AttachPartition {
			out.Kind = ast.AttachPartition
		}
		out.Finalize = a.Subtype == pgast.AlterTableType_AT_DetachPartitionFinalize
	default:
		return false
	}
	return true
}

// noBound refuses ATTACH PARTITION of a table, whose name begins at start, without FOR VALUES or
// DEFAULT: the grammar takes it as it does that of an index.
func (c *conv) noBound(start int) {
	list := lexemes(c.src[start:])
	i := 0
	for i+2 < len(list) && c.src[start+list[i+1].start:start+list[i+1].end] == "." {
		i += 2
	}
	panic(bail{missed(c.src, start+list[i].end)})
}

// onlys tells which relations of a list are meant without their children; nil = none.
func onlys(list []*pgast.Node) []bool {
	var out []bool
	for i, n := range list {
		if !n.GetRangeVar().Inh {
			if out == nil {
				out = make([]bool, len(list))
			}
			out[i] = true
		}
	}
	return out
}
