//go:build explore

package atomics

import (
	"runtime"

	"github.com/thrum-go/thrum/internal/explore"
)

// Relax stands in a loop that waits for another thread's next step. In an exploration the others go on before this thread
// looks again, so the loop is finite.
func Relax() {
	if explore.Active() {
		explore.Yield()
		return
	}
	runtime.Gosched()
}
