package session

import (
	"slices"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// shower writes stored SQL as pg_get_expr and pg_get_viewdef show it to the
// session: relations, types and functions by the names that its search path finds.
// What is stored without a schema is of pg_catalog or public.
type shower struct {
	s      *Session
	pretty bool
}

// printer shows definitions as the session sees them.
func (s *Session) printer(pretty bool) *syscat.Printer {
	x := shower{s, pretty}
	return &syscat.Printer{Catalog: s.Catalog(), Visible: s.visible, Pretty: pretty, Quoted: s.quotesAll(), Expr: x.expr, Query: x.query, Statement: x.statement, Returned: x.returned, Function: names{s: s}.calledName,
		Type: func(t types.T) string { name, _ := (names{s: s}).typeName(t.OID); return name }}
}

// ShowExpr implements builtin.Session.
func (s *Session) ShowExpr(text string, pretty bool) string {
	return shower{s, pretty}.expr(text, syscat.Layout{})
}

func (x shower) style() ast.Style {
	return ast.Style{Bare: x.pretty, Quoted: x.s.quotesAll(), Relation: x.relation, Constant: x.constant, Callable: x.callable, Operator: x.operator}
}

// operator is the schema to show before an operator: that of its extension where the search
// path does not lead there.
func (x shower) operator(schema string) string {
	name := ast.ExtensionOf(schema)
	switch {
	case schema == "pg_catalog": // where every search path leads
		return ""
	case name == "":
		return schema
	}
	e, ok := x.s.Catalog().Extension(name)
	if !ok {
		return ""
	}
	if schema = (names{s: x.s}).schemaName(e.Schema); slices.Contains(x.s.SearchPath(true), schema) {
		return ""
	}
	return schema
}

// publicInPath reports whether what is stored without a schema is found by its bare name,
// mostly: what public and the extensions have.
func (x shower) publicInPath() bool {
	path := x.s.SearchPath(true)
	if !slices.Contains(path, "public") {
		return false
	}
	for _, e := range x.s.Catalog().Extensions() {
		if !slices.Contains(path, names{s: x.s}.schemaName(e.Schema)) {
			return false
		}
	}
	return true
}

// relation leaves the schema out of a name that is visible without, and adds public's
// to one that is not.
func (x shower) relation(q ast.QName) ast.QName {
	if id, err := strconv.ParseUint(q.Name, 10, 32); err == nil && q.Schema == "" { // a constant regclass
		if schema, name := x.s.relationByOID(catalog.ID(id)); name != "" {
			q = ast.QName{Schema: x.s.Catalog().SchemaName(schema), Name: name}
		} else if v := syscat.ByOID(catalog.ID(id)); v != nil {
			if q = (ast.QName{Schema: v.Schema, Name: v.Name}); slices.Contains(x.s.SearchPath(true), v.Schema) {
				q.Schema = ""
			}
			return q
		}
	}
	if q.Schema == "" && x.s.Catalog().RelationExists(catalog.PublicID, q.Name) && !x.s.visible(catalog.PublicID, q.Name) {
		q.Schema = "public"
		return q
	}
	if sc, ok := x.s.Catalog().Schema(q.Schema); ok {
		if q.Schema = x.s.Catalog().NameForTemp(sc.ID); x.s.visible(sc.ID, q.Name) {
			q.Schema = ""
		}
	}
	return q
}

// callable adds the schema to the bare name of a type or function that is not in pg_catalog,
// where the search path does not lead there: public, or that of the extension that has it.
func (x shower) callable(q ast.QName) ast.QName {
	if ast.ExtensionOf(q.Schema) != "" {
		q.Schema = x.operator(q.Schema)
		return q
	}
	if q.Schema != "" {
		return x.function(q)
	}
	if x.publicInPath() {
		return q
	}
	schema := catalog.ID(0)
	if _, ok := x.s.Catalog().Type(catalog.PublicID, q.Name); ok {
		schema = catalog.PublicID
	} else if has := extensionWith(q.Name); has != "" {
		schema = catalog.PublicID // vector's are known without it, too
		if e, ok := x.s.Catalog().Extension(has); ok {
			schema = e.Schema
		}
	}
	if name := (names{s: x.s}).schemaName(schema); schema != 0 && !slices.Contains(x.s.SearchPath(true), name) {
		q.Schema = name
	}
	return q
}

// extensionWith is the extension that has a type or function, "" where none or PostgreSQL
// itself has it.
func extensionWith(name string) string {
	if t := types.ByName(name); t != nil {
		return types.Extension(t.OID)
	}
	list := builtin.Functions("", name)
	if len(list) == 0 || len(builtin.Functions("pg_catalog", name)) > 0 {
		return ""
	}
	return list[0].Extension
}

func (x shower) read(text string) *ast.Select {
	list, err := x.s.db.cfg.Parser.Parse(text)
	if err != nil || len(list) != 1 {
		return nil
	}
	q, _ := list[0].Stmt.(*ast.Select)
	return q
}

// expr shows an expression. The stored text is what is shown, but for the names
// of relations, superfluous parentheses, and what has lines of its own.
func (x shower) expr(text string, l syscat.Layout) string {
	if !x.pretty && !strings.Contains(text, "::reg") && !strings.Contains(text, "(- '") && !strings.Contains(text, ")::boolean") && !strings.Contains(text, "CASE ") && x.publicInPath() &&
		!strings.Contains(text, ".") && !x.s.quotesAll() { // nothing has a schema
		return text
	}
	q := x.read("SELECT " + text)
	if q == nil {
		return text
	}
	style := x.style()
	style.Flat, style.Indent = l.Flat, l.Indent
	shown := make([]string, len(q.Targets)) // those of an index stand side by side
	bareNumbers(q)
	bareTerms(q)
	for i := range q.Targets {
		if ast.HasQuery(q.Targets[i].Expr) {
			bareColumns(q.Targets[i].Expr)
		}
		shown[i] = ast.PrintIn(q.Targets[i].Expr, style)
	}
	return strings.Join(shown, ", ")
}

// bareNumbers takes the types from numbers behind the operator -, which are kept with them lest
// they be read as negative ones.
func bareNumbers(q *ast.Select) {
	ast.Walk(q, func(n ast.Node) bool {
		op, ok := n.(*ast.Op)
		if !ok || op.Left != nil || op.Name != "-" {
			return true
		}
		c, ok := op.Right.(*ast.Cast)
		if !ok || len(c.To.ArrayDims) > 0 {
			return true
		}
		l, ok := c.X.(*ast.Lit)
		if !ok || l.Kind != ast.LitString {
			return true
		}
		switch number, err := strconv.ParseInt(l.Text, 10, 32); {
		case c.To.Name.Name == "int4" && err == nil && number >= 0:
			op.Right = &ast.Lit{At: l.At, Kind: ast.LitInt, Int: number}
		case c.To.Name.Name == "numeric" && len(c.To.Mods) == 0 && strings.Contains(l.Text, ".") && l.Text[0] != '-':
			op.Right = &ast.Lit{At: l.At, Kind: ast.LitNumeric, Text: l.Text}
		}
		return true
	})
}

// bareTerms takes the casts from what AND or OR begins with that keep its like apart from it.
func bareTerms(q *ast.Select) {
	ast.Walk(q, func(n ast.Node) bool {
		op, ok := n.(*ast.BoolOp)
		if !ok || op.Kind == ast.Not {
			return true
		}
		if c, ok := op.Args[0].(*ast.Cast); ok && c.To.Name.Name == "bool" && len(c.To.ArrayDims) == 0 {
			if in, ok := c.X.(*ast.BoolOp); ok && in.Kind == op.Kind {
				op.Args[0] = in
			}
		}
		return true
	})
}

// constant is the name of what a constant like '1299'::regproc is the number of.
func (x shower) constant(typ, text string) string {
	n, err := strconv.ParseUint(text, 10, 32)
	if t := types.ByName(typ); t != nil && err == nil {
		if name, ok := (names{s: x.s}).RegOut(t.OID, types.OID(n)); ok {
			return name
		}
	}
	return text
}

// bareColumns takes the table's name from the columns of a policy's expression, outside of its
// subqueries.
func bareColumns(e ast.Expr) {
	ast.Walk(e, func(n ast.Node) bool {
		if ref, ok := n.(*ast.ColumnRef); ok && !ref.Star && len(ref.Parts) == 2 {
			ref.Parts = ref.Parts[1:]
		}
		_, query := n.(*ast.Select)
		return !query
	})
}

// columns are the columns of a table that an expression names.
func (x shower) columns(text string, t *catalog.Table) (attrs []int16) {
	q := x.read("SELECT " + text)
	if q == nil {
		return nil
	}
	ast.Walk(q, func(n ast.Node) bool {
		if ref, ok := n.(*ast.ColumnRef); ok && !ref.Star {
			if c := t.ColumnByName(ref.Parts[len(ref.Parts)-1]); c != nil && !slices.Contains(attrs, c.Num) {
				attrs = append(attrs, c.Num)
			}
		}
		return true
	})
	return attrs
}

// query shows the query of a view whose columns have the names, in lines of a width.
func (x shower) query(text string, columns []string, width int) string {
	q := x.read(text)
	if q == nil {
		return text
	}
	x.analysed(q, nil)
	style := x.style()
	style.Width = width
	return ast.PrintIn(ast.Named(q, columns), style)
}

// analysed notes in a stored query what only its analysis tells of how it is shown; vars are the
// arguments that it sees. A query that means nothing any more is shown without.
func (x shower) analysed(q ast.Stmt, vars *bind.Variables) {
	o := x.s.planOptions(nil)
	o.Trace, o.Vars = bind.NewTrace(), vars
	if _, err := bind.Bind(q, o); err == nil {
		o.Trace.Show(q, o.Format, func(schema string) bool { return x.operator(schema) != "" })
	}
}
