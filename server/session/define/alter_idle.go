package define

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// withoutEffect looks at SET (options) and RESET (options) of a table or column, which
// nothing here depends on, so that what PostgreSQL refuses is refused.
func (e *Env) withoutEffect(t *catalog.Table, cmd *ast.AlterCmd) error {
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
	return nil
}

func unknownParameter(name string) error {
	return pgerr.Newf(pgerrcode.InvalidParameterValue, "unrecognized parameter %q", name)
}
