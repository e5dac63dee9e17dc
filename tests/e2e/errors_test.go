package e2e

import "testing"

// SQLSTATE, text and position (in characters) of common mistakes.
func TestErrorsWithPositions(t *testing.T) {
	c := connect(t, start(t), "")
	makeTable(t, c, "et", "(id int primary key, v text not null check (v <> 'bad'), w varchar(3))")
	mustExec(t, c, "insert into et values (1, 'a', 'b')")
	for _, tc := range []struct {
		sql, code, message string
		position           int32
	}{
		{"selec 1", "42601", `syntax error at or near "selec"`, 1},
		{"select 1 +", "42601", "syntax error at end of input", 11},
		{"select 'é', from et", "42601", `syntax error at or near "from"`, 13},
		{"select 'open", "42601", `unterminated quoted string at or near "'open"`, 8},
		{"select nope from et", "42703", `column "nope" does not exist`, 8},
		{"select 'ééé', nope from et", "42703", `column "nope" does not exist`, 15},
		{"select et.nope from et", "42703", `column et.nope does not exist`, 8},
		{"select * from nowhere", "42P01", `relation "nowhere" does not exist`, 15},
		{"select x.id from et", "42P01", `missing FROM-clause entry for table "x"`, 8},
		{"select id from et a, et b", "42702", `column reference "id" is ambiguous`, 8},
		{"select f(1)", "42883", "function f(integer) does not exist", 8},
		{"select 1 + 'x'", "22P02", `invalid input syntax for type integer: "x"`, 12},
		{"select 1 + true", "42883", "operator does not exist: integer + boolean", 10},
		{"select '2024-13-01'::date", "22008", `date/time field value out of range: "2024-13-01"`, 8},
		{"select 'x'::nope", "42704", `type "nope" does not exist`, 13},
		{"select id, count(*) from et", "42803", `column "et.id" must appear in the GROUP BY clause or be used in an aggregate function`, 8},
		{"select 1 where count(*) > 0", "42803", "aggregate functions are not allowed in WHERE", 16},
		{"select id from et where v", "42804", "argument of WHERE must be type boolean, not type text", 25},
		{"select 1 union select 'a', 'b'", "42601", "each UNION query must have the same number of columns", 23},
		{"select 1/0", "22012", "division by zero", 0},
		{"select 2147483647 + 1", "22003", "integer out of range", 0},
		{"select 99999999999999999999::int8", "22003", "bigint out of range", 0},
		{"insert into et values (1, 'x', 'y')", "23505", `duplicate key value violates unique constraint "et_pkey"`, 0},
		{"insert into et values (2, null, 'y')", "23502", `null value in column "v" of relation "et" violates not-null constraint`, 0},
		{"insert into et values (2, 'bad', 'y')", "23514", `new row for relation "et" violates check constraint "et_v_check"`, 0},
		{"insert into et values (2, 'x', 'long')", "22001", "value too long for type character varying(3)", 0},
		{"insert into et (id, nope) values (1, 2)", "42703", `column "nope" of relation "et" does not exist`, 21},
		{"insert into et values (1, 'x', 'y', 'z')", "42601", "INSERT has more expressions than target columns", 37},
		{"insert into et (id) values (true)", "42804", `column "id" is of type integer but expression is of type boolean`, 29},
		{"update et set nope = 1", "42703", `column "nope" of relation "et" does not exist`, 15},
		{"create table et (id int)", "42P07", `relation "et" already exists`, 0},
		{"drop table nowhere", "42P01", `table "nowhere" does not exist`, 0},
		{"select (select 1 union all select 2)", "21000", "more than one row returned by a subquery used as an expression", 0},
		{"rollback to x", "25P01", "ROLLBACK TO SAVEPOINT can only be used in transaction blocks", 0},
		{"set nonsense = 1", "42704", `unrecognized configuration parameter "nonsense"`, 0},
		{"execute nope", "26000", `prepared statement "nope" does not exist`, 0},
		{"fetch from nope", "34000", `cursor "nope" does not exist`, 0},
	} {
		_, err := c.PgConn().Exec(t.Context(), tc.sql).ReadAll()
		if e := wantError(t, tc.sql, err, tc.code, tc.message); e.Code == tc.code && e.Position != tc.position {
			t.Errorf("%s: position %d, want %d", tc.sql, e.Position, tc.position)
		}
	}
}

// The fields beside the message that drivers and ORMs read.
func TestErrorFields(t *testing.T) {
	c := connect(t, start(t), "")
	makeTable(t, c, "ef", "(id int primary key, v text not null constraint short check (length(v) < 5))")
	mustExec(t, c, "insert into ef values (1, 'a')")
	_, err := c.Exec(t.Context(), "insert into ef values (1, 'b')")
	if e := wantError(t, "duplicate", err, "23505", ""); e.Detail != "Key (id)=(1) already exists." || e.TableName != "ef" || e.ConstraintName != "ef_pkey" || e.SchemaName != "public" {
		t.Errorf("duplicate: %+v", e)
	}
	_, err = c.Exec(t.Context(), "insert into ef values (2, null)")
	if e := wantError(t, "null", err, "23502", ""); e.Detail != "Failing row contains (2, null)." || e.ColumnName != "v" || e.TableName != "ef" {
		t.Errorf("null: %+v", e)
	}
	_, err = c.Exec(t.Context(), "insert into ef values (2, 'too long')")
	if e := wantError(t, "check", err, "23514", ""); e.Detail != "Failing row contains (2, too long)." || e.ConstraintName != "short" {
		t.Errorf("check: %+v", e)
	}
	_, err = c.Exec(t.Context(), "select lengt('x')")
	if e := wantError(t, "function", err, "42883", ""); e.Hint != "No function matches the given name and argument types. You might need to add explicit type casts." {
		t.Errorf("function: hint %q", e.Hint)
	}
	_, err = c.Exec(t.Context(), "select iid from ef")
	if e := wantError(t, "column", err, "42703", ""); e.Hint != `Perhaps you meant to reference the column "ef.id".` {
		t.Errorf("column: hint %q", e.Hint)
	}
}

// A BEGIN that fails opens no block.
func TestFailedBegin(t *testing.T) {
	c := connect(t, start(t), "")
	_, err := c.PgConn().Exec(t.Context(), "select 1; begin isolation level serializable").ReadAll()
	wantError(t, "begin", err, "25001", "SET TRANSACTION ISOLATION LEVEL must be called before any query")
	if s := c.PgConn().TxStatus(); s != 'I' {
		t.Fatalf("the session's state is %c, want I", s)
	}
	mustExec(t, c, "begin")
	mustExec(t, c, "select 1")
	mustExec(t, c, "commit")
}
