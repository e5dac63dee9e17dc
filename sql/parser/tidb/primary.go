package tidb

import (
	"slices"
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// primary is the name of a table's primary key among its keys. One of prefixes is a unique key
// of that name over columns that have no NULLs: no constraint is of less than whole columns.
const primary = "PRIMARY"

// keyNamed is the name that a key is given, which is not the primary one's.
func (c *conv) keyNamed(name string) string {
	if strings.EqualFold(name, primary) {
		c.wrong(nil, "Incorrect index name '%s'", name)
	}
	return name
}

// primaryKey converts PRIMARY KEY (…).
func (c *conv) primaryKey(k *tast.Constraint, p *tableParts) {
	if invisible(k.Option) {
		c.fail(nil, "A primary key index cannot be invisible")
	}
	elems := c.keyParts(k.Keys, false)
	con := ast.Constraint{At: c.here(), Kind: ast.ConPrimary, Comment: keyComment(k.Option), ShortKeys: true}
	prefixed := false
	for i := range elems {
		e := &elems[i]
		if e.Column == "" {
			c.fail(nil, "a primary key of an expression is not supported")
		}
		if e.Prefix > 0 && e.Prefix == lengthOf(p.table, e.Column) {
			e.Prefix = 0
		}
		prefixed = prefixed || e.Prefix > 0
		con.Columns = append(con.Columns, e.Column)
	}
	if !prefixed {
		p.table.Constraints = append(p.table.Constraints, con)
		return
	}
	for _, name := range con.Columns {
		c.require(p, name)
	}
	c.addKey(p, primary, true, elems, k.Option)
}

// require makes a column one without NULLs.
func (c *conv) require(p *tableParts, column string) {
	i := slices.IndexFunc(p.table.Columns, func(d ast.ColumnDef) bool { return d.Name == column })
	if i < 0 { // of a table that is there, or of none
		p.required = append(p.required, column)
		return
	}
	d := &p.table.Columns[i]
	for _, k := range d.Constraints {
		switch k.Kind {
		case ast.ConNull:
			c.wrong(nil, "All parts of a PRIMARY KEY must be NOT NULL; if you need NULL in a key, use UNIQUE instead")
		case ast.ConNotNull:
			return
		}
	}
	d.Constraints = append(d.Constraints, ast.Constraint{At: c.here(), Kind: ast.ConNotNull})
}

// lengthOf is how many characters a column of a new table may have, 0 for one of which that is not said.
func lengthOf(t *ast.CreateTable, column string) int {
	for i := range t.Columns {
		d := &t.Columns[i]
		if d.Name != column || d.Type.Name.Name != "varchar" || len(d.Type.Mods) != 1 {
			continue
		}
		if n, ok := d.Type.Mods[0].(*ast.Lit); ok {
			return int(n.Int)
		}
	}
	return 0
}

// warnFulltext tells of an index that only a search would read which this dialect has not.
func (c *conv) warnFulltext(name string) {
	if name != "" {
		name = " " + name
	}
	c.warn("FULLTEXT index%s is left out: full-text search (MATCH ... AGAINST) is not supported", name)
}
