package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	stdhtml "html"
	"image"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/thrum-go/thrum/bench/meter"
)

// probe measures, in the page that holds the report in a frame, what the browser has made of it.
const probe = `<!DOCTYPE html><html><body style="margin:0;overflow:hidden"><iframe id="f" style="border:0;display:block;width:%dpx;height:%dpx" srcdoc="%s"></iframe>
<script>
const frame = document.getElementById("f")
frame.onload = () => {
	const w = frame.contentWindow, d = frame.contentDocument, out = {charts: [], bars: []}
	const box = e => { const r = e.getBoundingClientRect(); return {x: r.left, y: r.top, width: r.width, height: r.height} }
	const shape = e => Object.assign(box(e), {name: e.tagName, class: e.getAttribute("class"), stroke: w.getComputedStyle(e).stroke, fill: w.getComputedStyle(e).fill})
	for (const p of d.querySelectorAll("svg.plot"))
		out.charts.push(Object.assign(box(p), {label: p.getAttribute("aria-label"), hidden: p.closest("details:not([open])") != null, shapes: [...p.querySelectorAll("polyline,polygon,rect")].map(shape),
			labels: [...p.parentElement.querySelectorAll(".up span,.across span")].map(e => Object.assign(box(e), {text: e.textContent}))}))
	for (const b of d.querySelectorAll(".bar")) out.bars.push(box(b))
	out.background = w.getComputedStyle(d.body).backgroundColor
	out.scroll = d.documentElement.scrollWidth
	out.width = d.documentElement.clientWidth
	out.requests = w.performance.getEntriesByType("resource").map(r => r.name)
	const pre = document.createElement("pre")
	pre.id = "probe"
	pre.textContent = JSON.stringify(out)
	document.body.append(pre)
}
</script></body></html>`

type browserBox struct{ X, Y, Width, Height float64 }

// probed is what the probe found. Boxes are in pixels of the window.
type probed struct {
	Charts []struct {
		browserBox
		Label  string
		Hidden bool // until it is asked for
		Shapes []struct {
			browserBox
			Name, Class, Stroke, Fill string
		}
		Labels []struct {
			browserBox
			Text string
		}
	}
	Bars          []browserBox
	Background    string
	Scroll, Width float64
	Requests      []string
}

// browser runs Chromium on a page, and returns what it prints and complains of.
func browser(t *testing.T, path, page string, dark bool, width, height int, args ...string) (out, complaints string) {
	t.Helper()
	// Root may not use the sandbox; the page is our own.
	args = append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--enable-logging=stderr", "--user-data-dir=" + t.TempDir(),
		fmt.Sprintf("--window-size=%d,%d", width, height)}, args...)
	if dark {
		args = append(args, "--blink-settings=preferredColorScheme=0")
	}
	cmd := exec.CommandContext(t.Context(), path, append(args, "file://"+page)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", path, err, stderr.String())
	}
	for line := range strings.Lines(stderr.String()) {
		if strings.Contains(line, "CONSOLE") {
			complaints += line
		}
	}
	return stdout.String(), complaints
}

// TestBrowserDrawsEveryChart loads pages in Chromium, on a telephone and on a desk, by day and by night. It needs
// THRUM_CHROMIUM, the path of the program.
func TestBrowserDrawsEveryChart(t *testing.T) {
	path := os.Getenv("THRUM_CHROMIUM")
	if path == "" {
		t.Skip("THRUM_CHROMIUM does not name a Chromium, as THRUM_CHROMIUM=$(command -v chromium)")
	}
	one, sweep := fixed(), fixed()
	for i := range 40 {
		x := sweep.Results[i%2*4] // ping and fair
		x.Label = fmt.Sprintf("%s procs=%d", x.Label, 100*i)
		sweep.Results = append(sweep.Results, x)
	}
	for _, r := range []Report{one, sweep} {
		for i, x := range r.Results {
			if x.Latency != nil { // of which no line is to cover another
				r.Results[i].Latency = meter.NewRecorder()
				for n := range int64(1000) {
					r.Results[i].Latency.Record((n + 1) * (n + 1) * int64(i+1))
				}
			}
		}
	}
	for _, c := range []struct {
		name          string
		report        Report
		width, height int
		dark          bool
		charts, bars  int
	}{
		{"desk by day", one, 1200, 3000, false, 1 + 2 + 4, 7},
		{"desk by night", one, 1200, 3000, true, 1 + 2 + 4, 7},
		{"telephone by day", one, 390, 4500, false, 1 + 2 + 4, 7},
		{"telephone by night", one, 390, 4500, true, 1 + 2 + 4, 7},
		{"sweep on a telephone", sweep, 390, 9000, false, 1 + (2+4)*21, 47},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := c.report.WriteHTML(&b); err != nil {
				t.Fatal(err)
			}
			page := filepath.Join(t.TempDir(), "page.html")
			if err := os.WriteFile(page, fmt.Appendf(nil, probe, c.width, c.height, stdhtml.EscapeString(b.String())), 0o644); err != nil {
				t.Fatal(err)
			}
			dom, complaints := browser(t, path, page, c.dark, c.width, c.height, "--virtual-time-budget=10000", "--dump-dom")
			if complaints != "" {
				t.Errorf("the console says %s", complaints)
			}
			_, rest, ok := strings.Cut(dom, `<pre id="probe">`)
			text, _, _ := strings.Cut(rest, "</pre>")
			var got probed
			if err := json.Unmarshal([]byte(stdhtml.UnescapeString(text)), &got); !ok || err != nil {
				t.Fatalf("nothing was measured: %v in %d bytes", err, len(dom))
			}
			if len(got.Requests) > 0 {
				t.Errorf("the page asked for %q", got.Requests)
			}
			if got.Scroll > got.Width {
				t.Errorf("the page is %g wide in a window of %g", got.Scroll, got.Width)
			}
			if want := map[bool]string{false: "rgb(255, 255, 255)", true: "rgb(20, 24, 29)"}[c.dark]; got.Background != want {
				t.Errorf("the background is %s, want %s", got.Background, want)
			}
			if len(got.Charts) != c.charts || len(got.Bars) != c.bars {
				t.Fatalf("%d charts and %d bars, want %d and %d", len(got.Charts), len(got.Bars), c.charts, c.bars)
			}
			shot := filepath.Join(t.TempDir(), "page.png")
			browser(t, path, page, c.dark, c.width, c.height, "--virtual-time-budget=10000", "--screenshot="+shot)
			pixels := picture(t, shot)
			for _, b := range got.Bars {
				if b.Width < 1 || b.Height < 5 {
					t.Errorf("a bar is %g x %g pixels", b.Width, b.Height)
				}
			}
			hidden := 0
			for _, chart := range got.Charts {
				if chart.Hidden {
					hidden++
					continue
				}
				if chart.Width < 200 || chart.Height < 50 {
					t.Errorf("%s: it is %g x %g pixels", chart.Label, chart.Width, chart.Height)
				}
				for _, s := range chart.Shapes {
					if s.Width <= 0 && s.Height <= 0 {
						t.Errorf("%s: a %s is %g x %g pixels", chart.Label, s.Name, s.Width, s.Height)
					}
					if s.X < chart.X-2 || s.Y < chart.Y-2 || s.X+s.Width > chart.X+chart.Width+2 || s.Y+s.Height > chart.Y+chart.Height+2 {
						t.Errorf("%s: a %s lies outside, at %+v", chart.Label, s.Name, s.browserBox)
					}
					if s.Name == "polyline" && s.Width > 3 && !painted(pixels, s.browserBox, s.Stroke) {
						t.Errorf("%s: nothing of %s is to be seen of a line at %+v", chart.Label, s.Stroke, s.browserBox)
					}
				}
				if len(chart.Labels) < 3 {
					t.Errorf("%s: %d labels on the axes", chart.Label, len(chart.Labels))
				}
				for i, l := range chart.Labels {
					if l.Width <= 0 || l.X < 0 || l.X+l.Width > got.Width+1 {
						t.Errorf("%s: label %q is at %+v", chart.Label, l.Text, l.browserBox)
					}
					for _, m := range chart.Labels[:i] {
						if overlap(l.browserBox, m.browserBox) {
							t.Errorf("%s: labels %q and %q cover one another", chart.Label, l.Text, m.Text)
						}
					}
				}
			}
			if want := (len(c.report.Results) - 9) / 40 * (2 + 4) * 21; hidden != want {
				t.Errorf("%d charts are hidden, want %d", hidden, want)
			}
		})
	}
}

func overlap(a, b browserBox) bool {
	return a.X+a.Width > b.X+1 && b.X+b.Width > a.X+1 && a.Y+a.Height > b.Y+1 && b.Y+b.Height > a.Y+1
}

func picture(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// painted says whether pixels of a box have a colour, as rgb(1, 2, 3).
func painted(img image.Image, b browserBox, color string) bool {
	var want [3]int
	if _, err := fmt.Sscanf(color, "rgb(%d, %d, %d)", &want[0], &want[1], &want[2]); err != nil {
		return false
	}
	found := 0
	area := image.Rect(int(b.X)-2, int(b.Y)-2, int(math.Ceil(b.X+b.Width))+2, int(math.Ceil(b.Y+b.Height))+2).Intersect(img.Bounds())
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			r, g, bl, _ := img.At(x, y).RGBA()
			near := true
			for i, v := range []uint32{r, g, bl} {
				if d := int(v>>8) - want[i]; d > 24 || d < -24 {
					near = false
				}
			}
			if near {
				found++
			}
		}
	}
	return found >= 3
}
