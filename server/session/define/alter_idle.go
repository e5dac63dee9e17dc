package define

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// withoutEffect looks at an action of ALTER TABLE that nothing here depends on, so that
// what PostgreSQL refuses is refused.
func (e *Env) withoutEffect(t *catalog.Table, cmd *ast.AlterCmd) error {
	switch cmd.Kind {
	case ast.SetStatistics, ast.SetOptions, ast.ResetOptions:
		if cmd.Name != "" && t.ColumnByName(cmd.Name) == nil {
			return unaltered(t, cmd.Name)
		}
		switch {
		case cmd.Kind != ast.SetOptions:
			return nil
		case cmd.Name == "":
			if t.IsPartitioned() && len(cmd.Options) > 0 {
				return unknownParameter(cmd.Options[0].Name)
			}
			return checkStorage(cmd.Options)
		}
		for i := range cmd.Options {
			if n := cmd.Options[i].Name; n != "n_distinct" && n != "n_distinct_inherited" {
				return unknownParameter(n)
			}
		}
	case ast.ClusterOn:
		_, err := e.indexOf(t, cmd.Name)
		return err
	case ast.ReplicaIdentity:
		if cmd.Name == "" {
			return nil
		}
		x, err := e.indexOf(t, cmd.Name)
		if err == nil && !x.Unique {
			err = pgerr.Newf(pgerrcode.WrongObjectType, "cannot use non-unique index %q as replica identity", x.Name)
		}
		return err
	}
	return nil
}

func unknownParameter(name string) error {
	return pgerr.Newf(pgerrcode.InvalidParameterValue, "unrecognized parameter %q", name)
}

// indexOf is an index of the table by its name.
func (e *Env) indexOf(t *catalog.Table, name string) (*catalog.Index, error) {
	x, ok := e.Catalog.Index(t.Schema, name)
	switch {
	case ok && x.Table == t.ID:
		return x, nil
	case ok || e.Catalog.RelationExists(t.Schema, name):
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is not an index for table %q", name, t.Name)
	}
	return nil, pgerr.Newf(pgerrcode.UndefinedObject, "index %q for table %q does not exist", name, t.Name)
}
