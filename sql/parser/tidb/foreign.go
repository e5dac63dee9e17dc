package tidb

import (
	"strings"

	"github.com/pingcap/tidb/pkg/parser"
	tast "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/format"
)

// ForeignKeysApart takes the foreign keys out of a CREATE TABLE: dumps make tables in
// the order of their names, and a key may refer to one that comes later. Both are
// returned in this dialect. A text without foreign keys, or that is anything else,
// comes back as it is.
func (Frontend) ForeignKeysApart(text string) (create string, later []string, err error) {
	if !strings.Contains(strings.ToLower(text), "foreign") {
		return text, nil, nil
	}
	if err := checkNesting(text); err != nil {
		return text, nil, err
	}
	p := parsers.Get().(*parser.Parser)
	defer parsers.Put(p)
	p.Reset()
	list, _, err := p.ParseSQL(text)
	if err != nil || len(list) != 1 {
		return text, nil, err
	}
	t, ok := list[0].(*tast.CreateTableStmt)
	if !ok {
		return text, nil, nil
	}
	var keep, keys []*tast.Constraint
	for _, k := range t.Constraints {
		if k.Tp == tast.ConstraintForeignKey {
			keys = append(keys, k)
		} else {
			keep = append(keep, k)
		}
	}
	if len(keys) == 0 {
		return text, nil, nil
	}
	t.Constraints = keep
	if create, err = restored(t); err != nil {
		return text, nil, err
	}
	for _, k := range keys {
		alter := &tast.AlterTableStmt{Table: t.Table, Specs: []*tast.AlterTableSpec{{Tp: tast.AlterTableAddConstraint, Constraint: k}}}
		s, err := restored(alter)
		if err != nil {
			return text, nil, err
		}
		later = append(later, s)
	}
	return create, later, nil
}

// restored is a statement of the library as text.
func restored(n tast.Node) (string, error) {
	var b strings.Builder
	err := n.Restore(format.NewRestoreCtx(format.DefaultRestoreFlags|format.RestoreStringEscapeBackslash, &b))
	return b.String(), err
}
