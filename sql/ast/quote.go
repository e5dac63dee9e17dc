package ast

import "strings"

// words makes a set of a list of words.
func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// reservedWords are PostgreSQL 15's keywords that are not unreserved
// (pg_get_keywords): quote_ident quotes them.
var reservedWords = words(`
all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc
distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral
leading limit localtime localtimestamp not null offset on only or order placing primary references returning
select session_user some symmetric table then to trailing true union unique user using variadic when where
window with
authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left like
natural notnull outer overlaps right similar tablesample verbose
between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping inout int
integer interval least national nchar none normalize nullif numeric out overlay position precision real row setof
smallint substring time timestamp treat trim values varchar xmlattributes xmlconcat xmlelement xmlexists
xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`)

// laterWords are keywords of later grammars: harmless as names of columns and
// relations, but not as a bare type or function.
var laterWords = words(`json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
json_serialize json_table json_value merge_action system_user`)

// QuoteIdent writes a name as PostgreSQL's quote_ident does: bare when it is a
// lower-case word that is not a keyword, else in double quotes.
func QuoteIdent(name string) string {
	if isPlainIdent(name) && !reservedWords[name] {
		return name
	}
	return QuoteAll(name)
}

// QuoteAll writes a name in double quotes, whether it needs them or not.
func QuoteAll(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// typeWords are the types that are called by words of the grammar, which are no names.
var typeWords = words("smallint integer bigint real numeric boolean character interval bit")

// QuoteType writes a type's name as QuoteAll does where it is one: text[] is "text"[].
func QuoteType(text string) string {
	name, rest := text, ""
	if i := strings.IndexAny(text, "(["); i >= 0 {
		name, rest = text[:i], text[i:]
	}
	if !isPlainIdent(name) || typeWords[name] {
		return text
	}
	return QuoteAll(name) + rest
}

func isPlainIdent(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z' || c == '_':
		case i > 0 && c >= '0' && c <= '9':
		default:
			return false
		}
	}
	return true
}

// QuoteLiteral writes a string constant as PostgreSQL's ruleutils do: with a
// leading E when it holds a backslash.
func QuoteLiteral(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 3)
	if strings.IndexByte(s, '\\') >= 0 {
		b.WriteByte('E')
		s = strings.ReplaceAll(s, `\`, `\\`)
	}
	b.WriteByte('\'')
	b.WriteString(strings.ReplaceAll(s, "'", "''"))
	b.WriteByte('\'')
	return b.String()
}
