package builtin

import (
	"slices"

	"github.com/loxodb/loxodb/sql/types"
)

// escapeReaders are the functions of json, by pg_proc.prosrc, that have PostgreSQL's
// lexer decode every string of the document: json keeps escapes that stand for no
// character, and all of these refuse them, wherever in the document they are.
var escapeReaders = map[string]bool{
	"json_object_field": true, "json_object_field_text": true,
	"json_array_element": true, "json_array_element_text": true,
	"json_extract_path": true, "json_extract_path_text": true,
	"json_each": true, "json_each_text": true, "json_object_keys": true,
	"json_array_elements_text": true, "json_strip_nulls": true,
	"json_populate_record": true, "json_populate_recordset": true,
	"json_string_to_tsvector": true, "json_string_to_tsvector_byid": true,
	"json_to_tsvector": true, "json_to_tsvector_byid": true,
	"ts_headline_json": true, "ts_headline_json_byid": true,
	"ts_headline_json_opt": true, "ts_headline_json_byid_opt": true,
}

// decodeEscapes has one of escapeReaders check its document first.
func decodeEscapes(f *Func) {
	at := slices.Index(f.Args, types.JSONOID)
	if at < 0 || !escapeReaders[f.Src] {
		return
	}
	check := func(a []types.Datum) error {
		if a[at].IsNull() {
			return nil
		}
		return types.CheckJSONEscapes(a[at].Bytes())
	}
	if eval := f.Eval; eval != nil {
		f.Eval = func(c *Ctx, a []types.Datum) (types.Datum, error) {
			if err := check(a); err != nil {
				return types.Datum{}, err
			}
			return eval(c, a)
		}
	}
	if rows := f.Rows; rows != nil {
		f.Rows = func(c *Ctx, a []types.Datum) (RowIter, error) {
			if err := check(a); err != nil {
				return nil, err
			}
			return rows(c, a)
		}
	}
}
