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
