package pg

import (
	"sort"
	"strings"

	"github.com/loxodb/loxodb/sql/ident"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// cutNames are the notices about identifiers that are cut, up to what the grammar stopped at
// with err.
func cutNames(query string, standard bool, err error) (list []*pgerr.Error) {
	if !longWord(query) {
		return nil
	}
	for i := 0; i < len(query); {
		name, end := nextName(query, i, standard)
		if len(name) > ident.Max {
			list = append(list, ident.Notice(name).At(i))
		}
		i = end
	}
	if e, ok := pgerr.As(err); ok && e.Position > 0 {
		list = list[:sort.Search(len(list), func(i int) bool { return list[i].Position > e.Position })]
	}
	for _, n := range list {
		n.Position = 0 // PostgreSQL gives none
	}
	return list
}

// longWord is a quick look for what cutNames is after. A word that is cut has a byte at one of
// the places that are as far from each other as it is long at least.
func longWord(s string) bool {
	part := func(i int) bool { return isWordByte(s[i]) || s[i] == '$' }
	const apart = ident.Max + 1
	for i := apart - 1; i < len(s); i += apart {
		start, end := i, i
		for end < len(s) && part(end) {
			end++
		}
		for end > start && start > 0 && part(start-1) {
			start--
		}
		if end-start > ident.Max {
			return true
		}
	}
	return len(s) > ident.Max && strings.IndexByte(s, '"') >= 0
}

// nextName consumes a token at i; name is the identifier that it is, if it may be a long one.
func nextName(s string, i int, standard bool) (name string, end int) {
	end = i + 1
	switch b := s[i]; {
	case b == '\'':
		return "", skipQuoted(s, end, b, !standard)
	case b == '$':
		return "", skipDollar(s, i)
	case b == '"':
		for end = skipQuoted(s, end, b, false); end < len(s) && s[end] == '"'; {
			end = skipQuoted(s, end+1, b, false)
		}
		if end-i > ident.Max {
			name = strings.ReplaceAll(strings.Trim(s[i:end], `"`), `""`, `"`)
		}
	case isWordByte(b):
		for end < len(s) && (isWordByte(s[end]) || s[end] == '$') {
			end++
		}
		switch {
		case end < len(s) && s[end] == '\'' && end == i+1 && b|0x20 == 'e':
			return "", skipQuoted(s, end+1, '\'', true)
		case end-i > ident.Max && (b < '0' || b > '9'):
			name = asciiLower(s[i:end])
		}
	default:
		if stop := skipComment(s, i); stop > i {
			end = stop
		}
	}
	return name, end
}

// asciiLower folds what the scanner folds.
func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			r |= 0x20
		}
		return r
	}, s)
}
