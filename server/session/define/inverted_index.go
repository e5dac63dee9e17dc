package define

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/gin"
	"github.com/loxodb/loxodb/sql/opclass"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// invertedIndex makes the keys and the options of an inverted index; errors are
// PostgreSQL's, in its order.
func (e *Env) invertedIndex(t *catalog.Table, x *catalog.Index, st *ast.CreateIndex) error {
	switch {
	case st.Unique:
		return pgerr.NotSupported(-1, "access method %q does not support unique indexes", x.Method)
	case len(st.Including) > 0:
		return pgerr.NotSupported(-1, "access method %q does not support included columns", x.Method)
	}
	var err error
	if x.Options, err = setInverted(nil, st.With); err != nil {
		return err
	}
	for i := range st.Elems {
		k, err := e.invertedKey(t, x, &st.Elems[i])
		if err != nil {
			return err
		}
		x.Keys = append(x.Keys, k)
	}
	return comparable(x)
}

// comparable refuses arrays of what cannot be compared.
func comparable(x *catalog.Index) error {
	for i := range x.Keys {
		if t := x.Keys[i].Type; x.Keys[i].OpClass == "array_ops" && t.IsArray() && !syscat.Ordered(t.Elem().OID) {
			return pgerr.Newf(pgerrcode.UndefinedFunction, "could not identify a comparison function for type %s", types.FormatType(t.Elem()))
		}
	}
	return nil
}

// retypeInverted gives the keys of an index whose types have changed their operator
// classes: those that were the default of the old type are the default of the new one.
func (e *Env) retypeInverted(old, x *catalog.Index) error {
	for i := range x.Keys {
		k := &x.Keys[i]
		el := &ast.IndexElem{}
		if c, ok := gin.Default(old.Keys[i].Type); !ok || c.Name != k.OpClass {
			el.OpClass = &ast.QName{Name: k.OpClass}
		}
		var err error
		if k.OpClass, err = e.invertedClass(el, k.Type); err != nil {
			return err
		}
	}
	return comparable(x)
}

func (e *Env) invertedKey(t *catalog.Table, x *catalog.Index, el *ast.IndexElem) (k catalog.IndexKey, err error) {
	if k, err = e.partedKey(t, el); err != nil {
		return k, err
	}
	if err := e.collatedKey(t, x, el, &k, x.Method); err != nil {
		return k, err
	}
	if k.OpClass, err = e.invertedClass(el, k.Type); err != nil {
		return k, err
	}
	switch {
	case el.Desc || el.Asc:
		return k, pgerr.NotSupported(-1, "access method %q does not support ASC/DESC options", x.Method)
	case el.Nulls != ast.NullsDefault:
		return k, pgerr.NotSupported(-1, "access method %q does not support NULLS FIRST/LAST options", x.Method)
	case len(el.OpOptions) > 0:
		return k, pgerr.Newf(pgerrcode.InvalidParameterValue, "operator class %s has no options", k.OpClass)
	}
	return k, nil
}

// partedKey is the column or the expression of a key.
func (e *Env) partedKey(t *catalog.Table, el *ast.IndexElem) (k catalog.IndexKey, err error) {
	c, b, err := e.keyPart(t, el)
	if err != nil {
		return k, err
	}
	if c != nil {
		return catalog.IndexKey{Attr: c.Num, Type: c.Type, Collation: c.Collation}, nil
	}
	k.Type = b.Type()
	k.Collation = typeCollation(k.Type)
	k.Name = bind.IndexColumnName(el.Expr)
	k.Expr, err = e.storedText(el.Expr, t, bind.IndexKey, types.T{}, "")
	return k, err
}

// invertedClass finds the operator class of a key: the one named, or the default.
func (e *Env) invertedClass(el *ast.IndexElem, key types.T) (string, error) {
	if el.OpClass == nil {
		if c, ok := gin.Default(key); ok && e.offers(c) {
			return c.Name, nil
		}
		return "", pgerr.Newf(pgerrcode.UndefinedObject, "data type %s has no default operator class for access method \"gin\"", types.TypeName(key.OID)).
			WithHint("You must specify an operator class for the index or define a default operator class for the data type.")
	}
	n := el.OpClass
	c, ok := gin.ByName(n.Name)
	if err := e.classThere("gin", n, ok && e.offers(c)); err != nil {
		return "", err
	}
	if !c.Accepts(key) {
		return "", pgerr.Newf(pgerrcode.DatatypeMismatch, "operator class %q does not accept data type %s", c.Name, types.FormatType(types.Of(key.OID)))
	}
	return c.Name, nil
}

// offers reports a class that is there: its extension is installed.
func (e *Env) offers(c *gin.Class) bool {
	if c.Extension == "" {
		return true
	}
	_, ok := e.Catalog.Extension(c.Extension)
	return ok
}

// classUsers are the indexes, or the exclusion constraints, with a key of an operator class.
func (e *Env) classUsers(class catalog.ID) (out []dependent) {
	method, name := syscat.ClassName(class)
	for _, t := range e.Catalog.Tables() {
		for _, x := range t.Indexes {
			if x.AccessMethod() != method || !slices.ContainsFunc(x.Keys, func(k catalog.IndexKey) bool { return k.OpClass == name }) {
				continue
			}
			o := object{kind: indexObject, id: x.ID}
			if x.Constraint != 0 {
				o = object{kind: constraintObject, id: t.ID, part: x.Constraint}
			}
			out = append(out, dependent{object: o, order: x.ID})
		}
	}
	return out
}

// pendingLimit is the one parameter of inverted indexes that is a number. Neither has an
// effect: entries are never put off.
var pendingLimit = opclass.Option{Name: "gin_pending_list_limit", Min: 64, Max: 2147483647}

// setInverted checks WITH (…) or SET (…) of an inverted index and adds it to set.
func setInverted(set catalog.Options, with []ast.Option) (catalog.Options, error) {
	var seen []string
	for i := range with {
		name, v := with[i].Name, optionValue(&with[i])
		switch {
		case with[i].Namespace != "":
			return nil, unknownNamespace(with[i].Namespace)
		case name != "fastupdate" && name != pendingLimit.Name:
			return nil, unrecognized(name)
		case slices.Contains(seen, name):
			return nil, pgerr.Newf(pgerrcode.InvalidParameterValue, "parameter %q specified more than once", name)
		case name == "fastupdate":
			if _, err := types.ParseText(types.Of(types.BoolOID), strings.TrimSpace(v), types.DefaultFormat); err != nil {
				return nil, pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid value for boolean option %q: %s", name, v)
			}
		default:
			if err := pendingLimit.Check(v); err != nil {
				return nil, err
			}
		}
		seen, set = append(seen, name), set.With(name, v)
	}
	return set, nil
}
