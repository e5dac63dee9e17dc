package importer

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// What a character set means that a dump names without a collation depends on the server that
// was dumped: mysqldump leaves out the collation that is a character set's by default there.

// headSize is how much of a dump tells where it is from.
const headSize = 2048

var serverVersion = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^-- Server version\s+(\d+)\.(\S*)`)
})

// defaultCollation is default_collation_for_utf8mb4 for a dump that begins so: that of TiDB, where
// texts compare by bytes, unless mysqldump says that it comes from MySQL or MariaDB.
func defaultCollation(head string) string {
	const tidb, general, modern = "utf8mb4_bin", "utf8mb4_general_ci", "utf8mb4_0900_ai_ci"
	m := serverVersion().FindStringSubmatch(head)
	switch {
	case m == nil || strings.Contains(m[2], "TiDB"):
		return tidb
	case strings.Contains(m[2], "MariaDB") || strings.Contains(head, "MariaDB dump"):
		return general
	}
	if major, err := strconv.Atoi(m[1]); err == nil && major >= 8 {
		return modern
	}
	return general
}
