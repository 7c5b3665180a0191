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
	tree      *web.Tree
	details   *web.Details
	note      string // why something is missing
	raw       map[string]json.RawMessage
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
		body, err := src.get(ctx, name, query, window)
		if err == nil {
			err = decodePage(body, name, into)
		}
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
	wg.Go(func() {
		var err error
		switch q.view {
		case viewTree:
			s.tree = &web.Tree{}
			err = page("tree", nil, 0, s.tree)
		case viewDetails:
			s.details = &web.Details{}
			if err = page("process", url.Values{"pid": {q.pid}}, 0, s.details); err != nil {
				s.details = nil
			}
		}
		if err != nil { // the rest of the screen is right
			s.note = err.Error()
		}
	})
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
