// Package slt is the SQL logic test suite: files of statements with the answers
// that PostgreSQL 15 gave to them, run against LoxoDB over the wire. The answers
// are recorded (make slt-record), never taken from LoxoDB. Those of the files under
// testdata/vector come from PostgreSQL with pgvector 0.8.6. The files under
// testdata/tidb are in that dialect; their answers are written by hand after the
// documentation of TiDB and MySQL, and their connection "postgres" speaks
// PostgreSQL's dialect, so that both can be asked the same.
//
// # Files
//
// A file is a list of records with blank lines between them; lines that begin
// with # there are comments. Every file begins on an empty database. A record is
//
//	DIRECTIVE [OPTION...]
//	the SQL, one line or more, none of them blank
//	----
//	the answer
//
// The directive says what the author means to happen:
//
//	statement ok     it succeeds and returns no rows
//	statement error  it fails
//	query            it succeeds and returns rows, perhaps none
//	sql              whatever PostgreSQL says; the recorder writes one of the above
//
// and the options how it is done:
//
//	rowsort          rows are compared in sorted order; without it, as they come
//	simple           always by the simple protocol (several statements in one string)
//	connection=NAME  on another connection, opened at first use; default "main"
//
// # Answers
//
// An answer is compared line by line, so that every line of it is promised:
//
//	NOTICE 00000: text          each notice or warning, before what it belongs to
//	columns a:integer | b:text  names and types with modifiers, as format_type has them
//	1 | NULL                    a row, text format; NULL is a null
//	tag SELECT 1                the command tag; "empty" for an empty statement
//	ERROR 42P01: text           severity, SQLSTATE, message
//	DETAIL: text                and, as far as the server sent them: detail, hint,
//	HINT: text                  position in characters from 1, and the names
//	POSITION: 15                of the object that the error is about
//	TABLE: public.t             (any session's pg_temp_N is written pg_temp)
//
// A value is written as in Go, in double quotes, where it would be ambiguous or
// invisible: the empty string, the text NULL, control characters, bars, quotes,
// spaces at an end. A row of no columns is written as ().
package slt

import (
	"fmt"
	"slices"
	"strings"
)

// separator stands between the SQL of a record and its answer.
const separator = "----"

// kind is what a record's author means to happen.
type kind string

const (
	kindOK       kind = "statement ok"
	kindError    kind = "statement error"
	kindQuery    kind = "query"
	kindRecorded kind = "sql" // to be replaced by what PostgreSQL did
)

// record is one statement and the answer that is expected.
type record struct {
	line       int // of the directive, from 1
	kind       kind
	rowsort    bool
	simple     bool
	connection string // "" is the main one
	sql        string
	want       []string
}

// script is a parsed file: records, and between them the lines that are not part
// of any, so that printing it gives the same text.
type script struct {
	parts []part
}

// part is a record or, if that is nil, a comment or blank line.
type part struct {
	text   string
	record *record
}

// parseScript reads a file. Errors name the line.
func parseScript(text string) (*script, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	s := &script{}
	for at := 0; at < len(lines); {
		line := lines[at]
		if line == "" || line[0] == '#' {
			s.parts = append(s.parts, part{text: line})
			at++
			continue
		}
		end := at
		for end < len(lines) && lines[end] != "" {
			end++
		}
		r, err := parseRecord(lines[at:end])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", at+1, err)
		}
		r.line = at + 1
		s.parts = append(s.parts, part{record: r})
		at = end
	}
	return s, nil
}

// parseRecord reads the lines of one record; the first is its directive.
func parseRecord(lines []string) (*record, error) {
	r := &record{}
	words := strings.Fields(lines[0])
	switch {
	case words[0] == "statement" && len(words) > 1:
		r.kind, words = kind(words[0]+" "+words[1]), words[2:]
	default:
		r.kind, words = kind(words[0]), words[1:]
	}
	if !slices.Contains([]kind{kindOK, kindError, kindQuery, kindRecorded}, r.kind) {
		return nil, fmt.Errorf("unknown directive %q", lines[0])
	}
	for _, w := range words {
		name, value, _ := strings.Cut(w, "=")
		switch {
		case w == "rowsort":
			r.rowsort = true
		case w == "simple":
			r.simple = true
		case name == "connection" && value != "":
			r.connection = value
		default:
			return nil, fmt.Errorf("unknown option %q", w)
		}
	}
	body := lines[1:]
	end := slices.Index(body, separator)
	if end >= 0 {
		r.want = body[end+1:]
		body = body[:end]
	}
	if len(body) == 0 {
		return nil, fmt.Errorf("no statement after %q", lines[0])
	}
	if r.kind != kindRecorded && len(r.want) == 0 {
		return nil, fmt.Errorf("no answer: write %q as directive and record it", kindRecorded)
	}
	r.sql = strings.Join(body, "\n")
	return r, nil
}

// String is the script as a file.
func (s *script) String() string {
	var b strings.Builder
	for _, p := range s.parts {
		if p.record != nil {
			p.record.print(&b)
			continue
		}
		b.WriteString(p.text)
		b.WriteByte('\n')
	}
	return b.String()
}

func (r *record) print(b *strings.Builder) {
	b.WriteString(string(r.kind))
	for _, o := range []struct {
		set  bool
		text string
	}{
		{r.rowsort, "rowsort"},
		{r.simple, "simple"},
		{r.connection != "", "connection=" + r.connection},
	} {
		if o.set {
			b.WriteString(" " + o.text)
		}
	}
	fmt.Fprintf(b, "\n%s\n", r.sql)
	if len(r.want) > 0 {
		fmt.Fprintf(b, "%s\n%s\n", separator, strings.Join(r.want, "\n"))
	}
}

// records are the script's records in order.
func (s *script) records() []*record {
	var rs []*record
	for _, p := range s.parts {
		if p.record != nil {
			rs = append(rs, p.record)
		}
	}
	return rs
}
