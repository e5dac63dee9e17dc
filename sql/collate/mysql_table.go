package collate

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"encoding/binary"
	"io"
	"sync"
)

// mysqlWeights holds the weights of characters in MySQL's collations, which gen_mysql.go
// packs.
//
//go:embed mysql_weights.bin
var mysqlWeights []byte

// The tables of the file, in its order.
const (
	tableGeneral = iota
	tableUnicode
	tableUnicode520
	table0900Primary
	table0900Secondary
	table0900Tertiary
	tableSwedish
	tableLatin1
	tableGBK
	mysqlTables
)

// weightTable has the weights of characters at one level.
type weightTable struct {
	// pages are by the code point without its last byte: where a character's weights begin
	// in pool, and how many they are in the last six bits; 0 = the character is not listed.
	pages map[rune]*[256]uint32
	ascii [128]uint32 // as in pages
	pool  []uint16
	runs  []weightRun
}

// weightRun are characters whose two weights the code point makes, as of ideographs and
// those that are not assigned.
type weightRun struct {
	from, to rune
	base     uint16
}

var tables [mysqlTables]func() *weightTable

func init() {
	for i := range tables {
		tables[i] = sync.OnceValue(func() *weightTable { return unpack(i) })
	}
}

// unpack reads a table of the file, which is the program's own.
func unpack(n int) *weightTable {
	in := mysqlWeights
	for ; ; n-- {
		l, k := binary.Uvarint(in)
		if n == 0 {
			in = in[k : k+int(l)]
			break
		}
		in = in[k+int(l):]
	}
	raw, err := io.ReadAll(flate.NewReader(bytes.NewReader(in)))
	if err != nil {
		panic("collate: weights: " + err.Error())
	}
	next := func() int {
		v, k := binary.Uvarint(raw)
		raw = raw[k:]
		return int(v)
	}
	t := &weightTable{pages: map[rune]*[256]uint32{}, pool: []uint16{0}}
	r := rune(0)
	for range next() {
		from := r + rune(next())
		r = from + rune(next())
		t.runs = append(t.runs, weightRun{from, r, [...]uint16{0xfb40, 0xfb80, 0xfbc0}[next()]})
	}
	listed := make([]rune, next())
	r = 0
	for i := range listed {
		r += rune(next())
		listed[i] = r
	}
	at := uint32(1)
	for _, r := range listed {
		p := t.pages[r>>8]
		if p == nil {
			p = new([256]uint32)
			t.pages[r>>8] = p
		}
		n := uint32(next())
		p[r&255] = at<<6 | n
		at += n
	}
	w := int64(0)
	for len(raw) > 0 {
		d, k := binary.Varint(raw)
		raw = raw[k:]
		w += d
		t.pool = append(t.pool, uint16(w))
	}
	if p := t.pages[0]; p != nil {
		copy(t.ascii[:], p[:128])
	}
	return t
}

// of are the weights of a character; ok is false where the table has none. buf is for
// those that are made of the code point.
func (t *weightTable) of(r rune, buf *[2]uint16) (w []uint16, ok bool) {
	at := uint32(0)
	if r < 128 {
		at = t.ascii[r]
	} else if p := t.pages[r>>8]; p != nil {
		at = p[r&255]
	}
	if at != 0 {
		return t.pool[at>>6 : at>>6+at&63], true
	}
	lo, hi := 0, len(t.runs)
	for lo < hi {
		if m := (lo + hi) / 2; t.runs[m].to < r {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if lo < len(t.runs) && t.runs[lo].from <= r {
		buf[0], buf[1] = t.runs[lo].base+uint16(r>>15), uint16(r&0x7fff|0x8000)
		return buf[:], true
	}
	return nil, false
}
