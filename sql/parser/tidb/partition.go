package tidb

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgerrcode"
	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/ident"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// PARTITION BY RANGE, LIST, HASH and KEY. A partition is a table of its own below the one that is
// declared, with a name that none would choose by itself; statements name only the whole. A RANGE
// over a function that grows with its column is one over the column, with the column's values as
// bounds; HASH and KEY say which columns decide, and not which rows are together.

// partitionName is the table that a partition is.
func partitionName(table ast.QName, name string) ast.QName {
	return ast.QName{At: placeless, Schema: table.Schema, Name: ident.Cut(table.Name + "#p#" + fold(name))}
}

// partitioned makes a new table one with partitions, whose definitions follow it.
func (c *conv) partitioned(o *tast.PartitionOptions, p *tableParts) {
	if p.table.Temp {
		c.wrongAt("partition by", "Cannot create temporary table with partitions")
	}
	d := c.divided(o, p.name, p.table)
	p.table.PartitionBy = d.key
	for _, n := range d.made {
		p.after = append(p.after, &ast.CreateTable{At: c.here(), Name: n.Table, Inherits: []ast.QName{p.name}, Bound: n.Bound})
	}
}

// divided reads PARTITION BY of a table; its definition is nil when it is there already.
func (c *conv) divided(o *tast.PartitionOptions, name ast.QName, table *ast.CreateTable) *divider {
	if o.Sub != nil {
		c.failAt("subpartition by", "SUBPARTITION BY is not supported")
	}
	d := &divider{conv: c, name: name, table: table, options: o}
	switch o.Tp {
	case tast.PartitionTypeRange:
		d.byRange()
	case tast.PartitionTypeList:
		d.byList()
	case tast.PartitionTypeHash, tast.PartitionTypeKey:
		d.byHash()
	default:
		c.failAt("partition by", "PARTITION BY %s is not supported", o.Tp)
	}
	return d
}

// divider makes the partitions of a table.
type divider struct {
	*conv
	name    ast.QName
	table   *ast.CreateTable // nil: the table is there
	options *tast.PartitionOptions
	key     *ast.PartitionBy
	made    []ast.NamedPartition
}

func (d *divider) by(s ast.PartitionStrategy, columns ...string) {
	by := &ast.PartitionBy{At: ast.At{Pos: ast.Pos(d.clause([]string{"partition", "by"}))}, Strategy: s}
	for _, name := range columns {
		by.Keys = append(by.Keys, ast.IndexElem{At: placeless, Column: name})
	}
	d.key = by
}

// add makes a partition.
func (d *divider) add(name string, b *ast.PartitionBound) {
	b.At, b.Strategy = placeless, d.key.Strategy
	if slices.ContainsFunc(d.made, func(n ast.NamedPartition) bool { return n.Name == name }) {
		panic(bail{pgerr.Newf(pgerrcode.DuplicateTable, "Duplicate partition name %s", name)})
	}
	d.made = append(d.made, ast.NamedPartition{Name: name, Table: partitionName(d.name, name), Bound: b})
}

func (d *divider) unsupported(what string) {
	d.failAt("partition by", "PARTITION BY %s of %s is not supported", d.options.Tp, what)
}

// growing are the functions that order their column's values, with what makes a bound of theirs
// one of the column.
var growing = map[string]func(n int64) string{
	"year":           func(n int64) string { return fmt.Sprintf("%04d-01-01", n) },
	"to_days":        func(n int64) string { return time.Unix((n-719528)*86400, 0).UTC().Format(time.DateOnly) },
	"to_seconds":     func(n int64) string { return time.Unix(n-719528*86400, 0).UTC().Format(time.DateTime) },
	"unix_timestamp": func(n int64) string { return time.Unix(n, 0).UTC().Format(time.DateTime) + "+00" },
}

func (d *divider) byRange() {
	columns, bound := d.columns(), d.expr
	if d.options.Expr != nil {
		if f, ok := unparen(d.options.Expr).(*tast.FuncCallExpr); ok && len(f.Args) == 1 && growing[f.FnName.L] != nil {
			columns = d.named(f.Args[0])
			bound = func(n tast.ExprNode) ast.Expr { return d.bound(f.FnName.L, n) }
		} else {
			columns = d.named(d.options.Expr)
		}
	}
	if columns == nil || d.options.Interval != nil {
		d.unsupported("this expression")
	}
	d.by(ast.ByRange, columns...)
	d.key.Required = true
	from := make([]ast.RangeBound, len(columns))
	for i := range from {
		from[i] = ast.RangeBound{At: placeless, Limit: -1}
	}
	for _, def := range d.options.Definitions {
		less, ok := def.Clause.(*tast.PartitionDefinitionClauseLessThan)
		if !ok || len(less.Exprs) != len(columns) {
			d.wrongAt("partition by", "Inconsistency in usage of column lists for partitioning")
		}
		if from[0].Limit > 0 {
			panic(bail{pgerr.New(pgerrcode.InvalidObjectDefinition, "MAXVALUE can only be used in last partition definition")})
		}
		to := make([]ast.RangeBound, len(columns))
		for i, e := range less.Exprs {
			to[i] = ast.RangeBound{At: placeless}
			if _, most := e.(*tast.MaxValueExpr); most {
				to[i].Limit = 1
			} else {
				to[i].Value = bound(e)
			}
		}
		d.add(def.Name.L, &ast.PartitionBound{From: from, To: to})
		from = to
	}
}

// bound is a bound of a function of the column as one of the column: the function's value, or the
// function of a literal.
func (d *divider) bound(function string, n tast.ExprNode) ast.Expr {
	if f, ok := unparen(n).(*tast.FuncCallExpr); ok && f.FnName.L == function && len(f.Args) == 1 {
		if s, ok := stringOf(f.Args[0]); ok && function != "year" {
			return text(placeless, s)
		}
	}
	if l, ok := d.expr(n).(*ast.Lit); ok {
		v, err := l.Int, error(nil)
		if l.Kind != ast.LitInt {
			v, err = strconv.ParseInt(l.Text, 10, 64)
		}
		if err == nil && v > 0 && v < 1<<40 {
			return text(placeless, growing[function](v))
		}
	}
	d.unsupported("this bound")
	return nil
}

func (d *divider) byList() {
	columns := d.columns()
	if d.options.Expr != nil {
		columns = d.named(d.options.Expr)
	}
	if len(columns) != 1 {
		d.unsupported("anything but one column")
	}
	d.by(ast.ByList, columns...)
	for _, def := range d.options.Definitions {
		in, ok := def.Clause.(*tast.PartitionDefinitionClauseIn)
		if !ok {
			d.wrongAt("partition by", "Syntax error: LIST PARTITIONING requires definition of VALUES IN for each partition")
		}
		d.add(def.Name.L, d.listBound(in))
	}
}

func (d *divider) byHash() {
	columns := d.columns()
	if d.options.Expr != nil {
		columns = d.read(d.options.Expr)
	} else if len(columns) == 0 && d.table != nil { // KEY (): the primary key
		columns = d.primaryColumns()
	}
	if len(columns) == 0 && (d.table != nil || d.options.Expr != nil) {
		d.unsupported("this expression")
	}
	d.by(ast.ByHash, columns...)
	if max(d.options.Num, uint64(len(d.options.Definitions))) > maxPartitions {
		d.wrongAt("partitions", "Too many partitions (including subpartitions) were defined")
	}
	names := make([]string, max(d.options.Num, 1))
	for i := range names {
		names[i] = "p" + strconv.Itoa(i)
	}
	if len(d.options.Definitions) > 0 {
		names = names[:0]
		for _, def := range d.options.Definitions {
			names = append(names, def.Name.L)
		}
	}
	for i, name := range names {
		d.add(name, &ast.PartitionBound{Modulus: len(names), Remainder: i})
	}
}

// columns are those of RANGE COLUMNS, LIST COLUMNS and KEY.
func (d *divider) columns() (names []string) {
	for _, n := range d.options.ColumnNames {
		names = append(names, n.Name.L)
	}
	return names
}

// named is the column that an expression is, nil if it is none.
func (d *divider) named(n tast.ExprNode) []string {
	if col, ok := unparen(n).(*tast.ColumnNameExpr); ok {
		return []string{col.Name.Name.L}
	}
	return nil
}

// read are the columns that an expression reads.
func (d *divider) read(n tast.ExprNode) (names []string) {
	ast.Walk(d.expr(n), func(n ast.Node) bool {
		if r, ok := n.(*ast.ColumnRef); ok {
			names = appendName(names, r.Parts[len(r.Parts)-1])
		}
		return true
	})
	return names
}

func appendName(list []string, name string) []string {
	if slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}

func (d *divider) primaryColumns() []string {
	for _, k := range d.table.Constraints {
		if k.Kind == ast.ConPrimary {
			return k.Columns
		}
	}
	for i := range d.table.Columns {
		if hasConstraint(&d.table.Columns[i], ast.ConPrimary) {
			return []string{d.table.Columns[i].Name}
		}
	}
	return nil
}

func hasConstraint(d *ast.ColumnDef, kind ast.ConstraintKind) bool {
	return slices.ContainsFunc(d.Constraints, func(k ast.Constraint) bool { return k.Kind == kind })
}
