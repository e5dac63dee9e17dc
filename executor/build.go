package executor

import (
	"fmt"

	"github.com/loxodb/loxodb/planner/physical"
)

// build makes the operator of a plan node and of everything below it.
func build(n physical.Node) (Operator, error) {
	op, err := buildNode(n)
	if err != nil {
		return nil, err
	}
	return &counted{Operator: op, id: n.Info().ID}, nil
}

func buildNode(n physical.Node) (Operator, error) {
	switch n := n.(type) {
	case *physical.Scan:
		return newScan(n)
	case *physical.BitmapScan:
		return newBitmapScan(n)
	case *physical.InvertedScan:
		return newInvertedScan(n)
	case *physical.BitmapAnd:
		return newBitmapAnd(n)
	case *physical.VectorSearch:
		return newVectorSearch(n)
	case *physical.ExactSearch:
		return newExactSearch(n)
	case *physical.RangeSearch:
		return newRangeSearch(n)
	case *physical.VirtualScan:
		return newVirtualScan(n)
	case *physical.FuncScan:
		return newFuncScan(n)
	case *physical.Values:
		return newValues(n)
	case *physical.Source:
		return &sourceOp{}, nil
	case *physical.CTEScan:
		return &cteScan{node: n}, nil
	case *physical.WorkScan:
		return &workScan{node: n}, nil
	case *physical.RecursiveUnion:
		return newRecursiveUnion(n)
	case *physical.Filter:
		return newFilter(n)
	case *physical.Project:
		return newProject(n)
	case *physical.ProjectSet:
		return newProjectSet(n)
	case *physical.Limit:
		return newLimit(n)
	case *physical.Sort:
		return newSort(n)
	case *physical.Unique:
		return newUnique(n)
	case *physical.HashDistinct:
		return newHashDistinct(n)
	case *physical.Agg:
		return newAgg(n)
	case *physical.Window:
		return newWindow(n)
	case *physical.HashJoin:
		return newHashJoin(n)
	case *physical.NestLoop:
		return newNestLoop(n)
	case *physical.Append:
		return newAppend(n)
	case *physical.MergeAppend:
		return newMergeAppend(n)
	case *physical.SetOp:
		return newSetOp(n)
	case *physical.LockRows:
		return newLockRows(n)
	case *physical.Insert:
		return newInsert(n)
	case *physical.Update:
		return newUpdate(n)
	case *physical.Delete:
		return newDelete(n)
	case *physical.Merge:
		return newMerge(n)
	}
	return nil, fmt.Errorf("executor: unknown plan node %T", n)
}

// buildAll builds several inputs.
func buildAll(ns []physical.Node) ([]Operator, error) {
	ops := make([]Operator, len(ns))
	for i, n := range ns {
		op, err := build(n)
		if err != nil {
			return nil, err
		}
		ops[i] = op
	}
	return ops, nil
}
