package builtin

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// Definitions are kept in PostgreSQL's words. For SHOW of MySQL's dialect they are spelled as
// MySQL spells them: columns in backticks, its functions and operators without a schema,
// nothing with the casts that MySQL makes by itself. A text with anything that MySQL has no word for stays as it is.

// mysqlExpr is the text of an expression over a table's columns in MySQL's spelling. home is
// the schema of the extension vector, with its point.
func mysqlExpr(text string, t *catalog.Table, home string) string {
	s := speller{s: spellCalls(text, hasVectors(text, t), home), t: t}
	for s.i < len(s.s) {
		if !s.token() {
			return text
		}
	}
	out := mysqlCalls(inList(s.out.String()))
	if inner().MatchString(out) {
		return text
	}
	return out
}

// mysqlCalls writes functions as what MySQL has for them.
func mysqlCalls(s string) string {
	out := moved().ReplaceAllStringFunc(s, func(call string) string {
		m := moved().FindStringSubmatch(call)
		op := map[string]string{"add": " + ", "sub": " - "}[m[1]]
		return "(" + m[2] + op + "interval " + m[3] + " " + m[4] + ")"
	})
	return decimalCast().ReplaceAllString(divided().ReplaceAllString(out, "($1 / $2)"), "cast($1 as decimal($2,$3))")
}

// moved finds a date plus or minus an INTERVAL, divided a division, decimalCast a CAST, of simple
// operands.
var (
	moved = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\bdate(?:time)?_(add|sub)\(([^(),]+(?:\([^()]*\))?), ([^(),]+), '(\w+)'\)`)
	})
	divided     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\bdiv\(([^(),]+), ([^(),]+)\)`) })
	decimalCast = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\bcast_decimal\(([^(),]+|\([^()]*\)), (\d+), (\d+)\)`)
	})
)

// inner finds functions of the schema that MySQL has no word for, or another one.
var inner = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("\\b(to_(text|signed|unsigned|decimal|double|binary|bits|year)|truth|div|trim_(leading|trailing)|" +
		"str_to_(day|time)|date(time)?_(add|sub)|json_memberof|arith(_precise)?|shown|cast_decimal|enum_(place|word)|set_(words|bits)|extract)\\(")
})

// lone finds a column that has parentheses of its own.
var lone = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("(^|[ (,])\\((`(?:[^`]|``)*`|[0-9.]+)\\)") })

// listForms are the forms of IN, with how its list ends.
var listForms = [][3]string{
	{" = ANY ((ARRAY[", "]))", " in ("}, {" = ANY (ARRAY[", "])", " in ("},
	{" <> ALL ((ARRAY[", "]))", " not in ("}, {" <> ALL (ARRAY[", "])", " not in ("},
}

// inList writes = ANY (ARRAY[…]) as IN (…).
func inList(s string) string {
	for _, form := range listForms {
		for {
			head, rest, ok := strings.Cut(s, form[0])
			if !ok {
				break
			}
			list, tail, ok := strings.Cut(rest, form[1])
			if !ok || strings.Contains(list, "[") {
				break
			}
			s = head + form[2] + list + ")" + tail
		}
	}
	return lone().ReplaceAllString(s, "$1$2")
}

type speller struct {
	s   string
	i   int
	t   *catalog.Table
	out strings.Builder
}

// token takes over one token; false for what MySQL has no word for.
func (p *speller) token() bool {
	b := p.s[p.i]
	switch {
	case b == '\'':
		end := closing(p.s, p.i)
		text := quoted(strings.ReplaceAll(p.s[p.i+1:end-1], "''", "'"))
		for _, t := range typedLiterals {
			if rest, ok := strings.CutPrefix(p.s[end:], t[0]); ok && besideComparison(p.out.String(), rest) {
				text = t[1] + text
				end += len(t[0])
				break
			}
		}
		p.out.WriteString(text)
		p.i = end
	case b == '"':
		end := closing(p.s, p.i)
		name := strings.ReplaceAll(p.s[p.i+1:end-1], `""`, `"`)
		if p.i = end; strings.HasPrefix(p.s[end:], "(") {
			p.out.WriteString(name)
		} else {
			p.out.WriteString(backquote(name))
		}
	case letter(b):
		end := p.i
		for end < len(p.s) && (letter(p.s[end]) || p.s[end] >= '0' && p.s[end] <= '9') {
			end++
		}
		p.word(p.s[p.i:end], end)
	case strings.HasPrefix(p.s[p.i:], "~~ "):
		p.out.WriteString("like")
		p.i += 2
	case strings.HasPrefix(p.s[p.i:], "!~~ "):
		p.out.WriteString("not like")
		p.i += 3
	case strings.HasPrefix(p.s[p.i:], "::"): // what MySQL converts without a word
		end := typeEnd(p.s, p.i+2)
		name, _, _ := strings.Cut(strings.TrimSuffix(p.s[p.i+2:end], "[]"), "(")
		if !unsaid[name] {
			return false
		}
		p.i = end
	case b == '~', b == '!':
		return false
	default:
		p.out.WriteByte(b)
		p.i++
	}
	return true
}

// typedLiterals are casts of texts for which MySQL has literals of a type, which it compares as
// PostgreSQL does; arithmetic over them is another.
var typedLiterals = [][2]string{{"::timestamp without time zone", "TIMESTAMP"}, {"::date", "DATE"}}

func besideComparison(before, after string) bool {
	before, after = strings.TrimRight(before, " "), strings.TrimLeft(after, " )")
	return before != "" && strings.Contains("<>=", before[len(before)-1:]) && (after == "" || !strings.Contains("+-*/%", after[:1]))
}

// unsaid are the types that MySQL makes of other values by itself. A cast to another one
// changes what an operator means.
var unsaid = map[string]bool{"text": true, "character varying": true, "character": true, "bpchar": true,
	"smallint": true, "integer": true, "bigint": true, "numeric": true}

func (p *speller) word(w string, end int) {
	rest := p.s[end:]
	switch {
	case (w == MySQLSchema || w == "pg_catalog") && strings.HasPrefix(rest, "."):
		p.i = end + 1
		return
	case w == "OPERATOR" && strings.HasPrefix(rest, "("):
		op, _, ok := strings.Cut(rest[1:], ")")
		if ok {
			p.out.WriteString(op[strings.LastIndexByte(op, '.')+1:])
			p.i = end + len(op) + 2
			return
		}
	case w == "nextval":
		if name, after, ok := sequenceArgument(rest); ok {
			p.out.WriteString(w + "(" + name)
			p.i = end + after
			return
		}
	case !strings.HasPrefix(rest, "(") && p.t.ColumnByName(w) != nil:
		w = backquote(w)
	}
	p.out.WriteString(w)
	p.i = end
}

// sequenceArgument is the name of a sequence, which PostgreSQL has as a constant, and the offset behind it.
func sequenceArgument(s string) (name string, after int, ok bool) {
	if !strings.HasPrefix(s, "('") {
		return "", 0, false
	}
	end := closing(s, 1)
	if !strings.HasPrefix(s[end:], "::regclass)") {
		return "", 0, false
	}
	text := strings.ReplaceAll(s[2:end-1], "''", "'")
	for i := 0; i < len(text); i++ {
		from := i
		if text[i] == '"' {
			i = closing(text, i)
			name += backquote(strings.ReplaceAll(text[from+1:i-1], `""`, `"`))
		} else {
			for i < len(text) && text[i] != '.' {
				i++
			}
			name += backquote(text[from:i])
		}
		if i < len(text) {
			name += "."
		}
	}
	return name, end + len("::regclass"), true
}

func letter(b byte) bool {
	return b == '_' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}

// closing is the offset behind a quoted text, in which its quote is doubled.
func closing(s string, i int) int {
	quote := s[i]
	for i++; i < len(s); i++ {
		if s[i] == quote {
			if i+1 < len(s) && s[i+1] == quote {
				i++
				continue
			}
			return i + 1
		}
	}
	return len(s)
}

// typeEnd is the offset behind the name of a type: words, and what one has in parentheses.
func typeEnd(s string, i int) int {
	for _, name := range []string{"character varying", "timestamp without time zone", "timestamp with time zone", "time without time zone",
		"double precision"} {
		if strings.HasPrefix(s[i:], name) {
			i += len(name)
			break
		}
	}
	for i < len(s) && (letter(s[i]) || s[i] >= '0' && s[i] <= '9') {
		i++
	}
	if i < len(s) && s[i] == '(' {
		if end := strings.IndexByte(s[i:], ')'); end >= 0 {
			i += end + 1
		}
	}
	if strings.HasPrefix(s[i:], "[]") {
		i += 2
	}
	return i
}

// joinDistinct joins the elements of an array, of equal ones the first.
func joinValues(distinct bool) Eval {
	return func(c *Ctx, a []types.Datum) (_ types.Datum, err error) {
		defer types.CatchStop(&err)
		t := types.Of(elemOID(c, 0, a[0]))
		var out []byte
		n := 0
		seen := map[string]bool{}
		it := types.NewArrayIter(a[0])
		for d, ok := it.Next(); ok; d, ok = it.Next() {
			if d.IsNull() {
				continue
			}
			one := mysqlString(c, typed{t, d}).Bytes()
			if distinct {
				if seen[string(one)] {
					continue
				}
				seen[string(one)] = true
			}
			if n++; n > 1 {
				out = append(out, a[1].Text()...)
			}
			out = append(out, one...)
			if err := types.Grow(len(out), 0); err != nil {
				return types.Datum{}, err
			}
		}
		if n == 0 {
			return null()
		}
		return types.Bytes(cutConcat(c, out)), nil
	}
}

// cutConcat is a GROUP_CONCAT of no more bytes than @@group_concat_max_len, whole characters.
func cutConcat(c *Ctx, s []byte) []byte {
	if c.Session == nil {
		return s
	}
	set, ok := c.Session.Setting("mysql.group_concat_max_len")
	limit, err := strconv.ParseUint(set, 10, 64)
	if !ok || err != nil || uint64(len(s)) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	warn(c, truncatedData, "Data was cut by GROUP_CONCAT()")
	return s[:limit]
}
