package expr

import (
	"testing"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Values and errors of pgvector 0.8.
func TestVectors(t *testing.T) {
	for _, x := range []struct{ sql, want string }{
		{"'[1,2,3]'::vector <-> '[1,2,5]'", "2"},
		{"'[3,4]'::vector <#> '[1,2]'", "-11"},
		{"'[1,0]'::vector <=> '[0,1]'", "1"},
		{"'[1,1]'::vector <=> '[1,1]'", "0"},
		{"'[0,0]'::vector <=> '[1,1]'", "NaN"},
		{"'[1,2]'::vector <+> '[3,-1]'", "5"},
		{"l2_distance('[0,0]'::vector, '[3,4]'::vector)", "5"},
		{"inner_product('[1,2]'::vector, '[3,4]'::vector)", "11"},
		{"cosine_distance('[1,0]'::vector, '[-1,0]'::vector)", "2"},
		{"l1_distance('[0,0]'::vector, '[3,4]'::vector)", "7"},
		{"vector_dims('[1,2,3]'::vector)", "3"},
		{"vector_norm('[3,4]'::vector)", "5"},
		{"l2_normalize('[3,4]'::vector)", "[0.6,0.8]"},
		{"l2_normalize('[0,0]'::vector)", "[0,0]"},
		{"binary_quantize('[1,0,-1,2]'::vector)", "1001"},
		{"subvector('[1,2,3,4,5]'::vector, 2, 3)", "[2,3,4]"},
		{"subvector('[1,2,3]'::vector, 0, 3)", "[1,2]"},
		{"subvector('[1,2,3]'::vector, 3, 9)", "[3]"},
		{"'[1,2]'::vector + '[3,4]'", "[4,6]"},
		{"'[1,2]'::vector - '[3,4]'", "[-2,-2]"},
		{"'[1,2]'::vector * '[3,4]'", "[3,8]"},
		{"'[1,2]'::vector || '[3]'", "[1,2,3]"},
		{"'[1,2]'::vector = '[1,2]'", "t"},
		{"'[1,2]'::vector < '[1,2,0]'", "t"},
		{"'[1,3]'::vector > '[1,2,9]'", "t"},
		{"array[1,2,3]::vector", "[1,2,3]"},
		{"array[1.5,2]::vector(2)", "[1.5,2]"},
		{"'[1,2]'::vector::float4[]", "{1,2}"},
		{"'[1,2]'::vector::text", "[1,2]"},
		{"'[1,2]'::vector(2)::vector", "[1,2]"},
	} {
		if got, err := evalText(x.sql); err != nil || got != x.want {
			t.Errorf("%s: got %s, %v; want %s", x.sql, got, err, x.want)
		}
	}
	for _, x := range []struct{ sql, code, msg string }{
		{"'[1,2,3]'::vector <-> '[1,2]'", "22000", "different vector dimensions 3 and 2"},
		{"'[1,2,3]'::vector + '[1,2]'", "22000", "different vector dimensions 3 and 2"},
		{"'[3e38]'::vector + '[3e38]'", "22003", "value out of range: overflow"},
		{"'[1e-30]'::vector * '[1e-30]'", "22003", "value out of range: underflow"},
		{"subvector('[1,2,3]'::vector, 4, 1)", "22000", "vector must have at least 1 dimension"},
		{"'[1,2]'::vector::vector(3)", "22000", "expected 3 dimensions, not 2"},
		{"'[1,2]' <-> '[3,4]'", "42725", "operator is not unique: unknown <-> unknown"},
		{"'[1,2]'::vector <-> 1", "42883", "operator does not exist: vector <-> integer"},
		{"array[1,null]::vector", "22004", "array must not contain nulls"},
	} {
		_, err := evalText(x.sql)
		e, ok := pgerr.As(err)
		if !ok || e.Code != x.code || e.Message != x.msg {
			t.Errorf("%s: %v; want %s %s", x.sql, err, x.code, x.msg)
		}
	}
}

func TestVectorAggregates(t *testing.T) {
	for _, x := range []struct{ name, array, want string }{
		{"avg", `{"[1,2]","[3,4]",NULL}`, "[2,3]"},
		{"sum", `{"[1,2]","[3,4]"}`, "[4,6]"},
		{"avg", `{}`, "NULL"},
	} {
		if got, err := runAgg(x.name, "vector", x.array); err != nil || got != x.want {
			t.Errorf("%s%s: %s, %v", x.name, x.array, got, err)
		}
	}
	_, err := runAgg("avg", "vector", `{"[1,2]","[3]"}`)
	if pgerr.Code(err) != "22000" {
		t.Errorf("mixed dimensions: %v", err)
	}
	_, err = runAgg("sum", "vector", `{"[3e38]","[3e38]"}`)
	if pgerr.Code(err) != "22003" {
		t.Errorf("overflow: %v", err)
	}
}

// Names and arguments of calls, beyond what the golden files cover.
func TestResolveFunc(t *testing.T) {
	i4, unknown := types.Int4OID, types.UnknownOID
	r, err := builtin.ResolveFunc("", "make_interval", []types.OID{i4, i4}, builtin.CallShape{Names: []string{"days", "years"}})
	if err != nil {
		t.Fatal(err)
	}
	// years, months, weeks, days: months and weeks keep their defaults
	if len(r.ArgOrder) != 4 || r.ArgOrder[0] != 1 || r.ArgOrder[1] != -1 || r.ArgOrder[3] != 0 {
		t.Errorf("order %v", r.ArgOrder)
	}
	if _, err := builtin.ResolveFunc("", "make_interval", []types.OID{i4}, builtin.CallShape{Names: []string{"dayz"}}); pgerr.Code(err) != "42883" {
		t.Errorf("unknown name: %v", err)
	}
	r, err = builtin.ResolveFunc("", "array_agg", []types.OID{types.TextOID}, builtin.CallShape{})
	if err != nil || r.Ret != types.TextArrayOID {
		t.Errorf("array_agg: %v %v", r, err)
	}
	r, err = builtin.ResolveFunc("", "json_build_object", []types.OID{unknown, i4}, builtin.CallShape{})
	if err != nil || !r.VariadicExpanded || r.ArgTypes[0] != unknown || r.Fn.Variadic != types.AnyOID {
		t.Errorf("json_build_object: %+v %v", r, err)
	}
	if _, err := builtin.ResolveFunc("public", "lower", []types.OID{types.TextOID}, builtin.CallShape{}); pgerr.Code(err) != "42883" {
		t.Errorf("wrong schema: %v", err)
	}
	if r, err := builtin.ResolveFunc("pg_catalog", "count", nil, builtin.CallShape{}); err != nil || r.Fn.Kind != 'a' {
		t.Errorf("count(*): %v", err)
	}
	if _, err := builtin.ResolveFunc("", "pg_lsn_larger", []types.OID{i4, i4}, builtin.CallShape{}); pgerr.Code(err) != "42883" {
		t.Errorf("unknown types are left out: %v", err)
	}
}

func TestCommonType(t *testing.T) {
	for _, x := range []struct {
		in   []types.OID
		want types.OID
		code string
	}{
		{[]types.OID{types.Int4OID, types.Int8OID}, types.Int8OID, ""},
		{[]types.OID{types.Int4OID, types.NumericOID, types.Float8OID}, types.Float8OID, ""},
		{[]types.OID{types.UnknownOID, types.UnknownOID}, types.TextOID, ""},
		{[]types.OID{types.UnknownOID, types.DateOID}, types.DateOID, ""},
		{[]types.OID{types.VarcharOID, types.TextOID}, types.VarcharOID, ""},
		{[]types.OID{types.DateOID, types.TimestamptzOID}, types.TimestamptzOID, ""},
		{[]types.OID{types.Int4OID, types.TextOID}, 0, "42804"},
	} {
		got, err := builtin.CommonType("UNION", x.in)
		if got != x.want || x.code != "" && pgerr.Code(err) != x.code {
			t.Errorf("%v: %d, %v", x.in, got, err)
		}
	}
}
