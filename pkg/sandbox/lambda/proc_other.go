//go:build !linux

package lambda

import "syscall"

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func peakMemory(int) int { return 0 }
