// Package planner turns a statement of the neutral tree into an immutable
// physical plan: names and types (bind), rules over a logical tree (logical),
// estimates (stats, cost), and the choice of alternatives (optimize). It must
// not know execution, storage, the server or the side-car index.
package planner

import "github.com/loxodb/loxodb/planner/bind"

// Options is everything besides the statement that a plan depends on.
type Options = bind.Options

// VectorStats are what a live vector index says of itself.
type VectorStats = bind.VectorStats
