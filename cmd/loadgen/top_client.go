package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/thrum-go/thrum/profiles/web"
)

// topPath is where the pages are mounted when nothing else is said.
const topPath = "/debug/thrum/"

// Bounds of what top takes from a server.
const (
	topAnswer = 32 << 20         // bytes
	topWait   = 15 * time.Second // beyond the window that is asked for
)

// errBetween says that the server is there but has no runtime at the moment.
var errBetween = errors.New("no runtime at the moment")

// topClient asks the pages of a running program.
type topClient struct {
	base *url.URL
	http *http.Client
}

// newTopClient takes a host and a port, or an URL.
func newTopClient(addr string) (*topClient, error) {
	text := addr
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, usagef("ADDR is %q; it must be a host with a port, as localhost:8080, or an URL, as http://localhost:8080%s", addr, topPath)
	}
	if u.Hostname() == "" {
		u.Host = "localhost" + u.Host
	}
	if u.Scheme == "http" && u.Port() == "" && !strings.Contains(addr, "://") {
		return nil, usagef("ADDR is %q, which has no port; write localhost:8080", addr)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = topPath
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	// The answers are small: a connection each would do, but one is kept.
	return &topClient{base: u, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4, DisableCompression: true}}}, nil
}

// get asks for a page and returns its JSON as it came.
func (c *topClient) get(ctx context.Context, page string, query url.Values, window time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, window+topWait)
	defer cancel()
	u := *c.base
	u.Path += page
	if query == nil {
		query = url.Values{}
	}
	query.Set("format", "json")
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.failed(err, window)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, topAnswer+1))
	if err != nil {
		return nil, c.failed(err, window)
	}
	said := firstLine(string(body))
	switch {
	case len(body) > topAnswer:
		return nil, fmt.Errorf("top: %s answers with more than %d MiB; that is no page of Thrum", &u, topAnswer>>20)
	case resp.StatusCode == http.StatusServiceUnavailable && (resp.Header.Get(betweenRounds) != "" || strings.HasSuffix(said, "try again")):
		return nil, fmt.Errorf("%w: %s", errBetween, said)
	case resp.StatusCode == http.StatusNotFound && !strings.HasPrefix(said, "profiles/web:"):
		return nil, fmt.Errorf("top: nothing of Thrum is at %s (404). Mount it in the program, whose runtime is rt:\n"+
			"  mux.Handle(%q, http.StripPrefix(%q, web.Handler(rt))) // github.com/thrum-go/thrum/profiles/web\n"+
			"or give the URL where it is mounted", c.base, c.base.Path, strings.TrimSuffix(c.base.Path, "/"))
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("top: %s: %s: %s", &u, resp.Status, said)
	}
	return body, nil
}

// failed words why there is no answer.
func (c *topClient) failed(err error, window time.Duration) error {
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("top: nobody listens at %s; is the program running, and is that its address?", c.base.Host)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("top: %s has not answered within %v", c.base.Host, window+topWait)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("top: %s has broken off in the middle of an answer", c.base.Host)
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return fmt.Errorf("top: no answer from %s: %w", c.base.Host, err)
}

// firstLine is what a server says of an error, made short and harmless.
func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "..."
	}
	return s
}

// decodePage reads a page and sees to it that it is one.
func decodePage(body []byte, page string, into any) error {
	var head web.Head
	if err := json.Unmarshal(body, &head); err != nil {
		return fmt.Errorf("top: the answer is no JSON of Thrum's: %v", err)
	}
	if head.Schema != web.Schema || head.Page != page {
		return fmt.Errorf("top: the answer has the schema %q and is the page %q, but %q and %q are wanted; the program has another version of Thrum, or it is another one",
			firstLine(head.Schema), firstLine(head.Page), web.Schema, page)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("top: the page %s cannot be read: %v", page, err)
	}
	return nil
}
