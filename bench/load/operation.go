package load

import "slices"

// Operation is a kind of work that a generator begins from outside and whose completion
// is seen. Operations are made by this package; see [Operations] and [Find].
type Operation struct {
	Name     string
	Purpose  string // one line
	Twin     string // its twin made of goroutines and channels; empty: it has none
	MaxProcs int    // the most processes it can have

	thrum func(*world) (target, error)
	twin  func(*world) (target, error)
}

// target is what operations of one kind are begun on.
type target interface {
	// begin begins an operation; the generator alone calls it. After an error nothing
	// is under way. errFull says that there is no room for it now.
	begin(*op) error
	// stop ends what the operations have been done on, when none is under way.
	stop() error
	// verify checks what is known only when all has ended.
	verify()
}

var operations = []*Operation{callOperation, gencallOperation, castOperation, bangOperation, bigOperation, spawnOperation, timerOperation}

// Operations returns every operation, in the order in which they are listed.
func Operations() []*Operation { return slices.Clone(operations) }

// Find returns the operation of that name.
func Find(name string) (*Operation, bool) {
	for _, o := range operations {
		if o.Name == name {
			return o, true
		}
	}
	return nil, false
}
