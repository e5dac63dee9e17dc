package tidb

import (
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/pingcap/tidb/pkg/parser/charset"

	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// The library's grammar refuses the names of character sets and collations that it does
// not know, without a position. It is told all that are here, and the character sets that
// are not, so that they are refused, or taken, by what knows.

// nameCharsets tells the library the names.
func nameCharsets() {
	for _, c := range collate.MySQLCollations() {
		for _, name := range []string{c.Name, strings.Replace(c.Name, "utf8mb3_", "utf8_", 1)} {
			if _, err := charset.GetCollationByName(name); err != nil {
				charset.AddCollation(&charset.Collation{ID: c.ID, CharsetName: c.Charset, Name: name, Sortlen: c.SortLen})
			}
		}
	}
	for name, byDefault := range collate.MySQLOtherCharsets {
		if _, err := charset.GetCharsetInfo(name); err != nil {
			charset.AddCharset(&charset.Charset{Name: name, DefaultCollation: byDefault, Collations: map[string]*charset.Collation{}, Maxlen: 4})
		}
	}
}

// unknownCollation is the error for a name that the library took for no collation's: one
// of MySQL's or MariaDB's that is not here, or none at all. nil for other messages.
func unknownCollation(query, msg string) *pgerr.Error {
	_, name, ok := strings.Cut(msg, "Unknown collation: '")
	if !ok {
		return nil
	}
	name = strings.TrimSuffix(name, "'")
	at := max(strings.Index(query, name), 0)
	if _, ok := collate.MySQLNearest(name); ok {
		return pgerr.NotSupported(at, "collation \"%s\" is not supported", name)
	}
	return pgerr.Newf(pgerrcode.SyntaxError, "Unknown collation: '%s'", name).At(at)
}

// Taken says what was taken for what, and at which offset of the text.
type Taken struct {
	What string
	At   int
}

// NearestCollations writes a definition of a dump with the collations that come nearest to
// those it names and that are not here, and tells what it took for what. Lines stay lines.
func (Frontend) NearestCollations(text string) (changed string, taken []Taken) {
	r := nearestReader{s: text}
	for r.i < len(text) {
		if after := skipToken(text, r.i); after > r.i {
			r.i = after
		} else if !isWordByte(text[r.i]) {
			r.i++
		} else {
			r.word()
		}
	}
	return r.out.String() + text[r.written:], r.taken
}

// nearestReader reads a statement word by word.
type nearestReader struct {
	s       string
	i       int
	last    string // the word before
	out     strings.Builder
	written int // how much of s out holds
	taken   []Taken
}

func (r *nearestReader) word() {
	start := r.i
	r.i = wordEnd(r.s, r.i)
	w := fold(r.s[start:r.i])
	before := r.last
	r.last = w
	switch {
	case w == "collate":
		if name, from, to := r.name(); name != "" {
			if _, here := collate.MySQLCollationOf(name); here {
				return
			}
			if nearest, ok := collate.MySQLNearest(name); ok {
				r.replace(from, to, "collation "+name, nearest, nearest)
			}
		}
	case w == "charset", w == "set" && (before == "character" || before == "char"):
		name, from, to := r.name()
		byDefault := collate.MySQLOtherCharsets[name]
		if byDefault == "" {
			return
		}
		written := collate.MySQLBase
		nearest, _ := collate.MySQLNearest(byDefault)
		if i := skipSpace(r.s, to); fold(r.s[i:min(i+len("collate"), len(r.s))]) != "collate" {
			written += " COLLATE " + nearest
		}
		r.replace(from, to, "character set "+name, written, nearest)
	}
}

// name reads the name that comes next, in lower case, and its place; "" is none.
func (r *nearestReader) name() (name string, from, to int) {
	i := skipSpace(r.s, r.i)
	if i < len(r.s) && r.s[i] == '=' {
		i = skipSpace(r.s, i+1)
	}
	if i == len(r.s) {
		return "", i, i
	}
	switch b := r.s[i]; {
	case isWordByte(b):
		to = wordEnd(r.s, i)
		return fold(r.s[i:to]), i, to
	case b == '\'' || b == '"' || b == '`':
		to = min(skipToken(r.s, i), len(r.s))
		return fold(strings.Trim(r.s[i:to], `'"`+"`")), i, to
	}
	return "", i, i
}

// replace writes something else at a place, and notes what is taken for what, once.
func (r *nearestReader) replace(from, to int, what, written, nearest string) {
	r.out.WriteString(r.s[r.written:from] + written)
	r.i, r.written, r.last = to, to, ""
	note := fmt.Sprintf("%s is not supported, %s stands for it", what, nearest)
	for _, t := range r.taken {
		if t.What == note {
			return
		}
	}
	r.taken = append(r.taken, Taken{note, from})
}
