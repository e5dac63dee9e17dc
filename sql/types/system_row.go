package types

// systemRow finds the row type of one of the system's relations, or the array type over
// it, by its number; nil for other numbers.
var systemRow func(OID) *Info

// SetSystemRows tells who knows the row types of the system's relations: they are found
// when they are asked for, as nearly all servers need none of the three hundred. It is
// called by an init function; find may be called by any goroutine.
func SetSystemRows(find func(OID) *Info) { systemRow = find }

// systemType is a type that the tables of this package do not have.
func systemType(oid OID) *Info {
	if oid == 0 || systemRow == nil {
		return nil
	}
	return systemRow(oid)
}
