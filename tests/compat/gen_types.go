package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// casts tries every pair of types with a few values of the source, written as a
// cast and as an assignment to a column.
func (g *generator) casts(context.Context) ([]*script, error) {
	var b book
	types := slices.Sorted(maps.Keys(literals))
	for _, from := range types {
		for _, to := range types {
			if strings.HasSuffix(from, "[]") != strings.HasSuffix(to, "[]") && from != "text" && to != "text" {
				continue
			}
			r := g.random("cast " + from + " to " + to)
			if strings.HasSuffix(from, "[]") && r.IntN(4) > 0 {
				continue // arrays cast as their elements do
			}
			n := 1
			if castable(from) && castable(to) {
				n = 3
			}
			for range n {
				b.add("casts", "from "+from, fmt.Sprintf("SELECT %s::%s", constant(pick(r, literals[from]), from), to))
			}
		}
	}
	a := &script{area: "casts", name: "assignment"}
	for _, t := range types {
		column := strings.NewReplacer(" ", "_", "[]", "_array", `"`, "").Replace(t)
		a.statements = append(a.statements, statement{sql: fmt.Sprintf("CREATE TABLE c_%s (v %s)", column, t)})
		r := g.random("assign to " + t)
		for range 6 {
			from := pick(r, types)
			if castable(t) && r.IntN(2) == 0 {
				for !castable(from) {
					from = pick(r, types)
				}
			}
			a.statements = append(a.statements, statement{sql: fmt.Sprintf("INSERT INTO c_%s VALUES (%s) RETURNING v", column, constant(pick(r, literals[from]), from))})
		}
	}
	return append(b.list, a), nil
}

// castable are types with many casts between each other.
func castable(t string) bool {
	switch t {
	case "boolean", "smallint", "integer", "bigint", "real", "double precision", "numeric", "money", "text", "character varying",
		"character", `"char"`, "name", "date", "time without time zone", "time with time zone", "timestamp without time zone",
		"timestamp with time zone", "interval", "json", "jsonb", "oid", "regclass", "regtype", "bit", "bit varying":
		return true
	}
	return false
}

// badInputs are texts that many types refuse, each with its own words.
var badInputs = []string{"", " ", "x", "1", "-1", "1.5", "1e400", "99999999999999999999", "{", "{}", "{1,2", "[]", "[1,2)", "true", "null", "NaN", "infinity", "2020-02-30", "25:00:00", "12:34:56.7890123", "0x1F", " 7 ", "1_000", "tomorrow at noon", "(1,2)", "\\x0", "ab\\", "\"", "1 2", "é"}

// inputs writes every type's values and what are none.
func (g *generator) inputs(context.Context) ([]*script, error) {
	var b book
	for _, t := range slices.Sorted(maps.Keys(literals)) {
		for _, text := range append(slices.Clone(literals[t]), badInputs...) {
			if text == "tomorrow at noon" && strings.HasPrefix(t, "time") {
				continue // not the same a moment later
			}
			b.add("types", t, "SELECT '"+strings.ReplaceAll(text, "'", "''")+"'::"+t)
		}
	}
	for _, t := range slices.Sorted(maps.Keys(moreInputs)) {
		for _, text := range moreInputs[t] {
			b.add("types", t, "SELECT '"+strings.ReplaceAll(text, "'", "''")+"'::"+t)
		}
	}
	return b.list, nil
}

// moreInputs are spellings that types read beyond their usual ones, and near misses.
var moreInputs = map[string][]string{
	"boolean":                     {"yes", "no", "on", "off", "o", "ye", "tru", "fals", " true ", "TRUE", "2", "ON", "y", "n"},
	"bytea":                       {`\xABCDEF`, `\x AB CD`, `\xA`, `\xZZ`, `\\`, `\1`, `\400`, `\377`, `ab\\cd`, `\X41`},
	"smallint":                    {"32768", "-32769", "+5", "5.", " 12", "12 ", "1 2", "--1", "٣"},
	"integer":                     {"2147483648", "-2147483649", "+5", "0005", "5.0", "1e3", "0b11", "12abc", "-", "+"},
	"bigint":                      {"9223372036854775808", "-9223372036854775809", "0009", "1e3"},
	"real":                        {"1e39", "-1e39", "1e-46", "inf", "-inf", "nan", "+1.5", ".5", "5.", "1e", "1.2.3", "0x10", "1e+5", "12345678"},
	"double precision":            {"1e309", "1e-400", "inf", "-Inf", "nan", "+.5", ".5e1", "e5", "1e5x", "Infinity ", "0.1e-7", "123456789012345678"},
	"numeric":                     {"1e1000", "1e131072", "1e-16384", "1.5e-3", "-0", "+1", ".5", "5.", "1e", "inf", "-inf", "nan", "--1", "1.2.3", "0.00000", "1e5", "123456789.123456789e-5", "1e+", "Infinityx"},
	"date":                        {"20200229", "2020-2-9", "Feb 29 2020", "29 February 2020", "2020.060", "J2451187", "2020/02/29", "02/29/2020", "29/02/2020", "epoch", "2020-W10-1", "99-12-31", "2020-13-01", "2020-00-10", "2020-01-00", "0000-01-01", "5874898-01-01", "January 8, 1999", "1999-Jan-08", "08-Jan-99", "990108", "1999.008", "January 8, 99 BC", "2020-02-29T10:00:00", "2020-02-29 10:00:00+02"},
	"time without time zone":      {"1234", "123456", "12:34 PM", "12:34 AM", "1 PM", "13:00 PM", "24:00:01", "12:60", "12:34:60", "12:34:61", "allballs", "T12", "12:34:56.123456789", "noon", "2020-01-01 12:34", "040506.789", "12h", "4:5:6"},
	"time with time zone":         {"12:34:56", "12:34:56 EST", "12:34 PM +02", "12:34:56+25", "allballs", "04:05:06 PST", "040506+0730", "2003-04-12 04:05:06 America/New_York", "12:34:56 Nowhere/City"},
	"timestamp without time zone": {"epoch", "2020-02-29T12:34:56Z", "20200229T123456", "Feb 29 12:34:56.789 2020", "2020-02-29 12:34:56.7899999", "2020-02-29 24:00:00", "2020-02-29 12:34:56 PM", "2020-02-29 11:34:56 PM", "294277-01-01", "4715-01-01 BC", "2020-02-29 12", "2020-02-29 12:34:56 foo", "Sat Feb 29 2020 12:34", "2020-02-29 12:34:60", "1999-01-08 04:05:06 -8:00", "January 8 04:05:06 1999 PST", "2020-366 10:00"},
	"timestamp with time zone":    {"epoch", "2020-02-29 12:34:56 EST", "2020-02-29 12:34:56 PST8PDT", "2020-02-29 12:34:56+15:59", "2020-02-29 12:34:56+16", "2020-02-29 12:34:56 Nowhere/City", "2024-03-10 02:30 America/New_York", "2024-11-03 01:30 America/New_York", "2020-02-29 12:34:56.1234567 Z", "1880-01-01 00:00 Europe/Berlin", "294276-12-31 23:59:59 America/Los_Angeles", "2020-02-29 12:34:56 +05:30:15"},
	"interval":                    {"1 year", "1-2", "1 2:03:04", "1 day ago", "-1 day", "1 century 2 decades", "1 millennium", "1.5 years", "1.5 months", "0.5 day", "1.5 weeks", "1 microsecond", "1000 ms", "P1Y", "PT1H", "P0001-02-03T04:05:06", "P1.5D", "-P1M", "@ 1 minute ago", "1 hour 61 minutes", "infinity", "1e3 days", "1 foo", "day", "1 day 1 day", "2562047788:00:54.775807", "9999999999 days", "1:2:3.4567891", "-1:00", "+1:00", "1 y 2 mon 3 d 4 h 5 m 6 s", "1 2", "3 years 4", "12:34:56 ago", "PT36H", "P1W", "1 quarter"},
	"uuid":                        {"a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g"},
	"bit varying":                 {"B101", "x1F", "X1f", "b", "102", "xG", " 1"},
	"json":                        {`{"a":}`, `{"a" 1}`, `[1,]`, `[1 2]`, `{'a':1}`, `"\u00e9"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\u0000"`, `"\x"`, "\"a\tb\"", `01`, `-`, `1.`, `1e`, `.5`, `tru`, `nul`, `{"a":1}}`, `[[[[]]]]`, ` {"a" : 1 } `, `{a:1}`, `"abc`, `{"a":1,}`, `[`, `]`, `,`, `{"a":1 "b":2}`, `-0`, `1E5`, `1e-7`, `{"":1}`, `{1:2}`},
	"jsonb":                       {`{"a":}`, `{"a" 1}`, `[1,]`, `{'a':1}`, `"\u00e9"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\u0000"`, `"\x"`, `01`, `1.`, `1e400`, `1e-7`, `-0`, `-0.0`, `1.10`, `1E5`, `{"bb":1,"a":2,"c":3}`, `{"a":1,"a":{"b":2}}`, `"abc`, ` [ 1 , 2 ] `, `123456789012345678901234567890`, `{"a":[{},[]]}`, `"\"\\\/\b\f\n\r\t"`},
	"integer[]":                   {"{1,2,3", "1,2,3", "{1,,2}", "{1,2,}", "{{1,2},{3}}", "{{1},{2,3}}", "[1:3]={1,2}", "[2:1]={}", "[0:1]={1,2}", "{a}", "{ 1 , 2 }", `{"1","2"}`, "{null,NULL,Null}", "{{},{}}", "[1:2][1:2]={{1,2},{3,4}}", "{1}{2}", "{1} x", "{{{1}}}", "[-2:-1]={1,2}", "[1:1]={{1}}"},
	"text[]":                      {`{"a\"b","c\\d"}`, `{a b,c}`, `{"",NULL,"NULL"}`, `{a"b}`, `{"a"b}`, `{\,}`, `{ "x" , y }`, `{a,{b}}`, `{'a','b'}`, "{a\nb}", `{,}`},
	"oid":                         {"4294967296", "-1", "-2147483649", "0x10"},
	"money":                       {"(1.23)", "-$1.23", "$-1.23", "1,23", "1.239", "12$", "€1", "1e3", "92233720368547758.08", "123.456"},
	"jsonpath":                    {"$.", "$[", "$.a[1,2]", "$.a ? (@.b == 1 && @.c > 2)", "lax $.**", "$.**{1 to 3}", "$.a.size()", "$.a.foo()", "1 + 2", "$.a like_regex \"^x\" flag \"i\"", "$.\"a b\"", "$var", "-$.a", "!($.a)", "$.a starts with \"x\"", "exists ($.a)", "$.keyvalue()", "last", "$[last]", "@", "$.datetime()", "$.a ? (1)", "strict $"},
	"inet":                        {"1.2.3", "1.2.3.4/33", "1.2.3.256", "::1/129", ":::", "1.2.3.4/", "10.1/16", "fe80::1%eth0", "::ffff:1.2.3.4/96"},
	"cidr":                        {"192.168.1.5/24", "1.2.3.4", "10", "10.1.2.3/8", "::1/64", "192.168"},
	"int4range":                   {"[1,2", "(1,1)", "[1,1)", "[2,1]", "1,2", "[a,b]", "(,5", "[1,2147483647]", " [1,2] ", "EMPTY", "[1;2]", "[-1,+1]"},
	"numrange":                    {"[1.5,1.5]", "(1.5,1.5]", "[NaN,]", "[,infinity]"},
	"regclass":                    {"pg_catalog.pg_class", "nonexistent", "a.b.c", "a.b.c.d", "1259", "PG_CLASS", `"pg_class"`, "-"},
	"regtype":                     {"int", "varchar(10)", "int[]", "nonexistent", "pg_catalog.int4", "timestamp with time zone", "23", "-", "integer integer", "double precision"},
	"regproc":                     {"abs", "nonexistent", "pg_catalog.now", "-", "1299"},
	"regprocedure":                {"abs(int)", "abs", "nonexistent(int)", "abs(nonexistent)", "abs(int", "now()"},
	"name":                        {strings.Repeat("x", 63), strings.Repeat("x", 64), strings.Repeat("ä", 40)},
}

// modified are types with their modifiers, also such that are refused.
var modified = map[string][]string{
	"numeric":                      {"(5,2)", "(3)", "(1000,0)", "(1001)", "(0)", "(5,6)", "(5,-2)", "(-1)", "(5,2,1)", "(3,-3)", "(2,5)", "(1000,1001)"},
	"character":                    {"(1)", "(3)", "(0)", "(10)", "(10485761)"},
	"character varying":            {"(1)", "(3)", "(0)", "(10485760)", "(10485761)"},
	"bit":                          {"(1)", "(4)", "(0)", "(83886081)"},
	"bit varying":                  {"(1)", "(4)", "(0)"},
	"time(%s) without time zone":   {"0", "3", "6", "7", "-1"},
	"time(%s) with time zone":      {"0", "3", "6", "7"},
	"timestamp(%s)":                {"0", "3", "6", "7", "2"},
	"timestamp(%s) with time zone": {"0", "3", "6", "10"},
	"interval":                     {" year", " month", " day", " hour", " minute", " second", " year to month", " day to hour", " day to minute", " day to second", " hour to minute", " hour to second", " minute to second", " second(2)", "(0)", "(3)", "(7)", " day to second(1)"},
	"float":                        {"(1)", "(24)", "(25)", "(53)", "(54)", "(0)"},
	"integer":                      {"(4)"},
	"text":                         {"(4)"},
	"date":                         {"(4)"},
	"numeric(5,2)[]":               {""},
	"varchar(3)[]":                 {"", "[3]"},
	"dec":                          {"", "(4,1)"},
	"nchar":                        {"", "(2)"},
	"national character varying":   {"", "(2)"},
	"boolean":                      {"(1)"},
	"uuid":                         {"(1)"},
	"jsonb":                        {"(1)"},
	"bytea":                        {"(1)"},
}

// typmods writes values into types with modifiers, by cast and by assignment.
func (g *generator) typmods(context.Context) ([]*script, error) {
	var b book
	for _, base := range slices.Sorted(maps.Keys(modified)) {
		texts := []string{"1", "abcdef", "123.456", "-99.995"}
		switch {
		case strings.HasPrefix(base, "numeric"), strings.HasPrefix(base, "dec"):
			texts = []string{"123.456", "0.005", "-99.995", "999.994", "999.995", "NaN", "Infinity", "12345", "0", "1e-5", "54321"}
		case strings.HasPrefix(base, "time("):
			texts = []string{"12:34:56.789456", "23:59:59.9999999", "00:00:00.5"}
		case strings.HasPrefix(base, "timestamp"):
			texts = []string{"2020-02-29 12:34:56.789456", "1999-12-31 23:59:59.9999999", "infinity", "2000-01-01 00:00:00.5"}
		case base == "interval":
			texts = []string{"1 year 2 months 3 days 04:05:06.789", "-1 day 02:03:04.567", "5", "1:30", "100"}
		case strings.HasPrefix(base, "bit"):
			texts = []string{"1", "1010", "10101", "", "xF"}
		case base == "varchar(3)[]" || base == "numeric(5,2)[]":
			texts = []string{"{123.456,1}", "{abcdef}", "{}", "{ab,NULL}"}
		case strings.Contains(base, "char"):
			texts = []string{"a", "abcdef", "", "ab   ", "a     ", "äöüß", "   "}
		}
		for _, m := range modified[base] {
			t := base + m
			if strings.Contains(base, "%s") {
				t = fmt.Sprintf(base, m)
			}
			for _, text := range texts {
				b.add("types", base+" modified", fmt.Sprintf("SELECT '%s'::%s", text, t))
				b.add("types", base+" modified", fmt.Sprintf("SELECT '%s'::text::%s", text, t))
			}
			b.add("types", base+" modified", fmt.Sprintf("SELECT CAST(NULL AS %s)", t))
		}
	}
	return b.list, nil
}
