package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/partition"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// divideTable is ALTER TABLE … PARTITION BY of MySQL's dialect: a table that is there, with its
// rows, becomes one with these partitions, whatever it was divided by before.
func (e *Env) divideTable(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd) error {
	if err := e.canDivide(t, cmd); err != nil {
		return err
	}
	by := *cmd.PartitionBy
	if len(by.Keys) == 0 { // KEY ()
		pk := t.PrimaryKey()
		if pk == nil {
			return pgerr.New(pgerrcode.UndefinedColumn, "Field in list of fields for partition function not found in table")
		}
		for _, attr := range pk.Columns {
			by.Keys = append(by.Keys, ast.IndexElem{At: by.At, Column: t.Column(attr).Name})
		}
	}
	n := copyTable(t)
	if err := e.partitionBy(n, &by); err != nil {
		return err
	}
	if err := dividable(n, &by); err != nil {
		return err
	}
	gone, from := []*catalog.Table(nil), []*catalog.Table{t}
	if t.IsPartitioned() {
		gone = partition.New(e.Catalog, t).Parts
		var err error
		if from, err = e.setAside(ctx, t.ID, gone); err != nil {
			return err
		}
		divided := n.Partitioning
		t, _ = e.Catalog.TableByID(t.ID)
		n = copyTable(t)
		n.Partitioning = divided
		if err := e.putTable(n); err != nil {
			return err
		}
	} else if err := e.emptied(ctx, t, n); err != nil {
		return err
	}
	if err := e.makePartitions(ctx, n, cmd.At, cmd.Partitions); err != nil {
		return err
	}
	if gone == nil {
		return e.copyRows(ctx, from, t.ID)
	}
	return e.moveRows(ctx, gone, from, t.ID)
}

// canDivide refuses tables that cannot have partitions, or whose rows others refer to: the keys
// would have to be looked at anew.
func (e *Env) canDivide(t *catalog.Table, cmd *ast.AlterCmd) error {
	switch {
	case t.Temp:
		return pgerr.New(pgerrcode.WrongObjectType, "Cannot create temporary table with partitions")
	case t.IsPartition() || len(t.Parents) > 0 || len(t.Children) > 0 && !t.IsPartitioned():
		return pgerr.NotSupported(int(cmd.Pos), "PARTITION BY is not supported for tables with parents or children")
	case t.IsPartitioned() && slices.ContainsFunc(partition.New(e.Catalog, t).Parts, (*catalog.Table).IsPartitioned):
		return pgerr.NotSupported(int(cmd.Pos), "this is not supported for tables whose partitions are partitioned")
	case slices.ContainsFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.Kind == catalog.ForeignConstraint }), len(e.Catalog.Referrers(t.ID)) > 0:
		return pgerr.NotSupported(int(cmd.Pos), "Foreign keys are not yet supported in conjunction with partitioning")
	case slices.ContainsFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.Kind == catalog.ExcludeConstraint }):
		return pgerr.NotSupported(int(cmd.Pos), "exclusion constraints are not supported on partitioned tables")
	}
	return nil
}

// dividable refuses what a table has that is to be partitioned, and its partitions cannot keep.
func dividable(t *catalog.Table, by *ast.PartitionBy) error {
	if !t.IsPartitioned() {
		return nil
	}
	for _, k := range t.Partitioning.Keys {
		if c := t.Column(k.Attr); c != nil && by.Required && !c.NotNull {
			return pgerr.NotSupported(int(by.Pos), "PARTITION BY RANGE of column \"%s\", which can be NULL, is not supported", c.Name)
		}
	}
	for _, x := range t.Indexes {
		what := "UNIQUE"
		if x.Primary {
			what = "PRIMARY KEY"
		}
		if err := uniqueInParts(t, x, what); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.NoInherit }) {
		return pgerr.Newf(pgerrcode.InvalidTableDefinition, "cannot add NO INHERIT constraint to partitioned table %q", t.Name)
	}
	return nil
}

// makePartitions makes the partitions that an action at a place defines.
func (e *Env) makePartitions(ctx context.Context, t *catalog.Table, at ast.At, made []ast.NamedPartition) error {
	for _, n := range made {
		table := n.Table
		table.Schema = e.Catalog.SchemaName(t.Schema)
		err := e.createTable(ctx, &ast.CreateTable{At: at, Name: table, Inherits: []ast.QName{e.fullName(t)}, Bound: n.Bound})
		if err != nil {
			return err
		}
	}
	return nil
}
