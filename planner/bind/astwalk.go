package bind

import (
	"reflect"

	"github.com/loxodb/loxodb/sql/ast"
)

// mentions reports whether a query may refer to a table name without schema. It
// walks the syntax by reflection: only WITH RECURSIVE asks, and a node added to
// the tree later cannot be forgotten.
func mentions(q ast.Stmt, name string) bool {
	return mentionsIn(reflect.ValueOf(q), name)
}

var (
	tableRefType = reflect.TypeFor[ast.TableRef]()
	selectType   = reflect.TypeFor[ast.Select]()
)

// hides reports whether a WITH clause has a query of the name, and none up to it that
// can still mean the outer one by it.
func hides(w *ast.With, name string) bool {
	for i := range w.CTEs {
		own := w.CTEs[i].Name == name
		if own && w.Recursive {
			return true
		}
		if mentionsIn(reflect.ValueOf(w.CTEs[i].Query), name) {
			return false
		}
		if own {
			return true
		}
	}
	return false
}

func mentionsIn(v reflect.Value, name string) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && mentionsIn(v.Elem(), name)
	case reflect.Slice:
		for i := range v.Len() {
			if mentionsIn(v.Index(i), name) {
				return true
			}
		}
	case reflect.Struct:
		if v.Type() == selectType {
			if w := v.Interface().(ast.Select).With; w != nil && hides(w, name) {
				return false
			}
		}
		if v.Type() == tableRefType {
			t := v.Interface().(ast.TableRef)
			if t.Name.Schema == "" && t.Name.Name == name {
				return true
			}
		}
		for i := range v.NumField() {
			if mentionsIn(v.Field(i), name) {
				return true
			}
		}
	}
	return false
}
