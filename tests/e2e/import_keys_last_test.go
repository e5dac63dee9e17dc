package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// Keys that are not unique are made when the rows are there, as the dump declares them; of a table
// that could not be made only that is a problem, and a second load finds the keys there.
func TestImportKeysLast(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	dump := filepath.Join(t.TempDir(), "shop.sql")
	writeDump(t, dump, "CREATE DATABASE `shop`;\nUSE `shop`;\n"+
		"CREATE TABLE `child` (\n  `n` int NOT NULL AUTO_INCREMENT,\n  `of` int DEFAULT NULL,\n  `s` text,\n  KEY `n` (`n`),\n  KEY `of` (`of`),\n  KEY `s` (`s`(5)) COMMENT 'begin',\n"+
		"  CONSTRAINT `fk` FOREIGN KEY (`of`) REFERENCES `parent` (`id`)\n);\nINSERT INTO `child` VALUES (1,7,'seven');\n"+
		"CREATE TABLE `none` (`a` int, `b` int GENERATED ALWAYS AS (`z` + 1) STORED, KEY `a` (`a`));\n"+
		"CREATE TABLE `parent` (`id` int NOT NULL, PRIMARY KEY (`id`));\nINSERT INTO `parent` VALUES (7);\n")
	status, _, errs := runImport(t, addr, dump)
	if status != 1 || strings.Count(errs, dump+":") != 1 || !strings.Contains(errs, dump+":13: ") {
		t.Fatalf("status %d: %s", status, errs)
	}
	if status, _, errs = runImport(t, addr, dump); status != 0 {
		t.Errorf("again: status %d: %s", status, errs)
	}
	const keys = "select string_agg(indexrelid::regclass::text || coalesce(' ' || obj_description(indexrelid), ''), ', ' order by indexrelid::regclass::text) from pg_index where indrelid = 'shop.child'::regclass"
	if got := one(t, connect(t, addr, ""), keys); got != "shop.child_n, shop.child_of, shop.child_s begin" {
		t.Errorf("keys %s", got)
	}
}
