package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// Rows that come in a run of their own, out of the order of foreign keys, are taken, as the dump
// turns the checks off; at the end the keys are looked at.
func TestImportRowsIntoKeys(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	dir := t.TempDir()
	schema, rows, orphan := filepath.Join(dir, "schema.sql"), filepath.Join(dir, "rows.sql"), filepath.Join(dir, "orphan.sql")
	writeDump(t, schema, "CREATE TABLE `parent` (`id` int NOT NULL, PRIMARY KEY (`id`));\n"+
		"CREATE TABLE `child` (`id` int NOT NULL, `p` int NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `of` FOREIGN KEY (`p`) REFERENCES `parent` (`id`));\n")
	const off, on = "/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;\n", "/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;\n"
	writeDump(t, rows, off+"INSERT INTO `child` VALUES (1,1),(2,2),(3,1);\nINSERT INTO `parent` VALUES (1),(2);\n"+on)
	writeDump(t, orphan, off+"INSERT INTO `child` VALUES (0,9);\n")
	for _, file := range []string{schema, rows} {
		if status, out, errs := runImport(t, addr, file); status != 0 {
			t.Fatalf("%s: status %d\n%s%s", file, status, out, errs)
		}
	}
	c := connect(t, addr, "")
	const first = "select c.id from child c join parent p on p.id = c.p order by c.id limit 1"
	plan := lines(t, c, "explain "+first)
	if i, j := strings.Index(plan, "Limit"), strings.LastIndex(plan, "Limit"); i == j || strings.Contains(plan, "EXISTS") {
		t.Errorf("the key does not let the limit go below the join:\n%s", plan)
	}
	status, _, errs := runImport(t, addr, orphan)
	if status != 1 || !strings.Contains(errs, `foreign key "of" of table "child" is violated by rows that were written without its check`) {
		t.Errorf("status %d: %s", status, errs)
	}
	if got := one(t, c, first); got != "1" {
		t.Errorf("the first child with a parent: %s", got)
	}
}
