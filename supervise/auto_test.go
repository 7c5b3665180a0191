package supervise

import (
	"testing"

	"github.com/thrum-go/thrum/proc"
)

func auto(a AutoShutdown, s Strategy) Flags {
	f := many(s)
	f.AutoShutdown = a
	return f
}

func TestAnySignificantChildThatEndsByItselfEndsTheSupervisor(t *testing.T) {
	for _, c := range []struct {
		restart func(*Spec)
		reason  error
		ends    bool
	}{
		{transient, proc.Normal, true}, {transient, proc.Shutdown, true}, {transient, errBoom, false},
		{temporary, proc.Normal, true}, {temporary, errBoom, true},
	} {
		w := newWorld(t)
		sup := w.start(auto(AnySignificant, OneForOne), w.worker("a"), w.worker("b", c.restart, significant), w.worker("c", c.restart))
		w.until("+a +b +c")
		end := w.watch(sup)
		w.crash(w.pid(sup, "c"), proc.Normal) // not significant
		w.eventually("c is gone", func() bool { return w.pid(sup, "c") == 0 })
		w.crash(w.pid(sup, "b"), c.reason)
		if c.ends {
			w.is(end(), proc.Shutdown)
			w.until("-a")
		} else {
			w.until("+b")
		}
	}
}

func TestLastOfAllSignificantChildrenEndsTheSupervisor(t *testing.T) {
	w := newWorld(t)
	sup := w.start(auto(AllSignificant, OneForOne), w.worker("a"), w.worker("b", transient, significant), w.worker("c", temporary, significant))
	w.until("+a +b +c")
	end := w.watch(sup)
	w.crash(w.pid(sup, "b"), proc.Normal)
	w.eventually("b is gone", func() bool { return w.children(sup) == "+c -b +a" })
	w.crash(w.pid(sup, "c"), errBoom)
	w.is(end(), proc.Shutdown)
}

func TestOrderedEndsOfSignificantChildrenDoNotCount(t *testing.T) {
	w := newWorld(t)
	sup := w.start(auto(AnySignificant, OneForAll), w.worker("a"), w.worker("b", transient, significant), w.worker("c", temporary, significant))
	w.until("+a +b +c")
	w.crash(w.pid(sup, "a"), errBoom) // b and c are stopped as its siblings
	w.until("-c -b +a +b")
	if err := TerminateChild(w.k, sup, "b"); err != nil {
		t.Fatal(err)
	}
	w.until("-b")
	if got := w.children(sup); got != "-b +a" {
		t.Errorf("children %q", got)
	}
}

func TestSignificantDynamicChildren(t *testing.T) {
	w := newWorld(t)
	sup := w.start(auto(AllSignificant, SimpleOneForOne), w.pool(temporary, significant))
	end := w.watch(sup)
	a, _ := StartDynamic(w.k, sup, "a")
	b, _ := StartDynamic(w.k, sup, "b")
	c, _ := StartDynamic(w.k, sup, "c")
	w.crash(a, proc.Normal)
	w.eventually("a is gone", func() bool { return len(w.children(sup)) == len("+ +") })
	if err := TerminateDynamic(w.k, sup, b); err != nil {
		t.Fatal(err)
	}
	w.crash(c, proc.Normal)
	w.is(end(), proc.Shutdown)
}
