package charset

import (
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// names are the encodings in the order of PostgreSQL's numbers, and widths the most bytes
// that a character takes in each.
var names = strings.Fields(`SQL_ASCII EUC_JP EUC_CN EUC_KR EUC_TW EUC_JIS_2004 UTF8 MULE_INTERNAL LATIN1 LATIN2
	LATIN3 LATIN4 LATIN5 LATIN6 LATIN7 LATIN8 LATIN9 LATIN10 WIN1256 WIN1258 WIN866 WIN874 KOI8R WIN1251 WIN1252
	ISO_8859_5 ISO_8859_6 ISO_8859_7 ISO_8859_8 WIN1250 WIN1253 WIN1254 WIN1255 WIN1257 KOI8U SJIS BIG5 GBK UHC GB18030
	JOHAB SHIFT_JIS_2004`)

const widths = "133343441111111111111111111111111112222432"

// aliases are other names, in the form of key.
var aliases = map[string]string{
	"abc": "WIN1258", "alt": "WIN866", "eucjis2004": "EUC_JIS_2004", "iso88591": "LATIN1", "iso885910": "LATIN6",
	"iso885913": "LATIN7", "iso885914": "LATIN8", "iso885915": "LATIN9", "iso885916": "LATIN10", "iso88592": "LATIN2",
	"iso88593": "LATIN3", "iso88594": "LATIN4", "iso88599": "LATIN5", "koi8": "KOI8R", "mskanji": "SJIS",
	"shiftjis": "SJIS", "tcvn": "WIN1258", "tcvn5712": "WIN1258", "unicode": "UTF8", "vscii": "WIN1258", "win": "WIN1251",
	"win932": "SJIS", "win936": "GBK", "win949": "UHC", "win950": "BIG5", "windows1250": "WIN1250",
	"windows1251": "WIN1251", "windows1252": "WIN1252", "windows1253": "WIN1253", "windows1254": "WIN1254",
	"windows1255": "WIN1255", "windows1256": "WIN1256", "windows1257": "WIN1257", "windows1258": "WIN1258",
	"windows866": "WIN866", "windows874": "WIN874", "windows932": "SJIS", "windows936": "GBK", "windows949": "UHC",
	"windows950": "BIG5",
}

// bases are the tables of golang.org/x/text that come nearest.
var bases = map[string]encoding.Encoding{
	"LATIN1": charmap.ISO8859_1, "LATIN2": charmap.ISO8859_2, "LATIN3": charmap.ISO8859_3, "LATIN4": charmap.ISO8859_4,
	"LATIN5": charmap.ISO8859_9, "LATIN6": charmap.ISO8859_10, "LATIN7": charmap.ISO8859_13, "LATIN8": charmap.ISO8859_14,
	"LATIN9": charmap.ISO8859_15, "LATIN10": charmap.ISO8859_16, "ISO_8859_5": charmap.ISO8859_5,
	"ISO_8859_6": charmap.ISO8859_6, "ISO_8859_7": charmap.ISO8859_7, "ISO_8859_8": charmap.ISO8859_8,
	"WIN1250": charmap.Windows1250, "WIN1251": charmap.Windows1251, "WIN1252": charmap.Windows1252,
	"WIN1253": charmap.Windows1253, "WIN1254": charmap.Windows1254, "WIN1255": charmap.Windows1255,
	"WIN1256": charmap.Windows1256, "WIN1257": charmap.Windows1257, "WIN1258": charmap.Windows1258,
	"WIN866": charmap.CodePage866, "WIN874": charmap.Windows874, "KOI8R": charmap.KOI8R, "KOI8U": charmap.KOI8U,
	"EUC_JP": japanese.EUCJP, "SJIS": japanese.ShiftJIS, "EUC_KR": korean.EUCKR, "UHC": korean.EUCKR,
	"GBK": simplifiedchinese.GBK, "EUC_CN": simplifiedchinese.GBK, "GB18030": simplifiedchinese.GB18030,
	"BIG5": traditionalchinese.Big5,
}

// fixed are the encodings that have a file under tables: what they have otherwise than their
// base, or all that they have.
const fixed = "EUC_JP SJIS EUC_KR UHC GBK EUC_CN GB18030 BIG5 JOHAB EUC_TW"

var (
	all    []*Encoding
	byName = map[string]*Encoding{}

	// UTF8 is the server's own encoding.
	UTF8 = Lookup("UTF8")
	// SQLASCII asks for no conversion.
	SQLASCII = Lookup("SQL_ASCII")
	// GB18030 has a code for every character; those beyond the basic plane follow a rule.
	GB18030 = Lookup("GB18030")
)

func register() {
	for id, name := range names {
		e := &Encoding{name: name, id: id, base: bases[name]}
		if m, ok := multibyte[name]; ok {
			e.width, e.check = m.width, m.check
		}
		for _, f := range strings.Fields(fixed) {
			e.fixes = e.fixes || f == name
		}
		all = append(all, e)
		byName[key(name)] = e
	}
	for alias, name := range aliases {
		byName[alias] = byName[key(name)]
	}
}

// Lookup finds an encoding by its name or another that PostgreSQL knows it by; nil if there is
// none. Case and punctuation do not matter.
func Lookup(name string) *Encoding {
	if all == nil {
		register()
	}
	return byName[key(name)]
}

// ByID finds an encoding by its number; nil if there is none.
func ByID(id int) *Encoding {
	if id < 0 || id >= len(all) {
		return nil
	}
	return all[id]
}

// key is a name as PostgreSQL compares them: letters and digits alone.
func key(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, name)
}

// neighbours are pairs of encodings other than UTF8 that PostgreSQL converts between.
var neighbours = func() map[[2]int]bool {
	m := map[[2]int]bool{}
	for _, group := range []string{"KOI8R WIN1251 WIN866 ISO_8859_5 MULE_INTERNAL", "EUC_JP SJIS MULE_INTERNAL", "EUC_TW BIG5 MULE_INTERNAL",
		"LATIN2 WIN1250 MULE_INTERNAL", "EUC_JIS_2004 SHIFT_JIS_2004", "EUC_CN MULE_INTERNAL", "EUC_KR MULE_INTERNAL",
		"LATIN1 MULE_INTERNAL", "LATIN3 MULE_INTERNAL", "LATIN4 MULE_INTERNAL"} {
		members := strings.Fields(group)
		for _, a := range members {
			for _, b := range members {
				if a != b {
					m[[2]int{Lookup(a).id, Lookup(b).id}] = true
				}
			}
		}
	}
	return m
}()
