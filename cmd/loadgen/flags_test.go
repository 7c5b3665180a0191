package main

import (
	"errors"
	"io"
	"math"
	"testing"
	"time"

	"github.com/thrum-go/thrum/bench"
	"github.com/thrum-go/thrum/bench/report"
)

func TestCountsAreReadAsPeopleWriteThem(t *testing.T) {
	for s, want := range map[string]int64{
		"1": 1, "5000": 5000, "5_000": 5000, "10k": 10_000, "10K": 10_000, "2.5m": 2_500_000, "1m": 1_000_000, "3g": 3_000_000_000,
		"1e6": 1_000_000, "1.5e3": 1500, "1e+3": 1000, "0.5k": 500, "9223372036854775807": math.MaxInt64,
	} {
		var c count
		if err := c.Set(s); err != nil || int64(c) != want {
			t.Errorf("%q is read as %d, %v; want %d", s, c, err, want)
		}
	}
	for _, s := range []string{"", "0", "-1", "k", "1.5", "0.0001k", "ten", "1/2", "0x10", "1e", "1e999999999", "1e-3", "9223372036854775808",
		"99999999999999999999999", "1kk", "1 000", "inf", "NaN", "+", "1e6e6"} {
		c := count(-1)
		if err := c.Set(s); err == nil || c != -1 {
			t.Errorf("%q is read as %d", s, c)
		}
	}
}

func TestSpansArePositiveTimes(t *testing.T) {
	var d span
	if err := d.Set("1m30s"); err != nil || time.Duration(d) != 90*time.Second {
		t.Errorf("1m30s is read as %v, %v", time.Duration(d), err)
	}
	for _, s := range []string{"", "5", "0s", "-1s", "5 s", "forever", "1000000h"} {
		d = 0
		if err := d.Set(s); err == nil && time.Duration(d) <= 0 || err != nil && d != 0 {
			t.Errorf("%q is read as %v, %v", s, time.Duration(d), err)
		}
	}
	if err := d.Set("9999999h"); err == nil {
		t.Error("a time that no clock holds is taken")
	}
}

func TestNearestNameIsSuggested(t *testing.T) {
	names := []string{"ping", "ring", "flood", "fanin", "skynet", "blocking"}
	for written, want := range map[string]string{
		"pign": "ping", "rin": "ring", "flod": "flood", "fan-in": "fanin", "skynetz": "skynet", "blcoking": "blocking",
		"": "", "zzzzzz": "", "completelydifferent": "",
	} {
		if got := nearest(written, names); got != want {
			t.Errorf("nearest to %q is %q, want %q", written, got, want)
		}
	}
}

func TestVerdictOutranksInOrder(t *testing.T) {
	broken := report.Report{Results: []bench.Measured{{Result: bench.Result{Violations: []bench.Violation{{Workload: "x", Where: "y", What: "z"}}}}}}
	stopped := report.Report{Interrupted: true}
	both := broken
	both.Interrupted = true
	failure := errors.New("no port")
	for _, c := range []struct {
		rep     report.Report
		failure error
		want    int
	}{
		{report.Report{}, nil, exitOK},
		{report.Report{}, failure, exitInternal},
		{stopped, nil, exitInterrupted},
		{report.Report{Objectives: []report.Objective{{Text: "p99<1ms"}}}, nil, exitObjective},
		{report.Report{Objectives: []report.Objective{{Text: "p99<1ms"}}, Interrupted: true}, nil, exitInterrupted},
		{report.Report{Objectives: []report.Objective{{Text: "p99<1ms", OK: true}}}, nil, exitOK},
		{broken, nil, exitViolation},
		{broken, failure, exitViolation},
		{both, nil, exitViolation},
		{report.Report{}, &usageError{"wrong"}, exitUsage},
	} {
		if got := exitCode(verdict(c.rep, c.failure, c.rep.Interrupted, io.Discard), io.Discard); got != c.want {
			t.Errorf("%+v with failure %v exits %d, want %d", c.rep, c.failure, got, c.want)
		}
	}
}

func TestCountsTakePowersOfTen(t *testing.T) {
	for text, want := range map[string]string{
		"1..10k":     "1,10,100,1000,10000",
		"1e0..1e4":   "1,10,100,1000,10000",
		"2..1k":      "2,20,200,1000",
		"1,5..100,7": "1,5,50,100,7",
	} {
		var c counts
		if err := c.Set(text); err != nil || c.String() != want {
			t.Errorf("%s is %v, error %v; want %s", text, c.String(), err, want)
		}
	}
	for _, text := range []string{"10..1", "1..", "..5", "1..1", "1..2..3", "1..10,10", "0..5"} {
		var c counts
		if err := c.Set(text); err == nil {
			t.Errorf("%s was taken for %v", text, c.String())
		}
	}
}
