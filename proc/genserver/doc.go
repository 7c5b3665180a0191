// Package genserver is OTP's gen_server with types: a process that holds a state, answers calls and takes casts.
//
// A server is a value with two methods, and whatever of the optional ones it needs. Q is the type of its requests, R of its replies, M of
// its casts; interface types where there are several.
//
//	type counter struct {
//		genserver.Base[int, int, string]
//		n int
//	}
//
//	func (s *counter) HandleCall(c *genserver.Ctx, add int, from genserver.From[int]) (int, error) {
//		s.n += add
//		return s.n, nil
//	}
//
//	ref, err := genserver.Start(rt.Client(ctx), func() genserver.Server[int, int, string] { return &counter{} })
//	n, err := genserver.CallContext(ctx, rt, ref, 3)
//
// # What callbacks return
//
// nil goes on. Any other error ends the server with that error as its exit reason: proc.Normal for a normal end. HandleCall has three more
// results: NoReply, when the reply comes later, by From.Reply and from anywhere; ErrorReply, for an error that the caller gets; and
// ReplyAndStop. In place of gen_server's further actions there are methods of Ctx: Timeout, Hibernate, Continue.
//
// # When Terminate is called
//
//	why the server ends                              Terminate   exit reason
//	a callback returns an error                      yes         that error
//	HandleCall returns ReplyAndStop                  yes, and then the reply
//	a callback panics, or calls runtime.Goexit       yes         *proc.Panic, proc.ErrGoexit
//	Stop, sys.Terminate                              yes         the reason given
//	Exit message from its parent or the runtime      yes         the parent's
//	Exit message from another                        no: it goes to HandleInfo
//	exit signal, when it does not trap exits         no          the signal's
//	proc.Kill                                        no          proc.Killed
//	Init fails                                       no          what Init returned
//
// A crash in Terminate replaces the reason. The guarantees, with the tests that hold them, and the differences from OTP are in
// docs/semantics-genserver.md.
package genserver
