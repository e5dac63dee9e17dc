package pgwire

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"

	"github.com/jackc/pgproto3/v2"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// out gathers a connection's output, so that one reply is one write. The first
// write error sticks: later output is dropped.
type out struct {
	dst io.Writer
	buf []byte
	err error
	// open: a message has begun that others must not come into.
	open bool
	row  pgproto3.RowDescription // reused by rowDescription
	// enc is the client's encoding, nil for UTF-8; see recode.go.
	enc *charset.Encoding
}

func newOut(dst io.Writer) *out { return &out{dst: dst, buf: make([]byte, 0, bufferSize)} }

// flush writes everything gathered.
func (o *out) flush() error {
	if o.err == nil && len(o.buf) > 0 {
		_, o.err = o.dst.Write(o.buf)
	}
	if cap(o.buf) > 4*chunkSize {
		o.buf = make([]byte, 0, bufferSize)
	}
	o.buf = o.buf[:0]
	return o.err
}

// flushLarge writes when enough has been gathered; call it between messages.
func (o *out) flushLarge() error {
	if len(o.buf) >= chunkSize {
		return o.flush()
	}
	return o.err
}

// begin starts a message of the type and returns where it starts; end fills in its length.
func (o *out) begin(typ byte) (at int) {
	at = len(o.buf)
	o.buf = append(o.buf, typ, 0, 0, 0, 0)
	return at
}

func (o *out) end(at int) {
	binary.BigEndian.PutUint32(o.buf[at+1:], uint32(len(o.buf)-at-1))
}

// encode appends a cold message. One that cannot be encoded (over 1 GiB) breaks
// the connection: the client would wait for it forever.
func (o *out) encode(m pgproto3.BackendMessage) {
	b, err := m.Encode(o.buf)
	if err != nil {
		if o.err == nil {
			o.err = fmt.Errorf("pgwire: encoding %T: %w", m, err)
		}
		return
	}
	o.buf = b
}

// empty appends a message without a body.
func (o *out) empty(typ byte) { o.buf = append(o.buf, typ, 0, 0, 0, 4) }

func (o *out) parseComplete()   { o.empty('1') }
func (o *out) bindComplete()    { o.empty('2') }
func (o *out) closeComplete()   { o.empty('3') }
func (o *out) noData()          { o.empty('n') }
func (o *out) emptyQuery()      { o.empty('I') }
func (o *out) portalSuspended() { o.empty('s') }
func (o *out) copyDone()        { o.empty('c') }

func (o *out) readyForQuery(s backend.TxStatus) {
	o.buf = append(o.buf, 'Z', 0, 0, 0, 5, byte(s))
}

func (o *out) commandComplete(tag string) {
	at := o.begin('C')
	o.buf = append(o.buf, tag...)
	o.buf = append(o.buf, 0)
	o.end(at)
}

func (o *out) parameterStatus(name, value string) {
	o.encode(&pgproto3.ParameterStatus{Name: o.mild(wireText(name)), Value: o.mild(wireText(value))})
}

func (o *out) backendKey(pid int32, secret uint32) {
	o.encode(&pgproto3.BackendKeyData{ProcessID: uint32(pid), SecretKey: secret})
}

func (o *out) errorResponse(e *pgerr.Error, pos func(int) int) { o.report('E', e, pgerr.ErrorS, pos) }

func (o *out) notice(e *pgerr.Error, pos func(int) int) { o.report('N', e, pgerr.Notice, pos) }

// report appends an ErrorResponse or NoticeResponse with its fields in PostgreSQL's
// order; pos converts the position to characters, nil keeps it.
func (o *out) report(typ byte, e *pgerr.Error, defaultSeverity string, pos func(int) int) {
	severity, routine, position := e.Severity, e.Routine, ""
	if severity == "" {
		severity = defaultSeverity
	}
	if routine == "" {
		routine = "loxodb"
	}
	if p := e.Position; p > 0 {
		if pos != nil {
			p = pos(p)
		}
		if p > 0 {
			position = strconv.Itoa(p)
		}
	}
	if o.enc != nil {
		e = o.recodeReport(e)
	}
	inQuery := ""
	if e.QueryPosition > 0 {
		inQuery = strconv.Itoa(e.QueryPosition)
	}
	at := o.begin(typ)
	for _, f := range [...]struct {
		code byte
		text string
	}{
		{'S', severity}, {'V', severity}, {'C', e.Code}, {'M', e.Message}, {'D', e.Detail}, {'H', e.Hint}, {'W', e.Where},
		{'s', e.Schema}, {'t', e.Table}, {'c', e.Column}, {'d', e.DataType}, {'n', e.Constraint}, {'P', position},
		{'p', inQuery}, {'q', e.Query}, {'F', "loxodb"}, {'L', "1"}, {'R', routine},
	} {
		if text := wireText(f.text); text != "" || f.code == 'M' {
			o.buf = append(append(append(o.buf, f.code), text...), 0)
		}
	}
	o.buf = append(o.buf, 0)
	o.end(at)
}

func (o *out) notification(n backend.Notification) {
	o.encode(&pgproto3.NotificationResponse{PID: uint32(n.PID), Channel: o.mild(n.Channel), Payload: o.mild(n.Payload)})
}

func (o *out) parameterDescription(params []types.OID) {
	o.encode(&pgproto3.ParameterDescription{ParameterOIDs: params})
}

// rowDescription describes cols; formats has one entry a column, or none for all text. A
// name that the client's encoding lacks is an error, 22P05, and nothing is appended.
func (o *out) rowDescription(cols []backend.Column, formats []int16) error {
	o.row.Fields = o.row.Fields[:0]
	for i := range cols {
		c := &cols[i]
		f := pgproto3.FieldDescription{
			Name:                 types.String(c.Name).Bytes(),
			TableOID:             c.Table,
			TableAttributeNumber: uint16(c.Attnum),
			DataTypeOID:          c.Type.OID,
			DataTypeSize:         typeLen(c.Type.OID),
			TypeModifier:         c.Type.Mod,
		}
		if c.Type.OID == types.RecordArrayOID {
			f.TypeModifier = -1 // it names the columns, for the server's own use
		}
		if i < len(formats) {
			f.Format = formats[i]
		}
		if o.enc != nil {
			var err error
			if f.Name, err = o.enc.FromUTF8(nil, f.Name); err != nil {
				return err
			}
		}
		o.row.Fields = append(o.row.Fields, f)
	}
	o.encode(&o.row)
	return nil
}

// typeLen is pg_type.typlen; types made by users (enums, composites) have the
// lengths the catalog gives them, of which −1 is right for all but enums.
func typeLen(oid types.OID) int16 {
	if info := types.Lookup(oid); info != nil {
		return info.Len
	}
	return -1
}

// copyResponse answers a COPY: typ is 'G' for in, 'H' for out.
func (o *out) copyResponse(typ byte, overall int8, columns int) {
	at := o.begin(typ)
	o.buf = append(o.buf, byte(overall))
	o.buf = binary.BigEndian.AppendUint16(o.buf, uint16(columns))
	for range columns {
		o.buf = binary.BigEndian.AppendUint16(o.buf, uint16(overall))
	}
	o.end(at)
}

// negotiateProtocolVersion tells the client that 3.0 is the newest minor version
// here, and which of its protocol options are unknown.
func (o *out) negotiateProtocolVersion(unknown []string) {
	at := o.begin('v')
	o.buf = binary.BigEndian.AppendUint32(o.buf, protocolMajor<<16)
	o.buf = binary.BigEndian.AppendUint32(o.buf, uint32(len(unknown)))
	for _, name := range unknown {
		o.buf = append(o.buf, name...)
		o.buf = append(o.buf, 0)
	}
	o.end(at)
}
