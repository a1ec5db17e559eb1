// Command site is the website inside the rehearsal's tasks.
package main

import (
	"log"
	"net"
	"net/http"
	"os"
)

func main() {
	log.Fatal(http.ListenAndServe(net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT")), http.NotFoundHandler()))
}
