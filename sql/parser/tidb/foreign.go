package tidb

import (
	"slices"
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/format"
	"github.com/pingcap/tidb/pkg/parser/mysql"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Apart is what a dump's CREATE TABLE is taken apart into.
type Apart struct {
	Create string   // without what follows
	Later  []string // statements that add the foreign keys
	// Keys make its keys that are not unique, which nothing needs before the rows are there:
	// from all of them they are made in a fraction of the time.
	Keys []string
	// Changed says of each thing that this dialect has not, and a table can be without, what
	// became of it.
	Changed []string
	// Undivided is Create without its partitions, "" where it has none.
	Undivided string
}

// TakeApart takes the foreign keys out of a CREATE TABLE, as dumps make tables in the
// order of their names, and a key may refer to one that comes later; keys that are not unique; and what a table can
// hold its rows without: FULLTEXT keys, partitions that are not supported, zero dates as
// defaults, whose columns can be NULL instead. A text that has none of that, or is anything
// else, comes back as it is.
func (f Frontend) TakeApart(text string) (a Apart, err error) {
	a.Create = text
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
	var keep, keys, plain []*tast.Constraint
	for _, k := range t.Constraints {
		switch {
		case canWait(t, k):
			plain = append(plain, k)
			continue
		case k.Tp == tast.ConstraintForeignKey:
			keys = append(keys, k)
			continue
		case k.Tp == tast.ConstraintFulltext:
			a.Changed = append(a.Changed, "FULLTEXT index "+k.Name+" is left out")
			continue
		}
		keep = append(keep, k)
	}
	a.Changed = append(a.Changed, withoutZeroDates(t.Cols)...)
	t.Constraints = keep
	if t.Partition != nil {
		if a.Undivided, err = undivided(t); err != nil {
			return a, err
		}
		if why := f.noPartitions(t, a.Undivided); why != "" {
			a.Changed, a.Undivided, t.Partition = append(a.Changed, why), "", nil
		}
	}
	if len(keys)+len(plain) == 0 && len(a.Changed) == 0 {
		return a, nil
	}
	create, err := restored(t)
	if err != nil {
		return a, err
	}
	if a.Later, err = additions(t, keys); err != nil {
		return a, err
	}
	if a.Keys, err = additions(t, plain); err != nil {
		return a, err
	}
	a.Create = create
	return a, nil
}

// additions are the statements that add keys to a table.
func additions(t *tast.CreateTableStmt, keys []*tast.Constraint) (list []string, err error) {
	for _, k := range keys {
		s, err := restored(&tast.AlterTableStmt{Table: t.Table, Specs: []*tast.AlterTableSpec{{Tp: tast.AlterTableAddConstraint, Constraint: k}}})
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// canWait reports a key that is not unique and that an AUTO_INCREMENT column does not need; of
// vectors any.
// One without a name keeps its place, as names go by what is there, and so do those of IF NOT
// EXISTS, which an older table must not get.
func canWait(t *tast.CreateTableStmt, k *tast.Constraint) bool {
	vector := k.Tp == tast.ConstraintVector || k.Tp == tast.ConstraintColumnar
	switch {
	case t.IfNotExists || t.TemporaryKeyword != tast.TemporaryNone:
		return false
	case vector:
		return true
	case k.Tp != tast.ConstraintKey && k.Tp != tast.ConstraintIndex || k.Name == "":
		return false
	}
	return !slices.ContainsFunc(t.Cols, func(d *tast.ColumnDef) bool {
		return len(k.Keys) > 0 && k.Keys[0].Column != nil && k.Keys[0].Column.Name.L == d.Name.Name.L &&
			slices.ContainsFunc(d.Options, func(o *tast.ColumnOption) bool { return o.Tp == tast.ColumnOptionAutoIncrement })
	})
}

// undivided is a table's definition without its partitions.
func undivided(t *tast.CreateTableStmt) (string, error) {
	parts := t.Partition
	t.Partition = nil
	defer func() { t.Partition = parts }()
	return restored(t)
}

// noPartitions says why a table cannot have the partitions that it declares, "" where it can, or
// where something else is wrong with it.
func (f Frontend) noPartitions(t *tast.CreateTableStmt, undivided string) string {
	whole, err := restored(t)
	if err != nil {
		return ""
	}
	_, refused := f.Parse(whole)
	if refused == nil {
		return ""
	}
	if _, err := f.Parse(undivided); err != nil {
		return ""
	}
	return WithoutPartitions(refused)
}

// WithoutPartitions says that a table is made without its partitions because of an error.
func WithoutPartitions(err error) string {
	what := "PARTITION BY is left out"
	if e, ok := pgerr.As(err); ok {
		what += ", " + e.Message
	}
	return what
}

// withoutZeroDates takes the defaults that are no dates here out of columns, which hold NULL
// where MySQL has such.
func withoutZeroDates(cols []*tast.ColumnDef) (changed []string) {
	for _, d := range cols {
		if t := d.Tp.GetType(); t != mysql.TypeDate && t != mysql.TypeDatetime && t != mysql.TypeTimestamp {
			continue
		}
		zero := slices.IndexFunc(d.Options, func(o *tast.ColumnOption) bool {
			if o.Tp != tast.ColumnOptionDefaultValue {
				return false
			}
			s, ok := stringOf(o.Expr)
			return ok && strings.HasPrefix(s, "0000-00-00")
		})
		if zero < 0 {
			continue
		}
		d.Options = slices.DeleteFunc(slices.Delete(d.Options, zero, zero+1), func(o *tast.ColumnOption) bool { return o.Tp == tast.ColumnOptionNotNull })
		changed = append(changed, "zero dates are not supported, column "+d.Name.Name.O+" has NULL by default")
	}
	return changed
}

// restored is a statement of the library as text.
func restored(n tast.Node) (string, error) {
	var b strings.Builder
	err := n.Restore(format.NewRestoreCtx(format.DefaultRestoreFlags|format.RestoreStringEscapeBackslash, &b))
	return b.String(), err
}
