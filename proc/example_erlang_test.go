package proc_test

import (
	"context"
	"fmt"
	"log"

	"github.com/thrum-go/thrum/proc"
)

// greeting is a tuple {From, Text}.
type greeting struct {
	from proc.PID
	text string
}

// The first program of many Erlang books: a process is spawned and receives a message.
func Example_createAProcess() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		log.Fatal(err)
	}
	loop := func(self *proc.Self) error { // loop() ->
		for {
			m := self.Receive()
			if g, ok := m.Body.(greeting); ok {
				fmt.Printf("Received %q\n", g.text)
			}
		}
	}
	_, err = rt.Go(func(self *proc.Self) error { // start() ->
		pid, err := self.Go(loop)
		if err != nil {
			return err
		}
		return self.Send(pid, greeting{self.PID(), "Hello, Process!"})
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := rt.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Received "Hello, Process!"
}

// Two processes send each other messages: the receiver knows from whom a message came.
func Example_messagePassing() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		log.Fatal(err)
	}
	loop := func(self *proc.Self) error {
		for {
			m := self.Receive() // {From, Message} ->
			fmt.Printf("Received %q\n", m.Body)
			if err := self.Send(m.From, "Hello back!"); err != nil {
				return err
			}
		}
	}
	done := make(chan struct{})
	_, err = rt.Go(func(self *proc.Self) error {
		defer close(done)
		pid, err := self.Go(loop)
		if err != nil {
			return err
		}
		if err := self.Send(pid, "Hello, Process!"); err != nil {
			return err
		}
		fmt.Printf("Received %q\n", self.Receive().Body)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	<-done
	if err := rt.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Received "Hello, Process!"
	// Received "Hello back!"
}

// A process monitors another and is told when it ends, and why.
func Example_monitor() {
	rt, err := proc.New(proc.Config{})
	if err != nil {
		log.Fatal(err)
	}
	monitored := func(self *proc.Self) error {
		self.ReceiveMatch(func(m proc.Message) bool { return m.Body == "stop" })
		fmt.Println("Stopping process")
		return nil
	}
	done := make(chan struct{})
	_, err = rt.Go(func(self *proc.Self) error {
		defer close(done)
		pid, err := self.Go(monitored)
		if err != nil {
			return err
		}
		ref, err := self.Monitor(pid)
		if err != nil {
			return err
		}
		if err := self.Send(pid, "stop"); err != nil {
			return err
		}
		m := self.ReceiveMatch(func(m proc.Message) bool { // {'DOWN', Ref, process, Pid, Reason} ->
			d, ok := m.Body.(proc.Down)
			return ok && d.Monitor == ref
		})
		fmt.Println("Process terminated with reason:", m.Body.(proc.Down).Reason)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	<-done
	if err := rt.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Stopping process
	// Process terminated with reason: proc: exit: normal
}
