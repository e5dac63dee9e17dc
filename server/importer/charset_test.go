package importer

import "testing"

// TestClientCharset: strings of a dump in latin1 become UTF-8, bytes stay bytes, and what is
// written in UTF-8 between stays as it is.
func TestClientCharset(t *testing.T) {
	var c clientCharset
	for _, s := range []struct {
		text, want  string
		handled, ok bool
	}{
		{"INSERT INTO a VALUES ('\xc3\xa4')", "INSERT INTO a VALUES ('ä')", false, true},
		{"/*!40101 SET NAMES latin1 */", "", true, true},
		{"/*!50503 SET character_set_client = utf8mb4 */", "", false, true},
		{"/*!50001 SET character_set_results = latin1 */", "", true, true},
		{"/*!50001 SET character_set_results = utf8mb4 */", "", false, true},
		{"CREATE TABLE `a` (`e` enum('ä'), `b` mediumblob)", "CREATE TABLE `a` (`e` enum('ä'), `b` mediumblob)", false, true},
		{"/*!40101 SET character_set_client = @saved_cs_client */", "", false, true},
		{"INSERT INTO `t` VALUES ('caf\xe9 \x80','\xc3\xa4','it\\'s',_binary '\xe9\\0',\"\xfc\")", "INSERT INTO `t` VALUES ('café €','Ã¤','it\\'s', x'e900',\"ü\")", false, true},
		{"INSERT INTO `a` VALUES ('\xe4',_binary 'x')", "INSERT INTO `a` VALUES ('ä',_binary 'x')", false, true},
		{"INSERT INTO `a` VALUES ('\xe4','x')", "INSERT INTO `a` VALUES ('ä','x')", false, false},
		{"INSERT INTO `a` VALUES ('b','x')", "INSERT INTO `a` VALUES ('b','x')", false, true},
		{"SET NAMES 'koi8r'", "", true, true},
		{"INSERT INTO t VALUES ('\xc1')", "INSERT INTO t VALUES ('а')", false, true},
		{"SET NAMES utf8mb4", "", false, true},
		{"INSERT INTO a VALUES ('\xc3\xa4')", "INSERT INTO a VALUES ('ä')", false, true},
	} {
		handled := c.follow(s.text)
		got, ok := c.text(s.text)
		if handled != s.handled || ok != s.ok || s.want != "" && got != s.want {
			t.Errorf("%q: %t %t %q", s.text, handled, ok, got)
		}
	}
}

// TestUnreadable: a dump's strings can be in UTF-8 and in character sets of one byte.
func TestUnreadable(t *testing.T) {
	for text, want := range map[string]string{
		"SET NAMES gbk": "gbk", "/*!40101 SET NAMES 'SJIS' */": "sjis", "SET character_set_client = big5": "big5",
		"SET NAMES nonsense": "nonsense", "SET NAMES utf8mb4": "", "SET NAMES latin1": "", "SET NAMES DEFAULT": "", "SET NAMES binary": "",
		"SET character_set_client = @saved_cs_client": "", "SET character_set_results = gbk": "", "SELECT 1": "",
	} {
		if got := unreadable(text); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}
