//go:build !amd64

package dist

func bookSums(v, books *float32, cuts *uint32, parts int, out *float32) {
	bookSumsGo(v, books, cuts, parts, out)
}

func sumNibbles(table *float32, rec *byte, words int) float32 {
	return sumNibblesGo(table, rec, words)
}
