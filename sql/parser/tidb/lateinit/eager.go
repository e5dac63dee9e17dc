//go:build !gc || go1.27

// Package lateinit initialises nothing late with this tool chain, see lateinit.go.
package lateinit

// Run does nothing: Go has initialised the grammar when the process started.
func Run() {}
