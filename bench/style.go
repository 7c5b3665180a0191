package bench

// allStyles, the default of a workload that has it, means each of its styles in a
// row of its own.
const allStyles = "all"

// rowsOf makes a row for each of the styles when all are asked for.
func rowsOf(styles ...string) func(Params) []Params {
	return func(p Params) []Params {
		if p.Style != allStyles {
			return []Params{p}
		}
		rows := make([]Params, len(styles))
		for i, s := range styles {
			rows[i] = p
			rows[i].Style = s
		}
		return rows
	}
}

// one returns the parameters for a single round, which has one style only.
func (w *Workload) one(p Params) Params {
	if p.Style == allStyles {
		return w.rows(p)[0]
	}
	return p
}
