// Package pid1 is the init process of a task: process 1 of the task's namespaces where the machine allows them.
//
// A program that imports it becomes such an init when it is started under Name, or its probe under ProbeName, and never
// reaches main. Its work is done while packages are initialised, before most of the program's packages are, and not in
// main: every task is a start of the whole program, and what the clients of AWS make before main took two thirds of
// such a start (6 of 9 ms of processor time). The language fixes the order: packages are initialised by path as soon as
// all that they import are (https://go.dev/ref/spec#Program_initialization). So this package imports little, and
// neither net nor regexp; a test of the program counts what comes before it.
package pid1
