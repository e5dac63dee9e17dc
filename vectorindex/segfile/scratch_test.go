package segfile_test

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/vectorindex/segfile"
)

// What is allocated is zero, aligned, its own, and keeps its bytes when the pages are
// given back; on a disk it is in the file, and in memory elsewhere.
func TestScratch(t *testing.T) {
	for name, fs := range map[string]vfs.FS{"disk": vfs.Default, "memory": vfs.NewMem()} {
		dir := t.TempDir()
		if err := fs.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		s, err := segfile.NewScratch(fs, dir, "x"+segfile.TmpSuffix)
		if err != nil {
			t.Fatal(err)
		}
		var got [][]byte
		for i, n := range []int{1, 64, 100_000, 17 << 20, 5 << 20, 12 << 20} {
			b := s.Alloc(n)
			if len(b) != n || uintptr(unsafe.Pointer(unsafe.SliceData(b)))&63 != 0 {
				t.Fatalf("%s: %d bytes at %p", name, len(b), b)
			}
			for at, x := range b {
				if x != 0 {
					t.Fatalf("%s: byte %d of piece %d is %d", name, at, i, x)
				}
			}
			b[0], b[n-1] = byte(i+1), byte(i+1)
			got = append(got, b)
		}
		s.Forget()
		for i, b := range got {
			if b[0] != byte(i+1) || b[len(b)-1] != byte(i+1) {
				t.Errorf("%s: piece %d has changed", name, i)
			}
		}
		mapped := name == "disk" && runtime.GOOS == "linux"
		if file, memory := s.Sizes(); file+memory < 34<<20 || (memory == 0) != mapped || (file == 0) == mapped {
			t.Errorf("%s: %d bytes in the file, %d in memory", name, file, memory)
		}
		s.Close()
		if left, err := fs.List(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: %v is left (%v)", name, left, err)
		}
	}
}
