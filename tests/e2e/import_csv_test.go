package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// csvDump writes what dumpling writes with --filetype csv, and returns its directory.
func csvDump(t *testing.T, rows int) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"shop-schema-create.sql": "CREATE DATABASE `shop`;\n",
		"shop.item-schema.sql": "CREATE TABLE `item` (`id` int NOT NULL AUTO_INCREMENT, `name` varchar(40) DEFAULT NULL, `price` decimal(9,2), `at` datetime, `data` blob," +
			" `flags` bit(10), `doc` json, `twice` int GENERATED ALWAYS AS (`id` * 2) STORED, `e` vector(2), PRIMARY KEY (`id`), UNIQUE KEY `n` (`name`));\n",
		"shop.item.000000000.csv": "\"id\",\"name\",\"price\",\"at\",\"data\",\"flags\",\"doc\",\"e\"\n" +
			`1,"it's \"quoted\", \\ and \n two lines",1.50,"2024-01-02 03:04:05","` + "\xff\\0'" + `","` + "\x01\x02" + `","{\"a\": [1, \"b\"]}","[1,2]"` + "\n" +
			`2,\N,\N,\N,\N,\N,\N,\N` + "\n" + `3,"\\N",0.00,"2024-01-02 03:04:05.5","","` + "\x00" + `","null","[0,0]"` + "\n",
	} {
		writeDump(t, filepath.Join(dir, name), text)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprint(z, "\"id\",\"name\",\"price\"\n")
	for i := 10; i < 10+rows; i++ {
		fmt.Fprintf(z, "%d,\"name %d of the item\",%d.25\n", i, i, i)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "shop.item.000000001.csv.gz"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Rows in CSV, plain and packed, mean what they mean in INSERT.
func TestImportCSV(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	dir := csvDump(t, 20000)
	if status, out, errs := runImport(t, addr, dir); status != 0 {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	my := connect(t, addr, "&sql_dialect=tidb")
	mustExec(t, my, "USE shop")
	for sql, want := range map[string]string{
		"SELECT name FROM item WHERE id = 1": "it's \"quoted\", \\ and \n two lines",
		"SELECT CONCAT_WS('|', price, at, HEX(data), flags + 0, doc->>'$.a[1]', twice, e) FROM item WHERE id = 1":  "1.50|2024-01-02 03:04:05|FF0027|258|b|2|[1,2]",
		"SELECT COUNT(*) FROM item WHERE id = 2 AND name IS NULL AND price IS NULL AND data IS NULL AND e IS NULL": "1",
		"SELECT CONCAT_WS('|', name, HEX(data), flags + 0, doc) FROM item WHERE id = 3":                            `\N||0|null`,
		"SELECT CONCAT_WS('|', COUNT(*), SUM(price), MAX(name)) FROM item WHERE id >= 10":                          "20000|200195000.00|name 9999 of the item",
	} {
		if got := one(t, my, sql); got != want {
			t.Errorf("%s\n got %q\nwant %q", sql, got, want)
		}
	}
	mustExec(t, my, "INSERT INTO item (name) VALUES ('next')")
	if got := one(t, my, "SELECT MAX(id) FROM item"); got != "20010" {
		t.Errorf("AUTO_INCREMENT goes on with %s", got)
	}
	if status, out, errs := runImport(t, addr, dir); status != 0 || one(t, my, "SELECT COUNT(*) FROM item") != "20004" {
		t.Errorf("again: status %d\n%s%s", status, out, errs)
	}
	if status, out, errs := runImport(t, "127.0.0.1:1", "--dry-run", dir); status != 0 {
		t.Errorf("dry run: status %d\n%s%s", status, out, errs)
	}
}

// Records that do not load are named by their lines, and the others load.
func TestImportCSVProblems(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	my := connect(t, addr, "&sql_dialect=tidb")
	mustExec(t, my, "CREATE DATABASE shop")
	mustExec(t, my, "CREATE TABLE shop.t (id INT PRIMARY KEY, n VARCHAR(5), d DATE)")
	dir := t.TempDir()
	file := filepath.Join(dir, "shop.t.csv")
	writeDump(t, file, "1;'a\nb';2024-01-01\n2;'too long';NULL\n3;'c';2024-13-01\n4;'d';NULL\n2;'e';NULL\n4;'f';NULL\n")
	how := []string{"--csv-separator", ";", "--csv-delimiter", "'", "--csv-null-value", "NULL", "--no-header", "--escape-backslash=false"}
	status, _, errs := runImport(t, addr, append(how, file)...)
	if status != 1 || strings.Count(errs, "\n") != 3 {
		t.Errorf("status %d\n%s", status, errs)
	}
	for _, want := range []string{":3: Data too long for column 'n'", ":4: ", ":7: duplicate key"} {
		if !strings.Contains(errs, file+want) {
			t.Errorf("no %q in\n%s", want, errs)
		}
	}
	if got := one(t, my, "SELECT GROUP_CONCAT(CONCAT(id, n) ORDER BY id) FROM shop.t"); got != "1a\nb,2e,4d" {
		t.Errorf("loaded %q", got)
	}
	for name, want := range map[string]string{"shop.gone.0.csv": ":1: table \"gone\" is not there", "rows.csv": "the name does not say whose rows these are"} {
		path := filepath.Join(dir, name)
		writeDump(t, path, "id\n1\n")
		if status, _, errs := runImport(t, addr, path); status != 1 || !strings.Contains(errs, want) {
			t.Errorf("%s: status %d\n%s", name, status, errs)
		}
	}
	short := filepath.Join(dir, "shop.t.000000007.csv")
	writeDump(t, short, "id,n\n70,x\n71\n")
	if status, _, errs := runImport(t, addr, short); status != 1 || !strings.Contains(errs, "line 3: the record has 1 fields, not 2") {
		t.Errorf("status %d\n%s", status, errs)
	}
}
