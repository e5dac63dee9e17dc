package builtin

import (
	"fmt"
	"strings"

	"github.com/loxodb/loxodb/sql/catalog"
)

// createKey is an index in CREATE TABLE, "" for one that MySQL has no words for.
func createKey(t *catalog.Table, x *catalog.Index, home string) string {
	out := keyDefinition(t, x, home)
	if out != "" && x.Comment != "" {
		out += " COMMENT " + quoted(x.Comment)
	}
	return out
}

func keyDefinition(t *catalog.Table, x *catalog.Index, home string) string {
	var cols []string
	for i := range x.Keys {
		k := &x.Keys[i]
		if k.Attr == 0 {
			cols = append(cols, keyExpr(k.Expr, t, home))
			continue
		}
		col := backquote(t.Columns[k.Attr-1].Name)
		if k.Prefix > 0 {
			col += fmt.Sprintf("(%d)", k.Prefix)
		}
		if k.Desc {
			col += " DESC"
		}
		cols = append(cols, col)
	}
	name := keyName(x)
	list := strings.Join(cols, ",")
	switch {
	case isPrimary(x):
		return "PRIMARY KEY (" + list + ")"
	case x.IsVector():
		distance := map[string]string{"vector_cosine_ops": "VEC_COSINE_DISTANCE", "vector_l2_ops": "VEC_L2_DISTANCE",
			"vector_ip_ops": "VEC_NEGATIVE_INNER_PRODUCT", "vector_l1_ops": "VEC_L1_DISTANCE"}[x.Keys[0].OpClass]
		if distance == "" {
			return ""
		}
		return "VECTOR INDEX " + backquote(name) + " ((" + distance + "(" + list + ")))"
	}
	line := "KEY " + backquote(name) + " (" + list + ")"
	if x.Unique {
		line = "UNIQUE " + line
	}
	if x.Invisible {
		line += " /*!80000 INVISIBLE */"
	}
	return line
}

// keyExpr is an expression of a key; a prefix of a column has a form of its own.
func keyExpr(text string, t *catalog.Table, home string) string {
	if column, n := prefixed(text); column != "" {
		return backquote(column) + "(" + n + ")"
	}
	return "(" + mysqlExpr(text, t, home) + ")"
}

// prefixed is the column whose prefix an index's expression is, and the prefix's length; "" for
// any other expression.
func prefixed(text string) (column, length string) {
	args, ok := strings.CutPrefix(text, `mysql."left"(`)
	if bytes, sub := strings.CutPrefix(text, `"substring"(`); sub { // of bytes
		args, ok = strings.Replace(bytes, ", 1, ", ", ", 1), strings.Contains(bytes, ", 1, ")
	}
	if i := strings.LastIndex(args, ", "); ok && i > 0 && strings.Trim(args[i+2:len(args)-1], "0123456789") == "" {
		return strings.ReplaceAll(strings.Trim(args[:i], `"`), `""`, `"`), args[i+2 : len(args)-1]
	}
	return "", ""
}

// isPrimary reports a primary key, also of prefixes.
func isPrimary(x *catalog.Index) bool { return x.Primary || x.Key == catalog.PrimaryKeyName }
