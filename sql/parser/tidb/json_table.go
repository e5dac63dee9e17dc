package tidb

import (
	"fmt"
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// JSON_TABLE(document, path COLUMNS (…)): TiDB's grammar has no rule for it. It is read here
// and stands in the text that the grammar sees as a derived table of the document, of the
// same length; that becomes a lateral query over the elements that the path finds.

// jsonTable is such a call.
type jsonTable struct {
	name string // of the derived table's column, with a character that no other name has
	jsonLevel
}

const jsonMark = "\x01"

// jsonLevel is a path with the columns of what it finds.
type jsonLevel struct {
	path    string
	columns []jsonColumn
}

// jsonColumn is a column, or the columns of a path below.
type jsonColumn struct {
	name             string
	ordinal, exists  bool
	def              *tast.ColumnDef
	path             string
	onEmpty, onError string // see mysql.json_column
	nested           *jsonLevel
}

// cutJSONTables takes the calls out of a text; nil when there are none that can be read.
func cutJSONTables(query string) (string, []*jsonTable) {
	var tables []*jsonTable
	if strings.Contains(query, jsonMark) {
		return query, nil
	}
	out := []byte(query)
	for i := 0; i < len(query); {
		if end := skipToken(query, i); end > i {
			i = end
			continue
		}
		if !isWordByte(query[i]) {
			i++
			continue
		}
		word := i
		for i < len(query) && isWordByte(query[i]) {
			i++
		}
		open := skipSpace(query, i)
		if !strings.EqualFold(query[word:i], "json_table") || open == len(query) || query[open] != '(' {
			continue
		}
		t := &jsonTable{name: fmt.Sprintf("json%s%d", jsonMark, len(tables))}
		r := &jsonReader{s: query, i: open + 1}
		comma := r.upToComma()
		if t.jsonLevel = r.level(); r.failed || comma < 0 || !r.take(")") {
			return query, nil
		}
		rest := r.i - 1 - comma - len(" AS ``") - len(t.name)
		if rest < 0 {
			return query, nil
		}
		copy(out[word:], "(SELECT"+strings.Repeat(" ", open+1-word-len("(SELECT")))
		copy(out[comma:], " AS `"+t.name+"`"+strings.Repeat(" ", rest))
		tables = append(tables, t)
		i = open + 1 // the document may hold another one
	}
	return string(out), tables
}

// jsonReader reads what stands behind the document.
type jsonReader struct {
	s      string
	i      int
	failed bool
}

// upToComma passes over an expression and the comma behind it, which it returns.
func (r *jsonReader) upToComma() int {
	for depth := 0; r.i < len(r.s); r.i++ {
		if end := skipToken(r.s, r.i); end > r.i {
			r.i = end - 1
			continue
		}
		switch b := r.s[r.i]; {
		case b == ',' && depth == 0:
			r.i++
			return r.i - 1
		case b == '(':
			depth++
		case b == ')':
			depth--
		}
		if depth < 0 {
			break
		}
	}
	r.failed = true
	return -1
}

// take takes a word or sign if it comes next.
func (r *jsonReader) take(words ...string) bool {
	at := r.i
	for _, w := range words {
		at = skipSpace(r.s, at)
		if len(r.s)-at < len(w) || !strings.EqualFold(r.s[at:at+len(w)], w) {
			return false
		}
		at += len(w)
		if isWordByte(w[0]) && at < len(r.s) && isWordByte(r.s[at]) {
			return false
		}
	}
	r.i = at
	return true
}

func (r *jsonReader) must(words ...string) {
	if !r.failed && !r.take(words...) {
		r.failed = true
	}
}

// text reads a string.
func (r *jsonReader) text() string {
	r.i = skipSpace(r.s, r.i)
	end := 0
	if r.i < len(r.s) && (r.s[r.i] == '\'' || r.s[r.i] == '"') {
		end = skipToken(r.s, r.i)
	}
	if end < r.i+2 || r.s[end-1] != r.s[r.i] {
		r.failed = true
		return ""
	}
	quote := r.s[r.i : r.i+1]
	inside := r.s[r.i+1 : end-1]
	r.i = end
	inside = strings.ReplaceAll(inside, quote+quote, quote)
	return strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\"`, `"`).Replace(inside)
}

// level reads a path and COLUMNS (…).
func (r *jsonReader) level() (l jsonLevel) {
	l.path = r.text()
	r.must("columns", "(")
	for !r.failed {
		l.columns = append(l.columns, r.column())
		if !r.take(",") {
			break
		}
	}
	r.must(")")
	return l
}

func (r *jsonReader) column() (c jsonColumn) {
	r.i = skipSpace(r.s, r.i)
	if r.take("nested") {
		r.take("path")
		l := r.level()
		c.nested = &l
		return c
	}
	start := r.i
	if r.i < len(r.s) && r.s[r.i] == '`' {
		r.i = skipToken(r.s, r.i)
	} else {
		for r.i < len(r.s) && isWordByte(r.s[r.i]) {
			r.i++
		}
	}
	name := r.s[start:r.i]
	if r.take("for", "ordinality") {
		c.ordinal = true
		c.def = r.definition(name + " INT")
	} else {
		from := r.i
		c.def = r.definition(name + r.s[from:r.typeEnd()])
		c.exists = r.take("exists")
		r.must("path")
		c.path = r.text()
		for !c.exists && r.action(&c) {
		}
	}
	if !r.failed {
		c.name = c.def.Name.Name.L
	}
	return c
}

// typeEnd passes over a type to the word behind it.
func (r *jsonReader) typeEnd() int {
	for r.i < len(r.s) && !r.failed {
		at := r.i
		if end := skipToken(r.s, at); end > at {
			r.i = end
			continue
		}
		if r.take("path") || r.take("exists") {
			r.i = at
			return at
		}
		switch b := r.s[at]; {
		case isWordByte(b):
			for r.i < len(r.s) && isWordByte(r.s[r.i]) {
				r.i++
			}
		case b == ';':
			r.failed = true
		default:
			r.i++
		}
	}
	r.failed = true
	return r.i
}

// definition reads a column's name and type, which the grammar knows.
func (r *jsonReader) definition(text string) *tast.ColumnDef {
	if r.failed {
		return nil
	}
	list, err := grammar("CREATE TABLE t (" + text + ")")
	if err == nil && len(list) == 1 {
		if t, ok := list[0].(*tast.CreateTableStmt); ok && len(t.Cols) == 1 && len(t.Constraints) == 0 && len(t.Cols[0].Options) == 0 {
			return t.Cols[0]
		}
	}
	r.failed = true
	return nil
}

// action reads … ON EMPTY or … ON ERROR.
func (r *jsonReader) action(c *jsonColumn) bool {
	value := ""
	switch {
	case r.take("null"):
	case r.take("error"):
		value = "!"
	case r.take("default"):
		value = "=" + r.text()
	default:
		return false
	}
	switch {
	case r.take("on", "empty"):
		c.onEmpty = value
	case r.take("on", "error"):
		c.onError = value
	default:
		r.failed = true
	}
	return !r.failed
}

// jsonTable converts the derived table that stands for a call; nil for any other.
func (c *conv) jsonTable(t *tast.TableSource) ast.TableExpr {
	s, ok := t.Source.(*tast.SelectStmt)
	if !ok || len(c.jsonTables) == 0 || s.From != nil || s.Fields == nil || len(s.Fields.Fields) != 1 {
		return nil
	}
	f := s.Fields.Fields[0]
	for _, j := range c.jsonTables {
		if f.AsName.O == j.name {
			return &ast.SubqueryRef{At: c.at(s), Lateral: true, Query: c.jsonRows(c.expr(f.Expr), &j.jsonLevel, 0),
				Alias: &ast.Alias{Name: t.AsName.L}}
		}
	}
	return nil
}

// jsonRows is the query of a level's rows: the elements that its path finds in a document,
// and beside each one what the levels below find in it.
func (c *conv) jsonRows(doc ast.Expr, l *jsonLevel, depth int) *ast.Select {
	c.enter()
	defer c.leave()
	at := c.here()
	rows := fmt.Sprintf("r%d", depth)
	element := func() ast.Expr { return &ast.ColumnRef{At: at, Parts: []string{rows, "item"}} }
	found := syscall(at, "jsonb_array_elements", call(at, "json_matches", textual(doc), text(at, l.path)))
	from := ast.TableExpr(&ast.FuncRef{At: at, Funcs: []ast.FuncItem{{Call: found}}, Lateral: true, Ordinality: true,
		Alias: &ast.Alias{Name: rows, Columns: []string{"item", "n"}}})
	below := fmt.Sprintf("b%d", depth)
	var nested []*jsonLevel
	out := &ast.Select{At: at}
	add := func(name string, e ast.Expr) {
		out.Targets = append(out.Targets, ast.Target{At: at, Name: name, Expr: e})
	}
	for i := range l.columns {
		col := &l.columns[i]
		switch {
		case col.nested != nil:
			nested = append(nested, col.nested)
			for _, name := range col.nested.names() {
				add(name, &ast.ColumnRef{At: at, Parts: []string{below, name}})
			}
		case col.ordinal:
			add(col.name, cast(&ast.ColumnRef{At: at, Parts: []string{rows, "n"}}, typed(at, "int4")))
		default:
			add(col.name, c.jsonValue(element(), col))
		}
	}
	if len(nested) > 0 {
		from = &ast.Join{At: at, Kind: ast.LeftJoin, Left: from, On: &ast.Lit{At: at, Kind: ast.LitBool, Bool: true},
			Right: &ast.SubqueryRef{At: at, Lateral: true, Query: c.jsonBelow(element, nested, depth+1), Alias: &ast.Alias{Name: below}}}
	}
	out.From = []ast.TableExpr{from}
	return out
}

// jsonBelow are the rows of levels side by side: one after the other, each with NULL in the
// columns of the others.
func (c *conv) jsonBelow(element func() ast.Expr, levels []*jsonLevel, depth int) *ast.Select {
	var all *ast.Select
	for i := range levels {
		q := c.jsonRows(element(), levels[i], depth)
		own := q.Targets
		q.Targets = nil
		for k, l := range levels {
			if k == i {
				q.Targets = append(q.Targets, own...)
				continue
			}
			for _, name := range l.names() {
				q.Targets = append(q.Targets, ast.Target{At: q.At, Name: name, Expr: null(q.At)})
			}
		}
		if all == nil {
			all = q
			continue
		}
		all = &ast.Select{At: q.At, Left: all, Right: q, SetOp: ast.Union, SetAll: true}
	}
	return all
}

// names are the columns of a level and those below.
func (l *jsonLevel) names() (list []string) {
	for i := range l.columns {
		if n := l.columns[i].nested; n != nil {
			list = append(list, n.names()...)
		} else {
			list = append(list, l.columns[i].name)
		}
	}
	return list
}

// jsonValue is a column's value of an element.
func (c *conv) jsonValue(element ast.Expr, col *jsonColumn) ast.Expr {
	at := c.here()
	t := c.columnType(col.def.Tp)
	if col.exists {
		return cast(number(call(at, "json_contains_path", element, text(at, "one"), text(at, col.path))), t.typ)
	}
	v := cast(call(at, "json_column", element, text(at, col.path), cast(null(at), t.typ), text(at, col.onEmpty), text(at, col.onError)), t.typ)
	if t.check == nil {
		return v
	}
	if col.onError != "" {
		c.fail(nil, "ON ERROR for column \"%s\" of JSON_TABLE, whose type has a range of its own, is not supported", col.name)
	}
	return &ast.Case{At: at, Whens: []ast.When{{Cond: t.check(v), Result: v}}} // beyond its range it is NULL
}
