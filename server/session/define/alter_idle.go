package define

import (
	"math"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// withoutEffect looks at SET (options) and RESET (options) of a table or column, which
// nothing here depends on, so that what PostgreSQL refuses is refused. Those of a table
// are kept.
func (e *Env) withoutEffect(t *catalog.Table, cmd *ast.AlterCmd) error {
	if cmd.Kind == ast.ResetOptions && slices.ContainsFunc(cmd.Options, func(o ast.Option) bool { return o.Value != nil }) {
		return pgerr.New(pgerrcode.SyntaxError, "RESET must not include values for parameters")
	}
	switch {
	case cmd.Name == "":
		return e.storageParameters(t, cmd)
	case t.ColumnByName(cmd.Name) == nil:
		return unaltered(t, cmd.Name)
	}
	return e.columnOptions(t, t.ColumnByName(cmd.Name), cmd)
}

// distinctOption is one of those of a column: a number of distinct values or, negated, their
// share of the rows.
var distinctOption = storageOption{float: true, min: -1, max: math.MaxFloat64}

// columnOptions changes the options of a column of a copy of a table.
func (e *Env) columnOptions(t *catalog.Table, c *catalog.Column, cmd *ast.AlterCmd) error {
	kept := c.Options
	for i := range cmd.Options {
		kept = kept.Without(cmd.Options[i].Name)
	}
	if cmd.Kind == ast.SetOptions {
		for i := range cmd.Options {
			o := &cmd.Options[i]
			if o.Name != "n_distinct" && o.Name != "n_distinct_inherited" {
				return unknownParameter(o.Name)
			}
			if err := distinctOption.check(o.Name, optionValue(o)); err != nil {
				return err
			}
		}
		given, err := tableOptions(cmd.Options, "")
		if err != nil {
			return err
		}
		kept = append(kept, given...)
	}
	c.Options = kept
	return e.putTable(t)
}

// storageParameters changes the parameters that WITH gave a table.
func (e *Env) storageParameters(t *catalog.Table, cmd *ast.AlterCmd) error {
	if cmd.Kind == ast.SetOptions {
		if t.IsPartitioned() && len(cmd.Options) > 0 {
			return unknownParameter(cmd.Options[0].Name)
		}
		if err := checkStorage(cmd.Options); err != nil {
			return err
		}
	}
	for _, namespace := range []string{"", "toast"} {
		kept := &t.Options
		if namespace != "" {
			kept = &t.ToastOptions
		}
		for i := range cmd.Options {
			if cmd.Options[i].Namespace == namespace {
				*kept = kept.Without(cmd.Options[i].Name)
			}
		}
		if cmd.Kind == ast.SetOptions {
			given, err := tableOptions(cmd.Options, namespace)
			if err != nil {
				return err
			}
			*kept = append(*kept, given...)
		}
	}
	return e.putTable(t)
}

func unknownParameter(name string) error {
	return pgerr.Newf(pgerrcode.InvalidParameterValue, "unrecognized parameter %q", name)
}
