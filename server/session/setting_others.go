package session

import (
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The parameters of PostgreSQL 15 that change nothing here, so that clients may
// show them, and set those that a session may set: a row a line, as pg_settings has
// them, boot_val for the default:
//
//	name vartype context unit min_val max_val enumvals boot_val category short_desc extra_desc
//
//go:embed settings.tsv
var otherSettings string

// definitions lists all parameters by name, in PostgreSQL's order.
var definitions = func() []setting {
	all := slices.Clone(own)
	for line := range strings.Lines(otherSettings) {
		all = append(all, parseSetting(strings.TrimSuffix(line, "\n")))
	}
	slices.SortFunc(all, func(a, b setting) int { return strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name)) })
	return all
}()

var vartypes = map[string]vartype{"bool": varBool, "integer": varInt, "real": varReal, "string": varString, "enum": varEnum}

// parseSetting reads a line of settings.tsv; a malformed one is a build error found
// by the package's tests.
func parseSetting(line string) setting {
	c := strings.Split(line, "\t")
	if len(c) != 11 {
		panic(fmt.Sprintf("session: %d columns in %q", len(c), line))
	}
	kind, ok := vartypes[c[1]]
	if !ok {
		panic(fmt.Sprintf("session: no type in %q", line))
	}
	d := setting{name: c[0], kind: kind, context: c[2], unit: c[3], enum: c[6], value: c[7], group: c[8], desc: c[9], extra: c[10]}
	for i, to := range []*float64{&d.min, &d.max} {
		if c[4+i] != "" {
			n, err := strconv.ParseFloat(c[4+i], 64)
			if err != nil {
				panic(fmt.Sprintf("session: %v in %q", err, line))
			}
			if c[4+i] == "1.79769e+308" { // how pg_settings shows the greatest float
				n = math.MaxFloat64
			}
			*to = n
		}
	}
	if d.name == "wal_compression" {
		d.enum = strings.Replace(d.enum, ",on", ",on=pglz", 1) + ",~true=pglz,~false=off,~yes=pglz,~no=off,~1=pglz,~0=off"
	} else if words := strings.Split(d.enum, ","); slices.Contains(words, "on") && slices.Contains(words, "off") {
		d.enum += ",~true=on,~false=off,~yes=on,~no=off,~1=on,~0=off"
	}
	return d
}

// quotedLists are lists of names, which are kept with quotes where they need them.
var quotedLists = map[string]bool{
	"search_path": true, "temp_tablespaces": true, "local_preload_libraries": true, "session_preload_libraries": true,
	"shared_preload_libraries": true, "output_plugin_libraries": true,
}

// plainLists are lists of other words, kept as they are written.
var plainLists = map[string]bool{
	"datestyle": true, "wal_consistency_checking": true, "log_destination": true, "listen_addresses": true,
	"unix_socket_directories": true, "synchronous_standby_names": true, "restrict_nonsystem_relation_kind": true,
}

// modeSettings are file permissions, which are shown as octal numbers.
var modeSettings = map[string]bool{"log_file_mode": true, "data_directory_mode": true, "unix_socket_permissions": true}
