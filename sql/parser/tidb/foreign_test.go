package tidb

import (
	"strings"
	"testing"
)

// A dump's table comes apart into what can be made at once, what waits for other tables,
// and what this dialect is without.
func TestTakeApart(t *testing.T) {
	a, err := New().TakeApart("CREATE TABLE `t` (`id` int, `s` text, KEY `k` (`id`), FULLTEXT KEY `ft` (`s`), " +
		"CONSTRAINT `f` FOREIGN KEY (`id`) REFERENCES `u` (`id`) ON DELETE CASCADE) PARTITION BY HASH (`id`) PARTITIONS 4")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(a.Create, "FULLTEXT") || strings.Contains(a.Create, "PARTITION") || strings.Contains(a.Create, "FOREIGN") || !strings.Contains(a.Create, "`k`") {
		t.Error(a.Create)
	}
	if len(a.Later) != 1 || !strings.Contains(a.Later[0], "ADD CONSTRAINT `f` FOREIGN KEY") {
		t.Error(a.Later)
	}
	if got := strings.Join(a.Left, ", "); got != "FULLTEXT index ft, PARTITION BY" {
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
	for _, same := range []string{"CREATE TABLE t (a int)", "CREATE TABLE t (a varchar(9) DEFAULT 'foreign')", "INSERT INTO t VALUES ('partition')", "CREATE TABLE foreign ("} {
		if a, _ := New().TakeApart(same); a.Create != same || len(a.Later)+len(a.Left) > 0 {
			t.Errorf("%s: %v", same, a)
		}
	}
}
