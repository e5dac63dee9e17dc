package main

import (
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/loxodb/loxodb/examples/glove/words"
)

func smallSet(n int) *words.Set {
	s := &words.Set{}
	for i := range n {
		s.Texts = append(s.Texts, fmt.Sprintf("w%d", i))
		for d := range words.Dims {
			s.Vecs = append(s.Vecs, float32(i)+float32(d)/4)
		}
	}
	return s
}

// TestTextRows reads the rows in pieces of any size.
func TestTextRows(t *testing.T) {
	set := smallSet(500)
	set.Texts[3] = "a\tb\\c\nd\re"
	var want strings.Builder
	for i, text := range set.Texts {
		want.Write(appendRow(nil, text, i+1, set.Vec(i)))
	}
	shown := int64(0)
	rows := &textRows{set: set, show: func(done, total int64, _ string) {
		if total != 500 || done < shown {
			t.Errorf("%d of %d after %d", done, total, shown)
		}
		shown = done
	}}
	if err := iotest.TestReader(rows, []byte(want.String())); err != nil {
		t.Fatal(err)
	}
	if shown != 500 {
		t.Fatalf("%d shown", shown)
	}
	lines := strings.Split(want.String(), "\n")
	if !strings.HasPrefix(lines[3], `4`+"\t"+`a\tb\\c\nd\re`+"\t4\t9\ta\t[3,3.25,") {
		t.Fatalf("%q", lines[3])
	}
	if len(lines) != 501 {
		t.Fatalf("%d lines", len(lines))
	}
}
