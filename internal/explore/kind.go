package explore

// Kind says what a thread is about to do at a scheduling point.
type Kind uint8

// The kinds a caller of Point names. Of the operations on one address, two Loads commute and nothing else does.
const (
	Step           Kind = iota // anything else that others could see; never commutes with anything
	Load                       // an atomic read
	Store                      // an atomic write; drains the thread's store buffer, as do the next three
	Swap                       // an atomic exchange
	CompareAndSwap             // an atomic compare-and-exchange, successful or not
	Add                        // an atomic addition
)

// The kinds that the package's own operations name.
const (
	kindStart      Kind = iota + Add + 1 // the first step of a thread that another thread started
	kindWait                             // Wait: enabled while the condition holds
	kindAcquire                          // Semaphore.Acquire: enabled while a unit is there
	kindTryAcquire                       // Semaphore.TryAcquire
	kindRelease                          // Semaphore.Release
	kindYield                            // Yield
	kindReadWord                         // Buffered.Load
	kindBarrier                          // Barrier
	kindWriteWord                        // Buffered.Store
	kindChoose                           // Choose: no step
	kindSpawn                            // Exec.Go inside a thread: no step
	kindEnd                              // the thread has ended: no step
	numberOfKinds  = iota + Add + 1
)

var kindNames = [numberOfKinds]string{
	Step: "Step", Load: "Load", Store: "Store", Swap: "Swap", CompareAndSwap: "CAS", Add: "Add",
	kindStart: "start", kindWait: "Wait", kindAcquire: "Acquire", kindTryAcquire: "TryAcquire",
	kindRelease: "Release", kindYield: "Yield", kindReadWord: "Read", kindBarrier: "Barrier",
	kindWriteWord: "Write", kindChoose: "Choose", kindSpawn: "Go", kindEnd: "end",
}

// String returns the kind's name as traces show it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// blocking reports whether a thread at this point may have to wait for others.
func (k Kind) blocking() bool { return k == kindWait || k == kindAcquire }

// fences reports whether the operation empties the store buffer of the thread that carries it out.
func (k Kind) fences() bool {
	return k >= Store && k <= Add || k >= kindAcquire && k <= kindRelease
}
