package define

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// collatedKey gives an index key its collation: the one that is named, or the column's or
// the expression's.
func (e *Env) collatedKey(t *catalog.Table, x *catalog.Index, el *ast.IndexElem, k *catalog.IndexKey, method string) error {
	if el.Column == "" && k.Collation != 0 {
		id, err := bind.ScalarCollation(el.Expr, t, bind.IndexKey, e.options())
		if err != nil {
			return err
		}
		if id == bind.NoCollation && el.Collation == nil {
			return pgerr.New(pgerrcode.IndeterminateCollation, "could not determine which collation to use for index expression").
				WithHint("Use the COLLATE clause to set the collation explicitly.")
		}
		if id != bind.NoCollation {
			k.Collation, k.Derived = id, id
		}
	}
	if el.Collation != nil {
		c, err := e.collationByName(el.Collation)
		if err != nil {
			return err
		}
		if k.Collation == 0 {
			return pgerr.Newf(pgerrcode.DatatypeMismatch, "collations are not supported by type %s", types.TypeName(k.Type.OID))
		}
		k.Collation = c.ID
	}
	return e.orderKey(x, k, el.OpClass, method)
}

// withoutCollate is an index's element whose expression has no COLLATE around it: that is
// the key's collation, as in PostgreSQL. What is nothing but a column then is one.
func (e *Env) withoutCollate(t *catalog.Table, el *ast.IndexElem) (*ast.IndexElem, error) {
	if column := bareColumn(t, el.Expr); column != "" {
		bare := *el
		bare.Column, bare.Expr = column, nil
		return &bare, nil
	}
	c, ok := el.Expr.(*ast.Collate)
	if !ok || el.Column != "" || c.How != 0 {
		return el, nil
	}
	if _, err := e.immutable(el.Expr, t); err != nil {
		return nil, err
	}
	bare := *el
	if bare.Collation == nil {
		bare.Collation = &c.Name
	}
	bare.Expr = c.X
	return e.withoutCollate(t, &bare)
}

// bareColumn is the column that an expression is, "" for any other.
func bareColumn(t *catalog.Table, x ast.Expr) string {
	ref, ok := x.(*ast.ColumnRef)
	if !ok || ref.Star || t.ColumnByName(ref.Parts[len(ref.Parts)-1]) == nil {
		return ""
	}
	return ref.Parts[len(ref.Parts)-1]
}

// orderKey says whether the entries of a key are ordered by its collation. Indexes of
// unique and exclusion constraints go by bytes, which are what uniqueness is about but in nondeterministic collations.
func (e *Env) orderKey(x *catalog.Index, k *catalog.IndexKey, class *ast.QName, method string) error {
	k.Order = ""
	c, ok := e.Catalog.CollationByID(k.Collation)
	if !ok || collate.ByBytes(c.Order) || method != "btree" && method != "hash" {
		return nil
	}
	loose := !collate.Deterministic(c.Order)
	name := k.OpClass
	if class != nil {
		name = class.Name
	}
	switch pattern := strings.HasSuffix(name, "_pattern_ops"); {
	case pattern && loose:
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "nondeterministic collations are not supported for operator class \"%s\"", name)
	case k.Type.IsArray() && loose:
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "indexes on arrays in a nondeterministic collation are not supported")
	case k.Type.IsArray(), pattern, !loose && (x.Unique || x.Constraint != 0 || method != "btree"):
		return nil
	}
	k.Order = c.Order
	return nil
}
