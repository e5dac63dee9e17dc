package importer

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/loxodb/loxodb/sql/charset"
)

// A dump may be in another character set than UTF-8, which SET NAMES at its beginning says;
// mysqldump writes its definitions in UTF-8 even so, with SET character_set_client around
// them. Strings are made UTF-8 here, as the server hears nothing else.

// charmaps are the character sets of one byte that are known, by MySQL's names. The bytes of
// sets of more could be taken for quotes.
var charmaps = map[string]*charmap.Charmap{
	"latin1": charmap.Windows1252, "latin2": charmap.ISO8859_2, "latin5": charmap.ISO8859_9, "latin7": charmap.ISO8859_13,
	"cp1250": charmap.Windows1250, "cp1251": charmap.Windows1251, "cp1256": charmap.Windows1256, "cp1257": charmap.Windows1257,
	"cp850": charmap.CodePage850, "cp852": charmap.CodePage852, "cp866": charmap.CodePage866, "koi8r": charmap.KOI8R,
	"koi8u": charmap.KOI8U, "greek": charmap.ISO8859_7, "hebrew": charmap.ISO8859_8, "tis620": charmap.Windows874, "macroman": charmap.Macintosh,
}

// clientCharset is the character set in which a dump's strings are, and how it has its names.
type clientCharset struct {
	quoting quoting
	names   *charmap.Charmap // that of SET NAMES, nil = UTF-8
	now     *charmap.Charmap
	// binary are the tables that have columns of bytes, by their names in lower case.
	binary map[string]bool
}

var setCharset = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?is)^(?:/\*!\d*\s*)?set\s+(names|character_set_client|character_set_results)\s*=?\s*['"]?([@\w]+)`)
})

var binaryColumn = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("(?i)[`\\w]\\s+(?:(?:tiny|medium|long)?blob|(?:var)?binary)\\b")
})

// follow takes notice of a statement; handled is that it is not for the server.
func (c *clientCharset) follow(text string) (handled bool) {
	if kindOf(text) == kindCreateTable && binaryColumn().MatchString(text) {
		if c.binary == nil {
			c.binary = map[string]bool{}
		}
		c.binary[tableName(text)] = true
	}
	m := setCharset().FindStringSubmatch(text[:min(len(text), 200)])
	switch {
	case m == nil:
		return false
	case strings.EqualFold(m[1], "character_set_results"): // around a view: nothing is read back
		return charmaps[strings.ToLower(m[2])] != nil
	case strings.HasPrefix(m[2], "@"): // back to what it was
		c.now = c.names
		return false
	}
	c.now = charmaps[strings.ToLower(m[2])]
	if strings.EqualFold(m[1], "names") {
		c.names = c.now
	}
	return c.now != nil
}

// unreadable is the character set that a statement sets and that is neither UTF-8 nor known
// here, "" for none: strings in it cannot be read.
func unreadable(text string) string {
	m := setCharset().FindStringSubmatch(text[:min(len(text), 200)])
	if m == nil || strings.EqualFold(m[1], "character_set_results") || strings.HasPrefix(m[2], "@") {
		return ""
	}
	name := strings.ToLower(m[2])
	if charmaps[name] != nil || name == "default" || charset.OfMySQL(name) == charset.UTF8 {
		return ""
	}
	return name
}

// text is a statement in UTF-8; ok is false where bytes and characters in it cannot be told
// apart: mysqldump before 5.7 wrote both in the same way.
func (c *clientCharset) text(s string) (out string, ok bool) {
	if c.now == nil || isASCII(s) {
		return textual(s), true
	}
	b := make([]byte, 0, len(s)+len(s)/2)
	marked, plain := false, false
	for i := 0; i < len(s); {
		if s[i] == '`' {
			end := quotedEnd(s, i)
			b = append(b, s[i:end]...)
			i = end
			continue
		}
		if s[i] != '\'' && s[i] != '"' {
			b = append(b, s[i])
			i++
			continue
		}
		raw, value, end := literal(s, i)
		i = end
		head := bytes.TrimSuffix(bytes.TrimRight(b, " "), []byte("_binary"))
		bare := len(head) == len(bytes.TrimRight(b, " "))
		switch marked = marked || !bare; {
		case isASCII(raw):
			b = append(b, raw...)
		case !bare:
			b = append(head, " x'"...)
			b = append(hex.AppendEncode(b, value), '\'')
		default:
			plain = true
			for k := range len(raw) {
				b = utf8.AppendRune(b, c.now.DecodeByte(raw[k]))
			}
		}
	}
	if !utf8.Valid(b) { // a name
		return textual(s), true
	}
	return textual(string(b)), marked || !plain || !c.binary[intoTable(s)]
}

// intoTable is the table of an INSERT or REPLACE, in lower case.
func intoTable(s string) string {
	head := strings.ToLower(s[:min(len(s), 300)])
	_, rest, ok := strings.Cut(head, "into ")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	name, _, _ = strings.Cut(name, "(")
	return strings.Trim(name[strings.LastIndexByte(name, '.')+1:], "`")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
