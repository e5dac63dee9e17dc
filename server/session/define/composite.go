package define

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
)

// A composite type is a relation without rows: its attributes are columns, and values
// are of its row type, as those of a table's rows are of the table's.

// valueType is a type that users make, or a relation's row type.
type valueType struct {
	id, array catalog.ID
	schema    catalog.ID
	name      string
	shown     string
	rel       *catalog.Table // of a row type
}

func typeOf(t *catalog.Type) valueType {
	return valueType{id: t.ID, array: t.Array, schema: t.Schema, name: t.Name, shown: t.Shown}
}

func rowTypeOf(t *catalog.Table) valueType {
	return valueType{id: t.TypeID, array: t.ArrayID, schema: t.Schema, name: t.Name, shown: t.Shown, rel: t}
}

// valueType finds a type by its OID or that of its array type.
func (e *Env) valueType(id catalog.ID) valueType {
	if r, ok := e.Catalog.RowType(id); ok {
		return rowTypeOf(r.Table)
	}
	if types.Extension(id) != "" {
		i := types.Lookup(id)
		if i.IsArray {
			i = types.Lookup(i.Elem)
		}
		schema := builtin.TypeSchema(e.Catalog, i)
		return valueType{id: i.OID, array: i.Array, schema: schema, name: i.Name,
			shown: ast.QuoteIdent(e.Catalog.SchemaName(schema)) + "." + ast.QuoteIdent(i.Name)}
	}
	t, _ := e.Catalog.TypeByID(id)
	return typeOf(t)
}

// compositeByName finds a composite type, nil if the name is not of one.
func (e *Env) compositeByName(n *ast.QName) *catalog.Table {
	var found *catalog.Table
	_ = e.find(n, func(s catalog.ID) bool {
		if _, ok := e.Catalog.Type(s, n.Name); ok {
			return true
		}
		t, ok := e.Catalog.Table(s, n.Name)
		if ok && t.Kind == catalog.KindComposite {
			found = t
		}
		return ok
	})
	return found
}

// notComposite refuses a composite type where a relation with rows is meant.
func notComposite(t *catalog.Table) error {
	if t.Kind != catalog.KindComposite {
		return nil
	}
	return pgerr.Newf(pgerrcode.WrongObjectType, "%q is a composite type", t.Name)
}

func (e *Env) createComposite(ctx context.Context, st *ast.CreateComposite) error {
	s, err := e.target(ctx, &st.Name, permanent)
	if err != nil {
		return placeless(err)
	}
	if err := e.freeType(s.ID, st.Name.Name); err != nil {
		return err
	}
	t := &catalog.Table{Schema: s.ID, Name: st.Name.Name, Kind: catalog.KindComposite, Owner: e.Owner, Temp: s.Temp}
	for i := range st.Columns {
		if err := e.addAttribute(t, &st.Columns[i]); err != nil {
			return err
		}
	}
	if err := e.freeRelation(s.ID, t.Name); err != nil {
		return err
	}
	if err := notOfSystem(s, t.Name); err != nil {
		return err
	}
	if t.ID, err = e.change(ctx).NewID(ctx); err != nil {
		return err
	}
	return e.putTable(t)
}

// addAttribute adds an attribute to a composite type.
func (e *Env) addAttribute(t *catalog.Table, d *ast.ColumnDef) error {
	if t.ColumnByName(d.Name) != nil {
		if t.ID == 0 {
			return pgerr.Newf(pgerrcode.DuplicateColumn, "column %q specified more than once", d.Name)
		}
		return pgerr.Newf(pgerrcode.DuplicateColumn, "column %q of relation %q already exists", d.Name, t.Name)
	}
	if len(t.Columns) >= 1600 {
		return pgerr.New(pgerrcode.TooManyColumns, "tables can have at most 1600 columns")
	}
	if t.ID != 0 && serialType(&d.Type) == 0 { // ALTER TYPE knows where the type is written
		if _, err := bind.TypeName(&d.Type, e.options()); err != nil {
			return err
		}
	}
	if serialType(&d.Type) != 0 {
		return pgerr.Newf(pgerrcode.UndefinedObject, "type \"%s\" does not exist", d.Type.Name.Name)
	}
	c, _, err := e.newColumn(d, func(w *pgerr.Error) { e.Notice(unplaced(w)) })
	if err == nil {
		err = storable(&c)
	}
	if err != nil {
		return placeless(err)
	}
	if info := types.Lookup(c.Type.OID); d.Collation != nil && info != nil && info.Collation == 0 {
		return pgerr.Newf(pgerrcode.DatatypeMismatch, "collations are not supported by type %s", types.TypeName(c.Type.OID))
	}
	if err := e.notMemberOfItself(t, c.Type); err != nil {
		return err
	}
	c.Num = int16(len(t.Columns) + 1)
	t.Columns = append(t.Columns, c)
	return nil
}

// alterComposite runs ALTER TYPE's actions on attributes.
func (e *Env) alterComposite(ctx context.Context, st *ast.AlterTable) error {
	t, err := e.table(&st.Name)
	if err != nil {
		return err
	}
	if t.Kind != catalog.KindComposite {
		return pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a composite type", t.Name)
	}
	e.change(ctx)
	cmds := slices.Clone(st.Cmds)
	slices.SortStableFunc(cmds, func(a, b ast.AlterCmd) int { return alterPass(&a) - alterPass(&b) })
	first := e.Catalog
	for i := range cmds {
		if err := e.Txn.LockTable(ctx, t.ID, kv.Exclusive); err != nil {
			return err
		}
		t, _ = e.Catalog.TableByID(t.ID)
		if cmds[i].Kind == ast.ColumnType {
			if err := e.attributeAlterable(t, cmds[i].Name); err != nil {
				return err
			}
		}
		var tables []*catalog.Table
		if cmds[i].Kind != ast.ChangeOwner {
			if tables, err = e.typedTables(t, cmds[i].Cascade); err != nil {
				return err
			}
		}
		if err := e.alterAttribute(ctx, copyTable(t), &cmds[i]); err != nil {
			return err
		}
		if err := e.alterTypedTables(ctx, tables, &cmds[i], first); err != nil {
			return err
		}
	}
	return nil
}

// attributeAlterable refuses to give an attribute another type where values of it are kept.
func (e *Env) attributeAlterable(t *catalog.Table, name string) error {
	if t.ColumnByName(name) == nil {
		return noColumn(t, name)
	}
	if user := e.rowTypeUser(t, 0); user != "" {
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot alter type %q because column %q uses it", t.Name, user)
	}
	return nil
}

func (e *Env) alterAttribute(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd) error {
	switch cmd.Kind {
	case ast.AddColumn:
		if err := e.attributesFixed(t, false); err != nil {
			return err
		}
		if err := e.addAttribute(t, cmd.Column); err != nil {
			return err
		}
		return e.putTable(t)
	case ast.DropColumn:
		return e.dropColumn(ctx, t, cmd)
	case ast.ColumnType:
		c := t.ColumnByName(cmd.Name)
		if err := e.fieldUnnamed(t, c.Name, "changing the type of"); err != nil {
			return err
		}
		again, _, err := e.newColumn(&ast.ColumnDef{At: ast.At{Pos: ast.NoPos}, Name: c.Name, Type: *cmd.Type, Collation: cmd.Collation}, e.warnTwice)
		if err != nil {
			return placeless(err)
		}
		if err := e.notMemberOfItself(t, again.Type); err != nil {
			return err
		}
		again.Num, again.Comment = c.Num, c.Comment
		*c = again
		return e.putTable(t)
	case ast.ChangeOwner:
		return e.changeOwner(ctx, &ast.QName{Schema: e.Catalog.SchemaName(t.Schema), Name: t.Name}, "", cmd.Name)
	}
	return pgerr.NotSupported(int(cmd.Pos), "this form of ALTER TYPE is not supported")
}

// rowTypeUser is a column, as table.column, that holds values of a relation's row type;
// "" if there is none. Relations without rows of their own count by who uses theirs.
func (e *Env) rowTypeUser(t *catalog.Table, depth int) string {
	if depth > len(e.Catalog.Tables()) {
		return ""
	}
	for _, of := range []types.OID{t.ArrayID, t.TypeID} { // in the order in which PostgreSQL finds them
		for _, u := range e.Catalog.Tables() {
			for i := range u.Columns {
				c := &u.Columns[i]
				switch {
				case c.Dropped || c.Type.OID != of:
				case u.IsStored():
					return u.Name + "." + c.Name
				default:
					if user := e.rowTypeUser(u, depth+1); user != "" {
						return user
					}
				}
			}
		}
	}
	return ""
}

// attributesFixed refuses to add and drop attributes of a row type where that would
// change what is kept: text that makes values of it, which says nothing of the attributes
// it was written for, and, when one is dropped, keys of indexes.
func (e *Env) attributesFixed(t *catalog.Table, dropping bool) error {
	if !t.HasRowType() {
		return nil
	}
	refuse := func(what string) error {
		return pgerr.NotSupported(-1, "changing the attributes of type %s, which %s uses, is not supported", t.Shown, what)
	}
	x, concerns := rowTypeOf(t), e.rowsAreValues(t)
	for _, u := range e.Catalog.Tables() {
		text := e.castsTo(x, u.ViewSQL) || concerns(u.ViewSQL) && e.namesField(u.ViewSQL, "")
		for i := range u.Columns {
			c := &u.Columns[i]
			text = text || e.castsTo(x, c.Default) || c.Default != "" && e.holdsType(c.Type.OID, x)
		}
		for _, k := range u.Constraints {
			text = text || e.castsTo(x, k.Expr)
		}
		if text {
			return refuse("the definition of " + e.describe(object{kind: tableObject, id: u.ID}))
		}
		for _, k := range u.Indexes {
			for i := range k.Keys {
				if dropping && e.holdsType(k.Keys[i].Type.OID, x) || e.castsTo(x, k.Keys[i].Expr) || e.castsTo(x, k.Where) {
					return refuse("index " + k.Name)
				}
			}
		}
	}
	return nil
}

// rowsAreValues reports that a stored text may have to do with values of a relation's row
// type: columns have it, or the text names the relation.
func (e *Env) rowsAreValues(t *catalog.Table) func(text string) bool {
	held := t.Kind == catalog.KindComposite
	for _, u := range e.Catalog.Tables() {
		held = held || slices.ContainsFunc(u.Columns, func(c catalog.Column) bool {
			return !c.Dropped && (c.Type.OID == t.TypeID || c.Type.OID == t.ArrayID)
		})
	}
	return func(text string) bool { return held || strings.Contains(text, t.Name) }
}

// fieldUnnamed refuses to change a column that stored text may name as a field, (x).name: the
// text would not find it any more, or as another type.
func (e *Env) fieldUnnamed(t *catalog.Table, name, doing string) error {
	if !t.HasRowType() {
		return nil
	}
	concerns := e.rowsAreValues(t)
	for _, u := range e.Catalog.Tables() {
		texts := []string{u.ViewSQL}
		for i := range u.Columns {
			texts = append(texts, u.Columns[i].Default)
		}
		for _, k := range u.Constraints {
			texts = append(texts, k.Expr)
		}
		for _, x := range u.Indexes {
			texts = append(texts, x.Where)
			for i := range x.Keys {
				texts = append(texts, x.Keys[i].Expr)
			}
		}
		if slices.ContainsFunc(texts, func(text string) bool { return concerns(text) && e.namesField(text, name) }) {
			return namedAsField(doing, name, e.describe(object{kind: tableObject, id: u.ID}))
		}
	}
	for _, d := range e.Catalog.Types() {
		if d.Kind == catalog.DomainType && e.holdsType(d.Base.OID, rowTypeOf(t)) && slices.ContainsFunc(d.Checks, func(k *catalog.Constraint) bool { return e.namesField(k.Expr, name) }) {
			return namedAsField(doing, name, e.describe(object{kind: typeObject, id: d.ID}))
		}
	}
	return nil
}

func namedAsField(doing, name, by string) error {
	return pgerr.NotSupported(-1, "%s \"%s\", which the definition of %s names as a field, is not supported", doing, name, by)
}

// namesField reports stored text with a field of that name, or with all fields of a value.
func (e *Env) namesField(text, name string) bool {
	if !strings.Contains(text, ").") && !strings.Contains(text, "].") {
		return false
	}
	list, err := e.Parser.Parse(text)
	if err != nil || len(list) != 1 {
		if list, err = e.Parser.Parse("SELECT " + text); err != nil {
			return true
		}
	}
	found := false
	ast.Walk(list[0].Stmt, func(n ast.Node) bool {
		f, ok := n.(*ast.FieldSel)
		found = found || ok && (f.Star || f.Name == name)
		return !found
	})
	return found
}

// holdsType reports that values of a type are, or hold, such of a row type.
func (e *Env) holdsType(of types.OID, x valueType) bool {
	if of == x.id || of == x.array {
		return true
	}
	r, ok := e.Catalog.RowType(of)
	return ok && slices.ContainsFunc(r.Table.Columns, func(c catalog.Column) bool {
		return !c.Dropped && e.holdsType(c.Type.OID, x)
	})
}

// rowTypeFree refuses what would make the rows that columns of a table's row type hold
// other than they are.
func (e *Env) rowTypeFree(t *catalog.Table) error {
	if !t.HasRowType() {
		return nil
	}
	if user := e.rowTypeUser(t, 0); user != "" {
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot alter table %q because column %q uses its row type", t.Name, user)
	}
	return nil
}

// renameComposite gives a composite type another name or schema.
func (e *Env) renameComposite(ctx context.Context, t *catalog.Table, schema *catalog.Schema, name string) error {
	if schema.ID != t.Schema || name != t.Name {
		if err := e.freeType(schema.ID, name); err != nil {
			return err
		}
		if err := e.freeRelation(schema.ID, name); err != nil {
			return err
		}
	}
	e.change(ctx)
	if err := e.renameRowType(t, schema, name); err != nil {
		return err
	}
	n := copyTable(t)
	n.Schema, n.Name = schema.ID, name
	return e.putTable(n)
}

// renameRowType makes what is stored as text go on meaning a relation's row type.
func (e *Env) renameRowType(t *catalog.Table, schema *catalog.Schema, name string) error {
	if !t.HasRowType() {
		return nil
	}
	written := ""
	if schema.ID != catalog.PublicID {
		written = schema.Name
	}
	return e.rewriteTypeUses(rowTypeOf(t), func(c *ast.Cast) { c.To.Name.Schema, c.To.Name.Name = written, name })
}

// meansType reports that a type's name means a type, or with array bounds its array type.
func (e *Env) meansType(n *ast.TypeName, t valueType) bool {
	if types.Extension(t.id) != "" {
		return n.Name.Name == t.name && builtin.HasOf(e.Catalog).TypeIn(n.Name.Schema, t.id)
	}
	id := bind.UserTypeID(n, e.options())
	return id != 0 && (id == t.id || id == t.array)
}
