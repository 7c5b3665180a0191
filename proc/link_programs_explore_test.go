//go:build explore

package proc

import "testing"

// born links processes as a spawn with WithLink does: the second is the child.
func bornLinked(pairs ...[2]int) func(w *wire) {
	return func(w *wire) {
		for _, p := range pairs {
			w.actors[p[1]].p.bear(w.actors[p[0]].p, spawnOptions{link: true})
		}
	}
}

// linked says whether two processes must be linked in the end, if both live.
func areLinked(yes bool) func(w *wire) {
	return func(w *wire) {
		a, b := w.actors[0], w.actors[1]
		if !a.dead && !b.dead && a.linkedTo(b) != yes {
			w.failf("rest: linked: %t, want %t", !yes, yes)
		}
	}
}

var ab = bornLinked([2]int{0, 1})

var linkPrograms = []wireProgram{
	{name: "link against link", scripts: []wireScript{{ops: []wireOp{doLink(1)}}, {ops: []wireOp{doLink(0)}}}, rest: areLinked(true)},
	{name: "link against unlink", start: ab, scripts: []wireScript{{ops: []wireOp{doUnlink(1)}}, {ops: []wireOp{doLink(0)}}}},
	{name: "unlink against unlink", start: ab, scripts: []wireScript{{ops: []wireOp{doUnlink(1)}}, {ops: []wireOp{doUnlink(0)}}}, rest: areLinked(false)},
	{name: "both link and unlink", scripts: []wireScript{{ops: []wireOp{doLink(1), doUnlink(1)}}, {ops: []wireOp{doLink(0), doUnlink(0)}}}, rest: areLinked(false)},
	{name: "unlink and link", start: ab, scripts: []wireScript{{ops: []wireOp{doUnlink(1), doLink(1)}}, {}}, rest: areLinked(true)},
	{name: "unlink twice against link", start: ab, scripts: []wireScript{{ops: []wireOp{doUnlink(1), doLink(1), doUnlink(1)}}, {ops: []wireOp{doLink(0)}}}},
	{name: "both unlink and link", start: ab, scripts: []wireScript{
		{ops: []wireOp{doUnlink(1), doLink(1), doUnlink(1), doLink(1)}}, {ops: []wireOp{doUnlink(0), doLink(0), doUnlink(0)}}}},
	{name: "both link and unlink, twice", scripts: []wireScript{
		{ops: []wireOp{doLink(1), doUnlink(1), doLink(1), doUnlink(1)}}, {ops: []wireOp{doLink(0), doUnlink(0), doLink(0), doUnlink(0)}}}},
	{name: "both end", start: ab, scripts: []wireScript{{ops: []wireOp{doEnd(errBoom)}}, {ops: []wireOp{doEnd(Normal)}}}},
	{name: "end against link", scripts: []wireScript{{ops: []wireOp{doLink(1)}}, {ops: []wireOp{doLink(0), doEnd(errBoom)}}}},
	{name: "end against link, unlink and link", scripts: []wireScript{
		{ops: []wireOp{doLink(1), doUnlink(1), doLink(1)}}, {ops: []wireOp{doLink(0), doEnd(errBoom)}}}},
	{name: "end against link, unlink and link, trapping", scripts: []wireScript{
		{trap: true, ops: []wireOp{doLink(1), doUnlink(1), doLink(1)}}, {ops: []wireOp{doLink(0), doEnd(errBoom)}}}},
	{name: "end against unlink and link", start: ab, scripts: []wireScript{
		{ops: []wireOp{doUnlink(1), doLink(1), doUnlink(1)}}, {ops: []wireOp{doLink(0), doEnd(errBoom)}}}},
	{name: "end against unlink and link, trapping", start: ab, scripts: []wireScript{
		{trap: true, ops: []wireOp{doUnlink(1), doLink(1), doUnlink(1), doLink(1)}}, {ops: []wireOp{doLink(0), doEnd(errBoom)}}}},
	{name: "normal end", start: ab, scripts: []wireScript{
		{ops: []wireOp{doUnlink(1), doLink(1)}}, {trap: true, ops: []wireOp{doUnlink(0), doLink(0), doEnd(Normal)}}}},
	{name: "both end, who trap", start: ab, scripts: []wireScript{
		{trap: true, ops: []wireOp{doUnlink(1), doLink(1), doEnd(errBoom)}}, {trap: true, ops: []wireOp{doUnlink(0), doLink(0), doEnd(Shutdown)}}}},
	{name: "exit signals", start: ab, scripts: []wireScript{
		{ops: []wireOp{doExit(1, errBoom), doUnlink(1), doLink(1)}}, {ops: []wireOp{doUnlink(0), doExit(0, Shutdown), doLink(0)}}}},
	{name: "exit signals to one who traps", start: ab, scripts: []wireScript{
		{ops: []wireOp{doExit(1, errBoom), doUnlink(1), doExit(1, Normal), doExit(1, Kill)}}, {trap: true, ops: []wireOp{doLink(0), doTrap(false)}}}},
	{name: "traps at times", start: ab, scripts: []wireScript{
		{ops: []wireOp{doTrap(true), doUnlink(1), doLink(1), doTrap(false)}}, {ops: []wireOp{doLink(0), doEnd(errBoom)}}}},
	{name: "a chain ends", start: bornLinked([2]int{0, 1}, [2]int{1, 2}), scripts: []wireScript{{ops: []wireOp{doEnd(errBoom)}}, {}, {ops: []wireOp{doUnlink(1)}}}},
	{name: "a chain is cut", start: bornLinked([2]int{0, 1}, [2]int{1, 2}), scripts: []wireScript{
		{ops: []wireOp{doUnlink(1), doLink(2), doEnd(errBoom)}}, {ops: []wireOp{doUnlink(2)}}, {trap: true, ops: []wireOp{doUnlink(1), doLink(0)}}}},
	{name: "a triangle", start: bornLinked([2]int{0, 1}, [2]int{1, 2}, [2]int{2, 0}), scripts: []wireScript{
		{ops: []wireOp{doUnlink(1), doLink(1)}}, {trap: true, ops: []wireOp{doUnlink(2)}}, {ops: []wireOp{doEnd(errBoom)}}}},
	{name: "three link and unlink", scripts: []wireScript{
		{ops: []wireOp{doLink(1), doUnlink(1)}}, {ops: []wireOp{doLink(2), doUnlink(0)}}, {ops: []wireOp{doLink(1), doUnlink(1)}}}},
	{name: "many ties at the end", start: bornLinked([2]int{0, 1}, [2]int{0, 2}), scripts: []wireScript{
		{ops: []wireOp{doMonitor(1), doEnd(errBoom)}}, {trap: true, ops: []wireOp{doUnlink(0), doLink(0)}}, {trap: true, ops: []wireOp{doMonitor(0), doUnlink(0)}}}},
}

// TestExploreLinksAgreeAtRest: whoever links, unlinks and ends in whatever order, both sides agree in the end; what was unlinked
// is not heard of again; and the end of a linked process is told once.
func TestExploreLinksAgreeAtRest(t *testing.T) { searchAll(t, linkPrograms) }
