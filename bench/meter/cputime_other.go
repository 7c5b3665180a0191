//go:build !unix && !windows

package meter

import "time"

// ProcessorTime returns the time this program has spent on processors, user and
// system together. ok is false where the operating system does not say.
func ProcessorTime() (d time.Duration, ok bool) { return 0, false }
