package lambda

// askedInVPC is what the role of a function in a VPC must be allowed, by the user guide. That Lambda asks each of them
// when the function is created or gets its VPC is an assumption: the refusals that people report name
// CreateNetworkInterface, DescribeNetworkInterfaces and DeleteNetworkInterface, and no source says whether the others
// are asked then or when an interface is made.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
var askedInVPC = []string{
	"CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets", "DeleteNetworkInterface",
	"AssignPrivateIpAddresses", "UnassignPrivateIpAddresses",
}
