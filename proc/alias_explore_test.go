//go:build explore

package proc

// aliasBook is what a process knows of one of its aliases.
type aliasBook struct {
	a        Alias
	kind     AliasKind
	over     bool
	due, got uint8 // messages to it that arrived while it worked; and that were left
}

// answered notes what arrives by an alias.
func (w *wire) answered(to *actor, m Message) {
	if m.From&markMask != markReply || m.Word&aliasWord == 0 || to.dead {
		return
	}
	for i := range to.names {
		a := &to.names[i]
		if a.a.ref == m.Word && !a.over {
			a.due++
			a.over = a.kind == AliasReply
		}
	}
}

// aliasesAtRest: what came to an alias while it worked is there, nothing else.
func (w *wire) aliasesAtRest(n *actor) {
	for i := range n.names {
		a := &n.names[i]
		got := uint8(0)
		n.each(func(m *Message) {
			if m.From&markMask == 0 && m.Body == i {
				got++
			}
		})
		if got != a.due {
			w.failf("alias: %c has got %d messages by alias %d, want %d", n.name(), got, i, a.due)
		}
		if _, ok := n.p.cold.talk.aliases.get(a.a.ref); ok == a.over {
			w.failf("alias: %c has alias %d in its book: %t", n.name(), i, ok)
		}
	}
}

func doAlias(kind AliasKind) wireOp {
	return wireOp{name: "alias", do: func(n *actor) {
		n.names = append(n.names, aliasBook{a: n.c.Alias(kind), kind: kind})
	}}
}

func doUnalias(k int) wireOp {
	return wireOp{name: "unalias", do: func(n *actor) {
		if k >= len(n.names) {
			return
		}
		a := &n.names[k]
		if worked := n.c.Unalias(a.a); worked == a.over {
			n.w.failf("unalias: worked: %t, want %t", worked, !a.over)
		}
		a.over = true
	}}
}

// sendAlias sends to the k-th alias of another process, when that has it.
func doSendAlias(to, k int) wireOp {
	return wireOp{name: "send to an alias",
		ready: func(n *actor) bool { return len(n.w.actors[to].names) > k },
		do: func(n *actor) {
			if err := n.c.SendAlias(n.w.actors[to].names[k].a, k); err != nil {
				n.w.failf("SendAlias: %v", err)
			}
		}}
}
