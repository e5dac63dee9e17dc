package define

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// partitionKey is the key number n, from 1, of those that rows are divided by.
func (e *Env) partitionKey(t *catalog.Table, el *ast.IndexElem, by ast.PartitionStrategy, n int) (k catalog.PartitionKey, err error) {
	if el.Column != "" {
		if _, system := systemNames[el.Column]; system {
			return k, pgerr.Newf(pgerrcode.InvalidObjectDefinition, "cannot use system column %q in partition key", el.Column).At(int(el.Pos))
		}
		c := t.ColumnByName(el.Column)
		if c == nil {
			return k, pgerr.Newf(pgerrcode.UndefinedColumn, "column %q named in partition key does not exist", el.Column).At(int(el.Pos))
		}
		if c.Generated != 0 {
			return k, pgerr.New(pgerrcode.InvalidObjectDefinition, "cannot use generated column in partition key").
				WithDetail("Column %q is a generated column.", c.Name).At(int(el.Pos))
		}
		k.Attr, k.Type, k.Collation = c.Num, c.Type, c.Collation
	} else if k, err = e.partitionExpr(t, el, n); err != nil {
		return k, err
	}
	k.ByType = by == ast.ByHash
	if k.Collation, err = e.collationOf(el.Collation, k.Type, k.Collation); err != nil {
		return k, err
	}
	if el.OpClass != nil {
		if err := e.keyClass(el, k.Type, orderOf(by)); err != nil {
			return k, err
		}
		k.OpClass = el.OpClass.Name
	}
	return k, e.partitionable(el, &k, by)
}

var systemNames = map[string]bool{"tableoid": true, "xmin": true, "xmax": true, "cmin": true, "cmax": true, "ctid": true}

// partitionable refuses keys whose types have no order, or no hash, and says whether the
// others are ordered by a collation.
func (e *Env) partitionable(el *ast.IndexElem, k *catalog.PartitionKey, by ast.PartitionStrategy) error {
	order := orderOf(by)
	hint := "You must specify a %s operator class or define a default %s operator class for the data type."
	err := ordered(k.Type, order)
	if pe, ok := pgerr.As(err); ok && pe.Code == pgerrcode.UndefinedFunction {
		err = nil // that shows when there are bounds to compare
	}
	if err != nil || by == ast.ByHash && (k.Type.IsVector() || el.OpClass == nil && !syscat.HasDefaultOpClass(order, k.Type.OID)) {
		return pgerr.Newf(pgerrcode.UndefinedObject, "data type %s has no default operator class for access method %q", types.TypeName(k.Type.OID), order).
			WithHint(hint, order, order)
	}
	index := &catalog.IndexKey{Type: k.Type, Collation: k.Collation, OpClass: k.OpClass}
	if err := e.orderKey(&catalog.Index{}, index, nil, order); err != nil {
		return err
	}
	if k.Order = index.Order; k.Order != "" && k.Type.IsArray() {
		return pgerr.NotSupported(int(el.Pos), "a partition key of arrays whose collation is not by bytes is not supported")
	}
	return nil
}

func (e *Env) partitionExpr(t *catalog.Table, el *ast.IndexElem, n int) (k catalog.PartitionKey, err error) {
	var bad error
	ast.Walk(el.Expr, func(n ast.Node) bool {
		if ref, ok := n.(*ast.ColumnRef); ok && len(ref.Parts) > 0 && bad == nil {
			if c := t.ColumnByName(ref.Parts[len(ref.Parts)-1]); c != nil && c.Generated != 0 {
				bad = pgerr.New(pgerrcode.InvalidObjectDefinition, "cannot use generated column in partition key").
					WithDetail("Column %q is a generated column.", c.Name).At(int(el.Pos))
			}
		}
		return bad == nil
	})
	b, err := bind.Scalar(el.Expr, t, bind.PartKey, types.T{}, "", e.options())
	switch {
	case err != nil: // PostgreSQL reads the expression without the statement's text
		return k, placeless(err)
	case bad != nil:
		return k, bad
	case untyped(el.Expr):
		return k, pgerr.Newf(pgerrcode.InvalidTableDefinition, "partition key column %d has pseudo-type unknown", n)
	case isColumnRef(el.Expr) && b.Type().OID == types.RecordOID:
		return k, pgerr.NotSupported(int(el.Pos), "a partition key of whole rows is not supported")
	case unstorable(b.Type()):
		return k, pgerr.Newf(pgerrcode.InvalidTableDefinition, "partition key column %d has pseudo-type %s", n, types.FormatType(b.Type()))
	}
	if _, constant := b.(*expr.Const); constant {
		return k, pgerr.New(pgerrcode.InvalidObjectDefinition, "cannot use constant expression as partition key")
	}
	if k.Type, k.Collation = b.Type(), typeCollation(b.Type()); k.Collation != 0 {
		id, err := bind.ScalarCollation(el.Expr, t, bind.PartKey, e.options())
		switch {
		case err != nil:
			return k, placeless(err)
		case id == bind.NoCollation:
			return k, pgerr.Newf(pgerrcode.InvalidTableDefinition, "no collation was derived for partition key column %d with collatable type %s", n, types.FormatType(b.Type())).
				WithHint("Use the COLLATE clause to set the collation explicitly.")
		}
		k.Collation, k.Derived = id, id
	}
	k.Expr, err = e.storedText(el.Expr, t, bind.PartKey, types.T{}, "")
	return k, err
}

func isColumnRef(x ast.Expr) bool {
	_, ok := x.(*ast.ColumnRef)
	return ok
}

// untyped reports a constant that nothing has given a type.
func untyped(x ast.Expr) bool {
	l, ok := x.(*ast.Lit)
	return ok && (l.Kind == ast.LitString || l.Kind == ast.LitNull)
}
