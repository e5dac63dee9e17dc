package define

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/opclass"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// exclusionConstraint is EXCLUDE: a constraint and an index, which is kept as an ordered
// one whatever its access method; see catalog.Index.Exclude. Errors are PostgreSQL's, in
// its order (DefineIndex, ComputeIndexAttrs).
func (e *Env) exclusionConstraint(ctx context.Context, t *catalog.Table, c *catalog.Constraint, k *ast.Constraint) (*catalog.Index, error) {
	if t.IsPartitioned() {
		return nil, pgerr.NotSupported(int(k.Pos), "exclusion constraints are not supported on partitioned tables")
	}
	if err := knownTablespace(k.Tablespace); err != nil {
		return nil, err
	}
	c.Kind = catalog.ExcludeConstraint
	x := &catalog.Index{Table: t.ID, Constraint: c.ID, Ready: true, Valid: true, Deferrable: c.Deferrable}
	if err := e.exclusionKeys(t, x, k); err != nil {
		return nil, err
	}
	for i := range x.Keys {
		c.Columns = append(c.Columns, x.Keys[i].Attr)
	}
	var err error
	if k.Where != nil {
		if x.Where, err = e.storedText(k.Where, t, bind.IndexPred, types.Of(types.BoolOID), ""); err != nil {
			return nil, err
		}
	}
	if c.Name == "" {
		c.Name = e.relationName(t.Schema, indexNames(t), t.Name, keyNames(t, x), "excl")
	} else if e.Catalog.RelationExists(t.Schema, c.Name) {
		return nil, pgerr.Newf(pgerrcode.DuplicateTable, "relation %q already exists", c.Name)
	}
	if x.ID, err = e.edit.NewID(ctx); err != nil {
		return nil, err
	}
	x.Name, x.Storage, c.Index = c.Name, x.ID, x.ID
	t.Constraints, t.Indexes = append(t.Constraints, c), append(t.Indexes, x)
	return x, nil
}

// exclusionKeys makes the keys of the index and finds their operators.
func (e *Env) exclusionKeys(t *catalog.Table, x *catalog.Index, k *ast.Constraint) error {
	for i := range k.Elems {
		if name := k.Elems[i].Column; name != "" && t.ColumnByName(name) == nil {
			return pgerr.Newf(pgerrcode.UndefinedColumn, "column %q named in key does not exist", name)
		}
	}
	st := &ast.CreateIndex{At: k.At, Method: k.Method, Elems: k.Elems, With: k.With}
	for _, name := range k.Including {
		st.Including = append(st.Including, ast.IndexElem{At: k.At, Column: name})
	}
	if len(st.Elems)+len(st.Including) > 32 {
		return pgerr.New(pgerrcode.TooManyColumns, "cannot use more than 32 columns in an index")
	}
	method := k.Method
	switch method {
	case "", "btree":
		x.Method, method = "btree", "btree"
		if err := e.orderedKeys(t, x, st, method); err != nil {
			return err
		}
	case "hash":
		if err := e.hashIndex(t, x, st); err != nil {
			return err
		}
	case "gist":
		if err := e.gistKeys(t, x, st); err != nil {
			return err
		}
	case "gin", "brin":
		return pgerr.NotSupported(-1, "access method %q does not support exclusion constraints", method)
	default:
		if _, ok := opclass.MethodByName(method); !ok && method != "spgist" {
			return pgerr.Newf(pgerrcode.UndefinedObject, "access method %q does not exist", method)
		}
		return pgerr.NotSupported(int(k.Pos), "exclusion constraints over the access method %q are not supported", method)
	}
	for i := range x.Keys {
		op, err := e.exclusionOperator(&x.Keys[i], &k.Operators[i], method)
		if err != nil {
			return err
		}
		addExcluded(x, op)
	}
	return nil
}

// addExcluded gives the index's next key its operator.
func addExcluded(x *catalog.Index, op *builtin.Operator) {
	i := len(x.Exclude)
	x.Exclude = append(x.Exclude, op.OID)
	if x.Same == i && op.Name == "=" {
		x.Same++
	}
	x.Disjoint = x.Same == i && len(x.Keys) == i+1 && op.Name == "&&" && types.RangeTypeOf(x.Keys[i].Type.OID) != nil
}

// gistKeys makes the keys of an index that is shown as a gist one.
func (e *Env) gistKeys(t *catalog.Table, x *catalog.Index, st *ast.CreateIndex) error {
	x.Method, x.Gist = "btree", true
	if err := e.orderedKeys(t, x, st, "gist"); err != nil {
		return err
	}
	for i := range x.Keys {
		el, k := &st.Elems[i], &x.Keys[i]
		class, ok := syscat.OpClassFor("gist", k.OpClass, k.Type.OID)
		if ok && class.Extension != "" {
			_, ok = e.Catalog.Extension(class.Extension)
		}
		switch {
		case !ok && el.OpClass != nil:
			return pgerr.Newf(pgerrcode.UndefinedObject, "operator class %q does not exist for access method \"gist\"", el.OpClass.Name)
		case !ok:
			return noDefaultClass("gist", k.Type)
		case el.Asc || el.Desc:
			return pgerr.NotSupported(-1, "access method %q does not support %s", "gist", "ASC/DESC options")
		case el.Nulls != ast.NullsDefault:
			return pgerr.NotSupported(-1, "access method %q does not support %s", "gist", "NULLS FIRST/LAST options")
		case len(el.OpOptions) > 0:
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "operator class %s has no options", class.Name)
		}
		if k.OpClass = ""; el.OpClass != nil || class.Extension != "" {
			k.OpClass = class.Name
		}
	}
	return nil
}

// exclusionOperator finds the operator of a key: it takes two values of the key's type as
// they are, is its own commutator, and one of the operator class.
func (e *Env) exclusionOperator(k *catalog.IndexKey, name *ast.OpName, method string) (*builtin.Operator, error) {
	if c, ok := e.Catalog.CollationByID(k.Collation); ok && !collate.Deterministic(c.Order) {
		return nil, pgerr.NotSupported(-1, "exclusion constraints over nondeterministic collations are not supported")
	}
	r, err := builtin.HasOf(e.Catalog).ResolveOp(name.Schema, name.Name, k.Type.OID, k.Type.OID)
	if err != nil {
		return nil, err
	}
	op := r.Op
	shown := op.Name + "(" + types.TypeName(op.Left) + "," + types.TypeName(op.Right) + ")"
	if !op.Commutes {
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "operator %s is not commutative", shown).
			WithDetail("Only commutative operators can be used in exclusion constraints.")
	}
	class, _ := syscat.OpClassFor(method, k.OpClass, k.Type.OID)
	if !class.Has(op.OID) {
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "operator %s is not a member of operator family %q", shown, class.FamilyName()).
			WithDetail("The exclusion operator must be related to the index operator class for the constraint.")
	}
	return op, nil
}

// retypeExclusion finds the operator classes and operators of an exclusion constraint's
// index n anew, where the types of keys are others than in x.
func (e *Env) retypeExclusion(x, n *catalog.Index) error {
	method := x.AccessMethod()
	n.Exclude, n.Same, n.Disjoint = nil, 0, false
	for i := range n.Keys {
		k, was := &n.Keys[i], &x.Keys[i]
		if d, ok := syscat.OpClassFor(method, "", was.Type.OID); ok && was.OpClass == d.Name {
			k.OpClass = ""
		}
		class, ok := syscat.OpClassFor(method, k.OpClass, k.Type.OID)
		if !ok {
			return noDefaultClass(method, k.Type)
		}
		if was.OpClass != "" {
			k.OpClass = class.Name
		}
		name := builtin.OperatorByOID(x.Exclude[i]).Name
		op, err := e.exclusionOperator(k, &ast.OpName{Name: name}, method)
		if err != nil {
			return err
		}
		addExcluded(n, op)
	}
	return nil
}

// noDefaultClass is the error of a key without an operator class.
func noDefaultClass(method string, t types.T) error {
	return pgerr.Newf(pgerrcode.UndefinedObject, "data type %s has no default operator class for access method %q", types.TypeName(t.OID), method).
		WithHint("You must specify an operator class for the index or define a default operator class for the data type.")
}
