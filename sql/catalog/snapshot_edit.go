package catalog

// PutSchema adds or replaces a schema. Put and Remove may be called on a Clone only.
func (s *Snapshot) PutSchema(x *Schema) {
	l := s.edit(x.Temp)
	if old := l.schemaByID[x.ID]; old != nil {
		delete(l.schemas, old.Name)
	}
	l.schemas[x.Name], l.schemaByID[x.ID] = x, x
}

// RemoveSchema removes a schema.
func (s *Snapshot) RemoveSchema(x *Schema) {
	l := s.edit(x.Temp)
	if old := l.schemaByID[x.ID]; old != nil {
		delete(l.schemas, old.Name)
		delete(l.schemaByID, x.ID)
	}
}

// PutTable adds or replaces a table with its indexes.
func (s *Snapshot) PutTable(x *Table) {
	s.RemoveTable(x)
	l := s.edit(x.Temp)
	l.tables[relName{x.Schema, x.Name}], l.tableByID[x.ID] = x, x
	if x.HasRowType() {
		r := rowType(x)
		l.rowTypes[x.TypeID], l.rowTypes[x.ArrayID] = r, r
	}
	for _, i := range x.Indexes {
		l.indexByID[i.ID], l.indexes[relName{x.Schema, i.Name}] = i, i
	}
	for _, c := range x.Constraints {
		if c.Kind == ForeignConstraint {
			l.addReferrer(c.RefTable, x.ID)
		}
	}
	if x.awaits() {
		l.awaiting[x.ID] = x
	}
	if x.IsPartitioned() {
		l.partitioned[x.ID] = x
	}
}

// RemoveTable removes the table of x's OID with its indexes; statistics of dropped
// tables stay until PutStats removes them.
func (s *Snapshot) RemoveTable(x *Table) {
	l := s.edit(x.Temp)
	old := l.tableByID[x.ID]
	if old == nil {
		return
	}
	delete(l.tables, relName{old.Schema, old.Name})
	delete(l.tableByID, x.ID)
	delete(l.awaiting, x.ID)
	delete(l.partitioned, x.ID)
	delete(l.rowTypes, old.TypeID)
	delete(l.rowTypes, old.ArrayID)
	for _, i := range old.Indexes {
		delete(l.indexByID, i.ID)
		if name := (relName{old.Schema, i.Name}); l.indexes[name] != nil && l.indexes[name].ID == i.ID {
			delete(l.indexes, name)
		}
	}
	for _, c := range old.Constraints {
		if c.Kind == ForeignConstraint {
			l.dropReferrer(c.RefTable, x.ID)
		}
	}
}

func (l *Layer) addReferrer(to, from ID) {
	l.dropReferrer(to, from)
	l.referrers[to] = append(l.referrers[to], from)
}

func (l *Layer) dropReferrer(to, from ID) {
	var keep []ID
	for _, id := range l.referrers[to] {
		if id != from {
			keep = append(keep, id)
		}
	}
	l.referrers[to] = keep
}

// Renamed is a copy of the snapshot in which a table has another name.
func (s *Snapshot) Renamed(id ID, name string) *Snapshot {
	c := s.Clone()
	if t, ok := s.TableByID(id); ok {
		n := *t
		n.Name = name
		c.PutTable(&n)
	}
	return c
}

// EachTable calls each with all tables and views, in any order and without a list of them, until
// it says that it has seen enough.
func (s *Snapshot) EachTable(each func(*Table) (more bool)) {
	for _, l := range []*Layer{s.shared, s.temp} {
		for _, t := range l.tableByID {
			if !each(t) {
				return
			}
		}
	}
}

// PutSequence adds or replaces a sequence.
func (s *Snapshot) PutSequence(x *Sequence) {
	s.RemoveSequence(x)
	l := s.edit(x.Temp)
	l.sequences[relName{x.Schema, x.Name}], l.seqByID[x.ID] = x, x
}

// RemoveSequence removes the sequence of x's OID.
func (s *Snapshot) RemoveSequence(x *Sequence) {
	l := s.edit(x.Temp)
	if old := l.seqByID[x.ID]; old != nil {
		delete(l.sequences, relName{old.Schema, old.Name})
		delete(l.seqByID, x.ID)
	}
}

// PutType adds or replaces a type.
func (s *Snapshot) PutType(x *Type) {
	s.RemoveType(x.ID)
	l := s.edit(false)
	l.types[relName{x.Schema, x.Name}], l.typeByID[x.ID], l.typeByID[x.Array] = x, x, x
}

// RemoveType removes a type.
func (s *Snapshot) RemoveType(id ID) {
	l := s.edit(false)
	if old := l.typeByID[id]; old != nil {
		delete(l.types, relName{old.Schema, old.Name})
		delete(l.typeByID, old.ID)
		delete(l.typeByID, old.Array)
	}
}

// PutExtension adds or replaces an extension; RemoveExtension removes one.
func (s *Snapshot) PutExtension(x *Extension) { s.edit(false).extensions[x.Name] = x }

func (s *Snapshot) RemoveExtension(name string) { delete(s.edit(false).extensions, name) }

// PutStats sets a table's statistics; nil removes them.
func (s *Snapshot) PutStats(table ID, x *TableStats) {
	l := s.edit(s.IsTemp(table))
	if x == nil {
		delete(l.stats, table)
		return
	}
	l.stats[table] = x
}
