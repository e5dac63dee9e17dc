package rowcodec

// EachBytes calls each with the values of a stored row that are bytes; they are the
// row's own and may be changed, but not in length.
func (l *Layout) EachBytes(row []byte, each func(col int, val []byte)) error {
	n, bitmap, p, err := columnsOf(row)
	if err != nil || n > len(l.reps) {
		return ErrCorrupt
	}
	for i := range n {
		if bitmap[i/8]&(1<<(i%8)) != 0 {
			continue
		}
		switch l.form(i) {
		case formVarint, formEpoch:
			if _, p = uvarint(p); p == nil {
				return ErrCorrupt
			}
		case formFloat:
			if len(p) < 8 {
				return ErrCorrupt
			}
			p = p[8:]
		default:
			var size uint64
			if size, p = uvarint(p); p == nil || size > uint64(len(p)) {
				return ErrCorrupt
			}
			each(i, p[:size:size])
			p = p[size:]
		}
	}
	return nil
}
