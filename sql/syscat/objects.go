package syscat

import (
	"context"
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// Objects finds the objects of a database, made by users or not, by their numbers and
// names in the rows of the catalogs. Each catalog is read when it is first asked for, so
// an Objects belongs to one state of the catalog. It is used by one goroutine at a time.
type Objects struct {
	env  Env
	read map[catalog.ID]*objectRows
}

// NewObjects is for the state that env has now; env is kept.
func NewObjects(env Env) *Objects { return &Objects{env, map[catalog.ID]*objectRows{}} }

// objectRows are the rows of one catalog, of each the columns that addresses are made of.
type objectRows struct {
	byID   map[catalog.ID]objectRow
	list   []objectRow
	byName map[string][]objectRow // made when a name is first looked for
}

// objectRow has the number first, the other columns follow as the class names them.
type objectRow []types.Datum

func (r objectRow) id() catalog.ID            { return r.oid(0) }
func (r objectRow) oid(column int) catalog.ID { return catalog.ID(r[column].Int()) }
func (r objectRow) text(column int) string    { return r[column].Text() }

// objectClass is what an address needs of a catalog.
type objectClass struct {
	relation string
	kind     string // of its objects, in words: what identify calls them
	// columns follow the number, "oid": the name and the schema where there are such.
	columns string
	// single: a name, with the schema, belongs to one object only.
	single bool
}

// objectClasses are the catalogs whose objects have addresses. Those with an empty list of
// columns never have any here.
var objectClasses = map[catalog.ID]*objectClass{
	classRelation:   {"pg_class", "relation", "relname relnamespace relkind", true},
	classType:       {"pg_type", "type", "typname typnamespace typelem typsubscript typtype", true},
	classProc:       {"pg_proc", "routine", "proname pronamespace prokind proargtypes", false},
	classConstr:     {"pg_constraint", "constraint", "conname connamespace conrelid contypid", false},
	classAttrdef:    {"pg_attrdef", "default value", "adrelid adnum", false},
	classTrigger:    {"pg_trigger", "trigger", "tgname tgrelid", false},
	classPolicy:     {"pg_policy", "policy", "polname polrelid", false},
	classRewrite:    {"pg_rewrite", "rule", "rulename ev_class", false},
	classStatistics: {"pg_statistic_ext", "statistics object", "stxname stxnamespace", true},
	classCollation:  {"pg_collation", "collation", "collname collnamespace", true},
	classNamespace:  {"pg_namespace", "schema", "nspname", true},
	classDefaultACL: {"pg_default_acl", "default acl", "defaclrole defaclnamespace defaclobjtype", false},
	classExtension:  {"pg_extension", "extension", "extname", true},
	classLanguage:   {"pg_language", "language", "lanname", true},
	classOperator:   {"pg_operator", "operator", "oprname oprnamespace oprleft oprright", false},
	classOpclass:    {"pg_opclass", "operator class", "opcname opcnamespace opcmethod", true},
	classOpfamily:   {"pg_opfamily", "operator family", "opfname opfnamespace opfmethod", true},
	classAmop:       {"pg_amop", "operator of access method", "amopfamily amoplefttype amoprighttype amopstrategy amopopr", false},
	classAmproc:     {"pg_amproc", "function of access method", "amprocfamily amproclefttype amprocrighttype amprocnum amproc", false},
	classAm:         {"pg_am", "access method", "amname", true},
	classCast:       {"pg_cast", "cast", "castsource casttarget", false},
	ConversionClass: {"pg_conversion", "conversion", "conname connamespace", true},
	TSConfigClass:   {"pg_ts_config", "text search configuration", "cfgname cfgnamespace", true},
	TSDictClass:     {"pg_ts_dict", "text search dictionary", "dictname dictnamespace", true},
	TSParserClass:   {"pg_ts_parser", "text search parser", "prsname prsnamespace", true},
	TSTemplateClass: {"pg_ts_template", "text search template", "tmplname tmplnamespace", true},
	classAuthid:     {"pg_authid", "role", "rolname", true},
	classDatabase:   {"pg_database", "database", "datname", true},
	classTablespace: {"pg_tablespace", "tablespace", "spcname", true},

	2328: {kind: "foreign-data wrapper"}, 1417: {kind: "server"}, 1418: {kind: "user mapping"}, 3466: {kind: "event trigger"},
	6104: {kind: "publication"}, 6106: {kind: "publication relation"}, 6237: {kind: "publication namespace"},
	6100: {kind: "subscription"}, 3576: {kind: "transform"}, 6243: {kind: "parameter ACL"}, 2613: {kind: "large object"},
}

const classStatistics catalog.ID = 3381

// Columns of objectRow that most classes have, and those of single classes.
const (
	objName      = 1
	objSchema    = 2
	relKind      = 3
	typeElem     = 3
	typeArrays   = 4 // typsubscript
	typeKind     = 5
	procKind     = 3
	procArgs     = 4
	conRelation  = 3
	conType      = 4
	partRelation = 2 // of triggers, policies and rules
	methodOf     = 3 // of operator classes and families
	memberFamily = 1 // of operators and functions of a family
	memberLeft   = 2
	memberRight  = 3
	memberNumber = 4
	memberOf     = 5 // the operator or function
	oprLeft      = 3
	oprRight     = 4
)

// hasSchema reports that a class's objects are in schemas.
func (k *objectClass) hasSchema() bool {
	f := strings.Fields(k.columns)
	return len(f) > 1 && strings.HasSuffix(f[0], "name") && strings.HasSuffix(f[1], "namespace")
}

// rows reads a catalog; a class that is never used has none.
func (o *Objects) rows(ctx context.Context, class catalog.ID) (*objectRows, error) {
	if x := o.read[class]; x != nil {
		return x, nil
	}
	k := objectClasses[class]
	x := &objectRows{byID: map[catalog.ID]objectRow{}}
	t, _ := Lookup("pg_catalog", k.relation)
	if t == nil || t.Rows == nil {
		o.read[class] = x
		return x, nil
	}
	var from []int
	for _, c := range append([]string{"oid"}, strings.Fields(k.columns)...) {
		from = append(from, t.attr[c])
	}
	err := t.Rows(ctx, o.env, func(row []types.Datum) error {
		r := make(objectRow, len(from))
		for i, k := range from {
			r[i] = row[k].Clone()
		}
		x.byID[r.id()] = r
		x.list = append(x.list, r)
		return nil
	})
	if err == nil {
		o.read[class] = x
	}
	return x, err
}

// row finds an object; nil when there is none.
func (o *Objects) row(ctx context.Context, class, id catalog.ID) (objectRow, error) {
	x, err := o.rows(ctx, class)
	if err != nil {
		return nil, err
	}
	return x.byID[id], nil
}

// Column is a column of a relation: its number by its name, or its name by its number.
// ok is false when there is none.
func (o *Objects) Column(ctx context.Context, rel catalog.ID, name string, num int16) (string, int16, bool, error) {
	t, _ := Lookup("pg_catalog", "pg_attribute")
	found := false
	relid, attname, attnum, dropped := t.attr["attrelid"], t.attr["attname"], t.attr["attnum"], t.attr["attisdropped"]
	err := t.Rows(ctx, o.env, func(row []types.Datum) error {
		switch {
		case found || catalog.ID(row[relid].Int()) != rel || row[dropped].Bool():
		case name != "" && row[attname].Text() == name, name == "" && int16(row[attnum].Int()) == num:
			name, num, found = strings.Clone(row[attname].Text()), int16(row[attnum].Int()), true
		}
		return nil
	})
	return name, num, found, err
}

// schemaName is a schema's name, that of the session's temporary one as pg_temp.
func (o *Objects) schemaName(id catalog.ID) string {
	c := o.env.Catalog()
	if s, ok := c.SchemaByID(id); ok && s.Temp {
		return "pg_temp"
	}
	return schemaName(c, id)
}

func (o *Objects) qualified(schema catalog.ID, name string) string {
	return o.ident(o.schemaName(schema)) + "." + o.ident(name)
}

// ident is a name as the session has it written.
func (o *Objects) ident(name string) string {
	if d, ok := o.env.(Definer); ok {
		return d.Printer(false).ident(name)
	}
	return builtin.QuoteIdent(name)
}

// typesOfSQL are the types that have names of the standard, which go without a schema.
var typesOfSQL = map[types.OID]bool{
	types.BitOID: true, types.BoolOID: true, types.BpcharOID: true, types.Float4OID: true, types.Float8OID: true, types.Int4OID: true,
	types.Int2OID: true, types.Int8OID: true, types.NumericOID: true, types.IntervalOID: true, types.TimeOID: true, types.TimetzOID: true,
	types.TimestampOID: true, types.TimestamptzOID: true, types.VarbitOID: true, types.VarcharOID: true,
}

// typeName is a type's name with its schema, whatever the search path
// (format_type_be_qualified).
func (o *Objects) typeName(ctx context.Context, id catalog.ID) (string, error) {
	if id == 0 {
		return "-", nil
	}
	if typesOfSQL[id] {
		return types.TypeName(id), nil
	}
	r, err := o.row(ctx, classType, id)
	switch {
	case err != nil:
		return "", err
	case r == nil:
		return "???", nil
	case r.oid(typeElem) != 0 && r.oid(typeArrays) == arraySubscripts && id != types.Int2VectorOID && id != types.OidVectorOID:
		name, err := o.typeName(ctx, r.oid(typeElem))
		return name + "[]", err
	}
	return o.qualified(r.oid(objSchema), r.text(objName)), nil
}

// arraySubscripts is array_subscript_handler, which true arrays have.
const arraySubscripts catalog.ID = 6179

// typeNames are the names of several.
func (o *Objects) typeNames(ctx context.Context, ids ...catalog.ID) ([]string, error) {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		name, err := o.typeName(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, nil
}

// argTypes are the argument types of a function.
func argTypes(r objectRow) (out []catalog.ID) {
	for it := types.NewArrayIter(r[procArgs]); ; {
		d, ok := it.Next()
		if !ok {
			return out
		}
		out = append(out, catalog.ID(d.Int()))
	}
}

// The functions below find objects by what names them; 0 is for none.

// InSchema is the object of a name in a schema; of is the access method of operator
// classes and families, 0 for other classes.
func (o *Objects) InSchema(ctx context.Context, class, schema catalog.ID, name string, of catalog.ID) (catalog.ID, error) {
	return o.find(ctx, class, name, func(r objectRow) bool {
		return r.oid(objSchema) == schema && (of == 0 || r.oid(methodOf) == of)
	})
}

// Named is the object of a class without schemas.
func (o *Objects) Named(ctx context.Context, class catalog.ID, name string) (catalog.ID, error) {
	return o.find(ctx, class, name, func(objectRow) bool { return true })
}

// Part is a trigger, policy, rule or constraint of a relation, or a domain's constraint.
func (o *Objects) Part(ctx context.Context, class catalog.ID, name string, of catalog.ID) (catalog.ID, error) {
	return o.find(ctx, class, name, func(r objectRow) bool {
		if class == classConstr {
			return r.oid(conRelation) == of || r.oid(conRelation) == 0 && r.oid(conType) == of
		}
		return r.oid(partRelation) == of
	})
}

// Routine is a function, aggregate or procedure with the argument types, and its prokind.
func (o *Objects) Routine(ctx context.Context, schema catalog.ID, name string, args []types.OID) (id catalog.ID, kind byte, err error) {
	id, err = o.find(ctx, classProc, name, func(r objectRow) bool {
		if r.oid(objSchema) != schema || !slices.Equal(argTypes(r), args) {
			return false
		}
		kind = byte(r[procKind].Int())
		return true
	})
	return id, kind, err
}

// Operator is an operator on the types.
func (o *Objects) Operator(ctx context.Context, schema catalog.ID, name string, left, right types.OID) (catalog.ID, error) {
	return o.find(ctx, classOperator, name, func(r objectRow) bool {
		return r.oid(objSchema) == schema && r.oid(oprLeft) == left && r.oid(oprRight) == right
	})
}

// Member is an operator or a function of a family (of pg_amop or pg_amproc).
func (o *Objects) Member(ctx context.Context, class, family catalog.ID, number int64, left, right types.OID) (catalog.ID, error) {
	return o.find(ctx, class, "", func(r objectRow) bool {
		return r.oid(memberFamily) == family && r[memberNumber].Int() == number && r.oid(memberLeft) == left && r.oid(memberRight) == right
	})
}

// Cast is the cast between two types.
func (o *Objects) Cast(ctx context.Context, from, to types.OID) (catalog.ID, error) {
	return o.find(ctx, classCast, "", func(r objectRow) bool { return r.oid(1) == from && r.oid(2) == to })
}

// DefaultACL is what a role's new objects of a kind (defaclobjtype) get, in a schema or
// everywhere (0).
func (o *Objects) DefaultACL(ctx context.Context, role, schema catalog.ID, kind byte) (catalog.ID, error) {
	return o.find(ctx, classDefaultACL, "", func(r objectRow) bool {
		return r.oid(1) == role && r.oid(2) == schema && byte(r[3].Int()) == kind
	})
}

// Default is the default value of a column.
func (o *Objects) Default(ctx context.Context, rel catalog.ID, column int16) (catalog.ID, error) {
	return o.find(ctx, classAttrdef, "", func(r objectRow) bool { return r.oid(1) == rel && int16(r[2].Int()) == column })
}

// RelationKind is a relation's relkind, 0 for none.
func (o *Objects) RelationKind(ctx context.Context, id catalog.ID) (byte, error) {
	return o.char(ctx, classRelation, id, relKind)
}

// TypeKind is a type's typtype, 0 for none.
func (o *Objects) TypeKind(ctx context.Context, id catalog.ID) (byte, error) {
	return o.char(ctx, classType, id, typeKind)
}

func (o *Objects) char(ctx context.Context, class, id catalog.ID, column int) (byte, error) {
	r, err := o.row(ctx, class, id)
	if err != nil || r == nil {
		return 0, err
	}
	return byte(r[column].Int()), nil
}

// find is the first object that is wanted, of those with the name unless that is "".
func (o *Objects) find(ctx context.Context, class catalog.ID, name string, is func(objectRow) bool) (catalog.ID, error) {
	x, err := o.rows(ctx, class)
	if err != nil {
		return 0, err
	}
	list := x.list
	if name != "" {
		if x.byName == nil {
			x.byName = make(map[string][]objectRow, len(x.list))
			for _, r := range x.list {
				x.byName[r.text(objName)] = append(x.byName[r.text(objName)], r)
			}
		}
		list = x.byName[name]
	}
	for _, r := range list {
		if is(r) {
			return r.id(), nil
		}
	}
	return 0, nil
}
