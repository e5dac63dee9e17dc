//go:build !linux

package sidecar

// yielding is for systems where a thread can have a priority of its own.
func yielding() {}

// giveWay is for systems where the kernel can be told.
func giveWay() {}
