package e2e

import "testing"

// escapeSteps are literals with backslashes under settings of old clients.
var escapeSteps = []wireStep{
	{kind: "simple", sql: "set standard_conforming_strings = off"},
	{kind: "show", sql: "standard_conforming_strings"},
	{kind: "simple", sql: `select 'a\nb', 'a\'b', E'\n', 'x''\'' '`},
	{kind: "simple", sql: "select 'a\\\\b' as \"q\\n\", $$\\n$$, b'1', x'1f', 'x'\n  '\\t' -- '\\n\n 'y\\\\' as c, n'q\\'q', /* '\\' */ 1"},
	{kind: "simple", sql: `select U&'\0041'`},
	{kind: "simple", sql: `select 'a' 'b\n'`},
	{kind: "simple", sql: `select 'é', 'abc\q\102\x41\u00e9\v\U0001F600', 'é\047\x27', 1::int as "é"`},
	{kind: "simple", sql: `select 'é', 'abc\q\102\x41\u00e9\v\U0001F600', 'é\047\x27', nix`},
	{kind: "simple", sql: `select '\xzz', 'a\u12'`},
	{kind: "simple", sql: `select '\u0041', 'a\ud800', 'c\nx'`},
	{kind: "simple", sql: `select '\ud83d\ude00'`},
	{kind: "simple", sql: `select 1, 'a\xff'`},
	{kind: "simple", sql: `select 'a\n' from; select 'b\n'`},
	{kind: "simple", sql: `select 'a\v' , 'a\`},
	{kind: "simple", sql: `select 'a\v' , 'a\' from`},
	{kind: "simple", sql: `select from from 'a\v' , 'a\' from`},
	{kind: "text", sql: `select 'a\n' || $1`, args: []string{`\n`}},
	{kind: "text", sql: `select 'a\n' || $1`, args: []string{`\n`}},
	{kind: "simple", sql: `create temp table esc (a text default '\t', check (a <> '\\x')); insert into esc values (default), ('\\y'); table esc`},
	{kind: "simple", sql: "do $x$ declare r text; begin execute $$select 'a\\\\'b'$$ into r; raise notice '%', r; end $x$"},
	{kind: "simple", sql: "set escape_string_warning = off"},
	{kind: "simple", sql: `select 'a\nb\'', e'\''`},
	{kind: "simple", sql: "set backslash_quote = off"},
	{kind: "simple", sql: `select 'a\nb', 'x\'y'`},
	{kind: "simple", sql: `select 1, e'a\'b'`},
	{kind: "simple", sql: "set standard_conforming_strings = on"},
	{kind: "simple", sql: `select 'a\nb', 'a\', e'\n'`},
	{kind: "simple", sql: `select 1, e'a\'b'`},
	{kind: "simple", sql: "select 1, e'a'\n 'b\\'c'"},
	{kind: "simple", sql: `select nix, e'a\'b'`},
	{kind: "simple", sql: `select from from e'a\'b'`},
	{kind: "simple", sql: "set backslash_quote = safe_encoding; set client_encoding = sjis"},
	{kind: "simple", sql: `select 1, e'a\'b'`},
	{kind: "simple", sql: "set client_encoding = latin1"},
	{kind: "simple", sql: `select 1, e'a\'b'`},
	{kind: "simple", sql: "reset all"},
}

func TestBackslashSettings(t *testing.T) { compareWire(t, "testdata/backslashes", escapeSteps) }
