package main

import (
	"os"
	"runtime"
)

// repaintable says whether a line on f can be painted over: f is a terminal that
// understands a carriage return, and nobody keeps a log of it.
func repaintable(f *os.File) bool {
	return isTerminal(f) && os.Getenv("TERM") != "dumb" && os.Getenv("CI") == ""
}

// colorful says whether f shall get colours. Consoles of Windows may not
// understand them.
func colorful(f *os.File) bool {
	_, no := os.LookupEnv("NO_COLOR")
	return !no && isTerminal(f) && os.Getenv("TERM") != "dumb" && runtime.GOOS != "windows"
}
