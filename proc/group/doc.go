// Package group has named groups of processes, as Erlang's pg: a process joins the groups it wants to be found in, and is removed from
// them when it ends.
//
// A [Scope] is a set of groups. Its groups are not created: one that has no members is empty, as one that nobody has ever
// heard of. Their names are values of any comparable type, one type a scope.
//
//	rooms, err := group.Start[string](rt, "rooms")
//	rooms.Join("lobby", c.Self())                 // or from any goroutine, with any PID
//	rooms.Publish(c, "lobby", message)            // to every member
//	worker := rooms.Members("lobby").At(0)        // or to one of them
//
// # Who does what
//
// Join, Leave, Monitor and Demonitor take a lock, change the scope and return: they wait for nobody's answer, so goroutines, handlers and
// processes in direct style use the same ones. (In Erlang each is a call to the scope's process, since processes there share nothing.) What
// needs a process is done by the scope's: it monitors members, once each, and sends the events of [Scope.Monitor] and
// [Scope.MonitorScope], in the order of the changes. While it is 65,536 events behind, every change takes a millisecond, so that a
// flood of them cannot leave it behind for ever.
//
// The members of a group are a list that does not change: a Join or Leave makes a new one, which shares all but a few nodes with the one
// before. So readers take no lock and nothing is copied for them, and a change costs about the same in a group of ten and of a million.
// Members, Local and Publish are reads; so is Groups, but for a lock on some of the names at a time.
//
// # When a process ends
//
// A member that ends is removed from all of its groups soon afterwards, before or after others who monitor it are told. Until then it is
// listed, and what is sent to it is a dead letter; nobody should take a member for one that lives.
//
// When the scope's process ends, everything it knew is lost at once, monitors too. All groups are empty then, and Join returns
// [ErrEnded], until another process of the scope begins, with nothing; see [Scope.Factory]. Members that want to outlive that monitor
// the scope's process by name, and join again. In Erlang it is the same.
//
// # Differences from pg
//
// Event lists hold only those who have left, not all that were given to Leave; the end of a process is one event a group, in place
// of one a join; to join nobody is no change, and makes no group; a process can end only its own monitors. A scope is of one runtime.
package group
