//go:build !linux && !darwin

package report

import "os"

// cpuModel: Windows puts it into the environment of every program; elsewhere it
// stays empty.
func cpuModel() string { return os.Getenv("PROCESSOR_IDENTIFIER") }
