//go:build explore && race

package mpsc

const raceDetector = true
