package builtin

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// charset is an encoding of PostgreSQL's; a nil table is UTF-8 or no encoding.
type charset struct {
	name  string
	table encoding.Encoding
}

// charsets by name and alias, in lower case without punctuation.
var charsets = func() map[string]*charset {
	m := map[string]*charset{}
	for _, e := range []struct {
		names string
		table encoding.Encoding
	}{
		{"UTF8 unicode", nil}, {"SQL_ASCII", nil},
		{"LATIN1 iso88591", charmap.ISO8859_1}, {"LATIN2 iso88592", charmap.ISO8859_2}, {"LATIN3 iso88593", charmap.ISO8859_3},
		{"LATIN4 iso88594", charmap.ISO8859_4}, {"LATIN5 iso88599", charmap.ISO8859_9}, {"LATIN6 iso885910", charmap.ISO8859_10},
		{"LATIN7 iso885913", charmap.ISO8859_13}, {"LATIN8 iso885914", charmap.ISO8859_14}, {"LATIN9 iso885915", charmap.ISO8859_15},
		{"LATIN10 iso885916", charmap.ISO8859_16}, {"ISO_8859_5", charmap.ISO8859_5}, {"ISO_8859_6", charmap.ISO8859_6},
		{"ISO_8859_7", charmap.ISO8859_7}, {"ISO_8859_8", charmap.ISO8859_8},
		{"WIN1250 windows1250", charmap.Windows1250}, {"WIN1251 windows1251 win", charmap.Windows1251},
		{"WIN1252 windows1252", charmap.Windows1252}, {"WIN1253 windows1253", charmap.Windows1253},
		{"WIN1254 windows1254", charmap.Windows1254}, {"WIN1255 windows1255", charmap.Windows1255},
		{"WIN1256 windows1256", charmap.Windows1256}, {"WIN1257 windows1257", charmap.Windows1257},
		{"WIN1258 windows1258 abc tcvn tcvn5712 vscii", charmap.Windows1258}, {"WIN866 alt windows866", charmap.CodePage866},
		{"WIN874 windows874", charmap.Windows874}, {"KOI8R koi8", charmap.KOI8R}, {"KOI8U", charmap.KOI8U},
		{"EUC_JP", japanese.EUCJP}, {"SJIS shiftjis mskanji win932 windows932", japanese.ShiftJIS}, {"EUC_KR", korean.EUCKR},
		{"UHC win949 windows949", korean.EUCKR}, {"GBK win936 windows936", simplifiedchinese.GBK},
		{"EUC_CN", simplifiedchinese.GBK}, {"GB18030", simplifiedchinese.GB18030}, {"BIG5 win950 windows950", traditionalchinese.Big5},
	} {
		names := strings.Fields(e.names)
		c := &charset{names[0], e.table}
		for _, n := range names {
			m[charsetKey(n)] = c
		}
	}
	return m
}()

// charsetKey is a name as PostgreSQL compares them: letters and digits alone.
func charsetKey(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		switch {
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteByte(c)
		}
	}
	return b.String()
}

// encodingFuncs registers conversions between encodings.
func encodingFuncs(r *registrar) {
	convert := func(b []byte, from, to string) (types.Datum, error) {
		src, dst := charsets[charsetKey(from)], charsets[charsetKey(to)]
		if src == nil {
			return types.Datum{}, badParam("invalid source encoding name \"%s\"", from)
		}
		if dst == nil {
			return types.Datum{}, badParam("invalid destination encoding name \"%s\"", to)
		}
		text, err := src.decode(b)
		if err != nil || src == dst {
			return types.Bytes(b), err
		}
		out, err := dst.encode(text, src, b)
		return types.Bytes(out), err
	}
	r.eval("pg_convert", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return convert(a[0].Bytes(), a[1].Text(), a[2].Text())
	})
	r.eval("pg_convert_from", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return convert(a[0].Bytes(), a[1].Text(), "UTF8") })
	r.eval("pg_convert_to", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return convert(a[0].Bytes(), "UTF8", a[1].Text()) })
	r.eval("length_in_encoding", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		c := charsets[charsetKey(a[1].Text())]
		if c == nil {
			return types.Datum{}, badParam("invalid encoding name \"%s\"", a[1].Text())
		}
		text, err := c.decode(a[0].Bytes())
		if err != nil {
			return types.Datum{}, err
		}
		if c.name == "SQL_ASCII" {
			return types.Int(int64(len(text))), nil
		}
		return types.Int(int64(utf8.RuneCount(text))), nil
	})
}

// decode gives the text of bytes in the encoding.
func (c *charset) decode(b []byte) ([]byte, error) {
	if i := bytes.IndexByte(b, 0); i >= 0 && c.name != "UTF8" {
		return nil, pgerr.Newf(pgerrcode.CharacterNotInRepertoire, "invalid byte sequence for encoding \"%s\": 0x00", c.name)
	}
	if c.table == nil {
		if c.name == "UTF8" {
			return b, types.CheckUTF8(b)
		}
		return b, nil
	}
	text, err := c.table.NewDecoder().Bytes(b)
	if i := bytes.IndexRune(text, utf8.RuneError); err != nil || i >= 0 {
		for _, ch := range b { // the first byte that stands for nothing
			if out, err := c.table.NewDecoder().Bytes([]byte{ch}); err != nil || bytes.ContainsRune(out, utf8.RuneError) {
				return nil, pgerr.Newf("22P05", "character with byte sequence 0x%02x in encoding \"%s\" has no equivalent in encoding \"%s\"", ch, c.name, "UTF8")
			}
		}
	}
	return text, nil
}

// encode writes text in the encoding; src and raw are what it came from.
func (c *charset) encode(text []byte, src *charset, raw []byte) ([]byte, error) {
	if c.table == nil {
		if c.name == "UTF8" && src.name == "SQL_ASCII" {
			return raw, types.CheckUTF8(raw)
		}
		return text, nil
	}
	if src.name == "SQL_ASCII" {
		return raw, nil
	}
	var out []byte
	enc := c.table.NewEncoder()
	for len(text) > 0 {
		_, n := utf8.DecodeRune(text)
		b, err := enc.Bytes(text[:n])
		if err != nil {
			var seq []string
			for _, ch := range text[:n] {
				seq = append(seq, fmt.Sprintf("0x%02x", ch))
			}
			return nil, pgerr.Newf("22P05", "character with byte sequence %s in encoding \"%s\" has no equivalent in encoding \"%s\"", strings.Join(seq, " "), "UTF8", c.name)
		}
		out, text = append(out, b...), text[n:]
	}
	return out, nil
}
