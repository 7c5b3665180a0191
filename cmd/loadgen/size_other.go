//go:build !linux && !darwin

package main

import "os"

// terminalSize does not know.
func terminalSize(*os.File) (cols, rows int, known bool) { return 0, 0, false }
