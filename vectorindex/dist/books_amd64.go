package dist

func bookSums(v, books *float32, cuts *uint32, parts int, out *float32) {
	if active.level == 0 {
		bookSumsGo(v, books, cuts, parts, out)
		return
	}
	bookSumsAVX2(v, books, cuts, parts, out)
}

//go:noescape
func bookSumsAVX2(v, books *float32, cuts *uint32, parts int, out *float32)

// sumNibbles needs no extension of the processor's: it follows the tier so that tests
// compare it.
func sumNibbles(table *float32, rec *byte, words int) float32 {
	if active.level == 0 {
		return sumNibblesGo(table, rec, words)
	}
	return sumNibblesScalar(table, rec, words)
}

//go:noescape
func sumNibblesScalar(table *float32, rec *byte, words int) float32
