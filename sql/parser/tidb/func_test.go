package tidb

import (
	"regexp"
	"testing"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
)

// Every function that the frontend calls is in the schema mysql, and takes the numbers
// of arguments that the frontend lets through.
func TestOwnFunctionsExist(t *testing.T) {
	for name, spec := range ownFuncs() {
		list := builtin.Functions(builtin.MySQLSchema, name)
		if len(list) != 1 {
			t.Errorf("%s: %d functions", name, len(list))
			continue
		}
		f := list[0]
		least, most := len(f.Args)-f.Defaults, len(f.Args)
		if f.Variadic != 0 {
			most = -1
		}
		if spec.min < least || most >= 0 && (spec.max < 0 || spec.max > most) {
			t.Errorf("%s: %d to %d arguments, of %d to %d", name, spec.min, spec.max, least, most)
		}
	}
	for other, name := range synonyms {
		if _, ok := ownFuncs()[name]; !ok {
			t.Errorf("%s is another name of %s, which is none", other, name)
		}
	}
}

// The same for the calls that are written in the conversions themselves.
func TestConversionsCallFunctionsThatExist(t *testing.T) {
	called := regexp.MustCompile(`mysql\."?(\w+)"?\(`)
	for _, query := range []string{
		"SELECT 1/2, 1 DIV 2, 1 % 2, ~1, a AND b, '1' + '2', @x, @x + 1, a REGEXP 'b' FROM t", "SELECT CAST(a AS SIGNED), CAST(a AS UNSIGNED), CAST(a AS CHAR), CAST(a AS BINARY), CAST(a AS JSON), CAST(a AS DOUBLE), CAST(a AS DECIMAL), CAST(a AS DATE), CAST(a AS DATETIME), CAST(a AS TIME) FROM t",
		"SELECT DATE_ADD(a, INTERVAL 1 DAY), DATE_SUB(a, INTERVAL 1 HOUR), '2020-01-01' - INTERVAL 1 YEAR, '2020-01-01 00:00:00' + INTERVAL 1 SECOND, STR_TO_DATE(a, '%Y'), STR_TO_DATE(a, '%Y %H'), TIMESTAMPDIFF(DAY, a, b), WEEKOFYEAR(a) FROM t",
		"SELECT TRIM(LEADING 'a' FROM b), TRIM(TRAILING 'a' FROM b), TRIM(b), POSITION(a IN b), CHAR(77), IF(a, 'x', b), j->'$.a' = 1, @@version, @@last_insert_id, AVG(a) FROM t",
		"SHOW COLUMNS FROM t", "SHOW CREATE TABLE t", "SHOW VARIABLES", "SELECT * FROM information_schema.columns",
	} {
		stmts, err := New().Parse(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		for _, m := range called.FindAllStringSubmatch(ast.Print(stmts[0].Stmt), -1) {
			if m[1] != ast.MixedName && len(builtin.Functions(builtin.MySQLSchema, m[1])) == 0 {
				t.Errorf("%s calls mysql.%s, which does not exist", query, m[1])
			}
		}
	}
}
