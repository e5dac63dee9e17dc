package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// Files of a directory whose rows would be missing in silence are named, and a file in a form
// that is not read is an error.
func TestImportOtherForms(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"d-schema-create.sql": "CREATE DATABASE `d`;\n", "d.t-schema.sql": "CREATE TABLE `t` (`k` int);\n", "d.t.sql": "INSERT INTO `t` VALUES (1);\n",
		"d.t.000000001.tsv": "2\n", "d.t.000000002.sql.zst": "\x28\xb5\x2f\xfd...", "metadata": "x",
	} {
		writeDump(t, filepath.Join(dir, name), text)
	}
	status, _, errs := runImport(t, addr, dir)
	for _, want := range []string{"d.t.000000001.tsv:1: files of TSV are not supported, this one is not loaded\n", "d.t.000000002.sql.zst:1: files of zstd are not supported, this one is not loaded\n"} {
		if status != 1 || !strings.Contains(errs, want) {
			t.Errorf("status %d, no %q in\n%s", status, want, errs)
		}
	}
	if got := one(t, connect(t, addr, ""), "select string_agg(k::text, ',') from d.t"); got != "1" {
		t.Errorf("rows %s", got)
	}
	packed := filepath.Join(dir, "d.t.000000002.sql.zst")
	if status, _, errs := runImport(t, addr, packed); status != 1 || !strings.Contains(errs, packed+": files of zstd are not supported: unpack it, or pack it with gzip") {
		t.Errorf("status %d: %s", status, errs)
	}
}
