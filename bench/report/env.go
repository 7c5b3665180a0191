package report

import (
	"runtime"
	"runtime/debug"

	"github.com/thrum-go/thrum/bench/meter"
)

// Env is what the figures depend on besides the code.
type Env struct {
	Go         string `json:"go"`
	OS         string `json:"os"`
	Arch       string `json:"arch"`
	CPU        string `json:"cpu,omitempty"` // the model, where the system tells
	CPUs       int    `json:"cpus"`
	GOMAXPROCS int    `json:"gomaxprocs"`
	Race       bool   `json:"race"`  // built with the race detector: times mean little
	Clock      string `json:"clock"` // "tsc" or "monotonic"
	Module     string `json:"module,omitempty"`
	Version    string `json:"version,omitempty"`
	Revision   string `json:"revision,omitempty"` // of the version control system
	Modified   bool   `json:"modified,omitempty"` // the tree had changes beyond Revision
}

// Environment describes this program and machine.
func Environment() Env {
	e := Env{
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, CPU: cpuModel(),
		CPUs: runtime.NumCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0),
		Race: raceDetector, Clock: meter.Shared().Source(),
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return e
	}
	e.Module, e.Version = info.Main.Path, info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			e.Revision = s.Value
		case "vcs.modified":
			e.Modified = s.Value == "true"
		}
	}
	return e
}
