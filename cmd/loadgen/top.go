package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/thrum-go/thrum/profiles"
	"github.com/thrum-go/thrum/profiles/web"
)

func newTop(o *options, stdout, stderr *os.File) *cobra.Command {
	var (
		once, asJSON bool
		by           string
		n            count
		interval     = span(2 * time.Second)
	)
	cmd := &cobra.Command{
		Use:   "top ADDR",
		Short: "Show the processes of a running program",
		Long: `Top attaches to a program that has mounted the handler of package profiles/web, and shows
its processes by what they have done in the last interval, its workers, its supervision
tree and what is wrong with them. ADDR is a host and a port, or an URL where the handler
is mounted; without a path that is ` + topPath + `.

On a terminal the screen is painted again each interval; h explains the keys. Elsewhere,
and with --once, one snapshot is printed as text.`,
		Example: `  loadgen top localhost:8080
  loadgen top localhost:8080 --by oldest --once
  loadgen run ring --serve 127.0.0.1:6070        a program to try it with`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("top needs one address, as localhost:8080, not %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := newTopClient(args[0])
			if err != nil {
				return err
			}
			if err := profiles.By(by).Valid(); err != nil {
				return usagef("--by: %v", err)
			}
			if d := time.Duration(interval); d < 100*time.Millisecond || d > time.Minute {
				return usagef("--interval is %v; it takes 100ms to 1m", d)
			}
			if n > 10_000 {
				return usagef("--lines is %d; it takes 1 to 10000", n)
			}
			if cmd.Flags().Changed("output") {
				return usagef("--output is not for top; use --json")
			}
			st := &topState{addr: client.base.Host, question: topQuestion{by: by, n: int(n), window: time.Duration(interval)}}
			ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer release()
			live := !once && !asJSON && o.face(stdout) == faceFrame
			if st.question.n == 0 {
				st.question.n = 20
				if live {
					st.question.n = 100 // as many as a screen may have
				}
			}
			if live {
				err = topLive(ctx, client, st, o.colorful(stdout), os.Stdin, stdout)
			} else {
				err = topOnce(ctx, client, st, asJSON, stdout)
			}
			if errors.Is(err, context.Canceled) {
				return errInterrupted
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&once, "once", false, "print one snapshot and end")
	flags.BoolVar(&asJSON, "json", false, "print one snapshot as JSON: an object with the pages of package profiles/web")
	flags.StringVar(&by, "by", string(profiles.ByReductions), "what processes are sorted by: reductions, messages, growth, oldest or memory")
	flags.VarP(&n, "lines", "n", "processes to show (default 20; on a terminal as many as fit)")
	flags.Var(&interval, "interval", "time over which is compared, 100ms to 1m")
	return cmd
}

// topOnce prints one snapshot. Between two rounds it waits for the next.
func topOnce(ctx context.Context, src topSource, st *topState, asJSON bool, stdout *os.File) error {
	for {
		s, err := st.question.ask(ctx, src, nil)
		if errors.Is(err, errBetween) {
			if err := pauseTop(ctx, 50*time.Millisecond); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if !asJSON {
			_, err = stdout.Write(plainTop(s, st))
			return err
		}
		out, err := json.Marshal(s.raw)
		if err == nil {
			_, err = stdout.Write(append(out, '\n'))
		}
		return err
	}
}

func pauseTop(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answered is what came of a question.
type answered struct {
	snapshot *topSnapshot
	err      error
}

// topLive paints until it is told to end, and leaves the terminal as it was, whatever happens.
func topLive(ctx context.Context, src topSource, st *topState, color bool, in, out *os.File) (err error) {
	var keys chan string
	if isTerminal(in) {
		restore, err := rawTerminal(in)
		if err != nil {
			return fmt.Errorf("top: %w; use --once", err)
		}
		defer restore()
		keys = make(chan string)
		go readKeys(in, keys)
	}
	fmt.Fprint(out, "\x1b[?1049h\x1b[?25l\x1b[?7l")
	defer fmt.Fprint(out, "\x1b[?7h\x1b[?25h\x1b[?1049l")

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan answered, 1)
	next := make(chan topQuestion, 1)
	go askOn(ctx, src, next, answers)
	next <- st.question
	extras := make(chan topExtra, 1)
	looking := false // extras are under way

	var shown *topSnapshot
	resized := time.NewTicker(250 * time.Millisecond)
	defer resized.Stop()
	cols, rows := 0, 0
	paint := func() {
		c := canvas{color: color, ascii: !unicodeTerminal()}
		known := false
		if cols, rows, known = terminalSize(out); !known {
			cols, rows = 80, 24
		}
		c.cols = cols - 1
		c.buf = append(c.buf, "\x1b[H"...)
		if shown == nil {
			c.line()
			c.str(st.addr + "  ")
			c.str(firstLine(st.note + "  (q ends)"))
		} else {
			c.top(shown, st, rows)
		}
		lines := c.buf
		if extra := c.lines - rows; extra > 0 { // a terminal too low for what is above the table
			lines = cutLines(lines, rows)
		}
		out.Write(append(lines, codeEraseLine+codeEraseDown...))
	}
	st.note = "asking for the first time, over " + st.question.window.String()
	paint()
	// look asks at once for what a view shows, beside the question under way, which waits for its window.
	look := func() {
		q := st.question
		if looking = shown != nil && (q.view == viewTree || q.view == viewDetails); looking {
			go func() { extras <- q.extra(ctx, src) }()
		}
	}
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case a := <-answers:
			switch {
			case errors.Is(a.err, errBetween):
				st.note = a.err.Error()
			case a.err != nil && shown != nil && !errors.Is(a.err, context.Canceled):
				return fmt.Errorf("%w (it had answered until %s)", a.err, shown.workers.At.Format(time.TimeOnly))
			case a.err != nil:
				return a.err
			default:
				st.note = ""
				if !st.paused {
					// What was asked before a key was pressed lacks what the key has asked for.
					if shown != nil && !a.snapshot.of.sameView(st.question) {
						a.snapshot.topExtra = shown.topExtra
					}
					shown = a.snapshot
				}
			}
			// A question waits for its window by itself, except when a reading is there already.
			wait := st.question.window
			switch {
			case a.err != nil:
				wait = 100 * time.Millisecond
			case a.snapshot.question.by != st.question.by:
				wait = 0
			}
			again = time.After(wait)
			paint()
		case x := <-extras:
			looking = false
			if x.of.sameView(st.question) {
				s := *shown
				s.topExtra = x
				shown = &s
				paint()
			} else {
				look()
			}
		case <-again:
			again = nil
			next <- st.question
		case k, ok := <-keys:
			if !ok {
				keys = nil
				continue
			}
			was := st.question
			if st.key(k, shown) {
				return nil
			}
			if !was.sameView(st.question) && !looking {
				look()
			}
			if again != nil { // what has been chosen is asked for at once
				again = time.After(0)
			}
			paint()
		case <-resized.C:
			if c, r, known := terminalSize(out); known && (c != cols || r != rows) {
				paint()
			}
		}
	}
}

// askOn answers questions one after the other.
func askOn(ctx context.Context, src topSource, next <-chan topQuestion, answers chan<- answered) {
	var before *web.Workers
	for {
		select {
		case <-ctx.Done():
			return
		case q := <-next:
			s, err := q.ask(ctx, src, before)
			if err == nil {
				before = &s.workers
			} else {
				before = nil
			}
			answers <- answered{s, err}
		}
	}
}

// cutLines leaves the first n lines.
func cutLines(b []byte, n int) []byte {
	for i := range b {
		if b[i] == '\n' {
			if n--; n <= 0 {
				return b[:i-1-len(codeEraseLine)]
			}
		}
	}
	return b
}
