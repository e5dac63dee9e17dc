package tidb

import (
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"
)

// The library does not tell where the names of tables and of the columns that a statement
// writes stand. A statement's text is read once more for them when an error wants one
// (sought.go), by the places in the syntax where such names may be; a name counts only if the
// tree has it as often as the text. Whatever is not found so has no position.

// placesMax is the length of a statement beyond which nobody looks for a position.
const placesMax = 64 << 10

// places are the names of a statement and their offsets, in the order of the text.
type places struct {
	tables map[string][]int // by schema and name
	// columns are those of the list of INSERT, set those that SET, or ON DUPLICATE KEY
	// UPDATE, assigns.
	columns, set []placed
}

type placed struct {
	name string
	at   int
}

// level is what is known within a pair of parentheses.
type level struct {
	query bool // SELECT stands here
	from  bool // its FROM is open
	name  bool // a table's name may come next
}

// placeReader reads a statement word by word.
type placeReader struct {
	s        string
	i, end   int
	found    places
	levels   []level
	last     string // the word before, in lower case; a sign
	write    string // the word of the statement that writes, as soon as it is read
	target   bool   // its table's name may come next
	list     bool   // its list of columns may
	inSet    bool   // the assignments are open
	assigned bool   // a column that is assigned comes next
}

// findPlaces reads the statement at an offset.
func findPlaces(s string, start, end int) *places {
	r := &placeReader{s: s[:end], i: start, end: end, levels: []level{{}}}
	r.found.tables = map[string][]int{}
	for r.i < end {
		if s[r.i] != '`' {
			if after := skipToken(r.s, r.i); after > r.i {
				if s[r.i] == '\'' || s[r.i] == '"' {
					r.sign("'")
				}
				r.i = after
				continue
			}
		}
		switch b := s[r.i]; {
		case isSpace(b):
			r.i++
		case b == '`' || isWordByte(b):
			r.word()
		default:
			r.i++
			r.sign(string(b))
		}
	}
	return &r.found
}

// name reads a name of several parts.
func (r *placeReader) name() (parts []string) {
	for {
		start := r.i
		if r.i < r.end && r.s[r.i] == '`' {
			r.i = min(skipToken(r.s, r.i), r.end)
			parts = append(parts, fold(strings.ReplaceAll(strings.Trim(r.s[start:r.i], "`"), "``", "`")))
		} else {
			r.i = wordEnd(r.s, r.i)
			parts = append(parts, fold(r.s[start:r.i]))
		}
		dot := skipSpace(r.s, r.i)
		if dot >= r.end || r.s[dot] != '.' {
			return parts
		}
		if r.i = skipSpace(r.s, dot+1); r.i >= r.end || r.s[r.i] != '`' && !isWordByte(r.s[r.i]) {
			return parts
		}
	}
}

// beforeTable are the words that may stand before a table's name where one is due.
var beforeTable = setOf("low_priority high_priority delayed quick ignore into only lateral")

// endsFrom are the words that end a list of tables.
var endsFrom = setOf("where group having order limit window for into set union except intersect procedure lock")

func (r *placeReader) word() {
	at, quoted := r.i, r.s[r.i] == '`'
	l := &r.levels[len(r.levels)-1]
	parts := r.name()
	w := parts[0]
	if quoted || len(parts) > 1 {
		w = "`"
	}
	defer func() { r.last = w }()
	switch {
	case w == "select" || w == "values" || w == "with" || w == "table" && l.name:
		l.query, l.from, l.name = w == "select", false, false
		r.target, r.list, r.assigned = false, false, false
	case (l.name || r.target) && beforeTable[w]:
	case r.target && w == "from": // DELETE FROM
	case l.name || r.target:
		r.found.tables[strings.Join(parts, "\x00")] = append(r.found.tables[strings.Join(parts, "\x00")], at)
		r.list = r.target && r.write != "update"
		l.name, r.target = false, false
	case r.assigned && len(r.levels) == 1:
		r.found.set = append(r.found.set, placed{parts[len(parts)-1], at})
		r.assigned = false
	default:
		r.keyword(w, l)
	}
}

// keyword takes a word that is no name.
func (r *placeReader) keyword(w string, l *level) {
	top := len(r.levels) == 1
	switch {
	case top && r.write == "" && (w == "insert" || w == "replace") && !l.query:
		r.write, r.target = w, true
	case top && r.write == "" && w == "update" && !l.query:
		r.write, l.from, l.name = w, true, true
	case top && r.write == "" && w == "delete" && !l.query:
		r.write, l.query = w, true
	case w == "from" && l.query:
		l.from, l.name = true, true
	case (w == "join" || w == "straight_join") && l.from:
		l.name = true
	case top && (w == "set" || w == "update" && r.last == "key") && r.write != "" && r.write != "delete":
		r.inSet, r.assigned = true, true
		l.from, r.list = false, false
	case top && r.inSet && (endsFrom[w] || w == "on"):
		r.inSet = false
	case endsFrom[w]:
		l.from = false
	}
}

func (r *placeReader) sign(b string) {
	l := &r.levels[len(r.levels)-1]
	switch b {
	case "(":
		inner := level{}
		if l.name {
			inner = level{from: true, name: true}
			l.name = false
		}
		if r.list {
			r.list = false
			r.columns()
			return
		}
		r.levels = append(r.levels, inner)
	case ")":
		if len(r.levels) > 1 {
			r.levels = r.levels[:len(r.levels)-1]
		}
	case ",":
		l.name = l.from
		r.assigned = r.inSet && len(r.levels) == 1
	default:
		l.name = false
	}
	r.last = b
}

// columns reads the list of INSERT, if it is one: behind its parenthesis.
func (r *placeReader) columns() {
	r.levels = append(r.levels, level{})
	var list []placed
	for i := r.i; ; {
		if i = skipSpace(r.s, i); i >= r.end || r.s[i] != '`' && !isWordByte(r.s[i]) {
			return
		}
		start := i
		r2 := placeReader{s: r.s, i: i, end: r.end}
		parts := r2.name()
		list = append(list, placed{parts[len(parts)-1], start})
		if i = skipSpace(r.s, r2.i); i >= r.end || r.s[i] != ',' && r.s[i] != ')' {
			return // a query
		}
		if r.s[i] == ')' {
			r.i, r.last = i, "("
			r.found.columns = list
			return
		}
		i++
	}
}

// withNames is the part of a statement whose names are looked for, nil if there is none.
func withNames(n tast.Node) tast.Node {
	switch v := n.(type) {
	case *tast.SelectStmt, *tast.SetOprStmt, *tast.InsertStmt, *tast.UpdateStmt, *tast.DeleteStmt:
		return n
	case *tast.ExplainStmt:
		return withNames(v.Stmt)
	case *tast.CreateViewStmt:
		return v.Select
	case *tast.CreateTableStmt:
		if v.Select != nil {
			return v.Select
		}
	}
	return nil
}
