// Package tsearch is full text search as chapter 12 of PostgreSQL's manual describes it:
// sorted lists of lexemes with their places (tsvector), conditions on them (tsquery),
// the parser of texts, its dictionaries, and ranks. It knows no SQL types.
package tsearch

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Limits of PostgreSQL.
const (
	maxWord     = 2047  // bytes of a lexeme
	maxPos      = 16383 // the last place that is told
	maxPosCount = 255   // places of a lexeme
)

// Pos is a place of a lexeme, from 1, with its weight, 3 for A to 0 for D, in the upper bits.
type Pos uint16

// MakePos makes a place; those beyond the last are the last.
func MakePos(place int, weight byte) Pos { return Pos(min(place, maxPos)) | Pos(weight)<<14 }

// Place is where the lexeme stands.
func (p Pos) Place() int { return int(p & maxPos) }

// Weight is 3 for A, 2 for B, 1 for C, 0 for D.
func (p Pos) Weight() byte { return byte(p >> 14) }

// Lexeme is a word and its places, none if they are not known.
type Lexeme struct {
	Word []byte
	Pos  []Pos
}

// Vector is lexemes sorted by their bytes, each once. Its encoded form is that of
// PostgreSQL's binary format: int32 number, then for each the word, a zero byte, int16
// number of places and these, all big-endian.
type Vector []Lexeme

// Encode appends the encoded form.
func (v Vector) Encode(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(v)))
	for _, l := range v {
		dst = append(append(dst, l.Word...), 0)
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(l.Pos)))
		for _, p := range l.Pos {
			dst = binary.BigEndian.AppendUint16(dst, uint16(p))
		}
	}
	return dst
}

// DecodeVector reads the encoded form that Encode made; words share its memory.
func DecodeVector(b []byte) Vector {
	if len(b) < 4 {
		return nil
	}
	v := make(Vector, 0, min(int(binary.BigEndian.Uint32(b)), len(b)/3))
	for b = b[4:]; len(b) > 0; {
		end := bytes.IndexByte(b, 0)
		if end < 0 || len(b) < end+3 {
			break
		}
		l := Lexeme{Word: b[:end:end]}
		n := int(binary.BigEndian.Uint16(b[end+1:]))
		if b = b[end+3:]; len(b) < 2*n {
			break
		}
		if n > 0 {
			l.Pos = make([]Pos, n)
		}
		for i := range l.Pos {
			l.Pos[i] = Pos(binary.BigEndian.Uint16(b[2*i:]))
		}
		b = b[2*n:]
		v = append(v, l)
	}
	return v
}

// ReadVector reads what a client sent, which may be in any order.
func ReadVector(b []byte) (Vector, error) {
	short := pgerr.New(pgerrcode.ProtocolViolation, "insufficient data left in message")
	if len(b) < 4 {
		return nil, short
	}
	n := int32(binary.BigEndian.Uint32(b))
	if n < 0 || int(n) > len(b)/3 {
		return nil, pgerr.New(pgerrcode.InternalError, "invalid size of tsvector")
	}
	v := make(Vector, 0, n)
	b = b[4:]
	for range n {
		end := bytes.IndexByte(b, 0)
		if end < 0 || len(b) < end+3 {
			return nil, short
		}
		if end > maxWord {
			return nil, pgerr.New(pgerrcode.InternalError, "invalid tsvector: lexeme too long")
		}
		l := Lexeme{Word: bytes.Clone(b[:end])}
		places := int(binary.BigEndian.Uint16(b[end+1:]))
		if b = b[end+3:]; len(b) < 2*places {
			return nil, short
		}
		if places > maxPosCount+1 {
			return nil, pgerr.New(pgerrcode.InternalError, "unexpected number of tsvector positions")
		}
		for i := range places {
			p := Pos(binary.BigEndian.Uint16(b[2*i:]))
			if i > 0 && p.Place() <= l.Pos[i-1].Place() {
				return nil, pgerr.New(pgerrcode.InternalError, "position information is misordered")
			}
			l.Pos = append(l.Pos, p)
		}
		b = b[2*places:]
		v = append(v, l)
	}
	if len(b) > 0 {
		return nil, pgerr.New(pgerrcode.InvalidBinaryRepresentation, "incorrect binary data format")
	}
	return v.normal(), nil
}

// normal sorts lexemes and puts equal ones together.
func (v Vector) normal() Vector {
	slices.SortStableFunc(v, func(a, b Lexeme) int { return bytes.Compare(a.Word, b.Word) })
	out := v[:0]
	for _, l := range v {
		if n := len(out); n > 0 && bytes.Equal(out[n-1].Word, l.Word) {
			out[n-1].Pos = append(out[n-1].Pos, l.Pos...)
			continue
		}
		out = append(out, l)
	}
	for i := range out {
		out[i].Pos = normalPos(out[i].Pos)
	}
	return out
}

// normalPos sorts places, keeps the greatest weight of each, and drops what is too many.
func normalPos(list []Pos) []Pos {
	if len(list) < 2 {
		return list
	}
	slices.SortStableFunc(list, func(a, b Pos) int { return cmp.Compare(a.Place(), b.Place()) })
	out := list[:1]
	for _, p := range list[1:] {
		last := &out[len(out)-1]
		switch {
		case p.Place() != last.Place():
			if len(out) >= maxPosCount || last.Place() == maxPos {
				return out
			}
			out = append(out, p)
		case p.Weight() > last.Weight():
			*last = p
		}
	}
	return out
}

// AppendText prints 'word':1,2A ….
func (v Vector) AppendText(dst []byte) []byte {
	for i, l := range v {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = quoteWord(dst, l.Word)
		for j, p := range l.Pos {
			sep := byte(',')
			if j == 0 {
				sep = ':'
			}
			dst = strconv.AppendInt(append(dst, sep), int64(p.Place()), 10)
			if w := p.Weight(); w > 0 {
				dst = append(dst, "DCBA"[w])
			}
		}
	}
	return dst
}

func quoteWord(dst, word []byte) []byte {
	dst = append(dst, '\'')
	for _, c := range word {
		if c == '\'' || c == '\\' {
			dst = append(dst, c)
		}
		dst = append(dst, c)
	}
	return append(dst, '\'')
}

// size is how many bytes PostgreSQL keeps the vector in, which its order begins with.
func (v Vector) size() int {
	data := 0
	for _, l := range v {
		data += len(l.Word)
		if len(l.Pos) > 0 {
			data += data&1 + 2 + 2*len(l.Pos)
		}
	}
	return 8 + 4*len(v) + data
}

// AppendKey appends bytes that order as PostgreSQL orders vectors: by their size, their
// number of lexemes, then lexeme by lexeme, those with more and later places first.
func (v Vector) AppendKey(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(v.size()))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(v)))
	for _, l := range v {
		if len(l.Pos) > 0 {
			dst = append(dst, 0)
		} else {
			dst = append(dst, 1)
		}
		dst = append(append(dst, l.Word...), 0)
		if len(l.Pos) > 0 {
			dst = binary.BigEndian.AppendUint16(dst, ^uint16(len(l.Pos)))
		}
		for _, p := range l.Pos {
			dst = binary.BigEndian.AppendUint16(dst, ^uint16(p.Place()))
			dst = append(dst, ^p.Weight())
		}
	}
	return dst
}

// find is the index of a word, or where it would stand.
func (v Vector) find(word []byte) (int, bool) {
	return slices.BinarySearchFunc(v, word, func(l Lexeme, w []byte) int { return bytes.Compare(l.Word, w) })
}
