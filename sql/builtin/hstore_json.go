package builtin

import (
	"regexp"

	"github.com/loxodb/loxodb/sql/types"
)

// hstoreJSON registers the conversions to json and jsonb. The loose ones make numbers and
// truth values of what looks so.
func hstoreJSON(r *registrar) {
	for name, loose := range map[string]bool{"": false, "_loose": true} {
		r.eval("hstore_to_json"+name, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.Bytes(appendHstoreJSON(nil, a[0], loose)), nil
		})
		r.eval("hstore_to_jsonb"+name, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			b, err := types.ParseJSONB(nil, string(appendHstoreJSON(nil, a[0], loose)), nil)
			return types.Bytes(b), err
		})
	}
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func appendHstoreJSON(dst []byte, d types.Datum, loose bool) []byte {
	dst = append(dst, '{')
	for i, p := range types.Hstore(d) {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(types.AppendJSONString(dst, p.Key), ": "...)
		switch {
		case p.Value == nil:
			dst = append(dst, "null"...)
		case loose && string(p.Value) == "t":
			dst = append(dst, "true"...)
		case loose && string(p.Value) == "f":
			dst = append(dst, "false"...)
		case loose && jsonNumber.Match(p.Value):
			dst = append(dst, p.Value...)
		default:
			dst = types.AppendJSONString(dst, p.Value)
		}
	}
	return append(dst, '}')
}
