package main

import (
	"os/exec"
	"runtime"
	"testing"
)

func TestPin(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("Linux only")
	}
	child := exec.Command("sleep", "1000")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Process.Kill(); _ = child.Wait() }()
	undo, err := pin(child.Process.Pid)
	if err != nil {
		t.Skip("not allowed here: ", err)
	}
	undo()
	if _, err := pin(1<<30 + 1); err == nil {
		t.Fatal("a process that is not there was held on a core")
	}
	if runtime.NumCPU() > 1 {
		if together, apart := turns(); together <= 0 || apart <= 0 {
			t.Fatal(together, apart)
		}
	}
}
