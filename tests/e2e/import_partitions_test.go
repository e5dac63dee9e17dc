package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// Tables come in with their partitions as MySQL, MariaDB and TiDB dump them; where the server
// refuses them, the table comes in whole, and that is told with the reason.
func TestImportPartitions(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	file := filepath.Join(t.TempDir(), "dump.sql")
	text := "CREATE TABLE `r` (\n `id` int NOT NULL,\n `d` date NOT NULL,\n PRIMARY KEY (`id`,`d`),\n CONSTRAINT `x` CHECK (`id` > 0)\n) ENGINE=InnoDB\n/*!50100 PARTITION BY RANGE (year(`d`))\n" +
		"(PARTITION p23 VALUES LESS THAN (2024) COMMENT = 'old' ENGINE = InnoDB,\n PARTITION pmax VALUES LESS THAN MAXVALUE ENGINE = InnoDB) */;\n" +
		"INSERT INTO `r` VALUES (1,'2023-05-05'),(2,'2024-05-05'),(3,'2023-01-01');\n" +
		"CREATE TABLE `c` (`a` int NOT NULL, `b` varchar(9) NOT NULL) PARTITION BY RANGE COLUMNS(`a`,`b`)\n(PARTITION `p0` VALUES LESS THAN (5,'m') ENGINE = InnoDB,\n PARTITION `p1` VALUES LESS THAN (MAXVALUE,MAXVALUE) ENGINE = InnoDB);\n" +
		"INSERT INTO `c` VALUES (5,'a'),(5,'z');\n" +
		"CREATE TABLE `l` (`a` int)\n/*!50500 PARTITION BY LIST  COLUMNS(a)\n(PARTITION odd VALUES IN (1,NULL), PARTITION even VALUES IN (2)) */;\nINSERT INTO `l` VALUES (1),(2),(NULL);\n" +
		"CREATE TABLE `k` (`a` int PRIMARY KEY)\n/*!50100 PARTITION BY KEY /*!50611 ALGORITHM = 2 */ ()\nPARTITIONS 3 */;\nINSERT INTO `k` VALUES (1),(2),(3);\n" +
		"CREATE TABLE `h` (`a` int, `b` int, UNIQUE KEY (`b`)) PARTITION BY HASH (`a`) PARTITIONS 2;\nINSERT INTO `h` VALUES (1,1);\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	wantProblems(t, addr, file, "--restart", []string{":23: PARTITION BY is left out, unique constraint on partitioned table must include all partitioning columns: "})
	my := connect(t, addr, "&sql_dialect=tidb")
	const parts = "SELECT GROUP_CONCAT(table_name, '.', partition_name ORDER BY table_name, partition_ordinal_position) FROM information_schema.partitions WHERE table_schema = 'public' AND partition_name IS NOT NULL"
	if got := one(t, my, parts); got != "c.p0,c.p1,k.p0,k.p1,k.p2,l.odd,l.even,r.p23,r.pmax" {
		t.Errorf("partitions: %s", got)
	}
	const rows = "SELECT CONCAT((SELECT COUNT(*) FROM `r#p#p23`), (SELECT COUNT(*) FROM `c#p#p0`), (SELECT COUNT(*) FROM `l#p#odd`), (SELECT COUNT(*) FROM k), (SELECT COUNT(*) FROM h))"
	if got := one(t, my, rows); got != "21231" {
		t.Errorf("rows: %s", got)
	}
}
