package define

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/opclass"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// vectorIndex makes the key and the options of a vector index; errors are
// PostgreSQL's and pgvector's, in their order.
func (e *Env) vectorIndex(t *catalog.Table, x *catalog.Index, m *opclass.Method, st *ast.CreateIndex) error {
	switch {
	case st.Unique:
		return pgerr.NotSupported(-1, "access method %q does not support unique indexes", x.Method)
	case len(st.Elems) > 1:
		return pgerr.NotSupported(-1, "access method %q does not support multicolumn indexes", x.Method)
	}
	var err error
	if x.Options, err = setOptions(nil, m, st.With); err != nil {
		return err
	}
	el := &st.Elems[0]
	k, err := e.vectorKey(t, el)
	if err != nil {
		return err
	}
	if k.OpClass, err = e.opClass(x.Method, el, k.Type, st.Pos); err != nil {
		return err
	}
	if err := acceptsType(x.Method, &k); err != nil {
		return err
	}
	switch {
	case el.Desc || el.Asc:
		return pgerr.NotSupported(-1, "access method %q does not support ASC/DESC options", x.Method)
	case el.Nulls != ast.NullsDefault:
		return pgerr.NotSupported(-1, "access method %q does not support NULLS FIRST/LAST options", x.Method)
	case len(el.OpOptions) > 0:
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "operator class %s has no options", k.OpClass)
	}
	x.Keys = []catalog.IndexKey{k}
	if err := includeColumns(t, x, st); err != nil {
		return err
	}
	return checkVectorKey(x.Method, &k)
}

// checkVectorKey checks that the key's type is one that its operator class
// accepts, and has dimensions, not too many.
func checkVectorKey(method string, k *catalog.IndexKey) error {
	if err := acceptsType(method, k); err != nil {
		return err
	}
	if k.Type.Mod < 1 {
		return pgerr.New(pgerrcode.InvalidParameterValue, "column does not have dimensions")
	}
	if c, ok := opclass.ByName(method, k.OpClass); ok && int(k.Type.Mod) > c.Element.MaxDims() {
		return pgerr.Newf(pgerrcode.ProgramLimitExceeded, "column cannot have more than %d dimensions for %s index", c.Element.MaxDims(), method)
	}
	return nil
}

func acceptsType(method string, k *catalog.IndexKey) error {
	c, ok := opclass.ByName(method, k.OpClass)
	switch {
	case !ok || c.Key == k.Type.OID:
		return nil
	case c.Key == types.BitOID && k.Type.OID == types.VarbitOID: // PostgreSQL takes the class for both
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "type not supported for %s index", method)
	}
	return pgerr.Newf(pgerrcode.DatatypeMismatch, "operator class %q does not accept data type %s", c.Name, types.TypeName(k.Type.OID))
}

// vectorKey is the key of a vector index without its operator class.
func (e *Env) vectorKey(t *catalog.Table, el *ast.IndexElem) (k catalog.IndexKey, err error) {
	c, b, err := e.keyPart(t, el)
	if err != nil {
		return k, err
	}
	if c != nil {
		k = catalog.IndexKey{Attr: c.Num, Type: c.Type}
	} else if k, err = e.computedKey(t, el.Expr, b); err != nil {
		return k, err
	}
	if el.Collation != nil {
		return k, pgerr.Newf(pgerrcode.DatatypeMismatch, "collations are not supported by type %s", types.TypeName(k.Type.OID))
	}
	return k, nil
}

// keyPart is the column of a key, or else its expression, bound. An expression that is
// nothing but a column is one.
func (e *Env) keyPart(t *catalog.Table, el *ast.IndexElem) (c *catalog.Column, b expr.Expr, err error) {
	column := el.Column
	if column == "" {
		if b, err = e.immutable(el.Expr, t); err != nil {
			return nil, nil, err
		}
		only, ok := b.(*expr.Column)
		if !ok {
			return nil, b, nil
		}
		column = t.Columns[only.Index].Name
	}
	if c = indexedColumn(t, column); c == nil {
		return nil, nil, pgerr.Newf(pgerrcode.UndefinedColumn, "column %q does not exist", column).At(int(el.Pos))
	}
	return c, nil, nil
}

// computedKey is the key of an index on an expression, bound as b.
func (e *Env) computedKey(t *catalog.Table, x ast.Expr, b expr.Expr) (k catalog.IndexKey, err error) {
	k.Type = b.Type()
	for _, c := range expr.Columns(b) {
		k.Reads = append(k.Reads, t.Columns[c].Num)
	}
	if len(k.Reads) == 1 && t.Column(k.Reads[0]).Type.IsVector() {
		k.Version = k.Reads[0]
	}
	k.Name = bind.IndexColumnName(x)
	k.Expr, err = e.storedText(x, t, bind.IndexKey, types.T{}, "")
	return k, err
}

// immutable binds an index expression.
func (e *Env) immutable(x ast.Expr, t *catalog.Table) (expr.Expr, error) {
	b, err := bind.Scalar(x, t, bind.IndexKey, types.T{}, "", e.options())
	if err != nil {
		return nil, err
	}
	if !expr.Storable(b) {
		return nil, pgerr.New(pgerrcode.InvalidObjectDefinition, "functions in index expression must be marked IMMUTABLE")
	}
	return b, nil
}

// opClass finds the operator class of a key: the one named, or the default.
func (e *Env) opClass(method string, el *ast.IndexElem, key types.T, pos ast.Pos) (string, error) {
	if el.OpClass == nil {
		if c, ok := opclass.Default(method, key.OID); ok {
			return c.Name, nil
		}
		return "", pgerr.Newf(pgerrcode.UndefinedObject, "data type %s has no default operator class for access method %q", types.TypeName(key.OID), method).
			WithHint("You must specify an operator class for the index or define a default operator class for the data type.")
	}
	n := el.OpClass
	c, ok := opclass.ByName(method, n.Name)
	if input, known := syscat.OpClassInput(method, n.Name); !ok && known && input == key.OID {
		return "", pgerr.NotSupported(int(pos), "operator class %q is not supported", n.Name)
	}
	if err := e.classThere(method, n, ok); err != nil {
		return "", err
	}
	return c.Name, nil
}

// setOptions checks WITH (…) or SET (…) of a vector index and adds it to set.
func setOptions(set catalog.Options, m *opclass.Method, with []ast.Option) (catalog.Options, error) {
	seen := map[string]bool{}
	for i := range with {
		name, v := with[i].Name, optionValue(&with[i])
		if n := with[i].Namespace; n != "" {
			return nil, unknownNamespace(n)
		}
		o := m.Option(name)
		if o == nil {
			return nil, unrecognized(name)
		}
		if seen[name] {
			return nil, pgerr.Newf(pgerrcode.InvalidParameterValue, "parameter %q specified more than once", name)
		}
		if err := o.Check(v); err != nil {
			return nil, err
		}
		seen[name], set = true, set.With(name, v)
	}
	return set, nil
}

// unknownNamespace refuses WITH (a.b = …): parameters of indexes are in none.
func unknownNamespace(name string) error {
	return pgerr.Newf(pgerrcode.InvalidParameterValue, "unrecognized parameter namespace %q", name)
}

func unrecognized(name string) error {
	return pgerr.Newf(pgerrcode.InvalidParameterValue, "unrecognized parameter %q", name)
}

// alterIndex is ALTER INDEX; a vector index obeys new options when it is built next.
func (e *Env) alterIndex(ctx context.Context, st *ast.AlterTable) error {
	t, x, err := e.index(&st.Name)
	if err != nil {
		if st.IfExists && missing(err) {
			e.notice("00000", "relation %q does not exist, skipping", st.Name.Name)
			return nil
		}
		return err
	}
	attach := len(st.Cmds) == 1 && st.Cmds[0].Kind == ast.AttachPartition
	if attach {
		if err := e.ownInvalid(ctx, t, x); err != nil {
			return err
		}
	}
	if err := e.own(ctx, t); err != nil {
		return err
	}
	if attach {
		return e.attachIndex(ctx, t, x, &st.Cmds[0])
	}
	changed := *x
	for i := range st.Cmds {
		if st.Cmds[i].Kind == ast.SetStatistics {
			if err := e.setIndexStatistics(t, &changed, &st.Cmds[i]); err != nil {
				return err
			}
			continue
		}
		if st.Cmds[i].Kind == ast.SetTablespace {
			if err := placeable(st.Cmds[i].Name); err != nil {
				return err
			}
			continue
		}
		if k := st.Cmds[i].Kind; (k == ast.SetOptions || k == ast.ResetOptions) && st.Cmds[i].Name != "" {
			what := "indexes"
			if t.IsPartitioned() {
				what = "partitioned indexes"
			}
			return unsupported("ALTER action "+alterAction(&st.Cmds[i])+" cannot be performed on", x.Name, what)
		}
		if changed.Options, err = alterOptions(changed.Options, x.AccessMethod(), &st.Cmds[i], st); err != nil {
			return err
		}
	}
	e.change(ctx)
	t = copyTable(t)
	replaceIndex(t, &changed)
	return e.putTable(t)
}

// alterOptions applies one action of ALTER INDEX to the options.
func alterOptions(set catalog.Options, method string, cmd *ast.AlterCmd, st *ast.AlterTable) (catalog.Options, error) {
	m, isVector := opclass.MethodByName(method)
	switch cmd.Kind {
	case ast.ResetOptions: // of a parameter that is not set or not known: nothing
		for i := range cmd.Options {
			set = set.Without(cmd.Options[i].Name)
		}
	case ast.SetOptions:
		if isVector {
			return setOptions(set, m, cmd.Options)
		}
		if method == "gin" {
			return setInverted(set, cmd.Options)
		}
		for i := range cmd.Options {
			o := &cmd.Options[i]
			if err := checkOrdered(o, method); err != nil {
				return nil, err
			}
			set = set.With(o.Name, optionValue(o))
		}
	case ast.ChangeOwner:
	default:
		return nil, pgerr.NotSupported(int(st.Pos), "this form of ALTER %s is not supported", st.Kind)
	}
	return set, nil
}

// checkOptions is what is checked when an index is built, not when it is altered.
func checkOptions(x *catalog.Index) error {
	if x.Method == "hnsw" && opclass.Value(x, "ef_construction") < 2*opclass.Value(x, "m") {
		return pgerr.New(pgerrcode.InvalidParameterValue, "ef_construction must be greater than or equal to 2 * m")
	}
	return opclass.CheckCoding(x)
}
