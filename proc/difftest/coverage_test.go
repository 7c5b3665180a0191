package difftest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// outcomes is what each instruction can come to; of those with arguments, how it begins.
var outcomes = map[string][]string{
	"spawn": {"ok", "taken"}, "link": {"true", "noproc"}, "unlink": {"true"}, "monitor": {"ok"}, "monitor_name": {"ok"},
	"demonitor": {"ok", "true", "false"}, "exit": {"true", "dies"}, "return": {"dies"}, "trap": {"true", "false"},
	"send": {"ok"}, "send_name": {"ok", "badarg"}, "send_alias": {"ok"}, "alias": {"ok"}, "unalias": {"true", "false"},
	"register": {"true", "badarg"}, "unregister": {"true", "badarg"}, "whereis": {"p", "none"}, "alive": {"true", "false"},
	"recv": {"m(", "t(", "exit(", "down(", "rep(", "req(", "[exit(", "[down(", "[t(", "[rep(", "[timeout(", "empty"},
	"wait": {"m(", "t(", "exit(", "down("}, "peek": {"["}, "cancel": {"true", "false"}, "read": {"true", "false"},
	"call": {"ret(", "calling_self"}, "request": {"ok", "calling_self"}, "abandon": {"true", "false"}, "reply": {"ok"},
	"after_long": {"ok"}, "after_short": {"ok"}, "after_die": {"dies"}, "timer_long": {"ok"}, "timer_short": {"ok"},
	"name_long": {"ok"}, "name_short": {"ok"}, "seq": {"ok", "true", "dies"},
}

// texts are parts of traces that show what else must occur.
var texts = []string{
	"x normal", "x kill", "x killed", "x shutdown", "x noproc", "x a", "x b", "x c", "x crash",
	",yes)", ",timeout)", ",down,noproc)", ",down,normal)", ",down,killed)", ",down,crash)",
	"exit(p1,normal)", "exit(p1,kill)", "exit(p1,killed)", "exit(p1,noproc)", ",thrum_n1,",
}

// TestRecordedProgramsReachEveryOutcome holds that the comparison is about something.
func TestRecordedProgramsReachEveryOutcome(t *testing.T) {
	ps, traces := recorded(t)
	got := map[string]int{}
	var all strings.Builder
	for _, p := range ps {
		waits := map[string]string{} // by process
		for _, line := range traces[p.id] {
			all.WriteString(line + "\n")
			f := strings.SplitN(line, " ", 4)
			step, err := strconv.Atoi(f[0])
			if err != nil {
				t.Fatal(err)
			}
			actor, instr := fmt.Sprintf("p%d", num(p.steps[step-1], 0)), op(p.steps[step-1].(tuple)[1])
			switch {
			case f[2] == "+":
				got[outcomeOf(waits[f[1]], f[3])]++
			case f[1] != actor:
			case f[2] == "x":
				got[instr+" dies"]++
			default:
				got[outcomeOf(instr, f[3])]++
				waits[actor] = instr
			}
		}
	}
	for instr, ways := range outcomes {
		for _, way := range ways {
			if got[instr+" "+way] == 0 {
				t.Errorf("no %s comes to %s", instr, way)
			}
		}
	}
	for _, s := range texts {
		if !strings.Contains(all.String(), s) {
			t.Errorf("no trace contains %q", s)
		}
	}
}

func outcomeOf(instr, token string) string {
	for _, way := range outcomes[instr] {
		if token == way || len(way) == 1 && strings.HasPrefix(token, way) || strings.HasSuffix(way, "(") && strings.HasPrefix(token, way) {
			return instr + " " + way
		}
	}
	if instr == "seq" {
		token, _, _ = strings.Cut(token, ",")
	}
	return instr + " " + token
}
