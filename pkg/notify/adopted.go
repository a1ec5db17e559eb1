package notify

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/config"
)

// EnvAdopted is the variable by which the function is told which services stood before their stacks: the others have
// names in ECS that are made of their own.
const EnvAdopted = "CUTOVER_ADOPTED"

// Adopted are the services that stood before, by their names in the configuration: "<cluster>/<service>" in ECS.
type Adopted map[string]string

// AdoptedOf are those of a platform's services.
func AdoptedOf(services []config.Service) Adopted {
	adopted := Adopted{}
	for _, s := range services {
		if s.Adopted() {
			adopted[s.Name] = s.Existing.Cluster + "/" + s.Existing.Service
		}
	}
	return adopted
}

// String is what ReadAdopted reads; empty where there are none.
func (a Adopted) String() string {
	if len(a) == 0 {
		return ""
	}
	text, err := json.Marshal(a)
	if err != nil {
		panic(fmt.Sprintf("strings by strings have no JSON: %v", err)) // they always have
	}
	return string(text)
}

// ReadAdopted reads the value of EnvAdopted.
func ReadAdopted(text string) (a Adopted, err error) {
	if text == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return nil, fmt.Errorf("%s is not what the stack wrote; deploy it again: %w", EnvAdopted, err)
	}
	return a, nil
}

// inECS is where a service is in ECS.
func (n *Notifier) inECS(service string) (cluster, name string) {
	if at, ok := n.adopted[service]; ok {
		cluster, name, _ = strings.Cut(at, "/")
		return cluster, name
	}
	return n.cluster, config.Service{Name: service}.Names(n.cluster).Service
}

// called is the configuration's name of a service of ECS: of one that stood before what it was given there, of another
// its title in lower case, "Sample-Website" being sample-website.
func (n *Notifier) called(cluster, service string) string {
	for name, at := range n.adopted {
		if at == cluster+"/"+service {
			return name
		}
	}
	return strings.ToLower(service)
}
