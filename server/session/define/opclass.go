package define

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// keyClass checks the operator class that a btree key names.
func (e *Env) keyClass(el *ast.IndexElem, t types.T, method string) error {
	n := el.OpClass
	if n == nil {
		return nil
	}
	known, accepts := syscat.OpClassAccepts(method, n.Name, t.OID)
	if err := e.classThere(method, n, known); err != nil {
		return err
	}
	if !accepts {
		return pgerr.Newf(pgerrcode.DatatypeMismatch, "operator class %q does not accept data type %s", dotted(n), types.TypeName(t.OID))
	}
	return nil
}

// classThere refuses the name of an operator class that the server does not know, or that is
// not in the schema that is written.
func (e *Env) classThere(method string, n *ast.QName, known bool) error {
	if n.Schema == builtin.VectorSchema {
		n = &ast.QName{At: n.At, Schema: builtin.HasOf(e.Catalog).Schema("vector"), Name: n.Name}
	}
	if n.Schema != "" {
		s, ok := e.Catalog.Schema(n.Schema)
		if n.Schema != "pg_catalog" && !ok {
			return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", n.Schema)
		}
		id := catalog.PgCatalogID
		if ok {
			id = s.ID
		}
		known = known && syscat.ClassSchema(e.Catalog, method, n.Name) == id
	}
	if !known {
		return pgerr.Newf(pgerrcode.UndefinedObject, "operator class %q does not exist for access method %q", dotted(n), method)
	}
	return nil
}

// orderedOptions checks the storage parameters of a btree or hash index; they are kept
// and have no effect.
func orderedOptions(with []ast.Option, method string) (catalog.Options, error) {
	for i := range with {
		if n := with[i].Namespace; n != "" {
			return nil, unknownNamespace(n)
		}
		if err := checkOrdered(&with[i], method); err != nil {
			return nil, err
		}
	}
	return tableOptions(with, "")
}

// orderedParameters are those of btree indexes, and the first those of hash indexes.
var orderedParameters = map[string]storageOption{
	"fillfactor":                        {min: 10, max: 100},
	"deduplicate_items":                 {bool: true},
	"vacuum_cleanup_index_scale_factor": {float: true, max: 1e10},
}

// checkOrdered refuses a parameter that an ordered index has not, or not with that value.
func checkOrdered(o *ast.Option, method string) error {
	name := strings.ToLower(o.Name)
	p, known := orderedParameters[name]
	switch {
	case method == "gist" && name == "buffering":
		p = storageOption{words: `"on", "off", and "auto"`}
	case !known, method != "btree" && name != "fillfactor":
		return unrecognized(o.Name)
	}
	return p.check(name, optionValue(o))
}

// knownTablespace refuses a tablespace that there is not.
func knownTablespace(name string) error {
	switch name {
	case "", "pg_default":
		return nil
	}
	return pgerr.Newf(pgerrcode.UndefinedObject, "tablespace %q does not exist", name)
}

// placeable refuses a tablespace that no relation can be moved to.
func placeable(name string) error {
	if name == "pg_global" {
		return pgerr.New(pgerrcode.InvalidParameterValue, "only shared relations can be placed in pg_global tablespace")
	}
	return knownTablespace(name)
}

// storedBy refuses an access method that a table cannot be stored by: there is one that it can.
func storedBy(t *catalog.Table, method string) error {
	switch {
	case t.IsPartitioned():
		return pgerr.New(pgerrcode.WrongObjectType, "cannot change access method of a partitioned table")
	case method == "heap":
		return nil
	case ofSystem("ACCESS METHOD", method):
		return pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "access method %q is not of type TABLE", method)
	}
	return pgerr.Newf(pgerrcode.UndefinedObject, "access method %q does not exist", method)
}

// orderOf is the access method whose operator classes a strategy takes.
func orderOf(by ast.PartitionStrategy) string {
	if by == ast.ByHash {
		return "hash"
	}
	return "btree"
}
