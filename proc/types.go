package proc

import (
	"reflect"
	"sync"
)

// processType is what processes of one type have in common: the type is that of the machine.
type processType struct {
	name string
	of   reflect.Type
}

// types holds every type that the runtime has met.
type types struct {
	known sync.Map // reflect.Type to *processType
}

func (t *types) get(of reflect.Type) *processType {
	if k, ok := t.known.Load(of); ok {
		return k.(*processType)
	}
	k, _ := t.known.LoadOrStore(of, &processType{name: of.String(), of: of})
	return k.(*processType)
}

// setMachine makes m the process's machine. The type is written only when it differs from what the slot had before, which
// is rare: a write is dear.
func (p *process) setMachine(c *Ctx, m Machine) {
	p.machine = m
	of := reflect.TypeOf(m)
	k := p.kind.Load()
	if k != nil && k.of == of {
		return
	}
	if k = c.kind; k == nil || k.of != of {
		k = c.rt.types.get(of)
		c.kind = k
	}
	p.kind.Store(k)
}

// typeName is how the process is called in reports. Any goroutine may ask; while the factory of a new process still runs
// they may be told the type of the slot's previous process, because a write for every process would cost more than that is worth.
func (p *process) typeName() string {
	if k := p.kind.Load(); k != nil {
		return k.name
	}
	return "starting"
}

// ownType is typeName for the process's own worker, which sees whether there is a machine yet.
func (p *process) ownType() string {
	if _, ok := p.machine.(pending); ok {
		return "starting"
	}
	return p.typeName()
}
