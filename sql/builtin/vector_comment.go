package builtin

import (
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// ExtensionComment is what the vector extension says of one of its types or
// access methods (pg_description); Class is the catalog's name.
type ExtensionComment struct {
	Class string
	ID    catalog.ID
	Text  string
}

// ExtensionComments lists them. The slice must not be changed.
var ExtensionComments = []ExtensionComment{
	{"pg_type", types.VectorOID, "single-precision vector"},
	{"pg_type", types.HalfvecOID, "half-precision vector"},
	{"pg_type", types.SparsevecOID, "single-precision sparse vector"},
	{"pg_type", types.Int8vecOID, "signed byte vector"},
	{"pg_am", catalog.HnswAmID, "hnsw index access method"},
	{"pg_am", catalog.IvfflatAmID, "ivfflat index access method"},
	{"pg_am", catalog.FlatAmID, "exact vector index access method"},
	{"pg_am", catalog.IvfAmID, "inverted lists of quantized vectors, index access method"},
}

// extensionComment is the comment on a type or access method, "" for none.
func extensionComment(s *catalog.Snapshot, id catalog.ID, class string) string {
	if _, ok := s.Extension("vector"); ok {
		for _, c := range ExtensionComments {
			if c.Class == class && c.ID == id {
				return c.Text
			}
		}
	}
	return ""
}
