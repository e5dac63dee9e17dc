package session

import (
	"bytes"
	"encoding/binary"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// lineRowsIn parses COPY's text and CSV formats: lines found by a splitter, split
// into fields, converted to values.
type lineRowsIn struct {
	split  lineSplitter
	header bool   // the header line was dealt with
	buf    []byte // fields without quotes and escapes
	fields []copyField
}

// copyField is a field of the present line.
type copyField struct {
	raw  []byte // in the line, or in buf from start on
	null bool
}

func (t *lineRowsIn) rows(c *copyIn, data []byte, last bool) (int, error) {
	used := 0
	for !c.ended {
		line, n, ok, err := t.split.next(data[used:], last)
		if err != nil {
			c.line += t.split.lines(true)
			return used, err
		}
		if !ok {
			return used, nil
		}
		used += n
		c.ended = t.split.ended
		if c.ended && len(line) == 0 {
			break
		}
		c.line += t.split.lines(true)
		if err := t.take(c, line); err != nil {
			return used, c.inRow(err, line)
		}
	}
	if c.ended {
		used = len(data)
	}
	return used, nil
}

// take reads a line that is complete.
func (t *lineRowsIn) take(c *copyIn, line []byte) error {
	head := c.opts.header && !t.header
	t.header = true
	if head && !c.opts.match {
		return nil
	}
	if err := t.separate(c, line); err != nil {
		return err
	}
	if head {
		return t.checkHeader(c)
	}
	switch {
	case len(c.cols) == 0 && len(line) > 0, len(t.fields) > len(c.cols) && len(c.cols) > 0:
		return errExtraData()
	}
	for k := range c.cols {
		if k >= len(t.fields) {
			return c.missing(k)
		}
		f := t.fields[k]
		switch {
		case c.opts.format != copyCSV:
		case f.null && c.forceNotNull[k]:
			f = copyField{raw: []byte(c.opts.null)}
		case !f.null && c.forceNull[k] && string(f.raw) == c.opts.null:
			f.null = true
		}
		if f.null {
			c.b.Cols[k].SetNull(c.n)
			continue
		}
		if err := c.field(k, f.raw); err != nil {
			return err
		}
	}
	return c.endRow(line)
}

// separate finds the line's fields.
func (t *lineRowsIn) separate(c *copyIn, line []byte) error {
	t.fields = t.fields[:0]
	if cap(t.buf) < len(line) { // fields point into it: it must not move
		t.buf = make([]byte, 0, 2*len(line))
	}
	t.buf = t.buf[:0]
	if c.opts.format == copyCSV {
		return t.separateCSV(c.opts, line)
	}
	for {
		end, escaped := findField(line, c.opts.delim)
		f := copyField{raw: line[:end], null: string(line[:end]) == c.opts.null}
		if escaped && !f.null {
			from := len(t.buf)
			t.buf = unescape(t.buf, f.raw)
			f.raw = t.buf[from:]
		}
		t.fields = append(t.fields, f)
		if end == len(line) {
			return nil
		}
		line = line[end+1:]
	}
}

// separateCSV is separate for CSV. Quotes may stand anywhere in a field.
func (t *lineRowsIn) separateCSV(o *copyOptions, line []byte) error {
	start, from, quoted, in := 0, 0, false, false
	field := func(end int) {
		t.fields = append(t.fields, copyField{raw: t.buf[from:], null: !quoted && string(line[start:end]) == o.null})
		start, from, quoted = end+1, len(t.buf), false
	}
	for i := 0; i < len(line); i++ {
		ch := line[i]
		switch {
		case in && ch == o.escape && i+1 < len(line) && (line[i+1] == o.quote || line[i+1] == o.escape):
			i++
			t.buf = append(t.buf, line[i])
		case ch == o.quote:
			in, quoted = !in, true
		case !in && ch == o.delim:
			field(i)
		default:
			t.buf = append(t.buf, ch)
		}
	}
	if in {
		return pgerr.New(pgerrcode.BadCopyFileFormat, "unterminated CSV quoted field")
	}
	field(len(line))
	return nil
}

func (t *lineRowsIn) checkHeader(c *copyIn) error {
	if len(t.fields) != len(c.cols) {
		return pgerr.Newf(pgerrcode.BadCopyFileFormat, "wrong number of fields in header line: got %d, expected %d", len(t.fields), len(c.cols))
	}
	for k, f := range t.fields {
		if want := c.cols[k].Name; f.null {
			return pgerr.Newf(pgerrcode.BadCopyFileFormat, "column name mismatch in header line field %d: got null value (%q), expected %q", k+1, c.opts.null, want)
		} else if string(f.raw) != want {
			return pgerr.Newf(pgerrcode.BadCopyFileFormat, "column name mismatch in header line field %d: got %q, expected %q", k+1, f.raw, want)
		}
	}
	return nil
}

// findField returns where the field ends and whether it has escapes.
func findField(line []byte, delim byte) (end int, escaped bool) {
	end = bytes.IndexByte(line, delim)
	if end < 0 {
		end = len(line)
	}
	first := bytes.IndexByte(line[:end], '\\')
	if first < 0 {
		return end, false
	}
	for i := first; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case delim:
			return i, true
		}
	}
	return len(line), true
}

// unescape resolves backslash sequences.
func unescape(dst, src []byte) []byte {
	for i := 0; i < len(src); i++ {
		if src[i] != '\\' {
			dst = append(dst, src[i])
			continue
		}
		if i++; i == len(src) {
			break // a backslash at the very end is nothing
		}
		switch ch := src[i]; ch {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'v':
			dst = append(dst, '\v')
		case 'x':
			v, n := 0, 0
			for n < 2 && i+1+n < len(src) && isHex(src[i+1+n]) {
				v = v*16 + hexVal(src[i+1+n])
				n++
			}
			if n == 0 {
				dst = append(dst, ch)
				continue
			}
			dst = append(dst, byte(v))
			i += n
		default:
			if ch < '0' || ch > '7' {
				dst = append(dst, ch)
				continue
			}
			v, n := 0, 0
			for n < 3 && i+n < len(src) && src[i+n] >= '0' && src[i+n] <= '7' {
				v = v*8 + int(src[i+n]-'0')
				n++
			}
			dst = append(dst, byte(v))
			i += n - 1
		}
	}
	return dst
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func hexVal(c byte) int {
	switch {
	case c >= 'a':
		return int(c-'a') + 10
	case c >= 'A':
		return int(c-'A') + 10
	}
	return int(c - '0')
}

// copySignature starts binary COPY data.
const copySignature = "PGCOPY\n\xff\r\n\x00"

// binaryRowsIn parses the binary format.
type binaryRowsIn struct {
	header bool // it was read
	ended  bool // the trailer was
}

func (t *binaryRowsIn) rows(c *copyIn, data []byte, last bool) (int, error) {
	used := 0
	if t.ended && len(data) > 0 {
		return used, pgerr.New(pgerrcode.BadCopyFileFormat, "received copy data after EOF marker")
	}
	if !t.header {
		n, err := t.head(data, last)
		if err != nil || n == 0 {
			if n == 0 && err == nil && last {
				err = pgerr.New(pgerrcode.BadCopyFileFormat, "COPY file signature not recognized")
			}
			return 0, err
		}
		t.header, used = true, n
	}
	for used+2 <= len(data) {
		n := int16(binary.BigEndian.Uint16(data[used:]))
		if n == -1 {
			return t.trailer(c, data[used+2:], len(data))
		}
		if int(n) != len(c.cols) {
			c.line++
			return used, pgerr.Newf(pgerrcode.BadCopyFileFormat, "row field count is %d, expected %d", n, len(c.cols))
		}
		size, k, err := tupleSize(data[used+2:], int(n))
		if err == nil && k < int(n) {
			if !last {
				break
			}
			err = pgerr.New(pgerrcode.BadCopyFileFormat, "unexpected EOF in COPY data")
		}
		c.line++
		if err != nil {
			return used, c.inColumn(err, k)
		}
		if err := t.row(c, data[used+2:used+2+size]); err != nil {
			return used, err
		}
		used += 2 + size
	}
	return used, nil // without a trailer the data end where they end
}

// trailer ends the data; nothing may follow it.
func (t *binaryRowsIn) trailer(c *copyIn, rest []byte, used int) (int, error) {
	c.line++
	if t.ended = true; len(rest) > 0 {
		return used, pgerr.New(pgerrcode.BadCopyFileFormat, "received copy data after EOF marker")
	}
	return used, nil
}

func (t *binaryRowsIn) head(data []byte, last bool) (int, error) {
	const fixed = len(copySignature) + 8
	if len(data) < fixed {
		return 0, nil
	}
	if string(data[:len(copySignature)]) != copySignature {
		return 0, pgerr.New(pgerrcode.BadCopyFileFormat, "COPY file signature not recognized")
	}
	flags := binary.BigEndian.Uint32(data[len(copySignature):])
	ext := int32(binary.BigEndian.Uint32(data[len(copySignature)+4:]))
	switch {
	case flags&(1<<16) != 0:
		return 0, pgerr.New(pgerrcode.BadCopyFileFormat, "invalid COPY file header (WITH OIDS)")
	case flags>>16 != 0:
		return 0, pgerr.New(pgerrcode.BadCopyFileFormat, "unrecognized critical flags in COPY file header")
	case ext < 0:
		return 0, pgerr.New(pgerrcode.BadCopyFileFormat, "invalid COPY file header (missing length)")
	case ext > 1<<20 || last && len(data) < fixed+int(ext):
		return 0, pgerr.New(pgerrcode.BadCopyFileFormat, "invalid COPY file header (wrong length)")
	case len(data) < fixed+int(ext):
		return 0, nil
	}
	return fixed + int(ext), nil
}

// tupleSize is the length of n fields, of which the first k are all there.
func tupleSize(data []byte, n int) (size, k int, err error) {
	for k = range n {
		if size+4 > len(data) {
			return size, k, nil
		}
		field := int32(binary.BigEndian.Uint32(data[size:]))
		size += 4
		switch {
		case field < -1:
			return size, k, pgerr.New(pgerrcode.BadCopyFileFormat, "invalid field size")
		case field > maxCopyField:
			return size, k, pgerr.New(pgerrcode.ProgramLimitExceeded, "out of memory").
				WithDetail("Cannot enlarge string buffer containing 0 bytes by %d more bytes.", field)
		case int(field) > len(data)-size:
			return size, k, nil
		}
		size += int(max(field, 0))
	}
	return size, n, nil
}

// maxCopyField is the longest field in bytes.
const maxCopyField = 1<<30 - 2

func (t *binaryRowsIn) row(c *copyIn, data []byte) error {
	for k := range c.cols {
		size := int32(binary.BigEndian.Uint32(data))
		data = data[4:]
		if size == -1 {
			c.b.Cols[k].SetNull(c.n)
			continue
		}
		var d types.Datum
		raw, err := c.fromClient(k, c.arena.Copy(data[:size]))
		if err == nil {
			d, err = types.DecodeBinary(c.cols[k].Type, raw)
		}
		if err == nil && c.cols[k].Type.Mod >= 0 {
			d, err = types.ApplyTypmod(c.cols[k].Type, d, false)
		}
		if err == nil {
			err = types.CheckParts(c.cols[k].Type, d, c.env.Format)
		}
		if err != nil {
			return c.inColumn(err, k)
		}
		c.b.Cols[k].Set(c.n, d)
		data = data[size:]
	}
	return c.endRow(nil)
}
