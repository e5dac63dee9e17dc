package tidb

import (
	"fmt"
	"strings"
)

// Spatial types and those that MariaDB alone has are not here, and the library's grammar has
// no rule for them. A dump has their values as bytes or as text, so a table of a dump can keep
// them as such. Nor has it columns that * leaves out, and rows with a history, of which a dump
// has the present ones.

var spatialTypes = setOf("geometry point linestring polygon multipoint multilinestring multipolygon geometrycollection geomcollection")

// mariaTypes are MariaDB's own, with the types that hold their text.
var mariaTypes = map[string]string{"uuid": "CHAR(36)", "inet4": "VARCHAR(15)", "inet6": "VARCHAR(39)", "xmltype": "LONGTEXT"}

// noColumn are the words that begin what is no column in a CREATE TABLE.
var noColumn = setOf("key index unique primary constraint fulltext foreign check vector columnar")

// strangeConstruct is what the grammar stopped at where that is such a type, or a SPATIAL key.
func strangeConstruct(query string, at int) string {
	switch head := fold(strings.TrimLeft(query[:min(len(query), 40)], " \t\r\n;")); {
	case !strings.HasPrefix(head, "create") && !strings.HasPrefix(head, "alter"):
		return ""
	}
	word := fold(tokenAt(query, at))
	switch {
	case spatialTypes[word], mariaTypes[word] != "":
		return "type " + word
	case word == "spatial":
		return "SPATIAL KEY"
	}
	return ""
}

// StandInTypes writes a dump's CREATE TABLE with LONGBLOB for spatial types, with texts for
// MariaDB's own, without SPATIAL keys, INVISIBLE of columns and WITH SYSTEM VERSIONING, and tells
// what it changed. Lines stay lines.
func (Frontend) StandInTypes(text string) (changed string, taken []Taken) {
	r := standInReader{s: text, comma: -1}
	for r.i < len(text) {
		if text[r.i] == '`' {
			r.token(min(skipToken(text, r.i), len(text)))
		} else if after := skipToken(text, r.i); after > r.i {
			conditional := text[r.i] == '/' && after == r.i+len("/*!")
			if r.i = after; conditional { // the version is no word
				for r.i < len(text) && text[r.i] >= '0' && text[r.i] <= '9' {
					r.i++
				}
			}
		} else if isWordByte(text[r.i]) {
			r.token(wordEnd(text, r.i))
		} else {
			r.sign()
			r.i++
		}
	}
	return r.out.String() + text[r.written:], r.taken
}

// standInReader reads a CREATE TABLE token by token.
type standInReader struct {
	s       string
	i       int
	depth   int    // of parentheses
	item    int    // tokens of the present column or key that were read
	name    string // the first of them
	key     bool   // it begins no column
	spatial bool   // it is a column of a spatial type
	comma   int    // where the last comma between columns stands, −1 = none
	out     strings.Builder
	written int // how much of s is in out
	taken   []Taken
}

func (r *standInReader) sign() {
	switch b := r.s[r.i]; {
	case b == '(':
		if r.depth++; r.depth == 1 {
			r.item = 0
		}
	case b == ')':
		r.depth--
	case b == ',' && r.depth == 1:
		r.item, r.spatial, r.comma = 0, false, r.i
	}
}

// token takes a word or a quoted name that ends at an offset.
func (r *standInReader) token(end int) {
	start, w := r.i, fold(r.s[r.i:end])
	r.i = end
	if w == "versioning" && r.versions(end) || r.depth != 1 {
		return
	}
	r.item++
	switch {
	case r.item == 1 && w == "spatial":
		r.leaveOut(start)
	case r.item == 1:
		r.name = strings.Trim(r.s[start:end], "`")
		r.key = noColumn[w]
	case r.item == 2 && spatialTypes[w] && !r.key:
		r.spatial = true
		r.replace(start, end, "LONGBLOB")
		r.taken = append(r.taken, Taken{fmt.Sprintf("type %s of column %s is not supported, its values are loaded as bytes", w, r.name), start})
	case r.item == 2 && mariaTypes[w] != "" && !r.key:
		r.replace(start, end, mariaTypes[w])
		r.taken = append(r.taken, Taken{fmt.Sprintf("type %s of column %s is not supported, %s stands for it", w, r.name, mariaTypes[w]), start})
	case w == "srid" && r.spatial:
		number := wordEnd(r.s, skipSpace(r.s, end))
		r.replace(start, number, "")
	case w == "invisible" && r.item > 2 && !r.key:
		r.taken = append(r.taken, Taken{"column " + r.name + " is not invisible", start})
		r.replace(start, end, "")
	}
}

// versions leaves out WITH or WITHOUT SYSTEM VERSIONING, which ends at an offset, of a table or a column.
func (r *standInReader) versions(end int) bool {
	text := r.s[r.written:end]
	for _, with := range []string{"with", "without"} {
		n := len(text)
		for _, w := range []string{"versioning", "system", with} {
			trimmed := strings.TrimRight(text[:n], " \t\r\n")
			if len(trimmed) < len(w) || !strings.EqualFold(trimmed[len(trimmed)-len(w):], w) {
				n = -1
				break
			}
			n = len(trimmed) - len(w)
		}
		if n < 0 || n > 0 && isWordByte(text[n-1]) {
			continue
		}
		if with == "with" {
			r.taken = append(r.taken, Taken{"the history of rows (WITH SYSTEM VERSIONING) is not kept", r.written + n})
		}
		r.replace(r.written+n, end, strings.Repeat("\n", strings.Count(text[n:], "\n")))
		return true
	}
	return false
}

// leaveOut leaves out a SPATIAL key, and a comma beside it.
func (r *standInReader) leaveOut(start int) {
	open := strings.IndexByte(r.s[start:], '(')
	if open < 0 {
		return
	}
	end := strings.IndexByte(r.s[start+open:], ')')
	if end < 0 {
		return
	}
	end += start + open + 1
	from := start
	if next := skipSpace(r.s, end); next < len(r.s) && r.s[next] == ',' {
		end = next + 1
	} else if r.comma >= r.written {
		from = r.comma
	}
	words := strings.Fields(strings.NewReplacer("`", " ", "(", " ").Replace(r.s[start : start+open]))
	r.taken = append(r.taken, Taken{"SPATIAL key " + words[len(words)-1] + " is left out", start})
	r.replace(from, end, strings.Repeat("\n", strings.Count(r.s[from:end], "\n")))
	r.item = 0
}

// replace writes something else in a place.
func (r *standInReader) replace(from, to int, with string) {
	r.out.WriteString(r.s[r.written:from] + with)
	r.i, r.written = to, to
}
