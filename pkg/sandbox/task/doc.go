// Package task runs containers as real processes, from the root file systems of their real images, without
// Docker.
//
// Each task has an init process: this very binary, executed again, which does that work before main. With
// namespaces the init is process 1 of its own network, process, mount, IPC and host name namespaces, made by
// root or, without root, inside a user namespace; its containers run in a chroot, every task has all ports for
// itself, and when the init ends the kernel ends everything in the task. Where the machine refuses namespaces,
// mode "process" runs plain child processes, and tells them in HOST and PORT where to listen.
//
// What differs from Fargate: a task has no network but its own loopback, no limits on CPU and memory, and a
// container is not process 1, so that one without a handler for SIGTERM ends by it at once. Without root a task
// has one user: that of its first container.
package task
