package pgwire

import (
	"encoding/binary"
	"strings"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Text for clients whose encoding is not UTF-8. Nothing here is called for others.

// mayHaveText is false for values that are ASCII or no text in either format.
func (e encoding) mayHaveText() bool { return e <= plainBytes }

// binary says that the column is written in the binary format.
func (w *rowWriter) binary(i int) bool { return i < len(w.formats) && w.formats[i] == 1 }

// recode converts the value that was appended last, with its length before it, at a place
// in the buffer.
func (w *rowWriter) recode(at int, col *backend.Column, binaryForm bool) error {
	o := w.out
	from := at + 4
	if from >= len(o.buf) || ascii(o.buf[from:]) {
		return nil // NULL has no bytes either
	}
	toClient := func(b []byte) ([]byte, error) { return o.enc.FromUTF8(nil, b) }
	var v []byte
	var err error
	if binaryForm {
		v, err = types.RecodeBinary(col.Type.OID, o.buf[from:], toClient)
	} else {
		v, err = toClient(o.buf[from:])
	}
	if err != nil {
		return err
	}
	o.buf = append(o.buf[:from], v...)
	binary.BigEndian.PutUint32(o.buf[at:], uint32(len(v)))
	return nil
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// mild is s in the client's encoding, with a question mark for each character that it
// lacks: for what is told unasked and has no statement to fail.
func (o *out) mild(s string) string {
	if o.enc == nil {
		return s
	}
	if v, err := o.enc.FromUTF8(nil, []byte(s)); err == nil {
		return string(v)
	}
	var b strings.Builder
	for _, r := range s {
		v, err := o.enc.FromUTF8(nil, []byte(string(r)))
		if err != nil {
			v = []byte("?")
		}
		b.Write(v)
	}
	return b.String()
}

// recodeReport is an error or notice in the client's encoding. One that cannot be said in it
// becomes the error that says so, as in PostgreSQL.
func (o *out) recodeReport(e *pgerr.Error) *pgerr.Error {
	said := *e
	for _, f := range []*string{&said.Message, &said.Detail, &said.Hint, &said.Where, &said.Schema, &said.Table, &said.Column,
		&said.DataType, &said.Constraint, &said.Query, &said.Routine} {
		v, err := o.enc.FromUTF8(nil, []byte(wireText(*f)))
		if err != nil {
			bad := *toError(err) // its text is ASCII
			bad.Severity = e.Severity
			return &bad
		}
		*f = string(v)
	}
	return &said
}
