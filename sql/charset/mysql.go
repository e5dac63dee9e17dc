package charset

import "strings"

// mysqlNames are MySQL's character sets with the encodings that stand for them, the sets of the
// same encoding with the usual one first. Where the two have a sign otherwise it is the
// encoding's: sjis and ujis have those of cp932 and eucjpms, and greek, hebrew, koi8u and cp866
// one or two signs.
var mysqlNames = [][2]string{
	{"utf8mb4", "UTF8"}, {"utf8", "UTF8"}, {"utf8mb3", "UTF8"}, {"ascii", "UTF8"}, {"binary", "UTF8"},
	{"latin1", "WIN1252"}, {"latin2", "LATIN2"}, {"latin5", "LATIN5"}, {"latin7", "LATIN7"},
	{"cp1250", "WIN1250"}, {"cp1251", "WIN1251"}, {"cp1256", "WIN1256"}, {"cp1257", "WIN1257"}, {"cp866", "WIN866"},
	{"koi8r", "KOI8R"}, {"koi8u", "KOI8U"}, {"greek", "ISO_8859_7"}, {"hebrew", "ISO_8859_8"},
	{"cp932", "SJIS"}, {"sjis", "SJIS"}, {"eucjpms", "EUC_JP"}, {"ujis", "EUC_JP"}, {"euckr", "UHC"},
	{"gb2312", "EUC_CN"}, {"gbk", "GBK"}, {"gb18030", "GB18030"}, {"big5", "BIG5"},
}

// OfMySQL is the encoding that stands for a character set of MySQL's, by its name in any case;
// nil if none does.
func OfMySQL(name string) *Encoding {
	for _, n := range mysqlNames {
		if strings.EqualFold(n[0], name) {
			return Lookup(n[1])
		}
	}
	return nil
}

// MySQLNames are MySQL's names for the encoding, the usual one first; those of UTF8 for
// SQL_ASCII, which is handled as that is. None for encodings that MySQL lacks.
func (e *Encoding) MySQLNames() (names []string) {
	if e.Plain() {
		e = UTF8
	}
	for _, n := range mysqlNames {
		if n[1] == e.name {
			names = append(names, n[0])
		}
	}
	return names
}
