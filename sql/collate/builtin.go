package collate

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// Version is what the collations of ICU's names show as theirs: the CLDR's, whose order
// golang.org/x/text has.
const Version = "23"

// Builtin is a collation that every database has in pg_catalog.
type Builtin struct {
	OID           uint32
	Name          string
	Provider      byte // as in pg_collation: d, c or i
	Encoding      int  // −1 = any
	Collate, Type string
	ICU           string // the locale of those of ICU's names
	Order         string
}

// icuTable lists the ICU names of PostgreSQL 15 whose order is here ICU's, at most for
// rare letters: OID, locale and the language whose order it is, if not the root's.
//
//go:embed icu.tsv
var icuTable string

// OIDs of collations that others name.
const (
	DefaultOID uint32 = 100
	COID       uint32 = 950
)

// Builtins lists them in OID order.
var Builtins = sync.OnceValue(func() []Builtin {
	l := []Builtin{
		{DefaultOID, "default", 'd', -1, "", "", "", Bytes},
		{COID, "C", 'c', -1, "C", "C", "", ASCII},
		{951, "POSIX", 'c', -1, "POSIX", "POSIX", "", ASCII},
		{12340, "ucs_basic", 'c', 6, "C", "C", "", ASCII},
		{12341, "C.utf8", 'c', 6, "C.utf8", "C.utf8", "", Bytes},
	}
	for line := range strings.Lines(icuTable) {
		c := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		oid, err := strconv.ParseUint(c[0], 10, 32)
		if err != nil {
			panic("collate: bad OID " + c[0])
		}
		b := Builtin{uint32(oid), c[1] + "-x-icu", 'i', -1, "", "", c[1], Root}
		if len(c) > 2 {
			b.Order = c[2]
		}
		l = append(l, b)
	}
	return append(l, Builtin{13150, "en_US", 'c', 6, "en_US.utf8", "en_US.utf8", "", Root},
		Builtin{13151, "en_US.utf8", 'c', 6, "en_US.utf8", "en_US.utf8", "", Root})
})

// LibcOrder is the order of a locale of the operating system's C library.
func LibcOrder(locale string) (order string, ok bool) {
	switch strings.ToLower(strings.ReplaceAll(locale, "-", "")) {
	case "c", "posix":
		return ASCII, true
	case "c.utf8":
		return Bytes, true
	case "en_us", "en_us.utf8":
		return Root, true
	}
	return "", false
}

// HasLocale reports a locale of the C library's names that some collation has.
func HasLocale(name string) bool {
	for _, b := range Builtins() {
		if b.Provider == 'c' && (strings.EqualFold(b.Collate, name) || strings.EqualFold(b.Name, name)) {
			return true
		}
	}
	return strings.EqualFold(name, "en_US.UTF-8")
}
