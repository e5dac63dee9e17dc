package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/server/boot"
)

// runImport runs loxodb import and returns its status and what it wrote.
func runImport(t *testing.T, addr string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = boot.Main(append([]string{"import", "--dialect", "tidb", "--connect", addr}, args...), func(string) string { return "" }, &out, &err)
	return status, out.String(), err.String()
}

// wantProblems imports a file, in a way, and compares the problems: what follows its name in each
// line, or the beginning of that.
func wantProblems(t *testing.T, addr, file, how string, want []string) {
	t.Helper()
	status, _, errs := runImport(t, addr, how, file)
	if status != 1 || strings.Count(errs, "\n") != len(want) {
		t.Errorf("%s: status %d\n%s", how, status, errs)
	}
	for _, w := range want {
		if !strings.Contains(errs, file+w) {
			t.Errorf("%s: no %q in\n%s", how, w, errs)
		}
	}
}

// A dump of mysqldump loads whole but for what is not supported, which is named by
// line; foreign keys may refer to tables that come later.
func TestImportMysqldump(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	const file = "testdata/import/mysqldump.sql"
	status, out, errs := runImport(t, addr, file)
	if status != 1 || out != "35 statements loaded, 1 problems\n" || !strings.HasPrefix(errs, file+":77: CREATE TRIGGER is not supported (SQLSTATE 0A000): ") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	my := connect(t, addr, "&sql_dialect=tidb")
	mustExec(t, my, "USE library")
	for sql, want := range map[string]string{
		"SELECT GROUP_CONCAT(CONCAT_WS('|', id, writer_id, title, kind, lent, rare, HEX(cover), DATE_FORMAT(added, '%d.%m.%Y %H'), JSON_EXTRACT(extra, '$.a')) ORDER BY id SEPARATOR '\n') FROM book": "0|1|zero; -- no comment|novel|0|0|01.01.2024 10|1\n1|1|It's|poem|1|1|61620063|02.01.2024 10\n4|line\nbreak \\ \"q\"|novel|0|FFD8",
		"SELECT name FROM writer": "Zoë",
		"SELECT title FROM loans": "It's",
		"SELECT COUNT(*) FROM information_schema.key_column_usage WHERE constraint_name = 'book_writer' AND referenced_table_name = 'writer'": "1",
		"SELECT done FROM public.loxodb_import": "1",
		"SELECT COUNT(*) FROM information_schema.statistics WHERE table_name = 'book' AND index_name = 'title' AND non_unique = 0": "1",
	} {
		if got := one(t, my, sql); got != want {
			t.Errorf("%s\n got %q\nwant %q", sql, got, want)
		}
	}
	mustExec(t, my, "INSERT INTO book (title) VALUES ('next')")
	if got := one(t, my, "SELECT MAX(id) FROM book"); got != "5" {
		t.Errorf("AUTO_INCREMENT goes on with %s", got)
	}
	// Once more: it is all there already.
	status, out, errs = runImport(t, addr, file)
	if status != 0 || strings.Contains(errs, ":") || !strings.HasSuffix(out, ", 0 problems\n") {
		t.Errorf("again: status %d\n%s%s", status, out, errs)
	}
	if got := one(t, my, "SELECT COUNT(*) FROM book"); got != "4" {
		t.Errorf("again: %s rows", got)
	}
}

// A directory of dumpling's is loaded in an order that works.
func TestImportDumpling(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	if status, out, errs := runImport(t, addr, "testdata/import/dumpling"); status != 0 {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	my := connect(t, addr, "&sql_dialect=tidb")
	if got := one(t, my, "SELECT body FROM vec.doc ORDER BY VEC_COSINE_DISTANCE(e, '[0,1,0.1]') LIMIT 1"); got != "two; twice" {
		t.Errorf("nearest: %s", got)
	}
	mustExec(t, my, "USE vec")
	if got := one(t, my, "SHOW TABLES"); got != "doc" {
		t.Errorf("tables: %s", got)
	}
}

// --dry-run needs no server.
func TestImportDryRun(t *testing.T) {
	status, out, errs := runImport(t, "127.0.0.1:1", "--dry-run", "testdata/import/mysqldump.sql", "testdata/import/dumpling")
	if status != 1 || !strings.HasSuffix(out, " statements read, 1 problems\n") || strings.Count(errs, "\n") != 2 || !strings.Contains(errs, ":77: CREATE TRIGGER") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
}

// A load that was cut off goes on where it stopped: no row is missing, and none is
// there twice. The file is packed, and sets the session at its beginning.
func TestImportGoesOn(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	my := connect(t, addr, "&sql_dialect=tidb")
	mustExec(t, my, "CREATE TABLE killer (x INT)")
	mustExec(t, my, "INSERT INTO killer VALUES (1)")
	const rows = 2500
	var sql strings.Builder
	sql.WriteString("CREATE DATABASE IF NOT EXISTS big;\nUSE big;\nSET time_zone = '+02:00';\nCREATE TABLE r (n INT, at TIMESTAMP, pad TEXT);\n")
	for i := range rows {
		if i == 1700 {
			sql.WriteString("SELECT pg_terminate_backend(CONNECTION_ID()) FROM public.killer;\n")
		}
		fmt.Fprintf(&sql, "INSERT INTO r VALUES (%d, '2024-06-01 12:00:00', '%s');\n", i, strings.Repeat("x;", i%50))
	}
	file := filepath.Join(t.TempDir(), "big.sql.gz")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(sql.String()))
	z.Close()
	if err := os.WriteFile(file, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, errs := runImport(t, addr, file); status != 1 || !strings.Contains(errs, "loxodb: "+file) {
		t.Fatalf("the first run: status %d\n%s%s", status, out, errs)
	}
	half := one(t, my, "SELECT COUNT(*) FROM big.r")
	if half == "0" || half == fmt.Sprint(rows) {
		t.Fatalf("%s rows after the first run", half)
	}
	mustExec(t, my, "DELETE FROM killer")
	if status, out, errs := runImport(t, addr, file); status != 0 {
		t.Fatalf("the second run: status %d\n%s%s", status, out, errs)
	}
	if got := one(t, my, "SELECT CONCAT_WS(' ', COUNT(*), COUNT(DISTINCT n), SUM(n), COUNT(DISTINCT at), MIN(at)) FROM big.r"); got != fmt.Sprintf("%d %d %d 1 2024-06-01 10:00:00", rows, rows, rows*(rows-1)/2) {
		t.Errorf("rows: %s (%s after the first run)", got, half)
	}
	// Another file by that name is not taken for this one.
	if err := os.WriteFile(file, append(packed.Bytes(), 0), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := runImport(t, addr, file); status != 1 || !strings.Contains(errs, "load it anew with --restart") {
		t.Errorf("a changed file: status %d, %s", status, errs)
	}
}

// A statement that fails is reported with its line and does not stop the others.
func TestImportReportsProblems(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	file := filepath.Join(t.TempDir(), "p.sql")
	text := "CREATE TABLE p (a INT PRIMARY KEY);\nINSERT INTO p VALUES (1);\n\nINSERT INTO p\nVALUES (2),\n  ('x');\nINSERT INTO p VALUES (1);\nINSERT INTO p VALUES (3);\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := runImport(t, addr, "--schema", "other", file)
	want := file + ":6: Incorrect integer value: 'x' for column 'a' (SQLSTATE 22P02): INSERT INTO p VALUES ('x')\n" +
		file + ":7: duplicate key value violates unique constraint \"p_pkey\" (SQLSTATE 23505): INSERT INTO p VALUES (1)\n"
	if status != 1 || out != "5 statements loaded, 2 problems\n" || errs != want {
		t.Errorf("status %d\n%s\n got %s\nwant %s", status, out, errs, want)
	}
	if got := one(t, connect(t, addr, ""), "select string_agg(a::text, ',' order by a) from other.p"); got != "1,2,3" {
		t.Errorf("rows %s", got)
	}
}

// What a table can be without is left out of it and reported, values of generated columns,
// which MariaDB dumps, are passed over, and a dry run tells the same.
func TestImportLeavesOut(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	file := filepath.Join(t.TempDir(), "dump.sql")
	text := "CREATE TABLE `a` (`id` int PRIMARY KEY, `s` text, `n` int AS (`id` * 2) STORED,\n FULLTEXT KEY `ft` (`s`)) PARTITION BY RANGE (`id` + 1) (PARTITION p VALUES LESS THAN (9));\n" +
		"INSERT INTO `a` VALUES (1,'x',2),(2,'y',99);\nCREATE TABLE `g` (`p` point NOT NULL, SPATIAL KEY `p` (`p`));\nINSERT INTO `g` VALUES (0x0000000001);\nCREATE TABLE `k` (`b` text NOT NULL, `n` int, PRIMARY KEY (`b`(3)), CHECK (`n` > 0) NOT ENFORCED); INSERT INTO `k` VALUES ('abcd',-1),('abx',-2);\nCREATE TABLE `u` (`p` int) ENGINE=MERGE UNION=(`a`);\nINSERT INTO `u` VALUES (NULL);\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	left := []string{":1: FULLTEXT index ft is left out: ", ":1: PARTITION BY is left out, PARTITION BY RANGE of this expression is not supported: ",
		":4: type point of column p is not supported, its values are loaded as bytes: ", ":4: SPATIAL key p is left out: ",
		":7: "}
	left = append(left, ":8: relation \"u\" does not exist (SQLSTATE 42P01): ")
	wantProblems(t, addr, file, "--dry-run", left)
	wantProblems(t, addr, file, "--restart", left)
	my := connect(t, addr, "&sql_dialect=tidb")
	if got := one(t, my, "SELECT GROUP_CONCAT(id, n ORDER BY id) FROM a"); got != "12,24" {
		t.Errorf("rows: %s", got)
	}
	if got := one(t, my, "SELECT HEX(p) FROM g"); got != "0000000001" {
		t.Errorf("bytes: %s", got)
	}
	if got := one(t, my, "SELECT COUNT(*) FROM k WHERE n < 0"); got != "2" {
		t.Errorf("rows without their check: %s", got)
	}
	_, err := my.Exec(t.Context(), "INSERT INTO k VALUES ('abce', 1)")
	wantError(t, "a primary key of prefixes", err, "23505", "duplicate key value violates unique constraint \"k_primary\"")
	_, err = my.Exec(t.Context(), "INSERT INTO a VALUES (3, 'z', 6)")
	wantError(t, "outside of an import", err, "428C9", "cannot insert a non-DEFAULT value into column \"n\"")
}

// What a dump of MariaDB has that is nothing here is passed over or told, once: no DROP of a program that is
// not made, no option of another server; the rows of a table with a history or an invisible column are loaded.
func TestImportOfMariaDB(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	file := filepath.Join(t.TempDir(), "dump.sql")
	text := "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB\n--\n" +
		"CREATE TABLE `h` (\n  `id` int(11) NOT NULL,\n  `s` int(11) INVISIBLE DEFAULT 5,\n  PRIMARY KEY (`id`)\n) ENGINE=Aria DEFAULT CHARSET=utf8mb4 PAGE_CHECKSUM=1 TRANSACTIONAL=1 WITH SYSTEM VERSIONING;\n" +
		"INSERT INTO `h` (`id`, `s`) VALUES (1,2);\n/*!50003 DROP FUNCTION IF EXISTS `fn` */;\n/*!50106 DROP EVENT IF EXISTS `ev` */;\n" +
		"/*!50003 DROP PROCEDURE IF EXISTS `pr` */;\nDELIMITER ;;\nCREATE DEFINER=`root`@`localhost` PROCEDURE `pr`()\nbegin select 1; end ;;\nDELIMITER ;\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	problems := []string{":6: column s is not invisible: ", ":8: the history of rows (WITH SYSTEM VERSIONING) is not kept: ", ":14: CREATE PROCEDURE is not supported (SQLSTATE 0A000): ",
		":17: the last line of a dump, \"-- Dump completed\", is not there: the file may be cut short"}
	wantProblems(t, addr, file, "--dry-run", problems)
	wantProblems(t, addr, file, "--restart", problems)
	if got := one(t, connect(t, addr, "&sql_dialect=tidb"), "SELECT CONCAT(id, s) FROM h"); got != "12" {
		t.Errorf("rows: %s", got)
	}
}

// What a character set means alone is what it meant where the dump is from.
func TestImportCharacterSets(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	tables := "CREATE TABLE `%[1]sa` (`n` varchar(9) DEFAULT NULL, UNIQUE KEY `n` (`n`)) DEFAULT CHARSET=latin1;\nINSERT INTO `%[1]sa` VALUES ('Ab');\n" +
		"CREATE TABLE `%[1]sb` (`n` varchar(9)) DEFAULT CHARSET=utf8mb4;\nINSERT INTO `%[1]sb` VALUES ('Ab ');\n" +
		"CREATE TABLE `%[1]sc` (`n` varchar(9)) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;\nINSERT INTO `%[1]sc` VALUES ('Ab ');\n"
	dir := t.TempDir()
	for name, version := range map[string]string{"m8": "8.0.36", "m5": "5.7.44", "ti": "8.0.11-TiDB-v7.5.1"} {
		file := filepath.Join(dir, name+".sql")
		text := "-- MySQL dump 10.13\n-- Server version\t" + version + "\n" + fmt.Sprintf(tables, name) + "-- Dump completed on 2026-01-01  0:00:00\n"
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if status, out, errs := runImport(t, addr, file); status != 0 {
			t.Fatalf("status %d\n%s%s", status, out, errs)
		}
	}
	my := connect(t, addr, "&sql_dialect=tidb")
	for sql, want := range map[string]string{
		"SELECT CONCAT((SELECT COUNT(*) FROM m8a WHERE n = 'aB'), (SELECT COUNT(*) FROM m5a WHERE n = 'aB'), (SELECT COUNT(*) FROM tia WHERE n = 'aB'))":  "110",
		"SELECT CONCAT((SELECT COUNT(*) FROM m8b WHERE n = 'aB'), (SELECT COUNT(*) FROM m5b WHERE n = 'aB'), (SELECT COUNT(*) FROM tib WHERE n = 'aB'))":  "010",
		"SELECT CONCAT((SELECT COUNT(*) FROM m8b WHERE n = 'aB '), (SELECT COUNT(*) FROM m8c WHERE n = 'Ab'), (SELECT COUNT(*) FROM m8c WHERE n = 'AB'))": "110",
		"SELECT GROUP_CONCAT(table_collation ORDER BY table_name) FROM information_schema.tables WHERE table_name LIKE 'm__'":                             "latin1_swedish_ci,utf8mb4_general_ci,utf8mb4_bin,latin1_swedish_ci,utf8mb4_0900_ai_ci,utf8mb4_bin",
	} {
		if got := one(t, my, sql); got != want {
			t.Errorf("%s\n got %q\nwant %q", sql, got, want)
		}
	}
}

// A table whose collations or character sets are not here is loaded with those that come
// nearest, and each is named by its line.
func TestImportOtherCollations(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	file := filepath.Join(t.TempDir(), "dump.sql")
	text := "CREATE DATABASE `far` /*!40100 DEFAULT CHARACTER SET koi8r */;\nUSE `far`;\n" +
		"CREATE TABLE `a` (`j` varchar(9) COLLATE utf8mb4_ja_0900_as_cs,\n `c` varchar(9) CHARACTER SET cp1251, UNIQUE KEY (`c`)) COLLATE=utf8mb4_spanish_ci;\n" +
		"INSERT INTO `a` VALUES ('あ','ё'),('ア','е');\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []string{":1: character set koi8r is not supported, utf8mb4_0900_as_ci stands for it: ",
		":3: collation utf8mb4_ja_0900_as_cs is not supported, utf8mb4_0900_as_cs stands for it: ",
		":4: character set cp1251 is not supported, utf8mb4_0900_as_ci stands for it: "}
	wantProblems(t, addr, file, "--dry-run", want)
	wantProblems(t, addr, file, "--restart", want)
	my := connect(t, addr, "&sql_dialect=tidb")
	if got := one(t, my, "SELECT GROUP_CONCAT(j, c ORDER BY c) FROM far.a WHERE c <> 'Е'"); got != "あё" {
		t.Errorf("rows: %s", got)
	}
}

// Of an INSERT with rows that have no place, the others are loaded, and each of those is
// named by its line.
func TestImportLosesNoRow(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	file := filepath.Join(t.TempDir(), "rows.sql")
	var text strings.Builder
	text.WriteString("CREATE TABLE r (n INT PRIMARY KEY, d DATE);\nINSERT INTO r VALUES\n")
	for n := range 300 {
		d := "2024-01-01"
		if n == 17 || n == 18 || n == 299 {
			d = "2024-02-31"
		}
		fmt.Fprintf(&text, "(%d,'%s')%s\n", n, d, map[bool]string{true: ";", false: ","}[n == 299])
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := runImport(t, addr, file)
	if status != 1 || out != "2 statements loaded, 3 problems\n" {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	for _, line := range []int{20, 21, 302} {
		if !strings.Contains(errs, fmt.Sprintf("%s:%d: date/time field value out of range: \"2024-02-31\" (SQLSTATE 22008): INSERT INTO r VALUES (%d,'2024-02-31')", file, line, line-3)) {
			t.Errorf("line %d is not named\n%s", line, errs)
		}
	}
	if got := one(t, connect(t, addr, ""), "select count(*) || ' ' || sum(n) from r"); got != fmt.Sprintf("297 %d", 299*150-17-18-299) {
		t.Errorf("rows %s", got)
	}
}

// Zero dates, as defaults and as values, become NULL, each named; no row is lost for one.
func TestImportZeroDates(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	file := filepath.Join(t.TempDir(), "zero.sql")
	text := "CREATE TABLE `z` (`id` int PRIMARY KEY, `d` datetime NOT NULL DEFAULT '0000-00-00 00:00:00', `s` varchar(20), `e` date);\n" +
		"INSERT INTO `z` VALUES (1,'0000-00-00 00:00:00','0000-00-00','2024-01-02'),\n(2,'2024-01-01 10:00:00','é','0000-00-00'),(3,'0000-00-00 00:00:00','x',NULL);\nINSERT INTO `z` (`id`, `s`) VALUES (4,'y');\n" +
		"CREATE TABLE `n` (`d` date NOT NULL, `e` date);\nINSERT INTO `n` VALUES ('2024-01-01','2024-00-00'),('0000-00-00',NULL);\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := runImport(t, addr, file)
	want := []string{":6: null value in column \"d\" of relation \"n\" violates not-null constraint; zero dates are not supported: let the column have NULLs, or replace them before the dump (SQLSTATE 23502): ", ":1: zero dates are not supported, column d has NULL by default: ", ":2: zero dates are not supported, 2 of them are NULL: ", ":2: zero dates are not supported, 1 of them are NULL: "}
	if status != 1 || out != "5 statements loaded, 6 problems\n" {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	if got := one(t, connect(t, addr, ""), "select string_agg(concat(d, e), ' ') from n"); got != "2024-01-01" {
		t.Errorf("rows beside one that has no place: %s", got)
	}
	for _, w := range want {
		if !strings.Contains(errs, file+w) {
			t.Errorf("no %q in\n%s", w, errs)
		}
	}
	if got := one(t, connect(t, addr, ""), "select string_agg(concat_ws('|', id, coalesce(d::text, '-'), s, coalesce(e::text, '-')), ' ' order by id) from z"); got != "1|-|0000-00-00|2024-01-02 2|2024-01-01 10:00:00|é|- 3|-|x|- 4|-|y|-" {
		t.Errorf("rows: %s", got)
	}
}

// The strings of a dump in another character set become UTF-8.
func TestImportLatin1(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	file := filepath.Join(t.TempDir(), "latin1.sql")
	text := "/*!40101 SET NAMES latin1 */;\n/*!40101 SET @saved_cs_client     = @@character_set_client */;\n/*!50503 SET character_set_client = utf8mb4 */;\n" +
		"CREATE TABLE `l` (`id` int PRIMARY KEY, `e` enum('ä','b'), `s` varchar(9), `b` blob) DEFAULT CHARSET=latin1;\n" +
		"/*!40101 SET character_set_client = @saved_cs_client */;\n" +
		"INSERT INTO `l` VALUES (1,'\xe4','caf\xe9 \x80',_binary '\xe9\xff'),(2,'b','\xc3\xa4',_binary 'A');\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, errs := runImport(t, addr, file); status != 0 {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	if got := one(t, connect(t, addr, ""), "select string_agg(concat_ws('|', id, e, s, encode(b, 'hex')), ' ' order by id) from l"); got != "1|ä|café €|e9ff 2|b|Ã¤|41" {
		t.Errorf("rows: %s", got)
	}
}
