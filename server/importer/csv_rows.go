package importer

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Rows that dumpling wrote as CSV become INSERTs of the dialect, so that values mean what they mean
// in one, and what fails is found row by row.

// insertBytes is about how much text one INSERT has.
const insertBytes = 256 << 10

// rowSource makes statements of the records of a file.
type rowSource struct {
	*batch
	in      *csvReader
	head    string // INSERT … VALUES
	columns []rowColumn
}

// rowColumn is what must be known of a column to write its values.
type rowColumn struct {
	name                string
	known               bool // the server has said what it is
	number, bytes, bits bool
}

// readRows reads the rows of a file to its end.
func (b *batch) readRows(ctx context.Context, begin func(head string) error) error {
	in, read, closer, err := b.dump.open()
	if err != nil {
		return err
	}
	defer closer.Close()
	if !b.DryRun {
		if b.from, err = b.position(ctx, b.dump); err != nil {
			return err
		}
		if err := begin(""); err != nil {
			return err
		}
	}
	s := &rowSource{batch: b, in: newCSVReader(in, b.CSV)}
	ok, err := s.begin(ctx)
	if err != nil {
		return s.ended(ctx, err)
	}
	if !ok {
		return nil
	}
	for {
		st, err := s.next()
		if errors.Is(err, io.EOF) {
			return b.flush(ctx, s.in.offset, true)
		}
		if err != nil {
			return s.ended(ctx, err)
		}
		if st.read = read.n; b.DryRun || st.end <= b.from {
			b.report.progress(st.read)
		}
		if err := b.add(ctx, st); err != nil {
			return err
		}
	}
}

// ended loads what came before an error, or the end of an empty file.
func (s *rowSource) ended(ctx context.Context, err error) error {
	if errors.Is(err, io.EOF) {
		return s.flush(ctx, s.in.offset, true)
	}
	return errors.Join(err, s.flush(ctx, s.in.offset, false))
}

// begin reads the names of the columns and asks the server of them. ok is false for rows of a
// table that is not there.
func (s *rowSource) begin(ctx context.Context) (ok bool, err error) {
	if !s.CSV.NoHeader {
		record, err := s.in.next()
		if err != nil {
			return false, err
		}
		for _, f := range record {
			s.columns = append(s.columns, rowColumn{name: string(f.text)})
		}
	}
	if !s.DryRun {
		if ok, err := s.ask(ctx); !ok || err != nil {
			return false, err
		}
	}
	var b strings.Builder
	b.WriteString("INSERT INTO " + backquoted(s.dump.table))
	for i, c := range s.columns {
		b.WriteString([]string{", ", " ("}[max(0, 1-i)])
		b.WriteString(backquoted(c.name))
	}
	if len(s.columns) > 0 {
		b.WriteString(")")
	}
	b.WriteString(" VALUES ")
	s.head = b.String()
	return true, nil
}

// columnsOf lists the columns of a table that dumps have, in their order.
const columnsOf = "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = ? AND table_name = ?" +
	" AND extra NOT LIKE '%GENERATED%' ORDER BY ordinal_position"

// ask learns the types of the columns, and of a file without names which they are.
func (s *rowSource) ask(ctx context.Context) (ok bool, err error) {
	schema := s.schema
	if schema == "" {
		schema = "public"
	}
	r := s.conn.ExecParams(ctx, columnsOf, [][]byte{[]byte(strings.ToLower(schema)), []byte(strings.ToLower(s.dump.table))}, nil, nil, nil).Read()
	if r.Err != nil {
		return false, r.Err
	}
	if len(r.Rows) == 0 {
		s.report.problem(filepath.Clean(s.dump.path), 1, "table %q is not there", s.dump.table)
		return false, nil
	}
	known := map[string]rowColumn{}
	for _, row := range r.Rows {
		c := columnOf(string(row[0]), string(row[1]))
		known[strings.ToLower(c.name)] = c
		if s.CSV.NoHeader {
			s.columns = append(s.columns, c)
		}
	}
	for i, c := range s.columns {
		if k, ok := known[strings.ToLower(c.name)]; ok {
			s.columns[i] = k
		}
	}
	return true, nil
}

func columnOf(name, dataType string) rowColumn {
	c := rowColumn{name: name, known: true}
	switch dataType = strings.ToLower(dataType); {
	case dataType == "bit":
		c.bits = true
	case strings.HasSuffix(dataType, "blob"), strings.HasSuffix(dataType, "binary"):
		c.bytes = true
	case strings.HasSuffix(dataType, "int"), dataType == "decimal", dataType == "double", dataType == "float":
		c.number = true
	}
	return c
}

func backquoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// next makes a statement of the next records. Records that have lines within have as many behind
// them, so that a row of the statement is on the line on which it is in the file.
func (s *rowSource) next() (statement, error) {
	st := statement{line: s.in.line}
	text := make([]byte, 0, insertBytes+4096)
	at := st.line // the line of the file on which the text ends
	for len(text) < insertBytes {
		line := s.in.line
		record, err := s.in.next()
		if err != nil {
			if errors.Is(err, io.EOF) && len(text) > 0 {
				break
			}
			return st, err
		}
		if n := len(s.columns); n > 0 && len(record) != n {
			return st, fmt.Errorf("line %d: the record has %d fields, not %d", line, len(record), n)
		}
		if len(text) == 0 {
			text = append(text, s.head...)
		} else {
			text = append(text, ',')
			for ; at < line; at++ {
				text = append(text, '\n')
			}
		}
		text = s.appendRow(text, record)
	}
	st.text, st.end = string(text), s.in.offset
	return st, nil
}

func (s *rowSource) appendRow(text []byte, record []field) []byte {
	for i := range record {
		text = append(text, ",("[max(0, 1-i)])
		var c rowColumn
		if i < len(s.columns) {
			c = s.columns[i]
		}
		text = appendValue(text, &c, &record[i])
	}
	return append(text, ')')
}

// appendValue writes a value as a literal.
func appendValue(text []byte, c *rowColumn, f *field) []byte {
	switch {
	case f.null:
		return append(text, "NULL"...)
	case c.number && isNumber(f.text):
		return append(text, f.text...)
	case c.bits && len(f.text) <= 8 && (f.quoted || !isNumber(f.text)): // its bytes, as dumpling writes them
		n := uint64(0)
		for _, b := range f.text {
			n = n<<8 | uint64(b)
		}
		return strconv.AppendUint(text, n, 10)
	case c.bytes, !c.known && !utf8.Valid(f.text):
		if len(f.text) == 0 {
			return append(text, "''"...)
		}
		return hex.AppendEncode(append(text, "0x"...), f.text)
	}
	text = append(text, '\'')
	for _, b := range f.text {
		switch b {
		case '\'', '\\':
			text = append(text, '\\', b)
		case '\n':
			text = append(text, '\\', 'n')
		case '\r':
			text = append(text, '\\', 'r')
		case 0:
			text = append(text, '\\', '0')
		default:
			text = append(text, b)
		}
	}
	return append(text, '\'')
}

// isNumber reports a number as SQL writes it.
func isNumber(s []byte) bool {
	i, digits := 0, 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		digits++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
			digits++
		}
	}
	if digits > 0 && i+1 < len(s) && s[i]|0x20 == 'e' {
		i++
		if s[i] == '-' || s[i] == '+' {
			i++
		}
		if i == len(s) {
			return false
		}
		for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		}
	}
	return digits > 0 && i == len(s)
}
