package physical

// Contains reports that some operator of the plan, in whatever part of it, is wanted.
func (p *Plan) Contains(wanted func(Node) bool) bool {
	var walk func(Node) bool
	walk = func(n Node) bool {
		if wanted(n) {
			return true
		}
		for _, in := range Inputs(n) {
			if walk(in) {
				return true
			}
		}
		return false
	}
	for _, parts := range [][]Node{{p.Root}, p.CTEs, p.SubPlans} {
		for _, n := range parts {
			if walk(n) {
				return true
			}
		}
	}
	return false
}

// Inputs are the operators whose rows n reads.
func Inputs(n Node) []Node {
	switch x := n.(type) {
	case *BitmapScan:
		return x.Arms
	case *BitmapAnd:
		return x.Arms
	case *ExactSearch:
		return []Node{x.Scan}
	case *Filter:
		return []Node{x.Input}
	case *Project:
		return []Node{x.Input}
	case *ProjectSet:
		return []Node{x.Input}
	case *Limit:
		return []Node{x.Input}
	case *Sort:
		return []Node{x.Input}
	case *Unique:
		return []Node{x.Input}
	case *HashDistinct:
		return []Node{x.Input}
	case *Agg:
		return []Node{x.Input}
	case *Window:
		return []Node{x.Input}
	case *HashJoin:
		return []Node{x.Left, x.Right}
	case *NestLoop:
		return []Node{x.Left, x.Right}
	case *Append:
		return x.Inputs
	case *MergeAppend:
		return x.Inputs
	case *SetOp:
		return []Node{x.Left, x.Right}
	case *RecursiveUnion:
		return []Node{x.Init, x.Step}
	case *LockRows:
		return []Node{x.Input}
	case *Insert:
		return []Node{x.Input}
	case *Update:
		return []Node{x.Input}
	case *Delete:
		return []Node{x.Input}
	case *Merge:
		return []Node{x.Input}
	}
	return nil
}
