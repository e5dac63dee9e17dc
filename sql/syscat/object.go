package syscat

import (
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// Object is a function, operator, type, relation or the like that no user made, for its
// name: those that LoxoDB cannot do are among them.
type Object struct {
	ID     catalog.ID
	Schema catalog.ID
	Name   string
	Args   []types.OID // of functions and operators; 0 = none
	// Elem is the type whose array a type is, Array the array type over it.
	Elem, Array catalog.ID
}

// Classes of objects: the numbers of their catalogs.
const (
	ProcClass       = classProc
	OperatorClass   = classOperator
	TypeClass       = classType
	RelationClass   = classRelation
	OpclassClass    = classOpclass
	OpfamilyClass   = classOpfamily
	ConversionClass = catalog.ID(2607)
	CollationClass  = classCollation
	TSDictClass     = catalog.ID(3600)
	TSParserClass   = catalog.ID(3601)
	TSConfigClass   = catalog.ID(3602)
	TSTemplateClass = catalog.ID(3764)
	StatisticsClass = classStatistics
)

// bornClassIndexes finds objects by class.
var bornClassIndexes = map[catalog.ID]func() *bornIndex{
	ProcClass: bornProcs, OperatorClass: bornOperators, TypeClass: bornTypes, RelationClass: bornClasses,
	OpclassClass: indexBorn("pg_opclass", 0, 2, 3), OpfamilyClass: indexBorn("pg_opfamily", 0, 2, 3),
	CollationClass: indexBorn("pg_collation", 0, 1, 2), ConversionClass: indexBorn("pg_conversion", 0, 1, 2), TSDictClass: indexBorn("pg_ts_dict", 0, 1, 2),
	TSParserClass: indexBorn("pg_ts_parser", 0, 1, 2), TSConfigClass: indexBorn("pg_ts_config", 0, 1, 2),
	TSTemplateClass: indexBorn("pg_ts_template", 0, 1, 2),
}

// ObjectByID finds an object that a database is born with.
func ObjectByID(class, id catalog.ID) (Object, bool) {
	x := bornClassIndexes[class]
	if x == nil {
		return Object{}, false
	}
	o := x().byOID[id]
	if o == nil {
		return Object{}, false
	}
	return o.object(class), true
}

// ObjectsNamed lists the objects of a name that a database is born with.
func ObjectsNamed(class catalog.ID, name string) (list []Object) {
	if x := bornClassIndexes[class]; x != nil {
		for _, o := range x().byName[name] {
			list = append(list, o.object(class))
		}
	}
	return list
}

func (o *bornObject) object(class catalog.ID) Object {
	x := Object{ID: o.oid, Schema: o.schema, Name: o.name}
	switch class {
	case ProcClass:
		for _, a := range strings.Fields(o.row[19]) {
			x.Args = append(x.Args, number(a))
		}
	case OperatorClass:
		x.Args = []types.OID{number(o.row[7]), number(o.row[8])}
	case TypeClass:
		if x.Array = number(o.row[14]); o.row[7] == "A" && o.row[12] != "0" && o.row[4] == "-1" {
			x.Elem = number(o.row[13])
		}
	}
	return x
}

// ExtensionObject finds a function, operator, operator class or family that an extension
// in the database has.
func ExtensionObject(c *catalog.Snapshot, class, id catalog.ID) (o Object, ok bool) {
	extension := ""
	switch class {
	case ProcClass:
		if f := builtin.FuncByOID(id); f != nil {
			extension, o = f.Extension, Object{ID: id, Name: f.Name, Args: f.Args}
		}
	case OperatorClass:
		if f := builtin.OperatorByOID(id); f != nil {
			extension, o = f.Extension, Object{ID: id, Name: f.Name, Args: []types.OID{f.Left, f.Right}}
		}
	case OpclassClass, OpfamilyClass:
		kind := map[catalog.ID]string{OpclassClass: "opclass", OpfamilyClass: "opfamily"}[class]
		for _, e := range c.Extensions() {
			for _, f := range extensionRows(e.Name, kind) {
				if number(f[0]) == id {
					return Object{ID: id, Schema: e.Schema, Name: f[2]}, true
				}
			}
		}
	}
	e, ok := c.Extension(extension)
	if !ok {
		return Object{}, false
	}
	o.Schema = e.Schema
	return o, true
}
