//go:build !amd64

package dist

func bookSums(v, books *float32, cuts *uint32, parts int, out *float32) {
	bookSumsGo(v, books, cuts, parts, out)
}
