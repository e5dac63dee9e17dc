package catalog

import (
	"cmp"
	"slices"
)

// ForeignPart is a foreign key to a partition, which is there because of the one to the
// partitioned table: rows are sought by that, but messages and pg_constraint name this one.
// Table is the partition, itself perhaps partitioned, Index its part of the key, and Parent the
// constraint to the table that Table is a partition of.
type ForeignPart struct {
	ID, Parent   ID
	Name         string
	Table, Index ID
	Comment      string `json:",omitempty"`
}

// PartOn is the part of a foreign key that refers to a partition, nil if there is none.
func (c *Constraint) PartOn(table ID) *ForeignPart {
	for i := range c.Parts {
		if c.Parts[i].Table == table {
			return &c.Parts[i]
		}
	}
	return nil
}

// AllConstraints are the constraints of a table with the parts of its foreign keys as
// constraints of their own, each behind the one that it is of, and without those that wait for
// a table.
func (s *Snapshot) AllConstraints(t *Table) []*Constraint {
	out := make([]*Constraint, 0, len(t.Constraints))
	for _, c := range t.Constraints {
		if c.Kind == AwaitingConstraint {
			continue
		}
		out = append(out, c)
		for i := range c.Parts {
			if p := s.partOf(c, &c.Parts[i]); p != nil {
				out = append(out, p)
			}
		}
	}
	return out
}

// PartsOn calls each with the foreign keys that have a part on t: the table that the key is
// of, the key, and the part as a constraint.
func (s *Snapshot) PartsOn(t *Table, each func(own *Table, c, part *Constraint)) {
	for up := s.PartitionParent(t); up != nil; up = s.PartitionParent(up) {
		for _, id := range s.Referrers(up.ID) {
			own, ok := s.TableByID(id)
			if !ok {
				continue
			}
			for _, c := range own.Constraints {
				if p := c.PartOn(t.ID); p != nil && c.RefTable == up.ID {
					if part := s.partOf(c, p); part != nil {
						each(own, c, part)
					}
				}
			}
		}
	}
}

// ReferToPartitioned are the tables with foreign keys to tables that have partitions, which are
// those whose keys have parts, in OID order.
func (s *Snapshot) ReferToPartitioned() (out []*Table) {
	for _, l := range []*Layer{s.shared, s.temp} {
		for id := range l.partitioned {
			for _, from := range l.referrers[id] {
				if t := l.tableByID[from]; t != nil {
					out = append(out, t)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b *Table) int { return cmp.Compare(a.ID, b.ID) })
	return slices.Compact(out)
}

// partOf is a part of a foreign key as a constraint, nil if what it refers to is not there.
func (s *Snapshot) partOf(c *Constraint, part *ForeignPart) *Constraint {
	up, ok := s.TableByID(c.RefTable)
	t, there := s.TableByID(part.Table)
	if !ok || !there {
		return nil
	}
	n := *c
	n.ID, n.Parent, n.Name, n.RefTable, n.Index = part.ID, part.Parent, part.Name, part.Table, part.Index
	n.InhCount, n.Inherited, n.Parts, n.Triggers, n.Comment = 1, true, nil, c.Triggers, part.Comment
	attrs := up.AttrsIn(t)
	n.RefColumns = make([]int16, len(c.RefColumns))
	for i, a := range c.RefColumns {
		n.RefColumns[i] = attrs[a-1]
	}
	return &n
}

// KeyPart is the index of a partition that is its part of a key of a table above it, nil if it has none.
func (s *Snapshot) KeyPart(t *Table, key ID) *Index {
	for _, x := range t.Indexes {
		for y, ok := x, true; ok && y.Parent != 0; y, ok = s.IndexByID(y.Parent) {
			if y.Parent == key {
				return x
			}
		}
	}
	return nil
}
