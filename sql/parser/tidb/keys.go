package tidb

import (
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/ident"
)

// Keys: those of a table's definition, which become statements of their own, and CREATE INDEX.

// supportKey makes the index that a foreign key has in MySQL, unless another one serves.
func (c *conv) supportKey(p *tableParts, f *ast.Constraint) {
	elems := make([]ast.IndexElem, len(f.Columns))
	for i, name := range f.Columns {
		elems[i] = element(name, false)
	}
	after := p.after
	p.after = nil
	c.addKey(p, f.Name, false, elems, nil)
	p.after[0].(*ast.CreateIndex).Supporting = true
	p.support, p.after = append(p.support, p.after...), after
}

// invisible reports the option of a key that hides it from plans.
func invisible(o *tast.IndexOption) bool {
	return o != nil && o.Visibility == tast.IndexVisibilityInvisible
}

// addKey makes an index of a table's definition.
func (c *conv) addKey(p *tableParts, name string, unique bool, elems []ast.IndexElem, o *tast.IndexOption) {
	numbered := name == ""
	if numbered {
		name = firstColumn(elems)
	}
	p.after = append(p.after, &ast.CreateIndex{At: c.here(), Name: indexName(p.name.Name, name), Key: name, Numbered: numbered, Table: p.name, Unique: unique,
		Elems: elems, Comment: keyComment(o), Invisible: invisible(o), ShortKeys: shortKeys(o)})
}

// shortKeys reports a key that takes prefixes only of columns without a length. MariaDB writes USING
// HASH of those that hold whole ones.
func shortKeys(o *tast.IndexOption) bool { return o == nil || o.Tp != tast.IndexTypeHash }

func keyComment(o *tast.IndexOption) string {
	if o == nil {
		return ""
	}
	return o.Comment
}

func firstColumn(elems []ast.IndexElem) string {
	if elems[0].Column != "" {
		return elems[0].Column
	}
	return "functional_index"
}

// indexName makes a key's name, which is the table's own in MySQL, one of the
// schema's, where a name may be there once.
func indexName(table, key string) string {
	key = fold(key)
	if strings.HasPrefix(key, table+"_") {
		return ident.Cut(key)
	}
	return ident.Cut(table + "_" + key)
}

func element(column string, desc bool) ast.IndexElem {
	e := ast.IndexElem{At: placeless, Column: column, Nulls: ast.NullsFirst}
	if desc {
		e.Desc, e.Nulls = true, ast.NullsLast
	}
	return e
}

// keyParts converts the columns of a key. They are sorted as ORDER BY sorts in this
// dialect, NULL first. Those of foreign keys count as they are: whole.
func (c *conv) keyParts(list []*tast.IndexPartSpecification, whole bool) []ast.IndexElem {
	checkParts(list)
	var out []ast.IndexElem
	for _, p := range list {
		if p.Expr != nil {
			e := element("", p.Desc)
			e.Expr = c.expr(p.Expr)
			out = append(out, e)
			continue
		}
		if p.Length > 0 && whole {
			c.failAt("foreign", "a foreign key of a prefix, %s(%d), is not supported", p.Column.Name.O, p.Length)
		}
		if p.Length == 0 {
			badDefinition("Key part '%s' length cannot be 0", p.Column.Name.O)
		}
		e := element(p.Column.Name.L, p.Desc)
		e.Prefix = max(p.Length, 0)
		out = append(out, e)
	}
	return out
}

func (c *conv) createIndex(s *tast.CreateIndexStmt) ast.Stmt {
	table := c.table(s.Table)
	switch s.KeyType {
	case tast.IndexKeyTypeNone, tast.IndexKeyTypeUnique:
	case tast.IndexKeyTypeVector, tast.IndexKeyTypeColumnar:
		return c.vectorIndex(table, s.IndexName, s.IndexPartSpecifications, s.IfNotExists, s.IndexOption)
	default:
		if s.KeyType == tast.IndexKeyTypeFulltext {
			c.failAt("fulltext", "FULLTEXT indexes are not supported")
		}
		c.failAt("spatial", "SPATIAL indexes are not supported")
	}
	if s.IndexOption != nil && s.IndexOption.Condition != nil {
		c.fail(s, "a partial index is not supported in this dialect")
	}
	return &ast.CreateIndex{At: c.here(), Name: indexName(table.Name, s.IndexName), Key: c.keyNamed(s.IndexName), Table: table, Unique: s.KeyType == tast.IndexKeyTypeUnique, Invisible: invisible(s.IndexOption),
		IfNotExists: s.IfNotExists, Elems: c.keyParts(s.IndexPartSpecifications, false), Comment: keyComment(s.IndexOption), ShortKeys: shortKeys(s.IndexOption)}
}

// vectorClasses are the operator classes of the distances that a vector index is
// declared for.
var vectorClasses = map[string]string{
	"vec_cosine_distance": "vector_cosine_ops", "vec_l2_distance": "vector_l2_ops",
	"vec_negative_inner_product": "vector_ip_ops", "vec_l1_distance": "vector_l1_ops",
}

// vectorIndex converts VECTOR INDEX ((VEC_COSINE_DISTANCE(column))).
func (c *conv) vectorIndex(table ast.QName, name string, keys []*tast.IndexPartSpecification, ifNotExists bool, o *tast.IndexOption) ast.Stmt {
	if o != nil && o.Tp != tast.IndexTypeInvalid && o.Tp != tast.IndexTypeHNSW && o.Tp != tast.IndexTypeVector {
		c.fail(nil, "a vector index USING %s is not supported", o.Tp)
	}
	if invisible(o) {
		c.fail(nil, "a vector index cannot be invisible")
	}
	if len(keys) != 1 || keys[0].Expr == nil {
		c.fail(nil, "a vector index is on one distance function of one column")
	}
	f, ok := unparen(keys[0].Expr).(*tast.FuncCallExpr)
	if !ok || len(f.Args) != 1 || vectorClasses[f.FnName.L] == "" {
		c.fail(keys[0].Expr, "a vector index on this expression is not supported")
	}
	col, ok := unparen(f.Args[0]).(*tast.ColumnNameExpr)
	if !ok {
		c.fail(f, "a vector index on an expression is not supported")
	}
	numbered := name == ""
	if numbered {
		name = "vector_index"
	}
	class := ast.QName{At: placeless, Schema: vectors, Name: vectorClasses[f.FnName.L]}
	return &ast.CreateIndex{At: c.here(), Name: indexName(table.Name, name), Key: name, Numbered: numbered, Table: table, Method: "hnsw", IfNotExists: ifNotExists,
		Elems: []ast.IndexElem{{At: placeless, Column: col.Name.Name.L, OpClass: &class}}, Comment: keyComment(o)}
}

func unparen(n tast.ExprNode) tast.ExprNode {
	for {
		p, ok := n.(*tast.ParenthesesExpr)
		if !ok {
			return n
		}
		n = p.Expr
	}
}
