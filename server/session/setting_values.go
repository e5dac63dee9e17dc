package session

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/ident"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// canonical checks a value and gives it the form in which it is kept.
func (s *settings) canonical(d *setting, v string) (string, error) {
	if cutNames[d.name] {
		v = s.clipped(v)
	}
	switch d.name {
	case extraErrors, extraWarnings:
		return extraChecks(d, v)
	case "DateStyle":
		now, _ := s.get("datestyle")
		return canonicalDateStyle(now, v)
	case "client_encoding":
		e, err := clientEncoding(v)
		if err != nil {
			return "", err
		}
		if e == charset.UTF8 && v == "UNICODE" {
			return v, nil // what old drivers ask for, they look for in the answer
		}
		return e.Name(), nil
	case "application_name":
		return asciiName(v), nil
	case "search_path":
		if _, ok := splitNames(v); !ok {
			return "", d.invalid(v).WithDetail("List syntax is invalid.")
		}
		return v, nil
	case "TimeZone":
		if hours, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
			if !(math.Abs(hours) < 168) {
				return "", d.invalid(v).WithDetail("UTC timezone offset is out of range.")
			}
			_, v = types.FixedZone(int(hours * 3600)) // hours east of UTC
		}
		loc, err := types.LoadTimeZone(v)
		if err != nil {
			return "", d.invalid(v)
		}
		if name := loc.String(); strings.EqualFold(name, v) {
			return name, nil
		}
		return strings.ToUpper(v), nil // a zone of POSIX
	case "default_text_search_config":
		name, err := textConfig(v)
		switch {
		case err != nil:
			return "", err
		case name == "":
			return "", d.invalid(v)
		}
		return "pg_catalog." + name, nil
	case "default_table_access_method":
		if v == "" {
			return "", d.invalid(v).WithDetail("%s cannot be empty.", d.name)
		}
		if indexMethods[v] {
			return "", pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "access method %q is not of type TABLE", v)
		}
		if d.absent(v) != nil {
			return "", d.invalid(v).WithDetail("Table access method %q does not exist.", v)
		}
	case "default_tablespace":
		if d.absent(v) != nil {
			return "", d.invalid(v).WithDetail("Tablespace %q does not exist.", v)
		}
	case "temp_tablespaces":
		if _, ok := splitNames(v); !ok {
			return "", d.invalid(v).WithDetail("List syntax is invalid.")
		}
		if names := d.absent(v); names != nil {
			return "", pgerr.Newf(pgerrcode.UndefinedObject, "tablespace %q does not exist", names[0])
		}
	case "lc_messages", "lc_monetary", "lc_numeric", "lc_time":
		if !localeName.MatchString(v) || v == "" && d.name == "lc_messages" {
			return "", d.invalid(v)
		}
	case "wal_consistency_checking":
		words, ok := splitNames(v)
		if !ok {
			return "", d.invalid(v).WithDetail("List syntax is invalid.")
		}
		for _, word := range words {
			if !slices.Contains(checkedLogs, strings.ToLower(word)) {
				return "", d.invalid(v).WithDetail("Unrecognized key word: %q.", word)
			}
		}
	case "timezone_abbreviations":
		if v == "" {
			return "", pgerr.New(pgerrcode.InvalidParameterValue, "could not read time zone file \"\": Is a directory")
		}
		if !slices.Contains([]string{"Default", "Australia", "India"}, v) {
			return "", d.invalid(v)
		}
	case "restrict_nonsystem_relation_kind":
		words, ok := splitNames(v)
		if !ok {
			return "", d.invalid(v).WithDetail("List syntax is invalid.")
		}
		for _, word := range words {
			if word != "view" && word != "foreign-table" {
				return "", d.invalid(v).WithDetail("Unrecognized key word: %q.", word)
			}
		}
	case "backtrace_functions":
		if strings.Trim(v, "0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ, \n\t") != "" {
			return "", d.invalid(v).WithDetail("invalid character")
		}
	case "max_stack_depth":
		kb, err := d.number(v)
		if n, _ := strconv.Atoi(kb); n > mostStack {
			return "", pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid value for parameter %q: %d", d.name, n).
				WithDetail("%q must not exceed %dkB.", d.name, mostStack).
				WithHint("Increase the platform's stack depth limit via \"ulimit -s\" or local equivalent.")
		}
		return kb, err
	case "default_with_oids":
		if b, err := parseBool(v); err == nil && b {
			return "", pgerr.New(pgerrcode.FeatureNotSupported, "tables declared WITH OIDS are not supported")
		}
	}
	switch d.kind {
	case varBool:
		b, err := parseBool(v)
		if err != nil {
			return "", pgerr.Newf(pgerrcode.InvalidParameterValue, "parameter %q requires a Boolean value", d.name)
		}
		if b {
			return "on", nil
		}
		return "off", nil
	case varEnum:
		return d.choice(v)
	case varInt, varReal:
		return d.number(v)
	}
	return v, nil
}

// mostStack is how much stack max_stack_depth may name, in kB: of 8 MB, which a process has
// by default, what PostgreSQL allows. The setting changes nothing here.
const mostStack = 8192 - 512

// tablespaces are those that there are.
var tablespaces = map[string]bool{"pg_default": true, "pg_global": true}

// localeName is what a locale may be called; all of them format as C does.
var localeName = regexp.MustCompile(`^(C|POSIX|[a-z]{2,3}_[A-Z]{2})?([.@][0-9A-Za-z@-]+)?$`)

// choice finds an enum's value. Words that begin with ~ are accepted but not shown;
// ~a=b is another word for b.
func (d *setting) choice(v string) (string, error) {
	for _, e := range strings.Split(d.enum, ",") {
		word, means, other := strings.Cut(strings.TrimPrefix(e, "~"), "=")
		if !strings.EqualFold(word, v) {
			continue
		}
		if other {
			return means, nil
		}
		return word, nil
	}
	return "", d.invalid(v).WithHint("Available values: %s.", strings.Join(d.choices(), ", "))
}

// choices are the words of an enum that are shown.
func (d *setting) choices() []string {
	var shown []string
	for _, e := range strings.Split(d.enum, ",") {
		if word, _, _ := strings.Cut(e, "="); !strings.HasPrefix(e, "~") {
			shown = append(shown, word)
		}
	}
	return shown
}

// clipped cuts a name that is too long, and says so.
func (s *settings) clipped(v string) string {
	name := ident.Cut(v)
	if name != v && s.notice != nil {
		s.notice(ident.Notice(v))
	}
	return name
}

// asciiName replaces what is not printable ASCII, since application_name goes to
// logs and to clients of any encoding.
func asciiName(v string) string {
	b := []byte(v)
	for i, ch := range b {
		if ch < ' ' || ch > '~' {
			b[i] = '?'
		}
	}
	return string(b)
}

// clientEncoding finds the encoding that a client may ask for, by PostgreSQL's name for it.
func clientEncoding(v string) (*charset.Encoding, error) {
	e := charset.Lookup(v)
	switch {
	case e == nil:
		return nil, pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid value for parameter \"client_encoding\": %q", v)
	case e.Convertible():
		return e, nil
	case e.Name() == "MULE_INTERNAL": // PostgreSQL does not, either
		return nil, pgerr.Newf(pgerrcode.FeatureNotSupported, "invalid value for parameter \"client_encoding\": %q", v).
			WithDetail("Conversion between %s and %s is not supported.", e.Name(), charset.UTF8.Name())
	}
	return nil, pgerr.NotSupported(-1, "client encoding %q is not supported", v)
}

// canonicalDateStyle completes a list of key words: what they leave open stays as it is now.
func canonicalDateStyle(now, v string) (string, error) {
	invalid := func(detail string, args ...any) (string, error) {
		return "", pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid value for parameter \"DateStyle\": %q", v).WithDetail(detail, args...)
	}
	words, ok := splitNames(v)
	if !ok {
		return invalid("List syntax is invalid.")
	}
	oldStyle, oldOrder, _ := strings.Cut(now, ", ")
	style, order := "", ""
	conflict, german := false, false
	set := func(to *string, value string) {
		conflict = conflict || *to != "" && *to != value
		*to = value
	}
	for _, w := range words {
		switch u := strings.ToUpper(w); {
		case u == "ISO":
			set(&style, "ISO")
		case u == "SQL":
			set(&style, "SQL")
		case strings.HasPrefix(u, "POSTGRES"):
			set(&style, "Postgres")
		case u == "GERMAN":
			set(&style, "German")
			german = true
		case u == "MDY" || u == "US" || strings.HasPrefix(u, "NONEURO"):
			set(&order, "MDY")
		case u == "DMY" || strings.HasPrefix(u, "EURO"):
			set(&order, "DMY")
		case u == "YMD":
			set(&order, "YMD")
		case u == "DEFAULT":
			if oldStyle = "ISO"; order == "" {
				oldOrder = "MDY"
			}
		default:
			return invalid("Unrecognized key word: %q.", w)
		}
	}
	if conflict {
		return invalid("Conflicting \"datestyle\" specifications.")
	}
	if order == "" && german {
		order = "DMY"
	}
	if style == "" {
		style = oldStyle
	}
	if order == "" {
		order = oldOrder
	}
	return style + ", " + order, nil
}

func parseDateStyle(v string) (types.DateStyle, types.DateOrder) {
	style, order, _ := strings.Cut(v, ", ")
	styles := map[string]types.DateStyle{"ISO": types.DateISO, "SQL": types.DateSQL, "Postgres": types.DatePostgres, "German": types.DateGerman}
	orders := map[string]types.DateOrder{"MDY": types.OrderMDY, "DMY": types.OrderDMY, "YMD": types.OrderYMD}
	return styles[style], orders[order]
}

// checkedLogs are the words of wal_consistency_checking.
var checkedLogs = []string{"all", "heap2", "heap", "btree", "hash", "gin", "gist", "sequence", "spgist", "brin", "generic"}
