package report

import (
	"os"
	"strconv"
	"strings"
)

// kernel returns the release of the kernel.
func kernel() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// cpuQuota returns how many processors the control group of this program may use,
// 0 when it has no limit (control groups v2 alone).
func cpuQuota() float64 {
	group, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	_, path, ok := strings.Cut(string(group), "0::")
	if !ok {
		return 0
	}
	path, _, _ = strings.Cut(path, "\n")
	text, err := os.ReadFile("/sys/fs/cgroup" + path + "/cpu.max")
	if err != nil {
		return 0
	}
	return parseQuota(string(text))
}

// parseQuota reads "QUOTA PERIOD" or "max PERIOD", both in microseconds.
func parseQuota(text string) float64 {
	f := strings.Fields(text)
	if len(f) != 2 {
		return 0
	}
	quota, err := strconv.ParseFloat(f[0], 64)
	if err != nil {
		return 0
	}
	period, err := strconv.ParseFloat(f[1], 64)
	if err != nil || period <= 0 {
		return 0
	}
	return quota / period
}
