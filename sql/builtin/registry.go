package builtin

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/loxodb/loxodb/sql/types"
)

// The signatures of PostgreSQL 15, one row a line, tab-separated (catalog.sql
// says how they were read), and those of the vector extension in the same form:
//
//	pg_proc:      oid name key flags ret variadic defaults args allargs modes names
//	pg_operator:  oid name left right ret func commutator negator commutes strategy merge+hash restrict join
//	pg_cast:      oid source target func context method
//	pg_aggregate: oid kind directargs transfn finalfn transtype transspace initval sortop combinefn
//
// key is pg_proc.prosrc of internal functions: the name under which a family
// registers its code. Aggregates and SQL-language functions have none; their key
// is name(argument type names). flags are kind, strict (s), volatility, set (r).
var (
	//go:embed pg_proc.tsv
	procTable string
	//go:embed pg_operator.tsv
	operatorTable string
	//go:embed pg_cast.tsv
	castTable string
	//go:embed pg_aggregate.tsv
	aggregateTable string
	//go:embed vector.tsv
	vectorProcTable string
	//go:embed uuid_ossp.tsv
	uuidProcTable string
	//go:embed vector_operator.tsv
	vectorOperatorTable string
	//go:embed vector_cast.tsv
	vectorCastTable string
	//go:embed vector_aggregate.tsv
	vectorAggregateTable string
)

// library is everything that exists, immutable after load.
type library struct {
	funcs     []*Func
	funcName  map[string][]*Func
	funcOID   map[types.OID]*Func
	ops       []*Operator
	opName    map[string][]*Operator
	opOID     map[types.OID]*Operator
	casts     []*Cast
	castTypes map[[2]types.OID]*Cast
	aggs      []*Aggregate
	unused    []string // keys registered by code that no signature has
}

// lib loads the library at first use. It is set in init because functions that
// print other functions look them up in it.
var lib func() *library

func init() { lib = sync.OnceValue(load) }

// families is the one place that lists the code: add a family here, a function
// in its family's file.
var families = []func(*registrar){
	// numbers, text, patterns
	compareFuncs, intFuncs, floatFuncs, numericFuncs, boolFuncs, textFuncs, likeFuncs, regexFuncs,
	formatFuncs, unicodeFuncs, byteaFuncs, bitFuncs, hashFunctions, typeHashFuncs, uuidFuncs, counterFuncs, inetFuncs, supportFuncs,
	// date and time
	datetimeFuncs, intervalFuncs, inRangeFuncs, toCharFuncs,
	// composite values
	arrayFuncs, enumFuncs, rangeFuncs, seriesFuncs, jsonFuncs, jsonSetFuncs, jsonRecords, jsonPathFuncs, tsearchFuncs, vectorFuncs, geometryFuncs,
	// the system
	sysinfoFuncs, systemMore, statistics, systemRows, definitionFuncs, identityFuncs, privilegeFuncs, sessionFuncs, snapshotFuncs, sequenceFuncs,
	// extensions
	citextFuncs, pgcryptoFuncs, hstoreFuncs, trgmFuncs,
	// aggregates
	countAggs, sumAggs, minmaxAggs, boolAggs, collectAggs, statAggs, orderedAggs, vectorAggs, jsonAggs, rangeAggs,
}

// registrar collects the code of the families by key.
type registrar struct {
	code map[string]*code
}

type code struct {
	eval   Eval
	kernel Kernel
	rows   Rows
	agg    NewAgg
	longer Longer
	swells int64
	used   bool
}

func (r *registrar) add(key string, c code) {
	if _, dup := r.code[key]; dup {
		panic("builtin: two functions registered as " + key)
	}
	r.code[key] = &c
}

func (r *registrar) eval(key string, f Eval)     { r.add(key, code{eval: f}) }
func (r *registrar) kernel(key string, f Kernel) { r.add(key, code{kernel: f}) }
func (r *registrar) rows(key string, f Rows)     { r.add(key, code{rows: f}) }
func (r *registrar) agg(key string, f NewAgg)    { r.add(key, code{agg: f}) }

// evals registers the same code under several keys.
func (r *registrar) evals(f Eval, keys ...string) {
	for _, k := range keys {
		r.eval(k, f)
	}
}

func load() *library {
	r := &registrar{code: map[string]*code{}}
	for _, f := range families {
		f(r)
	}
	l := &library{
		funcName: map[string][]*Func{}, funcOID: map[types.OID]*Func{},
		opName: map[string][]*Operator{}, opOID: map[types.OID]*Operator{},
		castTypes: map[[2]types.OID]*Cast{},
	}
	l.loadFuncs(r, procTable, "pg_catalog")
	for _, f := range l.loadFuncs(r, vectorProcTable, extensionHome) {
		f.Extension = "vector"
	}
	for _, f := range l.loadFuncs(r, uuidProcTable, extensionHome) {
		f.Extension = "uuid-ossp"
	}
	l.loadOperators(operatorTable, "pg_catalog")
	l.loadOperators(vectorOperatorTable, extensionHome)
	for _, o := range l.ops {
		if o.Schema == extensionHome {
			o.Extension = "vector"
		}
	}
	l.loadCasts(castTable)
	l.loadCasts(vectorCastTable)
	l.loadAggregates(aggregateTable)
	l.loadAggregates(vectorAggregateTable)
	l.loadExtensions(r)
	l.loadMySQL()
	for k, c := range r.code {
		if !c.used {
			l.unused = append(l.unused, k)
		}
	}
	return l
}

// eachRow splits an embedded table; a malformed one is a build error found by
// the package's tests.
func eachRow(table string, columns int, f func(c []string)) {
	for line := range strings.Lines(table) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			continue
		}
		c := strings.Split(line, "\t")
		if len(c) != columns {
			panic(fmt.Sprintf("builtin: %d columns in %q", len(c), line))
		}
		f(c)
	}
}

func oid(s string) types.OID {
	v, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		panic("builtin: bad oid " + s)
	}
	return types.OID(v)
}

func oids(s string) []types.OID {
	var l []types.OID
	for f := range strings.FieldsSeq(s) {
		l = append(l, oid(f))
	}
	return l
}

func (l *library) loadFuncs(r *registrar, table, schema string) []*Func {
	first := len(l.funcs)
	eachRow(table, 11, func(c []string) { l.loadFunc(r, c, schema) })
	return l.funcs[first:]
}

func (l *library) loadFunc(r *registrar, c []string, schema string) *Func {
	f := &Func{
		OID: oid(c[0]), Schema: schema, Name: c[1], Src: c[2],
		Kind: c[3][0], Strict: c[3][1] == 's', Volatility: c[3][2], RetSet: c[3][3] == 'r',
		Ret: oid(c[4]), Variadic: oid(c[5]), Defaults: int(oid(c[6])), Args: oids(c[7]),
	}
	if f.Src == "" {
		f.Src = f.Signature()
	}
	if strings.HasPrefix(f.Name, "_pg_") {
		f.Schema = "information_schema"
	}
	f.setModes(oids(c[8]), c[9], c[10])
	if x := r.code[f.Src]; x != nil {
		f.Eval, f.Kernel, f.Rows, f.Agg, f.longer, f.swells = x.eval, x.kernel, x.rows, x.agg, x.longer, x.swells
		x.used = true
		decodeEscapes(f)
	}
	l.funcs = append(l.funcs, f)
	l.funcName[f.Name] = append(l.funcName[f.Name], f)
	l.funcOID[f.OID] = f
	return f
}

// setModes splits pg_proc's all-argument arrays into input and output columns.
func (f *Func) setModes(all []types.OID, modes, names string) {
	nameOf := strings.Split(names, " ")
	for i := range max(len(all), len(f.Args)) {
		name := ""
		if names != "" && i < len(nameOf) {
			name = nameOf[i]
		}
		mode := byte('i')
		if i < len(modes) {
			mode = modes[i]
		}
		if (mode == 'i' || mode == 'v' || mode == 'b') && names != "" {
			f.ArgNames = append(f.ArgNames, name)
		}
		if mode == 'o' || mode == 't' || mode == 'b' {
			f.OutNames = append(f.OutNames, name)
			f.OutTypes = append(f.OutTypes, all[i])
		}
	}
}

// Signature is name(type,type) with pg_type names: the key of aggregates and of
// functions that PostgreSQL writes in SQL.
func (f *Func) Signature() string {
	b := []byte(f.Name)
	b = append(b, '(')
	for i, a := range f.Args {
		if i > 0 {
			b = append(b, ',')
		}
		if t := types.Lookup(a); t != nil {
			b = append(b, t.Name...)
		}
	}
	return string(append(b, ')'))
}

// Implemented reports that there is code behind the signature. Window functions
// are the executor's.
func (f *Func) Implemented() bool {
	return f.Eval != nil || f.Kernel != nil || f.Rows != nil || f.Agg != nil || f.Kind == 'w'
}

func (l *library) loadOperators(table, schema string) {
	eachRow(table, 13, func(c []string) { l.loadOperator(c, schema) })
}

// loadOperator is nil for an operator whose function has types that do not exist here.
func (l *library) loadOperator(c []string, schema string) *Operator {
	o := &Operator{
		OID: oid(c[0]), Schema: schema, Name: c[1], Left: oid(c[2]), Right: oid(c[3]), Ret: oid(c[4]),
		Func: l.funcOID[oid(c[5])], Commutator: c[6], Negator: c[7], Commutes: c[8] == "t",
		Strategy: int(oid(c[9])), Merges: c[10][0] == 't', Hashes: c[10][1] == 't',
		Restrict: c[11], Join: c[12],
	}
	if o.Func == nil {
		return nil
	}
	l.ops = append(l.ops, o)
	l.opName[o.Name] = append(l.opName[o.Name], o)
	l.opOID[o.OID] = o
	return o
}

func (l *library) loadCasts(table string) { eachRow(table, 6, l.loadCast) }

func (l *library) loadCast(c []string) {
	x := &Cast{
		OID: oid(c[0]), Source: oid(c[1]), Target: oid(c[2]), Func: l.funcOID[oid(c[3])],
		Context: Context(c[4][0]), Method: c[5][0],
	}
	l.casts = append(l.casts, x)
	l.castTypes[[2]types.OID{x.Source, x.Target}] = x
}

func (l *library) loadAggregates(table string) { eachRow(table, 10, l.loadAggregate) }

func (l *library) loadAggregate(c []string) {
	f := l.funcOID[oid(c[0])]
	if f == nil {
		return
	}
	f.AggKind = c[1][0]
	f.DirectArgs = int(oid(c[2]))
	l.aggs = append(l.aggs, &Aggregate{
		Func: f, Kind: c[1][0], DirectArgs: f.DirectArgs, TransFn: c[3], FinalFn: c[4],
		TransType: oid(c[5]), TransSpace: int(oid(c[6])), InitVal: c[7], SortOp: oid(c[8]), CombineFn: c[9],
	})
}

// Functions lists the overloads of a name in a schema; "" searches pg_catalog
// and public. The slice must not be changed.
func Functions(schema, name string) []*Func {
	all := lib().funcName[name]
	if schema == "" {
		return inSchema(all, func(f *Func) bool { return f.Schema != "information_schema" && f.Schema != MySQLSchema })
	}
	return inSchema(all, func(f *Func) bool { return f.Schema == schema })
}

// Operators lists the operators of a name, those of every schema. The slice must not be changed.
func Operators(name string) []*Operator { return lib().opName[name] }

func inSchema[V any](all []V, in func(V) bool) []V {
	for i := range all {
		if !in(all[i]) {
			var l []V
			for _, x := range all {
				if in(x) {
					l = append(l, x)
				}
			}
			return l
		}
	}
	return all
}

// FuncByOID finds a function, nil when unknown.
func FuncByOID(id types.OID) *Func { return lib().funcOID[id] }

// OperatorByOID finds an operator, nil when unknown.
func OperatorByOID(id types.OID) *Operator { return lib().opOID[id] }

// AllFunctions, AllOperators, AllCasts and AllAggregates list everything in OID
// order, for the system catalog. The slices must not be changed.
func AllFunctions() []*Func       { return lib().funcs }
func AllOperators() []*Operator   { return lib().ops }
func AllCasts() []*Cast           { return lib().casts }
func AllAggregates() []*Aggregate { return lib().aggs }

// ExactOperator finds the operator with exactly these argument types, nil if none.
func ExactOperator(name string, left, right types.OID) *Operator {
	for _, o := range lib().opName[name] {
		if o.Left == left && o.Right == right {
			return o
		}
	}
	return nil
}
