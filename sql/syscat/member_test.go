package syscat

import (
	"testing"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// What LoxoDB adds to PostgreSQL's catalogs has OIDs of its own, whatever the
// catalog: some functions look an object up by its OID alone.
func TestExtensionOIDsAreDistinct(t *testing.T) {
	seen := map[catalog.ID]string{}
	add := func(id catalog.ID, what string) {
		if before, dup := seen[id]; dup {
			t.Errorf("OID %d is of %s and of %s", id, before, what)
		}
		if id >= types.FirstUserOID {
			t.Errorf("OID %d of %s may be a user's object", id, what)
		}
		seen[id] = what
	}
	for _, x := range Extensions {
		members(x.Name, func(class, id catalog.ID) { add(id, (&Printer{}).describe(id)) })
		add(x.ID, x.Name)
		for _, kind := range []string{"amop", "amproc"} {
			for _, f := range extensionRows(x.Name, kind) {
				add(number(f[0]), kind)
			}
		}
	}
	for _, x := range types.All() {
		if x.OID >= types.VectorOID && x.IsArray {
			add(x.OID, x.Name)
		}
	}
	for _, f := range fields("loxodb_relations") {
		add(number(f[2]), f[1])
	}
}

// Every member says what it is.
func TestMembersAreDescribed(t *testing.T) {
	for _, x := range Extensions {
		members(x.Name, func(class, id catalog.ID) {
			if (class != classType && class != classProc) && (&Printer{}).describe(id) == "" {
				t.Errorf("no description of %d in %d", id, class)
			}
		})
	}
}
