package catalog

import (
	"maps"
	"sort"
	"strings"
	"sync/atomic"

	"github.com/loxodb/loxodb/sql/types"
)

// Snapshot is one consistent version of a database's catalog: what all databases
// share, what all sessions of this one share, and over it the temporary objects of one
// session, if it has any. It is immutable once
// published and safe for concurrent use; DDL works on a Clone of its own.
type Snapshot struct {
	// Version is that of the shared part; TempVersion tells about the other.
	Version Version

	// Home is the database that it is the catalog of.
	Home ID

	cluster                        *Cluster
	shared, temp                   *Layer
	origin                         *origin // of a draft, else nil
	ownCluster, ownShared, ownTemp bool    // may be changed in place: nobody else has it
}

// Layer is one of the two parts of a Snapshot. Neither refers to objects of the other
// by OID, but that temporary views and defaults may name shared objects.
type Layer struct {
	version    Version // of temporary objects only
	guarded    bool    // something was granted on a function
	schemas    map[string]*Schema
	schemaByID map[ID]*Schema
	tables     map[relName]*Table
	tableByID  map[ID]*Table
	indexByID  map[ID]*Index
	indexes    map[relName]*Index
	sequences  map[relName]*Sequence
	seqByID    map[ID]*Sequence
	types      map[relName]*Type
	typeByID   map[ID]*Type      // by the OIDs of array types, too
	rowTypes   map[ID]*RowType   // the same
	collations map[ID]*Collation // those of users
	functions  map[relName][]*Function
	funcByID   map[ID]*Function
	extensions map[string]*Extension
	stats      map[ID]*TableStats
	rights     map[Object]*Rights
	defaults   map[ID]*DefaultRights
	// referrers lists, by referenced table, the tables whose foreign keys point at it.
	referrers map[ID][]ID
	// awaiting are the tables with foreign keys to tables that are not there.
	awaiting map[ID]*Table
	// partitioned are the tables that have partitions.
	partitioned map[ID]*Table
}

type relName struct {
	schema ID
	name   string
}

// none is the layer without objects.
var none = &Layer{}

// NewSnapshot returns an empty catalog.
func NewSnapshot() *Snapshot {
	return &Snapshot{Home: DatabaseID, cluster: noCluster.clone(), shared: none.clone(), temp: none, ownCluster: true, ownShared: true}
}

func (l *Layer) clone() *Layer {
	return &Layer{
		guarded: l.guarded,
		schemas: clone(l.schemas), schemaByID: clone(l.schemaByID),
		tables: clone(l.tables), tableByID: clone(l.tableByID), indexByID: clone(l.indexByID),
		indexes:   clone(l.indexes),
		sequences: clone(l.sequences), seqByID: clone(l.seqByID),
		types: clone(l.types), typeByID: clone(l.typeByID), rowTypes: clone(l.rowTypes),
		collations: clone(l.collations), functions: clone(l.functions), funcByID: clone(l.funcByID),
		extensions: clone(l.extensions), stats: clone(l.stats), referrers: clone(l.referrers),
		rights: clone(l.rights), defaults: clone(l.defaults), awaiting: clone(l.awaiting), partitioned: clone(l.partitioned),
	}
}

func clone[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return maps.Clone(m)
}

// Clone returns a copy whose Put and Remove calls do not change s. They copy the
// part that they change; s must not be changed itself afterwards.
func (s *Snapshot) Clone() *Snapshot {
	c := *s
	c.ownCluster, c.ownShared, c.ownTemp = false, false, false
	return &c
}

// Shared is the snapshot without temporary objects, and no draft any more.
func (s *Snapshot) Shared() *Snapshot {
	c := s.Clone()
	c.temp, c.origin = none, nil
	return c
}

// Temp are the temporary objects, nil if there never were any.
func (s *Snapshot) Temp() *Layer {
	if s.temp == none {
		return nil
	}
	return s.temp
}

// WithTemp is the shared part of the snapshot with these temporary objects over it.
func (s *Snapshot) WithTemp(temp *Layer) *Snapshot {
	c := s.Clone()
	if c.temp = temp; temp == nil {
		c.temp = none
	}
	return c
}

// SameShared reports that two snapshots have in common all that is not temporary.
func (s *Snapshot) SameShared(o *Snapshot) bool {
	return s.shared == o.shared && s.cluster == o.cluster
}

// TempVersion numbers states of temporary objects, over all sessions: what was
// planned with one number must not serve under another. 0 = no temporary objects.
func (s *Snapshot) TempVersion() Version { return s.temp.version }

// tempVersions hands out the numbers of TempVersion.
var tempVersions atomic.Uint64

// edit is the layer to change: the one of temporary objects or the shared one.
func (s *Snapshot) edit(temp bool) *Layer {
	switch {
	case temp && !s.ownTemp:
		s.temp, s.ownTemp = s.temp.clone(), true
		s.temp.version = Version(tempVersions.Add(1))
	case !temp && !s.ownShared:
		s.shared, s.ownShared = s.shared.clone(), true
	}
	if temp {
		return s.temp
	}
	return s.shared
}

// get looks a key up in both layers.
func get[K comparable, V any](temp, shared map[K]V, key K) (V, bool) {
	if x, ok := temp[key]; ok {
		return x, true
	}
	x, ok := shared[key]
	return x, ok
}

// tempAlias is the name by which every session means its own schema of temporary objects.
const tempAlias = "pg_temp"

// Schema finds a schema by name; pg_temp is the session's own.
func (s *Snapshot) Schema(name string) (*Schema, bool) {
	if name == tempAlias {
		return s.TempSchema()
	}
	return get(s.temp.schemas, s.shared.schemas, name)
}

// TempSchema is the schema of the session's temporary relations, if it has one.
func (s *Snapshot) TempSchema() (*Schema, bool) {
	for name, x := range s.temp.schemas {
		if strings.HasPrefix(name, tempAlias) {
			return x, true
		}
	}
	return nil, false
}

// SchemaByID finds a schema by OID.
func (s *Snapshot) SchemaByID(id ID) (*Schema, bool) {
	return get(s.temp.schemaByID, s.shared.schemaByID, id)
}

// SchemaName is the schema's name, "" when unknown.
func (s *Snapshot) SchemaName(id ID) string {
	if x, ok := s.SchemaByID(id); ok {
		return x.Name
	}
	return ""
}

// NameForTemp is SchemaName, but pg_temp for the session's own temporary schema:
// what definitions call it.
func (s *Snapshot) NameForTemp(id ID) string {
	if x, ok := s.temp.schemaByID[id]; ok && strings.HasPrefix(x.Name, tempAlias) {
		return tempAlias
	}
	return s.SchemaName(id)
}

// Table finds a table or view.
func (s *Snapshot) Table(schema ID, name string) (*Table, bool) {
	return get(s.temp.tables, s.shared.tables, relName{schema, name})
}

// TableByID finds a table or view by OID.
func (s *Snapshot) TableByID(id ID) (*Table, bool) {
	return get(s.temp.tableByID, s.shared.tableByID, id)
}

// IndexByID finds an index by OID.
func (s *Snapshot) IndexByID(id ID) (*Index, bool) {
	return get(s.temp.indexByID, s.shared.indexByID, id)
}

// Index finds an index by name in a schema.
func (s *Snapshot) Index(schema ID, name string) (*Index, bool) {
	return get(s.temp.indexes, s.shared.indexes, relName{schema, name})
}

// Sequence finds a sequence by name.
func (s *Snapshot) Sequence(schema ID, name string) (*Sequence, bool) {
	return get(s.temp.sequences, s.shared.sequences, relName{schema, name})
}

// SequenceByID finds a sequence by OID.
func (s *Snapshot) SequenceByID(id ID) (*Sequence, bool) {
	return get(s.temp.seqByID, s.shared.seqByID, id)
}

// RelationExists reports whether any relation (table, view, index, sequence) has the name.
func (s *Snapshot) RelationExists(schema ID, name string) bool {
	if _, ok := s.Table(schema, name); ok {
		return true
	}
	if _, ok := s.Sequence(schema, name); ok {
		return true
	}
	_, ok := s.Index(schema, name)
	return ok
}

// Type finds a user's type by name.
func (s *Snapshot) Type(schema ID, name string) (*Type, bool) {
	x, ok := s.shared.types[relName{schema, name}]
	return x, ok
}

// TypeByID finds a user's type by its OID or that of its array type.
func (s *Snapshot) TypeByID(id ID) (*Type, bool) { x, ok := s.shared.typeByID[id]; return x, ok }

// RowType finds the type of a relation's rows by its OID or that of its array type.
func (s *Snapshot) RowType(id ID) (*RowType, bool) {
	return get(s.temp.rowTypes, s.shared.rowTypes, id)
}

// KnowRowType is a user's type, which is made known to values when it is a relation's row
// type that only this session sees; nil where there is none.
func (s *Snapshot) KnowRowType(id ID) *types.Info {
	if i := types.Lookup(id); i != nil {
		return i
	}
	if r, ok := s.RowType(id); ok {
		types.RegisterPassing(r.Infos...)
	}
	return types.Lookup(id)
}

// RowIsOf reports that a relation's rows, of type child, are also rows of type parent: that of a
// table that it inherits from, at any distance, or the composite type that it is a typed table of.
func (s *Snapshot) RowIsOf(child, parent ID) bool {
	from, ok := s.RowType(child)
	if !ok || child != from.Table.TypeID {
		return false
	}
	if from.Table.OfType == parent {
		return true
	}
	to, ok := s.RowType(parent)
	return ok && parent == to.Table.TypeID && s.descends(from.Table, to.Table.ID)
}

// descends reports that a table inherits from another, at any distance.
func (s *Snapshot) descends(t *Table, from ID) bool {
	for _, id := range t.Parents {
		if id == from {
			return true
		}
		if p, ok := s.TableByID(id); ok && s.descends(p, from) {
			return true
		}
	}
	return false
}

// SharedRowTypes calls each with the row types of relations that sessions share, with
// the array types, in any order.
func (s *Snapshot) SharedRowTypes(each func(*RowType)) {
	for id, r := range s.shared.rowTypes {
		if id == r.Table.TypeID {
			each(r)
		}
	}
}

// Composite implements types.UserTypes.
func (s *Snapshot) Composite(oid types.OID) *types.Composite {
	if r, ok := s.RowType(oid); ok && oid == r.Table.TypeID {
		return r.Infos[0].Composite
	}
	return nil
}

// Enum implements types.UserTypes.
func (s *Snapshot) Enum(oid types.OID) *types.Enum {
	if x := s.shared.typeByID[oid]; x != nil {
		return x.Enum
	}
	return nil
}

// Types lists the users' types in OID order.
func (s *Snapshot) Types() []*Type {
	var l []*Type
	for id, x := range s.shared.typeByID {
		if id == x.ID {
			l = append(l, x)
		}
	}
	sort.Slice(l, func(i, j int) bool { return l[i].ID < l[j].ID })
	return l
}

// TypeExists reports whether a type has the name: a user's own or array type, or a
// relation's row type.
func (s *Snapshot) TypeExists(schema ID, name string) bool {
	if _, ok := s.Type(schema, name); ok {
		return true
	}
	if _, ok := s.Table(schema, name); ok {
		return true
	}
	return s.ArrayType(schema, name) != 0
}

// ArrayType finds the array type over a user's type or a row type by its name, 0 if
// there is none.
func (s *Snapshot) ArrayType(schema ID, name string) ID {
	if len(name) == 0 || name[0] != '_' {
		return 0
	}
	for _, x := range s.shared.types {
		if x.Schema == schema && x.ArrayName == name {
			return x.Array
		}
	}
	for _, l := range []*Layer{s.temp, s.shared} {
		for _, r := range l.rowTypes {
			if r.Table.Schema == schema && r.Table.ArrayName == name {
				return r.Table.ArrayID
			}
		}
	}
	return 0
}

// Extension finds an installed extension.
func (s *Snapshot) Extension(name string) (*Extension, bool) {
	x, ok := s.shared.extensions[name]
	return x, ok
}

// Stats are the table's statistics, nil when it was never analyzed.
func (s *Snapshot) Stats(table ID) *TableStats {
	x, _ := get(s.temp.stats, s.shared.stats, table)
	return x
}

// Referrers are the IDs of tables with a foreign key to the table.
func (s *Snapshot) Referrers(table ID) []ID {
	x, _ := get(s.temp.referrers, s.shared.referrers, table)
	return x
}

// Schemas, Tables, Sequences and Extensions list everything in OID order.
func (s *Snapshot) Schemas() []*Schema {
	return sorted(func(x *Schema) ID { return x.ID }, s.shared.schemaByID, s.temp.schemaByID)
}
func (s *Snapshot) Tables() []*Table {
	return sorted(func(x *Table) ID { return x.ID }, s.shared.tableByID, s.temp.tableByID)
}
func (s *Snapshot) Sequences() []*Sequence {
	return sorted(func(x *Sequence) ID { return x.ID }, s.shared.seqByID, s.temp.seqByID)
}
func (s *Snapshot) Extensions() []*Extension {
	return sorted(func(x *Extension) ID { return x.ID }, s.shared.extensions)
}

// TempTables and TempSequences list the session's own in OID order.
func (s *Snapshot) TempTables() []*Table {
	return sorted(func(x *Table) ID { return x.ID }, s.temp.tableByID)
}
func (s *Snapshot) TempSequences() []*Sequence {
	return sorted(func(x *Sequence) ID { return x.ID }, s.temp.seqByID)
}

// EachTempTable calls each with the session's own tables and views in any order.
func (s *Snapshot) EachTempTable(each func(*Table)) {
	for _, t := range s.temp.tableByID {
		each(t)
	}
}

func sorted[K comparable, V any](id func(V) ID, maps ...map[K]V) []V {
	n := 0
	for _, m := range maps {
		n += len(m)
	}
	l := make([]V, 0, n)
	for _, m := range maps {
		for _, x := range m {
			l = append(l, x)
		}
	}
	sort.Slice(l, func(i, j int) bool { return id(l[i]) < id(l[j]) })
	return l
}

// IsTemp reports a table, view, sequence or function of the session's own.
func (s *Snapshot) IsTemp(id ID) bool {
	return s.temp.tableByID[id] != nil || s.temp.seqByID[id] != nil || s.temp.funcByID[id] != nil
}
