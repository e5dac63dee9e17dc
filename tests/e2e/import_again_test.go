package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loxodb/loxodb/tests/process"
)

// shop is a dump of two tables that refer to each other, with so many rows.
func shop(rows int, note string) string {
	var b strings.Builder
	b.WriteString("/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;\nSET time_zone = '+00:00';\n" +
		"CREATE DATABASE IF NOT EXISTS shop;\nUSE shop;\n" +
		"DROP TABLE IF EXISTS `item`;\nCREATE TABLE `item` (`id` int NOT NULL AUTO_INCREMENT, `maker_id` int, `e` vector(2), `note` varchar(20) DEFAULT (concat('n', 1)),\n" +
		" PRIMARY KEY (`id`), KEY `maker` (`maker_id`), VECTOR INDEX `near` ((VEC_L2_DISTANCE(`e`))), CONSTRAINT `made` FOREIGN KEY (`maker_id`) REFERENCES `maker` (`id`));\n" +
		"LOCK TABLES `item` WRITE;\n")
	for i := 1; i <= rows; i++ {
		fmt.Fprintf(&b, "INSERT INTO `item` VALUES (%d,%d,'[%d,%d]','%s');\n", i, i%3+1, i, i%7, note)
	}
	b.WriteString("UNLOCK TABLES;\nDROP TABLE IF EXISTS `maker`;\nCREATE TABLE `maker` (`id` int NOT NULL, PRIMARY KEY (`id`));\nINSERT INTO `maker` VALUES (1),(2),(3);\n" +
		"DROP VIEW IF EXISTS `notes`;\nCREATE VIEW `notes` AS SELECT DISTINCT `note` FROM `item`;\n")
	return b.String()
}

func writeDump(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// wantShop compares what is there with the dump of so many rows.
func wantShop(t *testing.T, c *pgx.Conn, rows int, note string) {
	t.Helper()
	for sql, want := range map[string]string{
		"select concat_ws(' ', count(*), count(distinct id), sum(id), min(note), max(note)) from shop.item": fmt.Sprintf("%d %d %d %s %s", rows, rows, rows*(rows+1)/2, note, note),
		"select string_agg(id::text, ',' order by id) from shop.maker":                                      "1,2,3",
		"select string_agg(note, ',') from shop.notes":                                                      note,
		"select count(*) from pg_constraint where conname = 'made'":                                         "1",
		"select count(*) from pg_indexes where schemaname = 'shop'":                                         "4",
		"select id from shop.item order by e <-> '[5,5]' limit 1":                                           "5",
		"select count(*) from public.loxodb_import where done = 0":                                          "0",
	} {
		if got := one(t, c, sql); got != want {
			t.Errorf("%s: %s, want %s", sql, got, want)
		}
	}
}

// A dump takes the place of what an older load, and the work since, left: the same file begun
// anew, and a newer one by another name.
func TestImportOverAnOlderLoad(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	dir := t.TempDir()
	old, newer := filepath.Join(dir, "old.sql"), filepath.Join(dir, "newer.sql")
	writeDump(t, old, shop(30, "old"))
	writeDump(t, newer, shop(50, "newer"))
	c := connect(t, addr, "")
	load := func(args ...string) {
		t.Helper()
		if status, out, errs := runImport(t, addr, args...); status != 0 {
			t.Fatalf("%v: status %d\n%s%s", args, status, out, errs)
		}
	}
	load(old)
	wantShop(t, c, 30, "old")
	mustExec(t, c, "delete from shop.item where id < 9")
	mustExec(t, c, "update shop.item set note = 'changed' where id = 10")
	load(old) // loaded already: nothing changes
	if got := one(t, c, "select count(*) from shop.item"); got != "22" {
		t.Errorf("a second load of the same file: %s rows", got)
	}
	mustExec(t, c, "drop view shop.notes")
	load("--restart", old)
	wantShop(t, c, 30, "old")
	mustExec(t, c, "drop view shop.notes")
	load(newer)
	wantShop(t, c, 50, "newer")
}

// A load whose server, or which itself, is killed goes on where it stopped.
func TestImportAfterKill(t *testing.T) {
	onlyHere(t)
	const rows = 6000
	for _, victim := range []string{"server", "import"} {
		t.Run(victim, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "shop.sql")
			writeDump(t, file, shop(rows, "n"))
			p := process.Start(t, dir+"/data")
			load := process.Command(t, "import", "--dialect", "tidb", "--connect", p.Addr, file)
			if err := load.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- load.Wait() }()
			awaitRows(t, connect(t, p.Addr, ""), ended)
			if victim == "server" {
				p.Kill()
			} else {
				_ = load.Process.Kill()
			}
			var exit *exec.ExitError
			if err := <-ended; !errors.As(err, &exit) {
				t.Fatalf("the load ended with %v", err)
			}
			if victim == "server" {
				p = process.Start(t, dir+"/data")
			} else if s, ok := exit.Sys().(syscall.WaitStatus); !ok || s.Signal() != syscall.SIGKILL {
				t.Fatalf("the load ended by itself: %v", exit)
			}
			c := connect(t, p.Addr, "")
			half := one(t, c, "select count(*) from shop.item")
			if half == "0" || half == fmt.Sprint(rows) {
				t.Fatalf("%s rows after the kill", half)
			}
			if status, out, errs := runImport(t, p.Addr, file); status != 0 {
				t.Fatalf("the second run: status %d\n%s%s", status, out, errs)
			}
			wantShop(t, c, rows, "n")
		})
	}
}

// awaitRows waits until a load has committed some rows.
func awaitRows(t *testing.T, c *pgx.Conn, ended <-chan error) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if one(t, c, "select to_regclass('shop.item') is not null") == "t" && one(t, c, "select count(*) from shop.item") != "0" {
			return
		}
		select {
		case err := <-ended:
			t.Fatalf("the load ended too early: %v", err)
		default:
		}
	}
	t.Fatal("the load does not begin")
}

// Two loads of one file do not run at once.
func TestImportWaitsForAnother(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	file := filepath.Join(t.TempDir(), "t.sql")
	writeDump(t, file, "CREATE TABLE t (a INT);\n")
	my := connect(t, addr, "&sql_dialect=tidb")
	mustExec(t, my, "DO GET_LOCK(CONCAT('loxodb import ', MD5('"+file+"')), 0)")
	status := make(chan int, 1)
	go func() {
		s, _, _ := runImport(t, addr, file)
		status <- s
	}()
	select {
	case <-status:
		t.Error("it did not wait")
	case <-time.After(300 * time.Millisecond):
	}
	mustExec(t, my, "DO RELEASE_LOCK(CONCAT('loxodb import ', MD5('"+file+"')))")
	if s := <-status; s != 0 {
		t.Errorf("status %d", s)
	}
}
