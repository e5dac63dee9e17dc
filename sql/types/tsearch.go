package types

import "github.com/loxodb/loxodb/sql/tsearch"

// TSVector is the value of a tsvector datum; it borrows the datum's memory.
func TSVector(d Datum) tsearch.Vector { return tsearch.DecodeVector(d.ref) }

// MakeTSVector makes a tsvector datum.
func MakeTSVector(v tsearch.Vector) Datum { return Bytes(v.Encode(nil)) }

// TSQuery is the value of a tsquery datum, nil for the empty one.
func TSQuery(d Datum) *tsearch.Node {
	n, err := tsearch.DecodeQuery(d.ref)
	if err != nil {
		return nil // no datum is so
	}
	return n
}

// MakeTSQuery makes a tsquery datum.
func MakeTSQuery(n *tsearch.Node) Datum { return Bytes(n.Encode(nil)) }

func parseTextSearch(oid OID, s string) (Datum, error) {
	if oid == TSVectorOID {
		v, err := tsearch.ParseVector(s)
		return MakeTSVector(v), err
	}
	n, err := tsearch.ParseQuery(s)
	return MakeTSQuery(n), err
}

func decodeTextSearch(oid OID, b []byte) (Datum, error) {
	var d Datum
	var words [][]byte
	if oid == TSVectorOID {
		v, err := tsearch.ReadVector(b)
		if err != nil {
			return Datum{}, err
		}
		for _, l := range v {
			words = append(words, l.Word)
		}
		d = MakeTSVector(v)
	} else {
		n, err := tsearch.DecodeQuery(b)
		if err != nil {
			return Datum{}, err
		}
		words = n.Words()
		d = Bytes(b)
	}
	for _, w := range words {
		if err := CheckUTF8(w); err != nil {
			return Datum{}, err
		}
	}
	return d, nil
}

// appendTextSearchKey appends bytes of the order of the type.
func appendTextSearchKey(dst []byte, oid OID, d Datum) []byte {
	if oid == TSVectorOID {
		return TSVector(d).AppendKey(dst)
	}
	return TSQuery(d).AppendKey(dst)
}
