package define

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/opclass"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// createIndex is CREATE INDEX: it keeps writers of the table out while it builds.
func (e *Env) createIndex(ctx context.Context, st *ast.CreateIndex) error {
	if st.Concurrently {
		if err := e.Alone("CREATE INDEX CONCURRENTLY"); err != nil {
			return err
		}
	}
	t, x, err := e.addIndex(ctx, st, true)
	if err != nil || x == nil {
		return err
	}
	if t.IsPartitioned() {
		return e.partsOfIndex(ctx, t, x, st.Only)
	}
	if err := e.mayBuild(ctx, t, x); err != nil {
		return err
	}
	e.Jobs.Command = "CREATE INDEX"
	return e.Jobs.Build(ctx, e.Txn, e.Catalog, t, x)
}

// mayBuild refuses an index whose expressions call what the table's owner, in whose name an
// index is built, may not: the condition's always, those of keys when there is a row.
func (e *Env) mayBuild(ctx context.Context, t *catalog.Table, x *catalog.Index) error {
	o := e.options()
	if owner, ok := e.Catalog.RoleByID(t.Owner); ok {
		o.Role, o.Super = owner.ID, owner.Super
	}
	if err := bind.MayCompute(x.Where, t, bind.IndexPred, types.Of(types.BoolOID), "", o); err != nil {
		return err
	}
	if !slices.ContainsFunc(x.Keys, func(k catalog.IndexKey) bool { return k.Expr != "" }) {
		return nil
	}
	if any, err := e.hasRows(ctx, t); err != nil || !any {
		return err
	}
	for i := range x.Keys {
		if err := bind.MayCompute(x.Keys[i].Expr, t, bind.IndexKey, types.T{}, "", o); err != nil {
			return err
		}
	}
	return nil
}

// addIndex stores the descriptor of a new index and takes the table's lock; nil
// if it is there and may be.
func (e *Env) addIndex(ctx context.Context, st *ast.CreateIndex, valid bool) (t *catalog.Table, x *catalog.Index, err error) {
	if t, err = e.table(&st.Table); err != nil {
		return nil, nil, e.notIndexed(&st.Table, err)
	}
	if err := notComposite(t); err != nil {
		return nil, nil, err
	}
	if err := e.indexWritten(t, st); err != nil {
		return nil, nil, err
	}
	if t.IsPartitioned() && st.Concurrently {
		return nil, nil, pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot create index on partitioned table %q concurrently", t.Name)
	}
	if !t.IsStored() {
		return nil, nil, pgerr.Newf(pgerrcode.WrongObjectType, "cannot create index on relation %q", t.Name).
			WithDetail("This operation is not supported for views.")
	}
	if st.Supporting && begins(t, st.Elems) {
		return nil, nil, nil
	}
	name, key := st.Name, st.Key
	if st.Key == catalog.PrimaryKeyName && t.PrimaryKey() != nil {
		return nil, nil, multiplePrimary(t)
	}
	if st.Key != "" {
		if err := checkLengths(t, st.Elems, st.ShortKeys); err != nil {
			return nil, nil, err
		}
		for n := 2; st.Numbered && keyOf(t, key) != nil; n++ {
			key = fmt.Sprintf("%s_%d", st.Key, n)
		}
		if keyOf(t, key) != nil {
			if st.IfNotExists {
				e.notice(pgerrcode.DuplicateTable, "key %q already exists, skipping", st.Key)
				return nil, nil, nil
			}
			return nil, nil, pgerr.Newf(pgerrcode.DuplicateTable, "key %q of relation %q already exists", st.Key, t.Name)
		}
		name = e.keyIndexName(t, key)
	}
	if err := knownTablespace(st.Tablespace); err != nil {
		return nil, nil, err
	}
	if err := e.own(ctx, t); err != nil {
		return nil, nil, err
	}
	if err := e.settled(ctx, "CREATE INDEX", t); err != nil {
		return nil, nil, err
	}
	e.change(ctx)
	if x, err = e.newIndex(ctx, t, st); err != nil {
		return nil, nil, err
	}
	switch {
	case st.Key != "":
		x.Name, x.Key, x.Invisible = name, key, st.Invisible
	case e.Catalog.RelationExists(t.Schema, x.Name):
		if st.IfNotExists {
			e.notice(pgerrcode.DuplicateTable, "relation %q already exists, skipping", st.Name)
			return nil, nil, nil
		}
		return nil, nil, e.freeRelation(t.Schema, x.Name)
	}
	x.Valid, x.Comment = valid, st.Comment
	t = copyTable(t)
	t.Indexes = append(t.Indexes, x)
	return t, x, e.putTable(t)
}

// indexWritten looks at the expressions of a new index, before anything is said of its table
// and its method (transformIndexStmt).
func (e *Env) indexWritten(t *catalog.Table, st *ast.CreateIndex) error {
	if st.Where != nil {
		if _, err := bind.Scalar(st.Where, t, bind.IndexPred, types.Of(types.BoolOID), "", e.options()); err != nil {
			return err
		}
	}
	for i := range st.Elems {
		if x := st.Elems[i].Expr; x != nil {
			if _, err := bind.Scalar(x, t, bind.IndexKey, types.T{}, "", e.options()); err != nil {
				return err
			}
		}
	}
	return nil
}

// begins reports that some index of a table begins with those columns, in any order.
func begins(t *catalog.Table, elems []ast.IndexElem) bool {
	for _, x := range t.Indexes {
		if len(x.Keys) < len(elems) || x.IsVector() || x.IsInverted() || x.Where != "" {
			continue
		}
		found := 0
		for i := range elems {
			if c := t.ColumnByName(elems[i].Column); c != nil && slices.ContainsFunc(x.Keys[:len(elems)], func(k catalog.IndexKey) bool { return k.Attr == c.Num }) {
				found++
			}
		}
		if found == len(elems) {
			return true
		}
	}
	return false
}

// newIndex makes an index's descriptor.
func (e *Env) newIndex(ctx context.Context, t *catalog.Table, st *ast.CreateIndex) (*catalog.Index, error) {
	x := &catalog.Index{
		Table: t.ID, Name: st.Name, Method: st.Method, Unique: st.Unique,
		NullsNotDistinct: st.NullsNotDistinct, Ready: true, Valid: true,
	}
	if x.Method == "" {
		x.Method = "btree"
	}
	var err error
	if st.Where != nil {
		if x.Where, err = e.storedText(st.Where, t, bind.IndexPred, types.Of(types.BoolOID), ""); err != nil {
			return nil, err
		}
		if x.Where == "true" { // which demands nothing
			x.Where = ""
		}
	}
	if len(st.Elems)+len(st.Including) > 32 {
		return nil, pgerr.New(pgerrcode.TooManyColumns, "cannot use more than 32 columns in an index")
	}
	switch x.Method {
	case "btree":
		err = e.orderedKeys(t, x, st, "btree")
	case "hash":
		err = e.hashIndex(t, x, st)
	case "gin":
		err = e.invertedIndex(t, x, st)
	case "gist", "spgist", "brin":
		err = e.unkeptIndex(t, x, st)
	default:
		m, ok := opclass.MethodByName(x.Method)
		if !ok {
			return nil, pgerr.Newf(pgerrcode.UndefinedObject, "access method %q does not exist", st.Method)
		}
		err = e.vectorIndex(t, x, m, st)
	}
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(x.Keys, func(k catalog.IndexKey) bool { return k.Attr < 0 }) {
		return nil, pgerr.New(pgerrcode.FeatureNotSupported, "index creation on system columns is not supported")
	}
	if err := uniqueInParts(t, x, "UNIQUE"); err != nil {
		return nil, err
	}
	if x.Name == "" {
		x.Name = e.relationName(t.Schema, nil, t.Name, keyNames(t, x), "idx")
	}
	if x.ID, err = e.edit.NewID(ctx); err != nil {
		return nil, err
	}
	x.Storage = x.ID
	return x, checkOptions(x)
}

// keyNames is the middle of a generated index name.
func keyNames(t *catalog.Table, x *catalog.Index) string {
	var list []string
	for i := range x.Keys {
		if a := x.Keys[i].Attr; a != 0 {
			list = append(list, t.Columns[a-1].Name)
		} else {
			list = append(list, x.Keys[i].Name)
		}
	}
	for _, a := range x.Include {
		list = append(list, t.Columns[a-1].Name)
	}
	return joinNames(list)
}

// joinNames joins the names of an index's columns; one that is there already gets a number.
func joinNames(list []string) string {
	var parts []string
	for _, name := range list {
		unique := name
		for i := 1; slices.Contains(parts, unique); i++ {
			unique = name + strconv.Itoa(i)
		}
		parts = append(parts, unique)
	}
	return strings.Join(parts, "_")
}

// orderedKeys makes the keys of a btree index.
func (e *Env) orderedKeys(t *catalog.Table, x *catalog.Index, st *ast.CreateIndex, method string) (err error) {
	if x.Options, err = orderedOptions(st.With, method); err != nil {
		return err
	}
	for i := range st.Elems {
		el := &st.Elems[i]
		var k catalog.IndexKey
		el, err := e.withoutCollate(t, el)
		if err != nil {
			return err
		}
		if el.Column != "" {
			c := indexedColumn(t, el.Column)
			if c == nil {
				return noIndexColumn(el.Column).At(int(el.Pos))
			}
			if n := prefixOf(c, el.Prefix); n > 0 && (st.Unique || isWide(c)) {
				el = prefixElem(el, c, n)
				k, err = e.expressionKey(t, el, method)
			} else {
				k, err = columnKey(t, c, method)
				k.Prefix = n
			}
		} else {
			k, err = e.expressionKey(t, el, method)
		}
		if err != nil {
			return err
		}
		if err := e.keyClass(el, k.Type, method); err != nil {
			return err
		}
		if err := e.collatedKey(t, x, el, &k, method); err != nil {
			return err
		}
		k.Desc = el.Desc
		k.NullsFirst = el.Nulls == ast.NullsFirst || el.Nulls == ast.NullsDefault && el.Desc
		if el.OpClass != nil {
			k.OpClass = el.OpClass.Name
		}
		x.Keys = append(x.Keys, k)
	}
	if err := includeColumns(t, x, st); err != nil {
		return err
	}
	for i := range st.Elems {
		if el := &st.Elems[i]; el.OpClass != nil && len(el.OpOptions) > 0 { // no class of these methods has any
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "operator class %s has no options", ast.QuoteIdent(el.OpClass.Name))
		}
	}
	return nil
}

// includeColumns is INCLUDE (…); errors are PostgreSQL's, in its order.
func includeColumns(t *catalog.Table, x *catalog.Index, st *ast.CreateIndex) error {
	for i := range st.Including {
		el := &st.Including[i]
		if el.Column == "" {
			return pgerr.New(pgerrcode.FeatureNotSupported, "expressions are not supported in included columns")
		}
		c := t.ColumnByName(el.Column)
		if c == nil {
			return noIndexColumn(el.Column)
		}
		what := ""
		switch {
		case el.Collation != nil:
			what = "a collation"
		case el.OpClass != nil:
			what = "an operator class"
		case el.Asc || el.Desc:
			what = "ASC/DESC options"
		case el.Nulls != ast.NullsDefault:
			what = "NULLS FIRST/LAST options"
		}
		if what != "" {
			return pgerr.New(pgerrcode.InvalidObjectDefinition, "including column does not support "+what)
		}
		x.Include = append(x.Include, c.Num)
	}
	return nil
}

// noIndexColumn is the error for a column of an index that the table does not have as its own.
func noIndexColumn(name string) *pgerr.Error {
	if systemNames[name] {
		return pgerr.New(pgerrcode.FeatureNotSupported, "index creation on system columns is not supported")
	}
	return pgerr.Newf(pgerrcode.UndefinedColumn, "column %q does not exist", name)
}

func (e *Env) expressionKey(t *catalog.Table, el *ast.IndexElem, method string) (k catalog.IndexKey, err error) {
	b, err := e.immutable(el.Expr, t)
	if err != nil {
		return k, err
	}
	if k.Type = b.Type(); ordered(k.Type, method) != nil {
		return k, ordered(k.Type, method)
	}
	k.Collation = typeCollation(k.Type)
	if k.Name = bind.IndexColumnName(el.Expr); unstorable(k.Type) {
		return k, pgerr.Newf(pgerrcode.InvalidTableDefinition, "column %q has pseudo-type %s", k.Name, types.FormatType(k.Type))
	}
	k.Expr, err = e.storedText(el.Expr, t, bind.IndexKey, types.T{}, "")
	return k, err
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

// index finds an index by name.
func (e *Env) index(n *ast.QName) (t *catalog.Table, x *catalog.Index, err error) {
	err = e.find(n, func(s catalog.ID) (ok bool) { x, ok = e.Catalog.Index(s, n.Name); return ok })
	if err != nil {
		return nil, nil, e.misnamed(n, "an index", err)
	}
	t, _ = e.Catalog.TableByID(x.Table)
	return t, x, nil
}
