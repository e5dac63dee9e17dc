package syscat

import (
	"fmt"
	"slices"

	"github.com/loxodb/loxodb/sql/types"
)

// What PostgreSQL says of the SQL standard's features, limits and parts, which is true of
// its syntax here.
var _ = register("information_schema", map[string]generator{
	"sql_features":            born("information_schema.sql_features"),
	"sql_implementation_info": infoImplementation,
	"sql_parts":               born("information_schema.sql_parts"),
	"sql_sizing":              born("information_schema.sql_sizing"),
})

var bornImplementation = born("information_schema.sql_implementation_info")

// infoImplementation has the server's own version.
func infoImplementation(r *rows) {
	version := ""
	if l := r.live(); l != nil {
		list := l.Settings()
		if i := slices.IndexFunc(list, func(s Setting) bool { return s.Name == "server_version_num" }); i >= 0 {
			n := signed(list[i].Value)
			version = fmt.Sprintf("%02d.%02d.0000", n/10000, n%10000)
		}
	}
	out, name, value := r.out, r.t.attr["implementation_info_name"], r.t.attr["character_value"]
	r.out = func(row []types.Datum) error {
		if version == "" || row[name].Text() != "DBMS VERSION" {
			return out(row)
		}
		copy(r.row, row)
		defer r.clear()
		r.row[value] = types.String(version)
		return out(r.row)
	}
	bornImplementation(r)
	r.out = out
}
