package tsearch

import (
	"bytes"
	"strings"
	"testing"
)

// TestParseGoldens holds the parser to what PostgreSQL's ts_parse says: tokens that are
// not blank, as kind:text.
func TestParseGoldens(t *testing.T) {
	for text, want := range map[string]string{
		"state-of-the-art x-1":              "asciihword:state-of-the-art hword_asciipart:state hword_asciipart:of hword_asciipart:the hword_asciipart:art asciiword:x int:-1",
		"été-hiver 3d-model 12ab":           "hword:été-hiver hword_part:été hword_asciipart:hiver numhword:3d-model hword_numpart:3d hword_asciipart:model numword:12ab",
		"http://a.com/b?c=d www.x.org:80":   "protocol:http:// url:a.com/b?c=d host:a.com url_path:/b?c=d host:www.x.org:80",
		"x.com@1 a.b@c.de_f.gh a-b.cd@":     "host:x.com uint:1 email:a.b@c.de_f.gh host:a-b.cd",
		"joe.doe@x.co.uk, me@y":             "email:joe.doe@x.co.uk asciiword:me asciiword:y",
		"1.5 -6 1e10 1.2.3 17-6.2.2":        "float:1.5 int:-6 sfloat:1e10 version:1.2.3 uint:17 version:6.2.2",
		"/etc/passwd a/b 2020/01/02 x.c":    "file:/etc/passwd file:a/b file:2020/01/02 file:x.c",
		"<a href=\"x>y\">z</a> 1 < 2 &amp;": "tag:<a href=\"x>y\"> asciiword:z tag:</a> uint:1 uint:2 entity:&amp;",
		"SCRAM-SHA-256 foo_bar AT&T":        "asciihword:SCRAM-SHA hword_asciipart:SCRAM hword_asciipart:SHA uint:256 asciiword:foo asciiword:bar asciiword:AT asciiword:T",
	} {
		var got []string
		whole := ""
		Parse(text, func(k Token) {
			if k.Kind != Blank {
				got = append(got, Kinds[k.Kind-1][0]+":"+k.Text)
			}
			whole += k.Text
		})
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q\n got %s\nwant %s", text, s, want)
		}
	}
}

// FuzzParse: no text makes the parser panic or stand still, and no byte is lost.
func FuzzParse(f *testing.F) {
	f.Add("foo-bar http://x.com/y a@b.cc <t> 1.5e-3 &#x1f; /a/b")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ToValidUTF8(text, "") != text || strings.Contains(text, "\x00") {
			return // no value of text is so
		}
		at := 0
		Parse(text, func(k Token) {
			if k.Text == "" {
				t.Fatal("an empty token")
			}
			if i := strings.Index(text[at:], k.Text); i == 0 {
				at += len(k.Text)
			}
		})
		Configs[1].ToVector(text)
		Configs[1].WebQuery(text)
		if n, _, err := Configs[1].ToQuery(text); err == nil {
			roundTrip(t, n)
		}
		if n, err := ParseQuery(text); err == nil {
			roundTrip(t, n)
		}
		if v, err := ParseVector(text); err == nil {
			w, err := ReadVector(v.Encode(nil))
			if err != nil || !bytes.Equal(w.AppendKey(nil), v.AppendKey(nil)) {
				t.Fatalf("%q: %v, read again %v, %v", text, v, w, err)
			}
			again, err := ParseVector(string(v.AppendText(nil)))
			if err != nil || !bytes.Equal(again.Encode(nil), v.Encode(nil)) {
				t.Fatalf("%q printed as %s reads as %v, %v", text, v.AppendText(nil), again, err)
			}
		}
	})
}

func roundTrip(t *testing.T, n *Node) {
	t.Helper()
	m, err := DecodeQuery(n.Encode(nil))
	if err != nil || !bytes.Equal(m.AppendText(nil), n.AppendText(nil)) {
		t.Fatalf("%s decoded as %s, %v", n.AppendText(nil), m.AppendText(nil), err)
	}
	again, err := ParseQuery(string(n.AppendText(nil)))
	if err != nil || !bytes.Equal(again.AppendText(nil), n.AppendText(nil)) {
		t.Fatalf("%s reads as %s, %v", n.AppendText(nil), again.AppendText(nil), err)
	}
}

// TestStems are words whose stems PostgreSQL 15 was asked for.
func TestStems(t *testing.T) {
	for word, want := range map[string]string{
		"running": "run", "foxes": "fox", "Ponies": "poni", "national": "nation", "hopefully": "hope", "the": "", "skies": "sky", "dying": "die", "proceed": "proceed",
	} {
		if got, _ := Dictionaries[1].Lexize(word); got != want {
			t.Errorf("%s: %s, want %s", word, got, want)
		}
	}
}

// Words that could begin an address, each as far as the end of the text, are read once.
func TestLongRuns(t *testing.T) {
	for _, text := range []string{"a_", "1_", "a-1_", "a_-", "a.1_", "_"} {
		n := 0
		Parse("a"+strings.Repeat(text, 1_000_000), func(Token) { n++ })
		if n == 0 {
			t.Errorf("%s: nothing", text)
		}
	}
}
