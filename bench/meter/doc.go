// Package meter holds the instruments the workloads measure with: a clock cheap
// enough to read at every message, latency histograms that refuse to print a
// percentile they have too few samples for, resident memory and processor time.
package meter
