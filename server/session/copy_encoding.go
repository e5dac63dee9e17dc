package session

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// copyEncoding is what the text of a COPY is written in, nil for UTF-8; binary
// data has no text of its own, but its values are in the client's encoding.
func (s *Session) copyEncoding(o *copyOptions) (*charset.Encoding, error) {
	e := o.encoding
	if e == nil || o.format == copyBinary {
		return s.settings.client, nil
	}
	if e.Plain() {
		return nil, nil
	}
	if e.Convertible() {
		return e, nil
	}
	if e.Name() == "MULE_INTERNAL" {
		return nil, pgerr.Newf(pgerrcode.UndefinedFunction, "default conversion function for encoding \"%s\" to \"%s\" does not exist", e.Name(), charset.UTF8.Name())
	}
	return nil, pgerr.NotSupported(-1, "COPY in the encoding %q is not supported", e.Name())
}

// copyRecoder turns the bytes of COPY FROM into UTF-8 as they come.
type copyRecoder struct {
	e    *charset.Encoding
	tail []byte // of a character that is not complete
	text []byte
}

// writeRecoded is Write of data in another encoding. What comes before bytes that cannot be
// converted is read first, so that its own errors are those that are reported.
func (c *copyIn) writeRecoded(ctx context.Context, p []byte) error {
	r := c.recode
	data := p
	if len(r.tail) > 0 {
		r.tail = append(r.tail, p...)
		data = r.tail
	}
	text, n, bad := r.e.ToUTF8Part(r.text[:0], data)
	r.text = text
	r.tail = append(r.tail[:0], data[n:]...)
	if err := c.write(ctx, text); err != nil || c.ended {
		return err
	}
	if bad != nil {
		return c.failAfter(ctx, bad)
	}
	return nil
}

// failAfter reports an error of the line that is not complete yet.
func (c *copyIn) failAfter(ctx context.Context, err error) error {
	c.line++
	return c.fail(ctx, err)
}

// incomplete is the error of a character that the data's end has cut off.
func (r *copyRecoder) incomplete() error {
	if r == nil || len(r.tail) == 0 {
		return nil
	}
	return r.e.Verify(r.tail)
}

// fromClient is a value of binary data with the text in it as UTF-8.
func (c *copyIn) fromClient(k int, raw []byte) ([]byte, error) {
	return c.p.s.fromClient(c.cols[k].Type, raw, 1)
}

// toClient is a value of binary data with the text in it as the client reads it.
func (c *copyOut) toClient(k int, val []byte) []byte {
	e := c.encoding
	if e == nil {
		return val
	}
	out, err := types.RecodeBinary(c.cols[k].Type.OID, val, func(b []byte) ([]byte, error) { return e.FromUTF8(nil, b) })
	if err != nil && c.bad == nil {
		c.bad = err
	}
	return out
}
