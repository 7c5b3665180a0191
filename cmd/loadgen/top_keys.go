package main

import (
	"io"
	"strings"

	"github.com/thrum-go/thrum/profiles"
)

// readKeys sends what is typed, key by key, until in ends.
func readKeys(in io.Reader, keys chan<- string) {
	defer close(keys)
	buf := make([]byte, 64)
	for {
		n, err := in.Read(buf)
		for _, k := range splitKeys(string(buf[:n])) {
			keys <- k
		}
		if err != nil {
			return
		}
	}
}

// splitKeys tells keys from one another. Those of several bytes come in one piece; what is not known is one key, which does nothing.
func splitKeys(s string) (keys []string) {
	for s != "" {
		if strings.HasPrefix(s, "\x1b[") || strings.HasPrefix(s, "\x1bO") {
			end := 2
			for end < len(s) && (s[end] < '@' || s[end] > '~') {
				end++
			}
			end = min(end+1, len(s))
			keys = append(keys, s[:end])
			s = s[end:]
			continue
		}
		keys = append(keys, s[:1])
		s = s[1:]
	}
	return keys
}

// orders are the keys that sort.
var orders = map[string]profiles.By{
	"r": profiles.ByReductions, "m": profiles.ByMessages, "g": profiles.ByGrowth, "o": profiles.ByOldest, "b": profiles.ByMemory,
}

// key does what a key is for, and reports whether it is the end.
func (st *topState) key(k string, shown *topSnapshot) (end bool) {
	q := &st.question
	rows := 0
	if shown != nil {
		rows = len(shown.processes.Top)
	}
	typed := st.typed
	st.typed = ""
	switch k {
	case "q", "Q", "\x03", "\x04":
		return true
	case "p", " ":
		st.paused = !st.paused
	case "r", "m", "g", "o", "b":
		q.by = string(orders[k])
		q.view = viewProcesses
	case "t":
		q.view, st.scroll = viewTree, 0
	case "!":
		q.view = viewWarnings
	case "h", "?":
		q.view = viewHelp
	case "w":
		st.workers = !st.workers
	case "\x1b", "\x7f", "\b":
		q.view = viewProcesses
	case "\x1b[A", "\x1bOA":
		st.selected = max(0, min(st.selected-1, rows-1))
		st.scroll = max(0, st.scroll-1)
	case "\x1b[B", "\x1bOB":
		st.selected = max(0, min(st.selected+1, rows-1))
		if q.view == viewTree {
			st.scroll++
		}
	case "\r", "\n":
		at := st.selected
		if typed != "" {
			at = 0
			for _, d := range typed {
				at = at*10 + int(d-'0')
			}
			at--
		}
		if at >= 0 && at < rows {
			q.view, q.pid = viewDetails, shown.processes.Top[at].PID
		}
	default:
		if len(k) == 1 && k[0] >= '0' && k[0] <= '9' && len(typed) < 5 {
			st.typed = typed + k
		}
	}
	return false
}
