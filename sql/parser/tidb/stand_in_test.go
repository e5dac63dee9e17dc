package tidb

import (
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Spatial columns of dumps become bytes, and their keys go; names are no types.
func TestStandInTypes(t *testing.T) {
	for text, want := range map[string]string{
		"CREATE TABLE `a` (`id` int, `p` point NOT NULL /*!80003 SRID 4326 */,\n PRIMARY KEY (`id`),\n SPATIAL KEY `pk` (`p`)\n) ENGINE=InnoDB": "CREATE TABLE `a` (`id` int, `p` LONGBLOB NOT NULL /*!80003  */,\n PRIMARY KEY (`id`)\n\n) ENGINE=InnoDB" +
			"|type point of column p is not supported, its values are loaded as bytes|SPATIAL key pk is left out",
		"CREATE TABLE address (id INT,\n /*!50705 location GEOMETRY */ /*!80003 SRID 0 */ /*!50705 NOT NULL,*/\n d INT,\n /*!50705 SPATIAL KEY `idx` (location),*/\n PRIMARY KEY (id))": "CREATE TABLE address (id INT,\n /*!50705 location LONGBLOB */ /*!80003  */ /*!50705 NOT NULL,*/\n d INT,\n /*!50705 */\n PRIMARY KEY (id))" +
			"|type geometry of column location is not supported, its values are loaded as bytes|SPATIAL key idx is left out",
		"CREATE TABLE `u` (`id` uuid NOT NULL DEFAULT uuid(), `uuid` inet6, PRIMARY KEY (`id`))": "CREATE TABLE `u` (`id` CHAR(36) NOT NULL DEFAULT uuid(), `uuid` VARCHAR(39), PRIMARY KEY (`id`))" +
			"|type uuid of column id is not supported, CHAR(36) stands for it|type inet6 of column uuid is not supported, VARCHAR(39) stands for it",
		"CREATE TABLE `i` (`id` int, `s` int DEFAULT 5 /*!80023 INVISIBLE */, `t` int INVISIBLE COMMENT 'INVISIBLE', `invisible` int, KEY `k` (`t`) /*!80000 INVISIBLE */)": "CREATE TABLE `i` (`id` int, `s` int DEFAULT 5 /*!80023  */, `t` int  COMMENT 'INVISIBLE', `invisible` int, KEY `k` (`t`) /*!80000 INVISIBLE */)" +
			"|column s is not invisible|column t is not invisible",
		"CREATE TABLE `h` (`id` int WITHOUT SYSTEM VERSIONING,\n `versioning` int) ENGINE=InnoDB WITH SYSTEM\n VERSIONING": "CREATE TABLE `h` (`id` int ,\n `versioning` int) ENGINE=InnoDB \n" +
			"|the history of rows (WITH SYSTEM VERSIONING) is not kept",
		"CREATE TABLE point (point int, polygon varchar(9) DEFAULT 'x, p point', KEY point (point, polygon), CHECK (polygon > point))": "CREATE TABLE point (point int, polygon varchar(9) DEFAULT 'x, p point', KEY point (point, polygon), CHECK (polygon > point))",
	} {
		got, taken := New().StandInTypes(text)
		if _, err := New().Parse(got); err != nil {
			t.Errorf("%s: %v", got, err)
		}
		for _, x := range taken {
			got += "|" + x.What
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
	for _, text := range []string{"CREATE TABLE `a` (`p` point", "CREATE TABLE a (SPATIAL KEY", "SPATIAL", "(`", "CREATE TABLE a (p point SRID"} {
		New().StandInTypes(text)
	}
}

// A statement with a spatial type is 0A000 where the type stands.
func TestStrangeTypes(t *testing.T) {
	for sql, want := range map[string]string{
		"CREATE TABLE a (p GEOMETRY)": "type geometry is not supported", "CREATE TABLE a (u uuid)": "type uuid is not supported", "ALTER TABLE a ADD p point NOT NULL": "type point is not supported",
		"CREATE TABLE a (p blob, SPATIAL KEY (p))": "SPATIAL KEY is not supported",
	} {
		_, err := New().Parse(sql)
		if e, ok := pgerr.As(err); !ok || e.Code != "0A000" || e.Message != want || !strings.HasPrefix(want, "type "+strings.ToLower(tokenAt(sql, e.Position-1))) && want[:7] != "SPATIAL" {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
