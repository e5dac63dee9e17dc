package builtin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// What SHOW and information_schema say of tables, in MySQL's words.

var mysqlShowFuncs = []mysqlFunc{
	{name: "column_type", args: "ii", ret: types.TextOID, volatility: Stable, eval: ofColumn(func(_ Session, _ *catalog.Table, c *catalog.Column) (string, bool) {
		return declaredType(c), true
	})},
	{name: "column_key", args: "ii", ret: types.TextOID, volatility: Stable, eval: ofColumn(func(_ Session, t *catalog.Table, c *catalog.Column) (string, bool) {
		return columnKey(t, c), true
	})},
	{name: "column_default", args: "ii", ret: types.TextOID, volatility: Stable, eval: ofColumn(func(s Session, t *catalog.Table, c *catalog.Column) (string, bool) {
		if c.Default == "" || c.Generated != 0 || c.SequenceID != 0 {
			return "", false
		}
		text := s.ShowExpr(c.Default, true)
		if plain := plainDefault(text); plain != text || isConstant(text) {
			return plain, true
		}
		return mysqlExpr(text, t, vectorHome(s)), true
	})},
	{name: "column_extra", args: "ii", ret: types.TextOID, volatility: Stable, eval: ofColumn(func(_ Session, _ *catalog.Table, c *catalog.Column) (string, bool) {
		return columnExtra(c), true
	})},
	{name: "generation_expression", args: "ii", ret: types.TextOID, volatility: Stable, eval: ofColumn(func(s Session, t *catalog.Table, c *catalog.Column) (string, bool) {
		if c.Generated == 0 {
			return "", false
		}
		return mysqlExpr(s.ShowExpr(c.Default, true), t, vectorHome(s)), true
	})},
	{name: "check_clause", args: "ii", ret: types.TextOID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		t, ok := s.Catalog().TableByID(catalog.ID(a[0].Int()))
		if !ok {
			return null()
		}
		text, ok := s.Definition("constraintdef", catalog.ID(a[1].Int()), 0, false)
		if !ok {
			return null()
		}
		text = strings.TrimPrefix(mysqlExpr(strings.TrimSuffix(text, " NOT ENFORCED"), t, vectorHome(s)), "CHECK (")
		return types.String(strings.TrimSuffix(text, ")")), nil
	})},
	{name: "view_definition", args: "i", ret: types.TextOID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		t, ok := s.Catalog().TableByID(catalog.ID(a[0].Int()))
		if !ok || t.Kind != catalog.KindView {
			return null()
		}
		return types.String(viewQuery(s, t)), nil
	})},
	{name: "is_range", args: "ii", ret: types.BoolOID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		if t, ok := s.Catalog().TableByID(catalog.ID(a[0].Int())); ok {
			for _, k := range t.Constraints {
				if int64(k.ID) == a[1].Int() {
					return types.Bool(k.Range), nil
				}
			}
		}
		return types.Bool(false), nil
	})},
	{name: "key_name", args: "ii", ret: types.TextOID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		t, ok := s.Catalog().TableByID(catalog.ID(a[0].Int()))
		if !ok {
			return null()
		}
		x := t.Index(catalog.ID(a[1].Int()))
		if x == nil {
			return null()
		}
		return types.String(keyName(x)), nil
	})},
	{name: "table_auto_increment", args: "i", ret: types.Int8OID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		t, ok := s.Catalog().TableByID(catalog.ID(a[0].Int()))
		if !ok {
			return null()
		}
		n, ok := nextNumber(s, t)
		if !ok {
			return null()
		}
		return types.Int(n), nil
	})},
	{name: "key_visible", args: "ii", ret: types.TextOID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		t, ok := s.Catalog().TableByID(catalog.ID(a[0].Int()))
		if ok {
			if x := t.Index(catalog.ID(a[1].Int())); x != nil && x.Invisible {
				return types.String("NO"), nil
			}
		}
		return types.String("YES"), nil
	})},
	{name: "key_prefix", args: "iii", ret: types.Int8OID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		t, ok := s.Catalog().TableByID(catalog.ID(a[0].Int()))
		if !ok {
			return null()
		}
		n := a[2].Int()
		if x := t.Index(catalog.ID(a[1].Int())); x != nil && n >= 1 && n <= int64(len(x.Keys)) && x.Keys[n-1].Prefix > 0 {
			return types.Int(int64(x.Keys[n-1].Prefix)), nil
		}
		return null()
	})},
	{name: "column_position", args: "ii", ret: types.Int8OID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		if t, ok := s.Catalog().TableByID(catalog.ID(a[0].Int())); ok {
			for i, c := range t.Listed() {
				if int64(c.Num) == a[1].Int() {
					return types.Int(int64(i + 1)), nil
				}
			}
		}
		return a[1], nil
	})},
	{name: "show_create", args: "ii", ret: types.TextOID, volatility: Stable, eval: withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		t, ok := s.Catalog().TableByID(catalog.ID(a[0].Int()))
		if !ok {
			return null()
		}
		if a[1].Int() != 0 && t.Kind != catalog.KindView {
			return types.Datum{}, pgerr.Newf(pgerrcode.WrongObjectType, "'%s.%s' is not VIEW", s.Catalog().SchemaName(t.Schema), t.Name)
		}
		return types.String(showCreate(s, t)), nil
	})},
}

// ofColumn is a function of a table's and a column's number.
func ofColumn(f func(s Session, t *catalog.Table, c *catalog.Column) (string, bool)) Eval {
	return withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		t, ok := s.Catalog().TableByID(catalog.ID(a[0].Int()))
		if !ok {
			return null()
		}
		c := t.Column(int16(a[1].Int()))
		if c == nil {
			return null()
		}
		text, ok := f(s, t, c)
		if !ok {
			return null()
		}
		return types.String(text), nil
	})
}

// mysqlTypes are the names of the types that MySQL has by another name.
var mysqlTypes = map[types.OID]string{
	types.Int2OID: "smallint", types.Int4OID: "int", types.Int8OID: "bigint", types.Float4OID: "float", types.Float8OID: "double",
	types.TextOID: "longtext", types.ByteaOID: "longblob", types.JSONBOID: "json", types.JSONOID: "json", types.BoolOID: "tinyint(1)",
	types.DateOID: "date", types.UUIDOID: "char(36)",
}

// declaredType is a column's type as it was declared, or else what is nearest to it.
func declaredType(c *catalog.Column) string {
	if c.Declared != "" {
		return c.Declared
	}
	return mysqlType(c.Type)
}

func mysqlType(t types.T) string {
	if name, ok := mysqlTypes[t.OID]; ok {
		return name
	}
	clock := map[types.OID]string{types.TimestampOID: "datetime", types.TimestamptzOID: "timestamp", types.TimeOID: "time"}
	if name, ok := clock[t.OID]; ok {
		switch {
		case t.Mod > 0:
			return fmt.Sprintf("%s(%d)", name, t.Mod)
		case t.Mod < 0:
			return name + "(6)"
		}
		return name
	}
	switch t.OID {
	case types.VarcharOID, types.BpcharOID:
		name := map[types.OID]string{types.VarcharOID: "varchar", types.BpcharOID: "char"}[t.OID]
		if t.Mod > 4 {
			return fmt.Sprintf("%s(%d)", name, t.Mod-4)
		}
		return "longtext"
	case types.NumericOID:
		if t.Mod > 4 {
			return fmt.Sprintf("decimal(%d,%d)", (t.Mod-4)>>16&0xffff, (t.Mod-4)&0x7ff)
		}
		return "decimal(65,30)"
	}
	return types.FormatType(t)
}

func columnKey(t *catalog.Table, c *catalog.Column) string {
	best := ""
	for _, x := range t.Indexes {
		if len(x.Keys) == 0 || x.IsVector() || x.IsInverted() {
			continue
		}
		at := -1
		for i := range x.Keys {
			if column, _ := prefixed(x.Keys[i].Expr); x.Keys[i].Attr == c.Num || column == c.Name {
				at = i
			}
		}
		switch {
		case at < 0:
		case isPrimary(x):
			return "PRI"
		case x.Unique && len(x.Keys) == 1:
			best = "UNI"
		case at == 0 && best == "":
			best = "MUL"
		}
	}
	return best
}

func columnExtra(c *catalog.Column) string {
	var parts []string
	switch {
	case c.Generated != 0:
		parts = append(parts, "STORED GENERATED")
	case c.Identity != 0 || c.SequenceID != 0:
		parts = append(parts, "auto_increment")
	case c.Default != "" && !isConstant(c.Default):
		parts = append(parts, "DEFAULT_GENERATED")
	}
	if c.OnUpdate != "" {
		parts = append(parts, "on update "+plainDefault(c.OnUpdate))
	}
	return strings.Join(parts, " ")
}

// plainDefault is a default without the cast and quotes that a constant has in
// PostgreSQL's text.
func plainDefault(s string) string {
	if now, ok := strings.CutPrefix(s, "mysql.now("); ok && strings.IndexByte(now, ')') == len(now)-1 {
		return currentTimestamp(now)
	}
	if text, ok := quotedConstant(s); ok {
		return text
	}
	return s
}

// quotedConstant is the text of a constant in quotes, with or without a cast; false for
// an expression that begins with one.
func quotedConstant(s string) (string, bool) {
	rest, ok := strings.CutPrefix(s, "'")
	for from := 0; ok; {
		n := strings.IndexByte(rest[from:], '\'')
		if n < 0 {
			return "", false
		}
		end := from + n
		switch behind := rest[end+1:]; {
		case strings.HasPrefix(behind, "'"):
			from = end + 2
			continue
		case behind == "" || strings.HasPrefix(behind, "::") && !strings.ContainsAny(behind, "'+-*/<>=|&~!@#%^?"):
			return strings.ReplaceAll(rest[:end], "''", "'"), true
		}
		return "", false
	}
	return "", false
}

// isConstant reports a default that is no expression.
func isConstant(s string) bool {
	_, ok := quotedConstant(s)
	return ok || strings.Trim(s, "0123456789.-") == ""
}

// currentTimestamp is CURRENT_TIMESTAMP with the digits of mysql.now(…), of which rest is
// what follows the parenthesis.
func currentTimestamp(rest string) string {
	digits, _, _ := strings.Cut(rest, ")")
	if digits == "" || digits == "0" {
		return "CURRENT_TIMESTAMP"
	}
	return "CURRENT_TIMESTAMP(" + digits + ")"
}

func backquote(s string) string { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }

func quoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(s) + "'"
}

// showCreate is the statement that makes a table or view.
func showCreate(s Session, t *catalog.Table) string {
	if t.Kind == catalog.KindView {
		return createView(s, t)
	}
	var lines []string
	for _, c := range t.Listed() {
		lines = append(lines, createColumn(s, t, c))
	}
	for _, x := range keysInOrder(t.Indexes) {
		if line := createKey(t, x, vectorHome(s)); line != "" {
			lines = append(lines, line)
		}
	}
	for _, k := range t.Constraints {
		if k.Range { // the type says it
			continue
		}
		if k.Refers() {
			lines = append(lines, createForeign(s, t, k))
		}
		if k.Kind == catalog.CheckConstraint {
			text, _ := s.Definition("constraintdef", k.ID, 0, false)
			text, unenforced := strings.CutSuffix(text, " NOT ENFORCED")
			line := "CONSTRAINT " + backquote(k.Name) + " " + mysqlExpr(text, t, vectorHome(s))
			if unenforced {
				line += " /*!80016 NOT ENFORCED */"
			}
			lines = append(lines, line)
		}
	}
	out := "CREATE TABLE " + backquote(t.Name) + " (\n  " + strings.Join(lines, ",\n  ") + "\n) ENGINE=InnoDB "
	if n, ok := nextNumber(s, t); ok && n > 1 {
		out += "AUTO_INCREMENT=" + strconv.FormatInt(n, 10) + " "
	}
	out += tableCharset(t)
	if t.Comment != "" {
		out += " COMMENT=" + quoted(t.Comment)
	}
	return out + showPartitions(s.Catalog(), t)
}

// viewQuery is a view's query.
func viewQuery(s Session, t *catalog.Table) string {
	text, _ := s.Definition("viewdef", t.ID, 0, false)
	return mysqlQuery(strings.TrimSuffix(strings.TrimSpace(text), ";"), vectorHome(s))
}

// nextNumber is what the AUTO_INCREMENT column of a table comes to next; ok is false where there
// is none.
func nextNumber(s Session, t *catalog.Table) (n int64, ok bool) {
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Dropped || c.SequenceID == 0 {
			continue
		}
		q, found := s.Catalog().SequenceByID(c.SequenceID)
		if !found {
			continue
		}
		text, err := s.Engine("sequence_next_value", q.Name, s.Catalog().SchemaName(q.Schema))
		if err != nil {
			continue
		}
		if n, err = strconv.ParseInt(text, 10, 64); err == nil {
			return n, true
		}
	}
	return 0, false
}

// keysInOrder are the keys as MySQL lists them: the primary one, those that are unique, the others.
func keysInOrder(list []*catalog.Index) []*catalog.Index {
	rank := func(x *catalog.Index) int {
		switch {
		case isPrimary(x):
			return 0
		case x.Unique:
			return 1
		}
		return 2
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b *catalog.Index) int { return rank(a) - rank(b) })
	return list
}

func createColumn(s Session, t *catalog.Table, c *catalog.Column) string {
	b := backquote(c.Name) + " " + declaredType(c) + declaredCollation(t, c)
	if c.Generated != 0 {
		return b + " GENERATED ALWAYS AS (" + mysqlExpr(s.ShowExpr(c.Default, true), t, vectorHome(s)) + ") STORED"
	}
	if c.NotNull {
		b += " NOT NULL"
	}
	switch {
	case c.Identity != 0 || c.SequenceID != 0:
		b += " AUTO_INCREMENT"
	case c.Default != "":
		text := s.ShowExpr(c.Default, true)
		switch plain := plainDefault(text); {
		case strings.HasPrefix(plain, "CURRENT_TIMESTAMP"):
			b += " DEFAULT " + plain
		case isConstant(text):
			b += " DEFAULT " + quoted(plain)
		default:
			b += " DEFAULT (" + mysqlExpr(text, t, vectorHome(s)) + ")"
		}
	case !c.NotNull:
		b += " DEFAULT NULL"
	}
	if c.OnUpdate != "" {
		b += " ON UPDATE " + plainDefault(c.OnUpdate)
	}
	if c.Comment != "" {
		b += " COMMENT " + quoted(c.Comment)
	}
	return b
}

// keyName is an index's name among the keys of its table.
func keyName(x *catalog.Index) string {
	switch {
	case x.Primary:
		return "PRIMARY"
	case x.Key != "":
		return x.Key
	}
	return x.Name
}
