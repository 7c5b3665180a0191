package main

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/thrum-go/thrum/profiles/web"
)

// What top may show beside its header.
type topView uint8

const (
	viewProcesses topView = iota
	viewTree
	viewWarnings
	viewDetails
	viewHelp
)

// topQuestion is what is asked for a screen.
type topQuestion struct {
	by     string
	n      int
	window time.Duration
	view   topView
	pid    string // of viewDetails
}

// topSnapshot is what a screen shows.
type topSnapshot struct {
	question  topQuestion
	processes web.Processes
	workers   web.Workers
	before    web.Workers // with the counters of the time before
	warnings  web.Warnings
	topExtra
	raw map[string]json.RawMessage
}

// topExtra is what a view shows that needs no window: it is there as soon as it has been asked for.
type topExtra struct {
	of      topQuestion
	tree    *web.Tree
	details *web.Details
	note    string // why something is missing
}

// topSource answers questions; tests have one of their own.
type topSource interface {
	get(ctx context.Context, page string, query url.Values, window time.Duration) ([]byte, error)
}

// ask asks all that a screen needs, at the same time. before holds the counters to compare with; without any, they are asked for first.
func (q topQuestion) ask(ctx context.Context, src topSource, before *web.Workers) (*topSnapshot, error) {
	s := &topSnapshot{question: q, raw: map[string]json.RawMessage{}}
	var mu sync.Mutex
	page := func(name string, query url.Values, window time.Duration, into any) error {
		body, err := getPage(ctx, src, name, query, window, into)
		if err == nil {
			mu.Lock()
			s.raw[name] = body
			mu.Unlock()
		}
		return err
	}
	if before == nil {
		before = &web.Workers{}
		if err := page("workers", nil, 0, before); err != nil {
			return nil, err
		}
	}
	s.before = *before
	window := url.Values{"window": {q.window.String()}}
	errs := make([]error, 3)
	var wg sync.WaitGroup
	wg.Go(func() {
		query := url.Values{"window": {q.window.String()}, "by": {q.by}, "n": {strconv.Itoa(q.n)}}
		errs[0] = page("processes", query, q.window, &s.processes)
	})
	wg.Go(func() { errs[1] = page("warnings", window, q.window, &s.warnings) })
	wg.Go(func() { s.topExtra = q.extra(ctx, src) })
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	if err := page("workers", nil, 0, &s.workers); err != nil {
		return nil, err
	}
	if s.workers.Instance != s.before.Instance {
		s.before = s.workers // another program, or another round: there are no rates yet
	}
	return s, nil
}

// extra asks what the view shows beside the rest. When that fails the rest of the screen is right all the same.
func (q topQuestion) extra(ctx context.Context, src topSource) topExtra {
	x := topExtra{of: q}
	var err error
	switch q.view {
	case viewTree:
		tree := &web.Tree{}
		if _, err = getPage(ctx, src, "tree", nil, 0, tree); err == nil {
			x.tree = tree
		}
	case viewDetails:
		details := &web.Details{}
		if _, err = getPage(ctx, src, "process", url.Values{"pid": {q.pid}}, 0, details); err == nil {
			x.details = details
		}
	}
	if err != nil {
		x.note = err.Error()
	}
	return x
}

// sameView reports whether both are about the same thing beside the rest.
func (q topQuestion) sameView(r topQuestion) bool {
	return q.view == r.view && (q.view != viewDetails || q.pid == r.pid)
}

func getPage(ctx context.Context, src topSource, name string, query url.Values, window time.Duration, into any) ([]byte, error) {
	body, err := src.get(ctx, name, query, window)
	if err == nil {
		err = decodePage(body, name, into)
	}
	return body, err
}

// rate is a counter's difference for each second; negative when it cannot be told.
func (s *topSnapshot) rate(of func(*web.Counters) uint64) float64 {
	d := s.workers.At.Sub(s.before.At).Seconds()
	now, was := of(&s.workers.Total), of(&s.before.Total)
	if d <= 0 || now < was {
		return -1
	}
	return float64(now-was) / d
}

// busy returns the share of the time in which each worker had work.
func (s *topSnapshot) busy() []float64 {
	d := s.workers.At.Sub(s.before.At)
	shares := make([]float64, len(s.workers.Workers))
	for i, w := range s.workers.Workers {
		if d > 0 && i < len(s.before.Workers) {
			shares[i] = min(1, max(0, float64(w.Busy-s.before.Workers[i].Busy)/float64(d)))
		}
	}
	return shares
}
