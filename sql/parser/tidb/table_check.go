package tidb

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"
	tast "github.com/pingcap/tidb/pkg/parser/ast"
)

// What MySQL refuses of a table's definition as a whole, and PostgreSQL takes.

// checkTable refuses a definition with keys that MySQL has not.
func checkTable(s *tast.CreateTableStmt) {
	if len(s.Cols) == 0 && s.Select == nil {
		badDefinition("A table must have at least 1 column")
	}
	checkLength(s.Table.Name.O)
	checkKeys(s.Constraints)
	auto := ""
	for _, d := range s.Cols {
		if !hasOption(d, tast.ColumnOptionAutoIncrement) {
			continue
		}
		if auto != "" || !hasOption(d, tast.ColumnOptionPrimaryKey) && !hasOption(d, tast.ColumnOptionUniqKey) && !leadsKey(s.Constraints, d.Name.Name.L) {
			badDefinition(autoWithoutKey)
		}
		auto = d.Name.Name.L
	}
}

const autoWithoutKey = "Incorrect table definition; there can be only one auto column and it must be defined as a key"

func hasOption(d *tast.ColumnDef, kind tast.ColumnOptionType) bool {
	return slices.ContainsFunc(d.Options, func(o *tast.ColumnOption) bool { return o.Tp == kind })
}

// isKey reports a constraint that is an index.
func isKey(k *tast.Constraint) bool {
	switch k.Tp {
	case tast.ConstraintPrimaryKey, tast.ConstraintKey, tast.ConstraintIndex, tast.ConstraintUniq, tast.ConstraintUniqKey, tast.ConstraintUniqIndex:
		return true
	}
	return false
}

// leadsKey reports a column that is the first of some key.
func leadsKey(list []*tast.Constraint, column string) bool {
	return slices.ContainsFunc(list, func(k *tast.Constraint) bool {
		return isKey(k) && len(k.Keys) > 0 && k.Keys[0].Column != nil && k.Keys[0].Column.Name.L == column
	})
}

// checkKeys refuses keys of one name.
func checkKeys(list []*tast.Constraint) {
	var names []string
	for _, k := range list {
		if k.Tp == tast.ConstraintPrimaryKey || !isKey(k) && k.Tp != tast.ConstraintFulltext && k.Tp != tast.ConstraintVector || k.Name == "" {
			continue
		}
		checkLength(k.Name)
		if slices.Contains(names, strings.ToLower(k.Name)) {
			refuse(pgerrcode.DuplicateTable, "Duplicate key name '%s'", k.Name)
		}
		names = append(names, strings.ToLower(k.Name))
	}
}

// checkParts refuses a key that has a column twice.
func checkParts(list []*tast.IndexPartSpecification) {
	for i, p := range list {
		if p.Column != nil && slices.ContainsFunc(list[:i], func(q *tast.IndexPartSpecification) bool {
			return q.Column != nil && q.Column.Name.L == p.Column.Name.L
		}) {
			refuse(pgerrcode.DuplicateColumn, "Duplicate column name '%s'", p.Column.Name.O)
		}
	}
}

// lastOptions are the options of a column of which a later one takes an earlier one's place.
func lastOptions(list []*tast.ColumnOption) []*tast.ColumnOption {
	kind := func(o *tast.ColumnOption) tast.ColumnOptionType {
		switch o.Tp {
		case tast.ColumnOptionNull, tast.ColumnOptionNotNull:
			return tast.ColumnOptionNull
		case tast.ColumnOptionDefaultValue, tast.ColumnOptionUniqKey, tast.ColumnOptionPrimaryKey, tast.ColumnOptionComment:
			return o.Tp
		}
		return tast.ColumnOptionNoOption
	}
	var out []*tast.ColumnOption
	for i, o := range list {
		k := kind(o)
		if k == tast.ColumnOptionNoOption || !slices.ContainsFunc(list[i+1:], func(later *tast.ColumnOption) bool { return kind(later) == k }) {
			out = append(out, o)
		}
	}
	return out
}

// unsettles reports an action after which MySQL may refuse the table that there is.
func unsettles(s *tast.AlterTableSpec) bool {
	switch s.Tp {
	case tast.AlterTableDropColumn, tast.AlterTableDropIndex, tast.AlterTableDropPrimaryKey:
		return true
	}
	return slices.ContainsFunc(s.NewColumns, func(d *tast.ColumnDef) bool { return hasOption(d, tast.ColumnOptionAutoIncrement) })
}
