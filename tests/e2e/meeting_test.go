package e2e

import (
	"testing"

	"github.com/loxodb/loxodb/server/boot"
)

// TestRightsWithin: what functions, DO blocks and children of tables do asks for the rights
// of who runs it, and sees the rows that policies leave; what does not meet yet is refused.
func TestRightsWithin(t *testing.T) {
	onlyHere(t)
	srv, err := boot.Start(t.Context(), boot.Options{Data: t.TempDir() + "/data", Listen: "127.0.0.1:0", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, srv) })
	addr := srv.Addr().String()
	root := mustBe(t, addr, "postgres", "secret")
	for _, sql := range []string{
		`create role alice login password 'a'`,
		`create table own (id int primary key, who text, e vector(2))`,
		`insert into own values (1, 'alice', '[1,1]'), (2, 'bob', '[0,0]'), (3, 'alice', '[3,3]')`,
		`create index on own using hnsw (e vector_l2_ops)`,
		`create policy p on own using (who = current_user)`,
		`alter table own enable row level security`,
		`grant select, insert, update, delete on own to alice`,
		`create table parts (id int, who text, e vector(2)) partition by list (id)`,
		`create table parts1 partition of parts for values in (1, 2, 3)`,
		`create table parts2 partition of parts default`,
		`insert into parts select i, case when i % 2 = 0 then 'alice' else 'bob' end, ('[' || i || ',0]')::vector from generate_series(1, 300) i`,
		`create index on parts using hnsw (e vector_l2_ops)`,
		`create policy p on parts using (who = current_user)`,
		`alter table parts enable row level security`,
		`grant select on parts to alice`,
		`create table hidden (x int)`,
		`create table whole (a int) partition by list (a)`,
		`create table kept (a int)`,
		`create function peek() returns int language plpgsql as 'begin return (select x from hidden); end'`,
		`create function peek_sql() returns bigint language sql as 'select count(*) from hidden'`,
		`create function near() returns setof int language plpgsql as $$ begin return query select id from own order by e <-> '[0,0]' limit 2; end $$`,
	} {
		mustExec(t, root, sql)
	}
	c := mustBe(t, addr, "alice", "a")
	if got := one(t, c, `select string_agg(n::text, ',') from near() n`); got != "1,3" {
		t.Errorf("alice is near to %s", got)
	}
	for sql, want := range map[string]string{
		`select string_agg(id::text, ',') from (select id from parts order by e <-> '[0,0]' limit 4) x`:              "2,4,6,8",
		`select string_agg(id::text, ',') from (select id from parts where e <-> '[9,0]' < 4 order by id) x`:         "6,8,10,12",
		`select string_agg(id::text, ',') from (select id from parts where id > 2 order by e <-> '[0,0]' limit 3) x`: "4,6,8",
	} {
		if got := one(t, c, sql); got != want {
			t.Errorf("%s: %s, want %s", sql, got, want)
		}
	}
	for _, x := range []struct{ sql, code, message string }{
		{`select peek()`, "42501", "permission denied for table hidden"},
		{`select peek_sql()`, "42501", "permission denied for table hidden"},
		{`do $$ begin perform x from hidden; end $$`, "42501", "permission denied for table hidden"},
		{`do $$ begin insert into own values (9, 'bob', null); end $$`, "42501", `new row violates row-level security policy for table "own"`},
		{`create table child () inherits (own)`, "42501", "permission denied for schema public"},
		{`create function f() returns int language sql as 'select 1'`, "42501", "permission denied for schema public"},
		{`create trigger g before insert on own for each row execute function suppress_redundant_updates_trigger()`, "42501", "permission denied for table own"},
		{`create database mine`, "42501", "permission denied to create database"},
		{`alter table hidden inherit kept`, "42501", "must be owner of table hidden"},
	} {
		_, err := c.Exec(t.Context(), x.sql)
		wantError(t, x.sql, err, x.code, x.message)
	}
	mustExec(t, root, `grant create on schema public to alice`)
	for sql, message := range map[string]string{
		`create table child () inherits (own)`:                   "must be owner of table own",
		`create table part partition of whole for values in (1)`: "must be owner of table whole",
	} {
		_, err := c.Exec(t.Context(), sql)
		wantError(t, sql, err, "42501", message)
	}
}
