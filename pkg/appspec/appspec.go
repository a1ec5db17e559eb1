// Package appspec writes and reads the document by which CodeDeploy deploys an ECS service.
//
// The document names one service's new task definition, the container and port that traffic goes to, network
// and platform settings, and a Lambda function for each hooked lifecycle event. JSON writes keys as AWS's pages do;
// Parse takes JSON and YAML with keys in any case, as CodeDeploy does. Source:
// https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html.
package appspec

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Event is a lifecycle event that a hook can be bound to.
type Event string

// The five hookable lifecycle events of an ECS deployment, in their order.
const (
	BeforeInstall         Event = "BeforeInstall"
	AfterInstall          Event = "AfterInstall"
	AfterAllowTestTraffic Event = "AfterAllowTestTraffic"
	BeforeAllowTraffic    Event = "BeforeAllowTraffic"
	AfterAllowTraffic     Event = "AfterAllowTraffic"
)

// Events are the hookable lifecycle events in their order.
var Events = []Event{BeforeInstall, AfterInstall, AfterAllowTestTraffic, BeforeAllowTraffic, AfterAllowTraffic}

// Document is one AppSpec for ECS: exactly one target service.
type Document struct {
	// TaskDefinition is the full ARN with its revision.
	TaskDefinition string
	// ContainerName and ContainerPort are where traffic goes; the task definition has both.
	ContainerName string
	ContainerPort int
	// PlatformVersion of Fargate; empty means LATEST, whatever the service ran on before.
	PlatformVersion string
	// Network of the new tasks; nil keeps the service's.
	Network *Network
	// CapacityProviders of the new tasks; empty keeps the service's.
	CapacityProviders []CapacityProvider
	// Hooks are a function's name or ARN for each hooked event.
	Hooks map[Event]string
}

// Network is an awsvpc configuration. CodeDeploy wants all three or none.
type Network struct {
	Subnets        []string `json:"Subnets"`
	SecurityGroups []string `json:"SecurityGroups"`
	// AssignPublicIP is ENABLED or DISABLED.
	AssignPublicIP string `json:"AssignPublicIp"`
}

// CapacityProvider is one entry of a capacity provider strategy.
type CapacityProvider struct {
	Base             int    `json:"Base"`
	CapacityProvider string `json:"CapacityProvider"`
	Weight           int    `json:"Weight"`
}

// SHA256 is the lower-case hexadecimal digest that CreateDeployment takes beside the content.
func SHA256(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// The shape on the wire.
type (
	file struct {
		Version   json.Number         `json:"version"`
		Resources []map[string]target `json:"Resources"`
		Hooks     []map[Event]string  `json:"Hooks,omitempty"`
	}
	target struct {
		Type       string     `json:"Type"`
		Properties properties `json:"Properties"`
	}
	properties struct {
		TaskDefinition           string             `json:"TaskDefinition"`
		LoadBalancerInfo         loadBalancerInfo   `json:"LoadBalancerInfo"`
		PlatformVersion          string             `json:"PlatformVersion,omitempty"`
		NetworkConfiguration     *awsvpc            `json:"NetworkConfiguration,omitempty"`
		CapacityProviderStrategy []CapacityProvider `json:"CapacityProviderStrategy,omitempty"`
	}
	loadBalancerInfo struct {
		ContainerName string `json:"ContainerName"`
		ContainerPort int    `json:"ContainerPort"`
	}
	awsvpc struct {
		AwsvpcConfiguration Network `json:"AwsvpcConfiguration"`
	}
)

// targetType is the only one that an ECS AppSpec may hold.
const targetType = "AWS::ECS::Service"

// JSON is the document as CreateDeployment takes it; the same document gives the same bytes. A document that
// CodeDeploy would refuse is an error here.
func (d Document) JSON() ([]byte, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	p := properties{
		TaskDefinition:           d.TaskDefinition,
		LoadBalancerInfo:         loadBalancerInfo{ContainerName: d.ContainerName, ContainerPort: d.ContainerPort},
		PlatformVersion:          d.PlatformVersion,
		CapacityProviderStrategy: d.CapacityProviders,
	}
	if d.Network != nil {
		p.NetworkConfiguration = &awsvpc{*d.Network}
	}
	f := file{Version: "0.0", Resources: []map[string]target{{"TargetService": {Type: targetType, Properties: p}}}}
	for _, event := range Events {
		if fn, ok := d.Hooks[event]; ok {
			f.Hooks = append(f.Hooks, map[Event]string{event: fn})
		}
	}
	content, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("write AppSpec: %w", err)
	}
	return content, nil
}
