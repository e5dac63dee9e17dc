package session

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
)

// Classes of objects beside those of syscat.
const (
	constraintClass  catalog.ID = 2606
	methodClass      catalog.ID = 2601
	schemaClass      catalog.ID = 2615
	roleClass        catalog.ID = 1260
	databaseClass    catalog.ID = 1262
	languageClass    catalog.ID = 2612
	largeObjectClass catalog.ID = 2613
)

// addressKinds are the kinds by name; nil for those that have names and cannot be found by
// them.
var addressKinds = map[string]*addressKind{}

func init() {
	for _, kind := range []string{"toast table", "composite type", "index column", "sequence column", "toast table column", "view column",
		"materialized view column", "composite type column"} {
		addressKinds[kind] = nil
	}
	add := func(class catalog.ID, k addressKind, kinds ...string) {
		for _, kind := range kinds {
			x := k
			x.class = class
			addressKinds[kind] = &x
		}
	}
	for kind, relkinds := range map[string]string{"table": "rp", "index": "iI", "sequence": "S", "view": "v", "materialized view": "m", "foreign table": "f"} {
		add(syscat.RelationClass, addressKind{find: relationOf(relkinds)}, kind)
	}
	add(syscat.RelationClass, addressKind{find: (*address).column}, "table column", "foreign table column")
	add(2604, addressKind{find: (*address).column}, "default value")
	add(syscat.ProcClass, addressKind{types: true, find: (*address).routine}, "aggregate", "function", "procedure")
	add(syscat.TypeClass, addressKind{typ: true, find: func(a *address) error {
		of, err := a.types(a.typ)
		if err == nil {
			a.id = of[0]
		}
		return err
	}}, "type")
	add(2605, addressKind{typ: true, types: true, args: 1, find: (*address).cast}, "cast")
	add(constraintClass, addressKind{typ: true, args: 1, find: (*address).domainConstraint}, "domain constraint")
	add(syscat.OperatorClass, addressKind{types: true, args: 2, find: (*address).operator}, "operator")
	add(2602, addressKind{types: true, names: 3, args: 2, find: (*address).member}, "operator of access method")
	add(2603, addressKind{types: true, names: 3, args: 2, find: (*address).member}, "function of access method")
	for kind, class := range map[string]catalog.ID{"operator class": syscat.OpclassClass, "operator family": syscat.OpfamilyClass} {
		add(class, addressKind{names: 2, find: func(a *address) (err error) {
			a.id, err = a.ofMethod(a.class, a.what, a.parts[1:])
			return err
		}}, kind)
	}
	add(constraintClass, addressKind{find: (*address).part}, "table constraint")
	add(2618, addressKind{find: (*address).part}, "rule")
	add(2620, addressKind{find: (*address).part}, "trigger")
	add(3256, addressKind{find: (*address).part}, "policy")
	add(826, addressKind{args: 1, find: (*address).defaultACL}, "default acl")
	for kind, class := range map[string]catalog.ID{
		"conversion": syscat.ConversionClass, "collation": syscat.CollationClass, "text search parser": syscat.TSParserClass,
		"text search dictionary": syscat.TSDictClass, "text search template": syscat.TSTemplateClass,
		"text search configuration": syscat.TSConfigClass, "statistics object": syscat.StatisticsClass,
	} {
		add(class, addressKind{find: func(a *address) (err error) {
			if a.id, err = a.inSchema(a.class, a.parts, 0); err == nil && a.id == 0 && a.class == syscat.CollationClass {
				err = pgerr.Newf(pgerrcode.UndefinedObject, "collation \"%s\" for encoding \"UTF8\" does not exist", strings.Join(a.parts, "."))
			}
			return err
		}}, kind)
	}
	for kind, class := range map[string]catalog.ID{
		"access method": methodClass, "database": databaseClass, "extension": 3079, "language": languageClass, "role": roleClass, "schema": schemaClass,
		"tablespace": 1213, "foreign-data wrapper": 2328, "server": 1417, "event trigger": 3466, "parameter ACL": 6243, "publication": 6104,
		"subscription": 6100,
	} {
		add(class, addressKind{names: 1, find: (*address).alone}, kind)
	}
	add(largeObjectClass, addressKind{find: (*address).largeObject}, "large object")
	add(1418, addressKind{names: 1, args: 1, find: (*address).userMapping}, "user mapping")
	add(6237, addressKind{names: 1, args: 1, find: (*address).published}, "publication namespace")
	add(6106, addressKind{args: 1, find: (*address).published}, "publication relation")
	add(3576, addressKind{typ: true, args: 1, find: (*address).transform}, "transform")
}
