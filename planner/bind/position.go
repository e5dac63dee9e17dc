package bind

import (
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// notePositions finds the tables whose rows stand behind the rows of a cursor's query:
// those that it locks, else the one that it reads in a simple way.
func (b *binder) notePositions(q *selection, tree logical.Node) {
	if len(q.locks) > 0 {
		for _, l := range q.locks {
			row := q.junk[l.junk].id
			if l.Family != nil {
				continue // WHERE CURRENT OF cannot tell which table the row is of
			}
			if q.late != nil && !slices.Contains(q.late.top.Cols(), row) {
				continue
			}
			b.positions = append(b.positions, Position{Table: l.Table.ID, Row: row, Locked: true})
		}
		return
	}
	if scan, row := b.rowThrough(tree); scan != nil {
		b.positions = append(b.positions, Position{Table: scan.Table.ID, Row: row})
	}
}

// rowThrough adds the row number of the only table of a simple query to its columns; nil
// for other queries. A sort counts as simple here: an index may make it unnecessary.
func (b *binder) rowThrough(n logical.Node) (*logical.Scan, logical.ColID) {
	switch x := n.(type) {
	case *logical.Scan:
		if x.Family != nil {
			return nil, 0
		}
		c := b.scanColumn(&relation{table: x.Table, scan: x, alias: x.Alias}, catalog.RowIDAttr, "rowid", types.Of(types.Int8OID))
		return x, c.Index
	case *logical.Filter:
		return b.rowThrough(x.Input)
	case *logical.Sort:
		return b.rowThrough(x.Input)
	case *logical.Limit:
		return b.rowThrough(x.Input)
	case *logical.Project:
		scan, row := b.rowThrough(x.Input)
		if scan != nil && !slices.Contains(x.Out, row) {
			x.Exprs, x.Out = append(x.Exprs, b.meta.Column(row)), append(x.Out, row)
		}
		return scan, row
	}
	return nil, 0
}
