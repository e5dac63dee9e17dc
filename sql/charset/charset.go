// Package charset converts text between UTF-8, which the server keeps, and the other
// character set encodings that PostgreSQL 15 lets clients have. What a character is in
// them, and which have equivalents, is PostgreSQL's to say: golang.org/x/text has the
// large tables, and where PostgreSQL's conversions differ from those the files under
// tables do. It must not know who converts what: wire, COPY and functions are above it.
package charset

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"
	"golang.org/x/text/encoding"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Encoding is one of PostgreSQL's encodings. It is safe for concurrent use; its tables are
// made at the first conversion.
type Encoding struct {
	name string
	id   int
	// width is how many bytes the character at the front of b takes by its first bytes,
	// also beyond b's end; nil where every one takes one byte.
	width func(b []byte) int
	// check is how many bytes the character at the front of b takes, −1 if there is none.
	// b begins with a byte above 0x7f. nil where every byte is a character.
	check func(b []byte) int
	base  encoding.Encoding // the tables that golang.org/x/text has, or nil
	fixes bool              // a file under tables says what PostgreSQL has otherwise

	once   sync.Once
	tables *tables
}

// Name is PostgreSQL's name for it, as pg_encoding_to_char gives it.
func (e *Encoding) Name() string { return e.name }

// ID is its number in pg_database.encoding and pg_conversion.
func (e *Encoding) ID() int { return e.id }

// Plain says that text in it is handled as the UTF-8 that it is, or has to be: UTF8 itself
// and SQL_ASCII, which asks for no conversion.
func (e *Encoding) Plain() bool { return e == UTF8 || e == SQLASCII }

// ClientOnly says that no database may have the encoding: bytes below 0x80 are parts of its
// longer characters.
func (e *Encoding) ClientOnly() bool { return e.id >= 35 }

// Convertible says that there are conversions between it and UTF8 here.
func (e *Encoding) Convertible() bool { return e.Plain() || e.base != nil || e.fixes }

// FromUTF8 appends src, which is valid UTF-8, in the encoding. A character that it lacks is
// 22P05.
func (e *Encoding) FromUTF8(dst, src []byte) ([]byte, error) {
	if e.Plain() {
		return append(dst, src...), nil
	}
	t := e.load()
	for i := 0; i < len(src); {
		if src[i] < utf8.RuneSelf {
			dst = append(dst, src[i])
			i++
			continue
		}
		r, n := utf8.DecodeRune(src[i:])
		seq := t.to.at(r)
		if seq == 0 && r >= linearFrom && e == GB18030 {
			seq = linearSequence(r)
		}
		switch {
		case r == utf8.RuneError && n <= 1:
			return dst, invalid(UTF8, src[i:])
		case seq == 0:
			return dst, untranslatable(UTF8, e, src[i:i+n])
		}
		dst = appendSequence(dst, seq)
		i += n
	}
	return dst, nil
}

// ToUTF8 appends src, which is in the encoding, as UTF-8. What is no character of the
// encoding is 22021, what has no equivalent 22P05.
func (e *Encoding) ToUTF8(dst, src []byte) ([]byte, error) {
	dst, n, err := e.ToUTF8Part(dst, src)
	if err == nil && n < len(src) {
		err = invalid(e, src[n:])
	}
	return dst, err
}

// ToUTF8Part is ToUTF8 of the front of a text: a character that may go on after src is left.
// It returns how many bytes of src were converted, also with an error.
func (e *Encoding) ToUTF8Part(dst, src []byte) (out []byte, n int, err error) {
	if e.Plain() {
		n, err = e.checkPlain(src)
		return append(dst, src[:n]...), n, err
	}
	t := e.load()
	for n < len(src) {
		c := src[n]
		if c == 0 {
			return dst, n, invalid(e, src[n:])
		}
		if c < utf8.RuneSelf {
			dst = append(dst, c)
			n++
			continue
		}
		k, err := e.next(src[n:])
		if k == 0 || err != nil {
			return dst, n, err
		}
		r := t.decode(src[n : n+k])
		if r == 0 && k == 4 && e == GB18030 {
			r = linearRune(sequence(src[n : n+k]))
		}
		if r == 0 {
			return dst, n, untranslatable(e, UTF8, src[n:n+k])
		}
		dst = utf8.AppendRune(dst, r)
		n += k
	}
	return dst, n, nil
}

// next is how long the character at the front of b is; 0 without an error if it may not be complete.
func (e *Encoding) next(b []byte) (int, error) {
	if e.check == nil {
		return 1, nil
	}
	if k := e.check(b); k > 0 {
		return k, nil
	}
	if e.width(b) > len(b) {
		return 0, nil
	}
	return 0, invalid(e, b)
}

// checkPlain is how much of src is UTF-8.
func (e *Encoding) checkPlain(src []byte) (int, error) {
	if utf8.Valid(src) {
		return len(src), nil
	}
	n := 0
	for n < len(src) {
		r, k := utf8.DecodeRune(src[n:])
		if r == utf8.RuneError && k <= 1 {
			if !utf8.FullRune(src[n:]) {
				return n, nil
			}
			return n, invalid(UTF8, src[n:])
		}
		n += k
	}
	return n, nil
}

// Verify checks that b is text of the encoding: 22021 says where it is not. Every byte but
// zero is text of SQL_ASCII.
func (e *Encoding) Verify(b []byte) error {
	_, err := e.Count(b)
	return err
}

// Count is how many characters b has in the encoding; 22021 if it is no text of it.
func (e *Encoding) Count(b []byte) (count int, err error) {
	for n := 0; n < len(b); count++ {
		switch c := b[n]; {
		case c == 0:
			return 0, invalid(e, b[n:])
		case c < utf8.RuneSelf || e.check == nil:
			n++
		default:
			k := e.check(b[n:])
			if k < 0 {
				return 0, invalid(e, b[n:])
			}
			n += k
		}
	}
	return count, nil
}

// MaxBytes is how many bytes a character takes at most, as pg_encoding_max_length says.
func (e *Encoding) MaxBytes() int { return int(widths[e.id] - '0') }

// Convert is b, which is in the encoding from, in the encoding to, with the errors of
// PostgreSQL's convert: 22021, 22P05, or 42883 where there is no conversion between them.
func Convert(b []byte, from, to *Encoding) ([]byte, error) {
	if err := from.Verify(b); err != nil {
		return nil, err
	}
	switch {
	case from == to, to == SQLASCII:
		return b, nil
	case from == SQLASCII:
		return b, to.Verify(b)
	case from != UTF8 && to != UTF8 || !from.Convertible() || !to.Convertible():
		return convertAround(b, from, to)
	case from == UTF8:
		return to.FromUTF8(nil, b)
	}
	return from.ToUTF8(nil, b)
}

// convertAround converts between two encodings of which neither is UTF8, by way of UTF8,
// where PostgreSQL has a conversion of its own for them.
func convertAround(b []byte, from, to *Encoding) ([]byte, error) {
	if !neighbours[[2]int{from.id, to.id}] {
		return nil, pgerr.Newf(pgerrcode.UndefinedFunction,
			"default conversion function for encoding \"%s\" to \"%s\" does not exist", from.name, to.name)
	}
	if !from.Convertible() || !to.Convertible() {
		return nil, pgerr.NotSupported(-1, "conversion from %s to %s is not supported", from.name, to.name)
	}
	var out, one []byte
	for n := 0; n < len(b); {
		k := 1
		if b[n] >= utf8.RuneSelf {
			k, _ = from.next(b[n:]) // it was verified
		}
		var err error
		if one, err = from.ToUTF8(one[:0], b[n:n+k]); err == nil {
			out, err = to.FromUTF8(out, one)
		}
		if err != nil {
			return nil, untranslatable(from, to, b[n:n+k])
		}
		n += k
	}
	return out, nil
}

// invalid says that b begins with no character of the encoding (22021).
func invalid(e *Encoding, b []byte) error {
	n := 1
	if e.width != nil {
		n = e.width(b)
	}
	return pgerr.Newf(pgerrcode.CharacterNotInRepertoire, "invalid byte sequence for encoding \"%s\": %s", e.name, hex(b[:min(n, len(b))]))
}

// untranslatable says that the character b has no equivalent (22P05).
func untranslatable(from, to *Encoding, b []byte) error {
	return pgerr.Newf(pgerrcode.UntranslatableCharacter,
		"character with byte sequence %s in encoding \"%s\" has no equivalent in encoding \"%s\"", hex(b), from.name, to.name)
}

func hex(b []byte) string {
	var s strings.Builder
	for i, x := range b {
		if i > 0 {
			s.WriteByte(' ')
		}
		fmt.Fprintf(&s, "0x%02x", x)
	}
	return s.String()
}
