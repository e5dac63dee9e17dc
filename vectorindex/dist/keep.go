package dist

// Keep drops from ids and own, which belong together, the places whose dists is below
// their own, moves the others to the front in their order, and returns how many these
// are. What is behind them is undefined. The three have one length; a NaN is below nothing.
func Keep(ids []uint32, own, dists []float32) int {
	n := len(ids)
	if n == 0 {
		return 0
	}
	_, _ = own[:n], dists[:n]
	return keep(&ids[0], &own[0], &dists[0], n)
}
