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

// A table that is there already, and that the dump's cannot replace, does not get its keys.
func TestImportKeysOfOlderTables(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	first := filepath.Join(t.TempDir(), "first.sql")
	writeDump(t, first, "CREATE DATABASE `old`;\nUSE `old`;\nCREATE TABLE `a` (`x` int);\nCREATE TABLE `b` (`x` int);\nCREATE TABLE `p` (`x` int PRIMARY KEY);\n")
	if status, _, errs := runImport(t, addr, first); status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	second := filepath.Join(t.TempDir(), "second.sql")
	writeDump(t, second, "USE `old`;\nCREATE TABLE `a` (`x` int, KEY `k` (`x`), CONSTRAINT `f` FOREIGN KEY (`x`) REFERENCES `p` (`x`));\n"+
		"CREATE TABLE IF NOT EXISTS `b` (`x` int, KEY `k` (`x`));\nCREATE TABLE `c` (`x` int, KEY `k` (`x`));\n")
	if status, _, errs := runImport(t, addr, second); status != 1 || strings.Count(errs, second+":") != 1 || !strings.Contains(errs, second+":2: ") {
		t.Fatalf("status %d: %s", status, errs)
	}
	const made = "select string_agg(c.oid::regclass::text || coalesce(' ' || k.conname, ''), ', ' order by c.relname) from pg_class c left join pg_constraint k on k.conrelid = c.oid and k.contype = 'f' where c.relnamespace = 'old'::regnamespace and (k.oid is not null or c.relkind = 'i')"
	if got := one(t, connect(t, addr, ""), made); got != "old.c_k, old.p_pkey" {
		t.Errorf("keys %s", got)
	}
}
