package tidb

import (
	"strings"
	"testing"
)

// A dump's table comes apart into what can be made at once, what waits for other tables,
// and what this dialect is without.
func TestTakeApart(t *testing.T) {
	a, err := New().TakeApart("CREATE TABLE `t` (`id` int, `s` text, KEY `k` (`id`), FULLTEXT KEY `ft` (`s`), " +
		"CONSTRAINT `f` FOREIGN KEY (`id`) REFERENCES `u` (`id`) ON DELETE CASCADE) PARTITION BY RANGE (`id` * 2) (PARTITION p VALUES LESS THAN (4))")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(a.Create, "FULLTEXT") || strings.Contains(a.Create, "PARTITION") || strings.Contains(a.Create, "FOREIGN") || strings.Contains(a.Create, "`k`") {
		t.Error(a.Create)
	}
	if len(a.Later) != 1 || !strings.Contains(a.Later[0], "ADD CONSTRAINT `f` FOREIGN KEY") {
		t.Error(a.Later)
	}
	if len(a.Keys) != 1 || !strings.Contains(a.Keys[0], "ADD INDEX `k`(`id`)") {
		t.Error(a.Keys)
	}
	if got := strings.Join(a.Changed, ", "); got != "FULLTEXT index ft is left out, PARTITION BY is left out, PARTITION BY RANGE of this expression is not supported" {
		t.Error(got)
	}
	for _, sql := range append(a.Later, a.Create) {
		if _, err := New().Parse(sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	a, err = New().TakeApart("CREATE TABLE t (a int DEFAULT ((1 + 2) * 3) NOT NULL, b int, CONSTRAINT f FOREIGN KEY (b) REFERENCES u (b))")
	if err != nil || len(a.Later) != 1 || !strings.Contains(a.Create, "((1+2)*3)") || strings.Contains(a.Create, "CHECK") {
		t.Error(a, err)
	}
	if _, err := New().Parse(a.Create); err != nil {
		t.Errorf("%s: %v", a.Create, err)
	}
	a, err = New().TakeApart("CREATE TABLE `t` (`a` varchar(99) NOT NULL, `n` int CHECK (`n` > 0) NOT ENFORCED, `m` int CHECK (`m` > 0), PRIMARY KEY (`a`(10),`n`), " +
		"CONSTRAINT `c` CHECK ((`n` > 1)) /*!80016 NOT ENFORCED */, CONSTRAINT `d` CHECK ((`n` > 2)), FULLTEXT KEY (`a`)) PARTITION BY HASH (`n`)")
	if got := strings.Join(a.Changed, ", "); err != nil || got != "FULLTEXT index  is left out" || !strings.Contains(a.Create, "PARTITION BY HASH") ||
		strings.Contains(a.Undivided, "PARTITION") || strings.Count(a.Create, "NOT ENFORCED") != 2 {
		t.Error(got, a.Create, err)
	}
	if _, err := New().Parse(a.Create); err != nil {
		t.Errorf("%s: %v", a.Create, err)
	}
	a, err = New().TakeApart("CREATE TABLE `t` (`d` datetime NOT NULL DEFAULT '0000-00-00 00:00:00', `s` char(10) NOT NULL DEFAULT '0000-00-00', `e` date DEFAULT '0000-00-00' COMMENT 'c', `f` date NOT NULL DEFAULT '2024-01-01')")
	if got := strings.Join(a.Changed, ", "); err != nil || got != "zero dates are not supported, column d has NULL by default, zero dates are not supported, column e has NULL by default" ||
		strings.Count(a.Create, "NOT NULL") != 2 || strings.Count(a.Create, "DEFAULT") != 2 {
		t.Error(got, a.Create, err)
	}
	a, err = New().TakeApart("CREATE TABLE `t` (`a` int NOT NULL AUTO_INCREMENT, `b` int, `c` text, PRIMARY KEY (`b`), UNIQUE KEY `u` (`b`), KEY `first` (`a`,`b`), KEY (`b`), " +
		"KEY `two` (`b` DESC,`c`(7)) COMMENT 'it''s' /*!80000 INVISIBLE */, KEY `three` ((`b` + 1)))")
	if got := strings.Join(a.Keys, "\n"); err != nil || got != "ALTER TABLE `t` ADD INDEX `two`(`b` DESC, `c`(7)) COMMENT 'it''s' INVISIBLE\nALTER TABLE `t` ADD INDEX `three`((`b`+1))" ||
		!strings.Contains(a.Create, "`first`") || !strings.Contains(a.Create, "UNIQUE") || strings.Contains(a.Create, "`two`") {
		t.Error(got, a.Create, err)
	}
	a, err = New().TakeApart("CREATE TABLE `t` (`e` vector(2), VECTOR INDEX `v` ((VEC_L2_DISTANCE(`e`))) USING HNSW, VECTOR INDEX ((VEC_COSINE_DISTANCE(`e`))))")
	if len(a.Keys) != 2 || err != nil || strings.Contains(a.Create, "INDEX") {
		t.Error(a, err)
	}
	for _, sql := range a.Keys {
		if _, err := New().Parse(sql); err != nil || !strings.Contains(sql, "ADD VECTOR INDEX") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, same := range []string{"CREATE TABLE t (a int)", "CREATE TABLE t (a varchar(9) DEFAULT 'foreign')", "INSERT INTO t VALUES ('partition')", "CREATE TABLE foreign ("} {
		if a, _ := New().TakeApart(same); a.Create != same || len(a.Later)+len(a.Changed) > 0 {
			t.Errorf("%s: %v", same, a)
		}
	}
}

// A conditional comment may stand in another one; other comments and strings keep what they hold.
func TestNestedComment(t *testing.T) {
	for sql, want := range map[string]string{
		"/*!50100 PARTITION BY KEY /*!50611 ALGORITHM = 1 */ (a) */": "/*!50100 PARTITION BY KEY          ALGORITHM = 1    (a) */",
		"'/*!1 /*!2' /*!1 '*/' /* /*! */ `*/` */ /*!1 x":             "'/*!1 /*!2' /*!1 '*/' /* /*! */ `*/` */ /*!1 x",
		"/*!1 /*!2 /*!": "/*!1      /*!",
	} {
		if got := unnested(sql); got != want {
			t.Errorf("%s\n got %q\nwant %q", sql, got, want)
		}
	}
	_, err := New().Parse("CREATE TABLE k (a int PRIMARY KEY) /*!50100 PARTITION BY KEY /*!50611 ALGORITHM = 1 */ (a) */")
	if err != nil {
		t.Error(err)
	}
}
