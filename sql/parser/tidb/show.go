package tidb

import (
	"fmt"
	"reflect"
	"sort"
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/parser/pg"
)

// SHOW is a query over the system catalog. Its text is PostgreSQL's, which this
// package reads by that grammar: the columns have MySQL's names in lower case, by
// which LIKE and WHERE know them.

// listing is what a SHOW lists.
type listing struct {
	query   string
	columns []string // as MySQL spells them
	like    string   // the column that LIKE is about
}

// sqlText is a query in PostgreSQL's words, with quoted literals for the verbs %s. All of it
// stands where the statement does.
func (c *conv) sqlText(format string, literals ...string) *ast.Select {
	args := make([]any, len(literals))
	for i, l := range literals {
		args[i] = ast.QuoteLiteral(l)
	}
	stmts, err := pg.New().Parse(fmt.Sprintf(format, args...))
	if err != nil || len(stmts) != 1 {
		panic(fmt.Sprintf("tidb: built-in query: %v", err))
	}
	out := stmts[0].Stmt.(*ast.Select)
	setPlaces(reflect.ValueOf(out), c.here())
	return out
}

var atType = reflect.TypeFor[ast.At]()

// setPlaces gives all nodes of a tree one place.
func setPlaces(v reflect.Value, at ast.At) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			setPlaces(v.Elem(), at)
		}
	case reflect.Slice:
		for i := range v.Len() {
			setPlaces(v.Index(i), at)
		}
	case reflect.Struct:
		if v.Type() == atType {
			if v.CanSet() {
				v.Set(reflect.ValueOf(at))
			}
			return
		}
		for i := range v.NumField() {
			setPlaces(v.Field(i), at)
		}
	}
}

// schemaOf is the number of the schema a SHOW is about, as an SQL expression, which is an error where
// there is no such schema.
func schemaOf(name string) string {
	if name == "" {
		return "pg_catalog.current_schema()::pg_catalog.regnamespace"
	}
	return ast.QuoteLiteral(ast.QuoteIdent(fold(name))) + "::pg_catalog.regnamespace"
}

// showStmt converts SHOW; nil when n is something else.
func (c *conv) showStmt(n tast.StmtNode) ast.Stmt {
	s, ok := n.(*tast.ShowStmt)
	if !ok {
		return nil
	}
	switch s.Tp {
	case tast.ShowDatabases:
		return c.list(s, listing{like: "database", columns: []string{"Database"},
			query: `SELECT nspname AS database FROM pg_catalog.pg_namespace WHERE nspname <> 'pg_toast' ORDER BY nspname`})
	case tast.ShowTables:
		return c.showTables(s)
	case tast.ShowColumns:
		return c.showColumns(s)
	case tast.ShowIndex:
		return c.showIndexes(s)
	case tast.ShowCreateTable, tast.ShowCreateView:
		return c.showCreate(s)
	case tast.ShowCreateDatabase:
		return c.showCreateDatabase(s)
	case tast.ShowVariables:
		return c.showVariables(s)
	case tast.ShowStatus:
		return c.list(s, listing{like: "variable_name", columns: []string{"Variable_name", "Value"},
			query: `SELECT name AS variable_name, val AS value FROM (SELECT count(*)::text AS connections, count(*) FILTER (WHERE state = 'active')::text AS running,
				floor(extract(epoch FROM clock_timestamp() - pg_catalog.pg_postmaster_start_time()))::int8::text AS uptime
				FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend') s CROSS JOIN LATERAL (VALUES ('Connections', connections), ('Max_used_connections', connections), ('Ssl_cipher', ''), ('Threads_cached', '0'), ('Threads_connected', connections),
				('Threads_created', connections), ('Threads_running', running), ('Uptime', uptime)) v(name, val)`})
	case tast.ShowWarnings, tast.ShowErrors:
		return c.showMessages(s)
	case tast.ShowEngines:
		return c.sqlText(`SELECT 'InnoDB' AS "Engine", 'DEFAULT' AS "Support", 'LoxoDB keeps all tables' AS "Comment", 'YES' AS "Transactions", 'NO' AS "XA", 'YES' AS "Savepoints"`)
	case tast.ShowCharset:
		return c.list(s, listing{like: "charset", columns: []string{"Charset", "Description", "Default collation", "Maxlen"},
			query: charsetsQuery(`charset, description, "default collation", maxlen`)})
	case tast.ShowCollation:
		return c.list(s, listing{like: "collation", columns: []string{"Collation", "Charset", "Id", "Default", "Compiled", "Sortlen", "Pad_attribute"},
			query: collationsQuery(`"collation", charset, id, "default", compiled, sortlen, pad_attribute`)})
	case tast.ShowProcessList:
		info := "left(info, 100)"
		if s.Full {
			info = "info"
		}
		return c.sqlText(`SELECT id AS "Id", "user" AS "User", host AS "Host", db, command AS "Command", "time" AS "Time", state AS "State", ` + info + ` AS "Info" FROM (` + processes + `) p ORDER BY id`)
	case tast.ShowPlugins:
		return c.list(s, listing{like: "name", columns: []string{"Name", "Status", "Type", "Library", "License"},
			query: `SELECT plugin_name AS name, plugin_status AS status, plugin_type AS type, plugin_library AS library, plugin_license AS license FROM (` + plugins + `) p`})
	case tast.ShowPrivileges:
		return c.list(s, listing{like: "privilege", columns: []string{"Privilege", "Context", "Comment"}, query: privileges})
	case tast.ShowTriggers:
		return c.showTriggers(s)
	case tast.ShowProcedureStatus, tast.ShowFunctionStatus:
		return c.showRoutines(s)
	case tast.ShowTableStatus:
		return c.showTableStatus(s)
	case tast.ShowGrants:
		return c.showGrants(s.User)
	}
	if columns, ok := nothingOf[s.Tp]; ok {
		return c.list(s, empty(columns))
	}
	name := unsupportedAt(c.src, int(c.stmtPos))
	if name == "" {
		words := headWords(c.src, int(c.stmtPos))
		name = strings.ToUpper(strings.Join(words[:min(2, len(words))], " "))
	}
	c.fail(s, "%s is not supported", name)
	return nil
}

// nothingOf are the columns of what a database here has none of. The name that LIKE
// is about comes first.
var nothingOf = map[tast.ShowStmtType][]string{
	tast.ShowOpenTables: {"Table", "Database", "In_use", "Name_locked"},
	tast.ShowEvents: {"Name", "Db", "Definer", "Time zone", "Type", "Execute at", "Interval value", "Interval field", "Starts", "Ends", "Status",
		"Originator", "character_set_client", "collation_connection", "Database Collation"},
}

// empty lists nothing under those columns.
func empty(columns []string) listing {
	query := "SELECT "
	for i, name := range columns {
		if i > 0 {
			query += ", "
		}
		query += "NULL::text AS " + ast.QuoteIdent(fold(name))
	}
	return listing{query: query + " WHERE false", columns: columns, like: fold(columns[0])}
}

// namesCollation is the collation of the names that SHOW and information_schema list.
const namesCollation = "utf8mb3_general_ci"

// list makes a listing a query, with SHOW's own LIKE and WHERE.
func (c *conv) list(s *tast.ShowStmt, l listing) *ast.Select {
	at := c.here()
	inner := c.sqlText(strings.ReplaceAll(l.query, "%", "%%"))
	out := &ast.Select{At: at, From: []ast.TableExpr{&ast.SubqueryRef{At: at, Query: inner, Alias: &ast.Alias{Name: "listing"}}}}
	for _, name := range l.columns {
		out.Targets = append(out.Targets, ast.Target{At: at, Name: name, Expr: &ast.ColumnRef{At: at, Parts: []string{fold(name)}}})
	}
	if s.Pattern != nil {
		out.Where = c.likeName(l.like, c.expr(s.Pattern.Pattern))
	}
	if s.Where != nil {
		c.nested++
		out.Where = c.cond(s.Where)
		c.nested--
	}
	out.OrderBy = nil // the inner order holds: the outer query only selects
	return out
}

// likeName is the condition that a column's name is like a pattern.
func (c *conv) likeName(column string, pattern ast.Expr) ast.Expr {
	at := c.here()
	name := call(at, "to_text", &ast.ColumnRef{At: at, Parts: []string{column}})
	return &ast.Like{At: at, Left: &ast.Collate{At: at, X: name, Name: ast.QName{At: placeless, Schema: own, Name: namesCollation}}, Pattern: pattern}
}

// showMessages is SHOW WARNINGS and SHOW ERRORS: what the last statement had to say.
func (c *conv) showMessages(s *tast.ShowStmt) ast.Stmt {
	errors := s.Tp == tast.ShowErrors
	switch {
	case s.CountWarningsOrErrors && errors:
		return c.sqlText(`SELECT mysql.error_count() AS "@@session.error_count"`)
	case s.CountWarningsOrErrors:
		return c.sqlText(`SELECT mysql.warning_count() AS "@@session.warning_count"`)
	}
	query := `SELECT level AS "Level", code AS "Code", message AS "Message"
		FROM pg_catalog.json_to_recordset(mysql.messages()) m(level text, code int4, message text)`
	if errors {
		query += ` WHERE level = 'Error'`
	}
	return c.limitShown(c.sqlText(strings.ReplaceAll(query, "%", "%%")))
}

func (c *conv) showTriggers(s *tast.ShowStmt) ast.Stmt {
	return c.list(s, listing{like: "table", columns: []string{"Trigger", "Event", "Table", "Statement", "Timing", "Created", "sql_mode", "Definer",
		"character_set_client", "collation_connection", "Database Collation"},
		query: strings.ReplaceAll(`SELECT trigger_name AS trigger, event_manipulation AS event, event_object_table AS "table", action_statement AS statement, action_timing AS timing,
			created, sql_mode, definer, character_set_client, collation_connection, database_collation AS "database collation" FROM (`+triggers+`) t
			WHERE event_object_schema = `+schemaOf(s.DBName)+`::text ORDER BY event_object_table, event_manipulation, action_timing, action_order`, "%%", "%")})
}

func (c *conv) showRoutines(s *tast.ShowStmt) ast.Stmt {
	kind := "FUNCTION"
	if s.Tp == tast.ShowProcedureStatus {
		kind = "PROCEDURE"
	}
	return c.list(s, listing{like: "name", columns: []string{"Db", "Name", "Type", "Definer", "Modified", "Created", "Security_type", "Comment",
		"character_set_client", "collation_connection", "Database Collation"},
		query: strings.ReplaceAll(`SELECT routine_schema AS db, routine_name AS name, routine_type AS type, definer, last_altered AS modified, created, security_type, routine_comment AS comment,
			character_set_client, collation_connection, database_collation AS "database collation" FROM (`+routines+`) r
			WHERE routine_type = '`+kind+`' ORDER BY routine_schema, routine_name`, "%%", "%")})
}

func (c *conv) showTables(s *tast.ShowStmt) ast.Stmt {
	head := ast.Target{At: c.here(), Name: "Tables_in_" + fold(s.DBName)}
	after := ""
	if s.Pattern != nil {
		if p, ok := s.Pattern.Pattern.(tast.ValueExpr); ok {
			after = " (" + p.GetString() + ")"
		}
	}
	if s.DBName == "" {
		head.Heading = &ast.Heading{After: after}
	} else {
		head.Name += after
	}
	query := `SELECT c.relname AS table_name, CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'BASE TABLE' END AS table_type
		FROM pg_catalog.pg_class c WHERE c.relnamespace = ` + schemaOf(s.DBName) + ` AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition ORDER BY 1`
	columns := []string{"Table_name"}
	if s.Full {
		columns = append(columns, "Table_type")
	}
	out := c.list(s, listing{query: query, columns: columns, like: "table_name"})
	head.Expr = out.Targets[0].Expr
	out.Targets[0] = head
	known := head // the name by which WHERE knows the tables
	known.Name = fold(known.Name)
	known.Expr = &ast.ColumnRef{At: c.here(), Parts: []string{"c", "relname"}}
	inner := out.From[0].(*ast.SubqueryRef).Query
	inner.Targets = append(inner.Targets, known)
	return out
}

// relation is the table of a SHOW as a regclass expression.
func (c *conv) relation(s *tast.ShowStmt) string {
	name := c.table(s.Table)
	if name.Schema == "" {
		name.Schema = fold(s.DBName)
	}
	q := ast.QuoteIdent(name.Name)
	if name.Schema != "" {
		q = ast.QuoteIdent(name.Schema) + "." + q
	}
	return ast.QuoteLiteral(q) + "::pg_catalog.regclass"
}

const columnsQuery = `SELECT a.attname AS field, mysql.column_type(a.attrelid::int8, a.attnum) AS type, mysql.column_collation(a.attrelid::int8, a.attnum) AS collation,
	CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END AS "null", mysql.column_key(a.attrelid::int8, a.attnum) AS key,
	mysql.column_default(a.attrelid::int8, a.attnum) AS "default", mysql.column_extra(a.attrelid::int8, a.attnum) AS extra,
	'select,insert,update,references' AS privileges, coalesce(pg_catalog.col_description(a.attrelid, a.attnum), '') AS comment, mysql.column_position(a.attrelid::int8, a.attnum) AS position
	FROM pg_catalog.pg_attribute a WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY position`

func (c *conv) showColumns(s *tast.ShowStmt) ast.Stmt {
	columns := []string{"Field", "Type", "Null", "Key", "Default", "Extra"}
	if s.Full {
		columns = []string{"Field", "Type", "Collation", "Null", "Key", "Default", "Extra", "Privileges", "Comment"}
	}
	out := c.list(s, listing{query: fmt.Sprintf(columnsQuery, c.relation(s)), columns: columns, like: "field"})
	if c.shown != nil && c.shown.pattern != nil {
		out.Where = c.likeName("field", text(c.here(), *c.shown.pattern))
	}
	if s.Column != nil {
		out.Where = both(out.Where, &ast.Op{At: c.here(), Name: "=", Left: &ast.ColumnRef{At: c.here(), Parts: []string{"field"}},
			Right: text(c.here(), s.Column.Name.L)})
	}
	return out
}

// keyPartsFrom are the parts of keys, k.n from 1, beside what tells the columns of SHOW INDEX and
// statistics: a prefix of a column is an expression here.
const keyPartsFrom = `pg_catalog.pg_index x JOIN pg_catalog.pg_class t ON t.oid = x.indrelid JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
	LEFT JOIN pg_catalog.pg_am m ON m.oid = i.relam CROSS JOIN LATERAL pg_catalog.generate_series(1, x.indnkeyatts) k(n)
	LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[k.n - 1] AND a.attnum > 0
	CROSS JOIN LATERAL (SELECT CASE WHEN a.attname IS NULL THEN pg_catalog.pg_get_indexdef(i.oid, k.n, true) END) d(def)
	CROSS JOIN LATERAL (SELECT substring(d.def FROM '^(?:mysql[.]"left"[(].*|"substring"[(].*, 1), ([0-9]+)[)]$')::int8,
		replace(trim(BOTH '"' FROM coalesce(substring(d.def FROM '^mysql[.]"left"[(](.*), [0-9]+[)]$'), substring(d.def FROM '^"substring"[(](.*), 1, [0-9]+[)]$'))), '""', '"')) p(length, of)`

// The columns of both that come of them.
const (
	keyPartColumn    = `coalesce(a.attname::text, p.of) AS column_name`
	keyPartCollation = `CASE WHEN x.indoption[k.n - 1] & 1 = 1 THEN 'D' ELSE 'A' END AS collation`
	keyPartLength    = `coalesce(p.length, mysql.key_prefix(t.oid::int8, i.oid::int8, k.n))`
	keyPartExpr      = `CASE WHEN p.length IS NULL THEN d.def END AS expression`
)

// indexQuery lists keys column by column. A key's name is its index's without the
// table before it.
const indexQuery = `SELECT t.relname AS "table", CASE WHEN x.indisunique THEN 0 ELSE 1 END AS non_unique,
	mysql.key_name(t.oid::int8, i.oid::int8) AS key_name,
	k.n AS seq_in_index, ` + keyPartColumn + `, ` + keyPartCollation + `, 0 AS cardinality, ` + keyPartLength + ` AS sub_part, NULL::text AS packed,
	CASE WHEN a.attnotnull THEN '' ELSE 'YES' END AS "null", coalesce(upper(m.amname), 'HNSW') AS index_type, '' AS comment,
	coalesce(pg_catalog.obj_description(i.oid, 'pg_class'), '') AS index_comment, mysql.key_visible(t.oid::int8, i.oid::int8) AS visible, ` + keyPartExpr + `
	FROM ` + keyPartsFrom + `
	WHERE x.indrelid = %s ORDER BY x.indisprimary DESC, x.indisunique DESC, 3, 4`

func (c *conv) showIndexes(s *tast.ShowStmt) ast.Stmt {
	return c.list(s, listing{like: "key_name", query: fmt.Sprintf(indexQuery, c.relation(s)), columns: []string{"Table", "Non_unique", "Key_name",
		"Seq_in_index", "Column_name", "Collation", "Cardinality", "Sub_part", "Packed", "Null", "Index_type", "Comment", "Index_comment", "Visible", "Expression"}})
}

func (c *conv) showCreate(s *tast.ShowStmt) ast.Stmt {
	kind := "Table"
	if s.Tp == tast.ShowCreateView {
		kind = "View"
	}
	name := c.table(s.Table).Name
	more := ""
	if kind == "View" {
		more = `, 'utf8mb4' AS character_set_client, mysql.connection_collation() AS collation_connection`
	}
	return c.sqlText(`SELECT %s AS `+ast.QuoteIdent(kind)+`, mysql.show_create(`+c.relation(s)+`::int8, `+map[bool]string{true: "1", false: "0"}[kind == "View"]+`) AS `+ast.QuoteIdent("Create "+kind)+more, name)
}

func (c *conv) showVariables(s *tast.ShowStmt) ast.Stmt {
	names := make([]string, 0, len(variables))
	for n := range variables {
		names = append(names, n)
	}
	sort.Strings(names)
	var b strings.Builder
	b.WriteString("SELECT * FROM (VALUES ('version', mysql.version()), ('autocommit', CASE mysql.autocommit() WHEN 1 THEN 'ON' ELSE 'OFF' END), ('time_zone', pg_catalog.current_setting('timezone'))")
	for _, n := range names {
		value := fmt.Sprintf("coalesce(mysql.variable(%s), %s)", ast.QuoteLiteral(systemVariable(n)), ast.QuoteLiteral(variables[n]))
		switch {
		case n == "collation_database":
			value = "mysql.database_collation()"
		case n == "character_set_database":
			value = "mysql.charset_of(mysql.database_collation())"
		case n == "collation_connection":
			value = "mysql.connection_collation()"
		case n == "character_set_client", n == "character_set_results":
			value = "mysql.client_charset('" + n + "')"
		case n == "character_set_connection":
			value = "mysql.charset_of(mysql.connection_collation())"
		case switches[n]:
			value = "CASE upper(" + value + ") WHEN '1' THEN 'ON' WHEN '0' THEN 'OFF' ELSE upper(" + value + ") END"
		}
		fmt.Fprintf(&b, ", (%s, %s)", ast.QuoteLiteral(n), value)
	}
	b.WriteString(") v(variable_name, value) ORDER BY variable_name")
	return c.list(s, listing{like: "variable_name", columns: []string{"Variable_name", "Value"}, query: b.String()})
}

func (c *conv) showTableStatus(s *tast.ShowStmt) ast.Stmt {
	return c.list(s, listing{like: "name", columns: []string{"Name", "Engine", "Version", "Row_format", "Rows", "Avg_row_length", "Data_length",
		"Max_data_length", "Index_length", "Data_free", "Auto_increment", "Create_time", "Update_time", "Check_time", "Collation", "Checksum",
		"Create_options", "Comment"},
		query: `SELECT table_name AS name, engine, version, row_format, table_rows AS rows, avg_row_length, data_length, max_data_length, index_length, data_free, auto_increment,
			create_time, update_time, check_time, table_collation AS collation, checksum, create_options, table_comment AS comment FROM (SELECT c.relname AS table_name, ` + tableFacts + `
			FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE n.oid = ` + schemaOf(s.DBName) + ` AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition) t ORDER BY 1`})
}

// showCreateDatabase tells a database's collation where it has one.
func (c *conv) showCreateDatabase(s *tast.ShowStmt) ast.Stmt {
	name, exists := fold(s.DBName), ""
	if s.IfNotExists {
		exists = "/*!32312 IF NOT EXISTS*/ "
	}
	return c.sqlText(`SELECT %s AS "Database", 'CREATE DATABASE ' || %s || mysql.quote_name(%s) || CASE WHEN mysql.schema_collation(oid::int8) <> 'utf8mb4_bin' THEN
		' /*!40100 DEFAULT CHARACTER SET ' || mysql.charset_of(mysql.schema_collation(oid::int8)) || ' COLLATE ' || mysql.schema_collation(oid::int8) || ' */' ELSE '' END AS "Create Database"
		FROM pg_catalog.pg_namespace WHERE oid = `+schemaOf(s.DBName), name, exists, name)
}
