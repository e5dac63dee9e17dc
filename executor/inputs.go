package executor

import (
	"github.com/loxodb/loxodb/planner/physical"
)

// inputs are the direct children of a plan node.
func inputs(n physical.Node) []physical.Node {
	switch n := n.(type) {
	case *physical.VectorSearch:
		if n.Pre != nil {
			return []physical.Node{n.Pre}
		}
	case *physical.BitmapScan:
		return n.Arms
	case *physical.ExactSearch:
		return []physical.Node{n.Scan}
	case *physical.RecursiveUnion:
		return []physical.Node{n.Init, n.Step}
	case *physical.Filter:
		return []physical.Node{n.Input}
	case *physical.Project:
		return []physical.Node{n.Input}
	case *physical.ProjectSet:
		return []physical.Node{n.Input}
	case *physical.Limit:
		return []physical.Node{n.Input}
	case *physical.Sort:
		return []physical.Node{n.Input}
	case *physical.Unique:
		return []physical.Node{n.Input}
	case *physical.HashDistinct:
		return []physical.Node{n.Input}
	case *physical.Agg:
		return []physical.Node{n.Input}
	case *physical.HashJoin:
		return []physical.Node{n.Left, n.Right}
	case *physical.NestLoop:
		return []physical.Node{n.Left, n.Right}
	case *physical.Append:
		return n.Inputs
	case *physical.SetOp:
		return []physical.Node{n.Left, n.Right}
	case *physical.LockRows:
		return []physical.Node{n.Input}
	case *physical.Window:
		return []physical.Node{n.Input}
	}
	return nil
}
