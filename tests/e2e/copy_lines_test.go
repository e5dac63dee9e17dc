package e2e

import (
	"strings"
	"testing"
)

// COPY FROM as PostgreSQL reads it: line ends, escapes, the end marker, options.
func TestCopyLines(t *testing.T) {
	c := connect(t, start(t), "")
	makeTable(t, c, "cl", "(id int, v text, n numeric(5,2))")
	const lf, cr = `Use "\n" to represent newline.`, `Use "\r" to represent carriage return.`
	for _, tc := range []struct{ options, data, want, where, hint string }{
		{"", "1\ta\t1\r2\tb\t2\r", "1|a|1.00;2|b|2.00", "", ""},
		{"", "1\ta\t1\r\n2\tb\t2\r\n", "1|a|1.00;2|b|2.00", "", ""},
		{"", "1\ta\t1\n2\tb\t2\r\n", "22P04 literal carriage return found in data", "COPY cl, line 2", cr},
		{"", "1\ta\t1\r\n2\tb\t2\n", "22P04 literal newline found in data", "COPY cl, line 2", lf},
		{"csv", "1,a,1\r\n2,b,2\n", "22P04 unquoted newline found in data", "COPY cl, line 2", "Use quoted CSV field to represent newline."},
		{"", "1\ta\\\nb\t1\n", "1|a\nb|1.00", "", ""},
		{"", "1\ta\t1\n\\.\nrest", "1|a|1.00", "", ""},
		{"", "1\ta\t1\n\\.", "22P04 end-of-copy marker corrupt", "COPY cl, line 2", ""},
		{"", "1\t\\.\t1\n", "22P04 end-of-copy marker corrupt", "COPY cl, line 1", ""},
		{"", "1\ta\t1\r\n\\.\n", "22P04 end-of-copy marker does not match previous newline style", "COPY cl, line 2", ""},
		{"csv", "1,\\.,1\n", `1|\.|1.00`, "", ""},
		{"csv", "1,\"a\n", "22P04 unterminated CSV quoted field", "COPY cl, line 1: \"1,\"a\n\"", ""},
		{"(format csv, header match)", "id,x,n\n", `22P04 column name mismatch in header line field 2: got "x", expected "v"`, `COPY cl, line 1: "id,x,n"`, ""},
		{"", "x\ta\t1\t2\n", "22P04 extra data after last expected column", "COPY cl, line 1: \"x\ta\t1\t2\"", ""},
		{"", "1\t\\377\t1\n", `22021 invalid byte sequence for encoding "UTF8": 0xff`, "COPY cl, line 1: \"1\t\\377\t1\"", ""},
		{"", "1\t" + strings.Repeat("é", 60) + "\n", `22P04 missing data for column "n"`, "COPY cl, line 1: \"1\t" + strings.Repeat("é", 49) + "...\"", ""},
		{"(delimiter 'a')", "", `22023 COPY delimiter cannot be "a"`, "", ""},
		{"(format csv, quote ',')", "", "22023 COPY delimiter and quote must be different", "", ""},
		{"(quote '!')", "", "0A000 COPY quote available only in CSV mode", "", ""},
		{"(format csv, force_not_null (nope))", "", `42703 column "nope" of relation "cl" does not exist`, "", ""},
		{"(format csv, force_null (v, v))", "", `42701 column "v" specified more than once`, "", ""},
		{"(format csv, force_quote (v))", "", "0A000 COPY force quote only available using COPY TO", "", ""},
		{"(format csv, format text)", "", "42601 conflicting or redundant options", "", ""},
		{"(null 'a,b', delimiter ',')", "", "0A000 COPY delimiter must not appear in the NULL specification", "", ""},
		{"(oids)", "", `42601 option "oids" not recognized`, "", ""},
		{"(format binary)", "x", "22P04 COPY file signature not recognized", "", ""},
		{"(format binary)", "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x02\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff",
			"08P01 insufficient data left in message", "COPY cl, line 1, column id", ""},
		{"(format binary)", "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xffmore", "22P04 received copy data after EOF marker", "COPY cl, line 1", ""},
		{"(format binary)", "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00", "", "", ""},
	} {
		mustExec(t, c, "truncate cl")
		_, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader(tc.data), "copy cl from stdin "+tc.options)
		code, message, failed := strings.Cut(tc.want, " ")
		if err == nil {
			if got := contents(t, c, "select * from cl order by id"); got != tc.want {
				t.Errorf("%s %q\n got %q\nwant %q", tc.options, tc.data, got, tc.want)
			}
			continue
		}
		if e := wantError(t, tc.options+" "+tc.data, err, code, message); !failed || e.Where != tc.where || e.Hint != tc.hint {
			t.Errorf("%s %q: context %q, hint %q; want %q, %q", tc.options, tc.data, e.Where, e.Hint, tc.where, tc.hint)
		}
	}
}
