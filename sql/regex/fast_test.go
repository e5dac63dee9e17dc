package regex

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A search in a long text asks whether to go on, and ends with the first no, by whichever
// way it is found.
func TestLongTextStops(t *testing.T) {
	ascii := bytes.Repeat([]byte("abcdefghij"), longText/4)
	wide := bytes.Repeat([]byte("abcdefghié"), longText/4)
	for _, p := range []string{
		`a.*y`, `xy`, `x.*y`, `((a|b)*(c|d)*)+z`, `(a)(b.*)(y)`, `^a.*y`, // by Go's regexp
		`b.*?y`, `x.*?y`, `(?=x)y`, `(x)\1`, `\mx`, `(?<=x)z`, `^(.*?)\1y`, // by the automaton
	} {
		re, err := Compile(p, Flags{})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range [][]byte{ascii, wide} {
			if _, is := refusedAt(re, s, 1); !is {
				t.Errorf("%s: never asked", p)
			}
			n, is := refusedAt(re, s, 2)
			if !is || n != 2 {
				t.Errorf("%s: went on after a no: asked %d times, %v", p, n, is)
			}
		}
	}
}

// refusedAt reports how often a search asked, and whether it ended with the refusal that
// its n-th question got.
func refusedAt(re *Regexp, s []byte, n int) (int, bool) {
	enough, asked := errors.New("enough"), 0
	_, err := re.On(s, func() error {
		if asked++; asked >= n {
			return enough
		}
		return nil
	}).Find(0)
	return asked, errors.Is(err, enough)
}

// A group that is found at the end of a long text has been looked for in pieces.
func TestLongTextFound(t *testing.T) {
	s := append(bytes.Repeat([]byte("é "), longText), "needle in it"...)
	for _, p := range []string{`n(e+)dle`, `needle`, `(?i)N(E+)DLE`, `(e+)dle in`, `n(.*?)dle`, `in it$`} {
		re, err := Compile(p, Flags{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := re.On(s, func() error { return nil }).Find(0)
		want, err2 := re.On(s, nil).Find(0)
		if err != nil || err2 != nil || want == nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v, %v", p, got, err, want, err2)
		}
		if yes, err := re.Match(s, func() error { return nil }); !yes || err != nil {
			t.Errorf("%s: %v, %v", p, yes, err)
		}
	}
}

// Read in pieces, a text has the matches that it has as a whole.
func TestPieces(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	tried := 0
	for range 5000 {
		re, err := Compile(randomPattern(r, 2), Flags{Fold: r.IntN(4) == 0})
		if err != nil || re.fast == nil {
			continue
		}
		tried++
		var b strings.Builder
		for range r.IntN(12) {
			b.WriteString([]string{"a", "b", "c", "x", " ", "\n", "é", "1", "B", "-"}[r.IntN(10)])
		}
		s := []byte(b.String())
		got, err := re.pieceIndex(s, func() error { return nil })
		if want := re.fast.FindIndex(s); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%v in %q: %v, %v; want %v", re.fast, s, got, err, want)
		}
	}
	if tried < 500 {
		t.Errorf("only %d expressions", tried)
	}
}
