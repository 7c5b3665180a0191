package supervise

import (
	"strings"
	"testing"

	"github.com/thrum-go/thrum/proc"
)

func TestTexts(t *testing.T) {
	for got, want := range map[string]string{
		SimpleOneForOne.String():                         "simple_one_for_one",
		Strategy(9).String():                             "unknown(9)",
		AllSignificant.String():                          "all_significant",
		Transient.String():                               "transient",
		Supervisor.String():                              "supervisor",
		(&AlreadyStartedError{"a", 0}).Error():           `child "a" is being restarted already`,
		(&StartError{"a", errBoom}).Error():              `start of child "a": boom`,
		(&FailedError{"a", errBoom}).Error():             `failed to start child "a": boom`,
		(&SpecError{"a", "Shutdown", errBoom}).Error():   `child "a": Shutdown: boom`,
		(&AlreadyStartedError{"a", proc.PID(1)}).Error(): `child "a" runs already, as `,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
