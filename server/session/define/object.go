package define

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
)

func (e *Env) createSchema(ctx context.Context, st *ast.CreateSchema) error {
	name := st.Name
	if st.Owner != "" {
		if err := e.knownRole(st.Owner); err != nil {
			return err
		}
	}
	if name == "" {
		name = st.Owner
	}
	if strings.HasPrefix(name, "pg_") {
		return pgerr.Newf(pgerrcode.ReservedName, "unacceptable schema name %q", name).
			WithDetail("The prefix \"pg_\" is reserved for system schemas.")
	}
	if _, ok := e.Catalog.Schema(name); ok {
		if st.IfNotExists {
			e.notice(pgerrcode.DuplicateSchema, "schema %q already exists, skipping", name)
			return nil
		}
		return pgerr.Newf(pgerrcode.DuplicateSchema, "schema %q already exists", name)
	}
	edit := e.change(ctx)
	id, err := edit.NewID(ctx)
	if err != nil {
		return err
	}
	if err := edit.PutSchema(&catalog.Schema{ID: id, Name: name, Owner: e.Owner}); err != nil {
		return err
	}
	path, targets := e.Path, e.Targets
	e.Path, e.Targets = append([]string{name}, path...), []string{name}
	defer func() { e.Path, e.Targets = path, targets }()
	elems := slices.Clone(st.Elems)
	slices.SortStableFunc(elems, func(a, b ast.Stmt) int { return elementPass(a) - elementPass(b) })
	for _, s := range elems {
		if err := madeIn(s, name); err != nil {
			return err
		}
		e.preferSchema(s, id, name)
		if err := Run(ctx, e, s); err != nil {
			return err
		}
	}
	return nil
}

// elementPass orders the elements of CREATE SCHEMA, which may be written in any order.
func elementPass(s ast.Stmt) int {
	switch s.(type) {
	case *ast.CreateSequence:
		return 0
	case *ast.CreateTable:
		return 1
	case *ast.CreateView:
		return 2
	}
	return 3
}

// madeIn refuses an element of CREATE SCHEMA that goes into another schema.
func madeIn(s ast.Stmt, schema string) error {
	var n *ast.QName
	temp := false
	switch x := s.(type) {
	case *ast.CreateTable:
		n, temp = &x.Name, x.Temp
	case *ast.CreateView:
		n, temp = &x.Name, x.Temp
	case *ast.CreateSequence:
		n, temp = &x.Name, x.Temp
	default:
		return nil
	}
	switch {
	case n.Schema != "" && n.Schema != schema:
		return pgerr.Newf(pgerrcode.InvalidSchemaDefinition, "CREATE specifies a schema (%s) different from the one being created (%s)", n.Schema, schema)
	case temp:
		err := errNotTemporary()
		if _, ok := s.(*ast.CreateTable); ok {
			return placed(err, n)
		}
		return err
	}
	return nil
}

// preferSchema makes the relations of a view of CREATE SCHEMA those of the new
// schema, where it has them: its search path begins there.
func (e *Env) preferSchema(s ast.Stmt, id catalog.ID, name string) {
	v, ok := s.(*ast.CreateView)
	if !ok {
		return
	}
	with := map[string]bool{}
	ast.Walk(v.Query, func(n ast.Node) bool {
		switch x := n.(type) {
		case ast.CTE:
			with[x.Name] = true
		case *ast.TableRef:
			if x.Name.Schema == "" && !with[x.Name.Name] && e.Catalog.RelationExists(id, x.Name.Name) {
				x.Name.Schema = name
			}
		}
		return true
	})
}

// knownRole refuses a role that there is not.
func (e *Env) knownRole(name string) error {
	switch name {
	case "current_user", "session_user", "current_role", "":
		return nil
	}
	if _, ok := e.Catalog.Role(name); !ok {
		return pgerr.Newf(pgerrcode.UndefinedObject, "role %q does not exist", name)
	}
	return nil
}

func (e *Env) createSequence(ctx context.Context, st *ast.CreateSequence) error {
	s, err := e.target(ctx, &st.Name, declared(st.Temp, false))
	if err != nil {
		return err
	}
	if e.Catalog.RelationExists(s.ID, st.Name.Name) {
		if st.IfNotExists {
			e.notice(pgerrcode.DuplicateTable, "relation %q already exists, skipping", st.Name.Name)
			return nil
		}
		return pgerr.Newf(pgerrcode.DuplicateTable, "relation %q already exists", st.Name.Name)
	}
	edit := e.change(ctx)
	id, err := edit.NewID(ctx)
	if err != nil {
		return err
	}
	q := &catalog.Sequence{ID: id, Schema: s.ID, Name: st.Name.Name, Owner: e.Owner, Type: types.Int8OID, Temp: s.Temp}
	if err := e.sequenceOptions(q, st.Options, true); err != nil {
		return err
	}
	return edit.PutSequence(q)
}

func (e *Env) findSequence(n *ast.QName) (q *catalog.Sequence, err error) {
	err = e.find(n, func(s catalog.ID) (ok bool) { q, ok = e.Catalog.Sequence(s, n.Name); return ok })
	return q, err
}

func (e *Env) alterSequence(ctx context.Context, st *ast.AlterSequence) error {
	q, err := e.findSequence(&st.Name)
	if err != nil {
		if st.IfExists && pgerr.Code(err) == pgerrcode.UndefinedTable {
			e.notice("00000", "relation %q does not exist, skipping", st.Name.Name)
			return nil
		}
		return err
	}
	n := *q
	e.change(ctx)
	return e.applySequence(ctx, &n, st.Options)
}

// applySequence changes a sequence's options, and its position for RESTART.
func (e *Env) applySequence(ctx context.Context, q *catalog.Sequence, opts []ast.SeqOption) error {
	if err := e.sequenceOptions(q, opts, false); err != nil {
		return err
	}
	for i := range opts {
		if opts[i].Name != "restart" {
			continue
		}
		at := q.Start
		if opts[i].Value != nil {
			at = seqInt(&opts[i])
		}
		if err := e.Positions(q).Set(ctx, q, at, false); err != nil {
			return err
		}
	}
	return e.edit.PutSequence(q)
}

func seqInt(o *ast.SeqOption) int64 {
	if o.Value.Kind == ast.LitNumeric {
		if d, err := types.ParseText(types.Of(types.Int8OID), o.Value.Text, types.DefaultFormat); err == nil {
			return d.Int()
		}
		if strings.HasPrefix(o.Value.Text, "-") {
			return math.MinInt64
		}
		return math.MaxInt64
	}
	return o.Value.Int
}

// sequenceOptions reads the options of CREATE and ALTER SEQUENCE; fresh fills in
// the defaults of a new one.
func (e *Env) sequenceOptions(q *catalog.Sequence, opts []ast.SeqOption, fresh bool) error {
	minSet, maxSet, startSet := !fresh, !fresh, !fresh
	if fresh {
		q.Increment, q.Cache = 1, 1
	}
	for i := range opts {
		o := &opts[i]
		switch o.Name {
		case "as":
			t, err := bind.TypeName(o.Type, e.options())
			if err != nil {
				return err
			}
			oldLo, oldHi := seqLimits(q.Type)
			if !fresh { // limits that were the old type's become the new one's
				minSet, maxSet = minSet && q.Min != oldLo, maxSet && q.Max != oldHi
			}
			if q.Type = t.OID; t.OID != types.Int2OID && t.OID != types.Int4OID && t.OID != types.Int8OID {
				return pgerr.New(pgerrcode.InvalidParameterValue, "sequence type must be smallint, integer, or bigint")
			}
		case "increment":
			if q.Increment = seqInt(o); q.Increment == 0 {
				return pgerr.New(pgerrcode.InvalidParameterValue, "INCREMENT must not be zero")
			}
		case "minvalue":
			if minSet = o.Value != nil; minSet {
				q.Min = seqInt(o)
			}
		case "maxvalue":
			if maxSet = o.Value != nil; maxSet {
				q.Max = seqInt(o)
			}
		case "start":
			q.Start, startSet = seqInt(o), true
		case "cache":
			if q.Cache = seqInt(o); q.Cache < 1 {
				return pgerr.Newf(pgerrcode.InvalidParameterValue, "CACHE (%d) must be greater than zero", q.Cache)
			}
		case "cycle":
			q.Cycle = o.Value == nil || o.Value.Bool
		case "owned_by":
			if err := e.ownedBy(q, o); err != nil {
				return err
			}
		}
	}
	lo, hi := seqLimits(q.Type)
	if !minSet {
		if q.Min = 1; q.Increment < 0 {
			q.Min = lo
		}
	}
	if !maxSet {
		if q.Max = hi; q.Increment < 0 {
			q.Max = -1
		}
	}
	if !startSet {
		if q.Start = q.Min; q.Increment < 0 {
			q.Start = q.Max
		}
	}
	return checkSequence(q, lo, hi)
}

func checkSequence(q *catalog.Sequence, lo, hi int64) error {
	name := types.TypeName(q.Type)
	switch {
	case q.Max > hi:
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "MAXVALUE (%d) is out of range for sequence data type %s", q.Max, name)
	case q.Min < lo:
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "MINVALUE (%d) is out of range for sequence data type %s", q.Min, name)
	case q.Min >= q.Max:
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "MINVALUE (%d) must be less than MAXVALUE (%d)", q.Min, q.Max)
	case q.Start < q.Min:
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "START value (%d) cannot be less than MINVALUE (%d)", q.Start, q.Min)
	case q.Start > q.Max:
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "START value (%d) cannot be greater than MAXVALUE (%d)", q.Start, q.Max)
	}
	return nil
}

// ownedBy is OWNED BY table.column or NONE.
func (e *Env) ownedBy(q *catalog.Sequence, o *ast.SeqOption) error {
	if len(o.Names) == 1 && o.Names[0] != "none" {
		return pgerr.New(pgerrcode.SyntaxError, "invalid OWNED BY option").WithHint("Specify OWNED BY table.column or OWNED BY NONE.")
	}
	if len(o.Names) < 2 {
		q.OwnerTable, q.OwnerAttr = 0, 0
		return nil
	}
	n := len(o.Names)
	name := ast.QName{At: o.At, Name: o.Names[n-2]}
	if n > 2 {
		name.Schema = o.Names[n-3]
	}
	t, err := e.baseTable(&name)
	if err != nil {
		return err
	}
	if t.Schema != q.Schema {
		return pgerr.New(pgerrcode.ObjectNotInPrerequisiteState, "sequence must be in same schema as table it is linked to")
	}
	c := t.ColumnByName(o.Names[n-1])
	if c == nil {
		return noColumn(t, o.Names[n-1])
	}
	q.OwnerTable, q.OwnerAttr = t.ID, c.Num
	return nil
}

// createExtension is CREATE EXTENSION. What it brings is known anyway, and shown from
// then on.
func (e *Env) createExtension(ctx context.Context, st *ast.CreateExtension) error {
	if _, ok := e.Catalog.Extension(st.Name); ok {
		if st.IfNotExists {
			e.notice(pgerrcode.DuplicateObject, "extension %q already exists, skipping", st.Name)
			return nil
		}
		return pgerr.Newf(pgerrcode.DuplicateObject, "extension %q already exists", st.Name)
	}
	x := &catalog.Extension{Name: st.Name, Schema: catalog.PublicID}
	for _, k := range syscat.Extensions {
		if k.Name == st.Name {
			x.ID, x.Version, x.Comment = k.ID, k.Version, k.Comment
		}
	}
	if st.Name == "plpgsql" {
		x.ID, x.Version, x.Schema = 13800, "1.0", catalog.PgCatalogID
	}
	if x.ID == 0 {
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "extension %q is not available", st.Name).
			WithHint("The extension must first be installed on the system where PostgreSQL is running.")
	}
	edit := e.change(ctx)
	return edit.PutExtension(x)
}

func (e *Env) dropExtension(ctx context.Context, st *ast.Drop, n *ast.QName) error {
	x, ok := e.Catalog.Extension(n.Name)
	if !ok {
		return pgerr.Newf(pgerrcode.UndefinedObject, "extension %q does not exist", n.Name)
	}
	if x.Name == "vector" {
		if users := vectorColumns(e.Catalog); len(users) > 0 && st.Cascade {
			return pgerr.NotSupported(int(st.Pos), "DROP EXTENSION vector CASCADE is not supported").WithHint("Drop the columns first.")
		} else if len(users) > 0 {
			return pgerr.New(pgerrcode.DependentObjectsStillExist, "cannot drop extension vector because other objects depend on it").
				WithDetail("%s", strings.Join(users, "\n")).
				WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
		}
	}
	edit := e.change(ctx)
	return edit.RemoveExtension(x)
}

// vectorColumns says which columns depend on types of the vector extension.
func vectorColumns(c *catalog.Snapshot) []string {
	var out []string
	for _, t := range c.Tables() {
		for i := range t.Columns {
			col := &t.Columns[i]
			if !col.Dropped && (col.Type.IsVector() || col.Type.Elem().IsVector()) {
				out = append(out, fmt.Sprintf("column %s of table %s depends on type %s", col.Name, t.Name, types.TypeName(col.Type.OID)))
			}
		}
	}
	return out
}

// rename is ALTER … RENAME.
func (e *Env) rename(ctx context.Context, st *ast.Rename) error {
	err := e.renameOne(ctx, st)
	if err != nil && st.IfExists && missing(err) {
		e.notice("00000", "relation %q does not exist, skipping", st.Name.Name)
		return nil
	}
	return err
}

func (e *Env) renameOne(ctx context.Context, st *ast.Rename) error {
	switch st.Kind {
	case ast.ObjConstraint:
		if st.Of == ast.ObjDomain {
			return e.renameDomainConstraint(ctx, st)
		}
		return e.renameInTable(ctx, st)
	case ast.ObjSchema:
		return e.renameSchema(ctx, st)
	case ast.ObjSequence:
		q, err := e.findSequence(&st.Name)
		if err != nil {
			return err
		}
		return e.renameSequence(ctx, q, st.New)
	case ast.ObjIndex:
		if st.Key {
			return e.renameKey(ctx, st)
		}
		t, x, err := e.index(&st.Name)
		if err != nil {
			return err
		}
		return e.renameIndex(ctx, t, x, st.New)
	case ast.ObjType, ast.ObjDomain:
		if c := e.compositeByName(&st.Name); c != nil && st.Kind == ast.ObjType {
			s, _ := e.Catalog.SchemaByID(c.Schema)
			return e.renameComposite(ctx, c, s, st.New)
		}
		t, err := e.alteredType(st.Kind, &st.Name)
		if err != nil {
			return err
		}
		s, _ := e.Catalog.SchemaByID(t.Schema)
		return e.renameType(ctx, t, s, st.New)
	case ast.ObjCollation:
		return e.renameCollation(ctx, &st.Name, nil, st.New)
	case ast.ObjTable, ast.ObjView, ast.ObjMatView, ast.ObjColumn:
		return e.renameInTable(ctx, st)
	}
	return pgerr.NotSupported(int(st.Pos), "ALTER %s ... RENAME is not supported", st.Kind)
}

func (e *Env) renameSchema(ctx context.Context, st *ast.Rename) error {
	s, ok := e.Catalog.Schema(st.Name.Name)
	if !ok {
		return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", st.Name.Name)
	}
	if _, taken := e.Catalog.Schema(st.New); taken {
		return pgerr.Newf(pgerrcode.DuplicateSchema, "schema %q already exists", st.New)
	}
	edit := e.change(ctx)
	for _, t := range e.Catalog.Tables() {
		if t.Schema == s.ID {
			if err := e.moveInViews(t, st.New, t.Name); err != nil {
				return err
			}
		}
	}
	c := *s
	c.Name = st.New
	if err := edit.PutSchema(&c); err != nil {
		return err
	}
	for _, q := range e.Catalog.Sequences() {
		t, ok := e.Catalog.TableByID(q.OwnerTable)
		if !ok || q.Schema != s.ID {
			continue
		}
		n := copyTable(t)
		e.nameSerial(n, q)
		if err := e.putTable(n); err != nil {
			return err
		}
	}
	return nil
}

func (e *Env) freeRelation(schema catalog.ID, name string) error {
	if e.Catalog.RelationExists(schema, name) {
		return pgerr.Newf(pgerrcode.DuplicateTable, "relation %q already exists", name)
	}
	return nil
}

func (e *Env) renameSequence(ctx context.Context, q *catalog.Sequence, name string) error {
	if err := e.freeRelation(q.Schema, name); err != nil {
		return err
	}
	edit := e.change(ctx)
	c := *q
	c.Name = name
	if err := edit.PutSequence(&c); err != nil {
		return err
	}
	t, ok := e.Catalog.TableByID(q.OwnerTable)
	if !ok || q.Identity {
		return nil
	}
	n := copyTable(t)
	e.nameSerial(n, &c)
	return e.putTable(n)
}

func (e *Env) renameIndex(ctx context.Context, t *catalog.Table, x *catalog.Index, name string) error {
	if err := e.freeRelation(t.Schema, name); err != nil {
		return err
	}
	e.change(ctx)
	c := copyTable(t)
	for i := range c.Indexes {
		if c.Indexes[i].ID == x.ID {
			n := *x
			n.Name, n.Key = name, ""
			c.Indexes[i] = &n
		}
	}
	for i := range c.Constraints {
		if x.Constraint != 0 && c.Constraints[i].ID == x.Constraint {
			n := *c.Constraints[i]
			n.Name = name
			c.Constraints[i] = &n
		}
	}
	return e.putTable(c)
}

// renameKey renames an index by its names among the keys of its table.
func (e *Env) renameKey(ctx context.Context, st *ast.Rename) error {
	t, err := e.table(&st.Name)
	if err != nil {
		return err
	}
	x := keyOf(t, st.Old)
	if x == nil {
		return noKey(t, st.Old)
	}
	if y := keyOf(t, st.New); y != nil && y != x {
		return pgerr.Newf(pgerrcode.DuplicateTable, "key %q of relation %q already exists", st.New, t.Name)
	}
	e.change(ctx)
	c := copyTable(t)
	at := slices.Index(c.Indexes, x)
	n := *x
	if n.Key = st.New; n.Constraint == 0 { // a constraint's index has its name
		n.Name = e.keyIndexName(t, st.New)
	}
	c.Indexes[at] = &n
	return e.putTable(c)
}

func (e *Env) renameInTable(ctx context.Context, st *ast.Rename) error {
	t, err := e.table(&st.Name)
	if err != nil {
		if st.Kind == ast.ObjTable { // ALTER TABLE renames indexes and sequences, too
			if t, x, err := e.index(&st.Name); err == nil {
				return e.renameIndex(ctx, t, x, st.New)
			}
			if q, err := e.findSequence(&st.Name); err == nil {
				return e.renameSequence(ctx, q, st.New)
			}
		}
		return err
	}
	switch {
	case st.Of == ast.ObjType && t.Kind != catalog.KindComposite:
		return pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a composite type", t.Name)
	case st.Kind == ast.ObjTable && t.Kind == catalog.KindComposite:
		return pgerr.Newf(pgerrcode.WrongObjectType, "%q is a composite type", t.Name).WithHint("Use ALTER TYPE instead.")
	}
	if err := e.Txn.LockTable(ctx, t.ID, kv.Exclusive); err != nil {
		return err
	}
	e.change(ctx)
	n := copyTable(t)
	switch st.Kind {
	case ast.ObjColumn:
		c := n.ColumnByName(st.Old)
		if c == nil {
			return pgerr.Newf(pgerrcode.UndefinedColumn, "column %q does not exist", st.Old)
		}
		if n.ColumnByName(st.New) != nil {
			return pgerr.Newf(pgerrcode.DuplicateColumn, "column %q of relation %q already exists", st.New, t.Name)
		}
		if err := e.fieldUnnamed(t, st.Old); err != nil {
			return err
		}
		if err := e.keepColumnNames(t); err != nil {
			return err
		}
		if err := e.renameInExpressions(n, c.Num, st.New); err != nil {
			return err
		}
		c.Name = st.New
	case ast.ObjConstraint:
		k := constraintOf(t, st.Old)
		if k == nil {
			return pgerr.Newf(pgerrcode.UndefinedObject, "constraint %q for table %q does not exist", st.Old, t.Name)
		}
		if x := t.Index(k.Index); x != nil && x.Constraint == k.ID {
			return e.renameIndex(ctx, t, x, st.New)
		}
		c := *k
		c.Name = st.New
		replaceConstraint(n, &c)
	default:
		if err := e.freeRelation(t.Schema, st.New); err != nil {
			return err
		}
		if err := e.moveInViews(t, e.Catalog.SchemaName(t.Schema), st.New); err != nil {
			return err
		}
		s, _ := e.Catalog.SchemaByID(t.Schema)
		if err := e.renameRowType(t, s, st.New); err != nil {
			return err
		}
		if again, ok := e.Catalog.TableByID(t.ID); ok { // its own text may have named the type
			n = copyTable(again)
		}
		n.Name = st.New
	}
	return e.putTable(n)
}

// renameInExpressions rewrites stored expressions that name a column.
func (e *Env) renameInExpressions(t *catalog.Table, num int16, name string) error {
	old := t.Columns[num-1].Name
	fix := func(text string) (string, error) {
		if text == "" || !e.mentions(t, text, num) {
			return text, nil
		}
		list, err := e.Parser.Parse("SELECT " + text)
		if err != nil {
			return "", err
		}
		x := list[0].Stmt.(*ast.Select).Targets[0].Expr
		ast.Walk(x, func(n ast.Node) bool {
			if ref, ok := n.(*ast.ColumnRef); ok && len(ref.Parts) > 0 && ref.Parts[len(ref.Parts)-1] == old {
				ref.Parts[len(ref.Parts)-1] = name
			}
			return true
		})
		return ast.Print(x), nil
	}
	var err error
	for i := range t.Columns {
		if t.Columns[i].Generated != 0 {
			if t.Columns[i].Default, err = fix(t.Columns[i].Default); err != nil {
				return err
			}
		}
	}
	for i, k := range t.Constraints {
		c := *k
		if c.Expr, err = fix(k.Expr); err != nil {
			return err
		}
		t.Constraints[i] = &c
	}
	for i, x := range t.Indexes {
		c := *x
		c.Keys = append([]catalog.IndexKey(nil), x.Keys...)
		if c.Where, err = fix(x.Where); err != nil {
			return err
		}
		for k := range c.Keys {
			if c.Keys[k].Expr, err = fix(c.Keys[k].Expr); err != nil {
				return err
			}
		}
		t.Indexes[i] = &c
	}
	return nil
}
