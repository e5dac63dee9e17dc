package types

import (
	"bytes"
	"encoding/binary"
)

// RecodeBinary returns a value in the binary form of its type with recode applied to all
// text within: to what text, names, JSON, labels of enums, citext, hstore and lexemes are,
// also as elements, fields and bounds. b is not changed; it is returned as it is
// where there is no such text, and where it is malformed, for DecodeBinary to say so.
// The errors are recode's.
func RecodeBinary(oid OID, b []byte, recode func([]byte) ([]byte, error)) ([]byte, error) {
	if !bytes.ContainsFunc(b, func(r rune) bool { return r >= 0x80 }) {
		return b, nil // ASCII is the same in all encodings
	}
	w := recoder{in: b, recode: recode}
	w.value(oid, len(b))
	switch {
	case w.err != nil:
		return nil, w.err
	case w.malformed || len(w.in) > 0:
		return b, nil
	}
	return w.out, nil
}

// recoder copies a value from in to out.
type recoder struct {
	in, out   []byte
	recode    func([]byte) ([]byte, error)
	err       error
	malformed bool
	depth     int
}

// maxRecodeDepth bounds how deep arrays and rows may lie within each other.
const maxRecodeDepth = 1000

// take is the next n bytes of the input.
func (w *recoder) take(n int) []byte {
	if n < 0 || n > len(w.in) || w.malformed {
		w.malformed = true
		return nil
	}
	v := w.in[:n]
	w.in = w.in[n:]
	return v
}

// copy copies n bytes as they are.
func (w *recoder) copy(n int) []byte {
	v := w.take(n)
	w.out = append(w.out, v...)
	return v
}

// number copies a number of 32 bits.
func (w *recoder) number() int {
	v := w.copy(4)
	if v == nil {
		return 0
	}
	return int(int32(binary.BigEndian.Uint32(v)))
}

// text copies n bytes of text.
func (w *recoder) text(n int) {
	v := w.take(n)
	if w.malformed || w.err != nil {
		return
	}
	var t []byte
	if t, w.err = w.recode(v); w.err == nil {
		w.out = append(w.out, t...)
	}
}

// sized copies a value after its length, −1 for NULL.
func (w *recoder) sized(oid OID) {
	at := len(w.out)
	n := w.number()
	if n == -1 || w.malformed {
		return
	}
	if n < 0 || n > len(w.in) {
		w.malformed = true
		return
	}
	rest := w.in[n:]
	w.in = w.in[:n]
	w.value(oid, n)
	w.malformed = w.malformed || len(w.in) > 0
	w.in = rest
	if w.err == nil && !w.malformed {
		binary.BigEndian.PutUint32(w.out[at:], uint32(len(w.out)-at-4))
	}
}

// value copies a value of n bytes, which are all of the input.
func (w *recoder) value(oid OID, n int) {
	if w.depth++; w.depth > maxRecodeDepth {
		w.malformed = true
		return
	}
	defer func() { w.depth-- }()
	info := byOID(oid)
	switch oid {
	case TextOID, VarcharOID, BpcharOID, NameOID, JSONOID, UnknownOID, CstringOID, RefcursorOID:
		w.text(n)
	case JSONBOID, JSONPathOID:
		w.copy(1)
		w.text(n - 1)
	case TSVectorOID:
		w.lexemes()
	case TSQueryOID:
		w.query()
	case RecordOID:
		w.fields()
	default:
		x := extensionOf(oid)
		switch {
		case info == nil:
			w.copy(n)
		case info.Type == 'e', info.Name == "citext" && x != nil:
			w.text(n)
		case info.Name == "hstore" && x != nil:
			w.pairs()
		case info.IsArray:
			w.elements()
		case info.Composite != nil:
			w.fields()
		case info.Range != nil && info.Type == 'r':
			w.bounds(info.Range)
		case info.Range != nil:
			for range w.number() {
				if w.malformed || w.err != nil {
					return
				}
				w.sized(info.Range.Range)
			}
		default:
			w.copy(n)
		}
	}
}

// elements copies an array.
func (w *recoder) elements() {
	dims := w.number()
	w.number()
	elem := OID(w.number())
	if dims < 0 || dims > 6 {
		w.malformed = true
	}
	for range dims {
		w.copy(8)
	}
	for len(w.in) > 0 && !w.malformed && w.err == nil {
		w.sized(elem)
	}
}

// fields copies a row.
func (w *recoder) fields() {
	w.number()
	for len(w.in) > 0 && !w.malformed && w.err == nil {
		w.sized(OID(w.number()))
	}
}

// bounds copies a range: its flags and the bounds that it has.
func (w *recoder) bounds(t *RangeType) {
	w.copy(1)
	for len(w.in) > 0 && !w.malformed && w.err == nil {
		w.sized(t.Elem)
	}
}

// pairs copies an hstore: keys and values, each after its length.
func (w *recoder) pairs() {
	w.number()
	for len(w.in) > 0 && !w.malformed && w.err == nil {
		w.sized(TextOID)
	}
}

// terminated copies a text that ends with a zero byte.
func (w *recoder) terminated() {
	w.text(bytes.IndexByte(w.in, 0))
	w.copy(1)
}

// lexemes copies a tsvector: each lexeme with its positions.
func (w *recoder) lexemes() {
	w.number()
	for len(w.in) > 0 && !w.malformed && w.err == nil {
		w.terminated()
		if n := w.copy(2); n != nil {
			w.copy(2 * int(binary.BigEndian.Uint16(n)))
		}
	}
}

// query copies a tsquery: its operands are text.
func (w *recoder) query() {
	w.number()
	for len(w.in) > 0 && !w.malformed && w.err == nil {
		kind := w.copy(1)
		switch {
		case kind == nil:
		case kind[0] == 1: // weight, prefix, text
			w.copy(2)
			w.terminated()
		default:
			const phrase = 4
			if op := w.copy(1); op != nil && op[0] == phrase {
				w.copy(2)
			}
		}
	}
}
