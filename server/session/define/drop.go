package define

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
)

// drop is DROP of anything: all names are looked up first, then everything goes
// together.
func (e *Env) drop(ctx context.Context, st *ast.Drop) error {
	if st.Kind == ast.ObjDatabase {
		return e.dropDatabase(ctx, st)
	}
	if st.Concurrently {
		if err := e.Alone("DROP INDEX CONCURRENTLY"); err != nil {
			return err
		}
		switch {
		case len(st.Names) > 1:
			return pgerr.New(pgerrcode.FeatureNotSupported, "DROP INDEX CONCURRENTLY does not support dropping multiple objects")
		case st.Cascade:
			return pgerr.New(pgerrcode.FeatureNotSupported, "DROP INDEX CONCURRENTLY does not support CASCADE")
		}
	}
	if st.Kind == "POLICY" {
		return e.dropPolicies(ctx, st)
	}
	if done, err := e.dropUnmade(st); done {
		return err
	}
	var targets []object
	for i := range st.Names {
		var o *object
		var err error
		if isRoutine(st.Kind) {
			if o, err = e.dropFunction(st, i); err != nil {
				return err
			}
		} else {
			o, err = e.dropTarget(ctx, st, &st.Names[i])
		}
		if err == nil {
			if o != nil && !slices.Contains(targets, *o) {
				targets = append(targets, *o)
			}
			continue
		}
		if !st.IfExists || !missing(err) {
			return err
		}
		kind := strings.ToLower(string(st.Kind))
		if pgerr.Code(err) == pgerrcode.InvalidSchemaName && st.Kind != ast.ObjSchema {
			e.notice("00000", "schema %q does not exist, skipping", st.Names[i].Schema)
			continue
		}
		name := st.Names[i].Name
		if st.Kind == ast.ObjType || st.Kind == ast.ObjDomain {
			kind, name = "type", dotted(&st.Names[i])
		}
		if st.Kind == ast.ObjStatistics {
			kind, name = "statistics object", dotted(&st.Names[i])
		}
		e.notice("00000", "%s %q does not exist, skipping", kind, name)
	}
	for _, o := range targets {
		if x, ok := e.Catalog.IndexByID(o.id); ok && o.kind == indexObject && st.Concurrently {
			if t, _ := e.Catalog.TableByID(x.Table); t.IsPartitioned() {
				return pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot drop partitioned index %q concurrently", x.Name)
			}
		}
		if t, ok := e.Catalog.TableByID(o.id); ok && o.kind == tableObject {
			if err := e.settled(ctx, "DROP TABLE", t); err != nil {
				return err
			}
		}
	}
	if st.NoViews && e.Unchecked {
		var err error
		if targets, err = e.awaitAgain(ctx, targets); err != nil {
			return err
		}
	}
	return e.remove(ctx, targets, st.Cascade)
}

// missing reports the answer to a look-up that there is no such object, as IF EXISTS allows;
// its schema may be what there is not.
func missing(err error) bool {
	switch pgerr.Code(err) {
	case pgerrcode.UndefinedTable, pgerrcode.UndefinedObject, pgerrcode.InvalidSchemaName, pgerrcode.UndefinedFunction:
		return true
	}
	return false
}

// dropTarget finds what a name of DROP means; roles, on which nothing of the catalog
// depends, are dropped at once.
func (e *Env) dropTarget(ctx context.Context, st *ast.Drop, n *ast.QName) (*object, error) {
	if st.Kind == ast.ObjIndex && st.Table != nil {
		return e.indexOfTable(st)
	}
	switch st.Kind {
	case ast.ObjTable, ast.ObjView, ast.ObjMatView, ast.ObjIndex, ast.ObjSequence:
		return e.dropRelation(st, n)
	case ast.ObjSchema:
		return e.dropSchema(n)
	case ast.ObjExtension:
		return e.dropExtension(n)
	case ast.ObjRole:
		return nil, e.dropRole(ctx, n.Name)
	case ast.ObjType, ast.ObjDomain:
		return e.dropType(st.Kind, n)
	case ast.ObjCollation:
		return e.dropCollation(n)
	case ast.ObjStatistics:
		return e.dropStatistics(n)
	case ast.ObjTrigger:
		return e.dropTrigger(st, n)
	}
	return nil, pgerr.NotSupported(int(st.Pos), "DROP %s is not supported", st.Kind)
}

// noObject is PostgreSQL's "does not exist" of DROP.
func noObject(kind ast.ObjectKind, n *ast.QName) error {
	code := pgerrcode.UndefinedTable
	if kind == ast.ObjIndex {
		code = pgerrcode.UndefinedObject
	}
	return pgerr.Newf(code, "%s %q does not exist", strings.ToLower(string(kind)), n.Name)
}

// dropRelation finds the relation that DROP TABLE, VIEW, INDEX or SEQUENCE names:
// the first of that name in the search path, whatever it is.
func (e *Env) dropRelation(st *ast.Drop, n *ast.QName) (*object, error) {
	var o object
	var is ast.ObjectKind
	err := e.find(n, func(schema catalog.ID) bool {
		if t, ok := e.Catalog.Table(schema, n.Name); ok {
			if st.NoViews && t.Kind == catalog.KindView {
				return false // for MySQL's DROP TABLE it is none
			}
			if o, is = (object{kind: tableObject, id: t.ID}), ast.ObjTable; t.Kind == catalog.KindView {
				is = ast.ObjView
			} else if t.Kind == catalog.KindMatView {
				is = ast.ObjMatView
			} else if t.Kind == catalog.KindComposite {
				is = ast.ObjType
			}
		} else if x, q := e.unnamed(schema, n.Name); (x != nil || q != nil) && (st.Kind == ast.ObjTable || st.Kind == ast.ObjView) {
			return false
		} else if q, ok := e.Catalog.Sequence(schema, n.Name); ok {
			o, is = object{kind: sequenceObject, id: q.ID}, ast.ObjSequence
		} else if x, ok := e.Catalog.Index(schema, n.Name); ok {
			o, is = object{kind: indexObject, id: x.ID}, ast.ObjIndex
		}
		return is != ""
	})
	if err != nil {
		if pgerr.Code(err) != pgerrcode.UndefinedTable {
			return nil, err
		}
		if bind.IsSystemRelation(n) {
			return nil, pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission denied: %q is a system catalog", n.Name)
		}
		return nil, noObject(st.Kind, n)
	}
	if is != st.Kind {
		article := map[ast.ObjectKind]string{ast.ObjTable: "a table", ast.ObjView: "a view", ast.ObjMatView: "a materialized view", ast.ObjIndex: "an index", ast.ObjSequence: "a sequence", ast.ObjType: "a type", "FOREIGN TABLE": "a foreign table"}
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is not %s", n.Name, article[st.Kind]).
			WithHint("Use DROP %s to remove %s.", is, article[is])
	}
	return &o, e.droppable(o)
}

// droppable refuses what belongs to another object for good: the index of a
// constraint and the sequence of an identity column.
func (e *Env) droppable(o object) error {
	switch o.kind {
	case triggerObject:
		t, _ := e.Catalog.TableByID(o.id)
		if g := triggerByID(t, o.part); g.Parent != 0 {
			owner := e.describe(object{kind: triggerObject, id: e.Catalog.PartitionParent(t).ID, part: g.Parent})
			return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop %s because %s requires it", e.describe(o), owner).
				WithHint("You can drop %s instead.", owner)
		}
	case indexObject:
		x, _ := e.Catalog.IndexByID(o.id)
		t, _ := e.Catalog.TableByID(x.Table)
		if up, ok := e.Catalog.IndexByID(x.Parent); ok && x.Parent != 0 {
			owner := e.describe(object{kind: indexObject, id: up.ID})
			return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop %s because %s requires it", e.describe(o), owner).
				WithHint("You can drop %s instead.", owner)
		}
		if x.Constraint != 0 {
			owner := e.describe(object{kind: constraintObject, id: t.ID, part: x.Constraint})
			return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop %s because %s requires it", e.describe(o), owner).
				WithHint("You can drop %s instead.", owner)
		}
	case sequenceObject:
		q, _ := e.Catalog.SequenceByID(o.id)
		if q.Identity {
			owner := e.describe(object{kind: columnObject, id: q.OwnerTable, attr: q.OwnerAttr})
			return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop %s because %s requires it", e.describe(o), owner).
				WithHint("You can drop %s instead.", owner)
		}
	}
	return nil
}

func (e *Env) dropSchema(n *ast.QName) (*object, error) {
	s, ok := e.Catalog.Schema(n.Name)
	if !ok || s.Name != n.Name { // pg_temp is a name for relations' schemas only
		return nil, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", n.Name)
	}
	if s.ID < catalog.DatabaseID && s.ID != catalog.PublicID {
		return nil, pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop schema %s because it is required by the database system", s.Name)
	}
	return &object{kind: schemaObject, id: s.ID}, nil
}

// truncate is TRUNCATE: the tables get new, empty storage.
func (e *Env) truncate(ctx context.Context, st *ast.Truncate) error {
	var tables []*catalog.Table
	in := map[catalog.ID]bool{}
	for i := range st.Tables {
		t, err := e.baseTable(&st.Tables[i])
		if err != nil {
			return e.notTruncated(&st.Tables[i], err)
		}
		if err := e.permitTruncate(t); err != nil { // its children go by it
			return err
		}
		family := e.Catalog.Family(t)
		if i < len(st.Only) && st.Only[i] {
			if t.IsPartitioned() {
				return pgerr.New(pgerrcode.WrongObjectType, "cannot truncate only a partitioned table").
					WithHint("Do not specify the ONLY keyword, or use TRUNCATE ONLY on the partitions directly.")
			}
			family = family[:1]
		}
		for _, t := range family {
			if !in[t.ID] {
				in[t.ID] = true
				tables = append(tables, t)
			}
		}
	}
	tables, err := e.truncatedToo(st, tables)
	if err != nil {
		return err
	}
	if err := e.fireTruncate(ctx, tables, catalog.TriggerBefore); err != nil {
		return err
	}
	for _, t := range tables {
		if err := e.truncateTable(ctx, t, st.RestartIdentity); err != nil {
			return err
		}
	}
	return e.fireTruncate(ctx, tables, 0)
}

// truncatedToo adds the tables that refer to what is truncated, round by round in the order
// of their OIDs, or refuses.
func (e *Env) truncatedToo(st *ast.Truncate, tables []*catalog.Table) ([]*catalog.Table, error) {
	in := map[catalog.ID]bool{}
	for _, t := range tables {
		in[t.ID] = true
	}
	for from := 0; from < len(tables); {
		round := tables[from:]
		from = len(tables)
		var next []catalog.ID
		for _, t := range round {
			ids := slices.Sorted(slices.Values(e.referrers(t)))
			for _, id := range ids {
				child, ok := e.Catalog.TableByID(id)
				if !ok || in[id] {
					continue
				}
				if e.Unchecked && !st.Cascade {
					continue
				}
				if !st.Cascade {
					return nil, pgerr.New(pgerrcode.FeatureNotSupported, "cannot truncate a table referenced in a foreign key constraint").
						WithDetail("Table %q references %q.", child.Name, t.Name).
						WithHint("Truncate table %q at the same time, or use TRUNCATE ... CASCADE.", child.Name)
				}
				in[id] = true
				next = append(next, id)
			}
		}
		slices.Sort(next)
		for _, id := range next {
			child, _ := e.Catalog.TableByID(id)
			e.notice("00000", "truncate cascades to table %q", child.Name)
			if err := e.permitTruncate(child); err != nil {
				return nil, err
			}
			tables = append(tables, child)
		}
	}
	return tables, nil
}

// fireTruncate fires the triggers of TRUNCATE before or after it.
func (e *Env) fireTruncate(ctx context.Context, tables []*catalog.Table, timing catalog.TriggerKind) error {
	for _, t := range tables {
		if !t.HasTrigger(catalog.TriggerTruncate | timing) {
			continue
		}
		if now, ok := e.Catalog.TableByID(t.ID); ok {
			t = now
		}
		if err := e.Jobs.FireStatement(ctx, e.Txn, e.Catalog, t, catalog.TriggerTruncate|timing); err != nil {
			return err
		}
	}
	return nil
}

// referrers are the tables with foreign keys to a table or to what it is a part of.
func (e *Env) referrers(t *catalog.Table) []catalog.ID {
	list := e.Catalog.Referrers(t.ID)
	for p := e.Catalog.PartitionParent(t); p != nil; p = e.Catalog.PartitionParent(p) {
		list = append(slices.Clip(list), e.Catalog.Referrers(p.ID)...)
	}
	return list
}

func (e *Env) truncateTable(ctx context.Context, t *catalog.Table, restart bool) error {
	if err := e.settled(ctx, "TRUNCATE", t); err != nil {
		return err
	}
	if err := e.Txn.LockTable(ctx, t.ID, kv.Exclusive); err != nil {
		return err
	}
	if e.Unchecked {
		if err := e.doubtReferrers(ctx, t); err != nil {
			return err
		}
		t, _ = e.Catalog.TableByID(t.ID) // its own keys may refer to it
	}
	if !t.IsPartitioned() {
		e.Txn.Truncated(t)
		if err := e.emptied(ctx, t, copyTable(t)); err != nil {
			return err
		}
	}
	if !restart {
		return nil
	}
	for _, q := range e.Catalog.Sequences() {
		if q.OwnerTable == t.ID {
			start := q.Start
			if c := t.Column(q.OwnerAttr); c != nil && c.AutoIncrement { // in MySQL begins with 1 again
				start = max(q.Min, 1)
			}
			n := *q
			if err := e.restartSequence(ctx, &n, start); err != nil {
				return err
			}
		}
	}
	return nil
}

// emptied stores a changed copy of a table with new, empty storage.
func (e *Env) emptied(ctx context.Context, t, c *catalog.Table) error {
	edit := e.change(ctx)
	err := edit.DropTableStorage(t.Storage)
	if err != nil {
		return err
	}
	if c.Storage, err = edit.NewID(ctx); err != nil {
		return err
	}
	for i, x := range t.Indexes {
		n := *x
		if err := edit.DropIndexStorage(x); err != nil {
			return err
		}
		if x.IsVector() {
			if n.ID, err = edit.NewID(ctx); err != nil {
				return err
			}
		}
		if n.Storage, err = edit.NewID(ctx); err != nil {
			return err
		}
		c.Indexes[i] = &n
	}
	if err := e.putTable(c); err != nil {
		return err
	}
	for _, x := range c.Indexes {
		if x.IsVector() {
			if err := e.Jobs.Build(ctx, e.Txn, e.Catalog, c, x); err != nil {
				return err
			}
		}
	}
	return nil
}
