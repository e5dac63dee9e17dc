package define

import (
	"context"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// Indexes, sequences and relations of the system share their names with tables. A
// statement that is about tables and names one of them says what it found.

// otherRelation is a relation that is neither a table nor a view of the catalog.
type otherRelation struct {
	name   string
	kind   ast.ObjectKind // ObjIndex or ObjSequence, "" of the system
	plural string         // as errors call its kind
}

// other finds the relation that a name means where it means no table, nil for none.
func (e *Env) other(n *ast.QName) *otherRelation {
	if bind.IsSystemRelation(n) {
		return &otherRelation{name: n.Name}
	}
	var o *otherRelation
	_ = e.find(n, func(schema catalog.ID) bool {
		if x, ok := e.Catalog.Index(schema, n.Name); ok {
			o = &otherRelation{x.Name, ast.ObjIndex, "indexes"}
			if t, ok := e.Catalog.TableByID(x.Table); ok && t.IsPartitioned() {
				o.plural = "partitioned indexes"
			}
		} else if q, ok := e.Catalog.Sequence(schema, n.Name); ok {
			o = &otherRelation{q.Name, ast.ObjSequence, "sequences"}
		}
		return o != nil
	})
	return o
}

// systemCatalog is 42501 for changes of a relation of the system.
func systemCatalog(name string) error {
	return denied("permission denied: %q is a system catalog", name)
}

// notKind is 42809 for a relation that is not what it should be: "a view".
func notKind(name, what string) error {
	return pgerr.Newf(pgerrcode.WrongObjectType, "%q is not %s", name, what)
}

// unsupported is 42809 for what cannot be done to a kind of relations: "cannot …" with
// the relation's name to come, and the kind in the plural.
func unsupported(cannot, name, plural string) error {
	return pgerr.Newf(pgerrcode.WrongObjectType, cannot+" relation %q", name).
		WithDetail("This operation is not supported for %s.", plural)
}

// anyRelation reports that a name means a relation of whatever kind.
func (e *Env) anyRelation(n *ast.QName) bool {
	t, _ := e.table(n)
	return t != nil || e.other(n) != nil
}

// misnamed is err, the answer to a look-up of an index or a sequence, or that the name
// is another relation's and so not what.
func (e *Env) misnamed(n *ast.QName, what string, err error) error {
	if pgerr.Code(err) == pgerrcode.UndefinedTable && e.anyRelation(n) {
		return notKind(n.Name, what)
	}
	return err
}

// opened finds the table that a statement names beside the one it is about. Indexes and
// composite types are 42809 wherever they stand; refuse is the error about another relation
// that is no table: its name, and its kind in the plural.
func (e *Env) opened(n *ast.QName, refuse func(name, plural string) error) (*catalog.Table, error) {
	t, err := e.table(n)
	if err != nil {
		switch o := e.other(n); {
		case o != nil && o.kind == ast.ObjIndex:
			return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is an index", o.name)
		case o != nil && o.kind == ast.ObjSequence:
			return nil, refuse(o.name, o.plural)
		}
		return nil, err
	}
	switch t.Kind {
	case catalog.KindComposite:
		return nil, notComposite(t)
	case catalog.KindView:
		return nil, refuse(t.Name, "views")
	case catalog.KindMatView:
		return nil, refuse(t.Name, "materialized views")
	}
	return t, nil
}

// actionRefused is the error of opened for an action of ALTER TABLE.
func actionRefused(action string) func(name, plural string) error {
	return func(name, plural string) error {
		return unsupported("ALTER action "+action+" cannot be performed on", name, plural)
	}
}

// notIndexed is err, the answer to the look-up of a table to index, or what it is that
// has the name instead.
func (e *Env) notIndexed(n *ast.QName, err error) error {
	switch o := e.other(n); {
	case o == nil:
		return err
	case o.kind == "":
		return systemCatalog(o.name)
	case o.kind == ast.ObjIndex:
		return pgerr.Newf(pgerrcode.WrongObjectType, "%q is an index", o.name)
	default:
		return unsupported("cannot create index on", o.name, o.plural)
	}
}

// notTruncated is notIndexed for TRUNCATE.
func (e *Env) notTruncated(n *ast.QName, err error) error {
	switch o := e.other(n); {
	case o == nil:
		return err
	case o.kind == "":
		return systemCatalog(o.name)
	default:
		return notKind(o.name, "a table")
	}
}

// alterOfOther is ALTER TABLE of a name that no table has; missing is what its look-up
// answered.
func (e *Env) alterOfOther(ctx context.Context, st *ast.AlterTable, missing error) error {
	o := e.other(&st.Name)
	switch {
	case o == nil:
		return missing
	case o.kind == "":
		return systemCatalog(o.name)
	}
	for i := range st.Cmds {
		if o.kind == ast.ObjIndex && (st.Cmds[i].Kind == ast.SetOptions || st.Cmds[i].Kind == ast.ResetOptions) && st.Cmds[i].Name == "" {
			return e.alterIndex(ctx, st)
		}
		if o.kind == ast.ObjIndex && st.Cmds[i].Kind == ast.SetTablespace {
			return e.alterIndex(ctx, st)
		}
		if words := alterAction(&st.Cmds[i]); words != "" {
			return unsupported("ALTER action "+words+" cannot be performed on", o.name, o.plural)
		}
	}
	return missing
}

// alterAction is what PostgreSQL calls an action in errors, "" for one that it does not
// name there or that all relations know.
func alterAction(cmd *ast.AlterCmd) string {
	switch cmd.Kind {
	case ast.ColumnDefault:
		return "ALTER COLUMN ... SET DEFAULT"
	case ast.SetOptions:
		if cmd.Name == "" {
			return "SET"
		}
	case ast.ResetOptions:
		if cmd.Name == "" {
			return "RESET"
		}
	case ast.AlterOther:
		if strings.ToUpper(cmd.Name) == cmd.Name {
			return cmd.Name
		}
		return ""
	}
	words := alterWords[cmd.Kind]
	if (cmd.Kind == ast.EnableTrigger || cmd.Kind == ast.DisableTrigger) && len(cmd.Options) > 0 {
		words += " " + strings.ToUpper(cmd.Options[0].Name)
	}
	return words
}

// forMatViews reports an action of ALTER TABLE that materialized views know, too.
func forMatViews(cmd *ast.AlterCmd) bool {
	switch cmd.Kind {
	case ast.SetStatistics, ast.SetStorage, ast.SetCompression, ast.SetOptions, ast.ResetOptions, ast.ClusterOn, ast.WithoutCluster, ast.ChangeOwner,
		ast.SetTablespace, ast.SetAccessMethod:
		return true
	case ast.AlterOther:
		return cmd.Name != "SET WITHOUT OIDS"
	}
	return false
}
