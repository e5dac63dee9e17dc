package fault

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loxodb/loxodb/tests/process"
)

// checkIndexes compares what every index of every table finds with a reading of all rows.
func checkIndexes(t testing.TB, c *pgx.Conn) {
	t.Helper()
	type index struct{ table, name, method, key, pred string }
	rows, err := c.Query(t.Context(), `select i.indrelid::regclass::text, i.indexrelid::regclass::text, am.amname::text, pg_get_indexdef(i.indexrelid, 1, false), coalesce(pg_get_expr(i.indpred, i.indrelid), 'true')
		from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am am on am.oid = c.relam join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = 'public' and i.indisvalid and c.relkind = 'i' order by 2`)
	if err != nil {
		t.Fatal(err)
	}
	indexes, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (x index, err error) {
		return x, r.Scan(&x.table, &x.name, &x.method, &x.key, &x.pred)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range indexes {
		order, where := x.key, x.key+" is not null"
		switch {
		case x.method == "gin":
			order, where = "1", x.key+" @> array[3]"
		case x.method == "hash":
			order, where = "1", fmt.Sprintf("%s = (select max(%[1]s) from %s)", x.key, x.table)
		case x.method != "btree":
			class := one[string](t, c, "select opcname::text from pg_opclass o join pg_index i on o.oid = i.indclass[0] where i.indexrelid = $1::regclass", x.name)
			dims := 8
			if strings.Contains(x.key, "subvector") {
				dims = 4
			}
			op := map[string]string{"l2": "<->", "ip": "<#>", "cosine": "<=>", "l1": "<+>"}[strings.Split(class, "_")[1]]
			order = fmt.Sprintf("%s %s '[1%s]'", x.key, op, strings.Repeat(",2", dims-1))
		}
		const q = "select count(*), coalesce(sum(hashtext(s::text)), 0) from (select * from %s x where %s and %s order by %s limit 10000000) s"
		mustExec(t, c, "set enable_seqscan = off; set enable_sort = off")
		sql := fmt.Sprintf(q, x.table, x.pred, where, order)
		plan := explain(t, c, sql)
		got := two(t, c, sql)
		mustExec(t, c, "reset all")
		mustExec(t, c, "set enable_indexscan = off; set enable_bitmapscan = off; set enable_indexonlyscan = off")
		want := two(t, c, fmt.Sprintf(q, x.table, x.pred, where, "1"))
		mustExec(t, c, "reset all")
		if got != want {
			t.Errorf("%s: %s: %v by the index, %v by the rows\n%s", x.name, sql, got, want, plan)
		}
	}
}

func explain(t testing.TB, c *pgx.Conn, sql string) string {
	t.Helper()
	rows, err := c.Query(t.Context(), "explain "+sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return strings.Join(plan, "\n")
}

func two(t testing.TB, c *pgx.Conn, sql string) (v [2]int64) {
	t.Helper()
	if err := c.QueryRow(t.Context(), sql).Scan(&v[0], &v[1]); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// references are columns of catalogs that name rows of others, which must be there.
var references = []string{
	"pg_attribute.attrelid pg_class", "pg_attribute.atttypid pg_type", "pg_attrdef.adrelid pg_class", "pg_class.relnamespace pg_namespace", "pg_class.reltype pg_type",
	"pg_index.indexrelid pg_class", "pg_index.indrelid pg_class", "pg_constraint.conrelid pg_class", "pg_constraint.conindid pg_class", "pg_constraint.confrelid pg_class",
	"pg_inherits.inhrelid pg_class", "pg_inherits.inhparent pg_class", "pg_sequence.seqrelid pg_class", "pg_type.typrelid pg_class", "pg_type.typnamespace pg_namespace",
	"pg_type.typelem pg_type", "pg_rewrite.ev_class pg_class", "pg_trigger.tgrelid pg_class", "pg_trigger.tgconstraint pg_constraint", "pg_proc.pronamespace pg_namespace",
	"pg_enum.enumtypid pg_type", "pg_partitioned_table.partrelid pg_class", "pg_statistic.starelid pg_class",
}

// checkCatalogs looks for rows of catalogs that are about something that is not there.
func checkCatalogs(t testing.TB, c *pgx.Conn) {
	t.Helper()
	for _, ref := range references {
		col, to, _ := strings.Cut(ref, " ")
		from, col, _ := strings.Cut(col, ".")
		if n := one[int](t, c, fmt.Sprintf("select count(*) from %s x where x.%s <> 0 and not exists (select from %s y where y.oid = x.%[2]s)", from, col, to)); n != 0 {
			t.Errorf("%s: %d rows name a row that is not in %s", ref, n, to)
		}
	}
	for _, side := range []string{"classid objid", "refclassid refobjid"} {
		class, obj, _ := strings.Cut(side, " ")
		for _, to := range []string{"pg_class", "pg_type", "pg_constraint", "pg_attrdef", "pg_namespace", "pg_proc", "pg_rewrite", "pg_trigger"} {
			if n := one[int](t, c, fmt.Sprintf("select count(*) from pg_depend d where d.%s = '%s'::regclass and not exists (select from %[2]s y where y.oid = d.%[3]s)", class, to, obj)); n != 0 {
				t.Errorf("pg_depend.%s: %d rows name a row that is not in %s", obj, n, to)
			}
		}
	}
	if n := one[int](t, c, "select count(*) from pg_description d where classoid = 'pg_class'::regclass and not exists (select from pg_class where oid = objoid)"); n != 0 {
		t.Errorf("%d comments on nothing", n)
	}
	if n := one[int](t, c, "select count(*) from pg_class c where relkind in ('r', 'p', 'i', 'v') and relnatts <> (select count(*) from pg_attribute where attrelid = c.oid and attnum > 0)"); n != 0 {
		t.Errorf("%d relations with another number of columns than they say", n)
	}
}

// checkDropped drops everything and looks for what is left of it.
func checkDropped(t testing.TB, p *process.Server, dir string) {
	t.Helper()
	c := p.Connect()
	mustExec(t, c, `do $$ declare t text; begin
		for t in select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace loop execute format('drop table if exists %I cascade', t); end loop; end $$`)
	mustExec(t, c, "drop sequence if exists numbers")
	if n := one[int](t, c, "select count(*) from pg_class where oid >= 16384 and relnamespace = 'public'::regnamespace"); n != 0 {
		t.Errorf("%d relations are left", n)
	}
	p.Stop()
	p = process.Start(t, dir)
	c = p.Connect()
	if *kills > 3 { // the store takes its time to compact what was dropped
		waitUntil(t, c, "select pg_database_size('postgres') < 4000000")
	}
	waitUntilGone(t, filepath.Join(dir, "index", "*"))
	p.Stop()
	var left []string
	for _, place := range []string{"temp", "store/spill"} {
		more, err := os.ReadDir(filepath.Join(dir, place))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range more {
			left = append(left, place+"/"+e.Name())
		}
	}
	if len(left) > 0 {
		t.Errorf("files are left after everything was dropped: %v", left)
	}
}

// waitUntilGone waits until no file is named by the pattern.
func waitUntilGone(t testing.TB, pattern string) {
	t.Helper()
	var left []string
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var err error
		if left, err = filepath.Glob(pattern); err != nil {
			t.Fatal(err)
		} else if len(left) == 0 {
			return
		}
	}
	t.Errorf("files are left: %v", left)
}
