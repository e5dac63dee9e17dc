package importer

import "testing"

// Names in double quotes are names only where the SQL mode says so.
func TestQuoting(t *testing.T) {
	var q quoting
	for _, c := range [][2]string{
		{`INSERT INTO t VALUES ("a")`, `INSERT INTO t VALUES ("a")`},
		{"/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO,ANSI' */", "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */"},
		{`INSERT INTO "a""b" VALUES ('"x"', 'it\'s "', 1 /* "c" */) -- "d"`, "INSERT INTO `a\"b` VALUES ('\"x\"', 'it\\'s \"', 1 /* \"c\" */) -- \"d\""},
		{"/*!50001 CREATE VIEW \"v`w\" AS select `\"`.\"a\" # \"\n from \"t\" */", "/*!50001 CREATE VIEW `v``w` AS select `\"`.`a` # \"\n from `t` */"},
		{`CREATE TABLE "t" ("a" int COMMENT 'b "c" `, "CREATE TABLE `t` (`a` int COMMENT 'b \"c\" "},
		{`DROP TABLE "t`, `DROP TABLE "t`},
		{"/*!50003 SET @saved_sql_mode       = @@sql_mode */", "/*!50003 SET @saved_sql_mode       = @@sql_mode */"},
		{"/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES' */", "/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES' */"},
		{`SELECT "a"`, `SELECT "a"`},
		{"/*!50003 SET sql_mode              = @saved_sql_mode */", "/*!50003 SET sql_mode              = @saved_sql_mode */"},
		{`DROP TABLE "u"`, "DROP TABLE `u`"},
		{"/*!40101 SET SQL_MODE=@OLD_SQL_MODE */", "/*!40101 SET SQL_MODE=@OLD_SQL_MODE */"},
		{`SELECT "a"`, `SELECT "a"`},
	} {
		if got := q.text(c[0]); got != c[1] {
			t.Errorf("%s\n got %s\nwant %s", c[0], got, c[1])
		}
	}
}
