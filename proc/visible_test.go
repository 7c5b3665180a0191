package proc

import (
	"fmt"
	"testing"
)

// A handler that sends and then blocks for ever has sent: its message must not wait for the end of its turn, on whichever way it
// travels.

// hang is what a sender is told to do: send n messages to a process and block until it is let go.
type hang struct {
	to  PID
	n   uint64
	let chan struct{}
}

func hanger(t *testing.T, rt *Runtime) PID {
	return handler(t, rt, func(c *Ctx, m Message) error {
		h := m.Body.(hang)
		for w := range h.n {
			c.SendWord(h.to, nil, w+1)
		}
		<-h.let
		return nil
	})
}

func TestMessageIsVisibleThoughItsSenderBlocksForEver(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		for _, n := range []uint64{1, 2, 40, 400} {
			for _, opts := range [][]SpawnOption{nil, {WithMailboxBound(1000, Reject)}} {
				t.Run(fmt.Sprintf("workers=%d/messages=%d/options=%d", workers, n, len(opts)), func(t *testing.T) {
					rt := begin(t, Config{Workers: workers})
					var got numbered
					all := make(chan struct{})
					to := handler(t, rt, func(c *Ctx, m Message) error {
						if got.took(m); m.Word == n {
							close(all)
						}
						return nil
					}, opts...)
					h := hang{to: to, n: n, let: make(chan struct{})}
					send(t, rt, hanger(t, rt), h)
					await(t, "the messages of a handler that blocks", all)
					close(h.let)
					if got.bad != "" {
						t.Error(got.bad)
					}
				})
			}
		}
	}
}

// The receiver is behind while the sender fills chunk after chunk, on another worker: the last messages lie in a chunk that is still
// open when the sender blocks.
func TestMessagesInAnOpenChunkAreVisibleThoughTheirSenderBlocksForEver(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 31, 32, 33, 34, 62, 63, 64, 65, 100, 1000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			rt := begin(t, Config{Workers: 2})
			var got numbered
			all := make(chan struct{})
			inside, let := make(chan struct{}), make(chan struct{})
			to := handler(t, rt, func(c *Ctx, m Message) error {
				if m.Body == "wait" {
					close(inside)
					<-let
					return nil
				}
				if got.took(m); m.Word == n {
					close(all)
				}
				return nil
			})
			send(t, rt, to, "wait")
			await(t, "the receiver", inside)
			h := hang{to: to, n: n, let: make(chan struct{})}
			sending := handler(t, rt, func(c *Ctx, m Message) error {
				for w := range n {
					c.SendWord(to, nil, w+1)
				}
				close(let) // everything has been sent by now
				<-h.let
				return nil
			})
			send(t, rt, sending, nil)
			await(t, "the messages of a handler that blocks", all)
			close(h.let)
			if got.bad != "" {
				t.Error(got.bad)
			}
		})
	}
}

// Two messages to a receiver that runs meanwhile, and again, so that every state of the chunk is met: open, closed by the receiver,
// full.
func TestMessagesToARunningReceiverAreVisibleThoughTheirSenderBlocks(t *testing.T) {
	rt := begin(t, Config{Workers: 2})
	var got numbered
	arrived := make(chan uint64, 1000)
	to := handler(t, rt, func(c *Ctx, m Message) error {
		if got.took(m); m.Word%100 == 0 {
			arrived <- m.Word
		}
		return nil
	})
	next := uint64(0)
	let := make(chan struct{})
	from := handler(t, rt, func(c *Ctx, m Message) error {
		for range 100 {
			next++
			c.SendWord(to, nil, next)
		}
		<-let // the test lets it go when all of them have come
		return nil
	})
	for i := range scale(50) {
		send(t, rt, from, nil)
		if w := await(t, "the last of a hundred", arrived); w != uint64(i+1)*100 {
			t.Fatalf("message %d", w)
		}
		let <- struct{}{}
	}
	if got.bad != "" {
		t.Error(got.bad)
	}
}

// What a process spawns and what it arms before it blocks exists, too.
func TestSpawnAndTimerAreVisibleThoughTheirProcessBlocksForEver(t *testing.T) {
	rt := begin(t, Config{Workers: 1})
	spawned, fired, let := make(chan struct{}), make(chan struct{}), make(chan struct{})
	alarm := handler(t, rt, func(*Ctx, Message) error { close(fired); return nil })
	pid := handler(t, rt, func(c *Ctx, m Message) error {
		child, err := c.Spawn(Of(func(*Ctx, Message) error { close(spawned); return Normal }))
		if err != nil {
			return err
		}
		c.Send(child, nil)
		if _, err := c.SendAfter(0, alarm, nil); err != nil {
			return err
		}
		<-let
		return nil
	})
	send(t, rt, pid, nil)
	await(t, "the child of a process that blocks", spawned)
	await(t, "the timer of a process that blocks", fired)
	close(let)
}
