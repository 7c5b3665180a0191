//go:build explore && !race

package mpsc

const raceDetector = false
