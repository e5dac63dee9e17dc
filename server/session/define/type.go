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
	"github.com/loxodb/loxodb/sql/types"
)

// shownType is a type's name in messages. Those in public go without their schema.
func (e *Env) shownType(schema catalog.ID, name string) string {
	if schema == catalog.PublicID {
		return ast.QuoteIdent(name)
	}
	return ast.QuoteIdent(e.Catalog.SchemaName(schema)) + "." + ast.QuoteIdent(name)
}

// typeByName finds a user's type.
func (e *Env) typeByName(n *ast.QName) (t *catalog.Type, err error) {
	if err := e.find(n, func(s catalog.ID) (ok bool) { t, ok = e.Catalog.Type(s, n.Name); return ok }); err != nil {
		if pgerr.Code(err) != pgerrcode.UndefinedTable {
			return nil, err
		}
		return nil, pgerr.Newf(pgerrcode.UndefinedObject, "type \"%s\" does not exist", dotted(n))
	}
	return t, nil
}

func dotted(n *ast.QName) string {
	if n.Schema != "" {
		return n.Schema + "." + n.Name
	}
	return n.Name
}

// newType names a type that is about to be made: what differs by kind is left open.
func (e *Env) newType(ctx context.Context, n *ast.QName, kind catalog.TypeKind) (*catalog.Type, error) {
	s, err := e.target(ctx, n, permanent)
	switch {
	case err != nil:
		return nil, placeless(err)
	case s.Temp:
		return nil, pgerr.NotSupported(int(n.Pos), "types in the temporary schema are not supported")
	}
	if err := e.freeType(s.ID, n.Name); err != nil {
		return nil, err
	}
	edit := e.change(ctx)
	if err := e.yieldArrayName(s.ID, n.Name); err != nil {
		return nil, err
	}
	t := &catalog.Type{Schema: s.ID, Name: n.Name, Kind: kind, Owner: e.Owner, ArrayName: e.arrayName(s.ID, n.Name), Shown: e.shownType(s.ID, n.Name)}
	if t.ID, err = edit.NewTypeID(); err != nil {
		return nil, err
	}
	if t.Array, err = edit.NewTypeID(); err != nil {
		return nil, err
	}
	t.Born, err = edit.NewID(ctx)
	return t, err
}

// freeType makes sure that no type but one of an array, which gives way, has the name.
func (e *Env) freeType(schema catalog.ID, name string) error {
	_, taken := e.Catalog.Type(schema, name)
	if _, rel := e.Catalog.Table(schema, name); taken || rel || e.extensionType(schema, name) {
		return pgerr.Newf(pgerrcode.DuplicateObject, "type %q already exists", name)
	}
	return nil
}

// arrayName is the name of the array type over a type (makeArrayTypeName).
func (e *Env) arrayName(schema catalog.ID, name string) string {
	const longest = 63
	for out := "_" + name; ; out = "_" + out {
		if len(out) > longest {
			out = out[:longest]
		}
		if !e.Catalog.TypeExists(schema, out) {
			return out
		}
	}
}

func (e *Env) createEnum(ctx context.Context, st *ast.CreateEnum) error {
	t, err := e.newType(ctx, &st.Name, catalog.EnumType)
	if err != nil {
		return err
	}
	t.Enum = &types.Enum{}
	for _, l := range st.Labels {
		if err := e.addLabel(ctx, t, l, len(t.Enum.Labels)); err != nil {
			return err
		}
	}
	return e.edit.PutType(t)
}

// addLabel gives a copy of a type a label more.
func (e *Env) addLabel(ctx context.Context, t *catalog.Type, label string, at int) error {
	if len(label) > 63 {
		return pgerr.Newf(pgerrcode.InvalidName, "invalid enum label \"%s\"", label).WithDetail("Labels must be %d bytes or less.", 63)
	}
	if _, ok := t.Enum.Value(label); ok {
		return pgerr.New(pgerrcode.UniqueViolation, "duplicate key value violates unique constraint \"pg_enum_typid_label_index\"").
			WithDetail("Key (enumtypid, enumlabel)=(%d, %s) already exists.", t.ID, label).
			OnTable("pg_catalog", "pg_enum").OnConstraint("pg_enum_typid_label_index")
	}
	id, err := e.edit.NewID(ctx)
	if err == nil {
		t.Enum, err = t.Enum.With(id, label, at)
	}
	return err
}

// enum finds the type of an ALTER TYPE that is for enums.
func (e *Env) enum(n *ast.QName) (*catalog.Type, error) {
	t, err := e.typeByName(n)
	if err != nil {
		i := e.rowTypeNamed(n)
		if i == nil && pgerr.Code(err) == pgerrcode.UndefinedObject && (n.Schema == "" || n.Schema == "pg_catalog") {
			i = types.ByName(n.Name)
		}
		if i != nil {
			return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%s is not an enum", types.TypeName(i.OID))
		}
		return nil, err
	}
	if t.Kind != catalog.EnumType {
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%s is not an enum", e.typeShown(t.Schema, t.Name))
	}
	c := *t
	return &c, nil
}

func (e *Env) alterEnum(ctx context.Context, st *ast.AlterEnum) error {
	t, err := e.enum(&st.Name)
	if err != nil {
		return err
	}
	if st.Rename {
		return e.renameLabel(ctx, t, st)
	}
	if _, ok := t.Enum.Value(st.New); ok {
		if st.IfNotExists {
			e.notice(pgerrcode.DuplicateObject, "enum label \"%s\" already exists, skipping", st.New)
			return nil
		}
		return pgerr.Newf(pgerrcode.DuplicateObject, "enum label \"%s\" already exists", st.New)
	}
	at := len(t.Enum.Labels)
	if st.Beside {
		at = slices.IndexFunc(t.Enum.Labels, func(l types.EnumLabel) bool { return l.Name == st.Neighbor })
		if at < 0 {
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "\"%s\" is not an existing enum label", st.Neighbor)
		}
		if st.After {
			at++
		}
	}
	e.change(ctx)
	if err := e.addLabel(ctx, t, st.New, at); err != nil {
		return err
	}
	return e.edit.PutType(t)
}

func (e *Env) renameLabel(ctx context.Context, t *catalog.Type, st *ast.AlterEnum) error {
	at := slices.IndexFunc(t.Enum.Labels, func(l types.EnumLabel) bool { return l.Name == st.Old })
	if at < 0 {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "\"%s\" is not an existing enum label", st.Old)
	}
	if _, ok := t.Enum.Value(st.New); ok {
		return pgerr.Newf(pgerrcode.DuplicateObject, "enum label \"%s\" already exists", st.New)
	}
	e.change(ctx)
	was := t.Enum.Labels[at].Name
	t.Enum = &types.Enum{Labels: slices.Clone(t.Enum.Labels)}
	t.Enum.Labels[at].Name = st.New
	if err := e.edit.PutType(t); err != nil {
		return err
	}
	return e.rewriteTypeUses(typeOf(t), func(c *ast.Cast) {
		if l, ok := c.X.(*ast.Lit); ok && l.Kind == ast.LitString && l.Text == was {
			l.Text = st.New
		}
	})
}

// renameType gives a type a name or a schema: what is stored as text goes on meaning it.
func (e *Env) renameType(ctx context.Context, t *catalog.Type, schema *catalog.Schema, name string) error {
	if schema.ID != t.Schema || name != t.Name {
		if err := e.freeType(schema.ID, name); err != nil {
			return err
		}
	}
	e.change(ctx)
	if err := e.yieldArrayName(schema.ID, name); err != nil {
		return err
	}
	written := ""
	if schema.ID != catalog.PublicID {
		written = schema.Name
	}
	if err := e.rewriteTypeUses(typeOf(t), func(c *ast.Cast) { c.To.Name.Schema, c.To.Name.Name = written, name }); err != nil {
		return err
	}
	n := *t
	n.Schema, n.Name, n.Shown = schema.ID, name, e.shownType(schema.ID, name)
	n.ArrayName = e.arrayName(schema.ID, name)
	return e.edit.PutType(&n)
}

// alteredType finds the type that ALTER TYPE or ALTER DOMAIN names.
func (e *Env) alteredType(kind ast.ObjectKind, n *ast.QName) (*catalog.Type, error) {
	t, err := e.typeByName(n)
	if err != nil {
		if i := types.ByName(n.Name); i != nil && pgerr.Code(err) == pgerrcode.UndefinedObject {
			if kind == ast.ObjDomain {
				return nil, notAlone(kind, i)
			}
			return nil, pgerr.Newf(pgerrcode.InsufficientPrivilege, "must be owner of type %s", types.TypeName(i.OID))
		}
		if i := e.rowTypeNamed(n); i != nil {
			return nil, notAlone(kind, i)
		}
		return nil, err
	}
	return t, e.ofKind(kind, t)
}

// rowTypeNamed is the row type of a relation, or the array type over one, by its name;
// nil for other names.
func (e *Env) rowTypeNamed(n *ast.QName) *types.Info {
	if i := types.Lookup(bind.UserTypeID(&ast.TypeName{At: n.At, Name: *n}, e.options())); i != nil && (i.Composite != nil || types.IsComposite(i.Elem)) {
		return i
	}
	return nil
}

// notAlone is the error of altering a type that is changed with another one: with the
// relation whose rows it is for, or with its elements.
func notAlone(kind ast.ObjectKind, i *types.Info) error {
	name := types.TypeName(i.OID)
	switch {
	case kind == ast.ObjDomain:
		return pgerr.Newf(pgerrcode.WrongObjectType, "%s is not a domain", name)
	case i.IsArray:
		return pgerr.Newf(pgerrcode.WrongObjectType, "cannot alter array type %s", name).
			WithHint("You can alter type %s, which will alter the array type as well.", types.TypeName(i.Elem))
	}
	return pgerr.Newf(pgerrcode.WrongObjectType, "%s is a table's row type", name).WithHint("Use ALTER TABLE instead.")
}

// ofKind refuses a type that is not what the statement is for.
func (e *Env) ofKind(kind ast.ObjectKind, t *catalog.Type) error {
	if kind == ast.ObjDomain && t.Kind != catalog.DomainType {
		return pgerr.Newf(pgerrcode.WrongObjectType, "%s is not a domain", e.typeShown(t.Schema, t.Name))
	}
	return nil
}

// notDomain is the error of DROP DOMAIN for another type, as it is written.
func notDomain(n *ast.QName) error {
	name := n.Name
	if n.Schema != "" {
		name = n.Schema + "." + name
	}
	return pgerr.Newf(pgerrcode.WrongObjectType, "\"%s\" is not a domain", name)
}

// dropType finds the type that DROP TYPE or DROP DOMAIN names.
func (e *Env) dropType(kind ast.ObjectKind, n *ast.QName) (*object, error) {
	if c := e.compositeByName(n); c != nil {
		if kind == ast.ObjDomain {
			return nil, notDomain(n)
		}
		return &object{kind: typeObject, id: c.TypeID}, nil
	}
	t, err := e.typeByName(n)
	switch {
	case err == nil:
		if kind == ast.ObjDomain && t.Kind != catalog.DomainType {
			return nil, notDomain(n)
		}
		return &object{kind: typeObject, id: t.ID}, nil
	case pgerr.Code(err) != pgerrcode.UndefinedObject:
		return nil, err
	}
	if kind == ast.ObjDomain {
		rel, _ := e.table(n)
		if i := types.ByName(n.Name); rel != nil || i != nil && (n.Schema == "" || n.Schema == "pg_catalog") || e.rowTypeNamed(n) != nil {
			return nil, notDomain(n)
		}
		return nil, err
	}
	if rel, _ := e.table(n); rel != nil {
		what := e.describe(object{kind: tableObject, id: rel.ID})
		return nil, pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop type %s because %s requires it", ast.QuoteIdent(rel.Name), what).
			WithHint("You can drop %s instead.", what)
	}
	if i := types.ByName(n.Name); i != nil && types.Extension(i.OID) != "" {
		if x, ok := e.Catalog.Extension(types.Extension(i.OID)); ok && (n.Schema == "" || n.Schema == e.Catalog.SchemaName(x.Schema)) {
			what := "extension " + x.Name
			return nil, pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop type %s because %s requires it", types.TypeName(i.OID), what).
				WithHint("You can drop %s instead.", what)
		}
		return nil, err
	}
	i := types.ByName(n.Name)
	if i != nil && n.Schema != "" && n.Schema != "pg_catalog" {
		return nil, err
	}
	if i == nil {
		i = e.rowTypeNamed(n)
	}
	if i != nil {
		return nil, pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop type %s because it is required by the database system", types.TypeName(i.OID))
	}
	return nil, err
}

// typeUsers are the columns of a type, and what casts to it.
func (e *Env) typeUsers(id catalog.ID) (out []dependent) {
	x := e.valueType(id)
	if id == x.array {
		return e.arrayUsers(x)
	}
	out = []dependent{{object: object{kind: typeObject, id: x.array}, auto: true}}
	if t, ok := e.Catalog.TypeByID(id); ok && t.Kind == catalog.RangeType {
		out = append(out, e.rangeParts(t)...)
	}
	for _, d := range e.Catalog.Types() {
		if d.Kind == catalog.RangeType && (d.Range.Subtype() == x.id || d.Range.Subtype() == x.array) {
			out = append(out, dependent{object: object{kind: typeObject, id: d.ID}, order: born(d)})
		}
		if d.Kind == catalog.DomainType && (d.Over == x.id || d.Over == 0 && d.Base.OID == x.id) {
			out = append(out, dependent{object: object{kind: typeObject, id: d.ID}, order: born(d)})
		}
	}
	is := func(t types.T) bool { return t.OID == x.id || t.OID == x.array }
	for _, f := range e.Catalog.AllFunctions() {
		if f.PartOf == 0 && takesType(f, x.id) {
			out = append(out, dependent{object: object{kind: functionObject, id: f.ID}, order: f.ID})
		}
	}
	for _, t := range e.tables(usersOf(x)) {
		if t.OfType != 0 && t.OfType == x.id {
			out = append(out, dependent{object: object{kind: tableObject, id: t.ID}, order: t.ID})
		}
		if t.HasQuery() {
			if used := e.castsTo(x, t.ViewSQL); used || slices.ContainsFunc(t.Columns, func(c catalog.Column) bool { return c.Type.OID == x.id }) {
				out = append(out, dependent{object: object{kind: tableObject, id: t.ID}, order: t.ID})
			}
			continue
		}
		for i := range t.Columns {
			c := &t.Columns[i]
			column := object{kind: columnObject, id: t.ID, attr: c.Num}
			switch {
			case c.Dropped:
			case c.Generated != 0 && e.castsTo(x, c.Default):
				out = append(out, dependent{object: column, order: c.DefaultID})
			case c.Type.OID == x.id && c.Domain == 0 || c.Domain == x.id:
				out = append(out, dependent{object: column, order: t.ID})
			case e.castsTo(x, c.Default):
				out = append(out, dependent{object: object{kind: defaultObject, id: t.ID, attr: c.Num}, order: c.DefaultID})
			}
		}
		out = append(out, dividedBy(t, func(text string) bool { return e.castsTo(x, text) })...)
		goes := func(attr int16) bool { // with its column
			return attr > 0 && (is(t.Columns[attr-1].Type) || t.Columns[attr-1].Domain == x.id)
		}
		for _, k := range t.Constraints {
			if !slices.ContainsFunc(k.Columns, goes) && e.castsTo(x, k.Expr) {
				out = append(out, dependent{object: object{kind: constraintObject, id: t.ID, part: k.ID}, order: k.ID})
			}
		}
		for _, i := range t.Indexes {
			if slices.ContainsFunc(t.Columns, func(c catalog.Column) bool { return !c.Dropped && is(c.Type) && usesColumn(e, t, i, c.Num) }) {
				continue
			}
			if e.castsTo(x, i.Where) || slices.ContainsFunc(i.Keys, func(k catalog.IndexKey) bool { return is(k.Type) && k.Attr == 0 || e.castsTo(x, k.Expr) }) {
				out = append(out, dependent{object: object{kind: indexObject, id: i.ID}, order: i.ID})
			}
		}
	}
	return out
}

// arrayUsers are the columns, domains and functions of the array type over a type.
func (e *Env) arrayUsers(x valueType) (out []dependent) {
	for _, d := range e.Catalog.Types() {
		if d.Kind == catalog.DomainType && d.Over == 0 && d.Base.OID == x.array {
			out = append(out, dependent{object: object{kind: typeObject, id: d.ID}, order: born(d)})
		}
	}
	for _, f := range e.Catalog.AllFunctions() {
		if f.PartOf == 0 && takesType(f, x.array) && !takesType(f, x.id) {
			out = append(out, dependent{object: object{kind: functionObject, id: f.ID}, order: f.ID})
		}
	}
	for _, t := range e.tables(usersOf(x)) {
		for i := range t.Columns {
			if c := &t.Columns[i]; !c.Dropped && c.Domain == 0 && c.Type.OID == x.array && !t.HasQuery() {
				out = append(out, dependent{object: object{kind: columnObject, id: t.ID, attr: c.Num}, order: t.ID})
			}
		}
	}
	return out
}

// castsTo reports whether stored SQL text casts to a type.
func (e *Env) castsTo(t valueType, text string) bool {
	if !strings.Contains(text, t.name) {
		return false
	}
	list, _ := e.stored(text)
	return len(list) == 1 && e.visitCasts(t, list[0].Stmt, func(*ast.Cast) {})
}

// visitCasts calls visit for the casts to a type, and reports whether there are any.
func (e *Env) visitCasts(t valueType, q ast.Stmt, visit func(*ast.Cast)) (found bool) {
	ast.Walk(q, func(n ast.Node) bool {
		if c, ok := n.(*ast.Cast); ok && c.To.Name.Name == t.name && e.meansType(&c.To, t) {
			found = true
			visit(c)
		}
		return true
	})
	return found
}

// rewriteTypeUses changes the casts to a type in everything that is stored as text.
func (e *Env) rewriteTypeUses(x valueType, change func(*ast.Cast)) error {
	return e.rewriteStored(func(s storedSQL) (string, error) {
		if !strings.Contains(s.text, x.name) {
			return s.text, nil
		}
		return e.changeStored(s, func(q ast.Stmt) bool { return e.visitCasts(x, q, change) })
	})
}
