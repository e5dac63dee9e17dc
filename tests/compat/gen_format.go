package main

import (
	"context"
	"fmt"
	"strings"
)

var (
	dateTemplates = []string{
		"YYYY-MM-DD HH24:MI:SS", "YYYY-MM-DD HH12:MI:SS.US AM", "Day, DD Month YYYY", "FMDay, FMDDth FMMonth YYYY", "DY dd mon yy", "Dy Mon",
		"DDD D J Q", "IYYY-IW-ID IDDD", "WW W CC", "MS US FF1 FF3 FF6", "SSSS SSSSS", "TZ tz OF TZH:TZM", "A.M. p.m. am PM", "BC b.c. AD a.d.",
		"Y,YYY YYY YY Y", "I IY IYY IYYY", "RM rm", "HH HH12 HH24", `"text" YYYY "quoted \" q"`, "DDTH ddth HHTH24", "FMMM/FMDD/FMYY", "TMDay TMMonth",
		"YYYYMMDDHH24MISS", "Month MONTH month Mon MON", "DAY day Day DY dy", "", "YYYYth", "hello", "HH24:MI:SS.FF4", "YYYY年MM月DD日", "SP YYYYSP", "J Jth", "FXYYYY-MM-DD",
	}
	numberTemplates = []string{
		"999", "9999.99", "0999.990", "FM9999.99", "FM0000.00", "9,999,999.99", "9G999D99", "S9999", "9999S", "MI9999", "9999MI", "PL9999", "SG9999", "9999PR", "FM9999PR",
		"L9999.99", "9999L", "RN", "FMRN", "rn", "9999th", "9999TH", "99V99", "9.99EEEE", "9.9EEEE", "FM9.999EEEE", "B9999", "0", "9", ".99", "999.", "\"text\"999", "FM999.009", "00000", "9 9 9", "99.99.99", "FM", "",
		"000,000", "SG999PR", "S9S", "EEEE", "999D999999", "FM9,999.9", "L9G999D99PR", "999V9", "09.90",
	}
	numbers   = []string{"0", "1", "-1", "0.5", "-0.5", "12.34", "-12.34", "1234.567", "-1234567.891", "0.001", "999.995", "485", "3999", "4000", "-485", "1e10"}
	moments   = []string{"2020-02-29 12:34:56.789123", "1999-12-31 23:59:59", "2000-01-01 00:00:00", "0044-03-15 12:00:00 BC", "2024-07-15 08:05:09.5", "infinity", "10000-01-01 01:02:03"}
	intervals = []string{"1 year 2 mons 3 days 04:05:06.789", "-1 day -02:03:04", "36:00:00", "0", "400 days", "15 mons"}
)

// formats calls to_char, to_number, to_date and to_timestamp, and the settings that
// change how dates are shown and read.
func (g *generator) formats(context.Context) ([]*script, error) {
	var b book
	r := g.random("formats")
	for _, t := range dateTemplates {
		for range 4 {
			b.add("formatting", "to_char dates", fmt.Sprintf("SELECT to_char(timestamp '%s', '%s')", pick(r, moments), t))
		}
		b.add("formatting", "to_char dates", fmt.Sprintf("SELECT to_char(timestamptz '%s+00', '%s')", pick(r, moments[:3]), t))
		b.add("formatting", "to_char intervals", fmt.Sprintf("SELECT to_char(interval '%s', '%s')", pick(r, intervals), t))
	}
	for _, t := range numberTemplates {
		for range 5 {
			b.add("formatting", "to_char numbers", fmt.Sprintf("SELECT to_char(%s::%s, '%s')", quote(pick(r, numbers)), pick(r, []string{"numeric", "numeric", "float8", "float4"}), t))
		}
		b.add("formatting", "to_char numbers", fmt.Sprintf("SELECT to_char(%s, '%s')", pick(r, []string{"1", "-12", "485", "1234567", "0"}), t))
		b.add("formatting", "to_char numbers", fmt.Sprintf("SELECT to_char(%s::int8, '%s')", pick(r, []string{"1", "(-12)", "485", "12345678901", "0"}), t))
		for range 2 {
			b.add("formatting", "to_number", fmt.Sprintf("SELECT to_number('%s', '%s')", pick(r, []string{"1", "-12.34", "1,234.56", "12.34-", "<12.3>", "$12.5", "  42", "abc", "1e5", "XIV", "+7", "485th"}), t))
		}
	}
	for _, p := range dateReadings {
		for _, text := range p.texts {
			b.add("formatting", "to_date", fmt.Sprintf("SELECT to_date('%s', '%s')", text, p.template))
			b.add("formatting", "to_timestamp", fmt.Sprintf("SELECT to_timestamp('%s', '%s')", text, p.template))
		}
	}
	return append(b.list, g.styles()), nil
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

var dateReadings = []struct {
	template string
	texts    []string
}{
	{"YYYY-MM-DD", []string{"2020-02-29", "2020-2-9", "20200229", "2019-02-29", "2020-13-01", "20-1-2", "abc", "", "2020/02/29", " 2020-02-29", "2020-02-29 extra", "-44-03-15"}},
	{"YYYYMMDD", []string{"20200229", "2020-02-29", "2020022", "202002291"}},
	{"DD Mon YYYY", []string{"29 Feb 2020", "29Feb2020", "29 feb 2020", "29 Foo 2020", "29 February 2020"}},
	{"DD Month YYYY", []string{"29 February 2020", "29 FEBRUARY 2020", "1 May 2020"}},
	{"Dy DD Mon YY", []string{"Sat 29 Feb 20", "Sun 29 Feb 70", "Xyz 29 Feb 20"}},
	{"YYYY-DDD", []string{"2020-060", "2020-366", "2019-366", "2020-0"}},
	{"IYYY-IW-ID", []string{"2020-10-1", "2020-53-7", "2020-54-1", "2020-1-8"}},
	{"J", []string{"2451545", "0", "-1", "9999999999"}},
	{"YYYY-MM-DD HH24:MI:SS", []string{"2020-02-29 12:34:56", "2020-02-29 25:00:00", "2020-02-29 24:00:00", "2020-02-29 12:60:00"}},
	{"YYYY-MM-DD HH12:MI AM", []string{"2020-02-29 12:34 PM", "2020-02-29 12:34 AM", "2020-02-29 13:34 PM", "2020-02-29 00:34 AM"}},
	{"HH24:MI:SS.MS", []string{"12:34:56.7", "12:34:56.789", "12:34:56.7891"}},
	{"HH24:MI:SS.US", []string{"12:34:56.7", "12:34:56.789123"}},
	{"YYYY-MM-DD HH24:MI:SSOF", []string{"2020-02-29 12:34:56+02", "2020-02-29 12:34:56"}},
	{"YYYY-MM-DD TZH:TZM", []string{"2020-02-29 +02:30", "2020-02-29 -08:00"}},
	{"YYYY BC", []string{"44 BC", "44 AD", "2020 BC", "0 BC"}},
	{"Y,YYY-MM", []string{"2,020-02", "2020-02"}},
	{"YY-MM-DD", []string{"20-02-29", "69-01-01", "70-01-01", "99-12-31", "5-1-1"}},
	{"YYY", []string{"020", "995"}},
	{"CC YY", []string{"20 19", "21 20"}},
	{"FXYYYY-MM-DD", []string{"2020-02-29", "2020- 02-29", "2020-2-29"}},
	{"SSSS", []string{"3661", "86400", "86399"}},
	{"Q YYYY", []string{"1 2020"}},
	{"RM YYYY", []string{"IV 2020", "XII 2020", "XIV 2020"}},
	{"WW YYYY", []string{"10 2020", "54 2020"}},
	{"W MM YYYY", []string{"2 02 2020"}},
	{`"day" DD "of" MM YYYY`, []string{"day 15 of 07 2020", "xxx 15 yy 07 2020"}},
	{"YYYY-MM-DD YYYY", []string{"2020-01-01 2020", "2020-01-01 2021"}},
	{"YYYY IW", []string{"2020 10"}},
	{"FMDDth FMMonth YYYY", []string{"1st May 2020", "2nd June 2020"}},
	{"DD.MM.YYYY HH24:MI TZ", []string{"29.02.2020 12:34 UTC"}},
}

// styles shows and reads dates and intervals under all settings of their form.
func (g *generator) styles() *script {
	s := &script{area: "date and time", name: "styles", independent: true}
	say := func(format string, args ...any) {
		s.statements = append(s.statements, statement{sql: fmt.Sprintf(format, args...)})
	}
	for _, style := range []string{"ISO", "SQL", "Postgres", "German"} {
		for _, order := range []string{"MDY", "DMY", "YMD"} {
			say("SET DateStyle = '%s, %s'", style, order)
			say("SHOW DateStyle")
			for _, t := range moments[:6] {
				say("SELECT timestamp '%s' AS %s_%s, (timestamp '%s')::date::text, (timestamptz '%s')::text", t, style, order, t, t)
			}
			for _, t := range []string{"01/02/03", "13/02/2003", "02/13/2003", "2003-02-01", "1.2.2003", "03 Feb 01", "99-01-02"} {
				say("SELECT date '%s' AS %s_%s", t, style, order)
			}
		}
	}
	say("RESET DateStyle")
	for _, style := range []string{"postgres", "postgres_verbose", "sql_standard", "iso_8601"} {
		say("SET IntervalStyle = %s", style)
		for _, t := range append([]string{"1 mon", "-1 mon", "1 day -1 hour", "-1 year -2 mons +3 days -04:05:06", "0.000001 s", "-1-2 +3 -4:05:06", "10 years"}, intervals...) {
			say("SELECT interval '%s' AS %s, (interval '%s')::text", t, style, t)
		}
	}
	say("RESET IntervalStyle")
	for _, zone := range []string{"UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "+03", "-3:30", "EST5EDT", "Australia/Lord_Howe", "<+07>-7", "nowhere", "PST8PDT", "Asia/Kathmandu"} {
		say("SET TimeZone = '%s'", zone)
		say("SHOW TimeZone")
		for _, t := range []string{"2024-01-15 12:00+00", "2024-07-15 12:00+00", "2024-03-31 01:30+00", "1900-01-01 00:00+00", "2100-07-01 00:00+00"} {
			say("SELECT timestamptz '%s' AS \"%s\", (timestamptz '%s')::date, to_char(timestamptz '%s', 'TZ OF'), date_trunc('day', timestamptz '%s'), extract(hour from timestamptz '%s')", t, zone, t, t, t, t)
			say("SELECT timestamp '%s'::timestamptz AS \"%s\", timestamptz '%s' AT TIME ZONE 'Europe/London'", t[:16], zone, t)
		}
	}
	say("RESET TimeZone")
	for _, f := range dateFields {
		for _, v := range []string{"timestamp '2020-02-29 12:34:56.789123'", "timestamptz '1999-12-31 23:59:59+00'", "date '2024-07-15'", "time '12:34:56.7'", "interval '1 year 2 mons 3 days 04:05:06.789'", "timestamp 'infinity'", "timetz '12:34:56+02'"} {
			say("SELECT extract(%s FROM %s)", f, v)
			say("SELECT date_part('%s', %s)", f, v)
			if !strings.HasPrefix(v, "time ") && !strings.HasPrefix(v, "timetz") {
				say("SELECT date_trunc('%s', %s)", f, v)
			}
		}
	}
	return s
}

var dateFields = []string{"century", "day", "decade", "dow", "doy", "epoch", "hour", "isodow", "isoyear", "julian", "microseconds", "millennium", "milliseconds", "minute", "month", "quarter", "second", "timezone", "timezone_hour", "timezone_minute", "week", "year", "nonsense"}

// patterns matches texts with LIKE, SIMILAR TO and regular expressions.
func (g *generator) patterns(context.Context) ([]*script, error) {
	var b book
	r := g.random("patterns")
	for _, p := range regexes {
		for range 4 {
			text := quote(pick(r, regexTexts))
			b.add("patterns", "operators", fmt.Sprintf("SELECT %s %s %s", text, pick(r, []string{"~", "~*", "!~", "!~*"}), quote(p)))
			b.add("patterns", "functions", fmt.Sprintf(pick(r, []string{
				"SELECT regexp_replace(%[1]s, %[2]s, '<\\&>')", "SELECT regexp_replace(%[1]s, %[2]s, '[\\1]', 'g')", "SELECT regexp_matches(%[1]s, %[2]s, 'g')",
				"SELECT regexp_match(%[1]s, %[2]s)", "SELECT regexp_split_to_array(%[1]s, %[2]s)", "SELECT substring(%[1]s from %[2]s)", "SELECT regexp_count(%[1]s, %[2]s)",
				"SELECT regexp_instr(%[1]s, %[2]s)", "SELECT regexp_substr(%[1]s, %[2]s)", "SELECT regexp_like(%[1]s, %[2]s, 'i')", "SELECT * FROM regexp_split_to_table(%[1]s, %[2]s)",
			}), text, quote(p)))
		}
	}
	for _, p := range likes {
		for range 4 {
			text := quote(pick(r, regexTexts))
			b.add("patterns", "like", fmt.Sprintf("SELECT %s %s %s", text, pick(r, []string{"LIKE", "ILIKE", "NOT LIKE", "SIMILAR TO", "NOT SIMILAR TO"}), quote(p)))
		}
		b.add("patterns", "like", fmt.Sprintf("SELECT %s LIKE %s ESCAPE '#'", quote(pick(r, regexTexts)), quote(p)))
		b.add("patterns", "like", fmt.Sprintf("SELECT %s SIMILAR TO %s ESCAPE '#'", quote(pick(r, regexTexts)), quote(p)))
		b.add("patterns", "like", fmt.Sprintf("SELECT %s ~~ %s, starts_with('abc', %[2]s)", quote(pick(r, regexTexts)), quote(p)))
	}
	return b.list, nil
}

var (
	regexTexts = []string{"abc", "", "Hello World", "foo123bar", "aaa", "a.b.c", "ÄÖÜ straße", "line1\nline2", "x=1, y=22", "[brackets]", "tab\there", "日本語テキスト", "a%b_c", "2020-02-29", "AbCaBc", "user@example.com", "  two  spaces "}
	regexes    = []string{
		"a", "^a", "a$", "^abc$", "a.c", "a*", "a+?", "(a)(b)?", "[a-c]+", "[^a-c]+", "[[:alpha:]]+", "[[:digit:][:space:]]+", `\d+`, `\w+\s\w+`, `\mfoo`, `bar\M`, `\yb`, "(foo|bar)", "(?:foo|bar)\\d", "(?i)HELLO",
		"(?n)^line2$", "(?x) a b c", "a{2}", "a{2,}", "a{1,2}?", "(a|ab)(c|bcd)", "x=(\\d+)", `(\w)\1`, "***=a.b", "***:a", "(?=a)", "(?!b)a", "(?<=a)b", "(?<!a)b", "[", "(", "a{3,1}", "*a", "a**", `\`, `\u00e4`, `\x61`, "[[.hyphen.]]", "[[=a=]]", "[a\\]b]", "[]a]", "[^]a]", "[a-]", "[z-a]", `\A\w`, `\w\Z`, "()", "a|", "^$", ".*", ".*?", "(.*?)(\\d)", "ß", "(?q)a.b", "[[:<:]]b", "[[:foo:]]", "(a{1,2}){2}", "\\B", "\\D", "(?s).", "(?b)a\\{2\\}", "a{,2}", "a{256}",
		"[ä-ü]", "([^@]+)@(.+)", "^\\s*|\\s*$", `(\d{4})-(\d{2})-(\d{2})`,
	}
	likes = []string{"abc", "a%", "%c", "%b%", "a_c", "_", "%", "", "a\\%b\\_c", "%\\", "a#%b#_c", "Hello%", "h%", "(a|b)*", "[a-c]+", "a{3}", "%(foo|bar)%", "_{3}", "a.c", "%o_o%", "\\a%", "日%", "a|abc", "#", "ab#"}
)
