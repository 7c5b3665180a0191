//go:build !race

package supervise

const raceDetector = false
