package e2e

import (
	"path/filepath"
	"testing"
)

// A dump with its names in double quotes, as mysqldump --compatible=ansi writes it.
func TestImportAnsi(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	file := filepath.Join(t.TempDir(), "ansi.sql")
	writeDump(t, file, "/*!40101 SET NAMES utf8 */;\n/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO,ANSI' */;\nDROP TABLE IF EXISTS \"q\"\"t\";\n"+
		"CREATE TABLE \"q\"\"t\" (\n  \"id\" int(11) NOT NULL COMMENT 'a \"word\"',\n  \"s\" varchar(9) DEFAULT '\"',\n  PRIMARY KEY (\"id\"),\n  KEY \"by;s\" (\"s\")\n);\n"+
		"LOCK TABLES \"q\"\"t\" WRITE;\nINSERT INTO \"q\"\"t\" VALUES (0,'\"x\"'),(1,'it\\'s');\nUNLOCK TABLES;\n/*!50001 CREATE VIEW \"v\" AS select \"q\"\"t\".\"s\" AS \"s\" from \"q\"\"t\"*/;\n/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;\n")
	if status, out, errs := runImport(t, addr, file); status != 0 {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	if got := one(t, connect(t, addr, ""), "select string_agg(s, ' ' order by s) from v"); got != `"x" it's` {
		t.Errorf("rows: %s", got)
	}
}
