package catalog

import (
	"maps"
	"sort"
)

// Snapshot is one consistent version of the catalog. It is immutable once
// published and safe for concurrent use; DDL works on a Clone of its own.
type Snapshot struct {
	Version    Version
	schemas    map[string]*Schema
	schemaByID map[ID]*Schema
	tables     map[relName]*Table
	tableByID  map[ID]*Table
	indexByID  map[ID]*Index
	sequences  map[relName]*Sequence
	seqByID    map[ID]*Sequence
	roles      map[string]*Role
	roleByID   map[ID]*Role
	extensions map[string]*Extension
	stats      map[ID]*TableStats
	// referrers lists, by referenced table, the tables whose foreign keys point at it.
	referrers map[ID][]ID
}

type relName struct {
	schema ID
	name   string
}

// NewSnapshot returns an empty catalog.
func NewSnapshot() *Snapshot {
	return &Snapshot{
		schemas: map[string]*Schema{}, schemaByID: map[ID]*Schema{},
		tables: map[relName]*Table{}, tableByID: map[ID]*Table{}, indexByID: map[ID]*Index{},
		sequences: map[relName]*Sequence{}, seqByID: map[ID]*Sequence{},
		roles: map[string]*Role{}, roleByID: map[ID]*Role{},
		extensions: map[string]*Extension{}, stats: map[ID]*TableStats{}, referrers: map[ID][]ID{},
	}
}

// Clone returns a copy whose Put and Remove calls do not change s.
func (s *Snapshot) Clone() *Snapshot {
	c := *s
	c.schemas, c.schemaByID = maps.Clone(s.schemas), maps.Clone(s.schemaByID)
	c.tables, c.tableByID, c.indexByID = maps.Clone(s.tables), maps.Clone(s.tableByID), maps.Clone(s.indexByID)
	c.sequences, c.seqByID = maps.Clone(s.sequences), maps.Clone(s.seqByID)
	c.roles, c.roleByID = maps.Clone(s.roles), maps.Clone(s.roleByID)
	c.extensions, c.stats, c.referrers = maps.Clone(s.extensions), maps.Clone(s.stats), maps.Clone(s.referrers)
	return &c
}

// Schema finds a schema by name.
func (s *Snapshot) Schema(name string) (*Schema, bool) { x, ok := s.schemas[name]; return x, ok }

// SchemaByID finds a schema by OID.
func (s *Snapshot) SchemaByID(id ID) (*Schema, bool) { x, ok := s.schemaByID[id]; return x, ok }

// SchemaName is the schema's name, "" when unknown.
func (s *Snapshot) SchemaName(id ID) string {
	if x := s.schemaByID[id]; x != nil {
		return x.Name
	}
	return ""
}

// Table finds a table or view.
func (s *Snapshot) Table(schema ID, name string) (*Table, bool) {
	x, ok := s.tables[relName{schema, name}]
	return x, ok
}

// TableByID finds a table or view by OID.
func (s *Snapshot) TableByID(id ID) (*Table, bool) { x, ok := s.tableByID[id]; return x, ok }

// IndexByID finds an index by OID.
func (s *Snapshot) IndexByID(id ID) (*Index, bool) { x, ok := s.indexByID[id]; return x, ok }

// Index finds an index by name in a schema.
func (s *Snapshot) Index(schema ID, name string) (*Index, bool) {
	for _, x := range s.indexByID {
		if t := s.tableByID[x.Table]; x.Name == name && t != nil && t.Schema == schema {
			return x, true
		}
	}
	return nil, false
}

// Sequence finds a sequence by name.
func (s *Snapshot) Sequence(schema ID, name string) (*Sequence, bool) {
	x, ok := s.sequences[relName{schema, name}]
	return x, ok
}

// SequenceByID finds a sequence by OID.
func (s *Snapshot) SequenceByID(id ID) (*Sequence, bool) { x, ok := s.seqByID[id]; return x, ok }

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

// Role finds a role by name.
func (s *Snapshot) Role(name string) (*Role, bool) { x, ok := s.roles[name]; return x, ok }

// RoleByID finds a role by OID.
func (s *Snapshot) RoleByID(id ID) (*Role, bool) { x, ok := s.roleByID[id]; return x, ok }

// Extension finds an installed extension.
func (s *Snapshot) Extension(name string) (*Extension, bool) {
	x, ok := s.extensions[name]
	return x, ok
}

// Stats are the table's statistics, nil when it was never analyzed.
func (s *Snapshot) Stats(table ID) *TableStats { return s.stats[table] }

// Referrers are the IDs of tables with a foreign key to the table.
func (s *Snapshot) Referrers(table ID) []ID { return s.referrers[table] }

// Schemas, Tables, Sequences, Roles and Extensions list everything in OID order.
func (s *Snapshot) Schemas() []*Schema {
	return sorted(s.schemaByID, func(x *Schema) ID { return x.ID })
}
func (s *Snapshot) Tables() []*Table { return sorted(s.tableByID, func(x *Table) ID { return x.ID }) }
func (s *Snapshot) Sequences() []*Sequence {
	return sorted(s.seqByID, func(x *Sequence) ID { return x.ID })
}
func (s *Snapshot) Roles() []*Role { return sorted(s.roleByID, func(x *Role) ID { return x.ID }) }
func (s *Snapshot) Extensions() []*Extension {
	l := make([]*Extension, 0, len(s.extensions))
	for _, x := range s.extensions {
		l = append(l, x)
	}
	sort.Slice(l, func(i, j int) bool { return l[i].ID < l[j].ID })
	return l
}

func sorted[V any](m map[ID]V, id func(V) ID) []V {
	l := make([]V, 0, len(m))
	for _, x := range m {
		l = append(l, x)
	}
	sort.Slice(l, func(i, j int) bool { return id(l[i]) < id(l[j]) })
	return l
}

// PutSchema adds or replaces a schema. Put and Remove may be called on a Clone only.
func (s *Snapshot) PutSchema(x *Schema) {
	if old := s.schemaByID[x.ID]; old != nil {
		delete(s.schemas, old.Name)
	}
	s.schemas[x.Name], s.schemaByID[x.ID] = x, x
}

// RemoveSchema removes a schema.
func (s *Snapshot) RemoveSchema(id ID) {
	if old := s.schemaByID[id]; old != nil {
		delete(s.schemas, old.Name)
		delete(s.schemaByID, id)
	}
}

// PutTable adds or replaces a table with its indexes.
func (s *Snapshot) PutTable(x *Table) {
	s.RemoveTable(x.ID)
	s.tables[relName{x.Schema, x.Name}], s.tableByID[x.ID] = x, x
	for _, i := range x.Indexes {
		s.indexByID[i.ID] = i
	}
	for _, c := range x.Constraints {
		if c.Kind == ForeignConstraint {
			s.addReferrer(c.RefTable, x.ID)
		}
	}
}

// RemoveTable removes a table with its indexes and statistics of dropped tables stay
// until RemoveStats.
func (s *Snapshot) RemoveTable(id ID) {
	old := s.tableByID[id]
	if old == nil {
		return
	}
	delete(s.tables, relName{old.Schema, old.Name})
	delete(s.tableByID, id)
	for _, i := range old.Indexes {
		delete(s.indexByID, i.ID)
	}
	for _, c := range old.Constraints {
		if c.Kind == ForeignConstraint {
			s.dropReferrer(c.RefTable, id)
		}
	}
}

func (s *Snapshot) addReferrer(to, from ID) {
	s.dropReferrer(to, from)
	s.referrers[to] = append(s.referrers[to], from)
}

func (s *Snapshot) dropReferrer(to, from ID) {
	var keep []ID
	for _, id := range s.referrers[to] {
		if id != from {
			keep = append(keep, id)
		}
	}
	s.referrers[to] = keep
}

// PutSequence adds or replaces a sequence.
func (s *Snapshot) PutSequence(x *Sequence) {
	s.RemoveSequence(x.ID)
	s.sequences[relName{x.Schema, x.Name}], s.seqByID[x.ID] = x, x
}

// RemoveSequence removes a sequence.
func (s *Snapshot) RemoveSequence(id ID) {
	if old := s.seqByID[id]; old != nil {
		delete(s.sequences, relName{old.Schema, old.Name})
		delete(s.seqByID, id)
	}
}

// PutRole adds or replaces a role.
func (s *Snapshot) PutRole(x *Role) {
	s.RemoveRole(x.ID)
	s.roles[x.Name], s.roleByID[x.ID] = x, x
}

// RemoveRole removes a role.
func (s *Snapshot) RemoveRole(id ID) {
	if old := s.roleByID[id]; old != nil {
		delete(s.roles, old.Name)
		delete(s.roleByID, id)
	}
}

// PutExtension adds or replaces an extension; RemoveExtension removes one.
func (s *Snapshot) PutExtension(x *Extension)   { s.extensions[x.Name] = x }
func (s *Snapshot) RemoveExtension(name string) { delete(s.extensions, name) }

// PutStats sets a table's statistics; nil removes them.
func (s *Snapshot) PutStats(table ID, x *TableStats) {
	if x == nil {
		delete(s.stats, table)
		return
	}
	s.stats[table] = x
}
