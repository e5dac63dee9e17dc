package physical

// AheadRows is for how many later rows at most the executor begins the vector searches
// of a nested loop's right side, or of a correlated subquery, on other processors.
const AheadRows = 32

// SearchedAhead is the search that a tree has its rows from one by one, so that it can be
// begun for later runs of the tree; nil when there is none.
func SearchedAhead(n Node) *VectorSearch {
	for {
		switch x := n.(type) {
		case *Limit:
			n = x.Input
		case *Project:
			n = x.Input
		case *Filter:
			n = x.Input
		case *VectorSearch:
			return x
		default:
			return nil
		}
	}
}
