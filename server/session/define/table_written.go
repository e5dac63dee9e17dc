package define

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// written looks at what CREATE TABLE says of columns and keys, before there is a table
// (transformCreateStmt): types and collations, declarations that exclude each other, the tables
// of LIKE, the columns of keys, and the sequences that come before their table.
func (e *Env) written(t *catalog.Table, schema *catalog.Schema, st *ast.CreateTable) error {
	known := &catalog.Table{Name: t.Name, Schema: t.Schema}
	if st.OfType != nil {
		of, err := e.typeOfTable(st.OfType)
		if err != nil {
			return err
		}
		know(known, of)
	}
	likes := st.Like
	for i := range st.Columns {
		for len(likes) > 0 && likes[0].After <= i {
			if err := e.likeWritten(known, &likes[0]); err != nil {
				return err
			}
			likes = likes[1:]
		}
		if err := e.columnWritten(known, &st.Columns[i], st); err != nil {
			return err
		}
	}
	for i := range likes {
		if err := e.likeWritten(known, &likes[i]); err != nil {
			return err
		}
	}
	if err := e.keysOfColumns(known, st); err != nil {
		return err
	}
	return e.sequencesWritten(known, schema, st)
}

// know adds the columns of src to those that are known by name.
func know(known, src *catalog.Table) {
	for _, c := range src.Listed() {
		if known.ColumnByName(c.Name) == nil {
			known.Columns = append(known.Columns, catalog.Column{Num: int16(len(known.Columns) + 1), Name: c.Name, Type: c.Type})
		}
	}
}

func (e *Env) likeWritten(known *catalog.Table, l *ast.TableLike) error {
	src, err := e.likeSource(l)
	if err == nil {
		know(known, src)
	}
	return err
}

// columnWritten is written for a column (transformColumnDefinition).
func (e *Env) columnWritten(known *catalog.Table, d *ast.ColumnDef, st *ast.CreateTable) error {
	c := catalog.Column{Num: int16(len(known.Columns) + 1), Name: d.Name}
	if d.Type.Name.Name != "" {
		if err := e.writtenType(&c, d, e.Notice); err != nil {
			return err
		}
	}
	if _, err := attributed(d.Constraints); err != nil {
		return err
	}
	of := ""
	switch {
	case st.OfType != nil:
		of = "typed tables"
	case st.Bound != nil:
		of = "partitions"
	}
	if err := checkDeclarations(known.Name, d, of); err != nil {
		return err
	}
	if known.ColumnByName(d.Name) == nil {
		known.Columns = append(known.Columns, c)
	}
	return nil
}

// checkDeclarations refuses what a column may be declared only once, or not
// together, and what columns of such tables cannot be, "" for those that can be all
// (transformColumnDefinition).
func checkDeclarations(table string, d *ast.ColumnDef, of string) error {
	var null, notNull, given, identity, generated bool
	list := d.Constraints
	if serialType(&d.Type) != 0 { // what that means is not written
		unwritten := ast.At{Pos: ast.NoPos}
		list = append(slices.Clip(list), ast.Constraint{At: unwritten, Kind: ast.ConDefault}, ast.Constraint{At: unwritten, Kind: ast.ConNotNull})
	}
	for i := range list {
		k := &list[i]
		wrong := ""
		switch k.Kind {
		case ast.ConNull:
			if null = true; notNull {
				wrong = "conflicting NULL/NOT NULL declarations for column"
			}
		case ast.ConNotNull:
			if notNull = true; null {
				wrong = "conflicting NULL/NOT NULL declarations for column"
			}
		case ast.ConDefault:
			if given {
				wrong = "multiple default values specified for column"
			}
			given = true
		case ast.ConIdentity:
			if of != "" {
				return pgerr.Newf(pgerrcode.FeatureNotSupported, "identity columns are not supported on %s", of)
			}
			if identity {
				wrong = "multiple identity specifications for column"
			}
			if identity = true; null && !notNull {
				wrong = "conflicting NULL/NOT NULL declarations for column"
			}
			notNull = true
		case ast.ConGenerated:
			if of != "" {
				return pgerr.Newf(pgerrcode.FeatureNotSupported, "generated columns are not supported on %s", of)
			}
			if generated {
				wrong = "multiple generation clauses specified for column"
			}
			generated = true
		}
		switch {
		case wrong != "":
		case given && identity:
			wrong = "both default and identity specified for column"
		case given && generated:
			wrong = "both default and generation expression specified for column"
		case identity && generated:
			wrong = "both identity and generation expression specified for column"
		default:
			continue
		}
		return pgerr.Newf(pgerrcode.SyntaxError, "%s %q of table %q", wrong, d.Name, table).At(int(k.Pos))
	}
	return nil
}

// keysOfColumns looks whether the columns of a table's keys are there, each once
// (transformIndexConstraints).
func (e *Env) keysOfColumns(known *catalog.Table, st *ast.CreateTable) error {
	all, err := allConstraints(st)
	if err != nil {
		return err
	}
	primary, inherited := false, false
	for i := range all {
		what := "unique constraint"
		switch k := &all[i]; k.Kind {
		case ast.ConPrimary:
			if what = "primary key constraint"; primary {
				return pgerr.Newf(pgerrcode.InvalidTableDefinition, "multiple primary keys for table %q are not allowed", known.Name).At(int(k.Pos))
			}
			primary = true
			fallthrough
		case ast.ConUnique:
			for _, list := range [][]string{k.Columns, k.Including} {
				if !inherited && slices.ContainsFunc(list, func(name string) bool { return known.ColumnByName(name) == nil && !isSystemColumn(name) }) {
					inherited = true
					if err := e.parentsWritten(known, st); err != nil {
						return err
					}
				}
				if _, err := attrs(known, list, what, k.Pos); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// parentsWritten knows the columns of a table's parents.
func (e *Env) parentsWritten(known *catalog.Table, st *ast.CreateTable) error {
	for i := range st.Inherits {
		p, err := e.opened(&st.Inherits[i], notInherited)
		if err != nil {
			return err
		}
		know(known, p)
	}
	return nil
}

// sequencesWritten looks whether the sequences of serial and identity columns can be made,
// in the schema and with the options that are given.
func (e *Env) sequencesWritten(known *catalog.Table, schema *catalog.Schema, st *ast.CreateTable) error {
	for i := range st.Columns {
		d := &st.Columns[i]
		c := known.ColumnByName(d.Name)
		identity := slices.IndexFunc(d.Constraints, func(k ast.Constraint) bool { return k.Kind == ast.ConIdentity })
		if identity < 0 && serialType(&d.Type) == 0 {
			continue
		}
		q := &catalog.Sequence{Schema: schema.ID, Name: e.relationName(schema.ID, nil, known.Name, d.Name, "seq"), Type: c.Type.OID}
		if identity >= 0 {
			if err := identityType(c); err != nil {
				return err
			}
			if err := e.sequenceOptions(q, d.Constraints[identity].Options, true); err != nil {
				return err
			}
		}
		if err := notOfSystem(schema, q.Name); err != nil {
			return err
		}
	}
	return nil
}
