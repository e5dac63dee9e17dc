package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// Bytes that a dump has in strings that nothing marks, as MariaDB writes them, are loaded as they
// are, zero bytes and those of BIT too; texts hold none, and a row with one is named.
func TestImportZeroBytes(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	file := filepath.Join(t.TempDir(), "bytes.sql")
	writeDump(t, file, "CREATE TABLE `z` (`id` int PRIMARY KEY, `f` bit(1), `w` bit(12), `b` blob, `s` varchar(9));\n"+
		`INSERT INTO z VALUES (1,'\0','`+"\x01"+`\0','a\0\'','\\0'),(2,'`+"\x01"+`',_binary '\0A','\0\0',''),`+"\n"+`(3,'1','\0','','a\0b');`+
		"\nSET NAMES latin1;\n"+`INSERT INTO z VALUES (4,'\0','\0',_binary '`+"\xe9"+`\0','`+"\xe9"+`'),(5,'`+"\x01"+`',NULL,'\0','');`+"\n")
	status, out, errs := runImport(t, addr, file)
	if want := file + ":3: invalid byte sequence for encoding \"UTF8\": 0x00; texts hold no NUL characters: make the column a BLOB, or take them out before the dump (SQLSTATE 22021): INSERT INTO z VALUES (3,"; status != 1 || !strings.HasPrefix(errs, want) || !strings.HasSuffix(out, ", 1 problems\n") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	want := `1 0 256 610027 \0|2 1 65 0000 |4 0 0 e900 é|5 1 - 00 `
	if got := one(t, connect(t, addr, ""), "select string_agg(concat(id, ' ', f, ' ', coalesce(w::text, '-'), ' ', encode(b, 'hex'), ' ', s), '|' order by id) from z"); got != want {
		t.Errorf("rows %s\nwant %s", got, want)
	}
}
