package difftest

import (
	"flag"
	"os"
	"strconv"
	"testing"
	"time"
)

var (
	programsFlag = flag.Int("programs", envInt("THRUM_PROGRAMS", usual()), "how many programs to run; the default is THRUM_PROGRAMS")
	seedFlag     = flag.Uint64("seed", uint64(envInt("THRUM_SEED", 1)), "the seed of the first program; the default is THRUM_SEED")
	patienceFlag = flag.Duration("patience", time.Minute, "how long a program may take before it counts as hanging")
	recordFlag   = flag.Bool("record", false, "write testdata/recorded.txt.gz anew, with the traces of this machine's erl")
)

func envInt(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n >= 0 {
		return n
	}
	return otherwise
}

// usual is how many programs are run when nobody says how many.
func usual() int {
	if underRace {
		return 20
	}
	return 60
}

func TestMain(m *testing.M) {
	code := m.Run()
	if erlDir != "" {
		os.RemoveAll(erlDir)
	}
	os.Exit(code)
}

// generated are the programs that the flags ask for.
func generated() []program {
	ps := make([]program, *programsFlag)
	for i := range ps {
		ps[i] = generate(*seedFlag + uint64(i))
	}
	return ps
}
