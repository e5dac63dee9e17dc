package tsearch

// address takes e-mail addresses, hosts, and hosts with a path, which come whole and in
// parts.
func (p *parser) address() bool {
	if n := p.email(); n > 0 {
		p.take(Email, n)
		return true
	}
	n := p.host(0)
	if n == 0 {
		return false
	}
	if m := p.path(n); m > n+1 {
		p.emit(Token{URL, p.s[p.i : p.i+m]})
		p.take(Host, n)
		p.take(URLPath, m-n)
		return true
	}
	p.take(Host, n)
	return true
}

// email is the length of name@host, 0 if there is none.
func (p *parser) email() int {
	if p.i < p.noEmail {
		return 0
	}
	n := 0
	for isAlnum(p.at(n)) || n > 0 && (p.at(n) == '.' || p.at(n) == '_' || p.at(n) == '-') {
		n++
	}
	if n == 0 {
		return 0
	}
	if p.at(n) == '@' && (isAlnum(p.at(n-1)) || p.at(n-1) == '_') {
		if m := p.host(n + 1); m > 0 {
			return m
		}
	}
	p.noEmail = p.i + n
	return 0
}

// host is where a host name ends that begins at from: labels with dots between, the last
// one of letters, and a port; 0 if there is none.
func (p *parser) host(from int) int {
	if from == 0 && p.i < p.noHost {
		return 0
	}
	end, n := 0, from
	for {
		start, letters := n, true
		for more := n; ; n = more {
			for n > start && (p.at(more) == '-' || p.at(more) == '_') {
				more++
			}
			if !isAlnum(p.at(more)) {
				break
			}
			letters = letters && more == n && isLetter(p.at(more))
			more++
		}
		if n == start {
			break
		}
		if start > from && letters && n-start >= 2 {
			end = n
		}
		if p.at(n) != '.' || !isAlnum(p.at(n+1)) {
			break
		}
		n++
	}
	if end == 0 {
		if from == 0 {
			p.noHost = p.i + n
		}
		return 0
	}
	if p.at(end) == ':' && isDigit(p.at(end+1)) {
		for end++; isDigit(p.at(end)); end++ {
		}
	}
	return end
}

func urlByte(c byte) bool {
	switch c {
	case 0, ' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}':
		return false
	}
	return c > ' ' && c < 0x7f
}

// path is where the path of a URL ends that begins at from.
func (p *parser) path(from int) int {
	n := from
	if p.at(n) != '/' {
		return n
	}
	for urlByte(p.at(n)) {
		n++
	}
	return n
}

// file takes a path of names: /usr/lib, a/b, x.c. Hyphens and underscores come in it only
// after the first slash or dot.
func (p *parser) file() bool {
	n := 0
	for isAlnum(p.at(n)) {
		n++
	}
	from := n
	for {
		c, next := p.at(n), p.at(n+1)
		switch {
		case isAlnum(c):
		case (c == '_' || c == '-') && n > from && (isAlnum(next) || next == '_' || c == '_'):
		case c == '/' && (isAlnum(next) || next == '_' || next == '.' && isAlnum(p.at(n+2))):
		case c == '.' && n > 0 && (isAlnum(next) || next == '_'):
		default:
			if n == from {
				return false
			}
			p.take(File, n)
			return true
		}
		n++
	}
}
