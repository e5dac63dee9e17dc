package builtin

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/types"
)

// What a session remembers of its last statement, in MySQL's words and numbers.

var mysqlOutcomeFuncs = []mysqlFunc{
	outcomeCount("row_count", "changed_rows"),
	outcomeCount("found_rows", "found_rows"),
	outcomeCount("autocommit", "autocommit"),
	{name: "warning_count", ret: types.Int8OID, volatility: Volatile, eval: messageCount(func(mysqlMessage) bool { return true })},
	{name: "error_count", ret: types.Int8OID, volatility: Volatile, eval: messageCount(func(m mysqlMessage) bool { return m.Level == "Error" })},
	{name: "messages", ret: types.JSONOID, volatility: Volatile, eval: withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		list, err := mysqlMessages(s)
		if err != nil {
			return types.Datum{}, err
		}
		text, err := json.Marshal(list)
		return types.Bytes(text), err
	})},
	// note_found_rows tells what FOUND_ROWS will say, and is its second argument.
	{name: "note_found_rows", args: "ii", ret: types.Int8OID, volatility: Volatile, eval: withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		_, err := s.Engine("note_found_rows", strconv.FormatInt(a[0].Int(), 10))
		return a[1], err
	})},
}

func outcomeCount(name, fact string) mysqlFunc {
	return mysqlFunc{name: name, ret: types.Int8OID, volatility: Volatile, eval: withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		v, err := s.Engine(fact)
		n, _ := strconv.ParseInt(v, 10, 64)
		return types.Int(n), err
	})}
}

// mysqlMessage is a warning or error as SHOW WARNINGS lists it.
type mysqlMessage struct {
	Level   string `json:"level"`
	State   string `json:"state"`
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// mysqlMessages are what the last statement had to say.
func mysqlMessages(s Session) (list []mysqlMessage, err error) {
	text, err := s.Engine("messages")
	if err == nil {
		err = json.Unmarshal([]byte(text), &list)
	}
	for i := range list {
		list[i].Code = mysqlErrorNumber(&list[i])
	}
	return list, err
}

func messageCount(which func(mysqlMessage) bool) Eval {
	return withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		list, err := mysqlMessages(s)
		n := int64(0)
		for _, m := range list {
			if which(m) {
				n++
			}
		}
		return types.Int(n), err
	})
}

// definitionErrors are the numbers of errors about definitions, by how their texts begin.
var definitionErrors = []struct {
	begins string
	number int
}{
	{"no partition of relation", 1526}, {"Unknown partition ", 1735}, {"PARTITION () clause on ", 1747}, {"Found a row not matching ", 1748},
	{"Partition management on ", 1505}, {"Error in list of partitions", 1507}, {"Duplicate partition name ", 1517},
	{"Cannot remove all partitions", 1508}, {"VALUES LESS THAN value ", 1493}, {"MAXVALUE can only be used ", 1481},
	{"empty range bound ", 1493}, {"unique constraint on partitioned table must include ", 1503}, {"Foreign keys are not yet supported ", 1506},
	{"For float(M,D), double(M,D) or decimal(M,D)", 1427},
	{"Invalid default value for ", 1067}, {"Column length too big for ", 1074}, {"Too-big precision ", 1426}, {"Too big scale ", 1425},
	{"Display width out of range ", 1439}, {"Incorrect column specifier ", 1063}, {"Incorrect table definition; ", 1075},
	{"Duplicate key name ", 1061}, {"A table must have at least ", 1113}, {"You can't delete all columns ", 1090},
	{"Incorrect column name ", 1166}, {"Identifier name ", 1059}, {"Invalid ON UPDATE clause ", 1294}, {"Illegal set ", 1367},
	{"cannot truncate a table referenced ", 1701}, {"ROLLBACK TO SAVEPOINT can only ", 1305}, {"RELEASE SAVEPOINT can only ", 1305}, {"Incorrect index name ", 1280}, {"Number of partitions = ", 1504}, {"For RANGE partitions each ", 1492}, {"For LIST partitions each ", 1492},
	{"Only RANGE PARTITIONING can ", 1480}, {"Only LIST PARTITIONING can ", 1480}, {"Cannot have more than one value ", 1657},
	{"Wrong number of partitions ", 1484}, {"Incorrect usage of ", 1221},
	{"Cannot create temporary table with partitions", 1562}, {"Field in list of fields for partition ", 1488},
}

// mysqlErrorNumber is the number that MySQL gives an error of that SQLSTATE.
func mysqlErrorNumber(m *mysqlMessage) int {
	if strings.HasPrefix(m.Message, "partition ") && strings.Contains(m.Message, " would overlap partition ") {
		return 1495
	}
	for _, p := range definitionErrors {
		if strings.HasPrefix(m.Message, p.begins) {
			return p.number
		}
	}
	switch m.State {
	case pgerrcode.InvalidSavepointSpecification:
		return 1305
	case pgerrcode.SuccessfulCompletion:
		if strings.HasPrefix(m.Message, "table ") || strings.HasPrefix(m.Message, "view ") { // IF EXISTS
			return 1051
		}
	case pgerrcode.UndefinedTable:
		return 1146
	case pgerrcode.UndefinedColumn:
		return 1054
	case pgerrcode.SyntaxError:
		return 1064
	case pgerrcode.UniqueViolation:
		return 1062
	case pgerrcode.CollationMismatch:
		return 1267
	case pgerrcode.NotNullViolation:
		if strings.HasPrefix(m.Message, "Field ") {
			return 1364
		}
		return 1048
	case pgerrcode.NullValueNotAllowedDataException:
		return 1138
	case truncatedData:
		return 1265
	case pgerrcode.ForeignKeyViolation:
		return 1452
	case pgerrcode.CheckViolation:
		return 3819
	case pgerrcode.StringDataRightTruncationDataException:
		if strings.HasPrefix(m.Message, "Data truncated") { // in strict mode
			return 1265
		}
		return 1406
	case pgerrcode.NumericValueOutOfRange:
		return 1264
	case pgerrcode.DivisionByZero:
		return 1365
	case pgerrcode.InvalidTextRepresentation:
		return 1366
	case pgerrcode.InvalidDatetimeFormat, pgerrcode.DatetimeFieldOverflow:
		if strings.HasSuffix(m.Message, " for function str_to_date") {
			return 1411
		}
		return 1292
	case pgerrcode.DuplicateTable:
		return 1050
	case pgerrcode.DuplicateColumn:
		return 1060
	case pgerrcode.DuplicateSchema:
		return 1007
	case pgerrcode.InvalidSchemaName:
		return 1049
	case pgerrcode.UndefinedFunction:
		return 1305
	case pgerrcode.UndefinedObject:
		return 1091
	case pgerrcode.AmbiguousColumn:
		return 1052
	case pgerrcode.GroupingError:
		return 1055
	case pgerrcode.CardinalityViolation:
		return 1242
	case pgerrcode.DeadlockDetected, pgerrcode.SerializationFailure:
		return 1213
	case pgerrcode.LockNotAvailable:
		return 1205
	case pgerrcode.QueryCanceled:
		return 1317
	case pgerrcode.ReadOnlySQLTransaction:
		return 1792
	case pgerrcode.InsufficientPrivilege:
		return 1142
	case pgerrcode.FeatureNotSupported:
		return 1235
	}
	return 1105
}
