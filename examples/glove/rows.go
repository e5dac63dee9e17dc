package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loxodb/loxodb/examples/glove/words"
)

// textRows is the words as COPY's text format, written as they are read.
type textRows struct {
	set   *words.Set
	show  func(done, total int64, note string)
	next  int    // the word that is written next
	block []byte // what is written and not read yet
	buf   []byte
}

// Read implements io.Reader.
func (t *textRows) Read(p []byte) (int, error) {
	if len(t.block) == 0 {
		t.fill()
	}
	if len(t.block) == 0 {
		return 0, io.EOF
	}
	n := copy(p, t.block)
	t.block = t.block[n:]
	return n, nil
}

// fill writes about 64 KiB of rows.
func (t *textRows) fill() {
	t.buf = t.buf[:0]
	for ; t.next < len(t.set.Texts) && len(t.buf) < 64<<10; t.next++ {
		t.buf = appendRow(t.buf, t.set.Texts[t.next], t.next+1, t.set.Vec(t.next))
	}
	if t.block = t.buf; t.next > 0 {
		t.show(int64(t.next), int64(len(t.set.Texts)), t.set.Texts[t.next-1])
	}
}

// escape writes text for COPY.
var escape = strings.NewReplacer("\\", "\\\\", "\t", "\\t", "\n", "\\n", "\r", "\\r")

func appendRow(dst []byte, text string, rank int, vec []float32) []byte {
	first, _ := utf8.DecodeRuneInString(text)
	dst = fmt.Appendf(dst, "%d\t%s\t%d\t%d\t%s\t[", rank, escape.Replace(text), rank,
		utf8.RuneCountInString(text), escape.Replace(string(first)))
	for i, v := range vec {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendFloat(dst, float64(v), 'g', -1, 32)
	}
	return append(dst, "]\n"...)
}
