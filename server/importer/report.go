package importer

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
)

// maxShown bounds how much of a message's statement is shown.
const maxShown = 60

// report tells problems, and on a terminal how far the load is.
type report struct {
	out      io.Writer
	terminal bool
	problems int

	total, done int64 // bytes of the files; of the files that are finished
	began       time.Time
	shown       time.Time
	barred      bool
}

// problem writes one problem with its place.
func (r *report) problem(file string, line int, format string, args ...any) {
	r.clear()
	r.problems++
	fmt.Fprintf(r.out, "%s:%d: %s\n", file, line, fmt.Sprintf(format, args...))
}

// say writes what is no problem.
func (r *report) say(format string, args ...any) {
	r.clear()
	fmt.Fprintln(r.out, strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")) // on one line
}

// advice says what can be done about an error that dumps often have and whose words do not tell.
func advice(code, message string) string {
	switch {
	case code != pgerrcode.CharacterNotInRepertoire:
		return ""
	case strings.HasSuffix(message, " 0x00"):
		return "; texts hold no NUL characters: make the column a BLOB, or take them out before the dump"
	}
	return "; dump with --default-character-set=utf8mb4, or begin the file with SET NAMES and its character set"
}

// clear removes the bar.
func (r *report) clear() {
	if r.barred {
		fmt.Fprint(r.out, "\r\033[K")
		r.barred = false
	}
}

// progress draws the bar, at most ten times a second.
func (r *report) progress(read int64) {
	if !r.terminal || time.Since(r.shown) < 100*time.Millisecond {
		return
	}
	r.shown, r.barred = time.Now(), true
	fmt.Fprint(r.out, "\r\033[K"+bar(r.done+read, r.total, time.Since(r.began)))
}

// bar is a progress bar with the rate.
func bar(done, total int64, took time.Duration) string {
	const width = 30
	share := 1.0
	if total > 0 {
		share = min(1, float64(done)/float64(total))
	}
	full := int(share * width)
	rate := float64(done) / (1 << 20) / max(took.Seconds(), 1e-3)
	return fmt.Sprintf("[%s%s] %3.0f%%  %d of %d MiB  %.1f MiB/s", strings.Repeat("#", full), strings.Repeat(".", width-full),
		100*share, done>>20, (total+1<<20-1)>>20, rate)
}

// excerpt is the beginning of a statement on one line.
func excerpt(s string) string {
	s = strings.Join(strings.Fields(s[:min(len(s), 4*maxShown)]), " ")
	if len(s) > maxShown {
		s = strings.ToValidUTF8(s[:maxShown], "") + "…"
	}
	return s
}
