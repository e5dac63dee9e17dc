package session

import "math"

// vartype is pg_settings.vartype.
type vartype byte

const (
	varBool vartype = iota
	varInt
	varReal
	varString
	varEnum
)

// setting is the definition of one run-time parameter (PostgreSQL chapter 20).
type setting struct {
	name    string
	value   string // default, as SHOW prints it
	kind    vartype
	unit    string // base unit of varInt: ms, s, kB, 8kB, B, min; "" = none
	min     float64
	max     float64
	enum    string // allowed values, comma separated
	context string // user, superuser, postmaster, internal, sighup, backend
	group   string
	desc    string
	extra   string // pg_settings.extra_desc
	report  bool   // sent as ParameterStatus
	said    string // how a statement calls it; "" = by its name
}

const (
	maxInt = 2147483647
	conn   = "Client Connection Defaults / Statement Behavior"
	local  = "Client Connection Defaults / Locale and Formatting"
	preset = "Preset Options"
	query  = "Query Tuning / Planner Method Configuration"
	mem    = "Resource Usage / Memory"
	vector = "Customized Options"
)

// own are the parameters that mean something here, or whose values are ours; the
// others of PostgreSQL stand in settings.tsv.
var own = []setting{
	{name: "application_name", kind: varString, context: "user", group: "Reporting and Logging / What to Log", desc: "Sets the application name to be reported in statistics and logs.", report: true},
	{name: "array_nulls", value: "on", kind: varBool, context: "user", group: "Version and Platform Compatibility / Previous PostgreSQL Versions", desc: "Enable input of NULL elements in arrays.", extra: "When turned on, unquoted NULL in an array input value means a null value; otherwise it is taken literally."},
	{name: "autovacuum", value: "on", kind: varBool, context: "sighup", group: "Autovacuum", desc: "Starts the autovacuum subprocess."},
	{name: "backslash_quote", value: "safe_encoding", kind: varEnum, enum: "safe_encoding,on,off,~true=on,~false=off,~yes=on,~no=off,~1=on,~0=off", context: "user", group: "Version and Platform Compatibility / Previous PostgreSQL Versions", desc: "Sets whether \"\\'\" is allowed in string literals."},
	{name: "block_size", value: "8192", kind: varInt, min: 8192, max: 8192, context: "internal", group: preset, desc: "Shows the size of a disk block."},
	{name: "bytea_output", value: "hex", kind: varEnum, enum: "escape,hex", context: "user", group: conn, desc: "Sets the output format for bytea."},
	{name: "check_function_bodies", value: "on", kind: varBool, context: "user", group: conn, desc: "Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE."},
	{name: "client_encoding", value: "UTF8", kind: varString, context: "user", group: local, desc: "Sets the client's character set encoding.", report: true},
	{name: "client_min_messages", value: "notice", kind: varEnum, enum: "debug5,debug4,debug3,debug2,debug1,~debug=debug2,log,~info,notice,warning,error", context: "user", group: conn, desc: "Sets the message levels that are sent to the client.", extra: "Each level includes all the levels that follow it. The later the level, the fewer messages are sent."},
	{name: "constraint_exclusion", value: "partition", kind: varEnum, enum: "partition,on,off,~true=on,~false=off,~yes=on,~no=off,~1=on,~0=off", context: "user", group: "Query Tuning / Other Planner Options", desc: "Enables the planner to use constraints to optimize queries.", extra: "Table scans will be skipped if their constraints guarantee that no rows match the query."},
	{name: "data_checksums", value: "on", kind: varBool, context: "internal", group: preset, desc: "Shows whether data checksums are turned on for this cluster."},
	{name: "DateStyle", value: "ISO, MDY", kind: varString, context: "user", group: local, desc: "Sets the display format for date and time values.", extra: "Also controls interpretation of ambiguous date inputs.", report: true},
	{name: "deadlock_timeout", value: "1000", kind: varInt, unit: "ms", min: 1, max: maxInt, context: "superuser", group: "Lock Management", desc: "Sets the time to wait on a lock before checking for deadlock."},
	{name: "default_table_access_method", value: "heap", kind: varString, context: "user", group: conn, desc: "Sets the default table access method for new tables."},
	{name: "default_tablespace", kind: varString, context: "user", group: conn, desc: "Sets the default tablespace to create tables and indexes in.", extra: "An empty string selects the database's default tablespace."},
	{name: "default_text_search_config", value: "pg_catalog.english", kind: varString, context: "user", group: local, desc: "Sets default text search configuration."},
	{name: "default_toast_compression", value: "pglz", kind: varEnum, enum: "pglz,lz4", context: "user", group: conn, desc: "Sets the default compression method for compressible values."},
	{name: "default_transaction_deferrable", value: "off", kind: varBool, context: "user", group: conn, desc: "Sets the default deferrable status of new transactions."},
	{name: "default_transaction_isolation", value: "read committed", kind: varEnum, enum: "serializable,repeatable read,read committed,read uncommitted", context: "user", group: conn, desc: "Sets the transaction isolation level of each new transaction."},
	{name: "default_transaction_read_only", value: "off", kind: varBool, context: "user", group: conn, desc: "Sets the default read-only status of new transactions.", report: true},
	{name: "default_with_oids", value: "off", kind: varBool, context: "user", group: "Version and Platform Compatibility / Previous PostgreSQL Versions", desc: "WITH OIDS is no longer supported; this can only be false."},
	{name: "enable_bitmapscan", value: "on", kind: varBool, context: "user", group: query, desc: "Enables the planner's use of bitmap-scan plans."},
	{name: "enable_hashagg", value: "on", kind: varBool, context: "user", group: query, desc: "Enables the planner's use of hashed aggregation plans."},
	{name: "enable_hashjoin", value: "on", kind: varBool, context: "user", group: query, desc: "Enables the planner's use of hash join plans."},
	{name: "enable_indexonlyscan", value: "on", kind: varBool, context: "user", group: query, desc: "Enables the planner's use of index-only-scan plans."},
	{name: "enable_indexscan", value: "on", kind: varBool, context: "user", group: query, desc: "Enables the planner's use of index-scan plans."},
	{name: "enable_material", value: "on", kind: varBool, context: "user", group: query, desc: "Enables the planner's use of materialization."},
	{name: "enable_mergejoin", value: "on", kind: varBool, context: "user", group: query, desc: "Enables the planner's use of merge join plans."},
	{name: "enable_nestloop", value: "on", kind: varBool, context: "user", group: query, desc: "Enables the planner's use of nested-loop join plans."},
	{name: "enable_seqscan", value: "on", kind: varBool, context: "user", group: query, desc: "Enables the planner's use of sequential-scan plans."},
	{name: "enable_sort", value: "on", kind: varBool, context: "user", group: query, desc: "Enables the planner's use of explicit sort steps."},
	{name: "extra_float_digits", value: "1", kind: varInt, min: -15, max: 3, context: "user", group: local, desc: "Sets the number of digits displayed for floating-point values.", extra: "This affects real, double precision, and geometric data types. A zero or negative parameter value is added to the standard number of digits (FLT_DIG or DBL_DIG as appropriate). Any value greater than zero selects precise output mode."},
	{name: "fsync", value: "on", kind: varBool, context: "sighup", group: "Write-Ahead Log / Settings", desc: "Forces synchronization of updates to disk.", extra: "The server will use the fsync() system call in several places to make sure that updates are physically written to disk. This ensures that a database cluster will recover to a consistent state after an operating system or hardware crash."},
	{name: "hnsw.ef_search", value: "40", kind: varInt, min: 1, max: 1000, context: "user", group: vector, desc: "Sets the size of the dynamic candidate list for search. Unless set, loxodb.target_recall rules."},
	{name: "hnsw.iterative_scan", value: "off", kind: varEnum, enum: "off,relaxed_order,strict_order", context: "user", group: vector, desc: "Accepted for compatibility: a search always goes on until enough rows qualify, in exact order."},
	{name: "hnsw.max_scan_tuples", value: "20000", kind: varInt, min: 1, max: maxInt, context: "user", group: vector, desc: "Accepted for compatibility."},
	{name: "hnsw.scan_mem_multiplier", value: "1", kind: varReal, min: 1, max: 1000, context: "user", group: vector, desc: "Accepted for compatibility."},
	{name: "ivfflat.iterative_scan", value: "off", kind: varEnum, enum: "off,relaxed_order", context: "user", group: vector, desc: "Accepted for compatibility: a search always goes on until enough rows qualify, in exact order."},
	{name: "ivfflat.max_probes", value: "32768", kind: varInt, min: 1, max: 32768, context: "user", group: vector, desc: "Accepted for compatibility."},
	{name: "ivfflat.probes", value: "1", kind: varInt, min: 1, max: 32768, context: "user", group: vector, desc: "Sets the number of probes. Unless set, loxodb.target_recall rules."},
	{name: "idle_in_transaction_session_timeout", value: "0", kind: varInt, unit: "ms", max: maxInt, context: "user", group: conn, desc: "Sets the maximum allowed idle time between queries, when in a transaction.", extra: "A value of 0 turns off the timeout."},
	{name: "idle_session_timeout", value: "0", kind: varInt, unit: "ms", max: maxInt, context: "user", group: conn, desc: "Sets the maximum allowed idle time between queries, when not in a transaction.", extra: "A value of 0 turns off the timeout."},
	{name: "in_hot_standby", value: "off", kind: varBool, context: "internal", group: preset, desc: "Shows whether hot standby is currently active.", report: true},
	{name: "integer_datetimes", value: "on", kind: varBool, context: "internal", group: preset, desc: "Shows whether datetimes are integer based.", report: true},
	{name: "IntervalStyle", value: "postgres", kind: varEnum, enum: "postgres,postgres_verbose,sql_standard,iso_8601", context: "user", group: local, desc: "Sets the display format for interval values.", report: true},
	{name: "is_superuser", value: "on", kind: varBool, context: "internal", group: preset, desc: "Shows whether the current user is a superuser.", report: true},
	{name: "jit", value: "off", kind: varBool, context: "user", group: "Query Tuning / Other Planner Options", desc: "Allow JIT compilation."},
	{name: "lc_collate", value: "C", kind: varString, context: "internal", group: preset, desc: "Shows the collation order locale."},
	{name: "lc_ctype", value: "C.UTF-8", kind: varString, context: "internal", group: preset, desc: "Shows the character classification and case conversion locale."},
	{name: "lc_messages", value: "C", kind: varString, context: "superuser", group: local, desc: "Sets the language in which messages are displayed."},
	{name: "lc_monetary", value: "C", kind: varString, context: "user", group: local, desc: "Sets the locale for formatting monetary amounts."},
	{name: "lc_numeric", value: "C", kind: varString, context: "user", group: local, desc: "Sets the locale for formatting numbers."},
	{name: "lc_time", value: "C", kind: varString, context: "user", group: local, desc: "Sets the locale for formatting date and time values."},
	{name: "listen_addresses", value: "localhost", kind: varString, context: "postmaster", group: "Connections and Authentication / Connection Settings", desc: "Sets the host name or IP address(es) to listen to."},
	{name: "lock_timeout", value: "0", kind: varInt, unit: "ms", max: maxInt, context: "user", group: conn, desc: "Sets the maximum allowed duration of any wait for a lock.", extra: "A value of 0 turns off the timeout."},
	{name: "log_statement", value: "none", kind: varEnum, enum: "none,ddl,mod,all", context: "superuser", group: "Reporting and Logging / What to Log", desc: "Sets the type of statements logged."},
	{name: "loxodb.column_cache_size", value: "262144", kind: varInt, unit: "kB", max: maxInt, context: "postmaster", group: vector, desc: "Bounds the cache of columns that scans read (start with --column-cache)."},
	{name: "loxodb.generated_values", value: "error", kind: varEnum, enum: "error,ignore", context: "user", group: vector, desc: "Sets what becomes of values that INSERT gives generated columns."},
	{name: "loxodb.memory", value: "0", kind: varInt, unit: "kB", max: maxInt, context: "postmaster", group: vector, desc: "Bounds the memory of the server (start with --memory).", extra: "0 means that it is not bounded."},
	{name: "loxodb.plan_cache_size", value: "65536", kind: varInt, unit: "kB", max: maxInt, context: "postmaster", group: vector, desc: "Bounds the cache of plans that all sessions share (start with --plan-cache)."},
	{name: "loxodb.recall_replay", value: "on", kind: varBool, context: "postmaster", group: vector, desc: "Measures the recall of vector indexes in the background (start with --recall-replay)."},
	{name: "loxodb.row_cache_size", value: "131072", kind: varInt, unit: "kB", max: maxInt, context: "postmaster", group: vector, desc: "Bounds the cache of rows fetched by key (start with --row-cache)."},
	{name: "loxodb.statement_memory", value: "2097152", kind: varInt, unit: "kB", min: 1024, max: maxInt, context: "user", group: vector, desc: "Bounds the memory that one statement's sorts, joins and groups may hold."},
	{name: "loxodb.target_recall", value: "0.95", kind: varReal, min: 0.001, max: 1, context: "user", group: vector, desc: "Sets the share of the true nearest rows that searches of vector indexes find. 1 means all of them; hnsw.ef_search and ivfflat.probes rule when they are set."},
	{name: "maintenance_work_mem", value: defaultMaintenance(), kind: varInt, unit: "kB", min: 1024, max: maxInt, context: "user", group: mem, desc: "Sets the maximum memory to be used for maintenance operations.", extra: "This includes operations such as VACUUM and CREATE INDEX."},
	{name: "max_connections", value: "100", kind: varInt, min: 1, max: 262143, context: "postmaster", group: "Connections and Authentication / Connection Settings", desc: "Sets the maximum number of concurrent connections."},
	{name: "max_identifier_length", value: "63", kind: varInt, min: 63, max: 63, context: "internal", group: preset, desc: "Shows the maximum identifier length."},
	{name: "max_index_keys", value: "32", kind: varInt, min: 32, max: 32, context: "internal", group: preset, desc: "Shows the maximum number of index keys."},
	{name: "max_parallel_maintenance_workers", value: "2", kind: varInt, max: 1024, context: "user", group: "Resource Usage / Asynchronous Behavior", desc: "Sets the maximum number of parallel processes per maintenance operation."},
	{name: "max_parallel_workers_per_gather", value: "2", kind: varInt, max: 1024, context: "user", group: "Resource Usage / Asynchronous Behavior", desc: "Sets the maximum number of parallel processes per executor node."},
	{name: "password_encryption", value: "scram-sha-256", kind: varEnum, enum: "md5,scram-sha-256", context: "user", group: "Connections and Authentication / Authentication", desc: "Chooses the algorithm for encrypting passwords."},
	{name: "pg_trgm.similarity_threshold", value: "0.3", kind: varReal, max: 1, context: "user", group: vector, desc: "Sets the threshold used by the % operator.", extra: "Valid range is 0.0 .. 1.0."},
	{name: "pg_trgm.strict_word_similarity_threshold", value: "0.5", kind: varReal, max: 1, context: "user", group: vector, desc: "Sets the threshold used by the <<% operator.", extra: "Valid range is 0.0 .. 1.0."},
	{name: "pg_trgm.word_similarity_threshold", value: "0.6", kind: varReal, max: 1, context: "user", group: vector, desc: "Sets the threshold used by the <% operator.", extra: "Valid range is 0.0 .. 1.0."},
	{name: "plan_cache_mode", value: "auto", kind: varEnum, enum: "auto,force_generic_plan,force_custom_plan", context: "user", group: "Query Tuning / Other Planner Options", desc: "Controls the planner's selection of custom or generic plan.", extra: "Prepared statements can have custom and generic plans, and the planner will attempt to choose which is better.  This can be set to override the default behavior."},
	{name: "plpgsql.check_asserts", value: "on", kind: varBool, context: "user", group: vector, desc: "Perform checks given in ASSERT statements."},
	{name: "plpgsql.extra_errors", value: "none", kind: varString, context: "user", group: vector, desc: "List of programming constructs that should produce an error."},
	{name: "plpgsql.extra_warnings", value: "none", kind: varString, context: "user", group: vector, desc: "List of programming constructs that should produce a warning."},
	{name: "plpgsql.print_strict_params", value: "off", kind: varBool, context: "user", group: vector, desc: "Print information about parameters in the DETAIL part of the error messages generated on INTO ... STRICT failures."},
	{name: "plpgsql.variable_conflict", value: "error", kind: varEnum, enum: "error,use_variable,use_column", context: "superuser", group: vector, desc: "Sets handling of conflicts between PL/pgSQL variable names and table column names."},
	{name: "port", value: "5433", kind: varInt, min: 1, max: 65535, context: "postmaster", group: "Connections and Authentication / Connection Settings", desc: "Sets the TCP port the server listens on."},
	{name: "quote_all_identifiers", value: "off", kind: varBool, context: "user", group: "Version and Platform Compatibility / Previous PostgreSQL Versions", desc: "When generating SQL fragments, quote all identifiers."},
	{name: "random_page_cost", value: "4", kind: varReal, max: math.MaxFloat64, context: "user", group: "Query Tuning / Planner Cost Constants", desc: "Sets the planner's estimate of the cost of a nonsequentially fetched disk page."},
	{name: "role", value: "none", kind: varString, context: "user", group: "Ungrouped", desc: "Sets the current role."},
	{name: "row_security", value: "on", kind: varBool, context: "user", group: conn, desc: "Enable row security.", extra: "When enabled, row security will be applied to all users."},
	{name: "search_path", value: "\"$user\", public", kind: varString, context: "user", group: conn, desc: "Sets the schema search order for names that are not schema-qualified."},
	{name: "seed", value: "0", kind: varReal, min: -1, max: 1, context: "user", group: "Ungrouped", desc: "Sets the seed for random-number generation."},
	{name: "server_encoding", value: "UTF8", kind: varString, context: "internal", group: preset, desc: "Shows the server (database) character set encoding.", report: true},
	{name: "server_version", kind: varString, context: "internal", group: preset, desc: "Shows the server version.", report: true},
	{name: "server_version_num", value: "150018", kind: varInt, min: 150018, max: 150018, context: "internal", group: preset, desc: "Shows the server version as an integer."},
	{name: "session_authorization", kind: varString, context: "user", group: "Ungrouped", desc: "Sets the session user name.", report: true},
	{name: "shared_buffers", value: "32768", kind: varInt, unit: "8kB", min: 16, max: 1073741823, context: "postmaster", group: mem, desc: "Sets the number of shared memory buffers used by the server."},
	{name: "sql_dialect", value: "postgres", kind: varEnum, enum: "postgres,tidb,~postgresql=postgres,~mysql=tidb", context: "user", group: conn, desc: "Sets the dialect in which statements are read."},
	{name: "ssl", value: "off", kind: varBool, context: "sighup", group: "Connections and Authentication / SSL", desc: "Enables SSL connections."},
	{name: "standard_conforming_strings", value: "on", kind: varBool, context: "user", group: "Version and Platform Compatibility / Previous PostgreSQL Versions", desc: "Causes '...' strings to treat backslashes literally.", report: true},
	{name: "statement_timeout", value: "0", kind: varInt, unit: "ms", max: maxInt, context: "user", group: conn, desc: "Sets the maximum allowed duration of any statement.", extra: "A value of 0 turns off the timeout."},
	{name: "synchronize_seqscans", value: "on", kind: varBool, context: "user", group: "Version and Platform Compatibility / Previous PostgreSQL Versions", desc: "Enable synchronized sequential scans."},
	{name: "synchronous_commit", value: "on", kind: varEnum, enum: "local,remote_write,remote_apply,on,off,~true=on,~false=off,~yes=on,~no=off,~1=on,~0=off", context: "user", group: "Write-Ahead Log / Settings", desc: "Sets the current transaction's synchronization level."},
	{name: "temp_buffers", value: "1024", kind: varInt, unit: "8kB", min: 100, max: 1073741823, context: "user", group: mem, desc: "Sets the maximum number of temporary buffers used by each session."},
	{name: "TimeZone", value: "UTC", kind: varString, context: "user", group: local, desc: "Sets the time zone for displaying and interpreting time stamps.", report: true},
	{name: "transaction_deferrable", value: "off", kind: varBool, context: "user", group: conn, desc: "Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures."},
	{name: "transaction_isolation", value: "read committed", kind: varEnum, enum: "serializable,repeatable read,read committed,read uncommitted", context: "user", group: conn, desc: "Sets the current transaction's isolation level."},
	{name: "transaction_read_only", value: "off", kind: varBool, context: "user", group: conn, desc: "Sets the current transaction's read-only status."},
	{name: "transform_null_equals", value: "off", kind: varBool, context: "user", group: "Version and Platform Compatibility / Other Platforms and Clients", desc: "Treats \"expr=NULL\" as \"expr IS NULL\".", extra: "When turned on, expressions of the form expr = NULL (or NULL = expr) are treated as expr IS NULL, that is, they return true if expr evaluates to the null value, and false otherwise. The correct behavior of expr = NULL is to always return null (unknown)."},
	{name: "wal_level", value: "replica", kind: varEnum, enum: "minimal,replica,logical", context: "postmaster", group: "Write-Ahead Log / Settings", desc: "Sets the level of information written to the WAL."},
	{name: "work_mem", value: "4096", kind: varInt, unit: "kB", min: 64, max: maxInt, context: "user", group: mem, desc: "Sets the maximum memory to be used for query workspaces.", extra: "This much memory can be used by each internal sort operation and hash table before switching to temporary disk files."},
	{name: "xmlbinary", value: "base64", kind: varEnum, enum: "base64,hex", context: "user", group: conn, desc: "Sets how binary values are to be encoded in XML."},
	{name: "xmloption", value: "content", kind: varEnum, enum: "content,document", context: "user", group: conn, desc: "Sets whether XML data in implicit parsing and serialization operations is to be considered as documents or content fragments."},
}
