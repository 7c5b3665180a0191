//go:build !linux && !darwin

package main

import (
	"errors"
	"os"
)

// rawTerminal is not possible here: top prints one snapshot.
func rawTerminal(*os.File) (restore func(), err error) {
	return nil, errors.New("this system's terminals cannot give single keys")
}
