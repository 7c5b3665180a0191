// Package application starts and stops supervision trees as units, in the order of their dependencies: OTP's applications. A whole
// program is
//
//	func main() {
//		if err := application.Run(context.Background(), store, web); err != nil {
//			log.Fatal(err)
//		}
//	}
//
// An App has a name, the names of the applications that it needs, settings, and a function that makes its top supervisor. Run starts
// each application when those it needs run, and then waits for SIGTERM or SIGINT, the end of its context, or the end of an application that
// must not end. Then it stops them, each before those that it needs.
//
// Under Run there is a controller, a process that knows the applications, and one process for each that runs, its master, which has the top
// supervisor as its child. The functions that take a controller start and stop applications one by one, and work without Run too. All that an App
// brings (Start, PrepStop, Stop, Phases) runs on goroutines, so it may block.
//
// What holds, and how it differs from OTP, is in docs/semantics-application.md.
package application
