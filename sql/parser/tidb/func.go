package tidb

import (
	"strings"
	"sync"

	tast "github.com/pingcap/tidb/pkg/parser/ast"
	driver "github.com/pingcap/tidb/pkg/parser/test_driver"

	"github.com/loxodb/loxodb/sql/ast"
)

// ownFunc is a function of the schema mysql (see sql/builtin): how many arguments it
// takes, −1 for any number, and whether the result is a condition.
type ownFunc struct {
	min, max  int
	condition bool
}

// ownFuncList is "name min max", a ! after the name for conditions.
const ownFuncList = `
concat 1 -1,concat_ws 2 -1,length 1 1,char_length 1 1,bit_length 1 1,ascii 1 1,ord 1 1,lower 1 1,upper 1 1,left 2 2,right 2 2,
lpad 3 3,rpad 3 3,ltrim 1 1,rtrim 1 1,repeat 2 2,replace 3 3,reverse 1 1,space 1 1,substring 2 3,substring_index 3 3,
locate 2 3,instr 2 2,strcmp 2 2,field 2 -1,elt 2 -1,find_in_set 2 2,insert 4 4,format 2 3,hex 1 1,unhex 1 1,to_base64 1 1,
from_base64 1 1,quote 1 1,bin 1 1,oct 1 1,conv 3 3,md5 1 1,sha1 1 1,sha2 2 2,crc32 1 1,uuid 0 0,bin_to_uuid 1 2,uuid_to_bin 1 2,
is_uuid! 1 1,inet_aton 1 1,inet_ntoa 1 1,regexp_like! 2 3,regexp_replace 3 6,regexp_substr 2 5,regexp_instr 2 6,
abs 1 1,ceil 1 1,floor 1 1,round 1 2,truncate 2 2,sign 1 1,sqrt 1 1,pow 2 2,exp 1 1,ln 1 1,log 1 2,log2 1 1,log10 1 1,sin 1 1,
cos 1 1,tan 1 1,cot 1 1,asin 1 1,acos 1 1,atan 1 2,radians 1 1,degrees 1 1,pi 0 0,rand 0 1,bit_count 1 1,interval 2 -1,
now 0 1,sysdate 0 1,curdate 0 0,curtime 0 1,utc_timestamp 0 1,utc_date 0 0,utc_time 0 1,date 1 1,time 1 1,timestamp 1 2,
year 1 1,month 1 1,day 1 1,hour 1 1,minute 1 1,second 1 1,microsecond 1 1,quarter 1 1,week 1 2,yearweek 1 2,weekday 1 1,
dayofweek 1 1,dayofyear 1 1,dayname 1 1,monthname 1 1,last_day 1 1,to_days 1 1,from_days 1 1,makedate 2 2,maketime 3 3,
date_format 2 2,time_format 2 2,str_to_date 2 2,datediff 2 2,timediff 2 2,unix_timestamp 0 1,from_unixtime 1 2,sec_to_time 1 1,
time_to_sec 1 1,to_seconds 1 1,convert_tz 3 3,period_add 2 2,period_diff 2 2,
json_extract 2 -1,json_unquote 1 1,json_object 0 -1,json_array 0 -1,json_contains! 2 3,json_contains_path! 3 -1,json_length 1 2,
json_set 3 -1,json_insert 3 -1,json_replace 3 -1,json_remove 2 -1,json_keys 1 2,json_type 1 1,json_valid! 1 1,json_quote 1 1,
json_depth 1 1,json_pretty 1 1,json_merge_patch 2 -1,json_merge_preserve 2 -1,json_array_append 3 -1,json_overlaps! 2 2,
version 0 0,user 0 0,sleep 1 1,last_insert_id 0 1,row_count 0 0,found_rows 0 0,
inet6_aton 1 1,inet6_ntoa 1 1,is_ipv4! 1 1,is_ipv6! 1 1,is_ipv4_mapped! 1 1,is_ipv4_compat! 1 1,
aes_encrypt 2 2,aes_decrypt 2 2,compress 1 1,uncompress 1 1,uncompressed_length 1 1,random_bytes 1 1,soundex 1 1,
get_lock 2 2,release_lock 1 1,is_free_lock 1 1,is_used_lock 1 1,release_all_locks 0 0,addtime 2 2,subtime 2 2,
json_search 3 -1,json_value 2 2,json_array_insert 3 -1,json_memberof! 2 2,json_storage_size 1 1,json_storage_free 1 1,
make_set 2 -1,export_set 3 5,uuid_short 0 0,charset 1 1,collation 1 1,coercibility 1 1,format_bytes 1 1,format_pico_time 1 1,
format_nano_time 1 1,current_role 0 0,tidb_version 0 0`

// synonyms are other names of own functions.
var synonyms = map[string]string{
	"octet_length": "length", "character_length": "char_length", "lcase": "lower", "ucase": "upper", "substr": "substring",
	"mid": "substring", "insert_func": "insert", "sha": "sha1", "ceiling": "ceil", "power": "pow", "atan2": "atan",
	"current_timestamp": "now", "localtime": "now", "localtimestamp": "now", "current_date": "curdate", "current_time": "curtime",
	"dayofmonth": "day", "rlike": "regexp_like", "current_user": "user", "session_user": "user", "system_user": "user",
	"json_merge": "json_merge_preserve",
}

// ownFuncs are read from the list when they are first asked for.
var ownFuncs = sync.OnceValue(func() map[string]ownFunc {
	m := map[string]ownFunc{}
	for item := range strings.SplitSeq(ownFuncList, ",") {
		f := strings.Fields(item)
		name, condition := strings.CutSuffix(f[0], "!")
		m[name] = ownFunc{small(f[1]), small(f[2]), condition}
	}
	return m
})

func small(s string) int {
	if s == "-1" {
		return -1
	}
	return int(s[0] - '0')
}

// special converts the calls that are more than a call; registered by family.
var special = map[string]func(*conv, *tast.FuncCallExpr) (e ast.Expr, condition bool){}

func register(list map[string]func(*conv, *tast.FuncCallExpr) (ast.Expr, bool)) bool {
	for name, f := range list {
		special[name] = f
	}
	return true
}

// funcCall converts a call. What neither list knows is left to the functions of
// PostgreSQL, so that these can be called, too.
func (c *conv) funcCall(f *tast.FuncCallExpr) (e ast.Expr, condition bool) {
	name := f.FnName.L
	if f.Schema.L != "" {
		if f.Schema.L == "sys" && strings.HasPrefix(name, "ml_") { // HeatWave's functions that ask a model
			c.fail(f, "function sys.%s is not supported", strings.ToUpper(name))
		}
		return &ast.Func{At: c.at(f), Name: ast.QName{At: c.at(f), Schema: f.Schema.L, Name: name}, Args: c.exprs(f.Args)}, false
	}
	if conv, ok := special[name]; ok {
		return conv(c, f)
	}
	if s, ok := synonyms[name]; ok {
		name = s
	}
	spec, ok := ownFuncs()[name]
	if !ok {
		if mysqlOnly[name] || strings.HasPrefix(name, "st_") {
			c.fail(f, "function %s is not supported", strings.ToUpper(name))
		}
		return &ast.Func{At: c.at(f), Name: ast.QName{At: c.at(f), Name: name}, Args: c.exprs(f.Args)}, false
	}
	c.arity(f, spec.min, spec.max)
	if spec.max < 0 && len(f.Args) == 0 { // JSON_ARRAY and JSON_OBJECT of nothing
		return cast(text(c.at(f), map[string]string{"json_array": "[]", "json_object": "{}"}[name]), typed(c.at(f), "jsonb")), false
	}
	out := call(c.at(f), name)
	for _, a := range f.Args {
		e, truth := c.any(a)
		if truth && !documents[name] { // JSON has truth values
			e = number(e)
		}
		e = textual(e)
		if v := value(a); v != nil && v.Kind() == driver.KindBinaryLiteral { // the function says whether it takes a number
			e = bytea(c.at(a), v.GetBytes())
		}
		out.Args = append(out.Args, e)
	}
	if n, ok := c.fractionOf(f, name); ok {
		return n(out), false
	}
	return out, spec.condition
}

// mysqlOnly are the functions of MySQL and TiDB that are not there: PostgreSQL may have
// another one by the name, and none of them must be taken for unknown.
var mysqlOnly = setOf(`benchmark encode decode password old_password des_encrypt des_decrypt encrypt load_file weight_string
name_const json_schema_valid json_schema_validation_report json_sum_crc32 json_table translate
extractvalue updatexml validate_password_strength statement_digest statement_digest_text icu_version roles_graphml
gtid_subset gtid_subtract wait_for_executed_gtid_set wait_until_sql_thread_after_gtids master_pos_wait source_pos_wait
ps_current_thread_id ps_thread_id can_access_column can_access_database can_access_table can_access_user can_access_view
asymmetric_decrypt asymmetric_derive asymmetric_encrypt asymmetric_sign asymmetric_verify create_asymmetric_priv_key
create_asymmetric_pub_key create_dh_parameters create_digest mask_full mask_partial mask_null mask_date sm3 uuid_v4 uuid_v7
uuid_version uuid_timestamp vitess_hash tidb_shard tidb_row_checksum tidb_bounded_staleness tidb_parse_tso
tidb_parse_tso_logical tidb_current_tso tidb_is_ddl_owner tidb_decode_plan tidb_decode_binary_plan tidb_decode_sql_digests
tidb_encode_sql_digest tidb_decode_key tidb_decode_base64_key tidb_mvcc_info tidb_encode_record_key tidb_encode_index_key
current_resource_group fts_match_word fts_match_phrase fts_match_prefix embed_text vec_embed_cosine_distance vec_embed_l2_distance
vec_embed_l1_distance vec_embed_negative_inner_product point polygon geometrycollection geomcollection linestring multilinestring multipoint multipolygon
mbrcontains mbrcoveredby mbrcovers mbrdisjoint mbrequals mbrintersects mbroverlaps mbrtouches mbrwithin asymmetric_sign
internal_keys_disabled approx_percentile etag is_visible_dd_object`)

func setOf(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// arity refuses a wrong number of arguments as MySQL does.
func (c *conv) arity(f *tast.FuncCallExpr, least, most int) {
	if n := len(f.Args); n < least || most >= 0 && n > most {
		c.wrong(f, "Incorrect parameter count in the call to native function '%s'", strings.ToUpper(f.FnName.L))
	}
}

var _ = register(map[string]func(*conv, *tast.FuncCallExpr) (ast.Expr, bool){
	"if": func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		c.arity(f, 3, 3)
		out := &ast.Case{At: c.at(f), Whens: []ast.When{{Cond: c.cond(f.Args[0]), Result: c.expr(f.Args[1])}}, Else: c.expr(f.Args[2]), Mixed: c.mixes()}
		if c.viewed && allWords(out) {
			out.Mixed = false
		} else if !c.mixes() {
			unify(&out.Whens[0].Result, &out.Else)
		}
		return out, false
	},
	"ifnull": func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		c.arity(f, 2, 2)
		return c.coalesce(f), false
	},
	"coalesce": func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		c.arity(f, 1, -1)
		return c.coalesce(f), false
	},
	"nullif": func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		c.arity(f, 2, 2)
		return &ast.NullIf{At: c.at(f), Left: c.expr(f.Args[0]), Right: c.expr(f.Args[1]), Mixed: c.mixes()}, false
	},
	"isnull": func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		c.arity(f, 1, 1)
		return &ast.IsTest{At: c.at(f), X: textual(c.expr(f.Args[0])), What: ast.IsNull}, true
	},
	"greatest": func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) { return c.extreme(f, false), false },
	"least":    func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) { return c.extreme(f, true), false },
	"any_value": func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		c.arity(f, 1, 1)
		at := c.at(f)
		return &ast.Index{At: at, X: syscall(at, "array_agg", c.exprs(f.Args)...), Lo: integer(at, 1)}, false
	},
	"database":      currentSchema,
	"schema":        currentSchema,
	"connection_id": func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) { return syscall(c.at(f), "pg_backend_pid"), false },
	"position": func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		c.arity(f, 2, 2)
		return call(c.at(f), "locate", textual(c.expr(f.Args[0])), textual(c.expr(f.Args[1]))), false
	},
	"trim": func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		out := call(c.at(f), "trim", textual(c.expr(f.Args[0])))
		if len(f.Args) > 1 {
			out.Args = append(out.Args, textual(c.expr(f.Args[1])))
		}
		if len(f.Args) > 2 {
			switch f.Args[2].(*tast.TrimDirectionExpr).Direction {
			case tast.TrimLeading:
				out.Name.Name = "trim_leading"
			case tast.TrimTrailing:
				out.Name.Name = "trim_trailing"
			}
		}
		return out, false
	},
	"convert": func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) { // CONVERT(… USING …)
		cs, ok := stringOf(f.Args[1])
		if !ok {
			c.fail(f, "character set \"%s\" is not supported", cs)
		}
		x := textual(c.expr(f.Args[0]))
		if fold(cs) == "binary" {
			return call(c.at(f), "to_binary", x), false
		}
		return c.ofCharset(f, call(c.at(f), "cast_text", x), cs), false
	},
	"char_func": func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		args := f.Args[:len(f.Args)-1] // the last is the character set
		e := ast.Expr(call(c.at(f), "char", c.exprs(args)...))
		if cs, ok := stringOf(f.Args[len(f.Args)-1]); ok && fold(cs) != "binary" {
			return c.ofCharset(f, call(c.at(f), "cast_text", e), cs), false
		}
		return e, false
	},
	"mod": func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		c.arity(f, 2, 2)
		return call(c.at(f), "mod", textual(c.expr(f.Args[0])), textual(c.expr(f.Args[1]))), false
	},
})

func (c *conv) coalesce(f *tast.FuncCallExpr) ast.Expr {
	out := &ast.Coalesce{At: c.at(f), Args: c.exprs(f.Args), Mixed: c.mixes()}
	if c.mixes() {
		return out
	}
	refs := make([]*ast.Expr, len(out.Args))
	for i := range out.Args {
		refs[i] = &out.Args[i]
	}
	unify(refs...)
	return out
}

// unify gives alternatives of one value in a definition, which is written in PostgreSQL's
// words, a common type where one of them is a word:
// with a text, anything is a text in MySQL, but PostgreSQL would read the word as a
// value of the others' type. A string that looks like a number, a date or a document
// is left to be read as one.
func unify(alternatives ...*ast.Expr) {
	word := false
	for _, e := range alternatives {
		if l, ok := (*e).(*ast.Lit); ok && l.Kind == ast.LitString {
			word = word || l.Text == "" || strings.IndexByte("0123456789+-.[{", l.Text[0]) < 0
		}
	}
	if !word {
		return
	}
	for _, e := range alternatives {
		if l, ok := (*e).(*ast.Lit); *e == nil || ok && (l.Kind == ast.LitString || l.Kind == ast.LitNull) {
			continue
		}
		*e = call(ast.At{Pos: (*e).Position()}, "to_text", textual(*e))
	}
}

func currentSchema(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
	return syscall(c.at(f), "current_schema"), false
}

// extreme is GREATEST or LEAST, which are NULL when an argument is.
func (c *conv) extreme(f *tast.FuncCallExpr, least bool) ast.Expr {
	c.arity(f, 2, -1)
	at := c.at(f)
	args := c.exprs(f.Args)
	out := &ast.MinMax{At: at, Least: least, Args: args, Mixed: c.mixes()}
	nulls := &ast.BoolOp{At: at, Kind: ast.Or}
	for _, a := range args {
		if _, ok := a.(*ast.Lit); !ok {
			nulls.Args = append(nulls.Args, &ast.IsTest{At: at, X: textual(a), What: ast.IsNull})
		} else if a.(*ast.Lit).Kind == ast.LitNull {
			return null(at)
		}
	}
	switch len(nulls.Args) {
	case 0:
		return out
	case 1:
		return &ast.Case{At: at, Whens: []ast.When{{Cond: nulls.Args[0], Result: null(at)}}, Else: out, Mixed: c.mixes()}
	}
	return &ast.Case{At: at, Whens: []ast.When{{Cond: nulls, Result: null(at)}}, Else: out, Mixed: c.mixes()}
}
