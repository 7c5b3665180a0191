package genevent_test

import (
	"errors"
	"testing"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/proc/genevent"
)

// A handler may notify its own manager: the event comes when all handlers have handled the one before. (OTP: the event manager sends itself a
// message.)
func TestAHandlerMayNotifyItsOwnManager(t *testing.T) {
	w := begin(t)
	w.puppet("a", nil)
	w.puppet("b", func(p *puppet) {
		p.event = func(c *proc.Ctx, e string) error {
			if e == "x" {
				return genevent.Notify(c, w.m, "from b")
			}
			return nil
		}
	})
	w.sync("x")
	w.sync("y") // behind what b has sent
	w.says("b event x", "a event x", "b event from b", "a event from b", "b event y", "a event y")
}

// A handler that calls its own manager would wait for itself: it is told so at once. (OTP: gen, calling_self.)
func TestAHandlerThatCallsItsOwnManagerIsToldSo(t *testing.T) {
	w := begin(t)
	var asked error
	w.puppet("a", func(p *puppet) {
		p.event = func(c *proc.Ctx, e string) error {
			_, asked = c.Request(w.m.PID, genevent.WhichRequest{}, patience)
			return nil
		}
	})
	w.sync("x")
	if !errors.Is(asked, proc.ErrCallingSelf) {
		t.Errorf("the request: %v", asked)
	}
	w.has("a")
}
