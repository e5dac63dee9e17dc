package tidb

import (
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/format"
)

// Apart is what a dump's CREATE TABLE is taken apart into.
type Apart struct {
	Create string   // without what follows
	Later  []string // statements that add the foreign keys
	Left   []string // what this dialect has not, and a table can be without
}

// TakeApart takes the foreign keys out of a CREATE TABLE, as dumps make tables in the
// order of their names, and a key may refer to one that comes later; and what only says
// how rows are found or kept elsewhere: FULLTEXT and SPATIAL keys, partitions. A text
// that has none of that, or is anything else, comes back as it is.
func (Frontend) TakeApart(text string) (a Apart, err error) {
	a.Create = text
	lower := strings.ToLower(text)
	if !strings.Contains(lower, "foreign") && !strings.Contains(lower, "fulltext") && !strings.Contains(lower, "partition") {
		return a, nil
	}
	if err := checkNesting(text); err != nil {
		return a, err
	}
	list, err := grammar(text)
	if err != nil {
		if again, _, cut, err2 := beyondGrammar(text); err2 == nil && len(cut.json)+len(cut.into) == 0 {
			list, err = again, nil
		}
	}
	if err != nil || len(list) != 1 {
		return a, err
	}
	t, ok := list[0].(*tast.CreateTableStmt)
	if !ok {
		return a, nil
	}
	var keep, keys []*tast.Constraint
	for _, k := range t.Constraints {
		switch k.Tp {
		case tast.ConstraintForeignKey:
			keys = append(keys, k)
		case tast.ConstraintFulltext:
			a.Left = append(a.Left, "FULLTEXT index "+k.Name)
		default:
			keep = append(keep, k)
		}
	}
	if t.Partition != nil {
		a.Left = append(a.Left, "PARTITION BY")
		t.Partition = nil
	}
	if len(keys) == 0 && len(a.Left) == 0 {
		return a, nil
	}
	t.Constraints = keep
	create, err := restored(t)
	if err != nil {
		return a, err
	}
	for _, k := range keys {
		alter := &tast.AlterTableStmt{Table: t.Table, Specs: []*tast.AlterTableSpec{{Tp: tast.AlterTableAddConstraint, Constraint: k}}}
		s, err := restored(alter)
		if err != nil {
			return a, err
		}
		a.Later = append(a.Later, s)
	}
	a.Create = create
	return a, nil
}

// restored is a statement of the library as text.
func restored(n tast.Node) (string, error) {
	var b strings.Builder
	err := n.Restore(format.NewRestoreCtx(format.DefaultRestoreFlags|format.RestoreStringEscapeBackslash, &b))
	return b.String(), err
}
