package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
)

// signature is a row of pg_proc or pg_operator.
type signature struct {
	name     string // quoted where it must be
	kind     string // f function, a aggregate, w window, o operator
	set      bool   // returns a set
	variadic bool   // the last argument may repeat
	aggKind  string // n, o, h
	direct   int    // direct arguments of an ordered-set aggregate
	args     []string
	ret      string
	volatile bool
}

func (s *signature) String() string { return s.name + "(" + strings.Join(s.args, ",") + ")" }

// procedures lists pg_catalog's functions, aggregates and window functions.
func (g *generator) procedures(ctx context.Context) ([]*signature, error) {
	rows, err := g.rows(ctx, `SELECT quote_ident(proname), prokind, proretset, provariadic <> 0, coalesce(aggkind, ''), coalesce(aggnumdirectargs, 0),
		format_type(prorettype, NULL), provolatile = 'v', array_to_string(ARRAY(SELECT format_type(t, NULL) FROM unnest(proargtypes) WITH ORDINALITY u(t, n) ORDER BY n), ';')
		FROM pg_proc LEFT JOIN pg_aggregate ON aggfnoid = pg_proc.oid
		WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind <> 'p' ORDER BY proname COLLATE "C", pg_proc.oid`)
	if err != nil {
		return nil, err
	}
	var list []*signature
	for _, r := range rows {
		direct, err := strconv.Atoi(r[5])
		if err != nil {
			return nil, err
		}
		s := &signature{name: r[0], kind: r[1], set: r[2] == "t", variadic: r[3] == "t", aggKind: r[4], direct: direct, ret: r[6], volatile: r[7] == "t"}
		if r[8] != "" {
			s.args = strings.Split(r[8], ";")
		}
		list = append(list, s)
	}
	return list, nil
}

// unary says of a prefix operator's left side that there is none.
const unary = "-"

func (g *generator) operatorList(ctx context.Context) ([]*signature, error) {
	rows, err := g.rows(ctx, `SELECT oprname, format_type(nullif(oprleft, 0), NULL), format_type(oprright, NULL), format_type(oprresult, NULL)
		FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace ORDER BY oid`)
	if err != nil {
		return nil, err
	}
	var list []*signature
	for _, r := range rows {
		list = append(list, &signature{name: r[0], kind: "o", args: []string{cmpOr(r[1], unary), r[2]}, ret: r[3]})
	}
	return list, nil
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// resolved puts concrete types in the place of polymorphic ones; nil if the
// signature needs a type that is not wanted.
func (s *signature) resolved(variant int) []string {
	var args []string
	for _, a := range s.args {
		if c := concrete[a]; c != nil {
			a = c[variant%len(c)]
		}
		if a != unary && a != "record" && !wanted(a) {
			return nil
		}
		args = append(args, a)
	}
	if args == nil {
		args = []string{}
	}
	return args
}

// unfit are functions whose answer is each server's own, or that reach beyond the
// statement: server files, replication, statistics, sizes, processes.
var unfit = regexp.MustCompile(`^"?(now|version|transaction_timestamp|statement_timestamp|clock_timestamp|timeofday|` +
	`pg_(stat|ls|read|logical|replication|wal|walfile|backup|control|lock|safe|blocking|partition|relation|filenode|tablespace|` +
	`database|table|indexes|total|event|show|config|conf|hba|ident|timezone|prepared|cursor|available|extension|current|last|` +
	`my_temp|is_other|backend|postmaster|jit|isolation|nextoid|stop|get_shmem|get_backend|get_multixact|get_publication|get_replication|` +
	`get_wal|get_catalog_foreign|import|export|xact|snapshot|visible|cancel|terminate|reload|rotate|log_|advisory|try|promote|switch|create|drop|copy|` +
	`char_to_encoding$|collation_actual|mcv|trigger_depth|notification|listening|size_bytes).*|` +
	`inet_(server|client).*|txid_.*|lo_.*|lo(read|write|open|close|creat|unlink|import|export).*|binary_upgrade.*|` +
	`generate_series|currtid.*|row_security_active|has_database_privilege|uuid_.*|gen_random_uuid|` +
	`.*(sel|joinsel|support|handler|_xml.*|recv)|ts_.*|tsm_.*|jsonb?_populate.*|jsonb?_to_record.*|.*_accum|.*_accum_inv|.*_combine|.*_serialize|.*_deserialize|` +
	`.*(avg|sum|stddev|var)_(pop|samp)|interval_avg|numeric_avg|numeric_sum|numeric_poly.*|int8_(avg|sum)|float8_(regr|corr|covar|avg|var|stddev).*|range_.*_support|amvalidate|acldefault|aclexplode|` +
	`pg_get_(viewdef|ruledef|indexdef|triggerdef|constraintdef|functiondef|expr|statisticsobjdef.*|object_address|partkeydef.*)|pg_describe_object|pg_identify.*|int2int4_sum)"?$`)

// sized are functions whose integers say how much to make: small ones for them.
var sized = regexp.MustCompile(`^"?(repeat|lpad|rpad|array_fill|factorial|numeric_fac|format|overlay|setbit|numeric_pow|numeric_exp|exp|pow|power|shift.*|width_bucket|string_to_array|set_bit|set_byte|bit|varbit|bpchar|varchar|scale|numeric)"?$`)

var smallIntegers = []string{"-1", "0", "1", "2", "3", "5", "10"}

// argument is a value for one argument of a call.
func (s *signature) argument(r *rand.Rand, typ string) string {
	switch {
	case typ == "record":
		return pick(r, []string{"ROW(1, 'a'::text)", "ROW(2, 'b'::text)", "ROW(NULL::integer, 'a'::text)"})
	case sized.MatchString(s.name):
		switch typ {
		case "integer", "bigint", "smallint", "double precision", "numeric":
			return constant(pick(r, smallIntegers), typ)
		}
	}
	return literal(r, typ)
}

func (g *generator) operators(ctx context.Context) ([]*script, error) {
	list, err := g.operatorList(ctx)
	if err != nil {
		return nil, err
	}
	var b book
	for _, op := range list {
		r := g.random("operator " + op.String())
		for n := range 7 {
			args := op.resolved(n)
			if args == nil {
				break
			}
			right := op.argument(r, args[1])
			if args[0] == unary {
				b.add("operators", "operator "+op.name, fmt.Sprintf("SELECT %s %s", op.name, right))
				continue
			}
			left := op.argument(r, args[0])
			if op.name == "^" {
				left, right = constant(pick(r, smallIntegers), args[0]), constant(pick(r, smallIntegers), args[1])
			}
			b.add("operators", "operator "+op.name, fmt.Sprintf("SELECT %s %s %s", left, op.name, right))
		}
	}
	return b.list, nil
}

func (g *generator) functions(ctx context.Context) ([]*script, error) {
	list, err := g.procedures(ctx)
	if err != nil {
		return nil, err
	}
	var b book
	for _, f := range list {
		if f.kind != "f" || f.volatile || unfit.MatchString(f.name) || f.ret == "xml" || f.ret == "trigger" || f.ret == "internal" {
			continue
		}
		r := g.random("function " + f.String())
		for n := range min(5, 2*len(f.args)+1) {
			args := f.resolved(n)
			if args == nil {
				break
			}
			b.add("functions", strings.Trim(f.name, `"`), f.call(r, args))
		}
	}
	return b.list, nil
}

// call is a statement that calls a function once.
func (s *signature) call(r *rand.Rand, types []string) string {
	var args []string
	for i, t := range types {
		if i == len(types)-1 && s.variadic {
			if r.IntN(2) == 0 && strings.HasSuffix(t, "[]") {
				args = append(args, "VARIADIC "+literal(r, t))
				break
			}
			for range 1 + r.IntN(3) {
				args = append(args, s.argument(r, strings.TrimSuffix(t, "[]")))
			}
			break
		}
		args = append(args, s.argument(r, t))
	}
	call := s.name + "(" + strings.Join(args, ", ") + ")"
	if s.set {
		return "SELECT * FROM " + call + " LIMIT 30"
	}
	return "SELECT " + call
}

// aggregates calls aggregates over a few values with all that may stand around
// them, and window functions.
func (g *generator) aggregates(ctx context.Context) ([]*script, error) {
	list, err := g.procedures(ctx)
	if err != nil {
		return nil, err
	}
	var b book
	for _, a := range list {
		if a.kind != "a" && a.kind != "w" || strings.Contains(a.name, "xml") {
			continue
		}
		r := g.random("aggregate " + a.String())
		for n := range 6 {
			args := a.resolved(n)
			if args == nil {
				break
			}
			b.add("aggregates", strings.Trim(a.name, `"`), a.aggregate(r, n, args))
		}
	}
	return b.list, nil
}

// aggregate is a statement with an aggregate or window function over VALUES.
func (s *signature) aggregate(r *rand.Rand, n int, args []string) string {
	columns, calls := []string{"n"}, make([]string, len(args))
	for i := range args {
		columns = append(columns, fmt.Sprintf("x%d", i))
		calls[i] = columns[i+1]
	}
	var rows []string
	for row := range 6 {
		values := []string{strconv.Itoa(row)}
		for i, t := range args {
			v := literal(r, t)
			if t == "double precision" || t == "real" {
				v = constant(pick(r, []string{"1", "2", "-4", "0.5", "8"}), t) // sums that do not depend on their order
			}
			if s.kind == "w" && t == "integer" || i < s.direct && s.aggKind == "o" {
				v = constant(pick(r, []string{"0", "1", "0.5", "0.25"}), t)
				if t == "integer" {
					v = pick(r, []string{"1", "2"})
				}
			}
			values = append(values, v)
		}
		rows = append(rows, "("+strings.Join(values, ", ")+")")
	}
	from := fmt.Sprintf(" FROM (VALUES %s) v(%s)", strings.Join(rows, ", "), strings.Join(columns, ", "))
	inner := strings.Join(calls, ", ")
	if s.kind == "w" {
		return fmt.Sprintf("SELECT n, %s(%s) OVER (%s)%s ORDER BY n", s.name, inner, pick(r, []string{"ORDER BY n", "ORDER BY n DESC", "PARTITION BY n % 2 ORDER BY n", "ORDER BY n / 2"}), from)
	}
	if s.aggKind != "n" {
		within := "n"
		if s.direct < len(args) {
			within = strings.Join(calls[s.direct:], ", ")
		} else if len(args) > 0 {
			within = calls[0]
		}
		direct := ""
		if s.direct > 0 && len(calls) >= s.direct {
			var list []string
			for i := range s.direct {
				list = append(list, s.argumentOf(args[i], r))
			}
			direct = strings.Join(list, ", ")
		}
		return fmt.Sprintf("SELECT %s(%s) WITHIN GROUP (ORDER BY %s)%s", s.name, direct, within, from)
	}
	if inner == "" {
		inner = "*"
	}
	order := " ORDER BY n"
	call := s.name + "(" + inner + order + ")"
	if inner == "*" {
		call = s.name + "(*)"
	}
	switch n {
	case 0:
		return "SELECT " + call + from
	case 1:
		return "SELECT " + call + from + " WHERE false"
	case 2:
		return "SELECT n % 2, " + call + from + " GROUP BY 1 ORDER BY 1"
	case 3:
		return "SELECT " + call + " FILTER (WHERE n > 2)" + from
	case 4:
		if inner == "*" {
			return "SELECT n, " + s.name + "(*) OVER (ORDER BY n ROWS 1 PRECEDING)" + from + " ORDER BY n"
		}
		return fmt.Sprintf("SELECT n, %s(%s) OVER (ORDER BY n ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)%s ORDER BY n", s.name, inner, from)
	}
	if len(args) == 1 {
		return fmt.Sprintf("SELECT %s(DISTINCT %s)%s", s.name, inner, from)
	}
	return "SELECT " + call + from + " WHERE n = 1"
}

// argumentOf is a direct argument, which must not change from row to row.
func (s *signature) argumentOf(typ string, r *rand.Rand) string {
	if typ == "double precision" {
		return pick(r, []string{"0.5", "0", "1", "0.25", "1.5"})
	}
	if typ == "double precision[]" {
		return "ARRAY[0.25, 0.5, 0.75]"
	}
	return literal(r, typ)
}
