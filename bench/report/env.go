package report

import (
	"os"
	"runtime"
	"runtime/debug"

	"github.com/thrum-go/thrum/bench/meter"
)

// Env is what the figures depend on besides the code.
type Env struct {
	Go         string `json:"go"`
	OS         string `json:"os"`
	Arch       string `json:"arch"`
	Level      string `json:"level,omitempty"` // GOAMD64 or GOARM64 of the build
	CPU        string `json:"cpu,omitempty"`   // the model, where the system tells
	CPUs       int    `json:"cpus"`
	GOMAXPROCS int    `json:"gomaxprocs"`
	Kernel     string `json:"kernel,omitempty"`
	// CPUQuota is how many processors the control group may use; 0: no limit, or
	// the system does not tell.
	CPUQuota float64 `json:"cpu_quota,omitempty"`
	// Settings are GOGC, GOMEMLIMIT and GODEBUG, where set.
	Settings map[string]string `json:"settings,omitempty"`
	Race     bool              `json:"race"`          // built with the race detector: times mean little
	PGO      bool              `json:"pgo,omitempty"` // built with a profile
	Clock    string            `json:"clock"`         // "tsc" or "monotonic"
	Module   string            `json:"module,omitempty"`
	Version  string            `json:"version,omitempty"`
	Revision string            `json:"revision,omitempty"` // of the version control system
	Modified bool              `json:"modified,omitempty"` // the tree had changes beyond Revision
}

// Environment describes this program and machine.
func Environment() Env {
	e := Env{
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, CPU: cpuModel(),
		CPUs: runtime.NumCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0),
		Race: raceDetector, Clock: meter.Shared().Source(),
	}
	e.Kernel, e.CPUQuota = kernel(), cpuQuota()
	for _, name := range []string{"GOGC", "GOMEMLIMIT", "GODEBUG"} {
		if v := os.Getenv(name); v != "" {
			if e.Settings == nil {
				e.Settings = map[string]string{}
			}
			e.Settings[name] = v
		}
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return e
	}
	e.Module, e.Version = info.Main.Path, info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "GOAMD64", "GOARM64":
			e.Level = s.Value
		case "-pgo":
			e.PGO = true
		case "vcs.revision":
			e.Revision = s.Value
		case "vcs.modified":
			e.Modified = s.Value == "true"
		}
	}
	return e
}
