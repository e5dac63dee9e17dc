package syscat

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/opclass"
	"github.com/loxodb/loxodb/sql/types"
)

// Visible says whether a relation is found by its bare name; nil means those of
// schema public are.
type Visible func(schema catalog.ID, name string) bool

// collationName names the collations of pg_collation.
var collationNames = map[catalog.ID]string{100: "default", 950: "C", 951: "POSIX", 12340: "ucs_basic"}

// CollationName is a collation's name, "" when unknown.
func CollationName(id catalog.ID) string { return collationNames[id] }

// relName is a relation's name, qualified unless it is visible.
func relName(c *catalog.Snapshot, schema catalog.ID, name string, visible Visible) string {
	if visible == nil {
		visible = func(s catalog.ID, _ string) bool { return s == catalog.PublicID || s == catalog.PgCatalogID }
	}
	if visible(schema, name) {
		return builtin.QuoteIdent(name)
	}
	return qualified(c, schema, name)
}

func qualified(c *catalog.Snapshot, schema catalog.ID, name string) string {
	return builtin.QuoteIdent(schemaName(c, schema)) + "." + builtin.QuoteIdent(name)
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

// unwrap takes off the parentheses around a whole expression.
func unwrap(expr string) string {
	if strings.HasPrefix(expr, "(") && closing(expr, 0) == len(expr)-1 {
		return expr[1 : len(expr)-1]
	}
	return expr
}

// IndexDef is pg_get_indexdef(index, column, pretty): the CREATE INDEX statement
// for column 0, else just that column or expression. ok is false when the index
// is unknown.
func IndexDef(c *catalog.Snapshot, id catalog.ID, column int, pretty bool, visible Visible) (text string, ok bool) {
	x, ok := c.IndexByID(id)
	if !ok {
		return "", false
	}
	t, ok := c.TableByID(x.Table)
	if !ok {
		return "", false
	}
	if column != 0 {
		return indexColumn(t, x, column, pretty), true
	}
	var b strings.Builder
	b.WriteString("CREATE ")
	if x.Unique {
		b.WriteString("UNIQUE ")
	}
	table := qualified(c, t.Schema, t.Name)
	if pretty {
		table = relName(c, t.Schema, t.Name, visible)
	}
	b.WriteString("INDEX " + builtin.QuoteIdent(x.Name) + " ON " + table + " USING " + builtin.QuoteIdent(method(x)) + " (")
	for i := range x.Keys {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(indexKey(t, x, &x.Keys[i], pretty))
	}
	b.WriteString(")")
	if len(x.Include) > 0 {
		b.WriteString(" INCLUDE (" + columnList(t, x.Include) + ")")
	}
	if x.NullsNotDistinct {
		b.WriteString(" NULLS NOT DISTINCT")
	}
	b.WriteString(withOptions(x.Options))
	if x.Where != "" {
		b.WriteString(" WHERE " + prettyExpr(x.Where, pretty))
	}
	return b.String(), true
}

func method(x *catalog.Index) string {
	if x.Method == "" {
		return "btree"
	}
	return x.Method
}

// prettyExpr is an expression as pretty printing shows it: without its outer
// parentheses, and without those around a cast word, call, or what has
// parentheses already.
func prettyExpr(expr string, pretty bool) string {
	if !pretty {
		return expr
	}
	expr = unwrap(expr)
	for i := 0; i < len(expr); i++ {
		switch expr[i] {
		case '\'', '"':
			if end := strings.IndexByte(expr[i+1:], expr[i]); end >= 0 {
				i += end + 1
			}
		case '(':
			end := closing(expr, i)
			if end < 0 {
				return expr
			}
			called := i > 0 && (expr[i-1] == '"' || expr[i-1] == '_' || isWord(expr[i-1:i]))
			if inner := expr[i+1 : end]; !called && strings.HasPrefix(expr[end+1:], "::") && primary(inner) {
				expr = expr[:i] + inner + expr[end+1:]
				i--
			}
		}
	}
	return expr
}

// primary reports an expression that a cast may follow as it is.
func primary(expr string) bool {
	if isWord(expr) || looksLikeCall(expr) {
		return true
	}
	return strings.HasPrefix(expr, "(") && closing(expr, 0) == len(expr)-1
}

// isWord reports a name, perhaps qualified, or a number.
func isWord(s string) bool {
	if len(s) > 2 && s[0] == '"' {
		return strings.IndexByte(s[1:], '"') == len(s)-2
	}
	for i := range len(s) {
		c := s[i]
		if c != '_' && c != '.' && !('0' <= c && c <= '9') && !('a' <= c && c <= 'z') && !('A' <= c && c <= 'Z') {
			return false
		}
	}
	return s != ""
}

// indexExpr is a key's column or expression, the latter in parentheses unless
// it is a plain call.
func indexExpr(t *catalog.Table, k *catalog.IndexKey, pretty bool) string {
	if k.Attr != 0 {
		if c := t.Column(k.Attr); c != nil {
			return builtin.QuoteIdent(c.Name)
		}
		return ""
	}
	if looksLikeCall(k.Expr) {
		return k.Expr
	}
	return "(" + prettyExpr(k.Expr, pretty) + ")"
}

func indexColumn(t *catalog.Table, x *catalog.Index, column int, pretty bool) string {
	switch {
	case column >= 1 && column <= len(x.Keys):
		return indexExpr(t, &x.Keys[column-1], pretty)
	case column > len(x.Keys) && column <= len(x.Keys)+len(x.Include):
		return columnList(t, x.Include[column-len(x.Keys)-1:column-len(x.Keys)])
	}
	return ""
}

func indexKey(t *catalog.Table, x *catalog.Index, k *catalog.IndexKey, pretty bool) string {
	s := indexExpr(t, k, pretty)
	own := catalog.ID(0)
	if c := t.Column(k.Attr); k.Attr != 0 && c != nil {
		own = c.Collation
	}
	if own == 0 {
		if info := types.Lookup(k.Type.OID); info != nil {
			own = info.Collation
		}
	}
	if k.Collation != 0 && k.Collation != own && CollationName(k.Collation) != "" {
		s += " COLLATE " + builtin.QuoteIdent(CollationName(k.Collation))
	}
	if k.OpClass != "" {
		if d, ok := opClassOf(x.Method, "", k.Type.OID); !ok || d.name != k.OpClass {
			s += " " + builtin.QuoteIdent(k.OpClass)
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

// columnList is a comma-separated list of columns by number.
func columnList(t *catalog.Table, attrs []int16) string {
	names := make([]string, 0, len(attrs))
	for _, a := range attrs {
		if c := t.Column(a); c != nil {
			names = append(names, builtin.QuoteIdent(c.Name))
		}
	}
	return strings.Join(names, ", ")
}

// optionNames are the storage parameters that are set: those of vector indexes
// in the order of their method's list, others by name.
func optionNames(m map[string]string) []string {
	names := slices.Sorted(maps.Keys(m))
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(opclass.OptionRank(a), opclass.OptionRank(b)) })
	return names
}

// withOptions is " WITH (a='1')" as flatten_reloptions writes it.
func withOptions(m map[string]string) string {
	if len(m) == 0 {
		return ""
	}
	names := optionNames(m)
	for i, k := range names {
		v := m[k]
		if builtin.QuoteIdent(v) != v {
			v = builtin.QuoteLiteral(v)
		}
		names[i] = builtin.QuoteIdent(k) + "=" + v
	}
	return " WITH (" + strings.Join(names, ", ") + ")"
}

// ConstraintDef is pg_get_constraintdef(constraint, pretty).
func ConstraintDef(c *catalog.Snapshot, id catalog.ID, pretty bool, visible Visible) (text string, ok bool) {
	for _, t := range c.Tables() {
		for _, k := range t.Constraints {
			if k.ID == id {
				return constraintText(c, t, k, pretty, visible), true
			}
		}
	}
	return "", false
}

func constraintText(c *catalog.Snapshot, t *catalog.Table, k *catalog.Constraint, pretty bool, visible Visible) string {
	var s string
	switch k.Kind {
	case catalog.CheckConstraint:
		s = "CHECK (" + prettyExpr(k.Expr, pretty) + ")"
		if k.NoInherit {
			s += " NO INHERIT"
		}
	case catalog.PrimaryConstraint, catalog.UniqueConstraint:
		s = keyText(t, k)
	case catalog.ForeignConstraint:
		s = foreignText(c, t, k, visible)
	}
	if k.Deferrable {
		s += " DEFERRABLE"
	}
	if k.Deferred {
		s += " INITIALLY DEFERRED"
	}
	if !k.Validated {
		s += " NOT VALID"
	}
	return s
}

func keyText(t *catalog.Table, k *catalog.Constraint) string {
	s := "UNIQUE"
	if k.Kind == catalog.PrimaryConstraint {
		s = "PRIMARY KEY"
	}
	x := t.Index(k.Index)
	if x != nil && x.NullsNotDistinct {
		s += " NULLS NOT DISTINCT"
	}
	s += " (" + columnList(t, k.Columns) + ")"
	if x != nil && len(x.Include) > 0 {
		s += " INCLUDE (" + columnList(t, x.Include) + ")"
	}
	if x != nil {
		s += withOptions(x.Options)
	}
	return s
}

var actionNames = map[byte]string{'r': "RESTRICT", 'c': "CASCADE", 'n': "SET NULL", 'd': "SET DEFAULT"}

func foreignText(c *catalog.Snapshot, t *catalog.Table, k *catalog.Constraint, visible Visible) string {
	s := "FOREIGN KEY (" + columnList(t, k.Columns) + ") REFERENCES "
	if ref, ok := c.TableByID(k.RefTable); ok {
		s += relName(c, ref.Schema, ref.Name, visible) + "(" + columnList(ref, k.RefColumns) + ")"
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
			s += " (" + columnList(t, k.OnDeleteCols) + ")"
		}
	}
	return s
}

// ViewDef is pg_get_viewdef(view): the query as it is stored, with PostgreSQL's
// leading blank and closing semicolon.
func ViewDef(c *catalog.Snapshot, id catalog.ID) (text string, ok bool) {
	t, ok := c.TableByID(id)
	if !ok || t.Kind != catalog.KindView {
		return "", false
	}
	return " " + strings.TrimSuffix(strings.TrimSpace(t.ViewSQL), ";") + ";", true
}

// RuleDef is pg_get_ruledef of a view's _RETURN rule, whose OID is the view's.
func RuleDef(c *catalog.Snapshot, id catalog.ID) (text string, ok bool) {
	def, ok := ViewDef(c, id)
	if !ok {
		return "", false
	}
	t, _ := c.TableByID(id)
	return "CREATE RULE \"_RETURN\" AS\n    ON SELECT TO " + qualified(c, t.Schema, t.Name) + " DO INSTEAD " + def, true
}

// Definition answers builtin.Session.Definition from a snapshot: kind is
// indexdef, constraintdef, viewdef, ruledef or object (a description; arg is
// indexdef's column).
func Definition(c *catalog.Snapshot, kind string, id catalog.ID, arg int, pretty bool, visible Visible) (string, bool) {
	switch kind {
	case "indexdef":
		return IndexDef(c, id, arg, pretty, visible)
	case "constraintdef":
		return ConstraintDef(c, id, pretty, visible)
	case "viewdef":
		return ViewDef(c, id)
	case "ruledef":
		return RuleDef(c, id)
	case "object":
		text := describe(id)
		return text, text != ""
	}
	return "", false
}
