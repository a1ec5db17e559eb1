// Package bluegreen are the CDK constructs of a service that Cutover deploys: NewService is the whole of it, and its
// parts (NewWay, NewTask, NewFargate, NewDeploymentGroup, NewFunctions, NewRules, NewSchedule, NewAlarms, NewQueues,
// NewNetwork, NewRepository) are for people who bring the others themselves. NewWatch works for all services.
//
// All are made of plain CloudFormation resources, look nothing up, and give every resource a name that derives from
// the service's. What an operator may change at any time reaches no resource whose update could move traffic or fail:
// see NewService.
package bluegreen
