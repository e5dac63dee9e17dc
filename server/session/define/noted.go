package define

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// What ALTER TABLE says of statistics, replication and clustering changes nothing here: it
// is checked, kept, and shown to clients and dumps.

// maxStatTarget is the greatest target of SET STATISTICS.
const maxStatTarget = 10000

// statTarget reads the target of SET STATISTICS as catalog.Column.StatTarget.
func (e *Env) statTarget(cmd *ast.AlterCmd) (int, error) {
	l, ok := cmd.Expr.(*ast.Lit)
	if !ok {
		return 0, nil // DEFAULT
	}
	switch {
	case l.Int < -1:
		return 0, pgerr.Newf(pgerrcode.InvalidParameterValue, "statistics target %d is too low", l.Int)
	case l.Int > maxStatTarget:
		w := pgerr.Newf(pgerrcode.InvalidParameterValue, "lowering statistics target to %d", maxStatTarget)
		w.Severity = pgerr.Warning
		e.Notice(w)
		return maxStatTarget + 1, nil
	}
	return int(l.Int) + 1, nil
}

// setStatistics is ALTER TABLE … ALTER COLUMN … SET STATISTICS.
func (e *Env) setStatistics(t *catalog.Table, cmd *ast.AlterCmd) error {
	if cmd.Name == "" {
		return pgerr.NotSupported(-1, "cannot refer to non-index column by number")
	}
	target, err := e.statTarget(cmd)
	if err != nil {
		return err
	}
	c := t.ColumnByName(cmd.Name)
	if c == nil {
		if systemNames[cmd.Name] {
			return pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot alter system column %q", cmd.Name)
		}
		return noColumn(t, cmd.Name)
	}
	c.StatTarget = target
	return e.putTable(t)
}

// setIndexStatistics is ALTER INDEX … ALTER COLUMN … SET STATISTICS for a copy of an index.
func (e *Env) setIndexStatistics(t *catalog.Table, x *catalog.Index, cmd *ast.AlterCmd) error {
	target, err := e.statTarget(cmd)
	if err != nil {
		return err
	}
	n := cmd.Num
	if cmd.Name != "" {
		return pgerr.Newf(pgerrcode.UndefinedColumn, "column %q of relation %q does not exist", cmd.Name, x.Name)
	}
	if n < 1 || n > len(x.Keys)+len(x.Include) {
		return pgerr.Newf(pgerrcode.UndefinedColumn, "column number %d of relation %q does not exist", n, x.Name)
	}
	if n > len(x.Keys) {
		return pgerr.NotSupported(-1, "cannot alter statistics on included column %q of index %q", t.Columns[x.Include[n-len(x.Keys)-1]-1].Name, x.Name)
	}
	if a := x.Keys[n-1].Attr; a != 0 {
		return pgerr.NotSupported(-1, "cannot alter statistics on non-expression column %q of index %q", t.Columns[a-1].Name, x.Name).
			WithHint("Alter statistics on table column instead.")
	}
	x.Keys = append([]catalog.IndexKey(nil), x.Keys...)
	x.Keys[n-1].StatTarget = target
	return nil
}

// indexOf finds an index of a table by a name without a schema.
func (e *Env) indexOf(t *catalog.Table, name string) (*catalog.Index, error) {
	for _, x := range t.Indexes {
		if x.Name == name {
			return x, nil
		}
	}
	if x, ok := e.Catalog.Table(t.Schema, name); ok {
		return nil, notKind(x.Name, "an index")
	}
	if _, ok := e.Catalog.Sequence(t.Schema, name); ok {
		return nil, notKind(name, "an index")
	}
	if e.Catalog.RelationExists(t.Schema, name) {
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is not an index for table %q", name, t.Name)
	}
	return nil, pgerr.Newf(pgerrcode.UndefinedObject, "index %q for table %q does not exist", name, t.Name)
}

// replicaIdentity is ALTER TABLE … REPLICA IDENTITY.
func (e *Env) replicaIdentity(t *catalog.Table, cmd *ast.AlterCmd) error {
	var chosen *catalog.Index
	kind := cmd.Options[0].Name[0]
	if kind == 'i' {
		var err error
		if chosen, err = e.indexOf(t, cmd.Name); err != nil {
			return err
		}
		if err := identifies(t, chosen); err != nil {
			return err
		}
	}
	if kind == 'd' {
		kind = 0
	}
	t.ReplicaIdentity = kind
	for i, x := range t.Indexes {
		if is := x == chosen; x.ReplicaIdentity != is {
			c := *x
			c.ReplicaIdentity = is
			t.Indexes[i] = &c
		}
	}
	return e.putTable(t)
}

// identifies refuses an index that cannot tell rows apart.
func identifies(t *catalog.Table, x *catalog.Index) error {
	cannot := func(what string) error {
		return pgerr.NotSupported(-1, "cannot use %s index %q as replica identity", what, x.Name)
	}
	switch {
	case !x.Unique:
		return pgerr.Newf(pgerrcode.WrongObjectType, "cannot use non-unique index %q as replica identity", x.Name)
	case x.Deferrable:
		return cannot("non-immediate")
	}
	for i := range x.Keys {
		if x.Keys[i].Attr == 0 {
			return cannot("expression")
		}
	}
	switch {
	case x.Where != "":
		return cannot("partial")
	case !x.Valid:
		return cannot("invalid")
	}
	for i := range x.Keys {
		if c := t.Column(x.Keys[i].Attr); !c.NotNull {
			return pgerr.Newf(pgerrcode.WrongObjectType, "index %q cannot be used as replica identity because column %q is nullable", x.Name, c.Name)
		}
	}
	return nil
}

// clusterOn is ALTER TABLE … CLUSTER ON, and SET WITHOUT CLUSTER without a name.
func (e *Env) clusterOn(t *catalog.Table, name string) error {
	var chosen *catalog.Index
	if name != "" {
		x, err := e.indexOf(t, name)
		if err == nil {
			err = mayClusterOn(x)
		}
		if err != nil {
			return err
		}
		chosen = x
	}
	if t.IsPartitioned() {
		return pgerr.NotSupported(-1, "cannot mark index clustered in partitioned table")
	}
	for i, x := range t.Indexes {
		if is := x == chosen; x.Clustered != is {
			c := *x
			c.Clustered = is
			t.Indexes[i] = &c
		}
	}
	return e.putTable(t)
}

// mayClusterOn refuses indexes that no table is clustered on (check_index_is_clusterable).
func mayClusterOn(x *catalog.Index) error {
	switch {
	case x.AccessMethod() != "btree" && !x.Gist:
		return pgerr.NotSupported(-1, "cannot cluster on index %q because access method does not support clustering", x.Name)
	case x.Where != "":
		return pgerr.NotSupported(-1, "cannot cluster on partial index %q", x.Name)
	case !x.Valid:
		return pgerr.NotSupported(-1, "cannot cluster on invalid index %q", x.Name)
	}
	return nil
}

// cluster is CLUSTER. Rows are kept in the order of their keys, and no index changes that:
// the table is marked, as in PostgreSQL, for clients, dumps and the next CLUSTER.
func (e *Env) cluster(ctx context.Context, st *ast.Cluster) error {
	for i := range st.Options {
		if o := &st.Options[i]; o.Name != "verbose" {
			return pgerr.Newf(pgerrcode.SyntaxError, "unrecognized CLUSTER option %q", o.Name).At(int(o.Pos))
		}
	}
	if st.Name.Name == "" {
		return e.Alone("CLUSTER") // all that are marked are so already
	}
	t, err := e.table(&st.Name)
	switch {
	case err != nil:
		return err
	case !t.IsStored() && !t.IsPartitioned():
		return pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a table or materialized view", t.Name)
	}
	name := st.Index
	for _, x := range t.Indexes {
		if name == "" && x.Clustered {
			name = x.Name
		}
	}
	if name == "" {
		return pgerr.Newf(pgerrcode.UndefinedObject, "there is no previously clustered index for table %q", t.Name)
	}
	if t.IsPartitioned() {
		return e.clusterParts(ctx, t, name)
	}
	if err := e.own(ctx, t); err != nil {
		return err
	}
	e.change(ctx)
	return e.clusterOn(copyTable(t), name)
}

// clusterParts is CLUSTER of a partitioned table by one of its indexes: each partition is
// marked with the part that it has.
func (e *Env) clusterParts(ctx context.Context, t *catalog.Table, name string) error {
	x, err := e.indexOf(t, name)
	if err != nil {
		return err
	}
	if err := e.Alone("CLUSTER"); err != nil {
		return err
	}
	if err := mayClusterOn(x); err != nil {
		return err
	}
	return e.clusterBelow(ctx, t, x)
}

func (e *Env) clusterBelow(ctx context.Context, t *catalog.Table, x *catalog.Index) error {
	for _, id := range t.Children {
		c, _ := e.Catalog.TableByID(id)
		for _, part := range c.Indexes {
			switch {
			case part.Parent != x.ID:
				continue
			case c.IsPartitioned():
				if err := e.clusterBelow(ctx, c, part); err != nil {
					return err
				}
				continue
			}
			if err := e.own(ctx, c); err != nil {
				return err
			}
			e.change(ctx)
			if err := e.clusterOn(copyTable(c), part.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// notes reports an action that materialized views take as tables do.
func notes(k ast.AlterKind) bool {
	return k == ast.SetStatistics || k == ast.SetStorage || k == ast.SetCompression || k == ast.ClusterOn || k == ast.WithoutCluster ||
		k == ast.SetOptions || k == ast.ResetOptions || k == ast.SetTablespace || k == ast.SetAccessMethod
}

// noteMatView runs such actions on a materialized view.
func (e *Env) noteMatView(ctx context.Context, t *catalog.Table, st *ast.AlterTable) error {
	if err := e.own(ctx, t); err != nil {
		return err
	}
	e.change(ctx)
	for i := range st.Cmds {
		t, _ = e.Catalog.TableByID(t.ID)
		if err := e.alter(ctx, t, copyTable(t), &st.Cmds[i]); err != nil {
			return err
		}
	}
	return nil
}
