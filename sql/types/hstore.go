package types

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// An hstore is kept as it goes over the wire: the number of its pairs, then of each pair
// the length and bytes of the key, and those of the value or −1 for NULL. Pairs are in the
// order of their keys, shorter ones first, and no key is there twice.
var hstore = extensionType{
	parse:   parseHstore,
	text:    appendHstore,
	decode:  decodeHstore,
	encode:  func(dst, b []byte) []byte { return append(dst, b...) },
	compare: func(a, b []byte) int { return bytes.Compare(hstoreKey(nil, a), hstoreKey(nil, b)) },
	hash:    func(b []byte, seed uint64) uint64 { return hashBytes(b, seed) },
	key:     hstoreKey,
}

// Pair is a key of an hstore with its value, nil for NULL.
type Pair struct{ Key, Value []byte }

// MakeHstore is an hstore of pairs, of which the first of those with one key counts.
func MakeHstore(pairs []Pair) Datum {
	slices.SortStableFunc(pairs, func(a, b Pair) int { return compareHstoreKeys(a.Key, b.Key) })
	pairs = slices.CompactFunc(pairs, func(a, b Pair) bool { return bytes.Equal(a.Key, b.Key) })
	n := 4
	for _, p := range pairs {
		n += 8 + len(p.Key) + len(p.Value)
	}
	out := binary.BigEndian.AppendUint32(make([]byte, 0, n), uint32(len(pairs)))
	for _, p := range pairs {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(p.Key))), p.Key...)
		if p.Value == nil {
			out = binary.BigEndian.AppendUint32(out, 1<<32-1)
			continue
		}
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(p.Value))), p.Value...)
	}
	return Bytes(out)
}

func compareHstoreKeys(a, b []byte) int {
	if len(a) != len(b) {
		return compareInt(int64(len(a)), int64(len(b)))
	}
	return bytes.Compare(a, b)
}

// Hstore are the pairs of an hstore, borrowed, in order.
func Hstore(d Datum) []Pair {
	b := d.ref
	if len(b) < 4 {
		return nil
	}
	out := make([]Pair, 0, binary.BigEndian.Uint32(b))
	for b = b[4:]; len(b) >= 8; {
		var p Pair
		p.Key, b = hstoreItem(b)
		p.Value, b = hstoreItem(b)
		out = append(out, p)
	}
	return out
}

func hstoreItem(b []byte) (item, rest []byte) {
	n := int32(binary.BigEndian.Uint32(b))
	if b = b[4:]; n < 0 {
		return nil, b
	}
	return b[:n:n], b[n:]
}

// HstoreGet is the value of a key.
func HstoreGet(pairs []Pair, key []byte) (value []byte, ok bool) {
	i, ok := slices.BinarySearchFunc(pairs, key, func(p Pair, key []byte) int { return compareHstoreKeys(p.Key, key) })
	if !ok {
		return nil, false
	}
	return pairs[i].Value, true
}

// hstoreKey orders as hstore_cmp does: by all keys and values one after another, then by
// their number, then by their lengths.
func hstoreKey(dst, b []byte) []byte {
	pairs := Hstore(Bytes(b))
	var all, lengths []byte
	end := uint32(0)
	for _, p := range pairs {
		all = append(append(all, p.Key...), p.Value...)
		end += uint32(len(p.Key))
		lengths = append(binary.BigEndian.AppendUint32(lengths, end), 0)
		end += uint32(len(p.Value))
		isNull := byte(0)
		if p.Value == nil {
			isNull = 1
		}
		lengths = append(binary.BigEndian.AppendUint32(lengths, end), isNull)
	}
	dst = appendEscaped(dst, all)
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(pairs))), lengths...)
}

func appendHstore(dst, b []byte) []byte {
	quote := func(s []byte) {
		dst = append(dst, '"')
		for _, c := range s {
			if c == '"' || c == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, c)
		}
		dst = append(dst, '"')
	}
	for i, p := range Hstore(Bytes(b)) {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		quote(p.Key)
		dst = append(dst, "=>"...)
		if p.Value == nil {
			dst = append(dst, "NULL"...)
			continue
		}
		quote(p.Value)
	}
	return dst
}

// CheckHstoreItem refuses keys and values that are too long.
func CheckHstoreItem(b []byte, what string) error {
	if len(b) > 0x3fffffff {
		return pgerr.Newf(pgerrcode.StringDataRightTruncationDataException, "string too long for hstore %s", what)
	}
	return nil
}

func decodeHstore(b []byte) (Datum, error) {
	bad := func() (Datum, error) { return Datum{}, shortMessage() }
	if len(b) < 4 {
		return bad()
	}
	n := int32(binary.BigEndian.Uint32(b))
	if b = b[4:]; n < 0 || int(n) > len(b)/8 {
		return Datum{}, pgerr.Newf(pgerrcode.ProgramLimitExceeded, "number of pairs (%d) exceeds the maximum allowed (%d)", n, (1<<30-1)/8)
	}
	pairs := make([]Pair, 0, n)
	item := func() (s []byte, null, ok bool) {
		if len(b) < 4 {
			return nil, false, false
		}
		k := int32(binary.BigEndian.Uint32(b))
		if b = b[4:]; k < 0 {
			return nil, true, true
		}
		if int(k) > len(b) {
			return nil, false, false
		}
		s, b = b[:k:k], b[k:]
		return s, false, true
	}
	for range n {
		key, null, ok := item()
		if !ok {
			return bad()
		}
		if null {
			return Datum{}, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "null value not allowed for hstore key")
		}
		value, _, ok := item()
		if !ok {
			return bad()
		}
		for _, s := range [][]byte{key, value} {
			if err := CheckUTF8(s); err != nil {
				return Datum{}, err
			}
		}
		pairs = append(pairs, Pair{key, value})
	}
	if len(b) > 0 {
		return Datum{}, badBinary("incorrect binary data format")
	}
	return MakeHstore(pairs), nil
}

// hstoreReader reads k=>v, k=>v.
type hstoreReader struct {
	s  string
	at int
}

func parseHstore(s string) (Datum, error) {
	r := &hstoreReader{s: s}
	var pairs []Pair
	for {
		key, _, ok, err := r.word(false)
		if err != nil || !ok {
			return MakeHstore(pairs), err
		}
		if err := r.arrow(); err != nil {
			return Datum{}, err
		}
		value, quoted, ok, err := r.word(true)
		if err == nil && !ok {
			err = unexpectedEnd()
		}
		if err != nil {
			return Datum{}, err
		}
		p := Pair{Key: []byte(key), Value: []byte(value)}
		if !quoted && strings.EqualFold(value, "null") {
			p.Value = nil
		}
		pairs = append(pairs, p)
		r.blanks()
		switch {
		case r.at == len(r.s):
			return MakeHstore(pairs), nil
		case r.s[r.at] != ',':
			return Datum{}, r.unexpected()
		}
		r.at++
	}
}

func unexpectedEnd() error { return pgerr.New(pgerrcode.InternalError, "Unexpected end of string") }

// unexpected is the error of what stands at the reader's place.
func (r *hstoreReader) unexpected() error {
	_, size := utf8.DecodeRuneInString(r.s[r.at:])
	return pgerr.Newf(pgerrcode.InternalError, "Syntax error near \"%s\" at position %d", r.s[r.at:r.at+size], r.at)
}

func (r *hstoreReader) blanks() {
	for r.at < len(r.s) && isSpace(r.s[r.at]) {
		r.at++
	}
}

func (r *hstoreReader) arrow() error {
	r.blanks()
	for _, c := range []byte("=>") {
		switch {
		case r.at == len(r.s):
			return unexpectedEnd()
		case r.s[r.at] != c:
			return r.unexpected()
		}
		r.at++
	}
	return nil
}

// word is a key or a value; in the latter = is a letter, and a comma ends it.
func (r *hstoreReader) word(value bool) (text string, quoted, ok bool, err error) {
	r.blanks()
	if r.at == len(r.s) {
		return "", false, false, nil
	}
	var b []byte
	switch c := r.s[r.at]; {
	case c == '"':
		quoted = true
		r.at++
	case c == '=' && !value:
		return "", false, false, r.unexpected()
	case c != '\\': // the first is a letter, whatever it is
		b = append(b, c)
		r.at++
	}
	for ; r.at < len(r.s); r.at++ {
		c := r.s[r.at]
		switch {
		case c == '\\':
			if r.at++; r.at == len(r.s) {
				return "", false, false, unexpectedEnd()
			}
			c = r.s[r.at]
		case quoted && c == '"':
			r.at++
			return string(b), true, true, nil
		case !quoted && (isSpace(c) || c == '=' && !value || c == ',' && value):
			return string(b), false, true, nil
		}
		b = append(b, c)
	}
	if quoted {
		return "", false, false, unexpectedEnd()
	}
	return string(b), false, true, nil
}
