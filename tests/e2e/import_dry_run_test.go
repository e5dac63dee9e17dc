package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// A dry run lists what only the server refuses, as a load would, and leaves nothing behind.
func TestImportDryRunAsksServer(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	pg := connect(t, addr, "")
	mustExec(t, pg, "CREATE TABLE here (k int); INSERT INTO here VALUES (1)")
	dump := filepath.Join(t.TempDir(), "d.sql")
	writeDump(t, dump, "DROP TABLE IF EXISTS `here`;\nCREATE TABLE `here` (`k` int NOT NULL, `n` tinyint, PRIMARY KEY (`k`));\n"+
		"INSERT INTO `here` VALUES (1,2),\n(1,3),(2,300);\nCREATE TABLE `bad` (`a` int DEFAULT 'x', KEY (`a`));\n"+
		"CREATE TABLE `child` (`k` varchar(9), CONSTRAINT `f` FOREIGN KEY (`k`) REFERENCES `here` (`k`));\nCREATE VIEW `v` AS SELECT `z` FROM `here`;\n")
	want := []string{":4: duplicate key value violates", ":4: Out of range value for column 'n'", ":5: Invalid default value for 'a'", ":6: ", ":7: column \"z\""}
	wantProblems(t, addr, dump, "--dry-run", want)
	if got := one(t, pg, "SELECT string_agg(k::text, ',') || (SELECT count(*) FROM pg_database) || coalesce(to_regclass('public.loxodb_import')::text, '') FROM here"); got != "13" {
		t.Errorf("after the dry run: %s", got)
	}
	wantProblems(t, addr, dump, "--restart", want)
	status, _, errs := runImport(t, "127.0.0.1:1", "--dry-run", dump)
	if status != 0 || !strings.HasPrefix(errs, "the server is not asked, the files are only read: ") {
		t.Errorf("without a server: status %d: %s", status, errs)
	}
}

// A load that is started again knows which tables the one before could not make: older ones of
// their names do not get their keys.
func TestImportAgainKnowsWhatFailed(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	pg := connect(t, addr, "")
	mustExec(t, pg, "CREATE TABLE a (x int); CREATE TABLE p (x int PRIMARY KEY)")
	dump := filepath.Join(t.TempDir(), "d.sql")
	writeDump(t, dump, "CREATE TABLE `a` (`x` int, KEY `k` (`x`), CONSTRAINT `f` FOREIGN KEY (`x`) REFERENCES `p` (`x`));\nCREATE TABLE `b` (`x` int, `e` vector(2), KEY `k` (`x`), VECTOR INDEX `v` ((VEC_L2_DISTANCE(`e`))));\nINSERT INTO `b` VALUES (1,'[1,2]');\n")
	const made = "SELECT string_agg(c.relname || coalesce(' ' || k.conname, ''), ', ' ORDER BY c.relname) FROM pg_class c LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f' WHERE c.relname ~ '^[ab]' AND (k.oid IS NOT NULL OR c.relkind = 'i') AND c.relnamespace = 'public'::regnamespace"
	for _, want := range []int{1, 0} {
		if status, _, errs := runImport(t, addr, dump); status != want || strings.Count(errs, "\n") != want {
			t.Fatalf("status %d: %s", status, errs)
		}
		if got := one(t, pg, made); got != "b_k, b_v" {
			t.Errorf("keys %s", got)
		}
	}
}
