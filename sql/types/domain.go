package types

// CheckDomain asks the session's catalog whether a value, NULL included, is one of a
// domain; 0 is no domain. Without a session there is nobody to ask: such values come from
// where they were checked.
func CheckDomain(domain OID, d Datum, f *Format) error {
	if domain == 0 || f == nil || f.Types == nil {
		return nil
	}
	return f.Types.CheckDomain(domain, d)
}

// HasDomains reports a type whose values have parts of domains: elements, attributes, or
// parts of those.
func HasDomains(oid OID, f *Format) bool {
	if oid < FirstTypeOID {
		return false
	}
	i := byOID(oid)
	if i == nil {
		return false
	}
	if i.IsArray {
		return Of(oid).ElemDomain() != 0 || HasDomains(i.Elem, f)
	}
	if i.Range != nil {
		return i.Range.Domain != 0 || HasDomains(i.Range.Elem, f)
	}
	c := CompositeOf(oid, f)
	if c == nil {
		return false
	}
	for k := range c.Fields {
		if x := &c.Fields[k]; !x.Dropped && (x.Domain != 0 || HasDomains(x.T.OID, f)) {
			return true
		}
	}
	return false
}

// CheckParts checks the parts of a value that are of domains.
func CheckParts(t T, d Datum, f *Format) error {
	if d.null || !HasDomains(t.OID, f) {
		return nil
	}
	if t.IsArray() {
		return checkElements(t, d, f)
	}
	if rt := RangeTypeOf(t.OID); rt != nil {
		return rt.checkBounds(rt.RangeOf(d), f)
	}
	if rt := MultirangeTypeOf(t.OID); rt != nil {
		for _, r := range rt.RangesOf(d) {
			if err := rt.checkBounds(r, f); err != nil {
				return err
			}
		}
		return nil
	}
	c := CompositeOf(t.OID, f)
	for k, v := range c.Split(d) {
		x := &c.Fields[k]
		if x.Dropped {
			continue
		}
		if err := CheckParts(x.T, v, f); err != nil {
			return err
		}
		if err := CheckDomain(x.Domain, v, f); err != nil {
			return err
		}
	}
	return nil
}

func (rt *RangeType) checkBounds(r Range, f *Format) error {
	for _, b := range []Bound{r.Lower, r.Upper} {
		if r.Empty || b.Infinite {
			continue
		}
		if err := CheckParts(rt.bound(), b.Val, f); err != nil {
			return err
		}
		if err := CheckDomain(rt.Domain, b.Val, f); err != nil {
			return err
		}
	}
	return nil
}

func checkElements(t T, d Datum, f *Format) error {
	elem, domain := t.Elem(), t.ElemDomain()
	for it := NewArrayIter(d); ; {
		v, ok := it.Next()
		if !ok {
			return nil
		}
		if err := CheckParts(elem, v, f); err != nil {
			return err
		}
		if err := CheckDomain(domain, v, f); err != nil {
			return err
		}
	}
}
