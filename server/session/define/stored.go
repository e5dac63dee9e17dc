package define

import (
	"reflect"
	"slices"
	"strings"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// storedSQL is a piece of SQL that the catalog keeps as text: an expression, or a statement.
type storedSQL struct {
	text      string
	statement bool
	relations bool // it names relations as FROM does: not for expressions of tables and types
	// of is the table whose row a policy's expression is over, nil of everything else.
	of *catalog.Table
	// row is what other expressions are over: a table's row, or a domain's value. when is the
	// table of a trigger whose condition this is; vars are the arguments that a body sees.
	row, when *catalog.Table
	vars      *bind.Variables
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
	w := &storedWriter{fix: fix, format: e.options().Format}
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

// argumentsOf are a function's arguments as its body names them.
func argumentsOf(f *catalog.Function, format *types.Format) *bind.Variables {
	var ts []types.T
	for _, a := range f.Inputs() {
		ts = append(ts, a.Type)
	}
	return bind.ArgumentVariables(f, ts, format)
}

// storedWriter copies descriptors with other texts; changed is about the last of them.
type storedWriter struct {
	format  *types.Format
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

// expr is an expression over a row, nil: over none.
func (w *storedWriter) expr(p *string, row *catalog.Table) { w.text(p, storedSQL{row: row}) }

func (w *storedWriter) table(t *catalog.Table) *catalog.Table {
	w.changed = false
	n := copyTable(t)
	w.text(&n.ViewSQL, storedSQL{statement: true, relations: true})
	for i := range n.Columns {
		w.expr(&n.Columns[i].Default, t)
	}
	if t.IsPartitioned() {
		by := *t.Partitioning
		by.Keys = slices.Clone(by.Keys)
		for i := range by.Keys {
			w.expr(&by.Keys[i].Expr, t)
		}
		n.Partitioning = &by
	}
	for i, k := range n.Constraints {
		c := *k
		w.expr(&c.Expr, t)
		n.Constraints[i] = &c
	}
	for i, p := range n.Policies {
		c := *p
		w.text(&c.Using, storedSQL{of: t, relations: true})
		w.text(&c.Check, storedSQL{of: t, relations: true})
		n.Policies[i] = &c
	}
	for i, x := range n.ExtStatistics {
		c := *x
		c.Exprs = slices.Clone(x.Exprs)
		for k := range c.Exprs {
			w.expr(&c.Exprs[k], t)
		}
		n.ExtStatistics[i] = &c
	}
	for i, x := range n.Indexes {
		c := *x
		c.Keys = slices.Clone(x.Keys)
		w.expr(&c.Where, t)
		for k := range c.Keys {
			w.expr(&c.Keys[k].Expr, t)
		}
		n.Indexes[i] = &c
	}
	for i, g := range n.Triggers {
		c := *g
		w.text(&c.When, storedSQL{when: t})
		n.Triggers[i] = &c
	}
	return n
}

func (w *storedWriter) valueType(t *catalog.Type) *catalog.Type {
	w.changed = false
	n := *t
	w.expr(&n.Default, nil)
	n.Checks = slices.Clone(t.Checks)
	for i, k := range n.Checks {
		c := *k
		w.expr(&c.Expr, bind.DomainValue(t.Base))
		n.Checks[i] = &c
	}
	return &n
}

func (w *storedWriter) function(f *catalog.Function) *catalog.Function {
	w.changed = false
	n := *f
	n.Args = slices.Clone(f.Args)
	for i := range n.Args {
		w.expr(&n.Args[i].Default, nil)
	}
	n.Statements = slices.Clone(f.Statements)
	for i := range n.Statements {
		w.text(&n.Statements[i], storedSQL{statement: !f.Return, relations: true, vars: argumentsOf(f, w.format)})
	}
	return &n
}

// renameField gives an attribute of a relation's row type another name wherever stored SQL
// names it as a field, (x).name, or as one of a function's argument.
func (e *Env) renameField(t *catalog.Table, num int16, name string) error {
	if !t.HasRowType() {
		return nil
	}
	old := t.Columns[num-1].Name
	return e.rewriteStored(func(s storedSQL) (string, error) {
		if !strings.Contains(s.text, ast.QuoteIdent(old)) || s.vars == nil && !e.namesField(s.text, old) {
			return s.text, nil
		}
		var failed error
		text, err := e.changeStored(s, func(q ast.Stmt) bool {
			trace, err := e.traceStored(s, q)
			if failed = err; err != nil {
				return false
			}
			return trace.RenameField(bind.Attribute{Table: t.ID, Attr: num}, name)
		})
		if err == nil {
			err = failed
		}
		return text, err
	})
}

// traceStored finds out what the names in a piece mean, whose tree is q.
func (e *Env) traceStored(s storedSQL, q ast.Stmt) (*bind.Trace, error) {
	o := e.options()
	o.Trace, o.Vars = bind.NewTrace(), s.vars
	item := func() ast.Expr { return q.(*ast.Select).Targets[0].Expr }
	var err error
	switch {
	case s.statement, s.of != nil, s.vars != nil:
		_, err = bind.Bind(q, o)
	case s.when != nil:
		err = bind.TraceWhen(item(), s.when, o)
	default:
		err = bind.TraceRow(item(), s.row, o)
	}
	return o.Trace, err
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
