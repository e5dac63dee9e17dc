package session

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// userFunctions are the functions of users that a name finds, by the search path where
// it has no schema; those of the same arguments in later schemas are hidden.
func (n names) userFunctions(schema, name string) (out []*catalog.Function) {
	snap := n.s.Catalog()
	path := []string{schema}
	if schema == "" {
		path = n.s.SearchPath(true)
	}
	for _, p := range path {
		s, ok := snap.Schema(p)
		if !ok || s.Temp && schema == "" {
			continue
		}
		for _, f := range snap.Functions(s.ID, name) {
			hidden := slices.ContainsFunc(out, func(g *catalog.Function) bool { return slices.Equal(g.InputTypes(), f.InputTypes()) })
			if !hidden {
				out = append(out, f)
			}
		}
	}
	return out
}

// functionIDs are all functions that a name finds.
func (n names) functionIDs(schema, name string) (out []types.OID) {
	for _, f := range n.objects(syscat.ProcClass, schema, name) {
		out = append(out, f.ID)
	}
	for _, f := range n.userFunctions(schema, name) {
		out = append(out, f.ID)
	}
	return out
}

// userFunction is the name of a user's function as regproc or regprocedure.
func (n names) userFunction(t, oid types.OID) (string, bool) {
	f, ok := n.s.Catalog().FunctionByID(oid)
	if !ok {
		return "", false
	}
	found := n.userFunctions("", f.Name)
	visible := slices.Contains(found, f)
	name := n.quote(f.Name)
	if !visible || t == types.RegprocOID && len(n.functionIDs("", f.Name)) > 1 {
		name = n.quote(n.s.Catalog().SchemaName(f.Schema)) + "." + name
	}
	if t == types.RegprocOID {
		return name, true
	}
	var args []string
	for _, id := range f.InputTypes() {
		text, _ := n.typeName(id)
		args = append(args, text)
	}
	return name + "(" + strings.Join(args, ",") + ")", true
}

// returned shows what RETURN of a function gives.
func (x shower) returned(f *catalog.Function, text string) string {
	q := x.read("SELECT " + text)
	if q == nil || len(q.Targets) != 1 {
		return text
	}
	x.analysed(q, argumentsOf(x.s, f))
	style := x.style()
	style.Flat = true
	return ast.PrintIn(q.Targets[0].Expr, style)
}

// argumentsOf are a function's arguments as its body names them.
func argumentsOf(s *Session, f *catalog.Function) *bind.Variables {
	var ts []types.T
	for _, a := range f.Inputs() {
		ts = append(ts, a.Type)
	}
	return bind.ArgumentVariables(f, ts, s.TextFormat())
}

// statement shows a statement of a function's body.
func (x shower) statement(f *catalog.Function, text string) string {
	list, err := x.s.db.cfg.Parser.Parse(text)
	if err != nil || len(list) != 1 {
		return text
	}
	switch q := list[0].Stmt.(type) {
	case *ast.Select, *ast.Insert, *ast.Update, *ast.Delete:
		x.analysed(q, argumentsOf(x.s, f))
		s := x.style()
		s.Hidden, s.Indent = true, 1
		return ast.PrintIn(q, s)
	}
	ast.Walk(list[0].Stmt, func(n ast.Node) bool {
		switch v := n.(type) {
		case *ast.TableRef:
			v.Name = x.relation(v.Name)
		case *ast.Func:
			v.Name = x.callable(v.Name)
		case *ast.Cast:
			v.To.Name = x.callable(v.To.Name)
		case *ast.Op:
			v.Schema = x.operator(v.Schema)
		}
		return true
	})
	return ast.Print(list[0].Stmt)
}

// calledName is the name by which a function is called: with its schema where the search
// path does not find it.
func (n names) calledName(f *catalog.Function) string {
	if slices.Contains(n.userFunctions("", f.Name), f) {
		return n.quote(f.Name)
	}
	return n.quote(n.s.Catalog().SchemaName(f.Schema)) + "." + n.quote(f.Name)
}

// function leaves the schema out of the name of a user's function that is visible.
func (x shower) function(q ast.QName) ast.QName {
	sc, ok := x.s.Catalog().Schema(q.Schema)
	if !ok {
		return q
	}
	own := x.s.Catalog().Functions(sc.ID, q.Name)
	if len(own) == 0 {
		return x.valueType(sc, q)
	}
	found := names{s: x.s}.userFunctions("", q.Name)
	for _, f := range own {
		if !slices.Contains(found, f) {
			return q
		}
	}
	q.Schema = ""
	return q
}

// valueType leaves the schema out of a type's name that is visible without.
func (x shower) valueType(sc *catalog.Schema, q ast.QName) ast.QName {
	var id catalog.ID
	if t, ok := x.s.Catalog().Type(sc.ID, q.Name); ok {
		id = t.ID
	} else if t, ok := x.s.Catalog().Table(sc.ID, q.Name); ok {
		id = t.TypeID
	}
	n := names{s: x.s}
	if name, ok := n.typeName(id); id != 0 && ok && name == n.quote(q.Name) {
		q.Schema = ""
	}
	return q
}
