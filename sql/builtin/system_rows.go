package builtin

import "github.com/loxodb/loxodb/sql/types"

// systemSets are the functions that PostgreSQL's system views read, by the relation that
// has the same rows here. Columns go by their names.
var systemSets = map[string]string{
	"pg_cursor":                       "pg_cursors",
	"show_all_settings":               "pg_settings",
	"pg_prepared_statement":           "pg_prepared_statements",
	"pg_lock_status":                  "pg_locks",
	"pg_timezone_names":               "pg_timezone_names",
	"pg_timezone_abbrevs":             "pg_timezone_abbrevs",
	"pg_available_extensions":         "pg_available_extensions",
	"pg_available_extension_versions": "pg_available_extension_versions",
}

func systemRows(r *registrar) {
	for key, relation := range systemSets {
		r.rows(key, func(c *Ctx, _ []types.Datum) (RowIter, error) {
			s, err := session(c)
			if err != nil {
				return nil, err
			}
			rows := &tableRows{}
			f := lib().funcName[key]
			if len(f) == 0 { // the code's name lacks the function's prefix
				f = lib().funcName["pg_"+key]
			}
			columns := f[0].OutNames
			err = s.SystemRows(c.Context, relation, columns, func(row []types.Datum) {
				for i, d := range row {
					row[i] = d.Clone()
				}
				rows.rows = append(rows.rows, row)
			})
			return rows, err
		})
	}
}
