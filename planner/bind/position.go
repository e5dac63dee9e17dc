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
			p := Position{Table: l.Table.ID, Row: q.junk[l.junk].id, Locked: true, Family: l.Family}
			if l.Family != nil {
				p.TableOID = q.junk[l.junk+1].id
			}
			if q.late != nil && !slices.Contains(q.late.top.Cols(), p.Row) {
				continue
			}
			b.positions = append(b.positions, p)
		}
		return
	}
	if p := b.rowThrough(tree); p != nil {
		b.positions = append(b.positions, *p)
	}
}

// rowThrough adds the row number of the only table of a simple query to its columns, and with
// children the table that it is of; nil for other queries. A sort counts as simple here: an
// index may make it unnecessary.
func (b *binder) rowThrough(n logical.Node) *Position {
	switch x := n.(type) {
	case *logical.Scan:
		rel := &relation{table: x.Table, scan: x, alias: x.Alias}
		p := &Position{Table: x.Table.ID, Family: x.Family, Row: b.scanColumn(rel, catalog.RowIDAttr, "rowid", types.Of(types.Int8OID)).Index}
		if x.Family != nil {
			p.TableOID = b.scanColumn(rel, catalog.TableOidAttr, "tableoid", types.Of(types.OidOID)).Index
		}
		return p
	case *logical.Filter:
		return b.rowThrough(x.Input)
	case *logical.Sort:
		return b.rowThrough(x.Input)
	case *logical.Limit:
		return b.rowThrough(x.Input)
	case *logical.Project:
		p := b.rowThrough(x.Input)
		if p == nil {
			return nil
		}
		hand := func(id logical.ColID) {
			if !slices.Contains(x.Out, id) {
				x.Exprs, x.Out = append(x.Exprs, b.meta.Column(id)), append(x.Out, id)
			}
		}
		if hand(p.Row); p.Family != nil {
			hand(p.TableOID)
		}
		return p
	}
	return nil
}
