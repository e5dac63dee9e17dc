package sidecar

import "context"

// A range search measures every vector of a part, whatever structure lies over them:
// what a walk or the bounds of RaBitQ codes leave out would be missing from the answer.

// openRange covers the first n ordinals by all that is within the search's radius.
func (st *stream) openRange(s *searcher, p *part, n uint32) {
	st.bind(s, p, n, true)
	st.ranged, st.radius = true, s.radius
	st.cursor.Scanned, st.cursor.Exacts = 0, 0
}

// fillRange gets everything at its first call, nothing later.
func (st *stream) fillRange(ctx context.Context) (bool, error) {
	if st.cursor.Scanned > 0 {
		return false, nil
	}
	var err error
	var exacts int64
	st.buf, exacts, err = st.scorer.Within(ctx, st.vecs, 0, st.limit, st.radius, st.keep, st.buf)
	if err != nil {
		return false, err
	}
	st.cursor.Scanned, st.cursor.Exacts = int64(st.limit), exacts
	return len(st.buf) > 0, nil
}
