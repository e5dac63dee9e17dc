package types

// Elements is what the vector engine keeps of a datum of type oid: its bytes, of bit
// strings those behind their length.
func Elements(oid OID, d Datum) []byte {
	if oid == BitOID || oid == VarbitOID {
		_, data := BitsOf(d)
		return data
	}
	return d.Bytes()
}
