package main

import (
	"os"
	"runtime"
	"strings"

	"github.com/thrum-go/thrum/bench/report"
)

// face returns how progress is shown on f. Only a terminal that nobody keeps a log of can be painted over, and only
// those that say what they are get escape codes: consoles of Windows may not understand them.
func (o *options) face(f *os.File) face {
	term := os.Getenv("TERM")
	switch {
	case o.quiet:
		return faceNone
	case o.noTUI || !isTerminal(f) || term == "dumb" || os.Getenv("CI") != "":
		return faceLines
	case term == "" || runtime.GOOS == "windows":
		return faceLine
	}
	return faceFrame
}

// colorful says whether f shall get colours.
func (o *options) colorful(f *os.File) bool {
	_, no := os.LookupEnv("NO_COLOR")
	return !no && !o.noColor && isTerminal(f) && os.Getenv("TERM") != "dumb" && runtime.GOOS != "windows"
}

// style returns how text is written to f: for a terminal so that it fits.
func (o *options) style(f *os.File) report.Style {
	s := report.Style{Color: o.colorful(f)}
	if isTerminal(f) {
		s.Width, _, _ = terminalSize(f)
	}
	return s
}

// unicodeTerminal says whether the terminal takes UTF-8: it does, unless the locale names something else.
func unicodeTerminal() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := os.Getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true
}
