package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

const viewsHead = "SET NAMES utf8mb4;\nCREATE DATABASE IF NOT EXISTS `v`;\nUSE `v`;\n"

func wantViews(t *testing.T, addr string) {
	t.Helper()
	my := connect(t, addr, "&sql_dialect=tidb")
	for sql, want := range map[string]string{
		"SELECT GROUP_CONCAT(n) FROM v.a":    "x",
		"SELECT GROUP_CONCAT(n) FROM v.b":    "x",
		"SELECT GROUP_CONCAT(k, n) FROM v.c": "1x",
		"SELECT GROUP_CONCAT(table_type, table_name ORDER BY table_name) FROM information_schema.tables WHERE table_schema = 'v'": "VIEWa,VIEWb,VIEWc,BASE TABLEt",
	} {
		if got := one(t, my, sql); got != want {
			t.Errorf("%s: %s, want %s", sql, got, want)
		}
	}
}

// Views that read others which come later are made after them, whatever a dump makes in their
// place until then, also when the load before this one ended before that.
func TestImportViews(t *testing.T) {
	onlyHere(t)
	for name, stands := range map[string][3]string{
		"views":  {"/*!50001 CREATE VIEW `a` AS SELECT \n 1 AS `n`*/", "/*!50001 CREATE VIEW `b` AS SELECT\n NULL AS `n`*/", "/*!50001 CREATE VIEW `c` AS SELECT\n 1 AS `k`,\n 1 AS `n`*/"},
		"tables": {"/*!50001 CREATE TABLE `a` (\n  `n` tinyint NOT NULL\n) ENGINE=MyISAM */", "/*!50001 CREATE TABLE `b` (\n  `n` tinyint NOT NULL\n) ENGINE=MyISAM */", "/*!50001 CREATE TABLE `c` (\n  `k` tinyint NOT NULL,\n `n` tinyint NOT NULL\n) ENGINE=MyISAM */"},
	} {
		t.Run(name, func(t *testing.T) {
			addr := start(t)
			file := filepath.Join(t.TempDir(), "views.sql")
			text, final := viewsHead, ""
			for i, def := range []string{"select `b`.`n` AS `n` from `b` where `b`.`n` > ''", "select `c`.`n` AS `n` from `c`", "select `t`.`k` AS `k`,`t`.`n` AS `n` from `t`"} {
				v := string(rune('a' + i))
				text += "/*!50001 DROP VIEW IF EXISTS `" + v + "`*/;\n" + stands[i] + ";\n"
				final += "/*!50001 DROP TABLE IF EXISTS `" + v + "`*/;\n/*!50001 DROP VIEW IF EXISTS `" + v + "`*/;\n/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */\n/*!50001 VIEW `" + v + "` AS " + def + " */;\n"
			}
			writeDump(t, file, text+"CREATE TABLE `t` (`k` int, `n` varchar(9));\nINSERT INTO `t` VALUES (1,'x');\n"+final)
			if status, out, errs := runImport(t, addr, file); status != 0 {
				t.Fatalf("status %d\n%s%s", status, out, errs)
			}
			wantViews(t, addr)
			c := connect(t, addr, "")
			mustExec(t, c, "drop view v.a, v.b")
			for range 2 {
				if status, out, errs := runImport(t, addr, file); status != 0 {
					t.Fatalf("again: status %d\n%s%s", status, out, errs)
				}
				wantViews(t, addr)
			}
		})
	}
}

// dumpling makes a table in a view's place, in a file of its own.
func TestImportDumplingViews(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"v-schema-create.sql": "CREATE DATABASE `v`;\n", "metadata": "Started dump at: 2024-01-01\n",
		"v.t-schema.sql": "CREATE TABLE `t` (`k` int, `n` varchar(9));\n", "v.t.000000000.sql": "INSERT INTO `t` VALUES\n(1,'x');\n",
		"v.a-schema.sql": "CREATE TABLE `a`(\n`n` int\n)ENGINE=MyISAM;\n", "v.a-schema-view.sql": "DROP TABLE IF EXISTS `a`;\nDROP VIEW IF EXISTS `a`;\nCREATE ALGORITHM=UNDEFINED DEFINER=`root`@`%` SQL SECURITY DEFINER VIEW `a` (`n`) AS SELECT `n` FROM `v`.`b`;\n",
		"v.b-schema.sql": "CREATE TABLE `b`(\n`n` int\n)ENGINE=MyISAM;\n", "v.b-schema-view.sql": "DROP TABLE IF EXISTS `b`;\nDROP VIEW IF EXISTS `b`;\nCREATE ALGORITHM=UNDEFINED DEFINER=`root`@`%` SQL SECURITY DEFINER VIEW `b` (`n`) AS SELECT `n` FROM `v`.`c`;\n",
		"v.c-schema.sql": "CREATE TABLE `c`(\n`k` int,\n`n` int\n)ENGINE=MyISAM;\n", "v.c-schema-view.sql": "DROP TABLE IF EXISTS `c`;\nDROP VIEW IF EXISTS `c`;\nCREATE ALGORITHM=UNDEFINED DEFINER=`root`@`%` SQL SECURITY DEFINER VIEW `c` (`k`, `n`) AS SELECT `k`,`n` FROM `v`.`t`;\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("/*!40101 SET NAMES binary*/;\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if status, out, errs := runImport(t, addr, dir); status != 0 {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	wantViews(t, addr)
}
