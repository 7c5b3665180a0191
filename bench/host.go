package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/thrum-go/thrum/bench/meter"
)

var hostWorkload = &Workload{
	Name:    "host",
	Group:   OnFairness,
	Purpose: "latency of an HTTP server in the same program while every worker is saturated",
	Twin:    "plain goroutines that compute without end, one a processor, in place of Thrum",
	Figure:  P99,
	Parameters: []Parameter{
		workersParam(), procsParam("busy processes", 64, 1, 1_000_000),
		durationParam(5e9), roundsParam(1),
	},
	timed: true,
	thrum: hostThrum,
	twin:  hostTwin,
}

// hostPace is how often the client asks. An answer that takes longer counts for
// all the questions that could not be asked meanwhile.
const hostPace = time.Millisecond

func hostThrum(t *trial) (Sample, error) {
	s, err := t.start()
	if err != nil {
		return Sample{}, err
	}
	defer s.close()
	crowd := t.crowd(t.p.Procs)
	pids, err := crowd.spawn(s)
	if err != nil {
		return Sample{}, err
	}
	sample, err := crowd.underHTTP()
	if err != nil {
		return sample, err
	}
	for _, pid := range pids {
		if err := s.send(pid, stop); err != nil {
			return sample, err
		}
	}
	return sample, s.drain()
}

func hostTwin(t *trial) (Sample, error) {
	g := t.goroutines()
	crowd := t.crowd(t.p.Workers)
	var over atomic.Bool
	for i := range crowd.busy {
		g.wg.Go(func() { crowd.busy[i].goroutine(func() {}, &over) })
	}
	sample, err := crowd.underHTTP()
	over.Store(true)
	g.join()
	return sample, err
}

// underHTTP measures a server on the loopback while the crowd is at work.
func (b *busyCrowd) underHTTP() (Sample, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return Sample{}, fmt.Errorf("bench: host needs a port of the loopback interface: %w", err)
	}
	var served, connections atomic.Int64
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			served.Add(1)
			io.WriteString(w, r.URL.RawQuery)
		}),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		},
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	client := &http.Client{Transport: &http.Transport{}}

	rec := meter.NewRecorder()
	before := b.pace()
	err = b.ask(client, "http://"+listener.Addr().String()+"/?", rec)
	rate := before.rate()

	client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), b.patience)
	defer cancel()
	if stopErr := server.Shutdown(ctx); err == nil && stopErr != nil {
		err = fmt.Errorf("bench: stopping the HTTP server: %w", stopErr)
	}
	if serveErr := <-ended; err == nil && !errors.Is(serveErr, http.ErrServerClosed) {
		err = fmt.Errorf("bench: HTTP server: %w", serveErr)
	}
	if err == nil && connections.Load() != 1 {
		b.failf("client", "%d connections were made, one was to be kept", connections.Load())
	}
	return Sample{Latency: rec, Details: []Detail{b.utilisation(rate), {"requests", float64(served.Load()), ""}}}, err
}

// ask sends numbered requests at the pace until the round's time is over, and
// checks the answers.
func (b *busyCrowd) ask(client *http.Client, url string, rec *meter.Recorder) error {
	due := time.Now()
	over := due.Add(b.limit)
	for n := 0; time.Now().Before(over); n++ {
		// Instants missed while an answer was awaited are made up for by RecordPaced.
		due = due.Add(hostPace)
		if now := time.Now(); due.Before(now) {
			due = now
		}
		if err := b.sleep(time.Until(due)); err != nil {
			return err
		}
		began := b.clock.Now()
		if err := b.request(client, url, n); err != nil {
			return err
		}
		if took := b.clock.Now() - began; n > 0 { // the first makes the connection
			rec.RecordPaced(took, int64(hostPace))
		}
	}
	return nil
}

// request asks for an echo of n and checks it.
func (b *busyCrowd) request(client *http.Client, url string, n int) error {
	want := strconv.Itoa(n)
	response, err := client.Get(url + want)
	if err != nil {
		return fmt.Errorf("bench: HTTP request %d: %w", n, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("bench: HTTP answer %d: %w", n, err)
	}
	if response.StatusCode != http.StatusOK || string(body) != want {
		b.failf("client", "request %d was answered %s %q", n, response.Status, body)
		return errBroken
	}
	return nil
}
