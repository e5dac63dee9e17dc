package collate

import (
	"slices"
	"strings"
	"sync"
)

// MySQLCollation is one of MySQL's collations, which a database has in pg_catalog as soon
// as something of it uses them.
type MySQLCollation struct {
	OID     uint32
	ID      int // MySQL's number
	Name    string
	Charset string
	Order   string
	SortLen int // as SHOW COLLATION has it
}

// firstMySQLOID and a collation's number in MySQL are its OID. PostgreSQL gives the
// numbers from 14000 to 16383 to nothing of its own that lasts.
const firstMySQLOID = 14000

// MySQLBase is the character set of what declares none, and MySQLDefault its collation:
// texts compare byte by byte, and it is the collation of no column of the catalog.
const (
	MySQLBase    = "utf8mb4"
	MySQLDefault = "utf8mb4_bin"
)

// MySQLCharset is a character set by MySQL's names. All texts are kept in UTF-8: it says
// which collations a text can have.
type MySQLCharset struct {
	Name, Description string
	// Default is the collation of what declares the character set alone, as TiDB has it, and
	// MySQLDefault the one that MySQL has.
	Default, MySQLDefault string
	MaxLen                int // bytes of a character
}

// MySQLCharsets lists them by name.
var MySQLCharsets = []MySQLCharset{
	{"ascii", "US ASCII", "ascii_bin", "ascii_general_ci", 1},
	{"binary", "Binary pseudo charset", "binary", "binary", 1},
	{"gbk", "GBK Simplified Chinese", "gbk_chinese_ci", "gbk_chinese_ci", 2},
	{"latin1", "cp1252 West European", "latin1_bin", "latin1_swedish_ci", 1},
	{"utf8mb3", "UTF-8 Unicode", "utf8mb3_bin", "utf8mb3_general_ci", 3},
	{"utf8mb4", "UTF-8 Unicode", MySQLDefault, "utf8mb4_0900_ai_ci", 4},
}

// MySQLCharsetOf finds a character set by its name, or its other name.
func MySQLCharsetOf(name string) (MySQLCharset, bool) {
	if name = strings.ToLower(name); name == "utf8" {
		name = "utf8mb3"
	}
	for _, c := range MySQLCharsets {
		if c.Name == name {
			return c, true
		}
	}
	return MySQLCharset{}, false
}

// MySQLCollations lists MySQL's collations by name.
var MySQLCollations = sync.OnceValue(func() []MySQLCollation {
	list := []MySQLCollation{
		{ID: 65, Name: "ascii_bin", Order: MySQLBin, SortLen: 1},
		{ID: 11, Name: "ascii_general_ci", Order: MySQLASCII, SortLen: 1},
		{ID: 63, Name: "binary", Order: Bytes, SortLen: 1},
		{ID: 87, Name: "gbk_bin", Order: MySQLGBKBin, SortLen: 1},
		{ID: 28, Name: "gbk_chinese_ci", Order: MySQLGBK, SortLen: 1},
		{ID: 15, Name: "latin1_danish_ci", Order: MySQLDanish, SortLen: 1},
		{ID: 5, Name: "latin1_german1_ci", Order: MySQLGerman1, SortLen: 1},
		{ID: 31, Name: "latin1_german2_ci", Order: MySQLGerman2, SortLen: 2},
		{ID: 49, Name: "latin1_general_cs", Order: MySQLLatin1CS, SortLen: 1},
		{ID: 94, Name: "latin1_spanish_ci", Order: MySQLSpanish, SortLen: 1},
		{ID: 223, Name: "utf8mb3_general_mysql500_ci", Order: MySQLGeneral500, SortLen: 1},
		{ID: 47, Name: "latin1_bin", Order: MySQLBin, SortLen: 1},
		{ID: 48, Name: "latin1_general_ci", Order: MySQLLatin1, SortLen: 1},
		{ID: 8, Name: "latin1_swedish_ci", Order: MySQLSwedish, SortLen: 1},
		{ID: 83, Name: "utf8mb3_bin", Order: MySQLBin, SortLen: 1},
		{ID: 33, Name: "utf8mb3_general_ci", Order: MySQLGeneral, SortLen: 1},
		{ID: 214, Name: "utf8mb3_unicode_520_ci", Order: MySQLUnicode520, SortLen: 8},
		{ID: 192, Name: "utf8mb3_unicode_ci", Order: MySQLUnicode, SortLen: 8},
		{ID: 255, Name: "utf8mb4_0900_ai_ci", Order: MySQL0900AI},
		{ID: 305, Name: "utf8mb4_0900_as_ci", Order: MySQL0900AS},
		{ID: 278, Name: "utf8mb4_0900_as_cs", Order: MySQL0900CS},
		{ID: 309, Name: "utf8mb4_0900_bin", Order: Bytes, SortLen: 1},
		{ID: 46, Name: "utf8mb4_bin", Order: MySQLBin, SortLen: 1},
		{ID: 45, Name: "utf8mb4_general_ci", Order: MySQLGeneral, SortLen: 1},
		{ID: 246, Name: "utf8mb4_unicode_520_ci", Order: MySQLUnicode520, SortLen: 8},
		{ID: 224, Name: "utf8mb4_unicode_ci", Order: MySQLUnicode, SortLen: 8},
	}
	for i, l := range languages {
		if l != "" {
			list = append(list, MySQLCollation{ID: 193 + i, Name: "utf8mb3_" + l + "_ci", Order: languageOrder(l), SortLen: 8},
				MySQLCollation{ID: 225 + i, Name: "utf8mb4_" + l + "_ci", Order: languageOrder(l), SortLen: 8})
		}
	}
	slices.SortFunc(list, func(a, b MySQLCollation) int { return strings.Compare(a.Name, b.Name) })
	for i := range list {
		c := &list[i]
		c.OID = firstMySQLOID + uint32(c.ID)
		c.Charset, _, _ = strings.Cut(c.Name, "_")
	}
	return list
})

// mysqlByName and mysqlByOID find them.
var (
	mysqlByName = sync.OnceValue(func() map[string]*MySQLCollation {
		m := map[string]*MySQLCollation{}
		for i := range MySQLCollations() {
			m[MySQLCollations()[i].Name] = &MySQLCollations()[i]
		}
		return m
	})
	mysqlByOID = sync.OnceValue(func() map[uint32]*MySQLCollation {
		m := map[uint32]*MySQLCollation{}
		for i := range MySQLCollations() {
			m[MySQLCollations()[i].OID] = &MySQLCollations()[i]
		}
		return m
	})
)

// MySQLCollationOf finds a collation by its name, or its other name, in any case.
func MySQLCollationOf(name string) (*MySQLCollation, bool) {
	name = strings.ToLower(name)
	if rest, ok := strings.CutPrefix(name, "utf8_"); ok {
		name = "utf8mb3_" + rest
	}
	c, ok := mysqlByName()[name]
	return c, ok
}

// MySQLByOID finds a collation by its OID.
func MySQLByOID(oid uint32) (*MySQLCollation, bool) {
	if oid < firstMySQLOID || oid > firstMySQLOID+999 {
		return nil, false
	}
	c, ok := mysqlByOID()[oid]
	return c, ok
}

// Padded reports a collation in which spaces at the end of a text count for nothing.
func (c *MySQLCollation) Padded() bool {
	m := mysqlOrders[c.Order]
	return m != nil && m.padded
}

// Bin reports a collation by code points.
func (c *MySQLCollation) Bin() bool { return c.Order == Bytes || ByCodePoint(c.Order) }
