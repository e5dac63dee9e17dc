package tidb

import (
	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// Where a name stands only errors want to know. So names get numbers in the order of their
// conversion for positions, from sought on, and the statement is converted once more for the
// place of one of them: conversions of a text give the same names the same numbers.

// sought is greater than the length of any text.
const sought ast.Pos = 1 << 30

// search counts the names of a text that have places.
type search struct {
	count ast.Pos
	want  ast.Pos // the number of the name that is looked for, 0 = none
	found ast.Pos
}

// Place implements parser.Placer.
func (Frontend) Place(query string, pos int) int {
	if pos <= int(sought) {
		return pos
	}
	names := search{want: ast.Pos(pos) - sought, found: ast.NoPos}
	_, _ = parse(query, &names) // an error comes after what it is about
	return int(names.found)
}

// place is the position of a name that find finds.
func (c *conv) place(find func() ast.Pos) ast.At {
	if c.named == nil {
		return placeless
	}
	c.names.count++
	if c.names.count == c.names.want {
		if c.places == nil {
			c.places = findPlaces(c.src, int(c.stmtPos), c.stmtEnd)
		}
		c.names.found = find()
	}
	return ast.At{Pos: sought + c.names.count}
}

// tableAt is the position of a table's name.
func (c *conv) tableAt(t *tast.TableName) ast.At {
	return c.place(func() ast.Pos {
		nodes := tableNodes{key: tableKey(t)}
		c.named.Accept(&nodes)
		found := c.places.tables[nodes.key]
		for i, n := range nodes.list {
			if n == t && len(found) == len(nodes.list) {
				return ast.Pos(found[i])
			}
		}
		return ast.NoPos
	})
}

// listedAt is the position of a column that an INSERT names.
func (c *conv) listedAt(s *tast.InsertStmt, i int) ast.At {
	return c.place(func() ast.Pos {
		found := c.places.columns
		if s.Setlist {
			found = c.places.set[:min(len(s.Columns), len(c.places.set))]
		}
		return targetAt(found, i, len(s.Columns), s.Columns[i].Name.L)
	})
}

// assignedAt is the position of a column that is assigned: the last ones of those that are,
// as the list of INSERT … SET may stand before them.
func (c *conv) assignedAt(list []*tast.Assignment, i int) ast.At {
	return c.place(func() ast.Pos {
		return targetAt(c.places.set[max(0, len(c.places.set)-len(list)):], i, len(list), list[i].Column.Name.L)
	})
}

// targetAt is the position of the i-th of a list of n columns.
func targetAt(found []placed, i, n int, name string) ast.Pos {
	if len(found) == n && found[i].name == name {
		return ast.Pos(found[i].at)
	}
	return ast.NoPos
}

// tableNodes collects the tables of a tree that have a name.
type tableNodes struct {
	key  string
	list []*tast.TableName
}

func tableKey(t *tast.TableName) string {
	if t.Schema.L != "" {
		return t.Schema.L + "\x00" + t.Name.L
	}
	return t.Name.L
}

func (m *tableNodes) Enter(n tast.Node) (tast.Node, bool) {
	if t, ok := n.(*tast.TableName); ok && tableKey(t) == m.key {
		m.list = append(m.list, t)
	}
	return n, false
}

func (m *tableNodes) Leave(n tast.Node) (tast.Node, bool) { return n, true }
