package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// in connects to a database by name.
func in(t testing.TB, addr, database string) *pgx.Conn {
	t.Helper()
	c, err := tryIn(t, addr, "postgres", database)
	if err != nil {
		t.Fatalf("connecting to %s: %v", database, err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

func tryIn(t testing.TB, addr, user, database string) (*pgx.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return pgx.Connect(ctx, "postgres://"+user+"@"+addr+"/"+database+"?sslmode=disable")
}

// leave closes a connection and waits until the server has seen it.
func leave(t testing.TB, c *pgx.Conn) {
	t.Helper()
	if err := c.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// Databases of one server have nothing in common but roles and the list of databases.
func TestDatabases(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	c := connect(t, addr, "")
	mustExec(t, c, "create database d1")
	mustExec(t, c, "create database d2 encoding 'utf8' template template0 connection limit 50")
	a, b := in(t, addr, "d1"), in(t, addr, "d2")
	for i, x := range []*pgx.Conn{a, b, c} {
		mustExec(t, x, "create type mood as enum ('low', 'high')")
		mustExec(t, x, "create table t (id serial primary key, m mood, n text)")
		mustExec(t, x, fmt.Sprintf("insert into t (m, n) select 'high', 'in %d ' || i from generate_series(1, %d) i", i, 3+i))
		mustExec(t, x, "create schema s")
		mustExec(t, x, "analyze t")
	}
	mustExec(t, a, "alter type mood add value 'middle' before 'high'")
	mustExec(t, a, "insert into t (m, n) values ('middle', 'more')")
	if _, err := b.Exec(t.Context(), "insert into t (m) values ('middle')"); err == nil {
		t.Error("a label of another database's enum is known")
	}
	for i, x := range []*pgx.Conn{a, b, c} {
		want := fmt.Sprintf("in %d 2", i)
		for range 2 { // the second time out of the caches
			if got := one(t, x, "select n from t where id = 2"); got != want {
				t.Errorf("row 2 is %q, want %q", got, want)
			}
		}
		if got, want := one(t, x, "select current_database()||' '||(select count(*) from pg_class where relname = 't')"), []string{"d1 1", "d2 1", "postgres 1"}[i]; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := one(t, a, "select string_agg(m::text, ',' order by m) from t"); got != "middle,high,high,high" {
		t.Errorf("the enum's order: %s", got)
	}
	if got := one(t, b, "select nextval('t_id_seq')"); got != "5" {
		t.Errorf("the sequence gives %s, want 5", got)
	}
	if got := one(t, c, "select string_agg(datname, ',' order by datname) from pg_database"); got != "d1,d2,postgres,template0,template1" {
		t.Errorf("databases: %s", got)
	}
	if got := one(t, c, "select string_agg(datname, ',' order by datname) from pg_stat_activity where state is not null"); got != "d1,d2,postgres" {
		t.Errorf("databases of sessions: %s", got)
	}

	// Roles and their settings are everybody's; settings in a database are that one's.
	mustExec(t, a, "create role dbs_role login")
	mustExec(t, b, "alter role dbs_role in database d2 set work_mem = '7MB'")
	mustExec(t, c, "alter database d1 set work_mem = '9MB'")
	for db, want := range map[string]string{"d1": "9MB", "d2": "7MB", "postgres": "4MB"} {
		r, err := tryIn(t, addr, "dbs_role", db)
		if err != nil {
			t.Fatal(err)
		}
		if got := one(t, r, "show work_mem"); got != want {
			t.Errorf("work_mem in %s is %s, want %s", db, got, want)
		}
		leave(t, r)
	}

	// Advisory locks and notifications are a database's own.
	mustExec(t, a, "select pg_advisory_lock(1)")
	if got := one(t, b, "select pg_try_advisory_lock(1)"); got != "t" {
		t.Error("an advisory lock of another database excludes")
	}
	if got := one(t, c, "select count(distinct database) from pg_locks where locktype = 'advisory'"); got != "2" {
		t.Errorf("advisory locks of %s databases", got)
	}
	mustExec(t, a, "begin isolation level repeatable read")
	lent := one(t, a, "select pg_export_snapshot()")
	mustExec(t, b, "begin isolation level repeatable read")
	_, err := b.Exec(t.Context(), "set transaction snapshot '"+lent+"'")
	wantError(t, "another database's snapshot", err, "0A000", "cannot import a snapshot from a different database")
	mustExec(t, a, "rollback")
	mustExec(t, b, "rollback")

	mustExec(t, a, "listen ch")
	mustExec(t, b, "notify ch, 'b'")
	mustExec(t, a, "notify ch, 'a'")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if n, err := a.WaitForNotification(ctx); err != nil || n.Payload != "a" {
		t.Errorf("notification %v, %v", n, err)
	}
}

// Who may come into a database, who must go out, and what is refused while they are in.
func TestDatabaseConnections(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	c := connect(t, addr, "")
	mustExec(t, c, "create database d connection limit 1")
	mustExec(t, c, "create role dbs_user login")
	for _, x := range []struct{ user, db, code, message string }{
		{"postgres", "nowhere", "3D000", `database "nowhere" does not exist`},
		{"dbs_user", "dbs_user", "3D000", `database "dbs_user" does not exist`},
		{"postgres", "template0", "55000", `database "template0" is not currently accepting connections`},
	} {
		_, err := tryIn(t, addr, x.user, x.db)
		wantError(t, x.db, err, x.code, x.message)
	}
	first, err := tryIn(t, addr, "dbs_user", "d")
	if err != nil {
		t.Fatal(err)
	}
	_, err = tryIn(t, addr, "dbs_user", "d")
	wantError(t, "over the limit", err, "53300", `too many connections for database "d"`)
	super := in(t, addr, "d")

	_, err = c.Exec(t.Context(), "drop database d")
	if e := wantError(t, "drop", err, "55006", `database "d" is being accessed by other users`); e.Detail != "There are 2 other sessions using the database." {
		t.Errorf("detail %q", e.Detail)
	}
	leave(t, super)
	_, err = c.Exec(t.Context(), "create database e template d")
	if e := wantError(t, "copy", err, "55006", `source database "d" is being accessed by other users`); e.Detail != "There is 1 other session using the database." {
		t.Errorf("detail %q", e.Detail)
	}
	_, err = super.Exec(t.Context(), "drop database d")
	if err == nil {
		t.Error("a closed connection has dropped its database")
	}
	if got := mustExec(t, c, "drop database d with (force)"); got != "DROP DATABASE" {
		t.Errorf("tag %s", got)
	}
	if _, err := first.Exec(t.Context(), "select 1"); err == nil {
		t.Error("the session goes on in a dropped database")
	}
	_, err = tryIn(t, addr, "postgres", "d")
	wantError(t, "after the drop", err, "3D000", `database "d" does not exist`)

	// A drop in which somebody leaves meanwhile goes on.
	mustExec(t, c, "create database d")
	super = in(t, addr, "d")
	time.AfterFunc(300*time.Millisecond, func() { super.Close(context.Background()) })
	mustExec(t, c, "alter database d rename to e")
	d := in(t, addr, "e")
	if got := one(t, d, "select current_database()"); got != "e" {
		t.Errorf("renamed: %s", got)
	}
	_, err = d.Exec(t.Context(), "drop database e")
	wantError(t, "own", err, "55006", "cannot drop the currently open database")
}

// A copy has what its template had, and neither follows the other.
func TestDatabaseCopy(t *testing.T) {
	onlyHere(t)
	dir := t.TempDir() + "/data"
	srv := startAt(t, dir)
	addr := srv.Addr().String()
	c := connect(t, addr, "")
	mustExec(t, c, "create database source")
	s := in(t, addr, "source")
	mustExec(t, s, `create extension vector;
		create type mood as enum ('low', 'high');
		create type pair as (m mood, n int, list mood[]);
		create domain few as int check (value < 1000);
		create table t (id serial primary key, m mood, ms mood[], p pair, ps pair[], f few, e vector(3));
		insert into t (m, ms, p, ps, f, e)
			select 'high', '{low,high}', row('low'::mood, i, '{high,low}'::mood[])::pair, array[row('low'::mood, i, '{high}'::mood[])::pair], i % 999, array[i, i % 7, i % 11]::vector
			from generate_series(1, 5000) i;
		alter table t add column late mood[] default '{high,high}';
		create index t_e on t using hnsw (e vector_l2_ops) include (ms);
		create index t_f on t using hnsw (e vector_cosine_ops);
		create index t_m on t (ms, id);
		create view v as select id, m from t;
		create materialized view mv as select ms, count(*) from t group by ms;
		analyze`)
	leave(t, s)
	mustExec(t, c, "create database copy template source")
	mustExec(t, c, "drop database source")
	const all = `select md5(string_agg(t::text, '|' order by id)) from t`
	near := "select string_agg(id::text, ',') from (select id from t order by e <-> '[4000,3,7]' limit 5) x"
	check := func(d *pgx.Conn) {
		t.Helper()
		for q, want := range map[string]string{
			"select count(*) from t where ms = '{low,high}' and late = '{high,high}'":                "5000",
			"select (p).list[1]::text || (p).m || (ps[1]).m || (ps[1]).list[1] from t where id = 77": "highlowlowhigh",
			"select p::text || ps::text from t where id = 8":                                         `(low,8,"{high,low}"){"(low,8,{high})"}`,
			"select id from t where ms = '{low,high}' order by ms, id offset 99 limit 1":             "100",
			"select count from mv":                    "5000",
			"select count(*) from v":                  "5000",
			"select pg_typeof(ms)||'' from t limit 1": "mood[]",
			"set enable_seqscan = off; " + near:       one(t, d, "set enable_seqscan = on; set enable_indexscan = off; "+near),
		} {
			if got := one(t, d, "reset all; "+q); got != want {
				t.Errorf("%s\n got %s\nwant %s", q, got, want)
			}
		}
		if got := one(t, d, "select count(*) from pg_index where indisvalid and indrelid = 't'::regclass"); got != "4" {
			t.Errorf("%s valid indexes", got)
		}
	}
	d := in(t, addr, "copy")
	check(d)
	// A copy of one's own database, while its indexes are being written.
	mustExec(t, d, "create database twin template copy")
	w := in(t, addr, "twin")
	check(w)
	if a, b := one(t, d, all), one(t, w, all); a != b {
		t.Error("the twins differ")
	}
	mustExec(t, w, "alter type mood add value 'lower' before 'low'; alter type mood rename value 'high' to 'great'")
	mustExec(t, w, "delete from t where id > 10; update t set ms = '{lower}'")
	check(d)
	if got := one(t, w, "select nextval('t_id_seq')"); got != "5001" {
		t.Errorf("the copy's sequence gives %s", got)
	}
	mustExec(t, d, "insert into t (m, ms, p, ps, f, e, late) select 'low', '{low,low}', null, null, 1, '[1,1,1]', '{}' from generate_series(1, 10)")
	leave(t, d)
	leave(t, w)
	leave(t, c)
	shutdown(t, srv)

	srv = startAt(t, dir)
	addr = srv.Addr().String()
	d, w = in(t, addr, "copy"), in(t, addr, "twin")
	if got := one(t, d, "select count(*) from t"); got != "5010" {
		t.Errorf("%s rows after the restart", got)
	}
	if got := one(t, w, "select string_agg(distinct ms::text, ',') from t"); got != "{lower}" {
		t.Errorf("the twin's rows after the restart: %s", got)
	}
	mustExec(t, in(t, addr, "postgres"), "drop database copy (force)")
	mustExec(t, in(t, addr, "template1"), "drop database postgres (force)")
	if got := one(t, w, "select count(*) from t where ms = '{lower}'"); got != "10" {
		t.Errorf("%s rows after others were dropped", got)
	}
	leave(t, w)
	shutdown(t, srv)
	srv = startAt(t, dir)
	w = in(t, srv.Addr().String(), "twin")
	if got := one(t, w, "select string_agg(datname, ',' order by 1) from pg_database where not datistemplate"); got != "twin" {
		t.Errorf("databases: %s", got)
	}
	mustExec(t, w, "create database postgres")
	if got := one(t, in(t, srv.Addr().String(), "postgres"), "select count(*) from pg_class where relnamespace = 'public'::regnamespace"); got != "0" {
		t.Errorf("%s relations in a new database of an old name", got)
	}
}

// The programs that come with PostgreSQL make, list, dump and drop databases.
func TestDatabasePrograms(t *testing.T) {
	onlyHere(t)
	for _, name := range []string{"psql", "createdb", "dropdb", "pg_dump"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
	addr := start(t)
	host, port, _ := strings.Cut(addr, ":")
	run := func(name string, args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), name, append([]string{"-h", host, "-p", port, "-U", "postgres"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	run("createdb", "-E", "UTF8", "-T", "template0", "-O", "postgres", "shop", "all about the shop")
	run("psql", "-X", "-d", "shop", "-c", "create table t (a int primary key); insert into t values (1), (2)")
	run("psql", "-X", "-d", "postgres", "-c", "alter database shop set work_mem = '11MB'")
	list := run("psql", "-X", "-A", "-t", "-l")
	for _, want := range []string{"shop|postgres|UTF8|C.UTF-8|C.UTF-8||libc|", "template0|", "template1|", "postgres|"} {
		if !strings.Contains(list, want) {
			t.Errorf("psql -l lacks %q:\n%s", want, list)
		}
	}
	if got := run("psql", "-X", "-A", "-t", "-d", "postgres", "-c", `\l+ shop`); !strings.Contains(got, "|all about the shop") {
		t.Errorf(`\l+: %s`, got)
	}
	if got := run("psql", "-X", "-A", "-t", "-d", "postgres", "-c", "select 1", "-c", `\c shop`, "-c", "select count(*) from t"); !strings.HasSuffix(got, "\n2\n") {
		t.Errorf(`\c: %s`, got)
	}
	dump := unrestricted(run("pg_dump", "-C", "shop"))
	run("dropdb", "shop")
	if _, err := tryIn(t, addr, "postgres", "shop"); err == nil {
		t.Fatal("shop is still there")
	}
	load := exec.CommandContext(t.Context(), "psql", "-X", "-v", "ON_ERROR_STOP=1", "-h", host, "-p", port, "-U", "postgres", "-d", "postgres")
	load.Stdin = strings.NewReader(dump)
	if out, err := load.CombinedOutput(); err != nil {
		t.Fatalf("loading the dump: %v\n%s\n%s", err, out, dump)
	}
	if again := unrestricted(run("pg_dump", "-C", "shop")); again != dump {
		t.Errorf("the dump differs after it was loaded:\n%s\n%s", dump, again)
	}
	run("dropdb", "--force", "--if-exists", "shop")
	run("dropdb", "--if-exists", "shop")
}

// unrestricted is a dump without the lines that are different in each.
func unrestricted(dump string) string {
	var out strings.Builder
	for line := range strings.Lines(dump) {
		if !strings.HasPrefix(line, `\restrict`) && !strings.HasPrefix(line, `\unrestrict`) {
			out.WriteString(line)
		}
	}
	return out.String()
}

// Many create and drop at once, and nobody meets another's.
func TestDatabasesAtOnce(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	errs := make(chan error, 6)
	for i := range cap(errs) {
		go func() {
			errs <- func() error {
				c, err := tryIn(t, addr, "postgres", "postgres")
				if err != nil {
					return err
				}
				defer c.Close(context.Background())
				for n := range 3 {
					name := fmt.Sprintf("w%d_%d", i, n)
					for _, sql := range []string{"create role r" + name, "create database " + name + " owner r" + name} {
						if _, err := c.Exec(t.Context(), sql); err != nil && !copied(err) {
							return fmt.Errorf("%s: %w", sql, err)
						} else if err != nil { // others copy template1 just now
							time.Sleep(10 * time.Millisecond)
							if _, err := c.Exec(t.Context(), sql); err != nil {
								return fmt.Errorf("%s: %w", sql, err)
							}
						}
					}
					d, err := tryIn(t, addr, "postgres", name)
					if err != nil {
						return err
					}
					if _, err := d.Exec(t.Context(), "create table only_here (a int)"); err != nil {
						return err
					}
					d.Close(context.Background())
					if _, err := c.Exec(t.Context(), "drop database "+name); err != nil {
						return err
					}
				}
				return nil
			}()
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func copied(err error) bool {
	e, ok := err.(*pgconn.PgError)
	return ok && e.Code == "55006"
}
