package builtin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// indexProperties registers pg_index_column_has_property and its kin (table 9.71).
func indexProperties(r *registrar) {
	r.eval("pg_index_column_has_property", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		x, ok := s.Catalog().IndexByID(uint32(a[0].Int()))
		n := a[1].Int()
		if !ok || n < 1 || n > int64(len(x.Keys)+len(x.Include)) {
			return null()
		}
		btree, key := x.AccessMethod() == "btree", n <= int64(len(x.Keys))
		var desc, first bool
		if key {
			desc, first = x.Keys[n-1].Desc, x.Keys[n-1].NullsFirst
		}
		switch strings.ToLower(a[2].Text()) {
		case "asc":
			return types.Bool(btree && key && !desc), nil
		case "desc":
			return types.Bool(btree && key && desc), nil
		case "nulls_first":
			return types.Bool(btree && key && first), nil
		case "nulls_last":
			return types.Bool(btree && key && !first), nil
		case "orderable", "search_array", "search_nulls":
			return types.Bool(btree && key), nil
		case "distance_orderable":
			if x.IsVector() && key {
				return null() // up to the access method, and pgvector's do not say
			}
			return types.Bool(false), nil
		case "returnable":
			return types.Bool(btree), nil
		}
		return null()
	}))
	r.eval("pg_index_has_property", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		x, ok := s.Catalog().IndexByID(uint32(a[0].Int()))
		if !ok {
			return null()
		}
		switch strings.ToLower(a[1].Text()) {
		case "clusterable":
			return types.Bool(x.AccessMethod() == "btree"), nil
		case "backward_scan":
			return types.Bool(x.Method == "btree"), nil
		case "index_scan":
			return types.Bool(!x.IsInverted()), nil
		case "bitmap_scan":
			return types.Bool(!x.IsVector()), nil
		}
		return null()
	}))
	r.eval("pg_indexam_has_property", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		am := uint32(a[0].Int())
		if am == catalog.HeapAmID {
			return null() // it is none of indexes
		}
		btree := am == catalog.BtreeAmID
		switch strings.ToLower(a[1].Text()) {
		case "can_order", "can_unique":
			return types.Bool(btree), nil
		case "can_multi_col":
			return types.Bool(btree || am == catalog.GinAmID || am == gistAmID || am == brinAmID), nil
		case "can_include":
			return types.Bool(btree || slices.Contains(vectorMethods, am)), nil
		case "can_exclude":
			return types.Bool(false), nil
		}
		return null()
	})
}

// Access methods that are shown and of which no index can be made.
const (
	gistAmID = 783
	brinAmID = 3580
)

// vectorMethods are the access methods of vector indexes.
var vectorMethods = []uint32{catalog.HnswAmID, catalog.IvfflatAmID, catalog.FlatAmID, catalog.IvfAmID}

// What can be done to a relation, as bits by the commands' numbers.
const (
	updateEvent = 1 << 2
	insertEvent = 1 << 3
	deleteEvent = 1 << 4
)

// insteadEvents are what triggers of a view do instead.
func insteadEvents(t *catalog.Table) (events int64) {
	for kind, event := range map[catalog.TriggerKind]int64{
		catalog.TriggerUpdate: updateEvent, catalog.TriggerInsert: insertEvent, catalog.TriggerDelete: deleteEvent,
	} {
		if t.HasTrigger(catalog.TriggerInstead | kind) {
			events |= event
		}
	}
	return events
}

// relationFacts registers small questions about relations.
func relationFacts(r *registrar) {
	r.eval("pg_relation_filepath", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		if _, _, ok := relationName(s.Catalog(), uint32(a[0].Int())); !ok {
			return null()
		}
		return types.String(fmt.Sprintf("base/%d/%d", s.Catalog().Home, a[0].Int())), nil
	}))
	r.eval("pg_relation_is_publishable", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		t, ok := s.Catalog().TableByID(uint32(a[0].Int()))
		if !ok {
			return null()
		}
		return types.Bool(t.Kind == catalog.KindTable && !t.Temp && !t.Unlogged), nil
	}))
	r.eval("pg_relation_is_updatable", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		t, ok := s.Catalog().TableByID(uint32(a[0].Int()))
		switch {
		case !ok:
			return types.Int(0), nil
		case t.Kind == catalog.KindTable || len(t.Updatable) > 0:
			return types.Int(insertEvent | updateEvent | deleteEvent), nil
		case a[1].Bool():
			return types.Int(insteadEvents(t)), nil
		}
		return types.Int(0), nil
	}))
	r.eval("pg_column_is_updatable", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		t, ok := s.Catalog().TableByID(uint32(a[0].Int()))
		return types.Bool(ok && (t.Kind == catalog.KindTable && a[1].Int() > 0 || slices.Contains(t.Updatable, int16(a[1].Int())))), nil
	}))
	r.eval("pg_get_replica_identity_index", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		if t, ok := s.Catalog().TableByID(uint32(a[0].Int())); ok {
			if pk := t.PrimaryKey(); pk != nil {
				return types.Int(int64(pk.Index)), nil
			}
		}
		return null()
	}))
	r.rows("_pg_expandarray(anyarray)", func(_ *Ctx, a []types.Datum) (RowIter, error) {
		it, n := types.NewArrayIter(a[0]), int64(0)
		return funcRows(func(row []types.Datum) (bool, error) {
			d, ok := it.Next()
			if !ok {
				return false, nil
			}
			n++
			row[0], row[1] = d, types.Int(n)
			return true, nil
		}), nil
	})
	r.eval("pg_describe_object", withSession(func(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		if a[0].Int() != classOfRelations && a[2].Int() != 0 {
			return types.Datum{}, pgerr.Newf(pgerrcode.InternalError, "invalid non-zero objectSubId for object class %d", a[0].Int())
		}
		if text, known := s.Definition("object "+strconv.FormatInt(a[0].Int(), 10), uint32(a[1].Int()), int(a[2].Int()), false); known {
			if text == "" {
				return null()
			}
			return types.String(text), nil
		}
		text := describeObject(c, s.Catalog(), uint32(a[1].Int()))
		if text == "" {
			if text, _ = s.Definition("object", uint32(a[1].Int()), 0, false); text == "" {
				_, err := s.Identify(c.Context, uint32(a[0].Int()), uint32(a[1].Int()), 0) // is it a class?
				return types.Null, err
			}
		}
		return types.String(text), nil
	}))
	aclFuncs(r)
}

// describeObject names a schema, a built-in function or a type.
func describeObject(c *Ctx, s *catalog.Snapshot, id catalog.ID) string {
	if x, ok := s.SchemaByID(id); ok {
		return "schema " + x.Name
	}
	if f := FuncByOID(id); f != nil {
		args := make([]string, len(f.Args))
		for i, t := range f.Args {
			args[i] = formatType(c, types.Of(t))
		}
		name := f.Name
		if quotesAll(c) {
			name = QuoteAll(name)
		}
		return "function " + name + "(" + strings.Join(args, ",") + ")"
	}
	if types.Lookup(id) != nil {
		return "type " + formatType(c, types.Of(id)) // without its schema where the search path finds it
	}
	return ""
}

// classOfRelations is the OID of pg_class, the only class whose objects have parts.
const classOfRelations = 1259
