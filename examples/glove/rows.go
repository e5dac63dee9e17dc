package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loxodb/loxodb/examples/glove/words"
)

// copyRows streams the words as COPY's text format.
func copyRows(set *words.Set, show func(done, total int64, note string)) io.Reader {
	r, w := io.Pipe()
	go func() {
		var block []byte
		for i, text := range set.Texts {
			block = appendRow(block, text, i+1, set.Vec(i))
			if len(block) < 64<<10 && i+1 < len(set.Texts) {
				continue
			}
			if _, err := w.Write(block); err != nil {
				return // the reader has gone
			}
			block = block[:0]
			show(int64(i+1), words.Count, text)
		}
		w.Close()
	}()
	return r
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
