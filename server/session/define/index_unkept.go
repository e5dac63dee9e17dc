package define

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// unkeptIndex refuses an index of a method that keeps none here: for what PostgreSQL finds
// wrong with it, in its order, or else because of the method.
func (e *Env) unkeptIndex(t *catalog.Table, x *catalog.Index, st *ast.CreateIndex) error {
	what := ""
	switch {
	case st.Unique:
		what = "unique indexes"
	case len(st.Including) > 0 && x.Method == "brin":
		what = "included columns"
	case len(st.Elems) > 1 && x.Method == "spgist":
		what = "multicolumn indexes"
	}
	if what != "" {
		return pgerr.NotSupported(-1, "access method %q does not support %s", x.Method, what)
	}
	for i := range st.With {
		if err := unkeptOption(&st.With[i], x.Method); err != nil {
			return err
		}
	}
	for i := range st.Elems {
		k, err := e.partedKey(t, &st.Elems[i])
		if err != nil {
			return err
		}
		if err := e.unkeptKey(t, x, &st.Elems[i], &k); err != nil {
			return err
		}
		if k.Attr < 0 {
			return noIndexColumn(st.Elems[i].Column)
		}
	}
	if err := includeColumns(t, x, st); err != nil {
		return err
	}
	return pgerr.NotSupported(int(st.Pos), "access method %q is not supported", x.Method)
}

func (e *Env) unkeptKey(t *catalog.Table, x *catalog.Index, el *ast.IndexElem, k *catalog.IndexKey) error {
	if el.Collation != nil {
		if _, err := e.collationByName(el.Collation); err != nil {
			return err
		}
		if k.Collation == 0 {
			return pgerr.Newf(pgerrcode.DatatypeMismatch, "collations are not supported by type %s", types.TypeName(k.Type.OID))
		}
	}
	if el.OpClass == nil {
		class, ok := syscat.OpClassFor(x.Method, "", k.Type.OID)
		if ok && class.Extension != "" {
			_, ok = e.Catalog.Extension(class.Extension)
		}
		if !ok {
			return noDefaultClass(x.Method, k.Type)
		}
	} else if err := e.keyClass(el, k.Type, x.Method); err != nil {
		return err
	}
	switch {
	case el.Asc || el.Desc:
		return pgerr.NotSupported(-1, "access method %q does not support %s", x.Method, "ASC/DESC options")
	case el.Nulls != ast.NullsDefault:
		return pgerr.NotSupported(-1, "access method %q does not support %s", x.Method, "NULLS FIRST/LAST options")
	}
	return nil
}

// unkeptParameters are the storage parameters of the methods that keep no index.
var unkeptParameters = map[string]map[string]storageOption{
	"gist":   {"fillfactor": {min: 10, max: 100}, "buffering": {words: `"on", "off", and "auto"`}},
	"spgist": {"fillfactor": {min: 10, max: 100}},
	"brin":   {"pages_per_range": {min: 1, max: 131072}, "autosummarize": {bool: true}},
}

func unkeptOption(o *ast.Option, method string) error {
	if o.Namespace != "" {
		return unknownNamespace(o.Namespace)
	}
	p, known := unkeptParameters[method][o.Name]
	if !known {
		return unrecognized(o.Name)
	}
	return p.check(o.Name, optionValue(o))
}

// systemTypes are the types of the columns that every table has.
var systemTypes = map[string]types.OID{"tableoid": types.OidOID, "ctid": types.TidOID, "xmin": types.XidOID, "xmax": types.XidOID,
	"cmin": types.CidOID, "cmax": types.CidOID}

// indexedColumn is a column that an index names, also one that every table has: that is refused
// when the index's keys are known, of whose number it has a negative one.
func indexedColumn(t *catalog.Table, name string) *catalog.Column {
	if c := t.ColumnByName(name); c != nil {
		return c
	}
	if of, ok := systemTypes[name]; ok {
		return &catalog.Column{Num: catalog.SystemAttr(name), Name: name, Type: types.Of(of)}
	}
	return nil
}
