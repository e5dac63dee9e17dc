package collate

import "strings"

// Collations of MySQL and MariaDB that are not here, and what comes nearest to them, for
// dumps: a table with an order that differs somewhat is better than none.

// MySQLOtherCharsets are the character sets that no collation here is of, with the
// collations that are theirs by default.
var MySQLOtherCharsets = map[string]string{
	"armscii8": "armscii8_general_ci", "big5": "big5_chinese_ci", "cp1250": "cp1250_general_ci", "cp1251": "cp1251_general_ci",
	"cp1256": "cp1256_general_ci", "cp1257": "cp1257_general_ci", "cp850": "cp850_general_ci", "cp852": "cp852_general_ci",
	"cp866": "cp866_general_ci", "cp932": "cp932_japanese_ci", "dec8": "dec8_swedish_ci", "eucjpms": "eucjpms_japanese_ci",
	"euckr": "euckr_korean_ci", "gb18030": "gb18030_chinese_ci", "gb2312": "gb2312_chinese_ci", "geostd8": "geostd8_general_ci",
	"greek": "greek_general_ci", "hebrew": "hebrew_general_ci", "hp8": "hp8_english_ci", "keybcs2": "keybcs2_general_ci",
	"koi8r": "koi8r_general_ci", "koi8u": "koi8u_general_ci", "latin2": "latin2_general_ci", "latin5": "latin5_turkish_ci",
	"latin7": "latin7_general_ci", "macce": "macce_general_ci", "macroman": "macroman_general_ci", "sjis": "sjis_japanese_ci",
	"swe7": "swe7_swedish_ci", "tis620": "tis620_thai_ci", "ucs2": "ucs2_general_ci", "ujis": "ujis_japanese_ci",
	"utf16": "utf16_general_ci", "utf16le": "utf16le_general_ci", "utf32": "utf32_general_ci",
}

// languageCodes are the languages of the collations of version 9.0.0 whose order one of
// version 4.0.0 has too, most of them the same.
var languageCodes = map[string]string{
	"bs": "croatian", "cs": "czech", "da": "danish", "de_pb": "german2", "eo": "esperanto", "es": "spanish", "es_trad": "spanish2",
	"et": "estonian", "gl": "spanish", "hr": "croatian", "hu": "hungarian", "is": "icelandic", "la": "roman", "lt": "lithuanian",
	"lv": "latvian", "nb": "danish", "nn": "danish", "pl": "polish", "ro": "romanian", "sk": "slovak", "sl": "slovenian",
	"sr_latn": "croatian", "sv": "swedish", "tr": "turkish", "vi": "vietnamese",
}

// wide are the character sets of Unicode, whose collations order as those of utf8mb4.
var wide = map[string]bool{"ucs2": true, "utf16": true, "utf16le": true, "utf32": true}

// manyBytes are the character sets of East Asia, in which kana of two kinds differ.
var manyBytes = map[string]bool{"big5": true, "cp932": true, "eucjpms": true, "euckr": true, "gb18030": true, "gb2312": true,
	"sjis": true, "ujis": true}

// MySQLNearest is the collation here that comes nearest to one that is not, by its name;
// ok is false for what is no name of a collation. Where there is a choice it is the one
// that takes fewer texts for equal, so that unique keys hold what they held.
func MySQLNearest(name string) (nearest string, ok bool) {
	name = strings.ToLower(name)
	if c, here := MySQLCollationOf(name); here {
		return c.Name, true
	}
	charset, rest, _ := strings.Cut(name, "_")
	if charset == "uca1400" { // MariaDB's, of any character set
		charset, rest = MySQLBase, name
	}
	if charset == "utf8" {
		charset = "utf8mb3"
	}
	_, known := MySQLCharsetOf(charset)
	if !known && MySQLOtherCharsets[charset] == "" {
		return "", false
	}
	if wide[charset] {
		return MySQLNearest(MySQLBase + "_" + rest)
	}
	if known {
		for _, try := range nearestOf(rest) {
			if c, here := MySQLCollationOf(charset + "_" + try); here {
				return c.Name, true
			}
		}
	}
	switch {
	case strings.HasSuffix(rest, "bin"), manyBytes[charset]:
		return "utf8mb4_bin", true
	case strings.HasSuffix(rest, "_cs"):
		return "utf8mb4_0900_as_cs", true
	}
	return "utf8mb4_0900_as_ci", true
}

// nearestOf are the collations of the same character set that may stand for one, without
// the character set's name.
func nearestOf(rest string) []string {
	plain := strings.ReplaceAll(rest, "nopad_", "")
	if language, strength, ok := strings.Cut(rest, "0900_"); ok { // utf8mb4_es_0900_ai_ci
		if strength == "ai_ci" {
			return []string{languageCodes[strings.TrimSuffix(language, "_")] + "_ci", "0900_ai_ci"}
		}
		return []string{"0900_" + strings.TrimSuffix(strength, "_ks")}
	}
	if language, ok := strings.CutPrefix(plain, "uca1400_"); ok {
		strength := language[max(len(language)-len("ai_ci"), 0):]
		language = strings.TrimSuffix(strings.TrimSuffix(language, strength), "_")
		switch {
		case strength != "ai_ci" && strength != "ai_cs":
			return []string{"0900_" + strength, "unicode_520_ci"}
		case strings.Contains(rest, "nopad"):
			return []string{language + "_ci", "0900_ai_ci", "unicode_520_ci"}
		}
		return []string{language + "_ci", "unicode_520_ci"}
	}
	switch {
	case plain == "bin":
		return []string{"0900_bin", "bin"}
	case strings.Contains(plain, "tolower"):
		return []string{"general_mysql500_ci"}
	case strings.Contains(plain, "_mysql561"):
		return []string{strings.ReplaceAll(plain, "_mysql561", "")}
	case strings.HasSuffix(plain, "_cs"):
		return []string{"0900_as_cs", "bin"}
	}
	return []string{plain, "unicode_520_ci"}
}
