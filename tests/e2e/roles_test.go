package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loxodb/loxodb/server/boot"
)

// as connects as a role with a password.
func as(t testing.TB, addr, role, password string) (*pgx.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, fmt.Sprintf("postgres://%s:%s@%s/postgres?sslmode=disable", role, password, addr))
	if err == nil {
		t.Cleanup(func() { c.Close(context.Background()) })
	}
	return c, err
}

func mustBe(t testing.TB, addr, role, password string) *pgx.Conn {
	t.Helper()
	c, err := as(t, addr, role, password)
	if err != nil {
		t.Fatalf("as %s: %v", role, err)
	}
	return c
}

// TestRolesConnect: roles log in by SCRAM, as long as they may, and what was granted is
// there after a restart.
func TestRolesConnect(t *testing.T) {
	onlyHere(t)
	dir := t.TempDir() + "/data"
	options := boot.Options{Data: dir, Listen: "127.0.0.1:0", Password: "secret"}
	srv, err := boot.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	root := mustBe(t, srv.Addr().String(), "postgres", "secret")
	for _, sql := range []string{
		`create role alice login password 'a'`,
		`create role old login password 'o' valid until '2001-01-01'`,
		`create role few login password 'f' connection limit 1`,
		`create role nologin password 'n'`,
		`create table t (id int primary key, v text)`,
		`insert into t values (1, 'one'), (2, 'two')`,
		`grant select (id) on t to alice`,
		`revoke all on schema public from public`,
		`grant usage on schema public to alice`,
		`alter table t enable row level security`,
		`create policy p on t using (id = 1)`,
	} {
		mustExec(t, root, sql)
	}
	check := func(addr string) {
		t.Helper()
		c := mustBe(t, addr, "alice", "a")
		if got := one(t, c, `select current_user || ' ' || session_user || ' ' || current_setting('is_superuser')`); got != "alice alice off" {
			t.Errorf("alice is %s", got)
		}
		if got := one(t, c, `select count(*) from t`); got != "1" {
			t.Errorf("alice sees %s rows", got)
		}
		_, err := c.Exec(t.Context(), `select v from t`)
		wantError(t, "column", err, "42501", `permission denied for table t`)
		_, err = as(t, addr, "alice", "wrong")
		wantError(t, "wrong password", err, "28P01", "")
		_, err = as(t, addr, "old", "o")
		wantError(t, "expired", err, "28P01", "")
		_, err = as(t, addr, "nologin", "n")
		wantError(t, "no login", err, "28000", `role "nologin" is not permitted to log in`)
		few := mustBe(t, addr, "few", "f")
		_, err = as(t, addr, "few", "f")
		wantError(t, "too many", err, "53300", `too many connections for role "few"`)
		_, err = few.Exec(t.Context(), `select * from t`)
		wantError(t, "schema", err, "42P01", "")
		_, err = few.Exec(t.Context(), `select * from public.t`)
		wantError(t, "schema", err, "42501", `permission denied for schema public`)
		if got := one(t, few, `select coalesce(string_agg(distinct query, ','), '<insufficient privilege>') from pg_stat_activity where usename = 'postgres'`); got != "<insufficient privilege>" {
			t.Errorf("few sees that postgres does %q", got)
		}
		_, err = few.Exec(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres'`)
		if one(t, few, `select count(*) from pg_stat_activity where usename = 'postgres'`) != "0" {
			wantError(t, "terminate", err, "42501", `must be a superuser to terminate superuser process`)
		}
		c.Close(t.Context())
		few.Close(t.Context())
	}
	check(srv.Addr().String())
	mustExec(t, root, `revoke connect on database postgres from public`)
	_, err = as(t, srv.Addr().String(), "few", "f")
	wantError(t, "connect", err, "42501", `permission denied for database "postgres"`)
	mustExec(t, root, `grant connect on database postgres to public`)
	shutdown(t, srv)
	options.Password = ""
	if srv, err = boot.Start(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	defer shutdown(t, srv)
	check(srv.Addr().String())
}

// TestCachedPlansAndPrivileges: a plan that others share, or that was prepared before, is
// as good as the privileges are when it runs.
func TestCachedPlansAndPrivileges(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	root := connect(t, addr, "")
	for _, sql := range []string{
		`create role carl login`, `create table t (id int)`, `insert into t values (1), (2)`, `grant select on t to carl`,
		`create table d (id int, owner name)`, `insert into d values (1, 'carl'), (2, 'postgres')`, `grant select on d to carl`,
		`create policy p on d using (owner = current_user)`, `alter table d enable row level security`,
	} {
		mustExec(t, root, sql)
	}
	carl := mustBe(t, addr, "carl", "")
	const q, d = `select count(*) from t`, `select count(*) from d`
	for range 2 {
		for _, want := range []struct {
			c    *pgx.Conn
			t, d string
		}{{root, "2", "2"}, {carl, "2", "1"}} {
			if n := one(t, want.c, q); n != want.t {
				t.Errorf("%s: %s", q, n)
			}
			if n := one(t, want.c, d); n != want.d {
				t.Errorf("%s: %s", d, n)
			}
		}
	}
	if _, err := carl.Prepare(t.Context(), "q", q); err != nil {
		t.Fatal(err)
	}
	mustExec(t, carl, "q")
	mustExec(t, root, `revoke select on t from carl`)
	_, err := carl.Exec(t.Context(), "q")
	wantError(t, "prepared", err, "42501", "permission denied for table t")
	_, err = carl.Exec(t.Context(), q)
	wantError(t, "cached", err, "42501", "permission denied for table t")
	mustExec(t, root, `create role readers`)
	mustExec(t, root, `grant select on t to readers`)
	mustExec(t, root, `grant readers to carl`)
	mustExec(t, carl, "q")
	mustExec(t, root, `alter role carl noinherit`)
	_, err = carl.Exec(t.Context(), "q")
	wantError(t, "not inherited", err, "42501", "permission denied for table t")
	mustExec(t, carl, `set role readers`)
	mustExec(t, carl, "q")
	mustExec(t, root, `alter role carl superuser`)
	mustExec(t, carl, `reset role`)
	if n := one(t, carl, d); n != "2" {
		t.Errorf("a superuser sees %s", n)
	}
}

// TestSearchUnderPolicies: the nearest k come back among the rows that a policy shows.
func TestSearchUnderPolicies(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	root := connect(t, addr, "")
	for _, sql := range []string{
		`create extension if not exists vector`,
		`create role dora login`, `create role emil login`,
		`create table docs (id int primary key, tenant name, e vector(3))`,
		`insert into docs select i, case when i % 50 = 0 then 'dora' else 'emil' end, format('[%s,%s,1]', i, i % 7)::vector from generate_series(1, 2000) i`,
		`create index on docs using hnsw (e vector_l2_ops)`, `analyze docs`,
		`grant select on docs to dora, emil`,
		`create policy own on docs using (tenant = current_user)`, `alter table docs enable row level security`,
	} {
		mustExec(t, root, sql)
	}
	dora := mustBe(t, addr, "dora", "")
	near := `select string_agg(id::text, ',' order by n) from (select id, row_number() over () n from (select id from docs order by e <-> '[101,3,1]' limit 4) x) y`
	if got := one(t, dora, near); got != "100,150,50,200" {
		t.Errorf("nearest: %s", got)
	}
	if got := one(t, dora, `select count(*) from docs where e <-> '[101,3,1]' < 60`); got != "3" {
		t.Errorf("within: %s", got)
	}
	plan := query[string](t, dora, `explain select id from docs order by e <-> '[101,3,1]' limit 4`)
	found := false
	for _, l := range plan {
		found = found || strings.Contains(l, "Vector Strategy")
	}
	if !found {
		t.Errorf("no vector search under a policy: %q", plan)
	}
}
