package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// engine is the name that skipif and onlyif know us by.
const engine = "postgresql"

// sortMode says how the rows of a query are compared.
type sortMode int

const (
	noSort    sortMode = iota // in the order in which they came
	rowSort                   // the rows sorted
	valueSort                 // all the values sorted
)

// record is one statement of a file and what the file says of its answer.
type record struct {
	line  int
	sql   string
	query bool
	fails bool // it must end with an error
	types string
	sort  sortMode
	label string
	want  []string // the lines after ----, nil where there are none
}

// script is a file of records, and how many of its records are not for us or not
// of the format that is read here.
type script struct {
	records []record
	passed  int
}

// block is the lines between two blank ones, with the number of the first.
type block struct {
	line  int
	lines []string
}

// parse reads a file of the sqllogictest format. What it does not know (other
// projects have added directives of their own) is passed over.
func parse(text string) *script {
	s := &script{}
	s.blocks(blocks(text), nil)
	return s
}

// blocks cuts a text at its blank lines and takes the comments out.
func blocks(text string) []block {
	var list []block
	var b block
	for i, l := range strings.Split(text, "\n") {
		l = strings.TrimRight(l, "\r")
		switch {
		case strings.TrimSpace(l) == "":
			if len(b.lines) > 0 {
				list = append(list, b)
			}
			b = block{}
		case l[0] == '#':
		default:
			if len(b.lines) == 0 {
				b.line = i + 1
			}
			b.lines = append(b.lines, l)
		}
	}
	if len(b.lines) > 0 {
		list = append(list, b)
	}
	return list
}

// variable is a name that a loop gives a value, written ${name} in the records.
type variable struct{ name, value string }

// blocks reads records, with the variables of the loops around them; it returns
// what is left after a halt or the end of a loop.
func (s *script) blocks(list []block, vars []variable) []block {
	for len(list) > 0 {
		b := list[0]
		list = list[1:]
		words := strings.Fields(b.lines[0])
		switch words[0] {
		case "halt":
			return nil
		case "endloop":
			return list
		case "loop", "foreach":
			values := loopValues(words)
			rest := skipLoop(list)
			for _, v := range values {
				s.blocks(list[:len(list)-len(rest)], append(slices.Clone(vars), variable{words[1], v}))
			}
			list = rest
		default:
			if s.record(b, vars) {
				return nil
			}
		}
	}
	return nil
}

// loopValues are what the variable of "loop i FROM TO" or "foreach v A B …" runs through.
func loopValues(words []string) []string {
	const most = 1000 // files that loop more are about load, not about answers
	if words[0] == "foreach" {
		return words[min(2, len(words)):]
	}
	if len(words) < 4 {
		return nil
	}
	from, err1 := strconv.Atoi(words[2])
	to, err2 := strconv.Atoi(words[3])
	var values []string
	for i := from; err1 == nil && err2 == nil && i < to && len(values) < most; i++ {
		values = append(values, strconv.Itoa(i))
	}
	return values
}

// skipLoop gives what follows the end of the loop whose body list begins with.
func skipLoop(list []block) []block {
	depth := 1
	for i, b := range list {
		switch strings.Fields(b.lines[0])[0] {
		case "loop", "foreach":
			depth++
		case "endloop":
			if depth--; depth == 0 {
				return list[i+1:]
			}
		}
	}
	return nil
}

// record reads one block; true means that the file ends here.
func (s *script) record(b block, vars []variable) (halt bool) {
	for len(b.lines) > 0 {
		words := strings.Fields(b.lines[0])
		switch words[0] {
		case "skipif", "onlyif":
			if (len(words) > 1 && words[1] == engine) == (words[0] == "skipif") {
				s.passed++
				return false
			}
		case "halt":
			return true
		case "hash-threshold": // the answers say themselves whether they are hashes
			return false
		case "connection":
		default:
			s.statement(words, b, vars)
			return false
		}
		b.line++
		b.lines = b.lines[1:]
	}
	return false
}

// statement reads a record that begins with its directive.
func (s *script) statement(words []string, b block, vars []variable) {
	r := record{line: b.line}
	if !r.directive(words) {
		s.passed++
		return
	}
	body := b.lines[1:]
	if i := slices.Index(body, "----"); i >= 0 {
		body, r.want = body[:i], body[i+1:]
	}
	r.sql = strings.Join(body, "\n")
	for _, v := range vars {
		r.sql = strings.ReplaceAll(r.sql, "${"+v.name+"}", v.value)
	}
	if r.sql == "" {
		s.passed++
		return
	}
	if len(vars) > 0 {
		r.want = nil // it names the variable, if the file has it at all
	}
	s.records = append(s.records, r)
}

// directive reads "statement ok", "statement error" and "query TYPES SORT LABEL";
// false means that it is none of these.
func (r *record) directive(words []string) bool {
	if len(words) < 2 {
		return false
	}
	switch words[0] {
	case "statement":
		r.fails = words[1] == "error"
		return r.fails || words[1] == "ok"
	case "query":
		r.query = true
		if words[1] == "error" {
			r.fails = true
			return true
		}
		r.types = words[1]
		for i, w := range words[2:] {
			switch w {
			case "nosort":
			case "rowsort":
				r.sort = rowSort
			case "valuesort":
				r.sort = valueSort
			default:
				if i == 1 {
					r.label = w
				}
			}
		}
		return true
	}
	return false
}

// String says where a record is.
func (r *record) String() string { return fmt.Sprintf("%d: %s", r.line, r.sql) }
