package catalog

// MayShow reports that messages for a role may show the values of columns of a table: it
// may read them, and no policy decides which rows it sees. An attribute 0 is an
// expression, which only who may read the whole table sees.
func (s *Snapshot) MayShow(t *Table, role ID, attrs []int16) bool {
	if s.RowSecurityFor(t, role) {
		return false
	}
	if s.Allowed(Object{RelationClass, t.ID}, t.Owner, role, PrivSelect) != 0 {
		return true
	}
	for _, a := range attrs {
		if a == 0 || s.AllowedColumn(t, a, role, PrivSelect) == 0 {
			return false
		}
	}
	return len(attrs) > 0
}

// AttrName is the name of a column, one of the system's included.
func (t *Table) AttrName(attr int16) string {
	if c := t.Column(attr); c != nil {
		return c.Name
	}
	for _, name := range []string{"ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"} {
		if SystemAttr(name) == attr {
			return name
		}
	}
	return ""
}
