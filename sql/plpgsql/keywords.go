package plpgsql

import "strings"

// reserved are the words that are no names in the language of functions.
var reserved = words(`all begin by case declare else end execute for foreach from if in into loop not null or strict
	then to using when while`)

// unreserved are its own words that may be names, but do not begin a statement of SQL.
var unreserved = words(`absolute alias and array assert backward call chain close collate column column_name commit
	constant constraint constraint_name continue current cursor datatype debug default detail diagnostics do dump
	elseif elsif errcode error exception exit fetch first forward get hint info is last log message message_text move
	next no notice open option perform pg_context pg_datatype_name pg_exception_context pg_exception_detail
	pg_exception_hint print_strict_params prior query raise relative return returned_sqlstate reverse rollback
	row_count rowtype schema schema_name scroll slice sqlstate stacked table table_name type use_column use_variable
	variable_conflict warning`)

func words(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}
