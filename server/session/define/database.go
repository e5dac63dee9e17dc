package define

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// database finds a database of the server.
func (e *Env) database(name string) (*catalog.Database, error) {
	x, ok := e.Catalog.Database(name)
	if !ok {
		return nil, pgerr.Newf(pgerrcode.InvalidCatalogName, "database %q does not exist", name)
	}
	return x, nil
}
