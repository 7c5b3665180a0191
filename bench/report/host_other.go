//go:build !linux

package report

func kernel() string { return "" }

func cpuQuota() float64 { return 0 }
