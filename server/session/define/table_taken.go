package define

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// beforeTaken is what is wrong with a new table and is said before that its own name is
// taken: with what it names, its columns, its keys and its options.
func (e *Env) beforeTaken(ctx context.Context, schema *catalog.Schema, st *ast.CreateTable) error {
	e.change(ctx)
	if st.OfType != nil { // whose columns are named without types
		_, err := e.typeOfTable(st.OfType)
		return err
	}
	for i := range st.Like {
		if _, err := e.likeSource(&st.Like[i]); err != nil {
			return err
		}
	}
	t := &catalog.Table{Schema: schema.ID, Name: st.Name.Name, Kind: catalog.KindTable, Owner: e.Owner, Temp: schema.Temp}
	if _, err := e.parents(ctx, t, st); err != nil || st.Bound != nil {
		return err
	}
	for i := range st.Columns {
		d := &st.Columns[i]
		if err := checkDeclarations(t.Name, d); err != nil {
			return err
		}
		c, _, err := e.newColumn(d)
		if err != nil {
			return err
		}
		c.Num = int16(i + 1)
		t.Columns = append(t.Columns, c)
	}
	if len(st.Inherits) == 0 && len(st.Like) == 0 {
		if err := keysOfColumns(t, st); err != nil {
			return err
		}
	}
	if st.OnCommit != 0 && !schema.Temp {
		return pgerr.New(pgerrcode.InvalidTableDefinition, "ON COMMIT can only be used on temporary tables")
	}
	if err := checkStorage(st.With); err != nil && st.PartitionBy == nil {
		return err
	}
	named := &catalog.Table{}
	for i := range st.Columns {
		if err := checkColumnName(named, &st.Columns[i]); err != nil {
			return err
		}
		named.Columns = append(named.Columns, catalog.Column{Name: st.Columns[i].Name})
	}
	return nil
}

// keysOfColumns looks whether the columns of a table's keys are there, each once.
func keysOfColumns(t *catalog.Table, st *ast.CreateTable) error {
	all, err := allConstraints(st)
	if err != nil {
		return err
	}
	primary := false
	for i := range all {
		what := "unique constraint"
		switch k := &all[i]; k.Kind {
		case ast.ConPrimary:
			if what = "primary key constraint"; primary {
				return pgerr.Newf(pgerrcode.InvalidTableDefinition, "multiple primary keys for table %q are not allowed", t.Name).At(int(k.Pos))
			}
			primary = true
			fallthrough
		case ast.ConUnique:
			if _, err := attrs(t, k.Columns, what, k.Pos); err != nil {
				return err
			}
		}
	}
	return nil
}
