package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// conflictKey is a part of ON CONFLICT's target: a column or an expression, and what the
// index must order it by, if that is said.
type conflictKey struct {
	attr      int16 // 0 = x
	x         expr.Expr
	class     string
	collation catalog.ID
}

// inferArbiters finds the unique indexes whose keys are exactly the target's.
func (b *binder) inferArbiters(t *catalog.Table, alias string, x *ast.OnConflict) ([]*catalog.Index, error) {
	named := t
	if alias != "" && alias != t.Name {
		renamed := *t
		renamed.Name, named = alias, &renamed
	}
	keys := make([]conflictKey, len(x.Target))
	for i := range x.Target {
		var err error
		if keys[i], err = b.conflictKey(named, alias, x, &x.Target[i]); err != nil {
			return nil, err
		}
	}
	var pred expr.Expr
	if x.Where != nil {
		p, err := Scalar(x.Where, named, IndexPred, types.Of(types.BoolOID), "", b.o)
		if err != nil {
			return nil, err
		}
		pred = p
	}
	var out []*catalog.Index
	for _, i := range t.Indexes {
		ok, err := b.arbiterMatches(t, i, keys, pred)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, i)
		}
	}
	if out == nil {
		return nil, pgerr.New(pgerrcode.InvalidColumnReference, "there is no unique or exclusion constraint matching the ON CONFLICT specification")
	}
	return out, nil
}

// conflictKey binds a part of the target. t has the name by which the statement calls it.
func (b *binder) conflictKey(t *catalog.Table, alias string, x *ast.OnConflict, e *ast.IndexElem) (k conflictKey, err error) {
	switch {
	case e.Asc || e.Desc:
		return k, errAt(x.TargetAt, pgerrcode.InvalidColumnReference, "ASC/DESC is not allowed in ON CONFLICT clause")
	case e.Nulls != ast.NullsDefault:
		return k, errAt(x.TargetAt, pgerrcode.InvalidColumnReference, "NULLS FIRST/LAST is not allowed in ON CONFLICT clause")
	}
	at := x.TargetAt
	if e.Expr != nil {
		at = e.Expr.Position()
		if k.x, err = Scalar(e.Expr, t, IndexKey, types.T{}, "", b.o); err != nil {
			return k, err
		}
		if c, ok := k.x.(*expr.Column); ok {
			k.attr = int16(c.Index + 1)
		}
	} else {
		c := t.ColumnByName(e.Column)
		if c == nil {
			s := &scope{items: []*nsItem{b.rowItem(t, alias)}}
			if x.DoUpdate {
				s.items = append(s.items, b.rowItem(t, "excluded"))
			}
			return k, b.columnHint(s, "", e.Column, errAt(at, pgerrcode.UndefinedColumn, "column \"%s\" does not exist", e.Column))
		}
		k.attr = c.Num
	}
	if e.Collation != nil {
		n := *e.Collation
		n.Pos = at
		c, err := FindCollation(&n, b.o)
		if err != nil {
			return k, err
		}
		k.collation = c.ID
	}
	if e.OpClass != nil {
		k.class = e.OpClass.Name
		if _, ok := syscat.OpClassInput("btree", k.class); !ok {
			return k, pgerr.Newf(pgerrcode.UndefinedObject, "operator class \"%s\" does not exist for access method \"btree\"", k.class)
		}
	}
	return k, nil
}

// arbiterMatches reports a unique index whose keys are those of the target, as PostgreSQL's
// infer_arbiter_indexes does.
func (b *binder) arbiterMatches(t *catalog.Table, i *catalog.Index, target []conflictKey, pred expr.Expr) (bool, error) {
	if !i.Unique || !i.Valid || i.IsVector() {
		return false, nil
	}
	w, err := IndexWrite(t, i, b.o)
	if err != nil {
		return false, err
	}
	keys := make([]conflictKey, len(i.Keys))
	for n := range keys {
		k := w.Keys[n]
		if call, ok := k.(*expr.Call); ok && call.Fn == builtin.CollationKey {
			k = call.Args[0] // the key of a nondeterministic collation
		}
		if keys[n].x = k; i.Keys[n].Attr != 0 {
			keys[n].attr = i.Keys[n].Attr
		}
	}
	for n := range keys {
		if !slices.ContainsFunc(target, keys[n].same) {
			return false, nil
		}
	}
	for n := range target {
		found := false
		for k := range keys {
			found = found || target[n].same(keys[k]) && syscat.KeyAgrees(t, i, k, target[n].class, target[n].collation)
		}
		if !found {
			return false, nil
		}
	}
	return w.Where == nil || pred != nil && Implies(logical.Conjuncts(nil, pred), w.Where), nil
}

// same reports keys of the same value.
func (k conflictKey) same(o conflictKey) bool {
	if k.attr != 0 || o.attr != 0 {
		return k.attr == o.attr
	}
	return logical.Same(k.x, o.x)
}
