package tidb

import (
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"
	tast "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/charset"
	"github.com/pingcap/tidb/pkg/parser/mysql"
	"github.com/pingcap/tidb/pkg/parser/types"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// Collations are named in the schema mysql, where a character set's name means the
// collation that it has by default (planner/bind, collation_mysql.go).

// collation is what CHARACTER SET and COLLATE say together, nil where neither is written.
func (c *conv) collation(n tast.Node, charset, name string) *ast.QName {
	if charset != "" && fold(charset) != "default" {
		cs, ok := collate.MySQLCharsetOf(charset)
		if !ok {
			c.fail(n, "character set \"%s\" is not supported", charset)
		}
		charset = cs.Name
	} else {
		charset = ""
	}
	if name == "" || fold(name) == "default" {
		if charset == "" {
			return nil
		}
		return &ast.QName{At: placeless, Schema: own, Name: charset}
	}
	x, ok := collate.MySQLCollationOf(name)
	switch {
	case !ok:
		c.fail(n, "collation \"%s\" is not supported", name)
	case charset != "" && x.Charset != charset:
		at := c.here()
		if n != nil {
			at = c.at(n)
		}
		panic(bail{pgerr.Newf(pgerrcode.CollationMismatch, "COLLATION '%s' is not valid for CHARACTER SET '%s'", x.Name, charset).At(int(at.Pos))})
	}
	return &ast.QName{At: placeless, Schema: own, Name: x.Name}
}

// columnCollation is the collation that a column's definition has itself, nil for none and
// for types without one.
func (c *conv) columnCollation(d *tast.ColumnDef) *ast.QName {
	if !isText(d.Tp) {
		return nil
	}
	name := d.Tp.GetCollate()
	for _, o := range d.Options {
		if o.Tp == tast.ColumnOptionCollate {
			name = o.StrValue
		}
	}
	charset := d.Tp.GetCharset()
	if mysql.HasBinaryFlag(d.Tp.GetFlag()) && name == "" { // VARCHAR(10) BINARY
		if charset == "" {
			charset = collate.MySQLBase
		}
		if fold(charset) == "utf8" {
			charset = "utf8mb3"
		}
		name = fold(charset) + "_bin"
	}
	return c.collation(nil, charset, name)
}

// isText reports a type whose values are texts.
func isText(t *types.FieldType) bool {
	switch t.GetType() {
	case mysql.TypeVarchar, mysql.TypeVarString, mysql.TypeString, mysql.TypeEnum, mysql.TypeSet,
		mysql.TypeTinyBlob, mysql.TypeBlob, mysql.TypeMediumBlob, mysql.TypeLongBlob:
		return fold(t.GetCharset()) != "binary"
	}
	return false
}

// tableCollation is what a table's options say of the collation of its columns, and
// whether it is for those that are there, too.
func (c *conv) tableCollation(list []*tast.TableOption) (name *ast.QName, convert bool) {
	charset, collation := "", ""
	for _, o := range list {
		switch o.Tp {
		case tast.TableOptionCharset:
			convert = convert || o.UintValue == tast.TableOptionCharsetWithConvertTo
			if charset = o.StrValue; o.Default {
				charset = collate.MySQLBase
			}
		case tast.TableOptionCollate:
			collation = o.StrValue
		}
	}
	return c.collation(nil, charset, collation), convert
}

// databaseCollation is the same of a database's options.
func (c *conv) databaseCollation(list []*tast.DatabaseOption) *ast.QName {
	charset, collation := "", ""
	for _, o := range list {
		switch o.Tp {
		case tast.DatabaseOptionCharset:
			charset = o.Value
		case tast.DatabaseOptionCollate:
			collation = o.Value
		}
	}
	return c.collation(nil, charset, collation)
}

// collate converts COLLATE in an expression.
func (c *conv) collate(v *tast.SetCollationExpr) ast.Expr {
	name := c.collation(v, "", v.Collate)
	x := c.expr(v.Expr)
	if l, ok := x.(*ast.Lit); ok && l.Kind != ast.LitString || isParam(x) {
		x = call(c.at(v), "to_text", textual(x))
	}
	name.Pos = c.at(v).Pos
	return &ast.Collate{At: c.at(v), X: x, Name: *name}
}

// ofCharset is a text in a character set, with that one's collation; "" is the client's.
func (c *conv) ofCharset(n tast.Node, x ast.Expr, charset string) ast.Expr {
	name := c.collation(n, charset, "")
	if name == nil || name.Name == collate.MySQLBase {
		return x
	}
	return &ast.Collate{At: ast.At{Pos: x.Position()}, X: x, Name: *name, How: ast.CollateAs}
}

// introduced is a literal with _charset before it.
func (c *conv) introduced(n tast.Node, l ast.Expr, charset string) ast.Expr {
	x, ok := c.ofCharset(n, l, charset).(*ast.Collate)
	if !ok {
		return l
	}
	x.How = ast.CollateLiteral
	return x
}

// charsetsQuery lists the character sets, with these names of columns.
func charsetsQuery(columns string) string {
	var rows []string
	for _, c := range collate.MySQLCharsets {
		rows = append(rows, fmt.Sprintf("('%s', '%s', '%s', %d::int8)", c.Name, c.Description, c.Default, c.MaxLen))
	}
	return "SELECT * FROM (VALUES " + strings.Join(rows, ", ") + ") v(" + columns + ")"
}

// collationsQuery lists the collations, with these names of columns.
func collationsQuery(columns string) string {
	var rows []string
	for _, c := range collate.MySQLCollations() {
		byDefault, padded := "", "NO PAD"
		if cs, _ := collate.MySQLCharsetOf(c.Charset); cs.Default == c.Name {
			byDefault = "Yes"
		}
		if c.Padded() {
			padded = "PAD SPACE"
		}
		rows = append(rows, fmt.Sprintf("('%s', '%s', %d::int8, '%s', 'Yes', %d::int8, '%s')", c.Name, c.Charset, c.ID, byDefault, c.SortLen, padded))
	}
	return "SELECT * FROM (VALUES " + strings.Join(rows, ", ") + ") v(" + columns + ")"
}

// knownCollation refuses a name that is no collation's.
func (c *conv) knownCollation(n tast.Node, name string) {
	if _, err := charset.GetCollationByName(name); err != nil {
		c.wrong(n, "Unknown collation: '%s'", name)
	}
}

// checkCollation refuses a value of @@collation_connection that is no collation.
func (c *conv) checkCollation(v *tast.VariableAssignment) {
	name, ok := stringOf(v.Value)
	if col, bare := v.Value.(*tast.ColumnNameExpr); bare {
		name, ok = col.Name.OrigColName(), true
	}
	if ok {
		c.knownCollation(v, name)
		c.collation(v, "", name)
	}
}
