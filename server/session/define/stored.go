package define

import (
	"reflect"
	"slices"
	"strings"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
)

// storedSQL is a piece of SQL that the catalog keeps as text: an expression, or a statement.
type storedSQL struct {
	text      string
	statement bool
	relations bool // it names relations as FROM does: not for expressions of tables and types
	// of is the table whose row a policy's expression is over, nil of everything else.
	of *catalog.Table
}

// parse reads the text: a statement, or the one item of a SELECT. That of a policy is FROM
// the table, so that the row has the table's name there as everywhere.
func (e *Env) parseStored(s storedSQL) (ast.Stmt, error) {
	text := s.text
	if !s.statement {
		text = "SELECT " + text
	}
	list, err := e.Parser.Parse(text)
	if err != nil || len(list) != 1 {
		return nil, err
	}
	if q, ok := list[0].Stmt.(*ast.Select); ok && s.of != nil {
		q.From = []ast.TableExpr{&ast.TableRef{Name: ast.QName{Schema: e.Catalog.SchemaName(s.of.Schema), Name: s.of.Name}}}
	}
	return list[0].Stmt, nil
}

// change hands the tree of a piece to f and returns the new text, if f says that it changed it.
func (e *Env) changeStored(s storedSQL, f func(ast.Stmt) bool) (string, error) {
	q, err := e.parseStored(s)
	if err != nil || q == nil || !f(q) {
		return s.text, err
	}
	if s.statement {
		return ast.Print(q), nil
	}
	return ast.Print(q.(*ast.Select).Targets[0].Expr), nil
}

// rewriteStored has fix look at all SQL that the catalog keeps as text, and keeps what it
// makes of it.
func (e *Env) rewriteStored(fix func(storedSQL) (string, error)) error {
	w := &storedWriter{fix: fix}
	for _, t := range e.Catalog.Tables() {
		if n := w.table(t); w.changed {
			if err := e.putTable(n); err != nil {
				return err
			}
		}
	}
	for _, t := range e.Catalog.Types() {
		if n := w.valueType(t); w.changed {
			if err := e.putDomain(n); err != nil {
				return err
			}
		}
	}
	for _, f := range e.Catalog.AllFunctions() {
		if n := w.function(f); w.changed {
			if err := e.edit.PutFunction(n); err != nil {
				return err
			}
		}
	}
	return w.err
}

// storedWriter copies descriptors with other texts; changed is about the last of them.
type storedWriter struct {
	fix     func(storedSQL) (string, error)
	changed bool
	err     error
}

func (w *storedWriter) text(p *string, s storedSQL) {
	if *p == "" || w.err != nil {
		return
	}
	s.text = *p
	out, err := w.fix(s)
	if err != nil {
		w.err = err
	} else if out != *p {
		*p, w.changed = out, true
	}
}

func (w *storedWriter) expr(p *string) { w.text(p, storedSQL{}) }

func (w *storedWriter) table(t *catalog.Table) *catalog.Table {
	w.changed = false
	n := copyTable(t)
	w.text(&n.ViewSQL, storedSQL{statement: true, relations: true})
	for i := range n.Columns {
		w.expr(&n.Columns[i].Default)
	}
	if t.IsPartitioned() {
		by := *t.Partitioning
		by.Keys = slices.Clone(by.Keys)
		for i := range by.Keys {
			w.expr(&by.Keys[i].Expr)
		}
		n.Partitioning = &by
	}
	for i, k := range n.Constraints {
		c := *k
		w.expr(&c.Expr)
		n.Constraints[i] = &c
	}
	for i, p := range n.Policies {
		c := *p
		w.text(&c.Using, storedSQL{of: t, relations: true})
		w.text(&c.Check, storedSQL{of: t, relations: true})
		n.Policies[i] = &c
	}
	for i, x := range n.Indexes {
		c := *x
		c.Keys = slices.Clone(x.Keys)
		w.expr(&c.Where)
		for k := range c.Keys {
			w.expr(&c.Keys[k].Expr)
		}
		n.Indexes[i] = &c
	}
	for i, g := range n.Triggers {
		c := *g
		w.expr(&c.When)
		n.Triggers[i] = &c
	}
	return n
}

func (w *storedWriter) valueType(t *catalog.Type) *catalog.Type {
	w.changed = false
	n := *t
	w.expr(&n.Default)
	n.Checks = slices.Clone(t.Checks)
	for i, k := range n.Checks {
		c := *k
		w.expr(&c.Expr)
		n.Checks[i] = &c
	}
	return &n
}

func (w *storedWriter) function(f *catalog.Function) *catalog.Function {
	w.changed = false
	n := *f
	n.Args = slices.Clone(f.Args)
	for i := range n.Args {
		w.expr(&n.Args[i].Default)
	}
	n.Statements = slices.Clone(f.Statements)
	for i := range n.Statements {
		w.text(&n.Statements[i], storedSQL{statement: !f.Return, relations: true})
	}
	return &n
}

// renameStoredSchema gives a schema another name in all stored SQL.
func (e *Env) renameStoredSchema(old, name string) error {
	return e.rewriteStored(func(s storedSQL) (string, error) {
		if !strings.Contains(s.text, strings.ReplaceAll(old, `"`, `""`)) {
			return s.text, nil
		}
		return e.changeStored(s, func(q ast.Stmt) bool {
			r := schemaRename{old: old, name: name}
			r.visit(reflect.ValueOf(q))
			return r.changed
		})
	})
}

// schemaRename replaces a schema wherever a tree names one: in names, before operators, and in
// constants of the types that are names of things.
type schemaRename struct {
	old, name string
	changed   bool
}

func (r *schemaRename) visit(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return
		}
		if c, ok := v.Interface().(*ast.Cast); ok {
			r.constant(c)
		}
		r.visit(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			r.visit(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Field(i)
			if name := v.Type().Field(i).Name; f.Kind() == reflect.String && (name == "Schema" || name == "UsingSchema") && f.String() == r.old && f.CanSet() {
				f.SetString(r.name)
				r.changed = true
				continue
			}
			r.visit(f)
		}
	}
}

// constant renames the schema that a constant like 'x.t'::regclass is in.
func (r *schemaRename) constant(c *ast.Cast) {
	lit, ok := c.X.(*ast.Lit)
	if !ok || !strings.HasPrefix(c.To.Name.Name, "reg") {
		return
	}
	if rest, ok := strings.CutPrefix(lit.Text, ast.QuoteIdent(r.old)+"."); ok {
		lit.Text, r.changed = ast.QuoteIdent(r.name)+"."+rest, true
	}
}

// renameCalls gives a function another name in all stored SQL that calls it. It reports false
// where a call may be one of another function of its name.
func (e *Env) renameCalls(f *catalog.Function, schema, name string) (bool, error) {
	for _, g := range e.Catalog.Functions(f.Schema, f.Name) {
		if g.ID != f.ID {
			return false, nil
		}
	}
	return true, e.rewriteStored(func(s storedSQL) (string, error) {
		if !strings.Contains(s.text, f.Name) {
			return s.text, nil
		}
		return e.changeStored(s, func(q ast.Stmt) (changed bool) {
			ast.Walk(q, func(n ast.Node) bool {
				if c, ok := n.(*ast.Func); ok && bind.MayCall(f, c, e.options()) {
					c.Name.Schema, c.Name.Name, changed = schema, name, true
				}
				return true
			})
			return changed
		})
	})
}
