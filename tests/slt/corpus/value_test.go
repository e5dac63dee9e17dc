package main

import (
	"strings"
	"testing"
)

func TestRender(t *testing.T) {
	for _, c := range []struct {
		typ   byte
		value string
		want  string
	}{
		{'I', "12", "12"},
		{'I', "-9223372036854775808", "-9223372036854775808"},
		{'I', "2.9000", "2"},
		{'I', "-2.9", "-2"},
		{'I', "1e3", "1000"},
		{'I', "1e300", "1e300"},
		{'I', "t", "1"},
		{'I', "f", "0"},
		{'I', "word", "word"},
		{'R', "2", "2.000"},
		{'R', "0.0005", "0.001"},
		{'R', "-58.0000000000000000", "-58.000"},
		{'R', "NaN", "NaN"},
		{'R', "word", "word"},
		{'T', "", "(empty)"},
		{'T', "a b~", "a b~"},
		{'T', "a\tb\x7f", "a@b@"},
		{'T', "é", "@@"},
		{'T', "t", "t"},
	} {
		if got := render(c.typ, []byte(c.value)); got != c.want {
			t.Errorf("%q as %c is %q, want %q", c.value, c.typ, got, c.want)
		}
	}
	if got := render('T', nil); got != "NULL" {
		t.Errorf("a null is %q", got)
	}
}

// values makes rows of the words of lines.
func values(lines ...string) [][][]byte {
	rows := make([][][]byte, len(lines))
	for i, l := range lines {
		for _, w := range strings.Fields(l) {
			rows[i] = append(rows[i], []byte(w))
		}
	}
	return rows
}

func TestSortModes(t *testing.T) {
	for mode, want := range map[sortMode]string{
		noSort:    "9 b 10 a 10 B",
		rowSort:   "10 B 10 a 9 b",
		valueSort: "10 10 9 B a b",
	} {
		r := record{types: "IT", sort: mode}
		if got := strings.Join(r.lines(values("9 b", "10 a", "10 B")), " "); got != want {
			t.Errorf("mode %d: %s, want %s", mode, got, want)
		}
	}
}

func TestAgrees(t *testing.T) {
	lines := []string{"1", "x", "2", "y"}
	for _, c := range []struct {
		want []string
		ok   bool
	}{
		{[]string{"1", "x", "2", "y"}, true},
		{[]string{"1 x", "2 y"}, true},
		{[]string{"1\tx", "2\ty"}, true},
		{[]string{"4 values hashing to 1a5f1a1f4faae0bbdc8d9ff4b8b4e8aa"}, false},
		{[]string{"3 values hashing to " + hash(lines)}, false},
		{[]string{"4 values hashing to " + hash(lines)}, true},
		{[]string{"1", "x", "2", "z"}, false},
		{[]string{"1 x", "2 z"}, false},
		{[]string{"1", "x"}, false},
		{nil, false},
	} {
		r := record{types: "IT", want: c.want}
		if got := r.agrees(lines); got != c.ok {
			t.Errorf("%q: %v", c.want, got)
		}
	}
	// From the description of the format: a line feed after each value.
	if got := hash([]string{"a", "b"}); got != "dd8c6a395b5dd36c56d23275028f526c" {
		t.Errorf("the hash of a and b is %s", got)
	}
}
