package main

import (
	"log"
	"os"
	"time"
)

// befall does what SITE_FAULT says before the site listens, as far as it is about that.
func befall(fault string) {
	switch fault {
	case "crash":
		log.Fatalf("the site cannot start: %s", os.Getenv("SITE_SAYS"))
	case "memory":
		log.Print("the site fills its cache")
		var cache [][]byte
		for len(cache) < 4096 { // of a MiB, each page touched
			block := make([]byte, 1<<20)
			for i := 0; i < len(block); i += 4096 {
				block[i] = 1
			}
			cache = append(cache, block)
		}
		log.Fatalf("the cache holds %d MiB and nothing stopped it", len(cache))
	case "slow":
		wait, err := time.ParseDuration(os.Getenv("SITE_WAIT"))
		if err != nil {
			log.Fatal(err)
		}
		log.Printf("the site warms up for %s", wait)
		time.Sleep(wait)
	}
}
