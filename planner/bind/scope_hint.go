package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// missingItem is 42P01 for a qualified reference, with PostgreSQL's hints.
func (b *binder) missingItem(s *scope, rel string, pos ast.Pos) error {
	for level := s; level != nil; level = level.parent {
		for _, it := range level.known() {
			of := it.rel != nil && it.rel.table != nil && it.rel.table.Name == rel
			if it.name != rel && !of {
				continue
			}
			err := errAt(pos, pgerrcode.UndefinedTable, "invalid reference to FROM-clause entry for table \"%s\"", rel)
			if it.name != rel && it.relVisible && slices.Contains(level.items, it) {
				return err.WithHint("Perhaps you meant to reference the table alias \"%s\".", it.name)
			}
			return err.WithHint("There is an entry for table \"%s\", but it cannot be referenced from this part of the query.", it.name)
		}
	}
	return errAt(pos, pgerrcode.UndefinedTable, "missing FROM-clause entry for table \"%s\"", rel)
}

// columnHint adds what errorMissingColumn knows to the error for a missing column: that
// some item has it but cannot be referenced, or one or two of a name close to it. rel is
// the item that it was asked of, "" for a bare name.
func (b *binder) columnHint(s *scope, rel, name string, e *pgerr.Error) error {
	const farthest = 3
	type found struct{ rel, col string }
	var first, second *found
	best := farthest + 1
	var looked []*nsItem
	for level := s; level != nil; level = level.parent {
		for _, it := range level.known() {
			if it.rel != nil && it.rel.table != nil && slices.ContainsFunc(looked, func(o *nsItem) bool { return o.name == it.name && o.rel.table == it.rel.table }) {
				continue // of ON CONFLICT, the table that INSERT does not see
			}
			if it.rel != nil {
				looked = append(looked, it)
			}
			away := 0
			if rel != "" {
				away = editDistance(rel, it.name)
			}
			if _, ok := systemColumns[name]; ok && away == 0 && it.rel != nil && it.rel.scan != nil {
				return e.WithHint("There is a column named \"%s\" in table \"%s\", but it cannot be referenced from this part of the query.", name, it.name)
			}
			for _, c := range it.cols {
				if c.name == name && away == 0 {
					return e.WithHint("There is a column named \"%s\" in table \"%s\", but it cannot be referenced from this part of the query.", name, it.name)
				}
				d := editDistance(name, c.name)
				if away > best || d > len(name)/2 {
					continue
				}
				switch d += away; {
				case d < best:
					best, first, second = d, &found{it.name, c.name}, nil
				case d > best || d > farthest:
				case second != nil: // too many
					first, second = nil, nil
				case first != nil:
					second = &found{it.name, c.name}
				default:
					first = &found{it.name, c.name}
				}
			}
		}
	}
	switch {
	case first == nil:
		return e
	case second != nil:
		return e.WithHint("Perhaps you meant to reference the column \"%s.%s\" or the column \"%s.%s\".", first.rel, first.col, second.rel, second.col)
	}
	return e.WithHint("Perhaps you meant to reference the column \"%s.%s\".", first.rel, first.col)
}

// known are all relations of the level, in the order in which they were found, joins aside.
func (s *scope) known() []*nsItem {
	all := slices.Clone(s.unseen)
	if s.united != nil {
		all = append(all, unseenOperands(s.united)...)
	}
	if s.seen != nil {
		all = append(all, *s.seen...)
	}
	all = append(all, s.items...)
	var out []*nsItem
	for i, it := range all {
		if it.name != "" && it.rel != nil && it.rel.what != "a join" && !slices.Contains(all[:i], it) {
			out = append(out, it)
		}
	}
	return out
}

// editDistance is Levenshtein's, in bytes.
func editDistance(a, b string) int {
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := prev[0]
		prev[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diag
			if a[i-1] != b[j-1] {
				cost++
			}
			diag = prev[j]
			prev[j] = min(cost, prev[j]+1, prev[j-1]+1)
		}
	}
	return prev[len(b)]
}
