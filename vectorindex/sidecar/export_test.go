package sidecar

import "time"

// RestShare sets the share of the time of linking that writers pause while searches come,
// before anything is applied.
func (ix *Index) RestShare(share float64) { ix.pace.share = share }

// Pause is how long a writer would pause now.
func (ix *Index) Pause() time.Duration { return ix.pace.left(time.Now()) }

// GaveWay is how often linking let searches have its processor.
func (ix *Index) GaveWay() int64 { return ix.pace.ways.Load() }
