package charset

import (
	"crypto/md5"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// TestTables compares every character's sequence and every sequence's character with
// PostgreSQL 15.20's, by digests of "number sequence" lines over the characters 128 to 65535
// and 131072 to 173791, and of "sequence number" lines in the order of bytes.
func TestTables(t *testing.T) {
	for _, c := range []struct{ name, to, from string }{
		{"BIG5", "abf1219282674993", "f574244b30f3b770"},
		{"EUC_CN", "0dbc07dd6e86146a", "6a39045a17cd2539"},
		{"EUC_JP", "ce8540f7dffacb45", "0a8a1e1cf78cfaf7"},
		{"EUC_KR", "a31e3441bda8114a", "0b262b074a001d7a"},
		{"EUC_TW", "c95df823c4d7e946", "2bd8208ee840007e"},
		{"GB18030", "f6be232b3a4ab8e1", "a1adf7bdad57203b"},
		{"GBK", "08a078dab1bb8ba2", "c33b9a9e1fca236d"},
		{"ISO_8859_5", "6c05a48632b91c31", "d833436cccae6e03"},
		{"ISO_8859_6", "09419d72a784404f", "57e10788686d8ec5"},
		{"ISO_8859_7", "44305d07d88634b9", "20c8964a20440387"},
		{"ISO_8859_8", "07564d4a7a05029e", "8f38a4f293f4235d"},
		{"JOHAB", "668ce2cc0f50e317", "17ed40e5629f12bd"},
		{"KOI8R", "0227fa2cab15c1d9", "8142a9b73532c132"},
		{"KOI8U", "ca372d8b99f78f26", "09f92bd5b021c1fb"},
		{"LATIN1", "7e5036444c413842", "6c89879634e3199e"},
		{"LATIN10", "a5e2a9116f114fae", "2cd553ce34b1d236"},
		{"LATIN2", "909f792519d80313", "6e2ffb21a6e9a8c0"},
		{"LATIN3", "23e3ae3fb5185e51", "bec63b212a8473bd"},
		{"LATIN4", "210e045bbed8ec27", "4052cf48b00a5c07"},
		{"LATIN5", "ef4ba261fb30ddae", "b561022fb4ea25ea"},
		{"LATIN6", "af29c8ded38ddd8e", "87daefa3fb93d256"},
		{"LATIN7", "31ed2c68bf6e6596", "97b9b76abf8f91ad"},
		{"LATIN8", "7835c487568e1234", "69cc61b24e7cc2c8"},
		{"LATIN9", "df771ac79238d697", "9c1983237a471710"},
		{"SJIS", "50821b42f354d139", "5f461845db5e0fa4"},
		{"UHC", "b06bd847bc61c971", "6f1adea382529191"},
		{"WIN1250", "fa184871fe7e23e5", "a4973ae24d91c49d"},
		{"WIN1251", "44dff339e1e9e809", "a5f436bfa6135642"},
		{"WIN1252", "2e8a40e961ca7189", "f23d9d27baf92ca0"},
		{"WIN1253", "3bbabc3322b66755", "074c04b6cfafa8ba"},
		{"WIN1254", "cc7c817c4dca961f", "0b3b395df168fff7"},
		{"WIN1255", "04711b82466d1cec", "178ad70436abf106"},
		{"WIN1256", "5c46effc6690f312", "e5437335fec96d46"},
		{"WIN1257", "9ace97c7648f31a6", "113714ab29ebc289"},
		{"WIN1258", "aa5569c414beda8c", "9ec218a371bb7992"},
		{"WIN866", "ef16f3efe217d514", "2e770990ff039bbe"},
		{"WIN874", "66fe822e6e8bbf1e", "540cd0593b2f021a"},
	} {
		e := Lookup(c.name)
		var to, from []string
		for r := rune(128); r < 173792; r++ {
			if r >= 0xd800 && r < 0xe000 || r > 0xffff && r < 131072 {
				continue
			}
			if b, err := e.FromUTF8(nil, []byte(string(r))); err == nil {
				to = append(to, fmt.Sprintf("%d %x\n", r, b))
			}
		}
		each := func(b []byte) {
			if out, err := e.ToUTF8(nil, b); err == nil {
				from = append(from, fmt.Sprintf("%x %d\n", b, []rune(string(out))[0]))
			}
		}
		if e.check == nil {
			for b := 128; b < 256; b++ {
				each([]byte{byte(b)})
			}
		} else {
			e.sequences(each)
		}
		slices.Sort(from)
		if got := digest(to); got != c.to {
			t.Errorf("%s: characters have other sequences: %s", c.name, got)
		}
		if got := digest(from); got != c.from {
			t.Errorf("%s: sequences are other characters: %s", c.name, got)
		}
	}
}

func digest(lines []string) string {
	return fmt.Sprintf("%x", md5.Sum([]byte(strings.Join(lines, ""))))[:16]
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ from, to, in, want string }{
		{"LATIN1", "UTF8", "\xe9a", "éa"},
		{"UTF8", "LATIN1", "aé€", `22P05 character with byte sequence 0xe2 0x82 0xac in encoding "UTF8" has no equivalent in encoding "LATIN1"`},
		{"UTF8", "LATIN1", "a\xc3", `22021 invalid byte sequence for encoding "UTF8": 0xc3`},
		{"WIN1252", "UTF8", "a\x81", `22P05 character with byte sequence 0x81 in encoding "WIN1252" has no equivalent in encoding "UTF8"`},
		{"LATIN1", "UTF8", "a\x00b", `22021 invalid byte sequence for encoding "LATIN1": 0x00`},
		{"SJIS", "UTF8", "\x93\xfa\x96\x7b", "日本"},
		{"SJIS", "UTF8", "a\x93", `22021 invalid byte sequence for encoding "SJIS": 0x93`},
		{"SJIS", "UTF8", "\x85\x40", `22P05 character with byte sequence 0x85 0x40 in encoding "SJIS" has no equivalent in encoding "UTF8"`},
		{"EUC_JP", "UTF8", "\xa1 ", `22021 invalid byte sequence for encoding "EUC_JP": 0xa1 0x20`},
		{"GB18030", "UTF8", "\x94\x39\xfc\x36", "\U0001f600"},
		{"UTF8", "GB18030", "\U0001f600\U0010ffff", "\x94\x39\xfc\x36\xe3\x32\x9a\x35"},
		{"GB18030", "UTF8", "\xe3\x32\x9a\x36", `22P05 character with byte sequence 0xe3 0x32 0x9a 0x36 in encoding "GB18030" has no equivalent in encoding "UTF8"`},
		{"LATIN2", "WIN1250", "\xb1\xa9", "\xb9\x8a"},
		{"LATIN1", "LATIN2", "\xe9", `42883 default conversion function for encoding "LATIN1" to "LATIN2" does not exist`},
		{"UTF8", "SQL_ASCII", "é", "é"},
		{"SQL_ASCII", "UTF8", "\xe9", `22021 invalid byte sequence for encoding "UTF8": 0xe9`},
		{"EUC_TW", "BIG5", "\xc4\xa1", "\xa4\x40"},
	} {
		out, err := Convert([]byte(c.in), Lookup(c.from), Lookup(c.to))
		got := string(out)
		if e := (*pgerr.Error)(nil); errors.As(err, &e) {
			got = e.Code + " " + e.Message
		}
		if got != c.want {
			t.Errorf("%q from %s to %s: %q, want %q", c.in, c.from, c.to, got, c.want)
		}
	}
}

// TestPart cuts texts at every byte: what is left with a part is what its end lacks.
func TestPart(t *testing.T) {
	for name, text := range map[string]string{"SJIS": "a日本ｱ", "EUC_JP": "ｱ日丂", "GB18030": "é日\U0001f600x", "EUC_TW": "一鳦", "UTF8": "aé日\U0001f600", "LATIN9": "é€"} {
		e := Lookup(name)
		raw, err := e.FromUTF8(nil, []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for cut := range len(raw) + 1 {
			out, n, err := e.ToUTF8Part(nil, raw[:cut])
			if err == nil {
				out, err = e.ToUTF8(out, raw[n:])
			}
			if err != nil || string(out) != text || n > cut {
				t.Errorf("%s cut at %d: %q, %v", name, cut, out, err)
			}
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{"utf-8": "UTF8", "Unicode": "UTF8", "iso-8859-1": "LATIN1", "ISO 8859_5": "ISO_8859_5", "cp1252": "", "win1252": "WIN1252", "shift_jis": "SJIS", "TCVN": "WIN1258"} {
		got := ""
		if e := Lookup(name); e != nil {
			got = e.Name()
		}
		if got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	if len(widths) != len(names) || ByID(6) != UTF8 || ByID(42) != nil || ByID(-1) != nil || ByID(40).MaxBytes() != 3 {
		t.Error("numbers and widths do not match the names")
	}
}

func FuzzToUTF8(f *testing.F) {
	f.Add([]byte("\x93\xfa\x96\x7b\xa1"), 35)
	f.Fuzz(func(t *testing.T, b []byte, id int) {
		e := ByID(id)
		if e == nil || !e.Convertible() {
			return
		}
		out, n, err := e.ToUTF8Part(nil, b)
		if n > len(b) || len(out) > 4*len(b) || err == nil && UTF8.Verify(out) != nil && !strings.Contains(string(out), "\x00") {
			t.Errorf("%s %x: %d bytes to %x, %v", e.Name(), b, n, out, err)
		}
	})
}
