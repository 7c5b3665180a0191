//go:build shuffle

package sched

import "runtime"

const Shuffled = true

func (c *Core) chance(n uint32) bool {
	c.luck = c.luck*6364136223846793005 + uint64(2*c.id+1)
	yes := uint32(c.luck>>33)%n == 0
	if yes && c.luck>>62 == 0 {
		runtime.Gosched()
	}
	return yes
}
