package define

import (
	"math"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/opclass"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// A storageOption is a parameter of WITH that a table may have: a boolean, one of the
// words, an integer or a number between bounds.
type storageOption struct {
	bool, toast, float bool
	words              string
	min, max           float64
}

// storageOptions are PostgreSQL's; they have no effect here but are kept.
var storageOptions = map[string]storageOption{
	"fillfactor":                            {min: 10, max: 100},
	"toast_tuple_target":                    {min: 128, max: 8160},
	"parallel_workers":                      {max: 1024},
	"user_catalog_table":                    {bool: true},
	"vacuum_truncate":                       {bool: true, toast: true},
	"vacuum_index_cleanup":                  {words: `"on", "off", and "auto"`, toast: true},
	"autovacuum_enabled":                    {bool: true, toast: true},
	"autovacuum_vacuum_threshold":           {max: math.MaxInt32, toast: true},
	"autovacuum_vacuum_insert_threshold":    {min: -1, max: math.MaxInt32, toast: true},
	"autovacuum_analyze_threshold":          {max: math.MaxInt32},
	"autovacuum_vacuum_cost_limit":          {min: 1, max: 10000, toast: true},
	"autovacuum_vacuum_cost_delay":          {float: true, max: 100, toast: true},
	"autovacuum_vacuum_scale_factor":        {float: true, max: 100, toast: true},
	"autovacuum_vacuum_insert_scale_factor": {float: true, max: 100, toast: true},
	"autovacuum_analyze_scale_factor":       {float: true, max: 100},
	"autovacuum_freeze_min_age":             {max: 1e9, toast: true},
	"autovacuum_freeze_max_age":             {min: 1e5, max: 2e9, toast: true},
	"autovacuum_freeze_table_age":           {max: 2e9, toast: true},
	"autovacuum_multixact_freeze_min_age":   {max: 1e9, toast: true},
	"autovacuum_multixact_freeze_max_age":   {min: 1e4, max: 2e9, toast: true},
	"autovacuum_multixact_freeze_table_age": {max: 2e9, toast: true},
	"log_autovacuum_min_duration":           {min: -1, max: math.MaxInt32, toast: true},
}

// checkStorage refuses parameters of a table that PostgreSQL does not know, and values
// that they cannot have. WITH (oids = false) is an old way to say nothing.
func checkStorage(with []ast.Option) error {
	bad := func(format string, args ...any) error {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, format, args...)
	}
	for i := range with {
		if n := with[i].Namespace; n != "" && n != "toast" {
			return bad("unrecognized parameter namespace %q", n)
		}
	}
	for _, toast := range []bool{false, true} {
		for i := range with {
			w := &with[i]
			if (w.Namespace == "toast") != toast {
				continue
			}
			if w.Name == "oids" && !toast {
				if on, ok := boolWord(optionValue(w)); ok && on {
					return pgerr.New(pgerrcode.FeatureNotSupported, "tables declared WITH OIDS are not supported")
				}
				continue
			}
			o, known := storageOptions[w.Name]
			if !known || toast && !o.toast {
				return bad("unrecognized parameter %q", w.Name)
			}
			if err := o.check(w.Name, optionValue(w)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *storageOption) check(name, v string) error {
	bad := func(format string, args ...any) *pgerr.Error {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, format, args...)
	}
	_, isBool := boolWord(v)
	number, err := strconv.ParseFloat(v, 64)
	whole, isInt := opclass.ParseInt(v)
	if !o.float && isInt {
		number = float64(whole)
	}
	switch {
	case o.bool:
		if !isBool {
			return bad("invalid value for boolean option %q: %s", name, v)
		}
		return nil
	case o.words != "":
		if !isBool && !strings.EqualFold(v, "auto") {
			return bad("invalid value for enum option %q: %s", name, v).WithDetail("Valid values are %s.", o.words)
		}
		return nil
	case o.float && err != nil:
		return bad("invalid value for floating point option %q: %s", name, v)
	case !o.float && !isInt:
		return bad("invalid value for integer option %q: %s", name, v)
	case number >= o.min && number <= o.max:
		return nil
	}
	e := bad("value %s out of bounds for option %q", v, name)
	if o.float {
		return e.WithDetail("Valid values are between \"%f\" and \"%f\".", o.min, o.max)
	}
	return e.WithDetail("Valid values are between \"%.0f\" and \"%.0f\".", o.min, o.max)
}

// boolWord reads a boolean as storage parameters have it.
func boolWord(s string) (on, ok bool) {
	s = strings.ToLower(s)
	for _, w := range []string{"true", "yes"} {
		if s != "" && strings.HasPrefix(w, s) {
			return true, true
		}
	}
	for _, w := range []string{"false", "no"} {
		if s != "" && strings.HasPrefix(w, s) {
			return false, true
		}
	}
	switch s {
	case "on", "1":
		return true, true
	case "of", "off", "0":
		return false, true
	}
	return false, false
}
