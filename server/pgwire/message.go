package pgwire

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// cursor reads the fields of one message in place. The first error sticks.
type cursor struct {
	b   []byte
	enc *charset.Encoding // of the strings; nil for UTF-8
	err error
}

func (c *cursor) fail(code, message string) {
	if c.err == nil {
		c.err = pgerr.New(code, message)
	}
	c.b = nil
}

// bytes takes the next n bytes, borrowed.
func (c *cursor) bytes(n int) []byte {
	if n < 0 || n > len(c.b) {
		c.fail(pgerrcode.ProtocolViolation, "insufficient data left in message")
		return nil
	}
	v := c.b[:n:n]
	c.b = c.b[n:]
	return v
}

func (c *cursor) int16() int16 {
	if v := c.bytes(2); v != nil {
		return int16(binary.BigEndian.Uint16(v))
	}
	return 0
}

func (c *cursor) int32() int32 {
	if v := c.bytes(4); v != nil {
		return int32(binary.BigEndian.Uint32(v))
	}
	return 0
}

func (c *cursor) byte() byte {
	if len(c.b) == 0 {
		c.fail(pgerrcode.ProtocolViolation, "no data left in message")
		return 0
	}
	return c.bytes(1)[0]
}

// text takes a zero-terminated string, without the zero: borrowed where it is UTF-8 on the wire.
func (c *cursor) text() []byte {
	i := bytes.IndexByte(c.b, 0)
	if i < 0 {
		c.fail(pgerrcode.ProtocolViolation, "invalid string in message")
		return nil
	}
	v := c.b[:i:i]
	c.b = c.b[i+1:]
	var err error
	if c.enc != nil {
		v, err = c.enc.ToUTF8(nil, v)
	} else if !utf8.Valid(v) {
		err = charset.UTF8.Verify(v)
	}
	if err != nil && c.err == nil {
		c.err = err
	}
	return v
}

// end checks that the message holds nothing more.
func (c *cursor) end() error {
	if c.err == nil && len(c.b) != 0 {
		c.fail(pgerrcode.ProtocolViolation, "invalid message format")
	}
	return c.err
}

// count takes a 16-bit number of things of at least size bytes each, so that a
// crafted count cannot make the caller take memory that the message does not back.
func (c *cursor) count(size int) int {
	n := int(uint16(c.int16()))
	if c.err == nil && n*size > len(c.b) {
		c.fail(pgerrcode.ProtocolViolation, "insufficient data left in message")
		return 0
	}
	return n
}

type parseMessage struct {
	name, query []byte
	params      []types.OID
}

func (m *parseMessage) decode(body []byte, enc *charset.Encoding) error {
	c := cursor{b: body, enc: enc}
	m.name = c.text()
	m.query = c.text()
	m.params = m.params[:0]
	for range c.count(4) {
		m.params = append(m.params, types.OID(c.int32()))
	}
	return c.end()
}

// bindMessage is decoded only: what its formats and values mean, and whether they
// fit the statement, is the session's to say.
type bindMessage struct {
	portal, statement []byte
	argFormats        []int16
	args              [][]byte
	resultFormats     []int16
}

func (m *bindMessage) decode(body []byte, enc *charset.Encoding) error {
	c := cursor{b: body, enc: enc}
	m.portal = c.text()
	m.statement = c.text()
	m.argFormats = c.formats(m.argFormats[:0])
	clear(m.args)
	m.args = m.args[:0]
	for range c.count(4) {
		n := c.int32()
		if n == -1 {
			m.args = append(m.args, nil)
			continue
		}
		m.args = append(m.args, c.bytes(int(n)))
	}
	m.resultFormats = c.formats(m.resultFormats[:0])
	return c.end()
}

func (c *cursor) formats(dst []int16) []int16 {
	for range c.count(2) {
		dst = append(dst, c.int16())
	}
	return dst
}

// decodeExecute returns the portal's name and the most rows wanted, 0 for all.
func decodeExecute(body []byte, enc *charset.Encoding) (portal []byte, rows int, err error) {
	c := cursor{b: body, enc: enc}
	portal = c.text()
	rows = int(c.int32())
	return portal, max(rows, 0), c.end()
}

// decodeTarget decodes Describe and Close: kind is 'S' or 'P'.
func decodeTarget(verb string, body []byte, enc *charset.Encoding) (kind byte, name []byte, err error) {
	c := cursor{b: body, enc: enc}
	kind = c.byte()
	name = c.text()
	if err := c.end(); err != nil {
		return 0, nil, err
	}
	if kind != 'S' && kind != 'P' {
		return 0, nil, pgerr.Newf(pgerrcode.ProtocolViolation, "invalid %s message subtype %d", verb, kind)
	}
	return kind, name, nil
}

// decodeText decodes messages of one string: Query and CopyFail.
func decodeText(body []byte, enc *charset.Encoding) ([]byte, error) {
	c := cursor{b: body, enc: enc}
	v := c.text()
	return v, c.end()
}

// decodeEmpty decodes messages without fields: Sync, Flush, CopyDone, Terminate.
func decodeEmpty(body []byte) error {
	c := cursor{b: body}
	return c.end()
}
