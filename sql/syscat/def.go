package syscat

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// Visible says whether a relation is found by its bare name; nil means those of
// schema public are.
type Visible func(schema catalog.ID, name string) bool

// Printer writes the definitions of a catalog's objects as PostgreSQL's
// pg_get_indexdef and its kin do (ruleutils.c).
type Printer struct {
	Catalog *catalog.Snapshot
	Visible Visible
	// Pretty leaves out parentheses that precedence makes superfluous.
	Pretty bool
	// Quoted has all names in quotes.
	Quoted bool
	// Function names a user's function for a call; nil = with its schema.
	Function func(f *catalog.Function) string
	// Expr and Query write a stored expression, and the query of a view whose columns
	// have the names in lines of a width; nil = as they are stored.
	Expr  func(text string, l Layout) string
	Query func(text string, columns []string, width int) string
	// Statement writes a statement of a function's body, Returned what RETURN gives, Type a
	// type's name.
	Statement func(f *catalog.Function, text string) string
	Returned  func(f *catalog.Function, text string) string
	Type      func(types.T) string
}

// Layout is where an expression stands in a definition: how far lines inside it are moved to the
// right, if it has any.
type Layout struct {
	Flat   bool
	Indent int
}

func (p *Printer) visible(schema catalog.ID, name string) bool {
	if p.Visible == nil {
		return schema == catalog.PublicID || schema == catalog.PgCatalogID
	}
	return p.Visible(schema, name)
}

// relName is a relation's name, qualified unless it is visible.
func (p *Printer) relName(schema catalog.ID, name string) string {
	if p.visible(schema, name) {
		return p.ident(name)
	}
	return p.qualified(schema, name)
}

// expr is pg_get_expr: a stored expression for the eye.
func (p *Printer) expr(text string) string { return p.laid(text, Layout{}) }

// flat is expr on one line.
func (p *Printer) flat(text string) string { return p.laid(text, Layout{Flat: true}) }

func (p *Printer) laid(text string, l Layout) string {
	if p.Expr == nil {
		return text
	}
	return p.Expr(text, l)
}

// ident is a name, in quotes where it needs them or all are to have them.
func (p *Printer) ident(name string) string {
	if p.Quoted {
		return builtin.QuoteAll(name)
	}
	return builtin.QuoteIdent(name)
}

func (p *Printer) qualified(schema catalog.ID, name string) string {
	return p.ident(schemaName(p.Catalog, schema)) + "." + p.ident(name)
}

// looksLikeCall reports name(…) with nothing behind it: such an expression needs
// no parentheses in an index definition (ruleutils.c, looks_like_function).
func looksLikeCall(expr string) bool {
	open := strings.IndexByte(expr, '(')
	if open <= 0 || strings.ContainsAny(expr[:open], " '+-*/<>=~!@#%^&|?`[]:,") {
		return false
	}
	return closing(expr, open) == len(expr)-1
}

// closing is the offset of the parenthesis that closes the one at open, −1 if
// none does. Strings and quoted names are skipped.
func closing(s string, open int) int {
	depth := 0
	for i := open; i < len(s); i++ {
		switch s[i] {
		case '\'', '"':
			end := strings.IndexByte(s[i+1:], s[i])
			if end < 0 {
				return -1
			}
			i += end + 1
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// IndexDef is pg_get_indexdef(index, column): the CREATE INDEX statement
// for column 0, else just that column or expression. ok is false when the index
// is unknown.
func (p *Printer) IndexDef(id catalog.ID, column int) (text string, ok bool) {
	t, x, ok := p.indexOf(id)
	if !ok {
		return "", false
	}
	if column != 0 {
		return p.indexColumn(t, x, column), true
	}
	var b strings.Builder
	b.WriteString("CREATE ")
	if x.Unique {
		b.WriteString("UNIQUE ")
	}
	table := p.qualified(t.Schema, t.Name)
	if p.Pretty {
		table = p.relName(t.Schema, t.Name)
	}
	only := ""
	if t.IsPartitioned() {
		only = "ONLY "
	}
	b.WriteString("INDEX " + p.ident(x.Name) + " ON " + only + table + " USING " + p.ident(x.AccessMethod()) + " (")
	for i := range x.Keys {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.indexKey(t, x, &x.Keys[i]))
	}
	b.WriteString(")")
	if len(x.Include) > 0 {
		b.WriteString(" INCLUDE (" + p.columnList(t, x.Include) + ")")
	}
	if x.NullsNotDistinct {
		b.WriteString(" NULLS NOT DISTINCT")
	}
	b.WriteString(p.withOptions(x.Options))
	if x.Where != "" {
		b.WriteString(" WHERE " + p.expr(x.Where))
	}
	return b.String(), true
}

// indexExpr is a key's column or expression, the latter in parentheses unless
// it is a plain call.
func (p *Printer) indexExpr(t *catalog.Table, k *catalog.IndexKey) string {
	if k.Attr != 0 {
		if c := t.Column(k.Attr); c != nil {
			return p.ident(c.Name)
		}
		return ""
	}
	text := p.expr(k.Expr)
	if looksLikeCall(text) {
		return text
	}
	return "(" + text + ")"
}

// KeyColumns are the columns and expressions of an index's key, without what they
// are sorted by.
func (p *Printer) KeyColumns(t *catalog.Table, x *catalog.Index) string {
	cols := make([]string, len(x.Keys))
	for i := range x.Keys {
		cols[i] = p.indexExpr(t, &x.Keys[i])
	}
	return strings.Join(cols, ", ")
}

func (p *Printer) indexColumn(t *catalog.Table, x *catalog.Index, column int) string {
	switch {
	case column >= 1 && column <= len(x.Keys):
		return p.indexExpr(t, &x.Keys[column-1])
	case column > len(x.Keys) && column <= len(x.Keys)+len(x.Include):
		return p.columnList(t, x.Include[column-len(x.Keys)-1:column-len(x.Keys)])
	}
	return ""
}

func (p *Printer) indexKey(t *catalog.Table, x *catalog.Index, k *catalog.IndexKey) string {
	s := p.indexExpr(t, k)
	own := k.Derived
	if c := t.Column(k.Attr); k.Attr != 0 && c != nil {
		own = c.Collation
	}
	if own == 0 {
		if info := types.Lookup(k.Type.OID); info != nil {
			own = info.Collation
		}
	}
	if k.Collation != 0 && k.Collation != own {
		s += " COLLATE " + p.collation(k.Collation)
	}
	if k.OpClass != "" {
		if d, ok := opClassOf(x.AccessMethod(), "", k.Type.OID); !ok || d.name != k.OpClass {
			s += " " + p.opClass(k.OpClass)
		}
	}
	switch {
	case k.Desc && !k.NullsFirst:
		s += " DESC NULLS LAST"
	case k.Desc:
		s += " DESC"
	case k.NullsFirst:
		s += " NULLS FIRST"
	}
	return s
}

// opClass is an operator class's name: those of pg_catalog are visible always, those of
// the vector extension where its schema is.
func (p *Printer) opClass(name string) string {
	for _, e := range p.Catalog.Extensions() {
		if slices.ContainsFunc(extensionRows(e.Name, "opclass"), func(f []string) bool { return f[2] == name }) {
			return p.relName(e.Schema, name)
		}
	}
	return p.ident(name)
}

// columnList is a comma-separated list of columns by number.
func (p *Printer) columnList(t *catalog.Table, attrs []int16) string {
	names := make([]string, 0, len(attrs))
	for _, a := range attrs {
		if c := t.Column(a); c != nil {
			names = append(names, p.ident(c.Name))
		}
	}
	return strings.Join(names, ", ")
}

// withOptions is " WITH (a='1')" as flatten_reloptions writes it.
func (p *Printer) withOptions(list catalog.Options) string {
	if len(list) == 0 {
		return ""
	}
	parts := make([]string, len(list))
	for i, o := range list {
		v := o.Value
		if p.ident(v) != v {
			v = builtin.QuoteLiteral(v)
		}
		parts[i] = p.ident(o.Name) + "=" + v
	}
	return " WITH (" + strings.Join(parts, ", ") + ")"
}

// ConstraintDef is pg_get_constraintdef(constraint).
func (p *Printer) ConstraintDef(id catalog.ID) (text string, ok bool) {
	for _, t := range p.Catalog.Tables() {
		for _, k := range p.Catalog.AllConstraints(t) {
			if k.ID == id {
				return p.constraintText(t, k), true
			}
		}
		for _, g := range t.Triggers {
			if g.Constraint != 0 && g.Constraint == id {
				return p.constraintText(t, g.AsConstraint()), true
			}
		}
	}
	for _, d := range p.Catalog.Types() {
		for _, k := range d.Checks {
			if k.ID == id {
				return builtin.ValueWord(p.constraintText(&catalog.Table{}, k)), true
			}
		}
	}
	return p.bornConstraint(id)
}

func (p *Printer) constraintText(t *catalog.Table, k *catalog.Constraint) string {
	var s string
	switch k.Kind {
	case catalog.CheckConstraint:
		s = "CHECK (" + p.expr(k.Expr) + ")"
		if k.NoInherit {
			s += " NO INHERIT"
		}
	case catalog.PrimaryConstraint, catalog.UniqueConstraint:
		s = p.keyText(t, k)
	case catalog.ExcludeConstraint:
		s = p.exclusionText(t, k)
	case catalog.ForeignConstraint:
		s = p.foreignText(t, k)
	case catalog.TriggerConstraint:
		s = "TRIGGER"
	}
	if k.Deferrable {
		s += " DEFERRABLE"
	}
	if k.Deferred {
		s += " INITIALLY DEFERRED"
	}
	switch {
	case k.Unenforced:
		s += " NOT ENFORCED"
	case !k.Validated:
		s += " NOT VALID"
	}
	return s
}

func (p *Printer) keyText(t *catalog.Table, k *catalog.Constraint) string {
	s := "UNIQUE"
	if k.Kind == catalog.PrimaryConstraint {
		s = "PRIMARY KEY"
	}
	x := t.Index(k.Index)
	if x != nil && x.NullsNotDistinct {
		s += " NULLS NOT DISTINCT"
	}
	s += " (" + p.columnList(t, k.Columns) + ")"
	if x != nil && len(x.Include) > 0 {
		s += " INCLUDE (" + p.columnList(t, x.Include) + ")"
	}
	return s
}

var actionNames = map[byte]string{'r': "RESTRICT", 'c': "CASCADE", 'n': "SET NULL", 'd': "SET DEFAULT"}

func (p *Printer) foreignText(t *catalog.Table, k *catalog.Constraint) string {
	s := "FOREIGN KEY (" + p.columnList(t, k.Columns) + ") REFERENCES "
	if ref, ok := p.Catalog.TableByID(k.RefTable); ok {
		s += p.relName(ref.Schema, ref.Name) + "(" + p.columnList(ref, k.RefColumns) + ")"
	}
	if k.Match == 'f' {
		s += " MATCH FULL"
	}
	if a := actionNames[k.OnUpdate]; a != "" {
		s += " ON UPDATE " + a
	}
	if a := actionNames[k.OnDelete]; a != "" {
		s += " ON DELETE " + a
		if len(k.OnDeleteCols) > 0 {
			s += " (" + p.columnList(t, k.OnDeleteCols) + ")"
		}
	}
	return s
}

// ViewDef is pg_get_viewdef(view, width), with a closing semicolon.
func (p *Printer) ViewDef(id catalog.ID, width int) (text string, ok bool) {
	t, ok := p.Catalog.TableByID(id)
	if !ok || !t.HasQuery() {
		return "", false
	}
	if p.Query == nil {
		return " " + strings.TrimSuffix(strings.TrimSpace(t.ViewSQL), ";") + ";", true
	}
	names := make([]string, len(t.Columns))
	for i := range t.Columns {
		names[i] = t.Columns[i].Name
	}
	return p.Query(t.ViewSQL, names, width) + ";", true
}

// RuleDef is pg_get_ruledef of a view's _RETURN rule, whose OID is the view's.
func (p *Printer) RuleDef(id catalog.ID) (text string, ok bool) {
	def, ok := p.ViewDef(id, 0)
	if !ok {
		return "", false
	}
	t, _ := p.Catalog.TableByID(id)
	name := p.qualified(t.Schema, t.Name)
	if p.Pretty {
		name = p.relName(t.Schema, t.Name)
	}
	return "CREATE RULE \"_RETURN\" AS\n    ON SELECT TO " + name + " DO INSTEAD " + def, true
}

// Definition answers builtin.Session.Definition: kind is indexdef, constraintdef,
// viewdef, ruledef, object with the number of a class (a description of something users
// can make) or object alone (of what they cannot); arg is a column of the first and these.
func (p *Printer) Definition(kind string, id catalog.ID, arg int) (string, bool) {
	if class, ok := strings.CutPrefix(kind, "object "); ok {
		return p.DescribeObject(number(class), id, int16(arg))
	}
	switch kind {
	case "indexdef":
		return p.IndexDef(id, arg)
	case "constraintdef":
		return p.ConstraintDef(id)
	case "viewdef":
		return p.ViewDef(id, arg)
	case "partkeydef":
		return p.partKeyDef(id)
	case "partconstraintdef":
		return p.partConstraint(id)
	case "triggerdef":
		return p.TriggerDef(id)
	case "ruledef":
		return p.RuleDef(id)
	case "statisticsdef", "statisticscolumns":
		return p.StatisticsDef(id, kind == "statisticscolumns")
	case "object":
		text := p.describe(id)
		return text, text != ""
	}
	return p.functionPart(kind, id, arg)
}
