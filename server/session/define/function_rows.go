package define

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
)

// Functions that return rows of a table have the table's columns in FROM: what reads such a
// column depends on it as if it read the table, and its aliases, which go by places, follow
// what comes and goes.

// rowFunctions reports that a stored text may have rows of a table by a function in FROM. Where
// columns hold such rows, unnest and its like give them.
func (e *Env) rowFunctions(t *catalog.Table) func(text string) bool {
	if !t.HasRowType() {
		return func(string) bool { return false }
	}
	var names []string
	for _, f := range e.Catalog.AllFunctions() {
		if f.Ret.OID == t.TypeID {
			names = append(names, strings.ReplaceAll(f.Name, `"`, `""`))
		}
	}
	x := rowTypeOf(t)
	held := slices.ContainsFunc(e.Catalog.Tables(), func(u *catalog.Table) bool {
		return u.ID != t.ID && slices.ContainsFunc(u.Columns, func(c catalog.Column) bool { return !c.Dropped && e.holdsType(c.Type.OID, x) })
	})
	return func(text string) bool {
		return held && strings.Contains(text, "(") ||
			slices.ContainsFunc(names, func(name string) bool { return strings.Contains(text, name) })
	}
}

// functionItems are the functions in FROM of a statement.
func functionItems(q ast.Node) (out []*ast.FuncRef) {
	ast.Walk(q, func(n ast.Node) bool {
		if f, ok := n.(*ast.FuncRef); ok {
			out = append(out, f)
		}
		return true
	})
	return out
}

// functionRowReaders adds the views that read a column of a table by functions that return its rows.
func (e *Env) functionRowReaders(t *catalog.Table, attr int16, out []dependent) ([]dependent, error) {
	may := e.rowFunctions(t)
	for _, v := range e.Catalog.Tables() {
		if !v.HasQuery() || !may(v.ViewSQL) || slices.ContainsFunc(out, func(d dependent) bool { return d.id == v.ID }) {
			continue
		}
		list, err := e.Parser.Parse(v.ViewSQL)
		if err != nil || len(list) != 1 || len(functionItems(list[0].Stmt)) == 0 {
			continue
		}
		trace, err := e.traced(list[0].Stmt)
		if err != nil {
			return nil, err
		}
		if trace.Reads(bind.Attribute{Table: t.ID, Attr: attr}) {
			out = append(out, dependent{object: object{kind: tableObject, id: v.ID}, order: v.ID})
		}
	}
	return out, nil
}

// functionAliases changes the aliases of functions in FROM that return rows of a table, wherever
// they are stored. change is told what the statement means, and reports that it changed something.
func (e *Env) functionAliases(t *catalog.Table, change func(q ast.Stmt, trace *bind.Trace, x *ast.FuncRef) bool) error {
	may := e.rowFunctions(t)
	return e.rewriteStored(func(s storedSQL) (text string, err error) {
		if !s.relations || !may(s.text) {
			return s.text, nil
		}
		var refused error
		text, err = e.changeStored(s, func(q ast.Stmt) (changed bool) {
			items := functionItems(q)
			if len(items) == 0 {
				return false
			}
			o := e.options()
			o.Trace, o.Vars = bind.NewTrace(), s.vars
			if _, refused = bind.Bind(q, o); refused != nil {
				return false
			}
			for _, x := range items {
				if x.Alias != nil && len(x.Alias.Columns) > 0 {
					changed = change(q, o.Trace, x) || changed
				}
			}
			return changed
		})
		if err == nil {
			err = refused
		}
		return text, err
	})
}

// functionColumnLost takes a column that is about to go out of the aliases of functions' columns.
func (e *Env) functionColumnLost(t *catalog.Table, num int16) error {
	return e.functionAliases(t, func(_ ast.Stmt, trace *bind.Trace, x *ast.FuncRef) (changed bool) {
		for _, at := range slices.Backward(trace.FunctionColumns(x, t.TypeID, int(num)-1)) {
			if at < len(x.Alias.Columns) {
				x.Alias.Columns, changed = slices.Delete(x.Alias.Columns, at, at+1), true
			}
		}
		return changed
	})
}

// functionColumnGained makes room for a new column among the aliases of functions' columns, under
// a name that stands for nothing else.
func (e *Env) functionColumnGained(t *catalog.Table, name string) error {
	return e.functionAliases(t, func(q ast.Stmt, trace *bind.Trace, x *ast.FuncRef) (changed bool) {
		for _, at := range slices.Backward(trace.FunctionEnds(x, t.TypeID)) {
			if at <= len(x.Alias.Columns) {
				own := name
				if standsAlone(q, name) || slices.Contains(x.Alias.Columns, name) {
					own = freshColumn(q, name)
				}
				x.Alias.Columns, changed = slices.Insert(x.Alias.Columns, at, own), true
			}
		}
		return changed
	})
}
