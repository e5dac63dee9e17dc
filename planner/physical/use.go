package physical

import "github.com/loxodb/loxodb/sql/catalog"

// Use is what a statement does with an object and therefore needs privileges for. They
// are asked each time that it runs. What superusers do is not noted.
type Use struct {
	catalog.Object
	Name string
	Kind string // table, view, …: as messages say it
	// As is whose privileges count, for relations that a view reads; 0 = the current user's.
	As catalog.ID
	// Need must be there for the whole relation, or of SELECT, INSERT and UPDATE for the
	// columns; a privilege without columns is enough on any of them.
	Need                   catalog.Priv
	Select, Insert, Update []int16
}
