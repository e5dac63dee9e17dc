package bind

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// mysqlCollation finds what MySQL calls a collation by its name, and the one of a character set
// by the set's. That of what declares nothing is a type's own.
func mysqlCollation(name string, o Options) (*catalog.Collation, bool) {
	id := catalog.ID(0)
	if c, ok := collate.MySQLCollationOf(name); ok {
		id = c.OID
	} else if cs, ok := collate.MySQLCharsetOf(name); ok {
		id = ofCharset(cs, o)
	}
	return o.Catalog.CollationByID(id)
}

// charsetVariable is the setting that says which collation utf8mb4 has by default.
const charsetVariable = "mysql.default_collation_for_utf8mb4"

// ofCharset is the collation that a character set alone means: TiDB's, or those of MySQL where
// default_collation_for_utf8mb4 is one of MySQL's.
func ofCharset(cs collate.MySQLCharset, o Options) catalog.ID {
	v, _ := o.Session.Setting(charsetVariable)
	own, mysql := collate.MySQLCollationOf(v)
	mysql = mysql && own.Name != collate.MySQLDefault
	switch {
	case cs.Name == collate.MySQLBase && mysql:
		return own.OID
	case cs.Name == collate.MySQLBase:
		return collate.DefaultOID
	}
	name := cs.Default
	if mysql {
		name = cs.MySQLDefault
	}
	c, _ := collate.MySQLCollationOf(name)
	return c.OID
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

// isMixed reports texts of several collations of MySQL. Where nothing else is compared with them,
// as in groups and orders, they go by code points.
func isMixed(c collation) bool {
	return c.strength == conflict && (isMySQL(c.id) || isMySQL(c.other))
}

// mixedCollation is the one that such texts go by.
func mixedCollation() catalog.ID {
	c, _ := collate.MySQLCollationOf(collate.MySQLDefault)
	return c.OID
}

// seeksBytes reports the functions that look for a text in another one by bytes, whose collations
// must agree nevertheless.
func seeksBytes(f *builtin.Func) bool {
	switch f.Name {
	case "replace", "substring_index", "trim", "trim_leading", "trim_trailing":
		return f.Schema == builtin.MySQLSchema
	}
	return false
}

// illegalMix fails for texts of several collations of MySQL that are compared.
func (a *collator) illegalMix(c collation, op string) bool {
	if !isMixed(c) {
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
func (a *collator) ownCollation(c *expr.Call) (collation, bool) {
	if c.Fn.Schema != builtin.MySQLSchema || c.Fn.Name != "cast_text" && !plainTexts[c.Fn.Name] {
		return collation{}, false
	}
	out := a.result(c.T, collation{}, ast.Pos(c.Pos))
	out.coercible = c.Fn.Name != "cast_text"
	return out, true
}

// connectionVariable is the setting that holds @@collation_connection, which SET NAMES sets.
const connectionVariable = "mysql.collation_connection"

// connectionCollation is the collation of a session's literals, 0 for that of what declares
// nothing, as everywhere but in MySQL's dialect. What is stored has nothing of it.
func connectionCollation(o Options) catalog.ID {
	if d, _ := o.Session.Setting("sql_dialect"); d != "tidb" {
		return 0
	}
	name, ok := o.Session.Setting(connectionVariable)
	if !ok || name == "" {
		return 0
	}
	c, ok := mysqlCollation(name, o)
	if !ok || c.ID == collate.DefaultOID {
		return 0
	}
	return c.ID
}

// tellCollation is COLLATION, CHARSET and COERCIBILITY of a text, nil for other calls.
func tellCollation(c *expr.Call, in collation) expr.Expr {
	if c.Fn.Schema != builtin.MySQLSchema || len(c.Args) != 1 || typeCollation(c.Args[0].Type()) == 0 || in.strength == none {
		return nil
	}
	if k, ok := c.Args[0].(*expr.Const); ok && k.D.IsNull() {
		return nil
	}
	x := ofMySQL(in.id)
	if in.strength == conflict {
		x, _ = collate.MySQLCollationOf(x.Charset + "_bin")
	}
	switch c.Fn.Name {
	case "collation":
		return &expr.Const{T: c.T, D: types.String(x.Name)}
	case "charset":
		return &expr.Const{T: c.T, D: types.String(x.Charset)}
	case "coercibility":
		level := int64(2)
		switch {
		case in.strength == explicit:
			level = 0
		case in.strength == conflict:
			level = 1
		case in.coercible:
			level = 4
		}
		return &expr.Const{T: c.T, D: types.Int(level)}
	}
	return nil
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
