package define

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// createIndex is CREATE INDEX: it keeps writers of the table out while it builds.
func (e *Env) createIndex(ctx context.Context, st *ast.CreateIndex) error {
	if st.Concurrently {
		if err := e.Alone("CREATE INDEX CONCURRENTLY"); err != nil {
			return err
		}
	}
	t, err := e.table(&st.Table)
	if err != nil {
		return err
	}
	if t.Kind != catalog.KindTable {
		return pgerr.Newf(pgerrcode.WrongObjectType, "cannot create index on relation %q", t.Name).
			WithDetail("This operation is not supported for views.")
	}
	if st.Name != "" && e.Catalog.RelationExists(t.Schema, st.Name) {
		if st.IfNotExists {
			e.notice(pgerrcode.DuplicateTable, "relation %q already exists, skipping", st.Name)
			return nil
		}
		return pgerr.Newf(pgerrcode.DuplicateTable, "relation %q already exists", st.Name)
	}
	if err := knownTablespace(st.Tablespace); err != nil {
		return err
	}
	if err := e.Txn.OwnTable(ctx, t.ID); err != nil {
		return err
	}
	if _, err := e.change(ctx); err != nil {
		return err
	}
	x, err := e.newIndex(ctx, t, st)
	if err != nil {
		return err
	}
	t = copyTable(t)
	t.Indexes = append(t.Indexes, x)
	if err := e.edit.PutTable(t); err != nil {
		return err
	}
	return e.Jobs.Build(ctx, e.Txn, e.Catalog, t, x)
}

// newIndex makes an index's descriptor.
func (e *Env) newIndex(ctx context.Context, t *catalog.Table, st *ast.CreateIndex) (*catalog.Index, error) {
	x := &catalog.Index{
		Table: t.ID, Name: st.Name, Method: strings.ToLower(st.Method), Unique: st.Unique,
		NullsNotDistinct: st.NullsNotDistinct, Ready: true, Valid: true,
	}
	if x.Method == "" {
		x.Method = "btree"
	}
	var err error
	switch x.Method {
	case "btree":
		err = e.orderedKeys(t, x, st)
	case "hash": // an ordered index answers everything a hash index does
		x.Method = "btree"
		if err = e.orderedKeys(t, x, st); err == nil {
			err = hashable(x)
		}
	case "hnsw", "flat":
		err = e.vectorKey(t, x, st)
	case "ivfflat", "gin", "gist", "spgist", "brin", "ivf":
		err = pgerr.NotSupported(int(st.Pos), "access method %q is not supported", x.Method)
	default:
		err = pgerr.Newf(pgerrcode.UndefinedObject, "access method %q does not exist", st.Method)
	}
	if err != nil {
		return nil, err
	}
	if st.Where != nil {
		if x.Where, err = e.storedText(st.Where, t, bind.IndexPred, types.Of(types.BoolOID), ""); err != nil {
			return nil, err
		}
	}
	if x.Name == "" {
		x.Name = e.relationName(t.Schema, nil, t.Name, keyNames(t, x, st), "idx")
	}
	if x.ID, err = e.edit.NewID(ctx); err != nil {
		return nil, err
	}
	x.Storage = x.ID
	return x, nil
}

// keyNames is the middle of a generated index name.
func keyNames(t *catalog.Table, x *catalog.Index, st *ast.CreateIndex) string {
	var parts []string
	for i := range x.Keys {
		if a := x.Keys[i].Attr; a != 0 {
			parts = append(parts, t.Columns[a-1].Name)
			continue
		}
		name := "expr"
		if f, ok := st.Elems[i].Expr.(*ast.Func); ok {
			name = f.Name.Name
		}
		parts = append(parts, name)
	}
	return strings.Join(parts, "_")
}

// orderedKeys makes the keys of a btree index.
func (e *Env) orderedKeys(t *catalog.Table, x *catalog.Index, st *ast.CreateIndex) error {
	if len(st.Elems) > 32 {
		return pgerr.New(pgerrcode.TooManyColumns, "cannot use more than 32 columns in an index")
	}
	for i := range st.Elems {
		el := &st.Elems[i]
		var k catalog.IndexKey
		var err error
		if el.Column != "" {
			c := t.ColumnByName(el.Column)
			if c == nil {
				return pgerr.Newf(pgerrcode.UndefinedColumn, "column %q does not exist", el.Column).At(int(el.Pos))
			}
			k, err = columnKey(t, c)
		} else {
			k, err = e.expressionKey(t, el)
		}
		if err != nil {
			return err
		}
		if err := keyClass(el, k.Type); err != nil {
			return err
		}
		k.Desc = el.Desc
		k.NullsFirst = el.Nulls == ast.NullsFirst || el.Nulls == ast.NullsDefault && el.Desc
		if el.OpClass != nil {
			k.OpClass = el.OpClass.Name
		}
		x.Keys = append(x.Keys, k)
	}
	for i := range st.Including {
		c := t.ColumnByName(st.Including[i].Column)
		if c == nil {
			return pgerr.Newf(pgerrcode.UndefinedColumn, "column %q does not exist", st.Including[i].Column)
		}
		x.Include = append(x.Include, c.Num)
	}
	var err error
	x.Options, err = orderedOptions(st.With)
	return err
}

// hashable refuses the types that pgvector gives no hash operator class.
func hashable(x *catalog.Index) error {
	for i := range x.Keys {
		if t := x.Keys[i].Type; t.IsVector() {
			return pgerr.Newf(pgerrcode.UndefinedObject, "data type %s has no default operator class for access method \"hash\"", types.TypeName(t.OID)).
				WithHint("You must specify an operator class for the index or define a default operator class for the data type.")
		}
	}
	return nil
}

func (e *Env) expressionKey(t *catalog.Table, el *ast.IndexElem) (k catalog.IndexKey, err error) {
	b, err := bind.Scalar(el.Expr, t, bind.IndexKey, types.T{}, "", e.options())
	if err != nil {
		return k, err
	}
	if expr.Volatility(b) != 'i' {
		return k, pgerr.New(pgerrcode.InvalidObjectDefinition, "functions in index expression must be marked IMMUTABLE")
	}
	if k.Type = b.Type(); ordered(k.Type) != nil {
		return k, ordered(k.Type)
	}
	if info := types.Lookup(k.Type.OID); info != nil {
		k.Collation = info.Collation
	}
	k.Expr, err = e.storedText(el.Expr, t, bind.IndexKey, types.T{}, "")
	return k, err
}

// vectorOpClasses are the operator classes that hnsw knows.
var vectorOpClasses = map[string]bool{
	"vector_l2_ops": true, "vector_ip_ops": true, "vector_cosine_ops": true, "vector_l1_ops": true,
}

// vectorKey makes the key of a vector index; errors are pgvector's.
func (e *Env) vectorKey(t *catalog.Table, x *catalog.Index, st *ast.CreateIndex) error {
	if err := refuseVector(x, st); err != nil {
		return err
	}
	el := &st.Elems[0]
	if el.Column == "" {
		return pgerr.NotSupported(int(el.Pos), "vector indexes on expressions are not supported")
	}
	c := t.ColumnByName(el.Column)
	if c == nil {
		return pgerr.Newf(pgerrcode.UndefinedColumn, "column %q does not exist", el.Column).At(int(el.Pos))
	}
	if el.OpClass == nil {
		return pgerr.Newf(pgerrcode.UndefinedObject, "data type %s has no default operator class for access method %q", types.TypeName(c.Type.OID), x.Method).
			WithHint("You must specify an operator class for the index or define a default operator class for the data type.")
	}
	op := el.OpClass.Name
	input, known := syscat.OpClassInput(x.Method, op)
	if !vectorOpClasses[op] && known && input == c.Type.OID {
		return pgerr.NotSupported(int(st.Pos), "operator class %q is not supported", op)
	}
	if !known {
		return pgerr.Newf(pgerrcode.UndefinedObject, "operator class %q does not exist for access method %q", op, x.Method)
	}
	if c.Type.OID != input {
		return pgerr.Newf(pgerrcode.DatatypeMismatch, "operator class %q does not accept data type %s", op, types.TypeName(c.Type.OID))
	}
	if c.Type.Mod < 1 {
		return pgerr.New(pgerrcode.InvalidParameterValue, "column does not have dimensions")
	}
	x.Keys = []catalog.IndexKey{{Attr: c.Num, Type: c.Type, OpClass: op}}
	return vectorOptions(x, st.With)
}

func refuseVector(x *catalog.Index, st *ast.CreateIndex) error {
	switch {
	case st.Unique:
		return pgerr.NotSupported(-1, "access method %q does not support unique indexes", x.Method)
	case len(st.Elems) > 1:
		return pgerr.NotSupported(-1, "access method %q does not support multicolumn indexes", x.Method)
	case len(st.Including) > 0:
		return pgerr.NotSupported(-1, "access method %q does not support included columns", x.Method)
	case st.Elems[0].Desc:
		return pgerr.NotSupported(-1, "access method %q does not support ASC/DESC options", x.Method)
	case st.Elems[0].Nulls != ast.NullsDefault:
		return pgerr.NotSupported(-1, "access method %q does not support NULLS FIRST/LAST options", x.Method)
	}
	return nil
}

// vectorOptions checks WITH (m = …, ef_construction = …).
func vectorOptions(x *catalog.Index, with []ast.Option) error {
	m, ef := 16, 64
	x.Options = map[string]string{}
	for i := range with {
		o := &with[i]
		name := strings.ToLower(o.Name)
		var dst *int
		lo, hi := 2, 100
		switch {
		case x.Method == "hnsw" && name == "m":
			dst = &m
		case x.Method == "hnsw" && name == "ef_construction":
			dst, lo, hi = &ef, 4, 1000
		default:
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "unrecognized parameter %q", o.Name)
		}
		v := optionValue(o)
		n, err := strconv.Atoi(v)
		if err != nil {
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid value for integer option %q: %s", name, v)
		}
		if n < lo || n > hi {
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "value %d out of bounds for option %q", n, name).
				WithDetail("Valid values are between \"%d\" and \"%d\".", lo, hi)
		}
		*dst = n
		x.Options[name] = v
	}
	if x.Method == "hnsw" && ef < 2*m {
		return pgerr.New(pgerrcode.InvalidParameterValue, "ef_construction must be greater than or equal to 2 * m")
	}
	return nil
}

// optionValue is the text of a storage parameter.
func optionValue(o *ast.Option) string {
	l, ok := o.Value.(*ast.Lit)
	if !ok {
		return "true"
	}
	switch l.Kind {
	case ast.LitInt:
		return strconv.FormatInt(l.Int, 10)
	case ast.LitBool:
		return strconv.FormatBool(l.Bool)
	}
	return l.Text
}

// reindex is REINDEX: vector indexes are built anew, ordered ones need nothing.
func (e *Env) reindex(ctx context.Context, st *ast.Reindex) error {
	var tables []*catalog.Table
	only := catalog.ID(0)
	switch st.Kind {
	case "INDEX":
		t, x, err := e.index(&st.Name)
		if err != nil {
			return err
		}
		tables, only = append(tables, t), x.ID
	case "TABLE":
		t, err := e.baseTable(&st.Name)
		if err != nil {
			return err
		}
		tables = append(tables, t)
	default:
		return pgerr.NotSupported(int(st.Pos), "REINDEX %s is not supported", st.Kind).WithHint("Use REINDEX TABLE or REINDEX INDEX.")
	}
	for _, t := range tables {
		if err := e.Txn.OwnTable(ctx, t.ID); err != nil {
			return err
		}
		for i, x := range t.Indexes {
			if !x.IsVector() || only != 0 && x.ID != only {
				continue
			}
			if err := e.rebuild(ctx, t, i); err != nil {
				return err
			}
			t, _ = e.Catalog.TableByID(t.ID)
		}
	}
	return nil
}

// rebuild replaces a vector index by a new one of the same name.
func (e *Env) rebuild(ctx context.Context, t *catalog.Table, i int) error {
	edit, err := e.change(ctx)
	if err != nil {
		return err
	}
	old := t.Indexes[i]
	x := *old
	if x.ID, err = edit.NewID(ctx); err != nil {
		return err
	}
	x.Storage = x.ID
	t = copyTable(t)
	t.Indexes[i] = &x
	if err := edit.DropIndexStorage(old); err != nil {
		return err
	}
	if err := edit.PutTable(t); err != nil {
		return err
	}
	return e.Jobs.Build(ctx, e.Txn, e.Catalog, t, &x)
}

// index finds an index by name.
func (e *Env) index(n *ast.QName) (t *catalog.Table, x *catalog.Index, err error) {
	err = e.find(n, func(s catalog.ID) (ok bool) { x, ok = e.Catalog.Index(s, n.Name); return ok })
	if err != nil {
		return nil, nil, err
	}
	t, _ = e.Catalog.TableByID(x.Table)
	return t, x, nil
}
