//go:build !linux

package meter

func residentSet() (int64, bool) { return 0, false }
