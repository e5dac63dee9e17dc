package importer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// CSV says how rows are written as text. The zero value is what dumpling writes: commas, double
// quotes, \N for NULL, backslashes before what they change, and a first line of names.
type CSV struct {
	Separator, Quote byte   // 0 = comma, double quote
	Null             string // an unquoted field that is NULL, "" = \N
	// Plain says that a backslash stands for itself; NoHeader that the first line is a row.
	Plain, NoHeader bool
}

func (f *CSV) defaults() {
	if f.Separator == 0 {
		f.Separator = ','
	}
	if f.Quote == 0 {
		f.Quote = '"'
	}
	if f.Null == "" {
		f.Null = `\N`
	}
}

// field is a value of a record.
type field struct {
	text         []byte
	null, quoted bool
}

// csvReader reads records of CSV, one at a time.
type csvReader struct {
	CSV
	in     *bufio.Reader
	line   int   // on which the next record begins, from 1
	offset int64 // where it begins
	fields []field
	buf    []byte
	ends   []int // of the fields in buf
}

func newCSVReader(in io.Reader, f CSV) *csvReader {
	f.defaults()
	return &csvReader{CSV: f, in: bufio.NewReaderSize(in, 1<<20), line: 1}
}

// next reads a record, valid until the next call; io.EOF at the end. Empty lines are none.
func (r *csvReader) next() ([]field, error) {
	for {
		list, err := r.record()
		if err != nil || len(list) != 1 || list[0].quoted || list[0].null || len(list[0].text) > 0 {
			return list, err
		}
	}
}

func (r *csvReader) record() ([]field, error) {
	r.fields, r.buf, r.ends = r.fields[:0], r.buf[:0], r.ends[:0]
	for {
		last, err := r.field()
		if errors.Is(err, io.EOF) && len(r.fields) == 0 {
			return nil, io.EOF
		}
		if err != nil {
			return nil, err
		}
		if last {
			break
		}
	}
	start := 0
	for i, end := range r.ends { // the buffer is whole only now
		r.fields[i].text = r.buf[start:end]
		start = end
	}
	return r.fields, nil
}

func (r *csvReader) byte() (byte, error) {
	b, err := r.in.ReadByte()
	if err == nil {
		r.offset++
		if b == '\n' {
			r.line++
		}
	}
	return b, err
}

// field reads one field and what ends it; last: that is the end of the record.
func (r *csvReader) field() (last bool, err error) {
	start, f := len(r.buf), field{}
	b, err := r.byte()
	if err == nil && b == r.Quote {
		f.quoted = true
		if err = r.quotedField(); err != nil {
			return false, err
		}
		b, err = r.byte()
	}
	raw := start // of the text as it is written, to compare with NULL's
	for ; err == nil && b != r.Separator && b != '\n'; b, err = r.byte() {
		if b == '\r' {
			if p, _ := r.in.Peek(1); len(p) == 0 || p[0] == '\n' {
				continue
			}
		}
		if f.quoted {
			return false, fmt.Errorf("line %d: text after a quoted field", r.line)
		}
		if len(r.buf)-start > maxStatement {
			return false, fmt.Errorf("line %d: a field has more than %d MiB", r.line, maxStatement>>20)
		}
		r.buf = append(r.buf, b)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	if errors.Is(err, io.EOF) && len(r.fields) == 0 && len(r.buf) == 0 && !f.quoted {
		return false, io.EOF
	}
	if !f.quoted {
		if f.null = string(r.buf[raw:]) == r.Null; !f.null && !r.Plain && bytes.IndexByte(r.buf[raw:], '\\') >= 0 {
			r.buf = append(r.buf[:raw], r.unescaped(r.buf[raw:])...)
		}
	}
	r.fields, r.ends = append(r.fields, f), append(r.ends, len(r.buf))
	return err != nil || b == '\n', nil
}

// quotedField reads behind a quote up to the one that closes it.
func (r *csvReader) quotedField() error {
	begun, start := r.line, len(r.buf)
	for {
		b, err := r.byte()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = fmt.Errorf("line %d: the file ends within a quoted field", begun)
			}
			return err
		}
		switch {
		case b == '\\' && !r.Plain:
			if b, err = r.byte(); err != nil {
				return fmt.Errorf("line %d: the file ends within a quoted field", begun)
			}
			r.buf = append(r.buf, escaped(b))
		case b == r.Quote:
			if p, _ := r.in.Peek(1); len(p) == 0 || p[0] != r.Quote {
				return nil
			}
			_, _ = r.byte()
			r.buf = append(r.buf, b)
		default:
			r.buf = append(r.buf, b)
		}
		if len(r.buf)-start > maxStatement {
			return fmt.Errorf("line %d: a field has more than %d MiB", begun, maxStatement>>20)
		}
	}
}

// unescaped is a field without quotes with its backslashes gone.
func (r *csvReader) unescaped(s []byte) (out []byte) {
	for i := 0; i < len(s); i++ {
		b := s[i]
		if b == '\\' && i+1 < len(s) {
			i++
			b = escaped(s[i])
		}
		out = append(out, b)
	}
	return out
}

// escaped is what a byte behind a backslash stands for.
func escaped(b byte) byte {
	switch b {
	case '0':
		return 0
	case 'b':
		return '\b'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'Z':
		return 26
	}
	return b
}
