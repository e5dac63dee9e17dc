package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// alterView runs the actions of ALTER VIEW, and those of ALTER TABLE on a view: defaults
// that its columns have when rows are inserted through it, and options.
func (e *Env) alterView(ctx context.Context, view *catalog.Table, st *ast.AlterTable) error {
	owner := ""
	if err := e.own(ctx, view); err != nil {
		return err
	}
	edit := e.change(ctx)
	t := copyTable(view)
	for i := range st.Cmds {
		switch cmd := &st.Cmds[i]; cmd.Kind {
		case ast.ColumnDefault:
			c := t.ColumnByName(cmd.Name)
			if c == nil {
				return noColumn(t, cmd.Name)
			}
			if c.Default = ""; cmd.Expr == nil {
				continue
			}
			text, err := e.storedText(cmd.Expr, t, bind.Default, c.Type, c.Name)
			if err != nil {
				return placeless(err)
			}
			id, err := edit.NewID(ctx)
			if err != nil {
				return err
			}
			c.Default, c.DefaultID = text, id
		case ast.SetOptions, ast.ResetOptions:
			if cmd.Name != "" {
				return notForViews(t, cmd)
			}
			if err := e.changeViewOptions(t, cmd); err != nil {
				return err
			}
		case ast.ChangeOwner:
			owner = cmd.Name
		default:
			return notForViews(t, cmd)
		}
	}
	if err := e.putTable(t); err != nil || owner == "" {
		return err
	}
	return e.changeOwner(ctx, &ast.QName{Schema: e.Catalog.SchemaName(t.Schema), Name: t.Name}, "", owner)
}

// changeViewOptions is SET and RESET of options.
func (e *Env) changeViewOptions(t *catalog.Table, cmd *ast.AlterCmd) error {
	for i := range cmd.Options {
		o := &cmd.Options[i]
		if t.Options = t.Options.Without(o.Name); o.Name == "check_option" {
			t.CheckOption = 0
		}
	}
	if cmd.Kind == ast.ResetOptions {
		return nil
	}
	if err := setViewOptions(t, cmd.Options); err != nil {
		return err
	}
	return e.checkable(t)
}

// checkable refuses a check option of a view that cannot be written.
func (e *Env) checkable(t *catalog.Table) error {
	if t.CheckOption == 0 {
		return nil
	}
	if _, why, err := bind.ViewUpdates(t, e.options()); err != nil || why == "" {
		return err
	} else {
		return pgerr.New(pgerrcode.FeatureNotSupported, "WITH CHECK OPTION is supported only on automatically updatable views").WithHint("%s", why)
	}
}

// setViewOptions reads the options of a view.
func setViewOptions(t *catalog.Table, list []ast.Option) error {
	for i := range list {
		o := &list[i]
		if o.Namespace == "toast" { // of which a view has none
			continue
		}
		value := "true"
		switch v := o.Value.(type) {
		case nil:
		case *ast.Lit:
			value = literalText(v)
		}
		if slices.ContainsFunc(list[:i], func(other ast.Option) bool { return other.Name == o.Name && other.Namespace == o.Namespace }) {
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "parameter %q specified more than once", o.Name)
		}
		switch o.Name {
		case "oids":
			if on, ok := boolWord(value); ok && on {
				return pgerr.New(pgerrcode.FeatureNotSupported, "tables declared WITH OIDS are not supported")
			}
			continue
		case "check_option":
			if value != "local" && value != "cascaded" {
				return pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid value for enum option \"check_option\": %s", value).
					WithDetail("Valid values are \"local\" and \"cascaded\".")
			}
			t.CheckOption = value[0]
		case "security_barrier", "security_invoker":
			if !isBoolText(value) {
				return pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid value for boolean option %q: %s", o.Name, value)
			}
		default:
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "unrecognized parameter %q", o.Name)
		}
		t.Options = append(t.Options.Without(o.Name), catalog.Option{Name: o.Name, Value: value})
	}
	return nil
}

// literalText is an option's value as it was written.
func literalText(v *ast.Lit) string {
	switch v.Kind {
	case ast.LitBool:
		return map[bool]string{true: "true", false: "false"}[v.Bool]
	case ast.LitInt:
		return ast.Print(v)
	}
	return v.Text
}

// isBoolText reports a text that stands for a boolean (parse_bool).
func isBoolText(s string) bool {
	switch s {
	case "true", "tru", "tr", "t", "false", "fals", "fal", "fa", "f", "yes", "ye", "y", "no", "n", "on", "off", "of", "1", "0":
		return true
	}
	return false
}

// alterWords are the actions as PostgreSQL names them in errors.
var alterWords = map[ast.AlterKind]string{
	ast.AddColumn: "ADD COLUMN", ast.DropColumn: "DROP COLUMN", ast.DropNotNull: "ALTER COLUMN ... DROP NOT NULL",
	ast.SetNotNull: "ALTER COLUMN ... SET NOT NULL", ast.ColumnType: "ALTER COLUMN ... SET DATA TYPE",
	ast.SetStatistics: "ALTER COLUMN ... SET STATISTICS", ast.SetStorage: "ALTER COLUMN ... SET STORAGE", ast.SetCompression: "ALTER COLUMN ... SET COMPRESSION",
	ast.SetOptions: "ALTER COLUMN ... SET", ast.ResetOptions: "ALTER COLUMN ... RESET",
	ast.AddIdentity: "ALTER COLUMN ... ADD IDENTITY", ast.SetIdentity: "ALTER COLUMN ... SET", ast.DropIdentity: "ALTER COLUMN ... DROP IDENTITY",
	ast.DropExpression: "ALTER COLUMN ... DROP EXPRESSION", ast.AddConstraint: "ADD CONSTRAINT", ast.DropConstraint: "DROP CONSTRAINT",
	ast.AlterConstraint: "ALTER CONSTRAINT", ast.ValidateConstraint: "VALIDATE CONSTRAINT", ast.ClusterOn: "CLUSTER ON", ast.WithoutCluster: "SET WITHOUT CLUSTER",
	ast.SetLogged: "SET LOGGED", ast.SetUnlogged: "SET UNLOGGED", ast.EnableTrigger: "ENABLE TRIGGER", ast.DisableTrigger: "DISABLE TRIGGER",
	ast.EnableRowSecurity: "ENABLE ROW SECURITY", ast.DisableRowSecurity: "DISABLE ROW SECURITY", ast.ForceRowSecurity: "FORCE ROW SECURITY",
	ast.NoForceRowSecurity: "NO FORCE ROW SECURITY", ast.AddInherit: "INHERIT", ast.DropInherit: "NO INHERIT",
	ast.SetTyped: "OF", ast.DropTyped: "NOT OF", ast.SetTablespace: "SET TABLESPACE", ast.SetAccessMethod: "SET ACCESS METHOD",
	ast.AttachPartition: "ATTACH PARTITION", ast.DetachPartition: "DETACH PARTITION",
	ast.ReplicaIdentity: "REPLICA IDENTITY", ast.EnableAlwaysTrigger: "ENABLE ALWAYS TRIGGER", ast.EnableReplicaTrigger: "ENABLE REPLICA TRIGGER",
}

func notForViews(t *catalog.Table, cmd *ast.AlterCmd) error {
	words := alterAction(cmd)
	if words == "" {
		return pgerr.NotSupported(int(cmd.Pos), "this form of ALTER VIEW is not supported")
	}
	return unsupported("ALTER action "+words+" cannot be performed on", t.Name, "views")
}
