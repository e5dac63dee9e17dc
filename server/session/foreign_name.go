package session

import (
	"reflect"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// elsewhere refuses a statement that names something in another database. Relations in
// queries and in statements that write are the binder's, which knows their places.
func elsewhere(stmt ast.Stmt, database string) (err error) {
	foreign := func(q *ast.QName) bool { return err == nil && q.Catalog != "" && q.Catalog != database }
	ast.Walk(stmt, func(n ast.Node) bool {
		switch v := n.(type) {
		case *ast.Func:
			if foreign(&v.Name) {
				err = inOther(&v.Name, "").At(int(v.Pos))
			}
		case ast.TypeName:
			if foreign(&v.Name) {
				err = inOther(&v.Name, "")
			}
		}
		return err == nil
	})
	switch stmt.(type) {
	case *ast.Select, *ast.Insert, *ast.Update, *ast.Delete, *ast.Merge, *ast.Explain, *ast.Declare:
		return err
	}
	eachName(reflect.ValueOf(stmt), func(q *ast.QName) {
		if foreign(q) {
			err = named(stmt, q)
		}
	})
	return err
}

// named is the error for a name that a statement is about, as PostgreSQL words it for
// this one.
func named(stmt ast.Stmt, q *ast.QName) error {
	kind := ast.ObjectKind("")
	switch st := stmt.(type) {
	case *ast.CreateTable:
		if st.Query == nil {
			return inOther(q, `"`).At(int(q.Pos))
		}
	case *ast.CreateEnum, *ast.CreateRange, *ast.CreateAggregate, *ast.CreateDomain, *ast.CreateCollation, *ast.AlterEnum, *ast.AlterDomain:
		return inOther(q, "")
	case *ast.Drop:
		kind = st.Kind
	case *ast.Comment:
		kind = st.Kind
	case *ast.Rename:
		kind = st.Kind
	}
	switch kind {
	case ast.ObjType, ast.ObjDomain, ast.ObjCollation, ast.ObjFunction, ast.ObjProcedure, ast.ObjAggregate:
		return inOther(q, "")
	}
	return inOther(q, `"`)
}

func inOther(q *ast.QName, quote string) *pgerr.Error {
	name := q.Catalog + "." + q.Schema + "." + q.Name
	return pgerr.New(pgerrcode.FeatureNotSupported, "cross-database references are not implemented: "+quote+name+quote)
}

// eachName calls visit with the names that a statement holds, but for those in queries,
// expressions and types. Statements that define things are few and of many shapes; this
// one looks into all of them.
func eachName(v reflect.Value, visit func(*ast.QName)) {
	if !v.CanInterface() {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return
		}
		switch v.Interface().(type) {
		case *ast.Select, ast.Expr:
			return
		}
		eachName(v.Elem(), visit)
	case reflect.Slice:
		for i := range v.Len() {
			eachName(v.Index(i), visit)
		}
	case reflect.Struct:
		switch x := v.Interface().(type) {
		case ast.QName:
			visit(&x)
			return
		case ast.TypeName:
			return
		}
		for i := range v.NumField() {
			eachName(v.Field(i), visit)
		}
	}
}
