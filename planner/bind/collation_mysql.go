package bind

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/expr"
)

// mysqlCollation finds what MySQL calls a collation by its name, and the one of a character set
// by the set's. That of what declares nothing is a type's own.
func mysqlCollation(name string, o Options) (*catalog.Collation, bool) {
	id := catalog.ID(0)
	if c, ok := collate.MySQLCollationOf(name); ok {
		id = c.OID
	} else if cs, ok := collate.MySQLCharsetOf(name); ok {
		id = collate.DefaultOID
		if cs.Name != collate.MySQLBase {
			c, _ := collate.MySQLCollationOf(cs.Default)
			id = c.OID
		}
	}
	return o.Catalog.CollationByID(id)
}

// The collations of MySQL are merged as MySQL does it: what is written with COLLATE counts
// before a column's, and that before a literal's.

// isMySQL reports a collation of MySQL's.
func isMySQL(id catalog.ID) bool {
	_, ok := collate.MySQLByOID(id)
	return ok
}

// ofMySQL is what MySQL knows of a collation; one of PostgreSQL's is what declares nothing has.
func ofMySQL(id catalog.ID) *collate.MySQLCollation {
	if c, ok := collate.MySQLByOID(id); ok {
		return c
	}
	c, _ := collate.MySQLCollationOf(collate.MySQLDefault)
	return c
}

// charsetRank orders character sets by what they hold: the text of a lesser one can be converted
// into a greater one. Those of one rank have nothing to do with each other.
var charsetRank = map[string]int{"ascii": 1, "latin1": 2, "gbk": 2, "utf8mb3": 3, "utf8mb4": 4, "binary": 5}

// mergeMySQL merges two collations of the same strength, one at least of MySQL's.
func (a *collator) mergeMySQL(to *collation, c collation) {
	switch {
	case to.strength == conflict || to.id == c.id && to.coercible == c.coercible:
		return
	case to.strength == explicit:
		a.mixed(*to, c, a.op)
		return
	case to.coercible != c.coercible:
		if to.coercible {
			*to = c
		}
		return
	}
	x, y := ofMySQL(to.id), ofMySQL(c.id)
	switch rx, ry := charsetRank[x.Charset], charsetRank[y.Charset]; {
	case rx != ry:
		if rx < ry {
			*to = c
		}
	case x.Charset == y.Charset && x.Bin() && y.Bin() && !isMySQL(to.id): // utf8mb4_bin that is declared
		*to = c
	case x.Charset == y.Charset && x.Bin():
	case x.Charset == y.Charset && y.Bin():
		*to = c
	default:
		to.strength, to.other, to.otherPos = conflict, c.id, c.pos
	}
}

// illegalMix fails for texts of several collations of MySQL that are compared.
func (a *collator) illegalMix(c collation, op string) bool {
	if c.strength != conflict || !isMySQL(c.id) && !isMySQL(c.other) {
		return false
	}
	other := collation{strength: implicit, id: c.other, pos: c.otherPos, coercible: c.coercible}
	c.strength = implicit
	a.mixed(c, other, op)
	return true
}

// mixed is the error of two collations that cannot be merged.
func (a *collator) mixed(x, y collation, op string) {
	say := func(c collation) string {
		how := "IMPLICIT"
		switch {
		case c.strength == explicit:
			how = "EXPLICIT"
		case c.coercible:
			how = "COERCIBLE"
		}
		return ofMySQL(c.id).Name + "," + how
	}
	a.fail(errAt(y.pos, pgerrcode.CollationMismatch, "Illegal mix of collations (%s) and (%s) for operation '%s'", say(x), say(y), op))
}

// operationName is what MySQL's errors call a call.
func operationName(c *expr.Call) string {
	switch {
	case c.Op == nil:
		return c.Fn.Name
	case c.Op.Name == "~~" || c.Op.Name == "!~~":
		return "like"
	}
	return c.Op.Name
}

// listOf is list for an operation that is no call.
func (a *collator) listOf(op string, l []expr.Expr) ([]expr.Expr, collation) {
	was := a.op
	a.op = op
	out, in := a.list(l)
	a.op = was
	return out, in
}

// plainTexts are the functions of MySQL's whose texts have nothing of their arguments' collations.
var plainTexts = map[string]bool{"hex": true, "md5": true, "sha1": true, "sha2": true, "to_base64": true, "bin": true, "oct": true,
	"conv": true, "format": true, "date_format": true, "time_format": true, "charset": true, "collation": true}

// ownCollation is the collation of a call whose arguments have no say: CAST(x AS CHAR), which
// counts as a column's, and of texts that are made of something else.
func ownCollation(c *expr.Call) (collation, bool) {
	if c.Fn.Schema != builtin.MySQLSchema || c.Fn.Name != "cast_text" && !plainTexts[c.Fn.Name] {
		return collation{}, false
	}
	return collation{strength: implicit, id: typeCollation(c.T), pos: ast.Pos(c.Pos), coercible: c.Fn.Name != "cast_text"}, true
}

// mysqlCall is a call of a function of MySQL's that compares texts.
func (a *collator) mysqlCall(c *expr.Call, in collation) expr.Expr {
	if a.illegalMix(in, operationName(c)) {
		return nil
	}
	order, _, _ := a.order(in)
	fn := builtin.MySQLCollated(c.Fn, order)
	if fn == nil {
		return nil
	}
	n := *c
	n.Fn = fn
	return expr.Fold(&n)
}

// mysqlLike is a call that PostgreSQL refuses in nondeterministic collations, in an order of
// MySQL's: LIKE, and in those by code points, where texts are equal only when they are the same
// but for spaces at the end, which such functions count, whatever does what it does elsewhere;
// nil for that.
func mysqlLike(c *expr.Call, what, order, name string) expr.Expr {
	not := strings.HasSuffix(c.Fn.Src, "nlike")
	switch {
	case what == "LIKE":
	case what == "ILIKE" && collate.IgnoresCase(order):
	case what == "ILIKE":
		return ilike(c, order, name)
	default:
		return nil
	}
	return expr.Fold(&expr.Call{Fn: builtin.MySQLLike(order, not), Args: c.Args, T: c.T, Pos: c.Pos})
}
