package session

import (
	"bytes"
	"encoding/binary"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// textRowsIn parses COPY's text format: a row a line, backslash escapes.
type textRowsIn struct {
	header bool // the header line was dealt with
	buf    []byte
}

func (t *textRowsIn) rows(c *copyIn, data []byte, last bool) (int, error) {
	used := 0
	for used < len(data) {
		line := data[used:]
		end := bytes.IndexByte(line, '\n')
		next := end + 1
		if end < 0 {
			if !last {
				return used, nil
			}
			end, next = len(line), len(line)
		}
		line = line[:end]
		c.line++
		used += next
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if len(line) == 2 && line[0] == '\\' && line[1] == '.' {
			c.ended = true
			return len(data), nil
		}
		if c.opts.header && !t.header {
			t.header = true
			continue
		}
		if err := t.row(c, line); err != nil {
			return used, c.inRow(err, line)
		}
	}
	return used, nil
}

func (t *textRowsIn) row(c *copyIn, line []byte) error {
	whole := line
	if len(c.cols) == 0 {
		if len(line) > 0 {
			return errExtraData()
		}
		return c.endRow(whole)
	}
	for k := range c.cols {
		end, escaped := t.find(line, c.opts.delim)
		raw := line[:end]
		switch {
		case string(raw) == c.opts.null:
			c.b.Cols[k].SetNull(c.n)
		default:
			if escaped {
				t.buf = unescape(t.buf[:0], raw)
				raw = t.buf
			}
			if err := c.field(k, raw); err != nil {
				return err
			}
		}
		switch {
		case end == len(line) && k < len(c.cols)-1:
			return c.missing(k + 1)
		case end == len(line):
			return c.endRow(whole)
		}
		line = line[end+1:]
	}
	return errExtraData()
}

// find returns where the field ends and whether it has escapes.
func (t *textRowsIn) find(line []byte, delim byte) (end int, escaped bool) {
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
		if src[i] != '\\' || i+1 == len(src) {
			dst = append(dst, src[i])
			continue
		}
		i++
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

// csvRowsIn parses CSV: quoted fields may hold delimiters, quotes and newlines.
type csvRowsIn struct {
	header bool
	buf    []byte
	fields []csvField
}

type csvField struct {
	from, to int // in buf
	quoted   bool
}

func (t *csvRowsIn) rows(c *copyIn, data []byte, last bool) (int, error) {
	used := 0
	for used < len(data) {
		n, lines, ok, err := t.record(c.opts, data[used:], last)
		if err != nil {
			c.line += int64(lines)
			return used, c.inRow(err, data[used:])
		}
		if !ok {
			return used, nil
		}
		line := data[used : used+n]
		used += n
		c.line += int64(lines)
		if trimmed := bytes.TrimRight(line, "\r\n"); string(trimmed) == `\.` {
			c.ended = true
			return len(data), nil
		}
		if c.opts.header && !t.header {
			t.header = true
			if err := t.checkHeader(c); err != nil {
				return used, err
			}
			continue
		}
		line = bytes.TrimRight(line, "\r\n")
		if err := t.row(c, line); err != nil {
			return used, c.inRow(err, line)
		}
	}
	return used, nil
}

// record splits one record off data into t.fields; ok is false when it is not complete.
func (t *csvRowsIn) record(o *copyOptions, data []byte, last bool) (n, lines int, ok bool, err error) {
	t.buf, t.fields = t.buf[:0], t.fields[:0]
	f := csvField{}
	in := false
	for i := 0; i < len(data); i++ {
		ch := data[i]
		switch {
		case in && ch == o.escape && i+1 < len(data) && (data[i+1] == o.quote || data[i+1] == o.escape):
			t.buf = append(t.buf, data[i+1])
			i++
		case in && ch == o.escape && o.escape == o.quote && i+1 == len(data) && !last:
			return 0, 0, false, nil // the next byte decides
		case in && ch == o.quote:
			in = false
		case in:
			if ch == '\n' {
				lines++
			}
			t.buf = append(t.buf, ch)
		case ch == o.quote:
			in, f.quoted = true, true
		case ch == o.delim:
			f.to = len(t.buf)
			t.fields = append(t.fields, f)
			f = csvField{from: len(t.buf)}
		case ch == '\n':
			f.to = len(t.buf)
			if f.to > f.from && i > 0 && data[i-1] == '\r' && t.buf[f.to-1] == '\r' {
				f.to--
			}
			t.fields = append(t.fields, f)
			return i + 1, lines + 1, true, nil
		default:
			t.buf = append(t.buf, ch)
		}
	}
	if !last {
		return 0, 0, false, nil
	}
	if in {
		return 0, max(lines, 1), false, pgerr.New(pgerrcode.BadCopyFileFormat, "unterminated CSV quoted field")
	}
	f.to = len(t.buf)
	t.fields = append(t.fields, f)
	return len(data), lines + 1, true, nil
}

func (t *csvRowsIn) checkHeader(c *copyIn) error {
	if !c.opts.match {
		return nil
	}
	if len(t.fields) != len(c.cols) {
		return pgerr.Newf(pgerrcode.BadCopyFileFormat, "wrong number of fields in header line: got %d, expected %d", len(t.fields), len(c.cols))
	}
	for k, f := range t.fields {
		if got := string(t.buf[f.from:f.to]); got != c.cols[k].Name {
			return pgerr.Newf(pgerrcode.BadCopyFileFormat, "column name mismatch in header line field %d: got %q, expected %q", k+1, got, c.cols[k].Name)
		}
	}
	return nil
}

func (t *csvRowsIn) row(c *copyIn, line []byte) error {
	switch {
	case len(t.fields) < len(c.cols):
		return c.missing(len(t.fields))
	case len(t.fields) > len(c.cols):
		return errExtraData()
	}
	for k, f := range t.fields {
		raw := t.buf[f.from:f.to]
		name := c.cols[k].Name
		null := string(raw) == c.opts.null && (!f.quoted && !c.opts.forceNotNull[name] || f.quoted && c.opts.forceNull[name])
		if null {
			c.b.Cols[k].SetNull(c.n)
			continue
		}
		if err := c.field(k, raw); err != nil {
			return err
		}
	}
	return c.endRow(line)
}

// copySignature starts binary COPY data.
const copySignature = "PGCOPY\n\xff\r\n\x00"

// binaryRowsIn parses the binary format.
type binaryRowsIn struct{ header bool }

func (t *binaryRowsIn) rows(c *copyIn, data []byte, last bool) (int, error) {
	used := 0
	if !t.header {
		n, err := t.head(data)
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
			c.ended = true
			return len(data), nil
		}
		size, ok := tupleSize(data[used+2:], int(n))
		if !ok {
			break
		}
		c.line++
		if int(n) != len(c.cols) {
			return used, pgerr.Newf(pgerrcode.BadCopyFileFormat, "row field count is %d, expected %d", n, len(c.cols))
		}
		if err := t.row(c, data[used+2:used+2+size]); err != nil {
			return used, err
		}
		used += 2 + size
	}
	if last && used < len(data) {
		return used, pgerr.New(pgerrcode.BadCopyFileFormat, "unexpected EOF in COPY data")
	}
	return used, nil
}

func (t *binaryRowsIn) head(data []byte) (int, error) {
	const fixed = len(copySignature) + 8
	if len(data) < fixed {
		return 0, nil
	}
	if string(data[:len(copySignature)]) != copySignature {
		return 0, pgerr.New(pgerrcode.BadCopyFileFormat, "COPY file signature not recognized")
	}
	if flags := binary.BigEndian.Uint32(data[len(copySignature):]); flags>>16 != 0 {
		return 0, pgerr.New(pgerrcode.BadCopyFileFormat, "unrecognized critical flags in COPY file header")
	}
	ext := binary.BigEndian.Uint32(data[len(copySignature)+4:])
	if ext > 1<<20 {
		return 0, pgerr.New(pgerrcode.BadCopyFileFormat, "invalid COPY file header (wrong length)")
	}
	if len(data) < fixed+int(ext) {
		return 0, nil
	}
	return fixed + int(ext), nil
}

// tupleSize is the length of n fields; ok is false when they are not all there.
func tupleSize(data []byte, n int) (int, bool) {
	at := 0
	for range n {
		if at+4 > len(data) {
			return 0, false
		}
		size := int32(binary.BigEndian.Uint32(data[at:]))
		at += 4
		if size > 0 {
			if int(size) > len(data)-at {
				return 0, false
			}
			at += int(size)
		}
	}
	return at, true
}

func (t *binaryRowsIn) row(c *copyIn, data []byte) error {
	for k := range c.cols {
		size := int32(binary.BigEndian.Uint32(data))
		data = data[4:]
		if size == -1 {
			c.b.Cols[k].SetNull(c.n)
			continue
		}
		if size < 0 {
			return pgerr.New(pgerrcode.BadCopyFileFormat, "invalid field size")
		}
		d, err := types.DecodeBinary(c.cols[k].Type, c.arena.Copy(data[:size]))
		if err != nil {
			return err
		}
		if c.cols[k].Type.Mod >= 0 {
			if d, err = types.ApplyTypmod(c.cols[k].Type, d, false); err != nil {
				return err
			}
		}
		c.b.Cols[k].Set(c.n, d)
		data = data[size:]
	}
	return c.endRow(nil)
}
