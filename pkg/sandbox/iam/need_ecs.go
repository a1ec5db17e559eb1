package iam

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// ecsTasks is the service that task and execution roles are passed to.
const ecsTasks = "ecs-tasks.amazonaws.com"

// ecs adds clusters, task definitions, services and tasks.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
func (t table) ecs() {
	t.ecsOthers()
	on(t, "ecs", func(a asking, in *ecs.RegisterTaskDefinitionInput) []need {
		family := a.arn("ecs", "task-definition/"+aws.ToString(in.Family)+":*")
		tags := ecsTags(in.Tags)
		out := append([]need{a.need(family).tagged(tags)}, a.ecsTagging(family, tags)...)
		return append(out, pass(ecsTasks, aws.ToString(in.TaskRoleArn), aws.ToString(in.ExecutionRoleArn))...)
	})
	on(t, "ecs", func(a asking, in *ecs.CreateServiceInput) []need {
		service := a.services(in.Cluster, []string{aws.ToString(in.ServiceName)})[0].tagged(ecsTags(in.Tags))
		if in.TaskDefinition != nil {
			service = service.with("ecs:task-definition", a.revision(*in.TaskDefinition))
		}
		out := append([]need{service}, a.ecsTagging(service.resource, ecsTags(in.Tags))...)
		out = append(out, pass("ecs.amazonaws.com", aws.ToString(in.Role))...)
		return append(out, a.passTaskRoles(in.TaskDefinition)...)
	})
	on(t, "ecs", func(a asking, in *ecs.DescribeServicesInput) []need { return a.services(in.Cluster, in.Services) })
	on(t, "ecs", func(a asking, in *ecs.UpdateServiceInput) []need {
		out := a.services(in.Cluster, []string{aws.ToString(in.Service)})
		if in.TaskDefinition != nil {
			out[0] = out[0].with("ecs:task-definition", a.revision(*in.TaskDefinition))
		}
		return out
	})
	on(t, "ecs", func(a asking, in *ecs.DeleteServiceInput) []need {
		return a.services(in.Cluster, []string{aws.ToString(in.Service)})
	})
	// Listings ask for everything in the cluster, which only ecs:cluster narrows. The Service Authorization Reference
	// has a container instance for ListTasks; without one in the call AWS asks for "*":
	// https://github.com/cdklabs/construct-hub/pull/1207, https://github.com/fabfuel/ecs-deploy/issues/119
	on(t, "ecs", func(a asking, in *ecs.ListTasksInput) []need {
		resource := "*"
		if in.ContainerInstance != nil {
			resource = a.arn("ecs", parts("container-instance/"+clusterName(in.Cluster)+"/", []string{*in.ContainerInstance})[0])
		}
		return []need{a.need(resource).with("ecs:cluster", a.cluster(in.Cluster))}
	})
	on(t, "ecs", func(a asking, in *ecs.ListServicesInput) []need {
		return []need{a.need("*").with("ecs:cluster", a.cluster(in.Cluster))}
	})
	on(t, "ecs", func(a asking, in *ecs.DescribeTasksInput) []need { return a.tasks(in.Cluster, in.Tasks) })
	on(t, "ecs", func(a asking, in *ecs.StopTaskInput) []need {
		return a.tasks(in.Cluster, []string{aws.ToString(in.Task)})
	})
}

func (t table) ecsOthers() {
	on(t, "ecs", func(a asking, in *ecs.CreateClusterInput) []need {
		tags := ecsTags(in.Tags)
		n := a.need(a.cluster(in.ClusterName)).tagged(tags)
		return append([]need{n}, a.ecsTagging(n.resource, tags)...)
	})
	on(t, "ecs", func(a asking, in *ecs.DescribeClustersInput) []need {
		if len(in.Clusters) == 0 {
			return []need{a.need(a.cluster(nil))}
		}
		return a.needs("ecs", parts("cluster/", in.Clusters))
	})
	onEach(t, "ecs", func(in *ecs.DeleteClusterInput) []string { return part("cluster/", in.Cluster) })
	onAny[ecs.ListClustersInput](t, "ecs")
	onAny[ecs.DescribeTaskDefinitionInput](t, "ecs")
	onAny[ecs.ListTaskDefinitionsInput](t, "ecs")
	onAny[ecs.DeregisterTaskDefinitionInput](t, "ecs")
	on(t, "ecs", func(a asking, in *ecs.TagResourceInput) []need {
		return []need{a.need(aws.ToString(in.ResourceArn)).tagged(ecsTags(in.Tags))}
	})
	on(t, "ecs", func(a asking, in *ecs.UntagResourceInput) []need {
		return []need{a.need(aws.ToString(in.ResourceArn)).with("aws:TagKeys", in.TagKeys...)}
	})
	onEach(t, "ecs", func(in *ecs.ListTagsForResourceInput) []string { return part("", in.ResourceArn) })
}

// taskSets adds what a deployment does with task sets. That creating one asks for its service is an assumption: the
// reference names condition keys of both the service and the revision, and AWS's own policies allow it on "*".
func (t table) taskSets() {
	on(t, "ecs", func(a asking, in *ecs.CreateTaskSetInput) []need {
		service := a.services(in.Cluster, []string{aws.ToString(in.Service)})[0].tagged(ecsTags(in.Tags))
		service = service.with("ecs:service", service.resource).with("ecs:task-definition", a.revision(aws.ToString(in.TaskDefinition)))
		taskSets := a.taskSets(in.Cluster, in.Service, []string{"*"})[0].resource
		out := append([]need{service}, a.ecsTagging(taskSets, ecsTags(in.Tags))...)
		return append(out, a.passTaskRoles(in.TaskDefinition)...)
	})
	on(t, "ecs", func(a asking, in *ecs.UpdateServicePrimaryTaskSetInput) []need {
		return a.services(in.Cluster, []string{aws.ToString(in.Service)})
	})
	on(t, "ecs", func(a asking, in *ecs.DescribeTaskSetsInput) []need {
		if len(in.TaskSets) == 0 {
			return a.taskSets(in.Cluster, in.Service, []string{"*"})
		}
		return a.taskSets(in.Cluster, in.Service, in.TaskSets)
	})
	on(t, "ecs", func(a asking, in *ecs.UpdateTaskSetInput) []need {
		return a.taskSets(in.Cluster, in.Service, []string{aws.ToString(in.TaskSet)})
	})
	on(t, "ecs", func(a asking, in *ecs.DeleteTaskSetInput) []need {
		return a.taskSets(in.Cluster, in.Service, []string{aws.ToString(in.TaskSet)})
	})
}

// ecsTagging is the permission to tag what is being created, where tags are given.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
func (a asking) ecsTagging(resource string, tags map[string]string) []need {
	if len(tags) == 0 {
		return nil
	}
	_, operation, _ := strings.Cut(a.action, ":")
	return []need{a.need(resource).as("ecs:TagResource").with("ecs:CreateAction", operation).tagged(tags)}
}

// passTaskRoles is the permission to pass on the roles of a revision.
func (a asking) passTaskRoles(revision *string) []need {
	if revision == nil || a.opts.TaskRoles == nil {
		return nil
	}
	return pass(ecsTasks, a.opts.TaskRoles(*revision)...)
}

func (a asking) services(cluster *string, names []string) []need {
	return a.inCluster(cluster, "service/"+clusterName(cluster)+"/", names)
}

func (a asking) tasks(cluster *string, names []string) []need {
	return a.inCluster(cluster, "task/"+clusterName(cluster)+"/", names)
}

func (a asking) taskSets(cluster, service *string, names []string) []need {
	name := aws.ToString(service)
	out := a.inCluster(cluster, "task-set/"+clusterName(cluster)+"/"+name[strings.LastIndexByte(name, '/')+1:]+"/", names)
	for i := range out {
		out[i] = out[i].with("ecs:service", a.services(cluster, []string{name})[0].resource)
	}
	return out
}

// inCluster are needs on what belongs to a cluster; a name that is missing is a resource that cannot be told.
func (a asking) inCluster(cluster *string, prefix string, names []string) []need {
	var each []string
	for _, n := range names {
		each = append(each, part(prefix, &n)...)
	}
	out := a.needs("ecs", each)
	for i := range out {
		out[i] = out[i].with("ecs:cluster", a.cluster(cluster))
	}
	return out
}

// cluster's ARN by its name or ARN; none is the default one.
func (a asking) cluster(cluster *string) string {
	return a.arn("ecs", "cluster/"+clusterName(cluster))
}

func clusterName(cluster *string) string {
	name := aws.ToString(cluster)
	if name == "" {
		return "default"
	}
	return name[strings.LastIndexByte(name, '/')+1:]
}

// revision's ARN by family:revision or ARN.
func (a asking) revision(name string) string {
	return a.arn("ecs", parts("task-definition/", []string{name})[0])
}

func ecsTags(tags []types.Tag) map[string]string {
	return tagsOf(tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
}
