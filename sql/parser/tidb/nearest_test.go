package tidb

import (
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Definitions of dumps get collations that are here, and say so; what is here stays.
func TestNearestCollations(t *testing.T) {
	for text, want := range map[string]string{
		"CREATE TABLE t (a varchar(9) CHARACTER SET cp1251 DEFAULT 'collate x',\n b text COLLATE `utf8mb4_ja_0900_as_cs`) DEFAULT CHARSET=cp1251 COLLATE=cp1251_bin": "CREATE TABLE t (a varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_as_ci DEFAULT 'collate x',\n b text COLLATE utf8mb4_0900_as_cs) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin" +
			"|character set cp1251 is not supported, utf8mb4_0900_as_ci stands for it|collation utf8mb4_ja_0900_as_cs is not supported, utf8mb4_0900_as_cs stands for it|collation cp1251_bin is not supported, utf8mb4_bin stands for it",
		"CREATE DATABASE `d` /*!40100 DEFAULT CHARACTER SET koi8r */":       "CREATE DATABASE `d` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_as_ci */|character set koi8r is not supported, utf8mb4_0900_as_ci stands for it",
		"CREATE TABLE t (a text) COLLATE utf8mb4_uca1400_ai_ci":             "CREATE TABLE t (a text) COLLATE utf8mb4_unicode_520_ci|collation utf8mb4_uca1400_ai_ci is not supported, utf8mb4_unicode_520_ci stands for it",
		"CREATE TABLE t (`charset` text, a text) CHARSET utf8mb4":           "CREATE TABLE t (`charset` text, a text) CHARSET utf8mb4",
		"CREATE TABLE t (a text COLLATE utf8mb4_spanish_ci) CHARSET=latin1": "CREATE TABLE t (a text COLLATE utf8mb4_spanish_ci) CHARSET=latin1",
		"CREATE TABLE t (a text COMMENT 'CHARSET=cp1251') COLLATE":          "CREATE TABLE t (a text COMMENT 'CHARSET=cp1251') COLLATE",
	} {
		changed, taken := New().NearestCollations(text)
		got := changed
		for _, x := range taken {
			got += "|" + x.What
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
		if _, err := New().Parse(changed); err != nil && !strings.HasSuffix(text, "COLLATE") {
			t.Errorf("%s: %v", changed, err)
		}
	}
}

// Character sets and collations that are not here are 0A000, also those that the library
// does not know; those that are here it takes.
func TestCharsetNames(t *testing.T) {
	for _, sql := range []string{"CREATE TABLE t (a varchar(9)) CHARSET=cp1251", "CREATE DATABASE d CHARACTER SET koi8r",
		"CREATE TABLE t (a char(3) CHARACTER SET utf16)", "SELECT 'a' COLLATE utf8mb4_ja_0900_as_cs", "SET NAMES cp850",
		"CREATE TABLE t (a text COLLATE utf8mb4_nb_0900_ai_ci)", "SELECT CONVERT('a' USING koi8r)"} {
		_, err := New().Parse(sql)
		if e, ok := pgerr.As(err); !ok || e.Code != "0A000" || e.Position == 0 {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, sql := range []string{"CREATE TABLE t (a varchar(9) COLLATE utf8mb3_spanish_ci, b char(1) COLLATE utf8_turkish_ci) COLLATE utf8mb4_icelandic_ci",
		"SELECT 'a' COLLATE utf8mb3_german2_ci", "SET NAMES utf8mb4 COLLATE utf8mb4_czech_ci"} {
		if _, err := New().Parse(sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
