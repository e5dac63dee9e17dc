package session

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// copyOut is COPY TO STDOUT: rows are pulled from a query and printed one a message.
type copyOut struct {
	p      *portal
	opts   *copyOptions
	cols   []backend.Column
	quoted []bool // FORCE_QUOTE, by column
	rows   source
	b      *batch.Batch
	at     int
	count  int64
	begun  bool
	ended  bool
	val    []byte
	// encoding of what is read, nil for UTF-8; text is a row before, bad what it lacked.
	encoding *charset.Encoding
	line     []byte
	bad      error
}

func (s *Session) newCopyOut(ctx context.Context, p *portal, st *ast.Copy, opts *copyOptions) (*copyOut, error) {
	var query ast.Stmt = st.Query
	if st.Table != nil {
		sel := &ast.Select{From: []ast.TableExpr{&ast.TableRef{Name: *st.Table, Only: true}}}
		t, err := s.findTable(st.Table)
		if err == nil {
			cols, err := copyColumns(t, st.Columns)
			if err != nil {
				return nil, err
			}
			for _, c := range cols {
				sel.Targets = append(sel.Targets, ast.Target{Expr: &ast.ColumnRef{Parts: []string{c.Name}}})
			}
		} else { // a system relation
			if _, e := (names{s: s}).relationIn(st.Table.Schema, st.Table.Name); e != nil {
				return nil, err
			}
			for _, c := range st.Columns {
				sel.Targets = append(sel.Targets, ast.Target{Expr: &ast.ColumnRef{Parts: []string{c}}})
			}
			if len(st.Columns) == 0 {
				sel.Targets = []ast.Target{{Expr: &ast.ColumnRef{Star: true}}}
			}
		}
		query = sel
	}
	if _, ok := query.(*ast.Merge); ok {
		return nil, pgerr.New(pgerrcode.FeatureNotSupported, "MERGE not supported in COPY")
	}
	q, err := s.prepare(ctx, p.stmt.text, ast.Parsed{Stmt: query}, nil)
	if err != nil {
		if e, ok := pgerr.As(err); ok && st.Table != nil {
			e.Position = 0 // the query is ours
		}
		return nil, err
	}
	if q.kind != backend.KindRows {
		return nil, pgerr.New(pgerrcode.FeatureNotSupported, "COPY query must have a RETURNING clause")
	}
	encoding, err := s.copyEncoding(opts)
	if err != nil {
		return nil, err
	}
	quoted, err := s.forceQuote(st, opts, q.columns)
	if err != nil {
		return nil, err
	}
	inner := &portal{s: s, stmt: q, columns: q.columns, kind: q.kind}
	rows, err := s.run(ctx, inner)
	if err != nil {
		return nil, err
	}
	return &copyOut{p: p, opts: opts, cols: q.columns, quoted: quoted, rows: rows, encoding: encoding}, nil
}

// forceQuote marks the columns of FORCE_QUOTE.
func (s *Session) forceQuote(st *ast.Copy, opts *copyOptions, cols []backend.Column) ([]bool, error) {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.Name
	}
	if st.Table == nil {
		return forced("FORCE_QUOTE", opts.forceQuote, names, "", nil)
	}
	t, err := s.findTable(st.Table)
	if err != nil { // a system relation
		return forced("FORCE_QUOTE", opts.forceQuote, names, "", nil)
	}
	return forced("FORCE_QUOTE", opts.forceQuote, names, t.Name, func(n string) bool { return t.ColumnByName(n) != nil })
}

// Format implements backend.Copy.
func (c *copyOut) Format() (int8, int) {
	if c.opts.format == copyBinary {
		return 1, len(c.cols)
	}
	return 0, len(c.cols)
}

// Write implements backend.Copy.
func (c *copyOut) Write(context.Context, []byte) error { return nil }

// Finish implements backend.Copy.
func (c *copyOut) Finish(context.Context, bool, string) error { return nil }

// Read implements backend.Copy.
func (c *copyOut) Read(ctx context.Context, dst []byte) (out []byte, done bool, err error) {
	ctx = c.p.s.limited(ctx)
	defer func() {
		if done || err != nil {
			c.p.s.unlimit()
		}
	}()
	if !c.begun {
		c.begun = true
		switch {
		case c.opts.format == copyBinary:
			dst = append(append(dst, copySignature...), make([]byte, 8)...) // with the first row
		case c.opts.header:
			return c.recoded(ctx, dst, c.header)
		}
	}
	for c.b == nil || c.at >= len(c.b.Sel) {
		if c.ended {
			return dst, true, nil
		}
		b, err := c.rows.next(ctx)
		if err != nil {
			c.rows.close()
			err = toPG(ctx, err)
			c.p.s.failed(err)
			return dst, false, err
		}
		c.b, c.at = b, 0
		if b == nil {
			c.ended = true
			c.p.s.tx.statement = nil
			c.rows.close()
			c.p.tag, c.p.done = fmt.Sprintf("COPY %d", c.count), true
			if c.opts.format == copyBinary {
				return append(dst, 0xff, 0xff), false, nil
			}
			return dst, true, nil
		}
	}
	i := int(c.b.Sel[c.at])
	c.at++
	c.count++
	return c.recoded(ctx, dst, func(dst []byte) []byte { return c.row(dst, i) })
}

// recoded appends what print does in the client's encoding. Escapes are ASCII, so a row may
// be converted as a whole.
func (c *copyOut) recoded(ctx context.Context, dst []byte, print func([]byte) []byte) ([]byte, bool, error) {
	if c.encoding == nil {
		return print(dst), false, nil
	}
	out := dst
	if c.opts.format == copyBinary {
		out = print(dst)
	} else {
		c.line = print(c.line[:0])
		out, c.bad = c.encoding.FromUTF8(dst, c.line)
	}
	if c.bad != nil {
		c.rows.close()
		err := toPG(ctx, c.bad)
		c.p.s.failed(err)
		return dst, false, err
	}
	return out, false, nil
}

func (c *copyOut) header(dst []byte) []byte {
	for k := range c.cols {
		if k > 0 {
			dst = append(dst, c.opts.delim)
		}
		dst = c.text(dst, []byte(c.cols[k].Name), false)
	}
	return append(dst, '\n')
}

func (c *copyOut) row(dst []byte, i int) []byte {
	if c.opts.format == copyBinary {
		return c.binaryRow(dst, i)
	}
	f := c.p.s.TextFormat()
	for k := range c.cols {
		if k > 0 {
			dst = append(dst, c.opts.delim)
		}
		d := c.b.Cols[k].Datum(i)
		if d.IsNull() {
			dst = append(dst, c.opts.null...)
			continue
		}
		c.val = types.AppendText(c.val[:0], c.cols[k].Type, d, f)
		dst = c.text(dst, c.val, c.opts.forceAll || c.quoted[k])
	}
	return append(dst, '\n')
}

func (c *copyOut) binaryRow(dst []byte, i int) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(c.cols)))
	for k := range c.cols {
		d := c.b.Cols[k].Datum(i)
		if d.IsNull() {
			dst = append(dst, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		c.val = types.AppendBinary(c.val[:0], c.cols[k].Type, d)
		val := c.toClient(k, c.val)
		dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(val))), val...)
	}
	return dst
}

// text prints a value in the text or CSV format.
func (c *copyOut) text(dst, val []byte, force bool) []byte {
	o := c.opts
	if o.format == copyCSV {
		need := force || string(val) == o.null || len(c.cols) == 1 && string(val) == `\.` ||
			bytes.IndexByte(val, o.delim) >= 0 || bytes.IndexByte(val, o.quote) >= 0 || bytes.ContainsAny(val, "\r\n")
		if !need {
			return append(dst, val...)
		}
		dst = append(dst, o.quote)
		for _, ch := range val {
			if ch == o.quote || ch == o.escape {
				dst = append(dst, o.escape)
			}
			dst = append(dst, ch)
		}
		return append(dst, o.quote)
	}
	for _, ch := range val {
		switch ch {
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '\v':
			dst = append(dst, `\v`...)
		case '\\':
			dst = append(dst, `\\`...)
		default:
			if ch == o.delim {
				dst = append(dst, '\\')
			}
			dst = append(dst, ch)
		}
	}
	return dst
}
