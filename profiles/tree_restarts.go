package profiles

import (
	"context"
	"sync"
	"time"

	"github.com/thrum-go/thrum/proc"
	"github.com/thrum-go/thrum/supervise"
)

const (
	restartsTime = time.Second // for all supervisors to answer
	restartsAsks = 16          // trees that are read at a time
)

// supervisorType is what proc.Info calls a supervisor of package supervise.
const supervisorType = "*supervise.supervisor"

// restarts asks the supervisors for what they have restarted, and returns how many processes were begun in rt for that. Those that do not answer in
// time are left out: nobody waits for a supervisor that is suspended or stuck.
func (p places) restarts(ctx context.Context, rt *proc.Runtime, infos []proc.Info) (begun int) {
	supervisors := make(map[proc.PID]bool)
	for i := range infos {
		if infos[i].Type == supervisorType && infos[i].Status != proc.Stuck {
			supervisors[infos[i].PID] = true
		}
	}
	if len(supervisors) == 0 {
		return 0
	}
	var roots []proc.PID
	for i := range infos {
		if supervisors[infos[i].PID] && !supervisors[infos[i].Parent] {
			roots = append(roots, infos[i].PID)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, restartsTime)
	defer cancel()
	trees := make([]*supervise.Node, len(roots))
	room := make(chan struct{}, restartsAsks)
	var wg sync.WaitGroup
	for i, sup := range roots {
		room <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		begun++
		wg.Go(func() {
			defer func() { <-room }()
			trees[i], _ = supervise.Supervisors(rt.Client(ctx), sup) // of one that has ended, or is no supervisor, there is nothing to tell
		})
	}
	wg.Wait()
	for _, t := range trees {
		if t != nil {
			p.restarted(t)
		}
	}
	return begun
}

// restarted notes the restarts that a supervisor and those below it tell of.
func (p places) restarted(sup *supervise.Node) {
	for _, ch := range sup.Children {
		if ch.Restarts > 0 {
			at := p.of[ch.PID]
			if at == nil {
				at = p.of[sup.PID]
			}
			if at != nil {
				at.Own.Restarts += ch.Restarts
			}
		}
		p.restarted(ch)
	}
}
