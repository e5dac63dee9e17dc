package session

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/parser"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// byName finds a definition by its lower-case name.
var byName = func() map[string]*setting {
	m := map[string]*setting{}
	for i := range definitions {
		m[strings.ToLower(definitions[i].name)] = &definitions[i]
	}
	return m
}()

// settings are one session's parameter values. A change inside a transaction is
// remembered so that rollback undoes it.
type settings struct {
	start                              map[string]string // what RESET goes back to: defaults and start-up parameters
	values                             map[string]string // canonical text by lower-case name
	from                               map[string]Origin // where the values come from
	begun                              map[string]Origin // where those of start do
	undo                               []change          // of the running transaction, oldest first
	format                             types.Format
	client                             *charset.Encoding // nil when the client's text is UTF-8
	escapes                            parser.Escapes    // how literals are read
	changed                            map[string]bool   // reported parameters that may have to be sent
	sent                               map[string]string
	version                            int                // grows with every change
	modes                              bool               // the default transaction modes are not the usual ones
	mysql                              bool               // the dialect is MySQL's
	keysUnchecked                      bool               // MySQL's foreign_key_checks is off
	safeUpdates                        bool               // MySQL's sql_safe_updates is on
	notice                             func(*pgerr.Error) // takes what SET has to say
	statementTimeout, lockTimeout      time.Duration
	idleTxnTimeout, idleSessionTimeout time.Duration
	readTimeout                        time.Duration // MySQL's max_execution_time; 0 = none
}

// change remembers a value before it was set; local ones are undone at commit too.
type change struct {
	name  string
	value string
	had   bool
	from  Origin
	local bool
}

func newSettings(fixed map[string]Given) *settings {
	s := &settings{start: map[string]string{}, values: map[string]string{}, from: map[string]Origin{}, begun: map[string]Origin{}, changed: map[string]bool{}, sent: map[string]string{}}
	for i := range definitions {
		name := strings.ToLower(definitions[i].name)
		v := definitions[i].value
		if f, ok := fixed[name]; ok {
			v = f.Value
			s.begun[name], s.from[name] = f.From, f.From
		}
		s.start[name], s.values[name] = v, v
		if definitions[i].report {
			s.changed[name] = true
		}
	}
	s.format = *types.DefaultFormat
	s.escapes = parser.Escapes{Standard: true}
	return s
}

// get returns a parameter's stored value; custom a.b parameters included.
func (s *settings) get(name string) (string, bool) {
	v, ok := s.values[strings.ToLower(name)]
	return v, ok
}

// chosen is a number that the user has set; 0 when he has not.
func (s *settings) chosen(key string) float64 {
	if s.from[key] == FromDefault {
		return 0
	}
	v, _ := strconv.ParseFloat(s.values[key], 64)
	return v
}

// show is the value as SHOW prints it: with a unit.
func (s *settings) show(name string) (string, bool) {
	key := strings.ToLower(name)
	v, ok := s.values[key]
	if def := byName[key]; ok && def != nil {
		return def.shown(v), true
	}
	return v, ok
}

// shown is a value as SHOW prints it.
func (d *setting) shown(v string) string {
	switch {
	case d.kind == varBool: // planning asks for several of them
		return v
	case strings.HasPrefix(d.name, "tcp_"): // the kernel's numbers
		return v
	case d.name == "seed":
		return "unavailable"
	case d.kind == varInt && d.unit != "":
		return withUnit(v, d.unit)
	case d.kind == varReal && d.unit != "":
		return realWithUnit(v, d.unit)
	case modeSettings[d.name]:
		if n, err := strconv.Atoi(v); err == nil {
			return fmt.Sprintf("%04o", n)
		}
	case d.name == "archive_command" && v == "":
		return "(disabled)"
	}
	return v
}

// assign sets a parameter; local until the transaction's end. Errors are PostgreSQL's.
func (s *settings) assign(name, value string, local bool) error {
	key := strings.ToLower(name)
	def := byName[key]
	if def == nil {
		if err := checkCustom(name); err != nil {
			return err
		}
	} else {
		if err := def.changeable(); err != nil {
			return err
		}
		var err error
		if value, err = s.canonical(def.as(name), value); err != nil {
			return err
		}
	}
	return s.store(key, value, local, FromSession)
}

// userVariable is the prefix of the variables of MySQL's dialect (@x), which may change with
// each row: they are no part of transactions, and no plan depends on them.
const userVariable = "uservar."

func (s *settings) store(key, value string, local bool, from Origin) error {
	if strings.HasPrefix(key, userVariable) {
		s.values[key], s.from[key] = value, from
		return nil
	}
	old, had := s.values[key]
	s.undo = append(s.undo, change{key, old, had, s.from[key], local})
	s.put(key, value)
	s.from[key] = from
	return s.apply(key)
}

func (s *settings) put(key, value string) {
	if def := byName[key]; def != nil && def.report && s.values[key] != value {
		s.changed[key] = true
	}
	s.values[key] = value
	s.version++
}

// begin makes the values that were set since the session began those that RESET goes back to.
func (s *settings) begin(key string, from Origin) {
	key = strings.ToLower(key)
	s.start[key], s.begun[key], s.from[key] = s.values[key], from, from
}

// reset goes back to the session's start value.
func (s *settings) reset(name string, local bool) error {
	key := strings.ToLower(name)
	v, ok := s.start[key]
	if !ok {
		if _, custom := s.values[key]; custom {
			return s.store(key, "", local, FromDefault)
		}
		if err := checkCustom(name); err != nil {
			return err
		}
		return s.store(key, "", local, FromDefault) // PostgreSQL knows it from now on
	}
	if def := byName[key]; def != nil {
		if err := def.changeable(); err != nil {
			return err
		}
	}
	return s.store(key, v, local, s.begun[key])
}

func (s *settings) resetAll() {
	for key, v := range s.start {
		if def := byName[key]; s.from[key] != s.begun[key] && def != nil && def.changeable() == nil && !notReset[key] {
			_ = s.store(key, v, false, s.begun[key])
		}
	}
	for key, v := range s.values {
		if _, begun := s.start[key]; !begun && v != "" {
			_ = s.store(key, "", false, FromDefault)
		}
	}
}

// notReset are the settings that RESET ALL leaves alone.
var notReset = map[string]bool{
	"role": true, "session_authorization": true,
	"transaction_deferrable": true, "transaction_isolation": true, "transaction_read_only": true,
}

func unknownSetting(name string) error {
	return pgerr.Newf(pgerrcode.UndefinedObject, "unrecognized configuration parameter %q", name)
}

// checkCustom accepts a.b names of no known extension.
func checkCustom(name string) error {
	prefix, _, ok := strings.Cut(name, ".")
	if !ok {
		return unknownSetting(name)
	}
	if !customName.MatchString(name) {
		return pgerr.Newf("42602", "invalid configuration parameter name %q", name).
			WithDetail("Custom parameter names must be two or more simple identifiers separated by dots.")
	}
	switch strings.ToLower(prefix) {
	case "hnsw", "ivfflat", "loxodb", "plpgsql":
		return pgerr.Newf("42602", "invalid configuration parameter name %q", name).
			WithDetail("%q is a reserved prefix.", prefix)
	}
	return nil
}

// customName is what a parameter of nobody known may be called.
var customName = regexp.MustCompile(`^[A-Za-z_\x{80}-\x{10FFFF}][A-Za-z0-9_$\x{80}-\x{10FFFF}]*(\.[A-Za-z_\x{80}-\x{10FFFF}][A-Za-z0-9_$\x{80}-\x{10FFFF}]*)+$`)

func (d *setting) changeable() error {
	switch d.context {
	case "internal":
		return pgerr.Newf(pgerrcode.CantChangeRuntimeParam, "parameter %q cannot be changed", d.name)
	case "postmaster":
		return pgerr.Newf(pgerrcode.CantChangeRuntimeParam, "parameter %q cannot be changed without restarting the server", d.name)
	case "backend", "superuser-backend":
		return pgerr.Newf(pgerrcode.CantChangeRuntimeParam, "parameter %q cannot be set after connection start", d.name)
	case "sighup":
		return pgerr.Newf(pgerrcode.CantChangeRuntimeParam, "parameter %q cannot be changed now", d.name)
	}
	return nil
}

// rollbackTo undoes changes made after a position in the undo log.
func (s *settings) rollbackTo(at int) {
	for i := len(s.undo) - 1; i >= at; i-- {
		s.revert(s.undo[i])
	}
	s.undo = s.undo[:at]
}

// end finishes a transaction: local changes go, others stay when committed.
func (s *settings) end(committed bool) {
	if !committed {
		s.rollbackTo(0)
		return
	}
	// A later SET of the same name without LOCAL wins over an earlier SET LOCAL.
	kept := map[string]bool{}
	for i := len(s.undo) - 1; i >= 0; i-- {
		c := s.undo[i]
		switch {
		case !c.local:
			kept[c.name] = true
		case !kept[c.name]:
			s.revert(c)
		}
	}
	s.undo = s.undo[:0]
}

func (s *settings) revert(c change) {
	if !c.had { // once named, it is known for the rest of the session
		s.put(c.name, "")
	} else {
		s.put(c.name, c.value)
	}
	s.from[c.name] = c.from
	_ = s.apply(c.name)
}

// apply carries a value over into what reads it.
func (s *settings) apply(key string) error {
	v := s.values[key]
	f := &s.format
	switch key {
	case "timezone":
		loc, err := types.LoadTimeZone(v)
		if err != nil {
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid value for parameter \"TimeZone\": %q", v)
		}
		f.TimeZone, f.TimeZoneName = loc, v
	case "datestyle":
		f.DateStyle, f.DateOrder = parseDateStyle(v)
	case "client_encoding":
		if s.client = charset.Lookup(v); s.client.Plain() {
			s.client = nil
		}
		s.escapes = s.readEscapes()
	case "standard_conforming_strings", "escape_string_warning", "backslash_quote":
		s.escapes = s.readEscapes()
	case "intervalstyle":
		f.IntervalStyle = intervalStyles[v]
	case "extra_float_digits":
		f.ExtraFloatDigits, _ = strconv.Atoi(v)
	case "array_nulls":
		f.NullsAsText = v == "off"
	case "bytea_output":
		f.ByteaEscape = v == "escape"
	case "statement_timeout":
		s.statementTimeout = milliseconds(v)
	case "mysql.max_execution_time":
		s.readTimeout = milliseconds(v)
	case "mysql.sql_safe_updates":
		s.safeUpdates = v != "" && !switchedOff(v)
	case "mysql.foreign_key_checks":
		s.keysUnchecked = switchedOff(v)
	case "lock_timeout":
		s.lockTimeout = milliseconds(v)
	case "idle_in_transaction_session_timeout":
		s.idleTxnTimeout = milliseconds(v)
	case "default_transaction_isolation", "default_transaction_read_only", "default_transaction_deferrable":
		iso := s.values["default_transaction_isolation"]
		s.modes = s.values["default_transaction_read_only"] == "on" || s.values["default_transaction_deferrable"] == "on" ||
			iso == "repeatable read" || iso == "serializable"
	case "sql_dialect":
		s.mysql = v != "postgres"
		f.MySQLReals = s.mysql
	case "idle_session_timeout":
		s.idleSessionTimeout = milliseconds(v)
	}
	return nil
}

var intervalStyles = map[string]types.IntervalStyle{
	"postgres": types.IntervalPostgres, "postgres_verbose": types.IntervalPostgresVerbose,
	"sql_standard": types.IntervalSQLStandard, "iso_8601": types.IntervalISO8601,
}

// readEscapes is how literals are read by the settings.
func (s *settings) readEscapes() parser.Escapes {
	quote := s.values["backslash_quote"]
	return parser.Escapes{
		Standard: s.values["standard_conforming_strings"] != "off",
		Warn:     s.values["escape_string_warning"] != "off",
		NoQuotes: quote == "off" || quote == "safe_encoding" && s.client != nil && s.client.ClientOnly(),
	}
}

// plainEscapes says that literals are read as the grammar reads them.
func (s *settings) plainEscapes() bool { return s.escapes.Standard && !s.escapes.NoQuotes }

func (d *setting) invalid(v string) *pgerr.Error {
	name := d.name
	if d.kind == varEnum && d.said != "" { // PostgreSQL names these as the statement does
		name = d.said
	}
	return pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid value for parameter %q: %q", name, v)
}

// as is the definition for a statement that calls it by a name in any case.
func (d *setting) as(name string) *setting {
	c := *d
	c.said = name
	return &c
}

// milliseconds is the value of a time parameter kept in that unit.
func milliseconds(v string) time.Duration {
	ms, _ := strconv.ParseInt(v, 10, 64)
	return time.Duration(ms) * time.Millisecond
}

func (s *settings) bool(name string) bool {
	v, _ := s.get(name)
	return v == "on"
}

// leave ends a function with settings of its own, which began at a place in the undo log:
// what was set LOCAL since then goes, and what a SET without it has changed stays.
func (s *settings) leave(at int) {
	if at > len(s.undo) { // a rollback has been here
		return
	}
	kept := map[string]bool{}
	for i := len(s.undo) - 1; i >= at; i-- {
		c := s.undo[i]
		switch {
		case !c.local:
			kept[c.name] = true
		case !kept[c.name]:
			s.revert(c)
		}
	}
	s.undo = append(s.undo[:at], slices.DeleteFunc(slices.Clone(s.undo[at:]), func(c change) bool { return !kept[c.name] })...)
}
