//go:build explore

package proc

import (
	"testing"
)

// What random programs are made of. Process o is another than the one that does it.
var randomOps = []func(r *random, o int) wireOp{
	func(_ *random, o int) wireOp { return doLink(o) },
	func(_ *random, o int) wireOp { return doLink(o) },
	func(_ *random, o int) wireOp { return doUnlink(o) },
	func(_ *random, o int) wireOp { return doUnlink(o) },
	func(_ *random, o int) wireOp { return doMonitor(o) },
	func(_ *random, o int) wireOp { return doMonitor(o) },
	func(r *random, _ int) wireOp { return doDemonitor(r.below(2), r.below(2) == 0) },
	func(r *random, o int) wireOp { return doRequest(o, r.below(2) == 0) },
	func(r *random, o int) wireOp { return doRequest(o, r.below(2) == 0) },
	func(r *random, o int) wireOp { return doAwait(o, r.below(2) == 0) },
	func(r *random, _ int) wireOp { return doAbandon(r.below(3)) },
	func(_ *random, o int) wireOp { return doAlive(o) },
	func(_ *random, o int) wireOp { return doReply(o) },
	func(r *random, _ int) wireOp { return doAlias(AliasKind(r.below(2))) },
	func(r *random, _ int) wireOp { return doUnalias(r.below(2)) },
	func(r *random, o int) wireOp { return doSendAlias(o, r.below(2)) },
	func(r *random, _ int) wireOp { return doTrap(r.below(2) == 0) },
	func(r *random, o int) wireOp { return doExit(o, []error{Normal, Shutdown, errBoom}[r.below(3)]) },
	func(_ *random, o int) wireOp { return doKill(o) },
	func(_ *random, _ int) wireOp { return doBecome() },
	func(r *random, _ int) wireOp { return doEnd([]error{Normal, errBoom}[r.below(2)]) },
}

var randomCallees = []func(*actor, *Ctx, Message) error{
	calleeReplies, calleeReplies, calleeKeeps, calleePostpones, repliesAndEnds, endsInstead,
}

// randomProgram makes one of two or three processes.
func randomProgram(r *random) *wireProgram {
	p := &wireProgram{name: "random"}
	n := 2 + r.below(2)
	for i := range n {
		s := wireScript{trap: r.below(2) == 0, handles: randomCallees[r.below(len(randomCallees))]}
		for range 2 + r.below(6) {
			o := (i + 1 + r.below(n-1)) % n
			s.ops = append(s.ops, randomOps[r.below(len(randomOps))](r, o))
		}
		p.scripts = append(p.scripts, s)
	}
	if r.below(2) == 0 {
		p.start = bornLinked([2]int{0, 1})
	}
	return p
}

// TestExploreRandomPrograms: the rules hold in programs that nobody has thought of.
func TestExploreRandomPrograms(t *testing.T) {
	programs, each := 4000, 20
	if raced || testing.Short() {
		programs = 200
	}
	for seed := range programs {
		s := newSearch(randomProgram(seeded(uint64(seed))))
		s.dice, s.limit = seeded(uint64(seed)), each
		if f := s.run(); f != nil {
			t.Fatalf("program %d, execution %d: %v", seed, s.runs, f)
		}
	}
	t.Logf("%d executions", programs*each)
}
