package charset

import (
	"bytes"
	"compress/flate"
	"embed"
	"encoding/binary"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// tables are the characters of an encoding. A sequence of up to four bytes is a number, the
// first byte the highest that is not zero.
type tables struct {
	from [256]*[256]rune // of one byte under 0, of two by their first; 0: none
	long map[uint32]rune // of three and four bytes
	to   pages
}

// pages are the sequences of characters, by the characters' higher bits; 0: none.
type pages []*[256]uint32

func (p pages) at(r rune) uint32 {
	if i := int(r >> 8); i < len(p) && p[i] != nil {
		return p[i][r&0xff]
	}
	return 0
}

func (p *pages) set(r rune, seq uint32) {
	i := int(r >> 8)
	for len(*p) <= i {
		*p = append(*p, nil)
	}
	if (*p)[i] == nil {
		(*p)[i] = new([256]uint32)
	}
	(*p)[i][r&0xff] = seq
}

// decode is the character of a sequence, 0 if there is none.
func (t *tables) decode(b []byte) rune {
	switch {
	case len(b) > 2:
		return t.long[sequence(b)]
	case len(b) == 1:
		if t.from[0] != nil {
			return t.from[0][b[0]]
		}
	case t.from[b[0]] != nil:
		return t.from[b[0]][b[1]]
	}
	return 0
}

func (t *tables) set(seq uint32, r rune) {
	if seq > 0xffff {
		if t.long == nil {
			t.long = map[uint32]rune{}
		}
		t.long[seq] = r
		return
	}
	page := &t.from[seq>>8]
	if *page == nil {
		*page = new([256]rune)
	}
	(*page)[seq&0xff] = r
}

func sequence(b []byte) (seq uint32) {
	for _, c := range b {
		seq = seq<<8 | uint32(c)
	}
	return seq
}

func appendSequence(dst []byte, seq uint32) []byte {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], seq)
	return append(dst, bytes.TrimLeft(b[:], "\x00")...)
}

// load makes the tables at the first use.
func (e *Encoding) load() *tables {
	e.once.Do(func() {
		t := &tables{}
		t.fill(e)
		if !e.fixes {
			t.fixSingle(e)
			t.invert()
		} else {
			from, to := readFixes(e.name)
			from(t.set)
			t.invert()
			to(func(a uint32, b rune) { t.to.set(rune(a), uint32(b)) })
		}
		e.tables = t
	})
	return e.tables
}

// fill takes over what the base has of the sequences that are characters.
func (t *tables) fill(e *Encoding) {
	if single, ok := e.base.(*charmap.Charmap); ok {
		for c := 0x80; c < 0x100; c++ {
			if r := single.DecodeByte(byte(c)); r != utf8.RuneError {
				t.set(uint32(c), r)
			}
		}
		return
	}
	if e.base == nil {
		return
	}
	d := e.base.NewDecoder()
	var out [16]byte
	e.sequences(func(b []byte) {
		d.Reset()
		n, _, err := d.Transform(out[:], b, true)
		if r, k := utf8.DecodeRune(out[:n]); err == nil && k == n && r != utf8.RuneError {
			t.set(sequence(b), r)
		}
	})
}

// sequences calls each with all that are characters by their form; those of four bytes
// as far as the basic plane goes.
func (e *Encoding) sequences(each func(b []byte)) {
	var b [4]byte
	for lead := 0x80; lead < 0x100; lead++ {
		b[0] = byte(lead)
		if e.check(b[:1]) == 1 {
			each(b[:1])
			continue
		}
		for second := 1; second < 0x100; second++ {
			if b[1] = byte(second); e.check(b[:2]) == 2 {
				each(b[:2])
				continue
			}
			if e.width(b[:2]) < 3 || lead > 0x8f {
				continue
			}
			for third := 0x80; third < 0x100; third++ {
				if b[2] = byte(third); e.check(b[:3]) == 3 {
					each(b[:3])
					continue
				}
				for fourth := 0x30; fourth < 0x100; fourth++ {
					if b[3] = byte(fourth); e.check(b[:4]) == 4 {
						each(b[:4])
					}
				}
			}
		}
	}
}

// fixSingle gives the ISO encodings the control characters from 0x80 on, which PostgreSQL
// converts, and mends what else its tables of single bytes have otherwise.
func (t *tables) fixSingle(e *Encoding) {
	switch e.name {
	case "KOI8U":
		t.set(0xae, 0x255d)
		t.set(0xbe, 0x256c)
	case "WIN1255":
		t.set(0xca, 0)
	case "LATIN2", "LATIN3", "LATIN4", "LATIN6", "LATIN7", "LATIN8", "LATIN9", "LATIN10",
		"ISO_8859_5", "ISO_8859_6", "ISO_8859_7", "ISO_8859_8":
		for c := uint32(0x80); c < 0xa0; c++ {
			t.set(c, rune(c))
		}
	}
}

// invert makes the way back: of several sequences for a character the lowest.
func (t *tables) invert() {
	put := func(r rune, seq uint32) {
		if r != 0 && (t.to.at(r) == 0 || t.to.at(r) > seq) {
			t.to.set(r, seq)
		}
	}
	for lead, page := range t.from {
		if page == nil {
			continue
		}
		for second, r := range page {
			put(r, uint32(lead)<<8|uint32(second))
		}
	}
	for seq, r := range t.long {
		put(r, seq)
	}
}

//go:embed tables
var files embed.FS

// readFixes reads the file of an encoding: pairs of a sequence and its character (0: none)
// that differ from the base, then pairs of a character and its sequence that differ
// from the inverse. Either list is a count and pairs of differences to the pair before,
// the first unsigned, the second signed, as variable-length integers under DEFLATE.
func readFixes(name string) (from, to func(put func(uint32, rune))) {
	packed, err := files.ReadFile("tables/" + name)
	if err != nil {
		panic("charset: " + err.Error()) // the binary has no table that it names
	}
	raw, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	if err != nil {
		panic("charset: " + name + ": " + err.Error())
	}
	r := bytes.NewReader(raw)
	list := func(put func(uint32, rune)) {
		count, _ := binary.ReadUvarint(r)
		var a uint64
		var b int64
		for range count {
			da, _ := binary.ReadUvarint(r)
			db, _ := binary.ReadVarint(r)
			a, b = a+da, b+db
			put(uint32(a), rune(b))
		}
	}
	return list, list
}

// Characters beyond the basic plane have sequences of four bytes in GB18030, in order.
const (
	linearFrom  = 0x10000
	linearFirst = 0x90308130
)

func linearNumber(seq uint32) int {
	n := int(seq>>24) - 0x81
	n = n*10 + int(seq>>16&0xff) - 0x30
	n = n*126 + int(seq>>8&0xff) - 0x81
	return n*10 + int(seq&0xff) - 0x30
}

// linearRune is the character of a sequence of four bytes, 0 if it is none by the rule.
func linearRune(seq uint32) rune {
	r := linearNumber(seq) - linearNumber(linearFirst) + linearFrom
	if r < linearFrom || r > utf8.MaxRune {
		return 0
	}
	return rune(r)
}

func linearSequence(r rune) uint32 {
	n := int(r) - linearFrom + linearNumber(linearFirst)
	d, n := n%10, n/10
	c, n := n%126, n/126
	return uint32(0x81+n/10)<<24 | uint32(0x30+n%10)<<16 | uint32(0x81+c)<<8 | uint32(0x30+d)
}
