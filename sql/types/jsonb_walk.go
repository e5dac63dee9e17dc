package types

// JSONBPart says what JSONBWalk has come to.
type JSONBPart byte

const (
	JSONBOpen    JSONBPart = iota // an object or an array begins
	JSONBClose                    // it ends
	JSONBKey                      // a key of an object, decoded
	JSONBValue                    // a scalar that is the value of a key, as text
	JSONBElement                  // a scalar that is an array's element, or all there is
)

// JSONBWalk goes once through a jsonb datum and calls each for its parts in their
// order: what it takes grows with the size alone, whatever the nesting. b is borrowed.
func JSONBWalk(b []byte, each func(part JSONBPart, text []byte)) {
	var open []byte // of the containers that are open
	key := false    // what comes next in an object is its key's value
	for i := 0; i < len(b); {
		switch c := b[i]; c {
		case ' ', ',', ':':
			i++
		case '{', '[':
			each(JSONBOpen, nil)
			open, key = append(open, c), false
			i++
		case '}', ']':
			each(JSONBClose, nil)
			open, key = open[:max(0, len(open)-1)], false
			i++
		default:
			end := max(jsonEnd(b, i), i+1)
			switch in := len(open) > 0 && open[len(open)-1] == '{'; {
			case in && !key:
				each(JSONBKey, jsonDecode(b[i:end]))
				key = true
			case in:
				each(JSONBValue, b[i:end:end])
				key = false
			default:
				each(JSONBElement, b[i:end:end])
			}
			i = end
		}
	}
}
