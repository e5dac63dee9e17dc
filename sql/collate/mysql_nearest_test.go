package collate

import "testing"

// TestMySQLNearest: what stands for collations that are not here is here, of the same
// character set where that is.
func TestMySQLNearest(t *testing.T) {
	for name, want := range map[string]string{
		"utf8mb4_es_0900_ai_ci": "utf8mb4_spanish_ci", "utf8mb4_nb_0900_ai_ci": "utf8mb4_danish_ci", "utf8mb4_ru_0900_ai_ci": "utf8mb4_0900_ai_ci",
		"utf8mb4_ja_0900_as_cs_ks": "utf8mb4_0900_as_cs", "utf8mb4_zh_0900_as_cs": "utf8mb4_0900_as_cs", "utf8mb4_de_pb_0900_as_cs": "utf8mb4_0900_as_cs",
		"utf8mb4_uca1400_ai_ci": "utf8mb4_unicode_520_ci", "uca1400_as_cs": "utf8mb4_0900_as_cs", "utf8mb4_uca1400_spanish_ai_ci": "utf8mb4_spanish_ci",
		"utf8mb4_uca1400_nopad_ai_ci": "utf8mb4_0900_ai_ci", "utf8mb3_uca1400_ai_ci": "utf8mb3_unicode_520_ci", "utf8mb4_nopad_bin": "utf8mb4_0900_bin",
		"utf8mb4_general_nopad_ci": "utf8mb4_general_ci", "latin1_nopad_bin": "latin1_bin", "utf8mb4_croatian_mysql561_ci": "utf8mb4_croatian_ci",
		"utf8mb4_thai_520_w2": "utf8mb4_unicode_520_ci", "utf16_spanish_ci": "utf8mb4_spanish_ci", "ucs2_bin": "utf8mb4_bin", "utf32_general_ci": "utf8mb4_general_ci",
		"cp1251_general_ci": "utf8mb4_0900_as_ci", "cp1251_bin": "utf8mb4_bin", "latin2_czech_cs": "utf8mb4_0900_as_cs", "sjis_japanese_ci": "utf8mb4_bin",
		"utf8_spanish_ci": "utf8mb3_spanish_ci", "utf8mb3_tolower_ci": "utf8mb3_general_mysql500_ci", "utf8mb4_zh_pinyin_tidb_as_cs": "utf8mb4_0900_as_cs",
		"gb18030_unicode_520_ci": "utf8mb4_bin", "nonsense_ci": "", "x": "", "": "",
	} {
		got, ok := MySQLNearest(name)
		if got != want || ok != (want != "") {
			t.Errorf("%s: %s, not %s", name, got, want)
		}
	}
	for charset, name := range MySQLOtherCharsets {
		got, ok := MySQLNearest(name)
		if _, here := MySQLCollationOf(got); !ok || !here {
			t.Errorf("%s: %s", charset, got)
		}
		if _, here := MySQLCharsetOf(charset); here {
			t.Errorf("%s is here", charset)
		}
	}
}
