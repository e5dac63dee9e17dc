package pgwire

import (
	"encoding/binary"
	"math"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// encoding is how one column's values are written: chosen once a portal run,
// used once a value. The named ones write straight from the batch's columns;
// the general ones ask the types.
type encoding uint8

const (
	textGeneral encoding = iota
	binaryGeneral
	plainBytes // the value's bytes are its text form, or its binary one
	binaryInt2
	binaryInt4
	binaryInt8
	binaryBool
	binaryFloat4
	binaryFloat8
)

// encodingOf chooses how a column of the type is written in the format (0 text, 1 binary).
func encodingOf(t types.T, format int16) encoding {
	if format == 1 {
		return binaryEncodingOf(t.OID)
	}
	switch t.OID {
	case types.TextOID, types.VarcharOID, types.BpcharOID, types.NameOID, types.UnknownOID,
		types.JSONOID, types.JSONBOID, types.CstringOID, types.RefcursorOID:
		return plainBytes
	}
	return textGeneral
}

func binaryEncodingOf(oid types.OID) encoding {
	switch oid {
	case types.Int2OID:
		return binaryInt2
	case types.Int4OID, types.OidOID, types.XidOID, types.CidOID, types.DateOID:
		return binaryInt4
	case types.Int8OID, types.TimeOID, types.TimestampOID, types.TimestamptzOID:
		return binaryInt8
	case types.BoolOID:
		return binaryBool
	case types.Float4OID:
		return binaryFloat4
	case types.Float8OID:
		return binaryFloat8
	case types.TextOID, types.VarcharOID, types.BpcharOID, types.NameOID, types.UnknownOID,
		types.JSONOID, types.CstringOID, types.RefcursorOID, types.ByteaOID, types.UUIDOID:
		return plainBytes
	}
	return binaryGeneral
}

// rowWriter writes batches as DataRow messages. It is reused by all portals of a
// connection and allocates only while its buffers grow.
type rowWriter struct {
	out     *out
	enc     []encoding
	format  *types.Format
	formats []int16
}

// prepare chooses the encodings of the columns; formats has one entry a column,
// or none for all text.
func (w *rowWriter) prepare(cols []backend.Column, formats []int16, f *types.Format) {
	w.format = f
	w.enc, w.formats = w.enc[:0], formats
	for i := range cols {
		var format int16
		if i < len(formats) {
			format = formats[i]
		}
		w.enc = append(w.enc, encodingOf(cols[i].Type, format))
	}
}

// rowValues is how many of the largest values that the server's memory allows a row may have.
const rowValues = 2

// write appends one DataRow for each selected row of b, which has the prepared
// columns, and sends what has gathered.
// A row beyond types.MaxText is an error about the statement, whose earlier rows were sent.
func (w *rowWriter) write(cols []backend.Column, b *batch.Batch) (err error) {
	n, at := len(w.enc), 0
	defer func() {
		if err != nil && w.out.err == nil {
			w.out.buf = w.out.buf[:at]
		}
	}()
	defer types.CatchStop(&err)
	for _, row := range b.Sel {
		at = w.out.begin('D')
		w.out.buf = binary.BigEndian.AppendUint16(w.out.buf, uint16(n))
		for i := range n {
			was := len(w.out.buf)
			w.out.buf = w.value(w.out.buf, &cols[i], w.enc[i], &b.Cols[i], int(row))
			if w.out.enc != nil && w.enc[i].mayHaveText() {
				if err := w.recode(was, &cols[i], w.binary(i)); err != nil {
					return err
				}
			}
			if len(w.out.buf)-at > types.MaxText {
				return types.TextTooLong(was-at, len(w.out.buf)-was)
			}
			if err := types.Afford((len(w.out.buf) - at) / rowValues); err != nil {
				return err
			}
		}
		w.out.end(at)
		if err := w.out.flushLarge(); err != nil {
			return err
		}
	}
	return nil
}

// value appends one field: its 32-bit length (−1 for NULL) and its bytes.
func (w *rowWriter) value(dst []byte, col *backend.Column, enc encoding, c *batch.Col, i int) []byte {
	if c.Null[i] {
		return append(dst, 0xff, 0xff, 0xff, 0xff)
	}
	switch enc {
	case plainBytes:
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(c.B[i])))
		return append(dst, c.B[i]...)
	case binaryInt2:
		return binary.BigEndian.AppendUint16(append(dst, 0, 0, 0, 2), uint16(c.I[i]))
	case binaryInt4:
		return binary.BigEndian.AppendUint32(append(dst, 0, 0, 0, 4), uint32(c.I[i]))
	case binaryInt8:
		return binary.BigEndian.AppendUint64(append(dst, 0, 0, 0, 8), uint64(c.I[i]))
	case binaryBool:
		return append(dst, 0, 0, 0, 1, byte(c.I[i]&1))
	case binaryFloat4:
		return binary.BigEndian.AppendUint32(append(dst, 0, 0, 0, 4), float4Bits(c.F[i]))
	case binaryFloat8:
		return binary.BigEndian.AppendUint64(append(dst, 0, 0, 0, 8), float8Bits(c.F[i]))
	}
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	if enc == textGeneral {
		dst = types.AppendText(dst, col.Type, c.Datum(i), w.format)
	} else {
		dst = types.AppendBinary(dst, col.Type, c.Datum(i))
	}
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

// float8Bits is v as IEEE 754 bits; NaN is the quiet NaN with a sign and no payload, as C's.
func float8Bits(v float64) uint64 {
	if v != v {
		return math.Float64bits(v)&(1<<63) | 0x7ff8<<48
	}
	return math.Float64bits(v)
}

func float4Bits(v float64) uint32 {
	if v != v {
		return math.Float32bits(float32(v))&(1<<31) | 0x7fc0<<16
	}
	return math.Float32bits(float32(v))
}
