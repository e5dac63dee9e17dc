package tidb

import (
	"regexp"
	"strings"
	"sync"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

func (c *conv) createView(s *tast.CreateViewStmt) ast.Stmt {
	out := &ast.CreateView{At: c.here(), Name: c.table(s.ViewName), OrReplace: s.OrReplace, Anew: s.OrReplace}
	for _, n := range s.Cols {
		out.Columns, out.All = append(out.Columns, n.L), true
	}
	if s.Security == tast.SecurityInvoker {
		out.With = asInvoker()
	}
	_, out.Check = withoutCheck(c.text[c.stmtPos:statementEnd(c.text, int(c.stmtPos))])
	return c.defineView(out, s.Select)
}

// defineView converts a view's query.
func (c *conv) defineView(out *ast.CreateView, q tast.Node) ast.Stmt {
	c.nested++
	c.viewed = true
	defer func() { c.viewed = false }()
	out.Query = c.query(q)
	c.nested--
	return out
}

// asInvoker is the option of a view that reads with the rights of whoever reads it.
func asInvoker() []ast.Option {
	return []ast.Option{{At: placeless, Name: "security_invoker", Value: text(placeless, "true")}}
}

// checkOption finds WITH CHECK OPTION at the end of a view's definition: the grammar knows it
// only with a word before CHECK, and its tree does not tell it from none.
var checkOption = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\bwith\s+(?:(cascaded|local)\s+)?check\s+option\s*$`)
})

// withoutCheck takes the option out of a statement's text: 'l'ocal, 'c'ascaded, 0 for none.
func withoutCheck(stmt string) (rest string, kind byte) {
	m := checkOption().FindStringSubmatchIndex(stmt)
	switch {
	case m == nil:
		return stmt, 0
	case m[2] >= 0 && strings.EqualFold(stmt[m[2]:m[3]], "local"):
		kind = 'l'
	default:
		kind = 'c'
	}
	return stmt[:m[0]] + blank(stmt[m[0]:]), kind
}

// blank is a text of the same length of which only the ends of lines are left.
func blank(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] != '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}

// ALTER VIEW, too: TiDB's grammar has no rule for it. What stands before its query is blanked out,
// and the query that the grammar reads becomes a view again.

// alteredView is such a statement.
type alteredView struct {
	at, query int // where it begins, and its query
	def       ast.CreateView
}

// cutViews blanks out the heads of ALTER VIEW, and WITH CHECK OPTION behind any view.
func cutViews(s string) (string, []alteredView) {
	var found []alteredView
	for i, begin := 0, true; i < len(s); {
		if end := skipToken(s, i); end > i {
			i = end
			continue
		}
		switch {
		case isSpace(s[i]):
			i++
		case s[i] == ';':
			begin = true
			i++
		case begin && isWordByte(s[i]):
			begin = false
			end := wordEnd(s, i)
			switch fold(s[i:end]) {
			case "create":
				stop := statementEnd(s, end)
				body, _ := withoutCheck(s[end:stop])
				s, end = s[:end]+body+s[stop:], stop
			case "alter":
				if v, ok := readAlterView(s, end); ok {
					v.at = i
					stop := statementEnd(s, v.query)
					body, check := withoutCheck(s[v.query:stop])
					v.def.Check = check
					s = s[:i] + blank(s[i:v.query]) + body + s[stop:]
					found, end = append(found, v), stop
				}
			}
			i = end
		default:
			begin = false
			i++
		}
	}
	return s, found
}

// statementEnd is where the statement ends that an offset is in.
func statementEnd(s string, i int) int {
	for i < len(s) && s[i] != ';' {
		if end := skipToken(s, i); end > i {
			i = end
			continue
		}
		i++
	}
	return i
}

// readAlterView reads a head behind ALTER, up to and with AS.
func readAlterView(s string, i int) (v alteredView, ok bool) {
	word := func() string {
		i = skipSpace(s, i)
		start := i
		i = wordEnd(s, i)
		return fold(s[start:i])
	}
	w := word()
	for ; w != "view"; w = word() {
		switch w {
		case "security":
			if word() == "invoker" {
				v.def.With = asInvoker()
			}
		case "algorithm", "definer", "sql", "undefined", "merge", "temptable", "current_user":
		default:
			return v, false
		}
		for i = skipSpace(s, i); i < len(s) && strings.IndexByte("=@()", s[i]) >= 0; i = skipSpace(s, i) {
			if i = skipSpace(s, i+1); i < len(s) && strings.IndexByte("'\"`", s[i]) >= 0 {
				i = skipToken(s, i)
			} else if i < len(s) && w == "definer" {
				i = wordEnd(s, i)
			}
		}
	}
	i = skipSpace(s, i)
	r := placeReader{s: s, i: i, end: len(s)}
	parts := r.name()
	if len(parts) > 2 || parts[0] == "" {
		return v, false
	}
	v.def.Name = ast.QName{At: placeless, Name: parts[len(parts)-1]}
	if len(parts) == 2 {
		v.def.Name.Schema = parts[0]
	}
	if i = skipSpace(s, r.i); i < len(s) && s[i] == '(' {
		list := placeReader{s: s, i: i + 1, end: len(s)}
		list.columns()
		if list.found.columns == nil {
			return v, false
		}
		for _, p := range list.found.columns {
			v.def.Columns, v.def.All = append(v.def.Columns, p.name), true
		}
		i = list.i + 1
	}
	if word() != "as" {
		return v, false
	}
	v.query = i
	return v, true
}

// alterView is the view that a query is made for, if it stood behind ALTER VIEW.
func (c *conv) alterView(v *alteredView, q tast.Node) ast.Stmt {
	out := v.def
	out.At, out.OrReplace, out.Anew, out.Exists = c.here(), true, true, true
	c.stored = true
	defer func() { c.stored = false }()
	return c.defineView(&out, q)
}
