package importer

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// readCSV reads all records, each as FIELD|FIELD with quotes around quoted ones.
func readCSV(text string, f CSV) string {
	r := newCSVReader(strings.NewReader(text), f)
	var out []string
	for {
		line := r.line
		record, err := r.next()
		if errors.Is(err, io.EOF) {
			return strings.Join(out, "\n")
		}
		if err != nil {
			return strings.Join(append(out, err.Error()), "\n")
		}
		var list []string
		for _, f := range record {
			switch {
			case f.null:
				list = append(list, "NULL")
			case f.quoted:
				list = append(list, fmt.Sprintf("%q", f.text))
			default:
				list = append(list, string(f.text))
			}
		}
		out = append(out, fmt.Sprint(line, ":", strings.Join(list, "|")))
	}
}

func TestCSV(t *testing.T) {
	for _, c := range []struct {
		text string
		form CSV
		want string
	}{
		{"\"id\",\"a\"\n1,\"x\"\n2,\\N\n", CSV{}, `1:"id"|"a"` + "\n" + `2:1|"x"` + "\n3:2|NULL"},
		{`1,"\N","a\"b","c""d",""` + "\r\n,,\n", CSV{}, `1:1|"N"|"a\"b"|"c\"d"|""` + "\n2:||"},
		{`"a\\b\n\0\Zx",y\tz`, CSV{}, `1:"a\\b\n\x00\x1ax"|y` + "\tz"},
		{"\"two\nlines\",1\n\n\n3,4", CSV{}, `1:"two\nlines"|1` + "\n3:3|4"},
		{`"a\",b`, CSV{Plain: true}, `1:"a\\"|b`},
		{"'a;''b';NULL;\"\n", CSV{Separator: ';', Quote: '\'', Null: "NULL"}, `1:"a;'b"|NULL|"`},
		{"\"a", CSV{}, "line 1: the file ends within a quoted field"},
		{"1\n\"a\"b,2", CSV{}, "1:1\nline 2: text after a quoted field"},
		{"", CSV{}, ""},
	} {
		if got := readCSV(c.text, c.form); got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestCSVValues(t *testing.T) {
	for want, c := range map[string]struct {
		kind string
		f    field
	}{
		"NULL":        {"int", field{null: true}},
		"-12":         {"bigint", field{text: []byte("-12")}},
		"'1 or 1=1'":  {"int", field{text: []byte("1 or 1=1")}},
		"1.5e-7":      {"double", field{text: []byte("1.5e-7")}},
		"'007'":       {"varchar", field{text: []byte("007")}},
		`'it\'s\\\n'`: {"text", field{text: []byte("it's\\\n"), quoted: true}},
		"0x00ff":      {"longblob", field{text: []byte("\x00\xff"), quoted: true}},
		"''":          {"varbinary", field{quoted: true}},
		"258":         {"bit", field{text: []byte("\x01\x02"), quoted: true}},
	} {
		col := columnOf("c", c.kind)
		if got := string(appendValue(nil, &col, &c.f)); got != want {
			t.Errorf("%s of %q: %s, want %s", c.kind, c.f.text, got, want)
		}
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("\"a\\\"\",\\N\n1,2\r\n", true)
	f.Add("\"\"\"\n", false)
	f.Fuzz(func(t *testing.T, text string, plain bool) {
		r := newCSVReader(strings.NewReader(text), CSV{Plain: plain})
		for n := 0; ; n++ {
			before := r.offset
			if _, err := r.next(); err != nil {
				return
			}
			if r.offset <= before || r.offset > int64(len(text)) || n > len(text) {
				t.Fatalf("record %d goes from %d to %d of %d", n, before, r.offset, len(text))
			}
		}
	})
}
