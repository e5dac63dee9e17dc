package builtin

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// systemVisible is pg_table_is_visible of a relation that the catalog does not list:
// the system's are visible in their schema.
func systemVisible(c *Ctx, s Session, id uint32) (types.Datum, error) {
	if c.Format.Names == nil || id == 0 || id >= catalog.DatabaseID {
		return null()
	}
	name, ok := c.Format.Names.RegOut(types.RegclassOID, id)
	if !ok {
		return null()
	}
	schema := "pg_catalog"
	if before, _, qualified := strings.Cut(name, "."); qualified {
		schema = before
	}
	return types.Bool(slices.Contains(s.SearchPath(true), schema)), nil
}

// visibilityFuncs registers pg_table_is_visible and its kin.
func visibilityFuncs(r *registrar) {
	r.eval("pg_table_is_visible", withSession(func(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		schema, name, ok := relationName(s.Catalog(), uint32(a[0].Int()))
		if !ok {
			return systemVisible(c, s, uint32(a[0].Int()))
		}
		for _, n := range s.SearchPath(true) {
			x, ok := s.Catalog().Schema(n)
			if !ok {
				continue
			}
			if x.ID == schema {
				return types.Bool(true), nil
			}
			if s.Catalog().RelationExists(x.ID, name) {
				break
			}
		}
		return types.Bool(false), nil
	}))
	for key, class := range map[string]catalog.ID{
		"type": 1247, "function": 1255, "operator": 2617, "opclass": 2616, "opfamily": 2753, "conversion": 2607,
		"ts_dict": 3600, "ts_parser": 3601, "ts_config": 3602, "ts_template": 3764,
	} {
		r.eval("pg_"+key+"_is_visible", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
			f, ok := s.(ObjectFinder)
			if !ok {
				return null()
			}
			visible, known := f.ObjectVisible(class, catalog.ID(a[0].Int()))
			if !known {
				return null()
			}
			return types.Bool(visible), nil
		}))
	}
	r.eval("pg_collation_is_visible", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		c, ok := s.Catalog().CollationByID(types.OID(a[0].Int()))
		if f, finds := s.(ObjectFinder); !ok && finds { // one without an order here
			if visible, known := f.ObjectVisible(3456, catalog.ID(a[0].Int())); known {
				return types.Bool(visible), nil
			}
		}
		if !ok {
			return null()
		}
		found, ok := s.Catalog().FindCollation(s.SearchPath(true), c.Name)
		return types.Bool(ok && found == c), nil
	}))
	r.eval("pg_collation_actual_version", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		c, ok := s.Catalog().CollationByID(types.OID(a[0].Int()))
		switch {
		case !ok:
			return types.Null, pgerr.Newf(pgerrcode.UndefinedObject, "collation with OID %d does not exist", a[0].Int())
		case c.Provider != 'i':
			return null()
		}
		return types.String(collate.Version), nil
	}))
}

// ObjectFinder is what a Session may add: whether the bare name of an object of a class,
// the number of its catalog, means it; known is false when there is no such object.
type ObjectFinder interface {
	ObjectVisible(class, id catalog.ID) (visible, known bool)
}

// relationName finds the schema and name of a table, view, index or sequence.
func relationName(s *catalog.Snapshot, id catalog.ID) (schema catalog.ID, name string, ok bool) {
	if t, ok := s.TableByID(id); ok {
		return t.Schema, t.Name, true
	}
	if x, ok := s.IndexByID(id); ok {
		if t, ok := s.TableByID(x.Table); ok {
			return t.Schema, x.Name, true
		}
	}
	if q, ok := s.SequenceByID(id); ok {
		return q.Schema, q.Name, true
	}
	return 0, "", false
}
