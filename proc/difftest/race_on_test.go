//go:build race

package difftest

const underRace = true
