package tidb

// What information_schema and SHOW say of routines, triggers, rights and sessions, with MySQL's
// columns. Triggers and routines are made in PostgreSQL's dialect, and have its words.

// infoObjects are relations of information_schema by their queries.
var infoObjects = map[string]string{
	"check_constraints": `SELECT 'def' AS constraint_catalog, n.nspname AS constraint_schema, k.conname AS constraint_name,
		mysql.check_clause(k.conrelid::int8, k.oid::int8) AS check_clause
		FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
		WHERE k.contype = 'c' AND k.conrelid <> 0 AND NOT mysql.is_range(k.conrelid::int8, k.oid::int8)`,
	"routines":   routines,
	"parameters": parameters,
	"triggers":   triggers,
	"tidb_indexes": `SELECT n.nspname AS table_schema, t.relname AS table_name, CASE WHEN x.indisunique THEN 0 ELSE 1 END::int8 AS non_unique,
		mysql.key_name(t.oid::int8, i.oid::int8) AS key_name, k.n::int8 AS seq_in_index, ` + keyPartColumn + `, ` + keyPartLength + ` AS sub_part,
		coalesce(pg_catalog.obj_description(i.oid, 'pg_class'), '') AS index_comment, ` + keyPartExpr + `, i.oid::int8 AS index_id,
		mysql.key_visible(t.oid::int8, i.oid::int8) AS is_visible, 'NO' AS clustered, 0::int8 AS is_global
		FROM ` + keyPartsFrom + ` JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace`,
	"sequences": `SELECT 'def' AS table_catalog, n.nspname AS sequence_schema, c.relname AS sequence_name, CASE WHEN s.seqcache > 1 THEN 1 ELSE 0 END AS cache,
		s.seqcache AS cache_value, s.seqcycle::int4 AS cycle, s.seqincrement AS increment, s.seqmax AS max_value, s.seqmin AS min_value, s.seqstart AS start,
		coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '') AS comment
		FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`,
	"view_table_usage": `SELECT 'def' AS view_catalog, view_schema, view_name, 'def' AS table_catalog, table_schema, table_name FROM information_schema.view_table_usage`,
	"plugins":          plugins,
	"user_privileges": `SELECT '''' || r.rolname || '''@''%%''' AS grantee, 'def' AS table_catalog, p.privilege AS privilege_type, CASE WHEN r.rolsuper THEN 'YES' ELSE 'NO' END AS is_grantable
		FROM pg_catalog.pg_roles r CROSS JOIN (VALUES ('USAGE'), ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('CREATE'), ('DROP'), ('REFERENCES'), ('INDEX'), ('ALTER'),
		('CREATE TEMPORARY TABLES'), ('LOCK TABLES'), ('CREATE VIEW'), ('SHOW VIEW'), ('CREATE USER'), ('SHOW DATABASES'), ('PROCESS'), ('SUPER')) p(privilege)
		WHERE r.rolcanlogin AND r.rolsuper = (p.privilege <> 'USAGE')`,
	"schema_privileges": `SELECT '''' || r.rolname || '''@''%%''' AS grantee, 'def' AS table_catalog, n.nspname AS table_schema, p.privilege AS privilege_type, 'NO' AS is_grantable
		FROM pg_catalog.pg_roles r CROSS JOIN pg_catalog.pg_namespace n CROSS JOIN (VALUES ('CREATE'), ('USAGE')) p(privilege)
		WHERE r.rolcanlogin AND NOT r.rolsuper AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND pg_catalog.has_schema_privilege(r.rolname, n.oid, p.privilege)`,
	"table_privileges": `SELECT '''' || grantee || '''@''%%''' AS grantee, 'def' AS table_catalog, table_schema, table_name, ` + rightName + ` AS privilege_type, is_grantable
		FROM information_schema.table_privileges WHERE grantee <> grantor AND grantee <> 'PUBLIC'`,
	"column_privileges": `SELECT '''' || p.grantee || '''@''%%''' AS grantee, 'def' AS table_catalog, p.table_schema, p.table_name, p.column_name, p.privilege_type, p.is_grantable
		FROM information_schema.column_privileges p WHERE p.grantee <> p.grantor AND p.grantee <> 'PUBLIC'
		AND NOT EXISTS (SELECT FROM information_schema.table_privileges t WHERE t.grantee = p.grantee AND t.table_schema = p.table_schema
			AND t.table_name = p.table_name AND t.privilege_type = p.privilege_type)`,
}

// rightName is a right's name where PostgreSQL has another one.
const rightName = `CASE privilege_type WHEN 'TRUNCATE' THEN 'DROP' ELSE privilege_type END`

// infoEmpty are relations of which a database here has no row, by their columns.
var infoEmpty = map[string]string{
	"events": `event_catalog event_schema event_name definer time_zone event_body event_definition event_type execute_at interval_value
		interval_field sql_mode starts ends status on_completion created last_altered last_executed event_comment originator
		character_set_client collation_connection database_collation`,
	"files": `file_id file_name file_type tablespace_name table_catalog table_schema table_name logfile_group_name logfile_group_number
		engine fulltext_keys deleted_rows update_count free_extents total_extents extent_size initial_size maximum_size autoextend_size
		creation_time last_update_time last_access_time recover_time transaction_counter version row_format table_rows avg_row_length
		data_length max_data_length index_length data_free create_time update_time check_time checksum status extra`,
	"profiling": `query_id seq state duration cpu_user cpu_system context_voluntary context_involuntary block_ops_in block_ops_out
		messages_sent messages_received page_faults_major page_faults_minor swaps source_function source_file source_line`,
	"optimizer_trace":    `query trace missing_bytes_beyond_max_mem_size insufficient_privileges`,
	"view_routine_usage": `table_catalog table_schema table_name specific_catalog specific_schema specific_name`,
}

// definitionFacts are the columns that end what is said of routines and triggers.
const definitionFacts = `'utf8mb4' AS character_set_client, 'utf8mb4_bin' AS collation_connection, mysql.schema_collation(n.oid::int8) AS database_collation`

// Types of routines by MySQL's names.
const (
	routineTypes = `WHEN 'integer' THEN 'int' WHEN 'character varying' THEN 'varchar' WHEN 'character' THEN 'char' WHEN 'double precision' THEN 'double' WHEN 'real' THEN 'float'
		WHEN 'numeric' THEN 'decimal' WHEN 'timestamp without time zone' THEN 'datetime' WHEN 'timestamp with time zone' THEN 'timestamp' WHEN 'bytea' THEN 'longblob' WHEN 'jsonb' THEN 'json'`
	resultType    = `CASE r.data_type ` + routineTypes + ` ELSE r.data_type END`
	parameterType = `CASE p.data_type ` + routineTypes + ` ELSE p.data_type END`
)

const triggers = `SELECT 'def' AS trigger_catalog, t.trigger_schema, t.trigger_name, t.event_manipulation, 'def' AS event_object_catalog,
	t.event_object_schema, t.event_object_table, t.action_order, t.action_condition, t.action_statement, t.action_orientation, t.action_timing,
	NULL::text AS action_reference_old_table, NULL::text AS action_reference_new_table, 'OLD' AS action_reference_old_row, 'NEW' AS action_reference_new_row,
	NULL::timestamp AS created, '' AS sql_mode, pg_catalog.pg_get_userbyid(c.relowner) || '@%%' AS definer, ` + definitionFacts + `
	FROM information_schema.triggers t JOIN pg_catalog.pg_namespace n ON n.nspname = t.event_object_schema
	JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.event_object_table`

const routines = `SELECT r.specific_name, 'def' AS routine_catalog, r.routine_schema, r.routine_name, r.routine_type,
	CASE r.routine_type WHEN 'FUNCTION' THEN ` + resultType + ` ELSE '' END AS data_type, r.character_maximum_length::int8, r.character_octet_length::int8,
	r.numeric_precision::int8, r.numeric_scale::int8, r.datetime_precision::int8, NULL::text AS character_set_name, NULL::text AS collation_name,
	CASE r.routine_type WHEN 'FUNCTION' THEN ` + resultType + ` END AS dtd_identifier, CASE r.external_language WHEN 'SQL' THEN 'SQL' ELSE 'EXTERNAL' END AS routine_body,
	r.routine_definition, NULL::text AS external_name, r.external_language, 'SQL' AS parameter_style, r.is_deterministic,
	r.sql_data_access, NULL::text AS sql_path, r.security_type, NULL::timestamp AS created, NULL::timestamp AS last_altered, '' AS sql_mode,
	coalesce(pg_catalog.obj_description(f.oid, 'pg_proc'), '') AS routine_comment, pg_catalog.pg_get_userbyid(f.proowner) || '@%%' AS definer, ` + definitionFacts + `
	FROM information_schema.routines r JOIN pg_catalog.pg_namespace n ON n.nspname = r.routine_schema
	JOIN pg_catalog.pg_proc f ON f.pronamespace = n.oid AND f.proname || '_' || f.oid = r.specific_name
	WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT EXISTS
		(SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = f.oid AND d.deptype = 'e')`

// A function's result is its parameter number 0.
const parameters = `SELECT 'def' AS specific_catalog, p.specific_schema, p.specific_name, p.ordinal_position::int8, p.parameter_mode, p.parameter_name,
	` + parameterType + ` AS data_type, p.character_maximum_length::int8, p.character_octet_length::int8, p.numeric_precision::int8, p.numeric_scale::int8, p.datetime_precision::int8,
	NULL::text AS character_set_name, NULL::text AS collation_name, ` + parameterType + ` AS dtd_identifier, r.routine_type
	FROM information_schema.parameters p JOIN information_schema.routines r ON r.specific_schema = p.specific_schema AND r.specific_name = p.specific_name
	WHERE p.specific_schema NOT IN ('pg_catalog', 'information_schema')
	UNION ALL SELECT 'def', r.specific_schema, r.specific_name, 0, NULL, NULL, ` + resultType + `, NULL, NULL, NULL, NULL, NULL, NULL, NULL, ` + resultType + `, r.routine_type
	FROM information_schema.routines r WHERE r.routine_type = 'FUNCTION' AND r.specific_schema NOT IN ('pg_catalog', 'information_schema')`

// processes are the sessions. A session's database is what it has set for itself, so the others'
// are not known.
const processes = `SELECT pid::int8 AS id, usename AS "user", CASE WHEN client_addr IS NULL THEN 'localhost' ELSE pg_catalog.host(client_addr) || ':' || client_port END AS host,
	CASE WHEN pid = pg_catalog.pg_backend_pid() THEN pg_catalog.current_schema() END AS db, CASE WHEN state = 'active' THEN 'Query' ELSE 'Sleep' END AS command,
	greatest(extract(epoch FROM clock_timestamp() - coalesce(CASE WHEN state = 'active' THEN query_start ELSE state_change END, backend_start)), 0)::int8 AS "time",
	CASE WHEN state = 'active' THEN 'executing' ELSE '' END AS state, CASE WHEN state = 'active' THEN query END AS info
	FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend'`

const plugins = `SELECT 'InnoDB' AS plugin_name, '1.0' AS plugin_version, 'ACTIVE' AS plugin_status, 'STORAGE ENGINE' AS plugin_type, '1.0' AS plugin_type_version,
	NULL::text AS plugin_library, NULL::text AS plugin_library_version, 'LoxoDB' AS plugin_author, 'LoxoDB keeps all tables' AS plugin_description,
	'Apache-2.0' AS plugin_license, 'FORCE' AS load_option`

// privileges are the rights that GRANT gives something by, and on what.
const privileges = `SELECT * FROM (VALUES ('Alter', 'Tables', 'Comes with owning a table'), ('Create', 'Databases,Tables,Indexes', 'Makes databases and tables'),
	('Create view', 'Tables', 'Makes views'), ('Create user', 'Server Admin', 'Makes and changes users'), ('Delete', 'Tables', 'Deletes rows'), ('Drop', 'Databases,Tables', 'Empties tables'),
	('Execute', 'Functions,Procedures', 'Calls routines'), ('Grant option', 'Databases,Tables,Functions,Procedures', 'Gives others the rights that one has'),
	('Index', 'Tables', 'Comes with owning a table'), ('Insert', 'Tables', 'Inserts rows'), ('References', 'Databases,Tables', 'Makes foreign keys to a table'),
	('Select', 'Tables', 'Reads rows'), ('Trigger', 'Tables', 'Makes triggers'), ('Update', 'Tables', 'Changes rows'),
	('Usage', 'Server Admin', 'No rights')) v(privilege, context, comment)`
