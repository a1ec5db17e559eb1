package cfn

// Assumptions are the behaviours of CloudFormation that AWS does not document, each with the choice made here and its
// reason.
type Assumptions struct {
	// DependsOnIsChange: another DependsOn alone updates the resource, with all its properties. Reported of a
	// service at https://github.com/aws/aws-cdk/issues/25777.
	DependsOnIsChange bool
	// FailedIsRestored: the rollback of an update sends the earlier properties also to the resource that failed,
	// which may have taken a part of the change. So a CODE_DEPLOY service that runs what CodeDeploy deployed refuses
	// the rollback too, and the stack ends UPDATE_ROLLBACK_FAILED; false spares it that.
	FailedIsRestored bool
}

// DefaultAssumptions are the choices.
func DefaultAssumptions() Assumptions {
	return Assumptions{DependsOnIsChange: true, FailedIsRestored: true}
}
