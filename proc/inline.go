package proc

// The atomic types are aliases, so this package does not import the package they come from, and then the compiler has no
// bodies of their methods to inline: every Load would be a call. This import, which names nothing, is for the compiler alone.
import _ "go.uber.org/atomic"
