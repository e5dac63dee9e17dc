package syscat

import (
	_ "embed"
	"strings"
	"time"

	"github.com/loxodb/loxodb/sql/types"
)

// timezoneData lists the names of pg_timezone_names.
//
//go:embed data/timezones.txt
var timezoneData string

var _ = register("pg_catalog", map[string]generator{"pg_timezone_names": timezones, "pg_timezone_abbrevs": zoneAbbrevs})

// zoneAbbrevs shows the abbreviations of zones as they are now.
func zoneAbbrevs(r *rows) {
	for _, a := range types.ZoneAbbrevs(time.Now()) {
		r.text("abbrev", a.Name)
		r.set("utc_offset", types.MakeInterval(types.Interval{Micros: int64(a.Offset) * int64(time.Second/time.Microsecond)}))
		r.bool("is_dst", a.DST)
		if r.emit(); r.done() {
			return
		}
	}
}

// timezones shows each zone as it is now. A name that this host's zone database
// does not have is left out.
func timezones(r *rows) {
	now := time.Now()
	for name := range strings.Lines(timezoneData) {
		name = strings.TrimSpace(name)
		loc, err := types.LoadTimeZone(name)
		if err != nil {
			continue
		}
		at := now.In(loc)
		abbrev, offset := at.Zone()
		r.text("name", name)
		r.text("abbrev", abbrev)
		r.set("utc_offset", types.MakeInterval(types.Interval{Micros: int64(offset) * int64(time.Second/time.Microsecond)}))
		r.bool("is_dst", at.IsDST())
		r.emit()
		if r.done() {
			return
		}
	}
}
