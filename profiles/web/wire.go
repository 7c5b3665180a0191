package web

import "time"

// Schema is in every JSON object that the pages answer with. Fields are added, never changed, under one name.
const Schema = "thrum.web/v1"

// Head is what every answer begins with.
type Head struct {
	Schema string    `json:"schema"`
	Page   string    `json:"page"` // processes, workers, tree, process or warnings
	At     time.Time `json:"at"`
	// Instance differs between two handlers, so that counters are not compared across a restart of the program.
	Instance string `json:"instance"`
}

// Processes is the answer of /processes.
type Processes struct {
	Head
	By       string        `json:"by"`
	Window   time.Duration `json:"window_ns"` // that was looked at; 0: since each process began
	Read     int           `json:"read"`      // processes that have answered
	ReadTime time.Duration `json:"read_ns"`   // how long that took
	Top      []Process     `json:"top"`
}

// Process is a process of which no more is known than a survey tells; see profiles.Entry.
type Process struct {
	PID        string        `json:"pid"`
	Type       string        `json:"type"`
	Name       string        `json:"name,omitempty"`
	Status     string        `json:"status"`
	Parent     string        `json:"parent,omitempty"`
	Reductions uint64        `json:"reductions"`
	Queue      int           `json:"queue"` // messages in its mailbox
	Growth     int           `json:"growth"`
	Growing    int           `json:"growing,omitempty"`
	Oldest     time.Duration `json:"oldest_ns"`
	Memory     int           `json:"memory_bytes"`
	Bound      int           `json:"bound,omitempty"`
	Rejected   uint64        `json:"rejected,omitempty"`
	Stuck      time.Duration `json:"stuck_ns,omitempty"`
}

// Workers is the answer of /workers. What the pages themselves have begun, ended and handled is not in Total.
type Workers struct {
	Head
	Window    time.Duration `json:"window_ns"` // of the counters; 0: since the runtime began
	Processes int           `json:"processes"`
	Active    int           `json:"active"` // workers in use
	Spare     int           `json:"spare"`  // handlers that have lost their worker and go on without
	Stuck     uint64        `json:"stuck"`  // handlers that were found stuck, since the runtime began
	Total     Counters      `json:"total"`
	Workers   []Counters    `json:"workers"`
}

// Counters are those of proc.Counters.
type Counters struct {
	// Utilisation is the share of the window in which there was work, 0 to 1; 0 without a window.
	Utilisation float64       `json:"utilisation"`
	Busy        time.Duration `json:"busy_ns"`
	Queue       int           `json:"queue"` // processes that wait for their turn
	Turns       uint64        `json:"turns"`
	Messages    uint64        `json:"messages"`
	Reductions  uint64        `json:"reductions"`
	Steals      uint64        `json:"steals"`
	Parks       uint64        `json:"parks"`
	Spawned     uint64        `json:"spawned"`
	Exited      uint64        `json:"exited"`
	DeadLetters uint64        `json:"dead_letters"`
	Rejected    uint64        `json:"rejected"`
	Dropped     uint64        `json:"dropped"`
}

// Tree is the answer of /tree.
type Tree struct {
	Head
	Root *Node `json:"root"`
}

// Node is a process of the tree, or several of one type below the same parent.
type Node struct {
	Label      string        `json:"label"`          // what to call it: an id, a registered name or a type
	PID        string        `json:"pid,omitempty"`  // of a single process
	Type       string        `json:"type,omitempty"` // the Go type of its machine
	Strategy   string        `json:"strategy,omitempty"`
	Restart    string        `json:"restart,omitempty"` // of a supervisor's child
	Status     string        `json:"status,omitempty"`  // of a supervisor's child, unless it is running
	Restarts   int           `json:"restarts,omitempty"`
	Reason     string        `json:"reason,omitempty"` // why it ended, the last time that it was to be restarted
	Processes  int           `json:"processes"`        // here and below
	Queue      int           `json:"queue"`            // messages in their mailboxes
	Reductions uint64        `json:"reductions"`
	Oldest     time.Duration `json:"oldest_ns"` // the longest of them
	Memory     int           `json:"memory_bytes"`
	Children   []*Node       `json:"children,omitempty"`
	More       int           `json:"more,omitempty"` // children that are left out
}

// Details is the answer of /process.
type Details struct {
	Head
	Process
	State       string    `json:"state,omitempty"` // what the machine's StateName says
	Priority    string    `json:"priority"`
	TrapExit    bool      `json:"trap_exit"`
	Calls       int       `json:"calls"`    // that it has taken and not replied to
	Requests    int       `json:"requests"` // that it waits for
	Parents     []Process `json:"parents"`  // who has spawned it, and so on up
	Links       Ties      `json:"links"`
	Monitors    Ties      `json:"monitors"`
	MonitoredBy Ties      `json:"monitored_by"`
}

// Ties are the first of some PIDs, and how many there are.
type Ties struct {
	Count int      `json:"count"`
	PIDs  []string `json:"pids"`
}

// Warnings is the answer of /warnings.
type Warnings struct {
	Head
	Window   time.Duration `json:"window_ns"`
	Warnings []Warning     `json:"warnings"`
}

// Warning is a rule that something breaks, with the worst culprit.
type Warning struct {
	Rule  string `json:"rule"`
	Text  string `json:"text"`            // for people: culprit, figure and rule
	PID   string `json:"pid,omitempty"`   // the worst culprit
	Count int    `json:"count,omitempty"` // of all culprits
}
