package define

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// relation is a table, a view or a sequence as stored queries name it.
type relation struct {
	id, schema catalog.ID
	name       string
}

func relationOf(t *catalog.Table) relation { return relation{t.ID, t.Schema, t.Name} }

// mentions are the places of a query that name a relation: in FROM or as what is written,
// and in constants of the type regclass.
type mentions struct {
	refs      []*ast.TableRef
	constants []*ast.Lit
	stmt      ast.Stmt      // where they are
	held      *ast.TableRef // the table of a policy whose expression that is, else nil
}

func (m *mentions) none() bool { return len(m.refs) == 0 && len(m.constants) == 0 }

// readers are the views that read a relation, or its column attr if that is not 0.
func (e *Env) readers(of relation, attr int16) (out []dependent, err error) {
	for _, v := range e.tables(ofQueries) {
		if !v.HasQuery() || v.ID == of.id {
			continue
		}
		q, found := e.viewRefs(v, of)
		if found.none() {
			continue
		}
		if attr != 0 {
			if len(found.refs) == 0 {
				continue
			}
			o := e.options()
			o.Trace = bind.NewTrace()
			if _, err := bind.Bind(q, o); err != nil {
				return nil, err
			}
			if !o.Trace.Reads(bind.Attribute{Table: of.id, Attr: attr}) {
				continue
			}
		}
		out = append(out, dependent{object: object{kind: tableObject, id: v.ID}, order: v.ID})
	}
	return out, nil
}

// columnReaders are the views that read a column of a table, from it or by functions that
// return its rows.
func (e *Env) columnReaders(t *catalog.Table, attr int16) ([]dependent, error) {
	out, err := e.readers(relationOf(t), attr)
	if err != nil {
		return nil, err
	}
	return e.functionRowReaders(t, attr, out)
}

// viewRefs parses a view and finds where it names a relation. Where its text does
// not have the name there is nothing to parse: of many views few do.
func (e *Env) viewRefs(v *catalog.Table, of relation) (q ast.Stmt, found mentions) {
	if !strings.Contains(v.ViewSQL, strings.ReplaceAll(of.name, `"`, `""`)) {
		return nil, found
	}
	list, err := e.Parser.Parse(v.ViewSQL)
	if err != nil || len(list) != 1 {
		return nil, found
	}
	return list[0].Stmt, e.mentionsIn(list[0].Stmt, of)
}

// mentionsIn finds where a statement names a relation.
func (e *Env) mentionsIn(q ast.Stmt, of relation) (found mentions) {
	schema := e.Catalog.SchemaName(of.schema)
	ast.Walk(q, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.TableRef:
			if x.Name.Name == of.name && x.Name.Schema == schema {
				found.refs = append(found.refs, x)
			}
		case *ast.Cast:
			if lit, ok := x.X.(*ast.Lit); ok && e.isRegclass(x, lit, of.id) {
				found.constants = append(found.constants, lit)
			}
		}
		return true
	})
	return found
}

// isRegclass reports a constant of the type regclass that is a relation.
func (e *Env) isRegclass(c *ast.Cast, lit *ast.Lit, id catalog.ID) bool {
	if c.To.Name.Name != "regclass" {
		return false
	}
	d, err := types.ParseText(types.Of(types.RegclassOID), lit.Text, e.options().Format)
	return err == nil && catalog.ID(d.Int()) == id
}

// stored parses a part of a function's stored body: statements, or an expression with
// the word that makes it one.
func (e *Env) stored(text string) (list []ast.Parsed, word string) {
	for _, word := range []string{"", "SELECT "} {
		if list, err := e.Parser.Parse(word + text); err == nil {
			return list, word
		}
	}
	return nil, ""
}

// inFunction reports that a part of a function's stored body names a relation.
func (e *Env) inFunction(text string, of relation) bool {
	list, _ := e.stored(text)
	return slices.ContainsFunc(list, func(x ast.Parsed) bool {
		found := e.mentionsIn(x.Stmt, of)
		return !found.none()
	})
}

// functionReaders are the functions whose stored statements name a relation.
func (e *Env) functionReaders(of relation) (out []dependent) {
	for _, f := range e.Catalog.AllFunctions() {
		if slices.ContainsFunc(f.Statements, func(text string) bool { return e.inFunction(text, of) }) {
			out = append(out, dependent{object: object{kind: functionObject, id: f.ID}, order: f.ID})
		}
	}
	return out
}

// sequenceUsers are the defaults, views and functions that draw from a sequence or read it.
func (e *Env) sequenceUsers(q *catalog.Sequence) ([]dependent, error) {
	of := relation{q.ID, q.Schema, q.Name}
	views, err := e.readers(of, 0)
	return append(append(e.defaultsFrom(q.ID), views...), e.functionReaders(of)...), err
}

// rewriteMentions changes the mentions of a relation in views, functions, and policies whose
// expressions are or have queries.
func (e *Env) rewriteMentions(of relation, change func(*mentions) error) error {
	return e.rewriteStored(func(s storedSQL) (text string, err error) {
		if !s.relations || !strings.Contains(s.text, strings.ReplaceAll(of.name, `"`, `""`)) {
			return s.text, nil
		}
		var refused error
		text, err = e.changeStored(s, func(q ast.Stmt) bool {
			if s.of != nil && !ast.HasQuery(q.(*ast.Select).Targets[0].Expr) {
				return false
			}
			found := e.mentionsIn(q, of)
			if found.none() {
				return false
			}
			if found.stmt = q; s.of != nil {
				found.held = q.(*ast.Select).From[0].(*ast.TableRef)
			}
			refused = change(&found)
			return refused == nil
		})
		if err == nil {
			err = refused
		}
		return text, err
	})
}

// keepAlias gives a reference the alias that it has by its name.
func keepAlias(r *ast.TableRef) {
	if r.Alias == nil {
		r.Alias = &ast.Alias{Name: r.Name.Name}
	}
}

// moveInViews makes the views, functions and policies that name a relation find it under a
// new name.
func (e *Env) moveInViews(of relation, schema, name string) error {
	moved := schema != e.Catalog.SchemaName(of.schema)
	return e.rewriteMentions(of, func(found *mentions) error {
		if name != of.name {
			renameItems(found.stmt, found.refs, name, found.held)
		}
		for _, r := range found.refs {
			r.Name.Schema, r.Name.Name = schema, name
		}
		for _, c := range found.constants {
			bare := c.Text == of.name || c.Text == ast.QuoteIdent(of.name)
			if c.Text = ast.QuoteIdent(name); moved || !bare {
				c.Text = ast.QuoteIdent(schema) + "." + c.Text
			}
		}
		return nil
	})
}
