package builtin

import (
	"strings"
	"sync"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// rowTypes numbers the shapes of whole rows: as in PostgreSQL the type modifier
// of a record says which column names it has. Numbers are never reused, because
// cached plans hold them.
var rowTypes struct {
	sync.RWMutex
	number map[string]int32
	names  [][]string
}

// maxRowTypes bounds the shapes that one process can remember.
const maxRowTypes = 1 << 20

// RowType is the record type whose columns have the given names, for a table or
// subquery used as a value; ROW(…) has no names and is plain record. The slice is kept.
func RowType(names []string) (types.T, error) {
	key := strings.Join(names, "\x00")
	rowTypes.Lock()
	defer rowTypes.Unlock()
	n, ok := rowTypes.number[key]
	if !ok {
		if len(rowTypes.names) >= maxRowTypes {
			return types.T{}, pgerr.New(pgerrcode.ProgramLimitExceeded, "too many different row types")
		}
		if rowTypes.number == nil {
			rowTypes.number = map[string]int32{}
		}
		n = int32(len(rowTypes.names))
		rowTypes.number[key] = n
		rowTypes.names = append(rowTypes.names, names)
	}
	return types.T{OID: types.RecordOID, Mod: n}, nil
}

// RowNames are the column names that RowType was given, nil for other types.
func RowNames(t types.T) []string {
	if t.OID != types.RecordOID || t.Mod < 0 {
		return nil
	}
	rowTypes.RLock()
	defer rowTypes.RUnlock()
	if int(t.Mod) >= len(rowTypes.names) {
		return nil
	}
	return rowTypes.names[t.Mod]
}
