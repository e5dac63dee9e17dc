package types

import "time"

// Format is the session's way of reading and printing values: DateStyle,
// IntervalStyle, TimeZone, extra_float_digits, bytea_output, and the names
// behind OIDs for the reg* types.
type Format struct {
	TimeZone         *time.Location // never nil
	TimeZoneName     string
	DateStyle        DateStyle
	DateOrder        DateOrder
	IntervalStyle    IntervalStyle
	ExtraFloatDigits int
	ByteaEscape      bool
	// NullsAsText reads NULL in the text of an array as any other word (array_nulls off).
	NullsAsText bool
	// MySQLReals prints floating point numbers as MySQL does.
	MySQLReals bool
	// Now is the statement's transaction time, for 'now', 'today' and the like.
	Now time.Time
	// NowRead, if set, is made true by the reading of a value that depends on Now.
	NowRead *bool
	// Names resolves reg* types; nil prints and reads numbers only.
	Names Names
	// Interrupted, if set, is asked now and then by what takes long over one value: an
	// error, that the statement was cancelled or has no time left, ends it. It may be
	// called from several goroutines.
	Interrupted func() error
	// Types knows the session's own types; nil uses those of the committed catalog.
	Types UserTypes
}

// Names gives the reg* types their text forms: it is the catalog as this package sees it.
type Names interface {
	// RegOut is the display name of the object oid for the reg type t (regclass, regtype, …); ok false: unknown.
	RegOut(t, oid OID) (name string, ok bool)
	// RegIn finds an object by its (possibly qualified, quoted) name; the error is a *pgerr.Error (42P01, 42704, 42883…).
	RegIn(t OID, name string) (OID, error)
}

// DateStyle is the output half of the DateStyle setting.
type DateStyle uint8

const (
	DateISO DateStyle = iota
	DateSQL
	DatePostgres
	DateGerman
)

// DateOrder is the input half of the DateStyle setting.
type DateOrder uint8

const (
	OrderMDY DateOrder = iota
	OrderDMY
	OrderYMD
)

// IntervalStyle is the setting of that name.
type IntervalStyle uint8

const (
	IntervalPostgres IntervalStyle = iota
	IntervalPostgresVerbose
	IntervalSQLStandard
	IntervalISO8601
)

// DefaultFormat is a new session's: ISO, MDY, UTC.
var DefaultFormat = &Format{TimeZone: time.UTC, TimeZoneName: "UTC", ExtraFloatDigits: 1}

// now is Now in microseconds since 2000.
func (f *Format) now() int64 {
	if f.NowRead != nil {
		*f.NowRead = true
	}
	return f.Now.UnixMicro() - unixEpochSecs*usPerSec
}
