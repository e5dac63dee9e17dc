package builtin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/partition"
	"github.com/loxodb/loxodb/sql/types"
)

// Partitions as MySQL's dialect shows them. There each is a part of its table without a name
// outside; here it is a table whose name begins with the other's.

var mysqlPartitionFuncs = []mysqlFunc{
	{name: "partition_name", args: "ii", ret: types.TextOID, volatility: Stable, eval: withPartition(2, func(s *catalog.Snapshot, t, part *catalog.Table) string {
		return part.PartitionName()
	})},
	{name: "partition_columns", args: "i", ret: types.TextOID, volatility: Stable, eval: withPartition(1, func(s *catalog.Snapshot, t, _ *catalog.Table) string {
		return partitionColumns(t)
	})},
	{name: "partition_place", args: "ii", ret: types.Int8OID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		t, ok := s.Catalog().TableByID(catalog.ID(a[0].Int()))
		if !ok || !t.IsPartitioned() {
			return null()
		}
		i := slices.IndexFunc(partitionsOf(s.Catalog(), t), func(p *catalog.Table) bool { return int64(p.ID) == a[1].Int() })
		if i < 0 {
			return null()
		}
		return types.Int(int64(i + 1)), nil
	})},
	{name: "partition_bound", args: "i", ret: types.TextOID, volatility: Stable, eval: withPartition(1, func(s *catalog.Snapshot, t, _ *catalog.Table) string {
		return partitionBound(t.Bound)
	})},
}

// withPartition gives a function of one table or two their descriptors; NULL for others, and for "".
func withPartition(n int, f func(s *catalog.Snapshot, t, part *catalog.Table) string) Eval {
	return withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		var list [2]*catalog.Table
		for i := range n {
			t, ok := s.Catalog().TableByID(catalog.ID(a[i].Int()))
			if !ok {
				return null()
			}
			list[i] = t
		}
		out := f(s.Catalog(), list[0], list[1])
		if out == "" {
			return null()
		}
		return types.String(out), nil
	})
}

// partitionColumns are the columns that divide a table, "" for one that has no partitions.
func partitionColumns(t *catalog.Table) string {
	if !t.IsPartitioned() {
		return ""
	}
	var list []string
	for _, k := range t.Partitioning.Keys {
		if k.Attr != 0 {
			list = append(list, backquote(t.Columns[k.Attr-1].Name))
		} else {
			list = append(list, "("+mysqlExpr(k.Expr, t, "")+")") // of integers: nothing of vectors
		}
	}
	return strings.Join(list, ",")
}

// partitionBound is what VALUES of a partition says, "" where it says nothing.
func partitionBound(b *catalog.Bound) string {
	switch {
	case b == nil:
		return ""
	case b.Default:
		return "DEFAULT"
	case b.To != nil:
		return boundValues(b.To)
	}
	return boundValues(b.Values)
}

func boundValues(values []catalog.BoundValue) string {
	list := make([]string, len(values))
	for i, v := range values {
		switch {
		case v.Limit > 0:
			list[i] = "MAXVALUE"
		case v.Null:
			list[i] = "NULL"
		default:
			list[i] = plainBound(v.Text)
		}
	}
	return strings.Join(list, ",")
}

// plainBound is a bound without the quotes of a number.
func plainBound(text string) string {
	if s, ok := quotedConstant(text); ok && s != "" && strings.Trim(s, "0123456789.") == "" {
		return s
	}
	return text
}

// partitionsOf lists the partitions of a table, ranges in their order, others as they were made.
func partitionsOf(s *catalog.Snapshot, t *catalog.Table) (parts []*catalog.Table) {
	for _, id := range t.Children {
		if p, ok := s.TableByID(id); ok && p.Bound != nil {
			parts = append(parts, p)
		}
	}
	if t.Partitioning.Strategy == 'r' { // one that came of another has that one's place
		return partition.Of(t, parts).Parts
	}
	return parts
}

// showPartitions is PARTITION BY of a table, "" where it has no partitions.
func showPartitions(s *catalog.Snapshot, t *catalog.Table) string {
	if !t.IsPartitioned() {
		return ""
	}
	parts := partitionsOf(s, t)
	how := map[byte]string{'r': "RANGE COLUMNS", 'l': "LIST COLUMNS", 'h': "KEY"}[t.Partitioning.Strategy]
	out := fmt.Sprintf("\nPARTITION BY %s (%s)", how, partitionColumns(t))
	if t.Partitioning.Strategy == 'h' {
		return out + fmt.Sprintf("\nPARTITIONS %d", len(parts))
	}
	lines := make([]string, len(parts))
	for i, p := range parts {
		line := "PARTITION " + backquote(p.PartitionName())
		switch bound := partitionBound(p.Bound); {
		case p.Bound.Default:
			line += " DEFAULT"
		case p.Bound.To != nil:
			line += " VALUES LESS THAN (" + bound + ")"
		default:
			line += " VALUES IN (" + bound + ")"
		}
		lines[i] = line
	}
	return out + "\n(" + strings.Join(lines, ",\n ") + ")"
}
