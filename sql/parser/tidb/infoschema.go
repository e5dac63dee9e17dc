package tidb

import (
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
)

// The relations of information_schema whose columns MySQL has otherwise than the
// standard are queries; the others are PostgreSQL's.
var infoRelations = map[string]string{
	"schemata": `SELECT 'def' AS catalog_name, nspname AS schema_name, mysql.charset_of(mysql.schema_collation(oid::int8)) AS default_character_set_name,
		mysql.schema_collation(oid::int8) AS default_collation_name, NULL::text AS sql_path, 'NO' AS default_encryption FROM pg_catalog.pg_namespace WHERE nspname <> 'pg_toast'`,
	"tables": `SELECT 'def' AS table_catalog, n.nspname AS table_schema, c.relname AS table_name,
		CASE WHEN n.nspname IN ('pg_catalog', 'information_schema') THEN 'SYSTEM VIEW' WHEN c.relkind = 'v' THEN 'VIEW' ELSE 'BASE TABLE' END AS table_type,
		` + tableFacts + `
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition`,
	"columns": `SELECT 'def' AS table_catalog, n.nspname AS table_schema, c.relname AS table_name, a.attname AS column_name,
		mysql.column_position(a.attrelid::int8, a.attnum) AS ordinal_position, mysql.column_default(a.attrelid::int8, a.attnum) AS column_default,
		CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END AS is_nullable, y.name AS data_type,
		` + charLength + `::int8 AS character_maximum_length,
		(` + charLength + ` * CASE WHEN y.name IN ('char', 'varchar', 'enum', 'set') THEN 4 ELSE 1 END)::int8 AS character_octet_length,
		CASE y.name WHEN 'tinyint' THEN 3 WHEN 'smallint' THEN 5 WHEN 'mediumint' THEN 7 WHEN 'int' THEN 10
			WHEN 'bigint' THEN CASE WHEN y.typ LIKE '%% unsigned%%' THEN 20 ELSE 19 END WHEN 'bit' THEN y.len
			ELSE CASE a.atttypid WHEN 700 THEN 12 WHEN 701 THEN 22 WHEN 1700 THEN CASE WHEN a.atttypmod > 4 THEN ((a.atttypmod - 4) >> 16) & 65535 END END
			END::int8 AS numeric_precision,
		CASE WHEN y.name IN ('tinyint', 'smallint', 'mediumint', 'int', 'bigint') THEN 0
			WHEN a.atttypid = 1700 AND a.atttypmod > 4 THEN (a.atttypmod - 4) & 65535 END::int8 AS numeric_scale,
		CASE WHEN a.atttypid IN (1083, 1114, 1184) THEN greatest(a.atttypmod, 0) WHEN y.name = 'time' THEN a.atttypmod & 7 END::int8 AS datetime_precision,
		mysql.charset_of(mysql.column_collation(a.attrelid::int8, a.attnum)) AS character_set_name,
		mysql.column_collation(a.attrelid::int8, a.attnum) AS collation_name,
		y.typ AS column_type, mysql.column_key(a.attrelid::int8, a.attnum) AS column_key,
		mysql.column_extra(a.attrelid::int8, a.attnum) AS extra, 'select,insert,update,references' AS privileges,
		coalesce(pg_catalog.col_description(a.attrelid, a.attnum), '') AS column_comment,
		coalesce(mysql.generation_expression(a.attrelid::int8, a.attnum), '') AS generation_expression, NULL::int8 AS srs_id
		FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		CROSS JOIN LATERAL (SELECT x.typ, split_part(split_part(x.typ, '(', 1), ' ', 1) AS name, substring(x.typ from '[(]([0-9]+)[)]')::int8 AS len
			FROM (SELECT mysql.column_type(a.attrelid::int8, a.attnum) AS typ) x) y
		WHERE c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped`,
	"statistics": `SELECT 'def' AS table_catalog, n.nspname AS table_schema, t.relname AS table_name,
		CASE WHEN x.indisunique THEN 0 ELSE 1 END AS non_unique, n.nspname AS index_schema,
		mysql.key_name(t.oid::int8, i.oid::int8) AS index_name,
		k.n AS seq_in_index, ` + keyPartColumn + `, ` + keyPartCollation + `, 0::int8 AS cardinality, ` + keyPartLength + ` AS sub_part, NULL::text AS packed,
		CASE WHEN a.attnotnull THEN '' ELSE 'YES' END AS nullable, coalesce(upper(m.amname), 'HNSW') AS index_type, '' AS comment,
		coalesce(pg_catalog.obj_description(i.oid, 'pg_class'), '') AS index_comment, mysql.key_visible(t.oid::int8, i.oid::int8) AS is_visible, ` + keyPartExpr + `
		FROM ` + keyPartsFrom + ` JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace`,
	"tiflash_indexes": `SELECT n.nspname AS tidb_database, t.relname AS tidb_table, t.oid::int8 AS table_id, a.attname AS column_name,
		mysql.key_name(t.oid::int8, i.oid::int8) AS index_name,
		a.attnum::int8 AS column_id, i.oid::int8 AS index_id, coalesce(upper(m.amname), 'HNSW') AS index_kind, greatest(i.reltuples, 0)::int8 AS rows_stable_indexed,
		0::int8 AS rows_stable_not_indexed, 0::int8 AS rows_delta_indexed, 0::int8 AS rows_delta_not_indexed,
		CASE WHEN x.indisvalid THEN '' ELSE 'not valid' END AS error_message, '' AS tiflash_instance
		FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class t ON t.oid = x.indrelid JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
		JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace LEFT JOIN pg_catalog.pg_am m ON m.oid = i.relam
		LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0] AND a.attnum > 0 WHERE coalesce(m.amname, 'hnsw') IN ('hnsw', 'ivfflat', 'flat')`,
	// What a replica in TiFlash is for, every table has from its beginning.
	"tiflash_replica": `SELECT n.nspname AS table_schema, c.relname AS table_name, c.oid::int8 AS table_id, 1::int8 AS replica_count,
		'' AS location_labels, 1 AS available, 1::float8 AS progress
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`,
	"key_column_usage": `SELECT 'def' AS constraint_catalog, n.nspname AS constraint_schema,
		CASE WHEN k.contype = 'p' THEN 'PRIMARY' ELSE k.conname END AS constraint_name, 'def' AS table_catalog, n.nspname AS table_schema,
		t.relname AS table_name, a.attname AS column_name, g.n::int8 AS ordinal_position,
		CASE WHEN k.contype = 'f' THEN g.n END::int8 AS position_in_unique_constraint, rn.nspname AS referenced_table_schema,
		r.relname AS referenced_table_name, ra.attname AS referenced_column_name
		FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
		CROSS JOIN LATERAL pg_catalog.generate_series(1, pg_catalog.array_length(k.conkey, 1)) g(n)
		JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.conkey[g.n]
		LEFT JOIN pg_catalog.pg_class r ON r.oid = k.confrelid LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
		LEFT JOIN pg_catalog.pg_attribute ra ON ra.attrelid = r.oid AND ra.attnum = k.confkey[g.n] WHERE k.contype IN ('p', 'u', 'f')
		UNION ALL SELECT 'def', n.nspname, mysql.key_name(t.oid::int8, i.oid::int8), 'def', n.nspname, t.relname, a.attname, g.n::int8, NULL, NULL, NULL, NULL
		FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class t ON t.oid = x.indrelid JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
		JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace CROSS JOIN LATERAL pg_catalog.generate_series(1, x.indnkeyatts) g(n)
		JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[g.n - 1] WHERE x.indisunique AND NOT x.indisprimary
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.oid AND k.contype = 'u')`,
	"table_constraints": `SELECT 'def' AS constraint_catalog, n.nspname AS constraint_schema,
		CASE WHEN k.contype = 'p' THEN 'PRIMARY' ELSE k.conname END AS constraint_name, n.nspname AS table_schema, t.relname AS table_name,
		CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' WHEN 'f' THEN 'FOREIGN KEY' ELSE 'CHECK' END AS constraint_type, CASE WHEN k.contype = 'c' AND pg_catalog.right(pg_catalog.pg_get_constraintdef(k.oid), 12) = 'NOT ENFORCED' THEN 'NO' ELSE 'YES' END AS enforced
		FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
		WHERE k.contype IN ('p', 'u', 'f', 'c') AND NOT (k.contype = 'c' AND mysql.is_range(t.oid::int8, k.oid::int8))
		UNION ALL SELECT 'def', n.nspname, mysql.key_name(t.oid::int8, i.oid::int8), n.nspname, t.relname,
		CASE mysql.key_name(t.oid::int8, i.oid::int8) WHEN 'PRIMARY' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, 'YES'
		FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class t ON t.oid = x.indrelid JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
		JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace WHERE x.indisunique AND NOT x.indisprimary
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.oid AND k.contype = 'u')`,
	"referential_constraints": `SELECT 'def' AS constraint_catalog, n.nspname AS constraint_schema, k.conname AS constraint_name,
		'def' AS unique_constraint_catalog, rn.nspname AS unique_constraint_schema, mysql.key_name(r.oid::int8, k.conindid::int8) AS unique_constraint_name,
		'NONE' AS match_option, CASE k.confupdtype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' WHEN 'r' THEN 'RESTRICT' ELSE 'NO ACTION' END AS update_rule,
		CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' WHEN 'r' THEN 'RESTRICT' ELSE 'NO ACTION' END AS delete_rule,
		t.relname AS table_name, r.relname AS referenced_table_name
		FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
		JOIN pg_catalog.pg_class r ON r.oid = k.confrelid JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace WHERE k.contype = 'f'`,
	"engines":     `SELECT 'InnoDB' AS engine, 'DEFAULT' AS support, 'LoxoDB keeps all tables' AS comment, 'YES' AS transactions, 'NO' AS xa, 'YES' AS savepoints`,
	"processlist": processes,
	"views": `SELECT 'def' AS table_catalog, n.nspname AS table_schema, c.relname AS table_name, mysql.view_definition(c.oid::int8) AS view_definition,
		coalesce(v.check_option, 'NONE') AS check_option, coalesce(v.is_updatable, 'NO') AS is_updatable, pg_catalog.pg_get_userbyid(c.relowner) || '@%%' AS definer,
		CASE WHEN 'security_invoker=true' = ANY (c.reloptions) THEN 'INVOKER' ELSE 'DEFINER' END AS security_type, 'utf8mb4' AS character_set_client,
		'utf8mb4_bin' AS collation_connection FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN information_schema.views v ON v.table_schema = n.nspname AND v.table_name = c.relname WHERE c.relkind = 'v'`,
	"partitions": `SELECT 'def' AS table_catalog, n.nspname AS table_schema, c.relname AS table_name, mysql.partition_name(c.oid::int8, i.inhrelid::int8) AS partition_name, NULL::text AS subpartition_name,
		mysql.partition_place(c.oid::int8, i.inhrelid::int8) AS partition_ordinal_position, NULL::int8 AS subpartition_ordinal_position,
		CASE k.partstrat WHEN 'r' THEN 'RANGE COLUMNS' WHEN 'l' THEN 'LIST COLUMNS' WHEN 'h' THEN 'KEY' END AS partition_method, NULL::text AS subpartition_method,
		mysql.partition_columns(c.oid::int8) AS partition_expression, NULL::text AS subpartition_expression, mysql.partition_bound(i.inhrelid::int8) AS partition_description,
		greatest(coalesce(p.reltuples, c.reltuples), 0)::int8 AS table_rows,
		0::int8 AS avg_row_length, pg_catalog.pg_table_size(coalesce(i.inhrelid, c.oid)) AS data_length, NULL::int8 AS max_data_length,
		0::int8 AS index_length, 0::int8 AS data_free, NULL::timestamp AS create_time, NULL::timestamp AS update_time, NULL::timestamp AS check_time, NULL::int8 AS checksum,
		'' AS partition_comment, '' AS nodegroup, NULL::text AS tablespace_name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_catalog.pg_partitioned_table k ON k.partrelid = c.oid LEFT JOIN pg_catalog.pg_inherits i ON i.inhparent = c.oid AND c.relkind = 'p'
		LEFT JOIN pg_catalog.pg_class p ON p.oid = i.inhrelid WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition`,
}

// tableFacts are what information_schema.tables and SHOW TABLE STATUS tell of a table, nothing of a
// view, by the names of the former.
const tableFacts = `CASE WHEN c.relkind <> 'v' THEN 'InnoDB' END AS engine, CASE WHEN c.relkind <> 'v' THEN 10 END AS version,
		CASE WHEN c.relkind <> 'v' THEN 'Dynamic' END AS row_format, CASE WHEN c.relkind <> 'v' THEN greatest(c.reltuples, 0) END::int8 AS table_rows,
		CASE WHEN c.relkind <> 'v' THEN 0 END::int8 AS avg_row_length, CASE WHEN c.relkind <> 'v' THEN pg_catalog.pg_table_size(c.oid) END AS data_length,
		CASE WHEN c.relkind <> 'v' THEN 0 END::int8 AS max_data_length, CASE WHEN c.relkind <> 'v' THEN 0 END::int8 AS index_length,
		CASE WHEN c.relkind <> 'v' THEN 0 END::int8 AS data_free, mysql.table_auto_increment(c.oid::int8) AS auto_increment,
		NULL::timestamp AS create_time, NULL::timestamp AS update_time, NULL::timestamp AS check_time,
		CASE WHEN c.relkind <> 'v' THEN mysql.table_collation(c.oid::int8) END AS table_collation, NULL::int8 AS checksum, CASE WHEN c.relkind <> 'v' THEN '' END AS create_options,
		CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '') END AS table_comment`

// namesCollated gives the columns of names their collation.
var namesCollated = func() *strings.Replacer {
	var list []string
	for _, c := range [][2]string{{"n.nspname", "table_schema"}, {"c.relname", "table_name"}, {"t.relname", "table_name"}, {"a.attname", "column_name"},
		{"nspname", "schema_name"}, {"n.nspname", "index_schema"}, {"n.nspname", "tidb_database"}, {"t.relname", "tidb_table"}} {
		list = append(list, " "+c[0]+" AS "+c[1], " "+c[0]+"::text COLLATE "+own+"."+namesCollation+" AS "+c[1])
	}
	return strings.NewReplacer(list...)
}()

// charLength is the greatest length of a text, in bytes for those without a character set
// and for TEXT: an ENUM's longest word, and all words of a SET with commas between them.
const charLength = `CASE y.name WHEN 'char' THEN y.len WHEN 'varchar' THEN y.len WHEN 'binary' THEN y.len WHEN 'varbinary' THEN y.len
		WHEN 'tinytext' THEN 255 WHEN 'tinyblob' THEN 255 WHEN 'text' THEN 65535 WHEN 'blob' THEN 65535 WHEN 'mediumtext' THEN 16777215
		WHEN 'mediumblob' THEN 16777215 WHEN 'longtext' THEN 4294967295 WHEN 'longblob' THEN 4294967295
		WHEN 'enum' THEN (SELECT max(pg_catalog.length(w.m[1])) FROM pg_catalog.regexp_matches(y.typ, '''((?:[^'']|'''')*)''', 'g') w(m))
		WHEN 'set' THEN (SELECT sum(pg_catalog.length(w.m[1]) + 1) - 1 FROM pg_catalog.regexp_matches(y.typ, '''((?:[^'']|'''')*)''', 'g') w(m)) END`

// informationSchema converts a relation of information_schema.
func (c *conv) informationSchema(name ast.QName, alias string) ast.TableExpr {
	if alias == "" {
		alias = name.Name
	}
	query, ok := infoRelations[name.Name]
	if !ok {
		query, ok = infoObjects[name.Name]
	}
	if columns, none := infoEmpty[name.Name]; none {
		query, ok = empty(strings.Fields(columns)).query, true
	}
	if !strings.Contains(query, "UNION") { // names compare as MySQL's do
		query = namesCollated.Replace(query)
	}
	switch name.Name {
	case "character_sets":
		query, ok = "SELECT character_set_name, default_collate_name, description, maxlen FROM ("+
			charsetsQuery("character_set_name, description, default_collate_name, maxlen")+") c", true
	case "collations":
		query, ok = collationsQuery("collation_name, character_set_name, id, is_default, is_compiled, sortlen, pad_attribute"), true
	case "collation_character_set_applicability":
		query, ok = `SELECT collation_name, character_set_name FROM (`+
			collationsQuery("collation_name, character_set_name, id, is_default, is_compiled, sortlen, pad_attribute")+`) c`, true
	}
	if !ok {
		return &ast.TableRef{At: placeless, Name: name, Alias: &ast.Alias{Name: alias}}
	}
	return &ast.SubqueryRef{At: c.here(), Query: c.sqlText(query), Alias: &ast.Alias{Name: alias}}
}
