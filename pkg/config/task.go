package config

// Task is the container that the image runs in.
type Task struct {
	// CPU units, a value Fargate knows. Default 256.
	CPU int `json:"cpu,omitempty"`
	// Memory in MiB, a value Fargate allows with CPU. Default 512.
	Memory int `json:"memory,omitempty"`
	// Architecture is "arm64" (the default) or "amd64".
	Architecture string `json:"architecture,omitempty"`
	// Port the container listens on. Default 80.
	Port int `json:"port,omitempty"`
	// Container is the container's name. Default: the service's name.
	Container string `json:"container,omitempty"`
	// Environment are plain variables of the container.
	Environment map[string]string `json:"environment,omitempty"`
	// Secrets are variables whose values ECS reads at start: variable name to the ARN of a Secrets Manager
	// secret or an SSM parameter.
	Secrets map[string]string `json:"secrets,omitempty"`
	// Command replaces the image's own command.
	Command []string `json:"command,omitempty"`
	// StopTimeout is how long a task may take to end after TERM. Default 30s, at most 120s.
	StopTimeout Duration `json:"stopTimeout,omitempty"`
	// EnvironmentFiles are the ARNs of objects in S3 with further variables, each ending in .env; at most ten.
	EnvironmentFiles []string `json:"environmentFiles,omitempty"`
	// HealthCheck is the container's own, beside that of the load balancer. Default: none.
	HealthCheck ContainerCheck `json:"healthCheck,omitzero"`
	// Volumes of the container, on EFS or scratch.
	Volumes []Volume `json:"volumes,omitempty"`
	// Storage is the task's scratch space in GiB, 21 to 200. Default: Fargate's 20.
	Storage int `json:"storage,omitempty"`
	// Sidecars run beside the container in each task, with images that no push releases.
	Sidecars []Sidecar `json:"sidecars,omitempty"`
	// ReadOnly mounts the container's root file system read-only. Default false.
	ReadOnly bool `json:"readOnly,omitempty"`
	// Exec allows ECS Exec: a shell in a running task. Default false.
	Exec bool `json:"exec,omitempty"`
	// Capacity are the capacity providers that tasks run on, FARGATE and FARGATE_SPOT among them. Default: Fargate.
	Capacity []Capacity `json:"capacity,omitempty"`
	// PlatformVersion of Fargate. Default "LATEST".
	PlatformVersion string `json:"platformVersion,omitempty"`
	// TaskRole is the ARN of the role that the containers work as. Default: a new one that may do nothing.
	TaskRole string `json:"taskRole,omitempty"`
	// ExecutionRole is the ARN of the role by which ECS starts the tasks. Default: a new one that may pull, log and
	// read what is named here.
	ExecutionRole string `json:"executionRole,omitempty"`
}

// ContainerCheck is a container's own health check; see
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html.
type ContainerCheck struct {
	// Command begins with CMD or CMD-SHELL: ["CMD-SHELL", "curl -f http://localhost/ || exit 1"].
	Command []string `json:"command,omitempty"`
	// Interval between checks, 5s to 5m. Default 30s.
	Interval Duration `json:"interval,omitempty"`
	// Timeout of one check, 2s to 1m. Default 5s.
	Timeout Duration `json:"timeout,omitempty"`
	// Retries is how many bad checks make the container unhealthy, 1 to 10. Default 3.
	Retries int `json:"retries,omitempty"`
	// StartPeriod in which bad checks do not count, at most 5m. Default 0s.
	StartPeriod Duration `json:"startPeriod,omitempty"`
}

// Volume is a directory that outlives a container: of an EFS file system, or scratch that its task's containers share.
type Volume struct {
	// Name by which sidecars mount it too.
	Name string `json:"name,omitempty"`
	// Path in the container.
	Path string `json:"path,omitempty"`
	// ReadOnly in the container. Default false.
	ReadOnly bool `json:"readOnly,omitempty"`
	// FileSystem is the id of an EFS file system, fs-…; empty is scratch. Blue and green mount it at the same time.
	FileSystem string `json:"fileSystem,omitempty"`
	// AccessPoint of the file system, fsap-…; the tasks then mount it as their task role.
	AccessPoint string `json:"accessPoint,omitempty"`
}

// Sidecar is a container beside the one that the traffic goes to.
type Sidecar struct {
	// Name of the container.
	Name string `json:"name,omitempty"`
	// Image with registry and tag or digest, such as public.ecr.aws/nginx/nginx:1.27. Only the stack changes it.
	Image string `json:"image,omitempty"`
	// Optional sidecars may end without ending the task. Default false.
	Optional bool `json:"optional,omitempty"`
	// Command replaces the image's own command.
	Command []string `json:"command,omitempty"`
	// Environment are plain variables.
	Environment map[string]string `json:"environment,omitempty"`
	// Secrets are variables whose values ECS reads at start, as in task.secrets.
	Secrets map[string]string `json:"secrets,omitempty"`
	// Volumes are the paths at which it mounts the task's volumes, by their names.
	Volumes map[string]string `json:"volumes,omitempty"`
	// CPU units of the task's that it is given. Default: shared.
	CPU int `json:"cpu,omitempty"`
	// Memory in MiB at which it is ended. Default: the task's.
	Memory int `json:"memory,omitempty"`
}

// Capacity is one entry of a capacity provider strategy.
type Capacity struct {
	// Provider is FARGATE or FARGATE_SPOT.
	Provider string `json:"provider,omitempty"`
	// Weight is the share of the tasks beyond the bases, 0 to 1000.
	Weight int `json:"weight,omitempty"`
	// Base is how many tasks run on it at least; one entry has one.
	Base int `json:"base,omitempty"`
}

// Steps are those of a deployment configuration of the stack's own.
type Steps struct {
	// Percentage of the traffic that a step moves, 1 to 99.
	Percentage int `json:"percentage,omitempty"`
	// Interval between two steps, whole minutes. From the first to the last at most 48h may pass.
	Interval Duration `json:"interval,omitempty"`
}

// Given reports whether there are steps.
func (s Steps) Given() bool { return s != Steps{} }
