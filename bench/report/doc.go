// Package report writes the results of workloads down, for a person or for a
// program, together with the machine they were measured on.
package report
