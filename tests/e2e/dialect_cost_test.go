package e2e

import (
	"os"
	"os/exec"
	"testing"

	"github.com/loxodb/loxodb/sql/parser/tidb"
)

// alone is the environment variable by which this program runs one test in a process of
// its own.
const alone = "LOXODB_TEST_ALONE"

// Who never uses the second dialect pays nothing for its grammar: a server that hears only
// PostgreSQL's SQL makes no parser of it, whatever it is asked. Other tests of this process do
// use it, so that the server is one of another process.
func TestServerWithoutTheDialectMakesNoParser(t *testing.T) {
	onlyHere(t)
	if os.Getenv(alone) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), alone+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	c := connect(t, start(t), "")
	for _, sql := range []string{
		"create table t (id int primary key, e vector(3), body text)",
		"insert into t values (1, '[1,2,3]', 'a'), (2, '[3,2,1]', 'b')",
		"create index on t using hnsw (e vector_cosine_ops)",
		"create view v as select id, e <=> '[1,2,3]' as d from t",
		"create function f(int) returns int language sql as 'select $1 + 1'",
		"prepare p as select id from t order by e <-> $1 limit 1", "execute p('[1,1,1]')",
		"select f(id) from v order by d", "explain select id from t order by e <=> '[1,1,1]' limit 1",
		"select * from pg_settings", "show sql_dialect", "analyze t", "copy t to stdout",
	} {
		mustExec(t, c, sql)
	}
	if _, err := c.Exec(t.Context(), "select `a`"); err == nil {
		t.Error("a syntax error went through")
	}
	if n := tidb.Made(); n != 0 {
		t.Errorf("%d parsers of the other dialect were made", n)
	}
	mustExec(t, c, "set sql_dialect = 'tidb'")
	if got := one(t, c, "SELECT CONCAT('a', `id`) FROM v LIMIT 1"); got != "a1" {
		t.Error(got)
	}
	if n := tidb.Made(); n == 0 {
		t.Error("no parser was counted")
	}
}
